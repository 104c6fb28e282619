package testkit_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

// I6. A retry that comes while the first call still runs gets the first call's
// result, whatever step it is, and not a refusal of what the first has changed.
func TestARetryDuringTheFirstCallGetsItsResult(t *testing.T) {
	x := testkit.New(t)
	confirmed := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1).GetId()
	cancelled := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1).GetId()
	last := x.Offer(t, testkit.OfferOptions{Units: 1})
	paused := x.Offer(t, testkit.OfferOptions{})
	suspended := x.Offer(t, testkit.OfferOptions{})
	for _, r := range []struct {
		who *testkit.Person
		in  proto.Message
	}{
		{x.School, &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: last.GetId(), Quantity: 1000}},
		{x.Cooperative, &pb.ConfirmOrderRequest{RequestId: uuid.NewString(), Id: confirmed}},
		{x.School, &pb.CancelOrderRequest{RequestId: uuid.NewString(), Id: cancelled, Reason: "x"}},
		{x.Cooperative, &pb.PauseOfferRequest{RequestId: uuid.NewString(), Id: paused.GetId(), Reason: "x"}},
		{x.County, &pb.SuspendCertificateRequest{RequestId: uuid.NewString(), Id: suspended.GetCertificateId(), Reason: "x"}},
	} {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if code := testkit.CodeOf(testkit.Try(t.Context(), r.who, r.in)); code != "OK" {
					t.Errorf("%T: %s", r.in, code)
				}
			})
		}
		wg.Wait()
	}
	x.CheckInvariants(t)
}

// An order of an offer that confirms by itself is placed first.
func TestAHistoryHasTheEventsOfOneTransactionInTheirOrder(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
	for range 12 {
		id := x.Place(t, x.School, offer, 1).GetId()
		events := testkit.Must[*pb.ListOrderEventsResponse](t, x.School, &pb.ListOrderEventsRequest{Id: id}).GetEvents()
		if len(events) != 2 || events[0].GetKind() != "order.placed" || events[1].GetKind() != "order.confirmed" {
			t.Fatalf("the history is %v", events)
		}
	}
}

// I7. A role that was taken away no longer buys, not even for a moment.
func TestARevokedRoleAndADisabledIssuerEndTradingAtOnce(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	x.Place(t, x.School, offer, 1) // remembers who it is
	place := func() fault.Code {
		return testkit.CodeOf(testkit.Try(t.Context(), x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000}))
	}
	me := testkit.Must[*pb.WhoAmIResponse](t, x.School, &pb.WhoAmIRequest{}).GetSubject()
	for _, r := range testkit.Must[*pb.ListRolesResponse](t, x.BuyerSecretary, &pb.ListRolesRequest{PageSize: 100}).GetAssignments() {
		if r.GetSubject() == me {
			testkit.Must[*pb.RevokeRoleResponse](t, x.BuyerSecretary, &pb.RevokeRoleRequest{Id: r.GetId()})
		}
	}
	if code := place(); code != fault.RoleMissing {
		t.Errorf("after its role was revoked, the school's order is answered %s", code)
	}
	x.Place(t, x.Hospital, offer, 1)
	issuer := testkit.Must[*pb.ListIssuersResponse](t, x.BuyerSecretary, &pb.ListIssuersRequest{}).GetIssuers()[0]
	testkit.Must[*pb.DisableIssuerResponse](t, x.Operator, &pb.DisableIssuerRequest{Id: issuer.GetId(), Reason: "stolen"})
	err := testkit.Try(t.Context(), x.Hospital, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000})
	if code := testkit.CodeOf(err); code != fault.RoleMissing && code != fault.IssuerUnknown {
		t.Errorf("after its issuer was disabled, the hospital's order is answered %s", code)
	}
}

