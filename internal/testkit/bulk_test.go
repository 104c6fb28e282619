package testkit_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

// lineOn is a line that orders one sales unit.
func lineOn(offer *pb.Offer, change ...func(*pb.PlaceOrderRequest)) *pb.PlaceOrderRequest {
	in := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000}
	for _, c := range change {
		c(in)
	}
	return in
}

// codesOf are the codes of a batch's results.
func codesOf(t *testing.T, results []*pb.OrderResult) []fault.Code {
	t.Helper()
	codes := make([]fault.Code, len(results))
	for i, r := range results {
		codes[i] = "OK"
		if e := r.GetError(); e != nil {
			codes[i] = testkit.CodeOfStatus(e)
		}
		if (r.GetOrder() == nil) == (codes[i] == "OK") || r.GetRequestId() == "" {
			t.Errorf("line %d: %v", i+1, r)
		}
	}
	return codes
}

func batched(t *testing.T, p *testkit.Person, in *pb.BatchPlaceOrdersRequest, overHTTP bool) ([]*pb.OrderResult, []fault.Code) {
	t.Helper()
	out, code := ask[*pb.BatchPlaceOrdersResponse](t.Context(), p, in, overHTTP)
	if code != "OK" || len(out.GetResults()) != len(in.GetLines()) {
		t.Fatalf("%s, %d results for %d lines", code, len(out.GetResults()), len(in.GetLines()))
	}
	return out.GetResults(), codesOf(t, out.GetResults())
}

func takenOf(t *testing.T, x *testkit.Exchange, offer *pb.Offer) int64 {
	t.Helper()
	return testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: offer.GetId()}).GetOffer().GetTakenQuantity()
}

func overBoth(t *testing.T, test func(t *testing.T, overHTTP bool)) {
	t.Helper()
	t.Run("grpc", func(t *testing.T) { test(t, false) })
	t.Run("http", func(t *testing.T) { test(t, true) })
}

// Each line of a batch is refused or done as it would be alone, and takes no other
// with it.
func TestALineOfABatchThatCannotBeNeverFailsTheOthers(t *testing.T) {
	x := testkit.New(t)
	overBoth(t, func(t *testing.T, overHTTP bool) {
		offer, other := x.Offer(t, testkit.OfferOptions{Units: 30, AutoConfirm: true}), x.Offer(t, testkit.OfferOptions{})
		want := []fault.Code{
			"OK", fault.StockShort, fault.QuantityNotMultiple, fault.InvalidArgument, fault.DivisionNotValid, fault.IntraProvince, "OK",
			fault.ResourceNotFound, fault.IDMalformed, "OK", fault.RequestIDInvalid, fault.TextInvalid, "OK",
		}
		lines := []*pb.PlaceOrderRequest{
			lineOn(offer),
			lineOn(offer, func(in *pb.PlaceOrderRequest) { in.Quantity = 31_000 }),
			lineOn(offer, func(in *pb.PlaceOrderRequest) { in.Quantity = 7 }),
			lineOn(offer, func(in *pb.PlaceOrderRequest) { in.DeliverBy = "soon" }),
			lineOn(offer, func(in *pb.PlaceOrderRequest) { in.ConsigneeCode = "999999" }),
			lineOn(offer, func(in *pb.PlaceOrderRequest) { in.ConsigneeCode = "610621" }),
			lineOn(other),
			lineOn(offer, func(in *pb.PlaceOrderRequest) { in.OfferId = "61-" + uuid.NewString() }),
			lineOn(offer, func(in *pb.PlaceOrderRequest) { in.OfferId = "no id" }),
			lineOn(offer, func(in *pb.PlaceOrderRequest) { in.DryRun = true }),
			lineOn(offer, func(in *pb.PlaceOrderRequest) { in.RequestId = "1" }),
			lineOn(offer, func(in *pb.PlaceOrderRequest) { in.ReservePlanId = "a\nb" }),
			lineOn(offer, func(in *pb.PlaceOrderRequest) { in.RequestId = "" }),
		}
		results, codes := batched(t, x.School, &pb.BatchPlaceOrdersRequest{Lines: lines}, overHTTP)
		for i := range want {
			if codes[i] != want[i] {
				t.Errorf("line %d: %s, want %s: %v", i+1, codes[i], want[i], results[i].GetError())
			}
		}
		if taken := takenOf(t, x, offer); taken != 2000 {
			t.Errorf("%d are taken for 2 orders of 1000", taken)
		}
		// Sent again, what was done is what it was, and what was refused is refused again.
		again, codes2 := batched(t, x.School, &pb.BatchPlaceOrdersRequest{Lines: lines[:12]}, overHTTP)
		for i := range again {
			if lines[i].GetDryRun() {
				continue
			}
			if codes2[i] != codes[i] || again[i].GetReplayed() != (codes[i] == "OK") || again[i].GetOrder().GetId() != results[i].GetOrder().GetId() {
				t.Errorf("line %d again: %v, first %v", i+1, again[i], results[i])
			}
		}
		if taken := takenOf(t, x, offer); taken != 2000 {
			t.Errorf("%d are taken after the batch was sent again", taken)
		}
	})
}

