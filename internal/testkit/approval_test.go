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

// limit has the alliance's secretary set a limit of a member.
func limit(t *testing.T, x *testkit.Exchange, p *testkit.Person, change func(*pb.SetSpendingLimitRequest)) *pb.SpendingLimit {
	t.Helper()
	in := &pb.SetSpendingLimitRequest{RequestId: uuid.NewString(), MemberId: p.Member}
	change(in)
	return testkit.Must[*pb.SetSpendingLimitResponse](t, x.BuyerSecretary, in).GetLimit()
}

// above has orders of the school above some sales units wait for an approver.
func above(t *testing.T, x *testkit.Exchange, units int64) {
	t.Helper()
	limit(t, x, x.School, func(in *pb.SetSpendingLimitRequest) { in.ApprovalAboveFen = units * 6200 })
}

// Above its threshold an order waits with its stock reserved. The seller does not
// see it; an approver that did not place it approves it, and it goes on to the
// ledger like any other.
func TestAnOrderAboveTheThresholdWaitsForASecondPerson(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
	above(t, x, 4)
	approver, second := x.People["jiangsu-approver"], personOf(t, x, "M-JS-02", pb.Role_ROLE_BUYER_APPROVER)
	if o := x.Place(t, x.School, offer, 4); o.GetState() != pb.OrderState_ORDER_STATE_CONFIRMED {
		t.Fatalf("at the threshold: %v", o)
	}
	pending := x.Place(t, x.School, offer, 5)
	if pending.GetState() != pb.OrderState_ORDER_STATE_PENDING_APPROVAL || !pending.GetObligations().GetNeedsApproval() ||
		pending.GetHoldUntil().AsTime().Before(time.Now().Add(71*time.Hour)) || takenOf(t, x, offer) != 9000 {
		t.Fatalf("above it: %v", pending)
	}
	approve := &pb.ApproveOrderRequest{Id: pending.GetId()}
	decline := &pb.DeclineOrderRequest{Id: pending.GetId(), Reason: "x"}
	wantBoth(t, x.Cooperative, &pb.GetOrderRequest{Id: pending.GetId()}, fault.ResourceNotFound)
	wantBoth(t, x.Cooperative, &pb.ConfirmOrderRequest{Id: pending.GetId()}, fault.ResourceNotFound)
	wantBoth(t, x.Cooperative, approve, fault.ResourceNotFound)
	wantBoth(t, x.School, approve, fault.FourEyes)
	wantBoth(t, x.School, decline, fault.FourEyes)
	wantBoth(t, x.Hospital, approve, fault.ResourceNotFound)
	wantBoth(t, x.BuyerSecretary, approve, fault.NotYourOwn)
	if out := explain(t, approver, &pb.ExplainRequest{Action: "order.approve", OrderId: pending.GetId()}); !out.GetAllow() {
		t.Errorf("explained: %v", out)
	}
	waiting := testkit.Must[*pb.ListOrdersResponse](t, approver, &pb.ListOrdersRequest{State: pb.OrderState_ORDER_STATE_PENDING_APPROVAL}).GetOrders()
	if len(waiting) != 1 || waiting[0].GetId() != pending.GetId() {
		t.Errorf("what waits: %v", waiting)
	}
	got := testkit.Must[*pb.ApproveOrderResponse](t, approver, approve).GetOrder()
	if got.GetState() != pb.OrderState_ORDER_STATE_CONFIRMED || got.GetApprovedBy() != "zhou.approver" || got.GetPlacedBy() != "chen.buyer" {
		t.Errorf("approved: %v", got)
	}
	wantBoth(t, approver, approve, fault.WrongState)
	testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: got.GetId()})
	testkit.Must[*pb.AcceptOrderResponse](t, x.School, &pb.AcceptOrderRequest{Id: got.GetId(), AcceptedQuantity: 5000})
	testkit.Must[*pb.RecordPaymentResponse](t, x.School, &pb.RecordPaymentRequest{Id: got.GetId(), AmountFen: 5 * 6200, BankReference: "b"})
	if o := orderOf(t, x, got.GetId()); o.GetState() != pb.OrderState_ORDER_STATE_SETTLED {
		t.Errorf("in the end: %v", o)
	}

	own := x.Place(t, approver, offer, 6)
	wantBoth(t, approver, &pb.ApproveOrderRequest{Id: own.GetId()}, fault.FourEyes)
	wantBoth(t, approver, &pb.DeclineOrderRequest{Id: own.GetId(), Reason: "x"}, fault.FourEyes)
	declined := testkit.Must[*pb.DeclineOrderResponse](t, second, &pb.DeclineOrderRequest{Id: own.GetId(), Reason: "too much"}).GetOrder()
	if declined.GetState() != pb.OrderState_ORDER_STATE_CANCELLED || takenOf(t, x, offer) != 9000 {
		t.Errorf("declined: %v, %d taken", declined, takenOf(t, x, offer))
	}
	back := x.Place(t, x.School, offer, 7) // its placer may think better of it
	testkit.Must[*pb.CancelOrderResponse](t, x.School, &pb.CancelOrderRequest{Id: back.GetId(), Reason: "x"})
	wantBoth(t, second, &pb.ApproveOrderRequest{Id: back.GetId()}, fault.WrongState)
	x.CheckInvariants(t)
}

