package testkit_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

// held holds an offer's row until release: what is written to its orders
// gathers meanwhile behind the one that waits for the row.
func held(t *testing.T, x *testkit.Exchange, offer *pb.Offer) (release func()) {
	t.Helper()
	id, err := exchange.ParseID("id", offer.GetId())
	if err != nil {
		t.Fatal(err)
	}
	holds, let, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		err := x.Store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.LockOffer(ctx, id); err != nil {
				return err
			}
			close(holds)
			<-let
			return store.ErrRollback
		})
		if err != nil {
			t.Errorf("hold the offer: %v", err)
		}
	}()
	<-holds
	return sync.OnceFunc(func() { close(let); <-done })
}

// largest is the size of the largest batch so far, up to its bucket.
func largest(t *testing.T, x *testkit.Exchange) float64 {
	t.Helper()
	r := prometheus.NewRegistry()
	for _, c := range x.App.Collectors() {
		r.MustRegister(c)
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	most := 0.0
	for _, f := range families {
		if f.GetName() == "sushaan_group_batch_orders" {
			below := uint64(0)
			for _, b := range f.GetMetric()[0].GetHistogram().GetBucket() {
				if b.GetCumulativeCount() > below {
					below, most = b.GetCumulativeCount(), b.GetUpperBound()
				}
			}
		}
	}
	return most
}

// together asks many things at once while the offer is held, so that they are
// done in one batch, and gives their codes in order.
func together(t *testing.T, x *testkit.Exchange, offer *pb.Offer, who []*testkit.Person, asks []proto.Message) []fault.Code {
	t.Helper()
	release := held(t, x, offer)
	defer release()
	codes := make([]fault.Code, len(asks))
	var wg sync.WaitGroup
	for i, in := range asks {
		wg.Go(func() { codes[i] = testkit.CodeOf(testkit.Try(t.Context(), who[i], in)) })
	}
	time.Sleep(300 * time.Millisecond) // all of them have come to the lane
	release()
	wg.Wait()
	return codes
}

// One order of a batch that cannot be does not touch the others.
func TestAnOrderThatCannotBeNeverFailsItsNeighbours(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 30, AutoConfirm: true})
	place := func(change func(*pb.PlaceOrderRequest)) *pb.PlaceOrderRequest {
		in := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000}
		change(in)
		return in
	}
	good := func(*pb.PlaceOrderRequest) {}
	rows := []struct {
		who  *testkit.Person
		in   proto.Message
		want fault.Code
	}{
		{x.School, place(func(in *pb.PlaceOrderRequest) { in.Quantity = 1_000_000 }), fault.StockShort},
		{x.School, place(func(in *pb.PlaceOrderRequest) { in.Quantity = 7 }), fault.QuantityNotMultiple},
		{x.School, place(func(in *pb.PlaceOrderRequest) { in.ConsigneeCode = "999999" }), fault.DivisionNotValid},
		{x.School, place(func(in *pb.PlaceOrderRequest) { in.ConsigneeCode = "610621" }), fault.IntraProvince},
		{x.Cooperative, place(func(in *pb.PlaceOrderRequest) { in.ConsigneeCode = "320115" }), fault.NoGrant},
		{x.School, place(func(in *pb.PlaceOrderRequest) { in.DryRun = true }), "OK"},
	}
	for range 20 {
		rows = append(rows, struct {
			who  *testkit.Person
			in   proto.Message
			want fault.Code
		}{x.School, place(good), "OK"})
	}
	rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	var who []*testkit.Person
	var asks []proto.Message
	for _, r := range rows {
		who, asks = append(who, r.who), append(asks, r.in)
	}
	for i, code := range together(t, x, offer, who, asks) {
		if code != rows[i].want {
			t.Errorf("%v: %s, want %s", rows[i].in, code, rows[i].want)
		}
	}
	after := testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: offer.GetId()}).GetOffer()
	if after.GetTakenQuantity() != 20*1000 {
		t.Errorf("%d are taken for 20 orders of 1000", after.GetTakenQuantity())
	}
	if most := largest(t, x); most < 8 {
		t.Errorf("the largest batch had at most %.0f orders: nothing was grouped", most)
	}
	x.CheckInvariants(t)
}

// The same request, many times at once, is one order; with other content it is
// refused.
func TestOneRequestIDManyTimesInABatchIsOneOrder(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	same := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000}
	other := &pb.PlaceOrderRequest{RequestId: same.GetRequestId(), OfferId: offer.GetId(), Quantity: 2000}
	asks := []proto.Message{same, same, other, same, other, same}
	codes := together(t, x, offer, slices.Repeat([]*testkit.Person{x.School}, len(asks)), asks)
	kinds := map[fault.Code]int{}
	for _, c := range codes {
		kinds[c]++
	}
	// Whichever content came first is the order.
	if ok, reused := kinds["OK"], kinds[fault.RequestIDReused]; ok+reused != len(asks) || (ok != 4 && ok != 2) {
		t.Errorf("%v", codes)
	}
	if orders := testkit.Must[*pb.ListOrdersResponse](t, x.School, &pb.ListOrdersRequest{OfferId: offer.GetId()}).GetOrders(); len(orders) != 1 {
		t.Errorf("%d orders of one request", len(orders))
	}
	x.CheckInvariants(t)
}

