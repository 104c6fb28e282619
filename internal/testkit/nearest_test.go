package testkit_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

const (
	seenHeader = "X-Exchange-Consistency"
	asOfHeader = "X-Exchange-As-Of"
)

// heard asks over gRPC or HTTP and gives the times in the answer's headers too:
// zero where there is none.
func heard[R proto.Message](t *testing.T, p *testkit.Person, in proto.Message, overHTTP bool) (out R, token string, asOf time.Time) {
	t.Helper()
	out, _ = out.ProtoReflect().New().Interface().(R)
	said := ""
	if overHTTP {
		a, err := p.CallHTTP(t.Context(), in)
		if err != nil || a.Code() != "OK" {
			t.Fatalf("%T: %s, %v", in, a.Body, err)
		}
		if err := testkit.FromJSON(a.Body, out); err != nil {
			t.Fatal(err)
		}
		token, said = a.Header.Get(seenHeader), a.Header.Get(asOfHeader)
	} else {
		var header metadata.MD
		if err := p.Dialed().Invoke(p.Context(t.Context()), testkit.MethodName(in), in, out, grpc.Header(&header)); err != nil {
			t.Fatalf("%T: %v", in, err)
		}
		for name, into := range map[string]*string{seenHeader: &token, asOfHeader: &said} {
			if v := header.Get(name); len(v) == 1 {
				*into = v[0]
			}
		}
	}
	if said != "" {
		var err error
		if asOf, err = time.Parse(time.RFC3339Nano, said); err != nil {
			t.Errorf("%T: %s is %q", in, asOfHeader, said)
		}
	}
	return out, token, asOf
}

func tokenTime(t *testing.T, token string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, token)
	if err != nil {
		t.Fatalf("the consistency token %q: %v", token, err)
	}
	return at
}

func lists(t *testing.T, p *testkit.Person, order string, overHTTP bool) (bool, time.Time) {
	t.Helper()
	out, _, asOf := heard[*pb.ListOrdersResponse](t, p, &pb.ListOrdersRequest{PageSize: 1000}, overHTTP)
	return slices.ContainsFunc(out.GetOrders(), func(o *pb.Order) bool { return o.GetId() == order }), asOf
}

// A write gives a token; a list that is asked with it, on whichever gateway, has
// the write in it. Each list says as of when it reads.
func TestAWriterSeesItsOwnWriteAnywhereByItsToken(t *testing.T) {
	x := testkit.New(t, func(c *server.Config) { c.FollowerReads = "on" })
	y := x.Second(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 1000}).GetId()
	for i := range 20 {
		overHTTP := i%2 == 1
		in := &pb.PlaceOrderRequest{OfferId: offer, Quantity: 1000}
		out, token, _ := heard[*pb.PlaceOrderResponse](t, x.School, in, overHTTP)
		at := tokenTime(t, token)
		if d := time.Since(at); d > time.Minute || d < -time.Minute {
			t.Errorf("the token of a write now is %s", token)
		}
		there, asOf := lists(t, y.School.Having(token), out.GetOrder().GetId(), overHTTP)
		if !there || asOf.IsZero() {
			t.Errorf("order %d, over HTTP %t: in the list %t, as of %s, token %s", i, overHTTP, there, asOf, token)
		}
	}
	if _, token, asOf := heard[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: offer}, false); token != "" || !asOf.IsZero() {
		t.Errorf("a get, which reads the latest, has token %q and is as of %s", token, asOf)
	}
	if _, token, _ := heard[*pb.PlaceOrderResponse](t, x.School, &pb.PlaceOrderRequest{OfferId: offer, Quantity: 1000, DryRun: true}, true); token != "" {
		t.Errorf("a dry run has the token %q", token)
	}
	batch := &pb.BatchPlaceOrdersRequest{Lines: []*pb.PlaceOrderRequest{{OfferId: offer, Quantity: 1000}}}
	if _, token, _ := heard[*pb.BatchPlaceOrdersResponse](t, x.School, batch, false); token == "" {
		t.Error("a batch has no token")
	}
}