// An order that nobody approves in time ends by itself and gives its stock back;
// what is approved is decided on anew.
func TestAnApprovalHasADeadlineAndIsDecidedAnew(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into, func(s *server.Config) { s.JobPoll = time.Hour })
	offer := x.Offer(t, testkit.OfferOptions{})
	above(t, x, 1)
	approver := x.People["jiangsu-approver"]
	first, late := x.Place(t, x.School, offer, 2), x.Place(t, x.School, offer, 3)
	c.ahead.Store(int64(71 * time.Hour))
	ok := testkit.Must[*pb.ApproveOrderResponse](t, approver, &pb.ApproveOrderRequest{Id: first.GetId()}).GetOrder()
	if ok.GetState() != pb.OrderState_ORDER_STATE_PLACED || ok.GetHoldUntil().AsTime().Before(c.Now().Add(47*time.Hour)) {
		t.Errorf("it waits for the seller now: %v", ok)
	}
	testkit.Must[*pb.ConfirmOrderResponse](t, x.Cooperative, &pb.ConfirmOrderRequest{Id: first.GetId()})
	c.ahead.Store(int64(73 * time.Hour))
	wantBoth(t, approver, &pb.ApproveOrderRequest{Id: late.GetId()}, fault.ApprovalLate)
	if err := x.App.DoJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o := orderOf(t, x, late.GetId()); o.GetState() != pb.OrderState_ORDER_STATE_EXPIRED || takenOf(t, x, offer) != 2000 {
		t.Errorf("after its deadline: %v, %d taken", o, takenOf(t, x, offer))
	}
	wantBoth(t, approver, &pb.ApproveOrderRequest{Id: late.GetId()}, fault.WrongState)

	anew := x.Place(t, x.School, offer, 2)
	limit(t, x, x.School, func(in *pb.SetSpendingLimitRequest) { in.PerOrderFen = 6200 })
	wantBoth(t, approver, &pb.ApproveOrderRequest{Id: anew.GetId()}, fault.OverLimit)
	testkit.Must[*pb.RevokeCertificateResponse](t, x.County, &pb.RevokeCertificateRequest{Id: offer.GetCertificateId(), Reason: "x"})
	if got := deniedFor(explain(t, approver, &pb.ExplainRequest{Action: "order.approve", OrderId: anew.GetId()})); len(got) != 2 {
		t.Errorf("a revoked certificate and a limit deny the approval: %v", got)
	}
	x.CheckInvariants(t)
}