// Steps of several orders of one offer share a batch, and each sees what the
// ones before it left: the offer's stock, and the capacity that goes back.
func TestStepsInOneBatchSeeWhatTheOnesBeforeThemLeft(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 20, AutoConfirm: true})
	var who []*testkit.Person
	var asks []proto.Message
	for i := range 12 {
		order := x.Place(t, x.School, offer, 1)
		switch i % 3 {
		case 0:
			who, asks = append(who, x.School), append(asks, &pb.CancelOrderRequest{Id: order.GetId(), Reason: "not needed"})
		case 1:
			who, asks = append(who, x.Cooperative), append(asks, &pb.ShipOrderRequest{Id: order.GetId()})
		default:
			testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: order.GetId()})
			who = append(who, x.School)
			asks = append(asks, &pb.AcceptOrderRequest{Id: order.GetId(), RejectedQuantity: 1000, Reason: "spoiled"})
		}
	}
	// An ended offer gives what comes back on to its certificate.
	testkit.Must[*pb.WithdrawOfferResponse](t, x.Cooperative, &pb.WithdrawOfferRequest{Id: offer.GetId(), Reason: "season over"})
	for i, code := range together(t, x, offer, who, asks) {
		if code != "OK" {
			t.Errorf("%v: %s", asks[i], code)
		}
	}
	after := testkit.Must[*pb.GetOfferResponse](t, x.Cooperative, &pb.GetOfferRequest{Id: offer.GetId()}).GetOffer()
	if after.GetTakenQuantity() != 4*1000 {
		t.Errorf("%d are taken; 4 orders of 1000 still hold theirs", after.GetTakenQuantity())
	}
	x.CheckInvariants(t)
}

// An order whose caller goes away either is there, once, or never will be; its
// request id tells which.
func TestACallerThatDisconnectsLeavesNothingHalfDone(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 5000})
	const callers, each = 16, 25
	ids := make([][]string, callers)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for range each {
				in := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000}
				ids[c] = append(ids[c], in.GetRequestId())
				ctx, cancel := context.WithTimeout(t.Context(), rand.N(20*time.Millisecond))
				_ = testkit.Try(ctx, x.School, in) // whatever becomes of it
				cancel()
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, list := range ids {
		for _, id := range list {
			in := &pb.PlaceOrderRequest{RequestId: id, OfferId: offer.GetId(), Quantity: 1000}
			order := testkit.Must[*pb.PlaceOrderResponse](t, x.School, in).GetOrder().GetId()
			if seen[order] {
				t.Errorf("order %s answers two requests", order)
			}
			seen[order] = true
		}
	}
	after := testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: offer.GetId()}).GetOffer()
	if after.GetTakenQuantity() != callers*each*1000 {
		t.Errorf("%d are taken for %d orders of 1000", after.GetTakenQuantity(), callers*each)
	}
	x.CheckInvariants(t)
}

// A full lane refuses at once, over both transports and line by line, and says
// when to come back; what waits in it is done.
func TestAFullLaneRefusesAndSaysWhenToComeBack(t *testing.T) {
	const places = 3
	x := testkit.New(t, func(c *server.Config) { c.LaneWaiters = places })
	offer := x.Offer(t, testkit.OfferOptions{})
	release := held(t, x, offer)
	defer release()
	batches := x.Metric(t, "sushaan_group_batch_orders", nil)
	ends := make(chan fault.Code, 1+places)
	for i := range 1 + places {
		go func() { ends <- testkit.CodeOf(testkit.Try(t.Context(), x.School, lineOn(offer))) }()
		testkit.Until(t, "one is being written and the others wait", func() bool {
			return x.Metric(t, "sushaan_group_batch_orders", nil) > batches && int(x.Metric(t, "sushaan_group_waiting", nil)) == i
		})
	}
	for range 3 {
		wantToComeBack(t, testkit.Try(t.Context(), x.School, lineOn(offer)))
	}
	a, err := x.School.CallHTTP(t.Context(), lineOn(offer))
	if err != nil || a.Status != http.StatusTooManyRequests || a.Code() != fault.QueueFull || a.Header.Get("Retry-After") == "" {
		t.Errorf("over HTTP: %v, %d %s, Retry-After %q", err, a.Status, a.Code(), a.Header.Get("Retry-After"))
	}
	lines := []*pb.PlaceOrderRequest{lineOn(offer), lineOn(offer)}
	overBoth(t, func(t *testing.T, overHTTP bool) {
		results, _ := batched(t, x.School, &pb.BatchPlaceOrdersRequest{Lines: lines}, overHTTP)
		for _, r := range results {
			wantToComeBack(t, status.FromProto(r.GetError()).Err())
		}
	})
	if refused := x.Metric(t, "sushaan_group_refused_total", nil); refused != 3+1+2*2 {
		t.Errorf("%.0f are counted as refused", refused)
	}
	release()
	for range 1 + places {
		if code := <-ends; code != "OK" {
			t.Errorf("one that waited got %s", code)
		}
	}
	// There is room again, for the same requests.
	if _, codes := batched(t, x.School, &pb.BatchPlaceOrdersRequest{Lines: lines}, false); !all(codes, "OK") {
		t.Errorf("afterwards: %v", codes)
	}
	if taken := takenOf(t, x, offer); taken != (1+places+2)*1000 {
		t.Errorf("%d are taken by %d orders of 1000", taken, 1+places+2)
	}
	x.CheckInvariants(t)
}

// wantToComeBack wants an error that says that a queue is full, and when there may
// be room.
func wantToComeBack(t *testing.T, err error) {
	t.Helper()
	retry := slices.ContainsFunc(status.Convert(err).Details(), func(d any) bool {
		r, ok := d.(*errdetails.RetryInfo)
		return ok && r.GetRetryDelay().AsDuration() > 0
	})
	if status.Code(err) != codes.ResourceExhausted || testkit.CodeOf(err) != fault.QueueFull || !retry {
		t.Errorf("%v: does not say that the queue is full and when to come back", err)
	}
}
