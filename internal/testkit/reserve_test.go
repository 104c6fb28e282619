package testkit_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// buyerOf is somebody who buys for a member of the Jiangsu alliance.
func buyerOf(t *testing.T, x *testkit.Exchange, member string) *testkit.Person {
	t.Helper()
	return personOf(t, x, member, pb.Role_ROLE_BUYER_MEMBER)
}

// issuerOf is the issuer of an alliance.
func issuerOf(t *testing.T, x *testkit.Exchange, alliance string) string {
	t.Helper()
	for _, i := range testkit.Must[*pb.ListIssuersResponse](t, x.Operator, &pb.ListIssuersRequest{PageSize: 100}).GetIssuers() {
		if i.GetAllianceId() == alliance {
			return i.GetId()
		}
	}
	t.Fatal("the alliance has no issuer")
	return ""
}

// personOf is somebody of a member of the Jiangsu alliance, with a role.
func personOf(t *testing.T, x *testkit.Exchange, member string, role pb.Role) *testkit.Person {
	t.Helper()
	m, subject := x.Sample.Members[member], uuid.NewString()
	testkit.Must[*pb.AssignRoleResponse](t, x.BuyerSecretary, &pb.AssignRoleRequest{
		IssuerId: issuerOf(t, x, x.BuyerAlliance), Subject: subject, MemberId: m.ID.String(), Role: role,
	})
	p := x.School.With(x.Token(t, sample.JiangsuBuyers, identity.Token{
		Issuer: "https://issuers.example/" + sample.JiangsuBuyers, Subject: subject, Member: m.CreditCode,
	}))
	p.Name, p.Member = member, m.ID.String()
	return p
}

// file files a plan of 10 % of a budget for the year of the exchange's clock.
func file(t *testing.T, x *testkit.Exchange, p *testkit.Person, change func(*pb.FileReservePlanRequest)) *pb.ReservePlan {
	t.Helper()
	in := &pb.FileReservePlanRequest{
		RequestId: uuid.NewString(), Year: int32(x.Today().Year()), Canteen: pb.Canteen_CANTEEN_OWN, BudgetFen: 1_240_000, RateBasisPoints: 1000,
	}
	if change != nil {
		change(in)
	}
	return testkit.Must[*pb.FileReservePlanResponse](t, p, in).GetReservePlan()
}

// buy trades some sales units to their acceptance.
func buy(t *testing.T, x *testkit.Exchange, p *testkit.Person, offer *pb.Offer, units int64, change func(*pb.PlaceOrderRequest)) *pb.Order {
	t.Helper()
	in := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: units * 1000}
	if change != nil {
		change(in)
	}
	o := testkit.Must[*pb.PlaceOrderResponse](t, p, in).GetOrder()
	testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: o.GetId()})
	return testkit.Must[*pb.AcceptOrderResponse](t, p, &pb.AcceptOrderRequest{Id: o.GetId(), AcceptedQuantity: o.GetQuantity()}).GetOrder()
}

func progress(t *testing.T, p *testkit.Person, plan *pb.ReservePlan) *pb.ReserveProgress {
	t.Helper()
	return testkit.Must[*pb.GetReserveProgressResponse](t, p, &pb.GetReserveProgressRequest{Id: plan.GetId()}).GetProgress()
}