// Without a token a list may be some seconds old where the database has follower
// reads, and never is on PostgreSQL, where the option is not there.
func TestAListWithoutATokenIsAsOfSomeSecondsAgo(t *testing.T) {
	x := testkit.New(t, func(c *server.Config) { c.FollowerReads = "on" })
	offer := x.Offer(t, testkit.OfferOptions{Units: 1000}).GetId()
	anew := x.School.Having("")
	late := false
	for end := time.Now().Add(time.Minute); !late && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		out, token, _ := heard[*pb.PlaceOrderResponse](t, x.School, &pb.PlaceOrderRequest{OfferId: offer, Quantity: 1000}, false)
		id := out.GetOrder().GetId()
		there, asOf := lists(t, anew, id, len(token)%2 == 0)
		if late = !there; late && !asOf.Before(tokenTime(t, token)) {
			t.Errorf("a list as of %s lacks what was committed at %s", asOf, token)
		}
		if there, _ := lists(t, x.School.Having(token), id, false); !there {
			t.Error("a list with the token lacks the order")
		}
		if there, _ := lists(t, x.School.Having("latest"), id, true); !there {
			t.Error("the latest lacks the order")
		}
		if testkit.Engine(t) == localdb.PostgreSQL {
			if late {
				t.Error("on PostgreSQL a list was late")
			}
			return
		}
		if late {
			eventuallyListed(t, anew, id)
		}
	}
	if !late {
		t.Error("no list was as of some seconds ago")
	}
	volumesTellAsOf(t, x)
}

// eventuallyListed: what a list lacked is in it some seconds later.
func eventuallyListed(t *testing.T, p *testkit.Person, order string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if there, _ := lists(t, p, order, false); there {
			return
		}
	}
	t.Error("the order never came into the list")
}

// volumesTellAsOf: the field that volumes have says what the header says, and a
// time that is asked for is read, however near.
func volumesTellAsOf(t *testing.T, x *testkit.Exchange) {
	t.Helper()
	x.Settled(t)
	time.Sleep(7 * time.Second) // the first entry is older than what the nearest replica has
	out, _, asOf := heard[*pb.QueryVolumesResponse](t, x.Auditor.Having(""), &pb.QueryVolumesRequest{}, false)
	if got := out.GetAsOf().AsTime(); !got.Equal(asOf.Truncate(time.Microsecond)) || time.Since(asOf) < time.Second {
		t.Errorf("volumes are as of %s, the header says %s", got, asOf)
	}
	recent := time.Now().Add(-time.Second)
	out, _, asOf = heard[*pb.QueryVolumesResponse](t, x.Auditor.Having(""), &pb.QueryVolumesRequest{AsOf: timestamppb.New(recent)}, true)
	if asOf.Before(recent) || !out.GetAsOf().AsTime().Equal(recent.Truncate(time.Microsecond)) {
		t.Errorf("volumes as of %s are read as of %s", recent, asOf)
	}
}

func TestATokenThatIsNoneIsRefused(t *testing.T) {
	x := testkit.New(t)
	for _, token := range []string{"yesterday", "1764090000", "2026-01-01"} {
		p := x.School.Having(token)
		if err := testkit.Try(t.Context(), p, &pb.ListOffersRequest{}); testkit.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s over gRPC: %v", token, err)
		}
		if a, err := p.CallHTTP(t.Context(), &pb.ListOffersRequest{}); err != nil || a.Status != http.StatusBadRequest || a.Code() != fault.InvalidArgument {
			t.Errorf("%s over HTTP: %s, %v", token, a.Body, err)
		}
	}
	// One of the far future is honoured by the latest, at once.
	p := x.School.Having("9000-01-01T00:00:00Z")
	if err := testkit.Try(t.Context(), p, &pb.ListOffersRequest{}); err != nil {
		t.Errorf("a token of the far future: %v", err)
	}
}
