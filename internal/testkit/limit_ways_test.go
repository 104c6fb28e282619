package testkit_test

import (
	"testing"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

// A limit is one for all ways of buying: what one way has spent, the others have
// not, and no way goes beyond it. What is refused leaves nothing taken.
func TestALimitHoldsWhicheverWayOrders(t *testing.T) {
	c := &clock{}
	x := withClock(t, c)
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
	contract := signed(t, x, nil)
	cooperative, _ := suppliers(t, x, 100)
	demand := post(t, x, c, 30)
	quote := cooperative.quotes(t, demand.Demand, 30, 6200)
	limit(t, x, x.School, func(in *pb.SetSpendingLimitRequest) { in.PerOrderFen, in.PerYearFen = 20*6200, 45*6200 })

	wantBoth(t, x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 21_000}, fault.OverLimit)
	wantBoth(t, x.School, &pb.CallOffContractRequest{Id: contract.GetId(), Quantity: 21_000}, fault.OverLimit)
	called := callOff(t, x, contract.GetId(), 10)

	g := gather(t, x.School, c, offer, 1)
	joins(t, x.School, g, 15)
	weekly := stands(t, x, x.School, offer, func(in *pb.SetStandingOrderRequest) { in.Quantity, in.CapQuantity = 21_000, 210_000 })
	closes(t, x, c)
	daysOn(t, x, c, 0)
	wantRun(t, runsOf(t, x, weekly.GetId())[0], ranDenied, fault.OverLimit)
	if got := groupOf(t, x, g); got.GetState() != pb.GroupBuyState_GROUP_BUY_STATE_ORDERED {
		t.Fatalf("%v", got)
	}
	line := demand.opened(t, x)[quote.GetId()]
	award := &pb.AwardDemandRequest{Id: demand.GetId(), Lines: []*pb.AwardLine{line}}
	wantBoth(t, x.School, award, fault.OverLimit) // of one order
	line.Quantity = 20_000
	spent := called.GetAmountFen() + 15*6200
	testkit.Must[*pb.AwardDemandResponse](t, x.School, award)
	spent += 20 * 6200
	left := (45*6200 - spent) / 6200
	wantBoth(t, x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: (left + 1) * 1000}, fault.OverLimit) // of the year
	wantBoth(t, x.School, &pb.CallOffContractRequest{Id: contract.GetId(), Quantity: 10_000}, fault.OverLimit)
	if taken := heldOn(t, x, offer); taken != 15 {
		t.Errorf("%d units are taken of the offer, want the group's 15", taken)
	}
	x.CheckInvariants(t)
}
