package testkit_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestAnOrderGoesFromPlacingToSettlementAndItsAccountsReturnToZero(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 100})
	order := x.Place(t, x.School, offer, 100)
	wantState(t, order, pb.OrderState_ORDER_STATE_PLACED)
	if order.GetDirection() != pb.Direction_DIRECTION_SN_TO_JS || !order.GetObligations().GetCollaboration() {
		t.Errorf("direction %s, obligations %v", order.GetDirection(), order.GetObligations())
	}
	id := order.GetId()
	order = testkit.Must[*pb.ConfirmOrderResponse](t, x.Cooperative, &pb.ConfirmOrderRequest{Id: id}).GetOrder()
	wantState(t, order, pb.OrderState_ORDER_STATE_CONFIRMED)
	order = testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: id, Waybill: "SF-1"}).GetOrder()
	wantState(t, order, pb.OrderState_ORDER_STATE_SHIPPED)
	order = testkit.Must[*pb.DeliverOrderResponse](t, x.School, &pb.DeliverOrderRequest{Id: id}).GetOrder()
	wantState(t, order, pb.OrderState_ORDER_STATE_DELIVERED)
	order = testkit.Must[*pb.AcceptOrderResponse](t, x.School, &pb.AcceptOrderRequest{
		Id: id, AcceptedQuantity: 98_000, RejectedQuantity: 2_000, Reason: "two cartons bruised",
	}).GetOrder()
	wantState(t, order, pb.OrderState_ORDER_STATE_PART_ACCEPTED)
	if order.GetAcceptedAmountFen() != 98*6200 {
		t.Errorf("accepted amount %d", order.GetAcceptedAmountFen())
	}
	after := testkit.Must[*pb.GetOfferResponse](t, x.Cooperative, &pb.GetOfferRequest{Id: offer.GetId()}).GetOffer()
	if after.GetTakenQuantity() != 98_000 || after.GetRemainingQuantity() != 2_000 {
		t.Errorf("taken %d, remaining %d: the rest was not released", after.GetTakenQuantity(), after.GetRemainingQuantity())
	}
	order = testkit.Must[*pb.RecordPaymentResponse](t, x.School, &pb.RecordPaymentRequest{
		Id: id, AmountFen: 98 * 6200, BankReference: "ICBC-1",
	}).GetOrder()
	wantState(t, order, pb.OrderState_ORDER_STATE_SETTLED)
	entries := testkit.Must[*pb.ListEntriesResponse](t, x.School, &pb.ListEntriesRequest{OrderId: id, PageSize: 100}).GetEntries()
	balances, measures := map[pb.AccountKind]int64{}, map[pb.Measure]int64{}
	for _, e := range entries {
		balances[e.GetAccountKind()] += e.GetAmountFen()
		measures[e.GetMeasure()] += e.GetMeasureFen()
	}
	for kind, fen := range balances {
		if fen != 0 {
			t.Errorf("%s stands at %d after settlement", kind, fen)
		}
	}
	for _, m := range []pb.Measure{pb.Measure_MEASURE_CONTRACTED, pb.Measure_MEASURE_ACCEPTED, pb.Measure_MEASURE_SETTLED} {
		if measures[m] != 98*6200 {
			t.Errorf("%s is %d", m, measures[m])
		}
	}
	x.CheckInvariants(t)
}

func wantState(t *testing.T, o *pb.Order, want pb.OrderState) {
	t.Helper()
	if o.GetState() != want {
		t.Fatalf("order is %s, want %s", o.GetState(), want)
	}
}

// I2.
func TestTwoHundredBuyersTakeExactlyWhatIsOffered(t *testing.T) {
	x := testkit.New(t)
	const offered, buyers, each = 1000, 200, 7 // 1400 are asked for
	offer := x.Offer(t, testkit.OfferOptions{Units: offered, AutoConfirm: true})
	var taken, short atomic.Int64
	var wg sync.WaitGroup
	for range buyers {
		wg.Go(func() {
			for _, units := range []int64{each, 1, 1} {
				_, err := testkit.Call[*pb.PlaceOrderResponse](t.Context(), x.School, &pb.PlaceOrderRequest{
					RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: units * 1000,
				})
				switch code := testkit.CodeOf(err); code {
				case "OK":
					taken.Add(units)
				case fault.StockShort:
					short.Add(1)
				default:
					t.Errorf("placing: %s", code)
				}
			}
		})
	}
	wg.Wait()
	if taken.Load() != offered || short.Load() == 0 {
		t.Errorf("%d taken of %d, %d refused", taken.Load(), offered, short.Load())
	}
	x.CheckInvariants(t)
}