// A school files 10 % of 12,400 yuan and buys for 62 yuan a unit: twenty units
// reach it. What is no purchase for its people, and what comes from elsewhere,
// does not count; each order counts once.
func TestAReserveIsFilledByWhatTheLedgerSays(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
	plan := file(t, x, x.School, nil)
	if plan.GetTargetFen() != 124_000 || plan.GetState() != pb.ReservePlanState_RESERVE_PLAN_STATE_FILED {
		t.Fatalf("filed %v", plan)
	}
	buy(t, x, x.School, offer, 5, func(in *pb.PlaceOrderRequest) { in.Reserve = true })
	buy(t, x, x.School, offer, 7, func(in *pb.PlaceOrderRequest) { in.Purpose = pb.Purpose_PURPOSE_STAFF })
	gift := buy(t, x, x.School, offer, 9, func(in *pb.PlaceOrderRequest) { in.Purpose = pb.Purpose_PURPOSE_GIFT })
	if gift.GetObligations().GetCountsToReserve() || gift.GetPurpose() != pb.Purpose_PURPOSE_GIFT {
		t.Errorf("a gift: %v", gift)
	}
	buy(t, x, x.Hospital, offer, 3, nil) // another's
	wantProgress := func(contracted, accepted, settled, orders, reached int64) {
		t.Helper()
		got := progress(t, x.School, plan)
		got.AsOf = nil
		want := &pb.ReserveProgress{
			ReservePlanId: plan.GetId(), TargetFen: 124_000, ContractedFen: contracted, AcceptedFen: accepted, SettledFen: settled,
			Orders: orders, ReachedBasisPoints: reached,
		}
		if !proto.Equal(got, want) {
			t.Errorf("progress\n%v, want\n%v", got, want)
		}
	}
	wantProgress(12*6200, 12*6200, 0, 2, 6000)
	last := buy(t, x, x.School, offer, 8, nil)
	testkit.Must[*pb.RecordPaymentResponse](t, x.School, &pb.RecordPaymentRequest{Id: last.GetId(), AmountFen: 8 * 6200, BankReference: "b"})
	wantProgress(20*6200, 20*6200, 8*6200, 3, 10_000)
	if got := progress(t, x.People["finance"], plan); got.GetReachedBasisPoints() != 10_000 {
		t.Errorf("finance sees %v", got)
	}
	wantBoth(t, x.School, &pb.PlaceOrderRequest{
		OfferId: offer.GetId(), Quantity: 1000, Reserve: true, Purpose: pb.Purpose_PURPOSE_RESALE,
	}, fault.PurposeNotCounted)
	x.CheckInvariants(t)
}

// A shared canteen is filed by one unit, an outsourced one is bought for by its
// contractor, a union buys for the people: each on the account of a plan.
func TestOthersFillAReserveOnTheAccountOfItsPlan(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
	union, contractor := buyerOf(t, x, "M-JS-05"), buyerOf(t, x, "M-JS-09")
	shared := file(t, x, x.School, func(in *pb.FileReservePlanRequest) {
		in.Canteen, in.CoveredMemberIds = pb.Canteen_CANTEEN_SHARED, []string{x.Hospital.Member}
	})
	buy(t, x, x.Hospital, offer, 4, nil)
	if got := progress(t, x.School, shared); got.GetAcceptedFen() != 0 {
		t.Errorf("what a unit bought that has not consented: %v", got)
	}
	testkit.Must[*pb.ConsentReservePlanResponse](t, x.Hospital, &pb.ConsentReservePlanRequest{Id: shared.GetId()})
	if got := progress(t, x.School, shared); got.GetAcceptedFen() != 4*6200 {
		t.Errorf("what a unit bought that shares the canteen: %v", got)
	}
	gov := buyerOf(t, x, "M-JS-04")
	plan := file(t, x, gov, func(in *pb.FileReservePlanRequest) {
		in.Canteen, in.BuyerMemberIds = pb.Canteen_CANTEEN_OUTSOURCED, []string{union.Member, contractor.Member}
	})
	onAccount := func(purpose pb.Purpose) func(*pb.PlaceOrderRequest) {
		return func(in *pb.PlaceOrderRequest) { in.ReservePlanId, in.Purpose = plan.GetId(), purpose }
	}
	buy(t, x, contractor, offer, 3, onAccount(pb.Purpose_PURPOSE_CANTEEN))
	buy(t, x, contractor, offer, 5, onAccount(pb.Purpose_PURPOSE_RESALE)) // on the account, and does not count
	buy(t, x, contractor, offer, 5, nil)                                  // on its own
	buy(t, x, union, offer, 2, onAccount(pb.Purpose_PURPOSE_UNION_WELFARE))
	if got := progress(t, gov, plan); got.GetAcceptedFen() != 5*6200 || got.GetOrders() != 2 {
		t.Errorf("what contractor and union bought: %v", got)
	}
	wantBoth(t, x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000, ReservePlanId: plan.GetId()}, fault.NotYourOwn)
	testkit.Must[*pb.WithdrawReservePlanResponse](t, gov, &pb.WithdrawReservePlanRequest{Id: plan.GetId(), Reason: "contractor changed"})
	wantBoth(t, contractor, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000, ReservePlanId: plan.GetId()}, fault.WrongState)
	x.CheckInvariants(t)
}

