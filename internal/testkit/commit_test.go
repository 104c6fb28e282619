package testkit_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// wired is a second server that reaches the database by a wire. It has nothing
// to do but what the test asks.
func wired(t *testing.T, x *testkit.Exchange, change ...func(*server.Config)) (*testkit.Exchange, *testkit.Wire) {
	t.Helper()
	w := testkit.NewWire(t, x.Config.DatabaseURL)
	change = append(change, func(c *server.Config) { c.DatabaseURL, c.DutyInterval = w.URL(), time.Hour })
	return x.Second(t, change...), w
}

// placesOrder is the COMMIT of a placement.
func placesOrder(s testkit.Sent) bool { return s.Commits("orders") }

// I6 and I11. The connection to the database is lost in the COMMIT of an order.
// The caller gets the order, or is told to repeat and then gets it; there is
// never none, and never a second one.
func TestAConnectionLostInACommitMakesOneOrder(t *testing.T) {
	x := testkit.New(t)
	y, wire := wired(t, x)
	rows := []struct {
		name string
		trap func() *testkit.Trap
		// first is what the caller is told when the commit is cut off.
		first fault.Code
		// made says whether the order was there before the caller repeated.
		made bool
	}{
		{"committed, the answer lost", func() *testkit.Trap { return wire.Set(placesOrder, testkit.Unanswered) }, "OK", true},
		{"committed, the answer lost and the database away", func() *testkit.Trap {
			return wire.Set(placesOrder, testkit.Unanswered).ThenAway()
		}, fault.CommitUnknown, true},
		{"never committed", func() *testkit.Trap { return wire.Set(placesOrder, testkit.Lose) }, fault.CommitUnknown, false},
		{"never committed and the database away", func() *testkit.Trap {
			return wire.Set(placesOrder, testkit.Lose).ThenAway()
		}, fault.CommitUnknown, false},
	}
	for _, r := range rows {
		for _, overHTTP := range []bool{false, true} {
			t.Run(r.name+map[bool]string{false: ", gRPC", true: ", HTTP"}[overHTTP], func(t *testing.T) {
				offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
				in := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000}
				trap := r.trap()
				out, code := ask[*pb.PlaceOrderResponse](t.Context(), y.School, in, overHTTP)
				trap.Wait(t)
				if code != r.first {
					t.Errorf("the caller got %s, want %s", code, r.first)
				}
				orders := ordersOf(t, x, offer)
				if r.made != (len(orders) == 1) {
					t.Errorf("%d orders after the first call", len(orders))
				}
				wire.Back()
				again := repeat(t, y, in, overHTTP)
				orders = ordersOf(t, x, offer)
				if len(orders) != 1 || orders[0].GetId() != again.GetId() || (code == "OK" && out.GetOrder().GetId() != again.GetId()) {
					t.Errorf("the first answer is %q, the second %q, the orders are %v", out.GetOrder().GetId(), again.GetId(), orders)
				}
				x.CheckInvariants(t)
			})
		}
	}
}

// repeat asks again with the same request id until the exchange has answered.
func repeat(t *testing.T, y *testkit.Exchange, in *pb.PlaceOrderRequest, overHTTP bool) *pb.Order {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		out, code := ask[*pb.PlaceOrderResponse](t.Context(), y.School, in, overHTTP)
		switch code {
		case "OK":
			return out.GetOrder()
		case fault.CommitUnknown, fault.StoreAway, fault.Contention:
		default:
			t.Fatalf("the repeated call got %s", code)
		}
	}
	t.Fatal("the repeated call got no answer")
	return nil
}

func ordersOf(t *testing.T, x *testkit.Exchange, offer *pb.Offer) []*pb.Order {
	t.Helper()
	return testkit.Must[*pb.ListOrdersResponse](t, x.School, &pb.ListOrdersRequest{OfferId: offer.GetId()}).GetOrders()
}