// I3.
func TestOffersUnderACertificateNeverExceedItsCapacity(t *testing.T) {
	x := testkit.New(t)
	first := x.Offer(t, testkit.OfferOptions{Units: 60, AnnualUnits: 100})
	draft := func(units int64) *pb.Offer {
		return testkit.Must[*pb.CreateOfferResponse](t, x.Cooperative, &pb.CreateOfferRequest{
			ProductId: first.GetProductId(), CertificateId: first.GetCertificateId(), Quantity: units * 1000,
			PriceBasis: first.GetPriceBasis(), PriceFen: 6200, SeasonFrom: first.GetSeasonFrom(), SeasonTo: first.GetSeasonTo(),
		}).GetOffer()
	}
	var wg sync.WaitGroup
	var published atomic.Int64
	for range 5 {
		d := draft(20)
		wg.Go(func() {
			_, err := testkit.Call[*pb.PublishOfferResponse](t.Context(), x.Cooperative, &pb.PublishOfferRequest{Id: d.GetId()})
			switch code := testkit.CodeOf(err); code {
			case "OK":
				published.Add(1)
			case fault.CapacityShort:
			default:
				t.Errorf("publishing: %s", code)
			}
		})
	}
	wg.Wait()
	if published.Load() != 2 {
		t.Errorf("%d offers of 20 were published within the 40 units left", published.Load())
	}
	x.CheckInvariants(t)
}

// Stock of an offer that has ended returns to the certificate.
func TestWithdrawingGivesTheUnsoldPartBackAndCancellingLaterTheRest(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 100})
	order := x.Place(t, x.School, offer, 30)
	left := func() int64 {
		return testkit.Must[*pb.GetCertificateResponse](t, x.Cooperative,
			&pb.GetCertificateRequest{Id: offer.GetCertificateId()}).GetCertificate().GetRemainingQuantity()
	}
	if got := left(); got != 0 {
		t.Errorf("capacity left while all is offered: %d", got)
	}
	testkit.Must[*pb.WithdrawOfferResponse](t, x.Cooperative, &pb.WithdrawOfferRequest{Id: offer.GetId()})
	if got := left(); got != 70_000 {
		t.Errorf("capacity left after withdrawing: %d", got)
	}
	testkit.Must[*pb.CancelOrderResponse](t, x.School, &pb.CancelOrderRequest{Id: order.GetId(), Reason: "no longer needed"})
	if got := left(); got != 100_000 {
		t.Errorf("capacity left after cancelling: %d", got)
	}
	x.CheckInvariants(t)
}

// I6, and the same over HTTP.
func TestARequestIDGivesTheSameResultOnce(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 10})
	req := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000}
	var wg sync.WaitGroup
	ids := make([]string, 20)
	for i := range ids {
		wg.Go(func() {
			if i%2 == 0 {
				ids[i] = testkit.Must[*pb.PlaceOrderResponse](t, x.School, req).GetOrder().GetId()
				return
			}
			a, err := x.School.CallHTTP(t.Context(), req)
			var out pb.PlaceOrderResponse
			if err != nil || a.Code() != "OK" || testkit.FromJSON(a.Body, &out) != nil {
				t.Errorf("over HTTP: %v %s", err, a.Body)
			}
			ids[i] = out.GetOrder().GetId()
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("one request id made the orders %s and %s", id, ids[0])
		}
	}
	other, _ := proto.Clone(req).(*pb.PlaceOrderRequest)
	other.Quantity = 2000
	wantBoth(t, x.School, other, fault.RequestIDReused)
	x.CheckInvariants(t)
}

// wantBoth asks over gRPC and over HTTP and wants the same code of both.
func wantBoth(t *testing.T, p *testkit.Person, in proto.Message, want fault.Code) {
	t.Helper()
	if got := testkit.CodeOf(testkit.Try(t.Context(), p, in)); got != want {
		t.Errorf("%s over gRPC: %s, want %s", p.Name, got, want)
	}
	a, err := p.CallHTTP(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Code(); got != want {
		t.Errorf("%s over HTTP: %s, want %s", p.Name, got, want)
	}
}

func TestAReplayOverHTTPSaysSo(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	key := uuid.NewString()
	for i, want := range []string{"", "true"} {
		a, err := x.School.HTTP(t.Context(), "POST", "/v1/orders",
			fmt.Sprintf(`{"offerId": %q, "quantity": "1000"}`, offer.GetId()), map[string][]string{"Idempotency-Key": {key}})
		if err != nil || a.Code() != "OK" {
			t.Fatalf("%v %s", err, a.Body)
		}
		if got := a.Header.Get("Idempotency-Replayed"); got != want {
			t.Errorf("call %d: Idempotency-Replayed is %q", i, got)
		}
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	req := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000, DryRun: true}
	dry := testkit.Must[*pb.PlaceOrderResponse](t, x.School, req).GetOrder()
	wantBoth(t, x.School, &pb.GetOrderRequest{Id: dry.GetId()}, fault.ResourceNotFound)
	after := testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: offer.GetId()}).GetOffer()
	if after.GetTakenQuantity() != 0 {
		t.Errorf("a dry run took %d", after.GetTakenQuantity())
	}
	x.CheckInvariants(t)
}