func TestAReserveIsFiledOncePerUnitAndYearAndNotBelowTheRule(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, func(s *server.Config) { s.Now = c.Now })
	year := int32(x.Today().Year())
	own := func(change func(*pb.FileReservePlanRequest)) *pb.FileReservePlanRequest {
		in := &pb.FileReservePlanRequest{Year: year, Canteen: pb.Canteen_CANTEEN_OWN, BudgetFen: 100, RateBasisPoints: 1000}
		change(in)
		return in
	}
	wantBoth(t, x.School, own(func(in *pb.FileReservePlanRequest) { in.RateBasisPoints = 999 }), fault.RateBelowRule)
	wantBoth(t, x.School, own(func(in *pb.FileReservePlanRequest) { in.BudgetFen = 0 }), fault.ReservePlanInvalid)
	wantBoth(t, x.School, own(func(in *pb.FileReservePlanRequest) { in.Canteen = pb.Canteen_CANTEEN_NONE }), fault.ReservePlanInvalid)
	wantBoth(t, buyerOf(t, x, "M-JS-06"), own(func(*pb.FileReservePlanRequest) {}), fault.ClassNotAllowed)
	wantBoth(t, x.Cooperative, own(func(*pb.FileReservePlanRequest) {}), fault.ClassNotAllowed)
	encouraged, err := testkit.Call[*pb.FileReservePlanResponse](t.Context(), x.School, own(func(in *pb.FileReservePlanRequest) { in.Year, in.RateBasisPoints = 2020, 500 }))
	if err != nil || len(encouraged.GetWarnings()) != 1 || encouraged.GetWarnings()[0].GetCode() != string(fault.RateBelowRule) {
		t.Errorf("5 %% in 2020: %v, %v", encouraged.GetWarnings(), err)
	}
	plan := file(t, x, x.School, func(in *pb.FileReservePlanRequest) {
		in.Canteen, in.CoveredMemberIds = pb.Canteen_CANTEEN_SHARED, []string{x.Hospital.Member}
	})
	wantBoth(t, x.School, own(func(*pb.FileReservePlanRequest) {}), fault.AlreadyExists)
	testkit.Must[*pb.ConsentReservePlanResponse](t, x.Hospital, &pb.ConsentReservePlanRequest{Id: plan.GetId()})
	wantBoth(t, x.Hospital, own(func(*pb.FileReservePlanRequest) {}), fault.AlreadyExists) // it shares the school's
	wantBoth(t, x.Hospital, &pb.GetReservePlanRequest{Id: plan.GetId()}, fault.ResourceNotFound)
	withdraw := &pb.WithdrawReservePlanRequest{Id: plan.GetId(), Reason: "the budget was wrong"}
	wantBoth(t, x.Hospital, withdraw, fault.ResourceNotFound)
	testkit.Must[*pb.WithdrawReservePlanResponse](t, x.School, withdraw)
	wantBoth(t, x.School, withdraw, fault.WrongState)
	exempt := file(t, x, x.Hospital, func(in *pb.FileReservePlanRequest) {
		in.Canteen, in.BudgetFen, in.RateBasisPoints, in.Note = pb.Canteen_CANTEEN_NONE, 0, 0, "no canteen"
	})
	if got := progress(t, x.Hospital, exempt); got.GetTargetFen() != 0 || got.GetReachedBasisPoints() != 0 {
		t.Errorf("an exempt unit: %v", got)
	}
	again := file(t, x, x.School, nil)
	list := testkit.Must[*pb.ListReservePlansResponse](t, x.School, &pb.ListReservePlansRequest{
		Year: year, State: pb.ReservePlanState_RESERVE_PLAN_STATE_FILED,
	}).GetReservePlans()
	if len(list) != 1 || list[0].GetId() != again.GetId() {
		t.Errorf("filed plans of the year: %v", list)
	}
	c.ahead.Store(int64(400 * 24 * time.Hour))
	offer := x.Offer(t, testkit.OfferOptions{})
	wantBoth(t, x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000, ReservePlanId: again.GetId()}, fault.WrongState)
	x.CheckInvariants(t)
}

