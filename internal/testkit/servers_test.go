package testkit_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

// The lanes of one server keep its writes to one offer apart. Over two servers
// nothing but the database does: these tests show that it is enough.

// ask asks over gRPC or over HTTP and gives the answer or its code.
func ask[R proto.Message](ctx context.Context, p *testkit.Person, in proto.Message, overHTTP bool) (R, fault.Code) {
	if !overHTTP {
		out, err := testkit.Call[R](ctx, p, in)
		return out, testkit.CodeOf(err)
	}
	var out R
	out, _ = out.ProtoReflect().New().Interface().(R)
	a, err := p.CallHTTP(ctx, in)
	if err != nil {
		return out, fault.Code(err.Error())
	}
	if code := a.Code(); code != "OK" {
		return out, code
	}
	if err := testkit.FromJSON(a.Body, out); err != nil {
		return out, fault.Code(err.Error())
	}
	return out, "OK"
}

// askSurely asks again while the answer is to try again.
func askSurely[R proto.Message](ctx context.Context, p *testkit.Person, in proto.Message, overHTTP bool) (out R, code fault.Code) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		out, code = ask[R](ctx, p, in, overHTTP)
		if code != fault.Contention && code != fault.QueueFull {
			break
		}
	}
	return out, code
}

// I2. 200 buyers want 8 of 1,000 units each, at two servers, over gRPC and HTTP.
func TestTwoServersNeverSellMoreThanIsOffered(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 1000, PriceFen: 100})
	servers := []*testkit.Exchange{x, x.Second(t)}
	people := []string{"jiangsu-school-buyer", "jiangsu-approver", "jiangsu-hospital-buyer", "jiangsu-military-buyer"}
	const buyers, each = 200, 8
	codes := make([]fault.Code, buyers)
	var wg sync.WaitGroup
	for i := range buyers {
		wg.Go(func() {
			buyer := servers[i%2].People[people[i/4%len(people)]]
			in := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: each * 1000}
			_, codes[i] = askSurely[*pb.PlaceOrderResponse](t.Context(), buyer, in, i/2%2 == 1)
		})
	}
	wg.Wait()
	got := map[fault.Code]int{}
	for _, c := range codes {
		got[c]++
	}
	if got["OK"] != 1000/each || got[fault.StockShort] != buyers-1000/each {
		t.Errorf("answers: %v, want %d orders and %s for the others", got, 1000/each, fault.StockShort)
	}
	after := testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: offer.GetId()}).GetOffer()
	if after.GetTakenQuantity() != 1000*1000 {
		t.Errorf("%d g are taken of 1,000,000", after.GetTakenQuantity())
	}
	x.CheckInvariants(t)
}

// I6. Each step of an order is asked for eight times at once with one request
// id, at two servers, over gRPC and HTTP: it is done once, and everybody gets
// the result of the one.
func TestARequestIDAtTwoServersGivesTheSameResultOnceForEveryStep(t *testing.T) {
	x := testkit.New(t)
	y := x.Second(t)
	// Of one unit: whoever looks at what is left finds nothing.
	offer := x.Offer(t, testkit.OfferOptions{Units: 1})
	order := sameOrder(t, x, y, func(x *testkit.Exchange) *testkit.Person { return x.School },
		&pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000}, &pb.PlaceOrderResponse{})
	school := func(x *testkit.Exchange) *testkit.Person { return x.School }
	cooperative := func(x *testkit.Exchange) *testkit.Person { return x.Cooperative }
	id := order.GetId()
	sameOrder(t, x, y, cooperative, &pb.ConfirmOrderRequest{RequestId: uuid.NewString(), Id: id}, &pb.ConfirmOrderResponse{})
	sameOrder(t, x, y, cooperative, &pb.ShipOrderRequest{RequestId: uuid.NewString(), Id: id}, &pb.ShipOrderResponse{})
	sameOrder(t, x, y, cooperative, &pb.DeliverOrderRequest{RequestId: uuid.NewString(), Id: id}, &pb.DeliverOrderResponse{})
	sameOrder(t, x, y, school, &pb.AcceptOrderRequest{RequestId: uuid.NewString(), Id: id, AcceptedQuantity: 1000}, &pb.AcceptOrderResponse{})
	order = sameOrder(t, x, y, school, &pb.RecordPaymentRequest{
		RequestId: uuid.NewString(), Id: id, AmountFen: order.GetAmountFen(), BankReference: "B1",
	}, &pb.RecordPaymentResponse{})
	if order.GetState() != pb.OrderState_ORDER_STATE_SETTLED {
		t.Errorf("the order ends as %s", order.GetState())
	}
	other := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1)
	sameOrder(t, x, y, school, &pb.CancelOrderRequest{RequestId: uuid.NewString(), Id: other.GetId(), Reason: "x"}, &pb.CancelOrderResponse{})
	x.CheckInvariants(t)
}

// sameOrder asks eight times at once and wants one result.
func sameOrder[R interface {
	proto.Message
	GetOrder() *pb.Order
}](t *testing.T, x, y *testkit.Exchange, who func(*testkit.Exchange) *testkit.Person, in proto.Message, _ R) *pb.Order {
	t.Helper()
	const callers = 8
	var wg sync.WaitGroup
	answers, codes := make([]R, callers), make([]fault.Code, callers)
	for i := range callers {
		wg.Go(func() {
			server := []*testkit.Exchange{x, y}[i%2]
			answers[i], codes[i] = askSurely[R](t.Context(), who(server), in, i/2%2 == 1)
		})
	}
	wg.Wait()
	for i, code := range codes {
		if code != "OK" || !proto.Equal(answers[i].GetOrder(), answers[0].GetOrder()) {
			t.Errorf("%T: caller %d got %s and %s, caller 0 got %s and %s", in, i, code, answers[i].GetOrder().GetState(),
				codes[0], answers[0].GetOrder().GetState())
		}
	}
	return answers[0].GetOrder()
}