// Who may not see an offer learns nothing of it by asking for an order, nor by
// asking whether it could.
func TestAnOfferThatOneMayNotSeeTellsNothing(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 10, LeadDays: 9})
	place := &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1500}
	explain := &pb.ExplainRequest{Action: "order.place", OfferId: offer.GetId(), Quantity: 1500, DeliverBy: "2099-01-01", Trace: true}
	for _, p := range []*testkit.Person{x.People["luochuan-producer"], x.People["jiangsu-producer"], x.Agent} {
		wantBoth(t, p, place, fault.ResourceNotFound)
		wantBoth(t, p, explain, fault.ResourceNotFound)
	}
	stranger := x.People["shaanxi-school-buyer"]
	out := testkit.Must[*pb.ExplainResponse](t, stranger, explain)
	testkit.Must[*pb.SuspendCertificateResponse](t, x.County, &pb.SuspendCertificateRequest{Id: offer.GetCertificateId(), Reason: "x"})
	wantBoth(t, stranger, explain, fault.ResourceNotFound) // the offer is paused
	wantBoth(t, stranger, place, fault.IntraProvince)
	err := testkit.Try(t.Context(), stranger, place)
	for _, word := range []string{offer.GetCertificateId(), "CERT_", "carton", "counts_to_reserve", "poverty56"} {
		if strings.Contains(err.Error(), word) || strings.Contains(out.String(), word) {
			t.Errorf("a buyer without a grant is told %q: %v; %v", word, err, out)
		}
	}
}

// A member that one may not see has no account either.
func TestTheAccountOfAMemberThatOneMayNotSeeDoesNotExist(t *testing.T) {
	x := testkit.New(t)
	rice := x.People["jiangsu-producer"]
	clearing := pb.AccountKind_ACCOUNT_KIND_CLEARING_SELLER
	wantBoth(t, rice, &pb.GetMemberRequest{Id: x.Cooperative.Member}, fault.ResourceNotFound)
	wantBoth(t, rice, &pb.GetBalanceRequest{AccountKind: clearing, AccountOwner: x.Cooperative.Member}, fault.ResourceNotFound)
	wantBoth(t, rice, &pb.GetStatementRequest{AccountKind: clearing, AccountOwner: x.Cooperative.Member}, fault.ResourceNotFound)
}

// A statement adds up for whoever may look into the account, and has neither a
// line nor a sum of a trade that is masked elsewhere.
func TestAStatementLeavesOutTheTradesOfMilitaryBuyers(t *testing.T) {
	x := testkit.New(t)
	military := x.People["jiangsu-military-buyer"]
	order := x.Place(t, military, x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), 1)
	open := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), 1)
	in := &pb.GetStatementRequest{AccountKind: pb.AccountKind_ACCOUNT_KIND_COMMITMENT_SELLER, AccountOwner: x.Cooperative.Member}
	wantBoth(t, x.County, &pb.GetOrderRequest{Id: order.GetId()}, fault.ResourceNotFound)
	s := testkit.Must[*pb.GetStatementResponse](t, x.County, in)
	var sum int64
	seen := map[string]bool{}
	for _, e := range s.GetEntries() {
		sum += e.GetAmountFen()
		seen[e.GetOrderId()] = true
		if e.GetBuyerClass() == pb.MemberClass_MEMBER_CLASS_MILITARY {
			t.Errorf("the county is shown %v", e)
		}
	}
	if seen[order.GetId()] || !seen[open.GetId()] || seen[""] || sum != s.GetClosingFen()-s.GetOpeningFen() {
		t.Errorf("the county sees the orders %v, which add up to %d: %v", seen, sum, s)
	}
	for _, e := range testkit.Must[*pb.GetStatementResponse](t, x.Cooperative, in).GetEntries() {
		if e.GetOrderId() == "" {
			t.Errorf("the seller's own trade is masked: %v", e)
		}
	}
}

// Reads keep their answers while orders stream in: what the database refuses for
// the sake of order is asked again.
func TestReadsDoNotFailBecauseOthersWrite(t *testing.T) {
	x := testkit.New(t)
	var wg sync.WaitGroup
	until := time.Now().Add(4 * time.Second)
	for range 4 {
		offer := x.Offer(t, testkit.OfferOptions{Units: 100_000, AutoConfirm: true})
		wg.Go(func() {
			for time.Now().Before(until) {
				_ = testkit.Try(t.Context(), x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000})
			}
		})
		wg.Go(func() {
			for time.Now().Before(until) {
				for _, in := range []proto.Message{&pb.ListOrdersRequest{}, &pb.ListOffersRequest{}, &pb.ListEntriesRequest{PageSize: 5}} {
					if code := testkit.CodeOf(testkit.Try(t.Context(), x.School, in)); code != "OK" {
						t.Errorf("%T: %s", in, code)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}
