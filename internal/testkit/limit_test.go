package testkit_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// A secretariat limits its members and their people, an approver the people of its
// member, and nobody himself.
func TestWhoSetsASpendingLimit(t *testing.T) {
	x := testkit.New(t)
	approver, issuer := x.People["jiangsu-approver"], issuerOf(t, x, x.BuyerAlliance)
	set := func(change func(*pb.SetSpendingLimitRequest)) *pb.SetSpendingLimitRequest {
		in := &pb.SetSpendingLimitRequest{MemberId: x.School.Member, PerOrderFen: 100}
		change(in)
		return in
	}
	whole, person := set(func(*pb.SetSpendingLimitRequest) {}), set(func(in *pb.SetSpendingLimitRequest) { in.IssuerId, in.Subject = issuer, "chen.buyer" })
	wantBoth(t, x.School, whole, fault.NotYourOwn)
	wantBoth(t, approver, whole, fault.NotYourOwn)
	wantBoth(t, approver, set(func(in *pb.SetSpendingLimitRequest) { in.IssuerId, in.Subject = issuer, "zhou.approver" }), fault.OwnLimit)
	wantBoth(t, approver, set(func(in *pb.SetSpendingLimitRequest) {
		in.MemberId, in.IssuerId, in.Subject = x.Hospital.Member, issuer, "wu.buyer"
	}), fault.NotYourOwn)
	wantBoth(t, x.Secretary, whole, fault.NotYourOwn)
	wantBoth(t, x.BuyerSecretary, set(func(in *pb.SetSpendingLimitRequest) { in.PerOrderFen = 0 }), fault.LimitInvalid)
	wantBoth(t, x.BuyerSecretary, set(func(in *pb.SetSpendingLimitRequest) { in.Subject = "chen.buyer" }), fault.LimitInvalid)
	wantBoth(t, x.BuyerSecretary, set(func(in *pb.SetSpendingLimitRequest) { in.ValidFrom, in.ValidTo = "2026-02-02", "2026-02-01" }), fault.DatesInvalid)
	got := testkit.Must[*pb.SetSpendingLimitResponse](t, approver, person).GetLimit()
	if got.GetSetBy() != "zhou.approver" || got.GetValidFrom() != string(x.Today()) || got.GetSubject() != "chen.buyer" {
		t.Errorf("set: %v", got)
	}
	wantBoth(t, x.Hospital, &pb.GetSpendingLimitRequest{Id: got.GetId()}, fault.ResourceNotFound)
	end := &pb.EndSpendingLimitRequest{Id: got.GetId(), Reason: "x"}
	wantBoth(t, x.School, end, fault.NotYourOwn)
	testkit.Must[*pb.EndSpendingLimitResponse](t, approver, end)
	wantBoth(t, approver, end, fault.WrongState)
	list := testkit.Must[*pb.ListSpendingLimitsResponse](t, x.School, &pb.ListSpendingLimitsRequest{MemberId: x.School.Member}).GetLimits()
	if len(list) != 1 || list[0].GetEndTime() == nil {
		t.Errorf("the school sees %v", list)
	}
	x.CheckInvariants(t)
}

// A limit holds for one order, for a month and for a year, of a member or of a
// person, from its first day on; what is cancelled or not accepted is free again.
func TestOrdersStayWithinTheLimitsInForce(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	c.set("2027-03-10")
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true, SeasonTo: "2028-01-31", ValidTo: "2028-12-31"})
	approver := x.People["jiangsu-approver"]
	place := func(units int64) *pb.PlaceOrderRequest {
		return &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: units * 1000}
	}
	limit(t, x, x.School, func(in *pb.SetSpendingLimitRequest) { in.PerOrderFen = 6 * 6200 })
	month := limit(t, x, x.School, func(in *pb.SetSpendingLimitRequest) { in.PerMonthFen = 10 * 6200 })
	limit(t, x, x.School, func(in *pb.SetSpendingLimitRequest) {
		in.IssuerId, in.Subject, in.PerYearFen, in.ValidFrom = issuerOf(t, x, x.BuyerAlliance), "chen.buyer", 6200, "2027-05-01"
	})
	wantBoth(t, x.School, place(7), fault.OverLimit)
	if got := deniedFor(explain(t, x.School, &pb.ExplainRequest{Action: "order.place", OfferId: offer.GetId(), Quantity: 7000})); len(got) != 1 || got[0] != string(fault.OverLimit) {
		t.Errorf("explained: %v", got)
	}
	x.Place(t, x.School, offer, 6)
	other := x.Place(t, approver, offer, 3)
	wantBoth(t, x.School, place(2), fault.OverLimit)
	wantBoth(t, approver, place(2), fault.OverLimit)
	if got := testkit.Must[*pb.GetSpendingLimitResponse](t, x.School, &pb.GetSpendingLimitRequest{Id: month.GetId()}); got.GetSpentMonthFen() != 9*6200 {
		t.Errorf("spent: %v", got)
	}
	x.Place(t, x.Hospital, offer, 6) // another's
	testkit.Must[*pb.CancelOrderResponse](t, approver, &pb.CancelOrderRequest{Id: other.GetId(), Reason: "x"})
	part := x.Place(t, x.School, offer, 4)
	wantBoth(t, x.School, place(1), fault.OverLimit)
	testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: part.GetId()})
	testkit.Must[*pb.AcceptOrderResponse](t, x.School, &pb.AcceptOrderRequest{Id: part.GetId(), AcceptedQuantity: 2000, RejectedQuantity: 2000, Reason: "bruised"})
	x.Place(t, x.School, offer, 2)
	wantBoth(t, x.School, place(1), fault.OverLimit)
	x.CheckInvariants(t)

	c.set("2027-04-01")
	x.Place(t, x.School, offer, 6)
	c.set("2027-05-01") // the person's limit of the year begins
	wantBoth(t, x.School, place(1), fault.OverLimit)
	x.Place(t, approver, offer, 6)
	c.set("2028-01-01")
	x.Place(t, x.School, offer, 1)
	wantBoth(t, x.School, place(1), fault.OverLimit)
	x.CheckInvariants(t)
}