// A batch that is all or nothing is done whole, or leaves nothing behind: no
// stock taken, no order, no request kept.
func TestABatchThatIsAllOrNothingIsDoneWholeOrNotAtAll(t *testing.T) {
	x := testkit.New(t)
	overBoth(t, func(t *testing.T, overHTTP bool) {
		offer := x.Offer(t, testkit.OfferOptions{Units: 10, AutoConfirm: true})
		lines := make([]*pb.PlaceOrderRequest, 11)
		for i := range lines {
			lines[i] = lineOn(offer)
		}
		_, codes := batched(t, x.School, &pb.BatchPlaceOrdersRequest{Lines: lines, AllOrNothing: true}, overHTTP)
		for i, code := range codes {
			want := fault.BatchUndone
			if i == 10 {
				want = fault.StockShort
			}
			if code != want {
				t.Errorf("line %d: %s, want %s", i+1, code, want)
			}
		}
		if taken := takenOf(t, x, offer); taken != 0 {
			t.Fatalf("%d are taken by a batch that was undone", taken)
		}
		if _, codes := batched(t, x.School, &pb.BatchPlaceOrdersRequest{Lines: lines[:10], AllOrNothing: true}, overHTTP); !all(codes, "OK") {
			t.Fatalf("%v", codes)
		}
		if taken := takenOf(t, x, offer); taken != 10_000 {
			t.Errorf("%d are taken by ten orders of 1000", taken)
		}
		results, codes := batched(t, x.School, &pb.BatchPlaceOrdersRequest{Lines: lines[:10], AllOrNothing: true}, overHTTP)
		if !all(codes, "OK") || !results[0].GetReplayed() || !results[9].GetReplayed() {
			t.Errorf("again: %v", codes)
		}
	})
}

func all(codes []fault.Code, want fault.Code) bool {
	for _, c := range codes {
		if c != want {
			return false
		}
	}
	return len(codes) > 0
}

