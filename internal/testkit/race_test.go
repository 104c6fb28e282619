package testkit_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/testkit"
)

// I7. Orders stream in while what they rely on stops being valid: none that was
// committed after it relied on it.
func TestWhatStoppedBeingValidIsNeverFollowedByAnOrderThatReliedOnIt(t *testing.T) {
	x := testkit.New(t)
	grants := func() string {
		sn := x.Sample.Alliances[sample.ShaanxiSellers].ID.String()
		for _, g := range testkit.Must[*pb.ListGrantsResponse](t, x.Secretary, &pb.ListGrantsRequest{}).GetGrants() {
			if g.GetSellerAllianceId() == sn && g.GetRevokeTime() == nil {
				return g.GetId()
			}
		}
		t.Fatal("no grant")
		return ""
	}
	rows := []struct {
		name string
		who  *testkit.Person
		stop func(*pb.Offer) proto.Message
	}{
		{"certificate suspended", x.County, func(o *pb.Offer) proto.Message {
			return &pb.SuspendCertificateRequest{Id: o.GetCertificateId(), Reason: "sampling failed"}
		}},
		{"certificate revoked", x.County, func(o *pb.Offer) proto.Message {
			return &pb.RevokeCertificateRequest{Id: o.GetCertificateId(), Reason: "fraud"}
		}},
		{"buyer suspended", x.BuyerSecretary, func(*pb.Offer) proto.Message {
			return &pb.SuspendMemberRequest{Id: x.School.Member, Reason: "fees"}
		}},
		{"grant revoked", x.Secretary, func(*pb.Offer) proto.Message { return &pb.RevokeGrantRequest{Id: grants(), Reason: "ended"} }},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			offer := x.Offer(t, testkit.OfferOptions{Units: 5000})
			if _, err := testkit.Ask(t.Context(), x.BuyerSecretary, &pb.ReinstateMemberRequest{Id: x.School.Member, Reason: "again"}); err != nil {
				t.Log("the school was active already")
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			orders := placeUntil(ctx, t, x, offer, 4)
			time.Sleep(150 * time.Millisecond)
			if err := testkit.Try(t.Context(), r.who, r.stop(offer)); err != nil {
				t.Fatal(err)
			}
			stopped := time.Now()
			time.Sleep(150 * time.Millisecond)
			stop()
			placed := 0
			for o := range orders {
				placed++
				// The order was asked for after the stop had been acknowledged.
				if o.asked.After(stopped) {
					t.Errorf("order %s was placed after what it relied on had stopped", o.id)
				}
			}
			if placed == 0 {
				t.Error("no order was placed before the stop: the test shows nothing")
			}
			x.CheckInvariants(t)
		})
	}
}

type placement struct {
	id    string
	asked time.Time
}

// placeUntil places orders from several callers until the context ends.
func placeUntil(ctx context.Context, t *testing.T, x *testkit.Exchange, offer *pb.Offer, callers int) <-chan placement {
	out := make(chan placement, 100_000)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for ctx.Err() == nil {
				p := placement{asked: time.Now()}
				res, err := testkit.Call[*pb.PlaceOrderResponse](t.Context(), x.School, &pb.PlaceOrderRequest{
					RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000,
				})
				if err == nil {
					p.id = res.GetOrder().GetId()
					out <- p
				}
			}
		})
	}
	go func() {
		wg.Wait()
		close(out)
	}()
	return out
}

// A watch tells every change once it is committed, and what it shows is what a
// get would show.
func TestAWatchTellsEveryChangeOfVisibleOrders(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	seen := make(chan *pb.WatchOrdersResponse, 100)
	stream, err := pb.NewOrderServiceClient(x.Conn()).WatchOrders(x.School.Context(ctx), &pb.WatchOrdersRequest{})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(seen)
		for {
			m, err := stream.Recv()
			if err != nil {
				if !errors.Is(ctx.Err(), context.Canceled) {
					t.Errorf("watch: %v", err)
				}
				return
			}
			seen <- m
		}
	}()
	if first := <-seen; first.GetEvent() != nil || first.GetPosition() == "" {
		t.Errorf("the first word is %v", first)
	}
	order := x.Place(t, x.School, offer, 1)
	testkit.Must[*pb.ConfirmOrderResponse](t, x.Cooperative, &pb.ConfirmOrderRequest{Id: order.GetId()})
	for _, kind := range []string{"order.placed", "order.confirmed"} {
		m := <-seen
		if m.GetEvent().GetKind() != kind || m.GetEvent().GetOrder().GetId() != order.GetId() {
			t.Fatalf("the watch tells %v, want %s", m, kind)
		}
	}
	stop()
	for m := range seen {
		t.Errorf("the watch also tells %v", m)
	}
}