// A unit that another one's plan names is asked. Until it consents it is not part
// of the plan and may file one of its own; it answers for itself, and a unit is in
// one plan of a year.
func TestACoveredUnitIsPartOfAPlanWhenItConsents(t *testing.T) {
	x := testkit.New(t)
	gov := buyerOf(t, x, "M-JS-04")
	plan := file(t, x, x.School, func(in *pb.FileReservePlanRequest) {
		in.Canteen, in.CoveredMemberIds = pb.Canteen_CANTEEN_SHARED, []string{x.Hospital.Member, gov.Member}
	})
	consent, decline := &pb.ConsentReservePlanRequest{Id: plan.GetId()}, &pb.DeclineReservePlanRequest{Id: plan.GetId(), Reason: "we have our own"}
	wantBoth(t, x.School, consent, fault.NotYourOwn)
	wantBoth(t, x.BuyerSecretary, consent, fault.NotYourOwn)
	wantBoth(t, buyerOf(t, x, "M-JS-06"), consent, fault.ResourceNotFound)
	wantBoth(t, x.Cooperative, decline, fault.ResourceNotFound)
	if got := plan.GetUnconsentedMemberIds(); len(got) != 2 {
		t.Errorf("not yet part of the plan: %v", got)
	}
	asked := testkit.Must[*pb.ListReserveConsentsResponse](t, x.Hospital, &pb.ListReserveConsentsRequest{State: pb.ConsentState_CONSENT_STATE_ASKED}).GetConsents()
	if len(asked) != 1 || asked[0].GetUnitMemberId() != x.School.Member || asked[0].GetReservePlanId() != plan.GetId() {
		t.Fatalf("what the hospital is asked: %v", asked)
	}
	own := file(t, x, x.Hospital, nil) // it may: it is in no plan
	wantBoth(t, x.Hospital, consent, fault.AlreadyExists)
	testkit.Must[*pb.DeclineReservePlanResponse](t, x.Hospital, decline)
	wantBoth(t, x.Hospital, decline, fault.WrongState)
	testkit.Must[*pb.WithdrawReservePlanResponse](t, x.Hospital, &pb.WithdrawReservePlanRequest{Id: own.GetId(), Reason: "we share after all"})
	got := testkit.Must[*pb.ConsentReservePlanResponse](t, x.Hospital, consent).GetConsent()
	if got.GetState() != pb.ConsentState_CONSENT_STATE_CONSENTED || got.GetAnswerTime() == nil {
		t.Errorf("consented: %v", got)
	}
	wantBoth(t, x.Hospital, consent, fault.WrongState)
	now := testkit.Must[*pb.GetReservePlanResponse](t, x.School, &pb.GetReservePlanRequest{Id: plan.GetId()}).GetReservePlan()
	if left := now.GetUnconsentedMemberIds(); len(left) != 1 || left[0] != gov.Member {
		t.Errorf("of %v these have not consented: %v", now.GetCoveredMemberIds(), left)
	}
	x.CheckInvariants(t)
	testkit.Must[*pb.WithdrawReservePlanResponse](t, x.School, &pb.WithdrawReservePlanRequest{Id: plan.GetId(), Reason: "closed"})
	wantBoth(t, gov, consent, fault.WrongState)
	all := testkit.Must[*pb.ListReserveConsentsResponse](t, x.School, &pb.ListReserveConsentsRequest{ReservePlanId: plan.GetId()}).GetConsents()
	if len(all) != 2 || all[0].GetState() != pb.ConsentState_CONSENT_STATE_ENDED || all[1].GetState() != pb.ConsentState_CONSENT_STATE_ENDED {
		t.Errorf("the plan was withdrawn: %v", all)
	}
	file(t, x, x.Hospital, nil) // free again
	x.CheckInvariants(t)
}