// Ten units may be ordered this month. Many ask at once, in several lanes of two
// servers, from offers of both provinces, one by one and in batches: ten get one.
func TestALimitIsNeverPassedHoweverManyOrderAtOnce(t *testing.T) {
	lanes := func(s *server.Config) { s.Lanes = 3 }
	x := testkit.New(t, lanes)
	y := x.Second(t, lanes)
	if _, err := x.App.CreateGrant(app.WithPrincipal(t.Context(), app.System()), app.CreateGrant{
		SellerAllianceID: x.Sample.Alliances[sample.JiangsuSellers].ID.String(), BuyerAllianceID: x.BuyerAlliance,
	}); err != nil {
		t.Fatal(err)
	}
	var offers []*pb.PlaceOrderRequest
	for range 3 {
		sn := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
		js := x.Offer(t, testkit.OfferOptions{AutoConfirm: true,
			Seller: x.People["jiangsu-producer"], Authority: x.People["baoying-authority"], Origin: "321023"})
		offers = append(offers, &pb.PlaceOrderRequest{OfferId: sn.GetId(), Quantity: 1000},
			&pb.PlaceOrderRequest{OfferId: js.GetId(), Quantity: 1000, ConsigneeCode: "610102"})
	}
	limit(t, x, x.School, func(in *pb.SetSpendingLimitRequest) { in.PerMonthFen, in.PerYearFen = 10*6200, 12*6200 })
	people := []*testkit.Person{x.School, y.School, x.People["jiangsu-approver"], y.People["jiangsu-approver"]}
	var got atomic.Int64
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 4 {
				on := offers[(n+i)%len(offers)]
				if n%2 == 0 {
					got.Add(placedOf(t, people[n%4], on))
				} else {
					got.Add(batchOf(t, people[n%4], on))
				}
			}
		})
	}
	wg.Wait()
	if got.Load() != 10 {
		t.Errorf("%d orders of one unit were placed within a limit of ten", got.Load())
	}
	x.CheckInvariants(t)
}

// surely asks until the answer is the exchange's and not the machinery's.
func surely[R any](t *testing.T, ask func(context.Context) (R, error)) (R, error) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		out, err := ask(t.Context())
		if code := testkit.CodeOf(err); err == nil || code == fault.OverLimit || time.Now().After(deadline) {
			return out, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// placedOf places one order and says whether it was placed: 1 or 0.
func placedOf(t *testing.T, p *testkit.Person, on *pb.PlaceOrderRequest) int64 {
	t.Helper()
	in := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: on.GetOfferId(), Quantity: 1000, ConsigneeCode: on.GetConsigneeCode()}
	_, err := surely(t, func(ctx context.Context) (*pb.PlaceOrderResponse, error) {
		return testkit.Call[*pb.PlaceOrderResponse](ctx, p, in)
	})
	if err != nil && testkit.CodeOf(err) != fault.OverLimit {
		t.Errorf("placing: %v", err)
	}
	if err != nil {
		return 0
	}
	return 1
}

// batchOf places three orders in one batch and says how many were placed.
func batchOf(t *testing.T, p *testkit.Person, on *pb.PlaceOrderRequest) int64 {
	t.Helper()
	in, n := &pb.BatchPlaceOrdersRequest{}, int64(0)
	for range 3 {
		in.Lines = append(in.Lines, &pb.PlaceOrderRequest{
			RequestId: uuid.NewString(), OfferId: on.GetOfferId(), Quantity: 1000, ConsigneeCode: on.GetConsigneeCode(),
		})
	}
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		out, err := testkit.Call[*pb.BatchPlaceOrdersResponse](t.Context(), p, in)
		n = 0
		again := err != nil
		for _, r := range out.GetResults() {
			switch {
			case r.GetOrder() != nil:
				n++
			case testkit.CodeOfStatus(r.GetError()) != fault.OverLimit:
				again = true
			}
		}
		if !again {
			return n
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("a batch got no answer")
	return n
}
