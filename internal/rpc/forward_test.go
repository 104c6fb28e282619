package rpc

import (
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
)

func TestOffersAreSpreadOverTheGatewaysOfTheirRegionAndALossMovesOnlyItsOwn(t *testing.T) {
	peers := []Peer{{"b", "10.0.1.1:8445"}}
	for i := range 3 {
		peers = append(peers, Peer{"a", fmt.Sprintf("10.0.0.%d:8445", i+1)})
	}
	f := newForwarder(Config{Forward: &Forwarding{Self: peers[0], Peers: func() []Peer { return peers }}})
	const keys = 3000
	before, count := map[string]Peer{}, map[Peer]int{}
	for i := range keys {
		key := fmt.Sprintf("61-00000000-0000-4000-8000-%012d", i)
		p, ok := f.choose("a", key)
		if !ok || p.Region != "a" {
			t.Fatalf("%s goes to %v", key, p)
		}
		before[key] = p
		count[p]++
	}
	for p, n := range count {
		if n < keys/4 || n > keys*5/12 {
			t.Errorf("%s has %d of %d keys", p.Address, n, keys)
		}
	}
	lost := peers[3]
	peers = peers[:3]
	for key, was := range before {
		now, _ := f.choose("a", key)
		if was != lost && now != was {
			t.Errorf("%s moved from %s to %s though both live", key, was.Address, now.Address)
		}
	}
	for _, region := range []string{"b", "c", ""} { // our own, one without gateways, one not known
		if p, ok := f.choose(region, "k"); ok {
			t.Errorf("region %q: handed to %v", region, p)
		}
	}
}

func TestOnlyWritesOfOneProvinceTravel(t *testing.T) {
	const id = "61-8ab41dd8-8e3a-4f7c-94a5-d0c5bd4cb3f0"
	for _, r := range []struct {
		in   proto.Message
		home string
	}{
		{&pb.PlaceOrderRequest{OfferId: id}, "61"},
		{&pb.AcceptOrderRequest{Id: id}, "61"},
		{&pb.PublishOfferRequest{Id: id}, "61"},
		{&pb.SealQuoteRequest{DemandId: id}, "61"},
		{&pb.GetOrderRequest{Id: id}, ""},
		{&pb.ListOrdersRequest{OfferId: id}, ""},
		{&pb.SuspendMemberRequest{Id: "8ab41dd8-8e3a-4f7c-94a5-d0c5bd4cb3f0"}, ""},
		{&pb.PlaceOrderRequest{OfferId: "not an id"}, ""},
	} {
		if home, _ := rowsOf(r.in.ProtoReflect()); home != r.home {
			t.Errorf("%T %v: home %q, want %q", r.in, r.in, home, r.home)
		}
	}
}

func TestAWriteRunsHereOnlyWhereThePeerCouldNotDoIt(t *testing.T) {
	for code, want := range map[codes.Code]bool{
		codes.OK: false, codes.Unavailable: true, codes.DeadlineExceeded: true, codes.Unimplemented: true, codes.PermissionDenied: false,
		codes.FailedPrecondition: false, codes.ResourceExhausted: false, codes.Aborted: false, codes.Internal: false,
	} {
		if got := couldNot(status.Error(code, "x")); got != want {
			t.Errorf("%s: %t", code, got)
		}
	}
	for reason, want := range map[fault.Code]bool{
		fault.ForwardLoop: true, fault.SchemaTooOld: true, fault.SchemaTooNew: true, fault.RightMissing: true, fault.WrongState: false, fault.StockShort: false,
	} {
		if got := couldNot(statusOf(t.Context(), fault.New(reason)).Err()); got != want {
			t.Errorf("%s: %t", reason, got)
		}
	}
}