// What cannot be in one transaction is refused line by line; denied lines are in
// the decision log all the same.
func TestABatchThatCannotBeWholeSaysWhichLineIsInTheWay(t *testing.T) {
	x := testkit.New(t)
	here, there := x.Offer(t, testkit.OfferOptions{}), x.Offer(t, testkit.OfferOptions{
		Seller: x.People["jiangsu-producer"], Authority: x.People["baoying-authority"], Origin: "321023",
	})
	twice := lineOn(here)
	content := proto.CloneOf(twice)
	content.Quantity = 2000
	denied := lineOn(here, func(in *pb.PlaceOrderRequest) { in.ConsigneeCode = "610621" })
	for name, tc := range map[string]struct {
		lines []*pb.PlaceOrderRequest
		want  []fault.Code
	}{
		"request id twice":    {[]*pb.PlaceOrderRequest{twice, content, lineOn(here)}, []fault.Code{fault.BatchUndone, fault.RequestIDTwice, fault.BatchUndone}},
		"of two provinces":    {[]*pb.PlaceOrderRequest{lineOn(here), lineOn(there)}, []fault.Code{fault.BatchUndone, fault.BatchMixed}},
		"a line is malformed": {[]*pb.PlaceOrderRequest{lineOn(here), {OfferId: "x"}}, []fault.Code{fault.BatchUndone, fault.IDMalformed}},
		"a dry run":           {[]*pb.PlaceOrderRequest{lineOn(here), lineOn(here, func(in *pb.PlaceOrderRequest) { in.DryRun = true })}, []fault.Code{fault.BatchUndone, fault.InvalidArgument}},
		"a line is denied":    {[]*pb.PlaceOrderRequest{lineOn(here), denied}, []fault.Code{fault.BatchUndone, fault.IntraProvince}},
	} {
		_, codes := batched(t, x.School, &pb.BatchPlaceOrdersRequest{Lines: tc.lines, AllOrNothing: true}, false)
		for i := range tc.want {
			if codes[i] != tc.want[i] {
				t.Errorf("%s: %v, want %v", name, codes, tc.want)
				break
			}
		}
	}
	if taken := takenOf(t, x, here); taken != 0 {
		t.Errorf("%d are taken", taken)
	}
	logged := testkit.Must[*pb.ListDecisionsResponse](t, x.Auditor, &pb.ListDecisionsRequest{Action: "order.place", DeniedOnly: true})
	if len(logged.GetDecisions()) != 1 {
		t.Errorf("%d denials are logged, want 1", len(logged.GetDecisions()))
	}
	// By themselves, the lines of two provinces are one batch; the same id again is
	// the same order, or refused for its other content.
	again := proto.CloneOf(twice)
	results, codes := batched(t, x.School, &pb.BatchPlaceOrdersRequest{Lines: []*pb.PlaceOrderRequest{twice, content, again}}, false)
	if codes[0] != "OK" || codes[1] != fault.RequestIDReused || codes[2] != "OK" || results[2].GetOrder().GetId() != results[0].GetOrder().GetId() {
		t.Errorf("%v: %v", codes, results)
	}
}

func TestABatchHasOneToAThousandLines(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 2000, PriceFen: 100, AutoConfirm: true})
	lines := make([]*pb.PlaceOrderRequest, 1001)
	for i := range lines {
		lines[i] = lineOn(offer)
	}
	for _, tc := range []struct {
		n    int
		want fault.Code
	}{{0, fault.BatchSizeInvalid}, {1001, fault.BatchSizeInvalid}} {
		for _, overHTTP := range []bool{false, true} {
			if _, code := ask[*pb.BatchPlaceOrdersResponse](t.Context(), x.School, &pb.BatchPlaceOrdersRequest{Lines: lines[:tc.n]}, overHTTP); code != tc.want {
				t.Errorf("%d lines: %s, want %s", tc.n, code, tc.want)
			}
		}
	}
	if _, codes := batched(t, x.School, &pb.BatchPlaceOrdersRequest{Lines: lines[:1000]}, true); !all(codes, "OK") {
		t.Error(codes)
	}
	for i := range lines {
		lines[i].RequestId = uuid.NewString()
	}
	if _, codes := batched(t, x.School, &pb.BatchPlaceOrdersRequest{Lines: lines[:1000], AllOrNothing: true}, false); !all(codes, "OK") {
		t.Error(codes)
	}
	if taken := takenOf(t, x, offer); taken != 2_000_000 {
		t.Errorf("%d are taken by 2,000 orders of 1000", taken)
	}
}

// Acceptances of a batch stand alone too, and one order is accepted once.
func TestABatchOfAcceptancesAcceptsEachOrderOnce(t *testing.T) {
	x := testkit.New(t)
	overBoth(t, func(t *testing.T, overHTTP bool) {
		offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
		var lines []*pb.AcceptOrderRequest
		for range 3 {
			order := x.Place(t, x.School, offer, 2)
			testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: order.GetId()})
			lines = append(lines, &pb.AcceptOrderRequest{RequestId: uuid.NewString(), Id: order.GetId(), AcceptedQuantity: 2000})
		}
		placed := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1)
		lines = append(lines,
			&pb.AcceptOrderRequest{Id: lines[0].GetId(), AcceptedQuantity: 1000, RejectedQuantity: 1000, Reason: "bruised"},
			&pb.AcceptOrderRequest{Id: placed.GetId(), AcceptedQuantity: 1000},
			&pb.AcceptOrderRequest{Id: lines[1].GetId(), AcceptedQuantity: 1},
			&pb.AcceptOrderRequest{Id: "61-" + uuid.NewString(), AcceptedQuantity: 1},
			&pb.AcceptOrderRequest{Id: "x"},
			&pb.AcceptOrderRequest{Id: lines[2].GetId(), Reason: strings.Repeat("x", 501)},
		)
		want := []fault.Code{"OK", "OK", "OK", fault.WrongState, fault.WrongState, fault.WrongState, fault.ResourceNotFound, fault.IDMalformed, fault.InvalidArgument}
		out, code := ask[*pb.BatchAcceptDeliveriesResponse](t.Context(), x.School, &pb.BatchAcceptDeliveriesRequest{Lines: lines}, overHTTP)
		if code != "OK" {
			t.Fatal(code)
		}
		codes := codesOf(t, out.GetResults())
		for i := range want {
			if codes[i] != want[i] {
				t.Errorf("line %d: %s, want %s", i+1, codes[i], want[i])
			}
		}
		for i := range 3 {
			if out.GetResults()[i].GetOrder().GetState() != pb.OrderState_ORDER_STATE_ACCEPTED {
				t.Errorf("line %d: %v", i+1, out.GetResults()[i])
			}
		}
	})
}

// I2 and I6. Batches and single orders want more than there is, at two servers at
// once, and each batch is sent twice: nothing is sold twice, and a batch that is
// all or nothing has all its orders or none.
func TestBatchesAtTwoServersNeverOversell(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 300, PriceFen: 100, AutoConfirm: true})
	servers := []*testkit.Exchange{x, x.Second(t)}
	const batches, each = 8, 50
	var mu sync.Mutex
	orders := map[string]bool{}
	var wg sync.WaitGroup
	for n := range batches {
		in := &pb.BatchPlaceOrdersRequest{AllOrNothing: n%2 == 0}
		for range each {
			in.Lines = append(in.Lines, lineOn(offer))
		}
		for s := range servers {
			wg.Go(func() {
				out, code := askSurely[*pb.BatchPlaceOrdersResponse](context.WithoutCancel(t.Context()), servers[s].School, proto.CloneOf(in), s == 1)
				if code != "OK" {
					t.Errorf("batch %d: %s", n, code)
					return
				}
				done := 0
				mu.Lock()
				defer mu.Unlock()
				for i, c := range codesOf(t, out.GetResults()) {
					if c == "OK" {
						done++
						orders[out.GetResults()[i].GetOrder().GetId()] = true
					}
				}
				if in.GetAllOrNothing() && done != 0 && done != each {
					t.Errorf("batch %d, all or nothing: %d of %d orders", n, done, each)
				}
			})
		}
	}
	wg.Wait()
	if taken := takenOf(t, x, offer); taken != int64(len(orders))*1000 || taken > 300_000 {
		t.Errorf("%d are taken, %d orders are acknowledged", taken, len(orders))
	}
	if len(orders) < 100 {
		t.Errorf("only %d orders: the test shows little", len(orders))
	}
	x.CheckInvariants(t)
}
