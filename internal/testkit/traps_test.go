package testkit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/testkit"
)

// countyAuthority makes the authority of a county, its issuer and somebody who
// decides there, through the public API.
func countyAuthority(t *testing.T, x *testkit.Exchange, code string) *testkit.Person {
	t.Helper()
	name := "county-" + code
	authority := testkit.Must[*pb.CreateAuthorityResponse](t, x.Operator, &pb.CreateAuthorityRequest{
		NameZh: name, JurisdictionKind: pb.JurisdictionKind_JURISDICTION_KIND_COUNTY, JurisdictionCodes: []string{code},
	}).GetAuthority()
	url := "https://issuers.example/" + name
	issuer := testkit.Must[*pb.RegisterIssuerResponse](t, x.Operator, &pb.RegisterIssuerRequest{
		Url: url, AuthorityId: authority.GetId(), Jwks: x.KeySet(t, name),
	}).GetIssuer()
	testkit.Must[*pb.AssignRoleResponse](t, x.Operator, &pb.AssignRoleRequest{
		IssuerId: issuer.GetId(), Subject: "decider", Role: pb.Role_ROLE_COUNTY_AUTHORITY,
	})
	return x.Operator.With(x.Token(t, name, identity.Token{Issuer: url, Subject: "decider"}))
}

// Two regimes: goods of Luochuan (610629) and Dali (610523) are certified and
// countable, and fill no reserve, since the counties are not among the 832.
func TestGoodsOfLuochuanAndDaliCountAndFillNoReserve(t *testing.T) {
	x := testkit.New(t)
	producer := x.People["luochuan-producer"]
	for code, authority := range map[string]*testkit.Person{
		"610629": x.People["luochuan-authority"], "610523": countyAuthority(t, x, "610523"),
	} {
		offer := x.Offer(t, testkit.OfferOptions{Seller: producer, Authority: authority, Origin: code})
		reserved := &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000, Reserve: true}
		wantBoth(t, x.School, reserved, fault.Not832Origin)
		out := explain(t, x.School, &pb.ExplainRequest{Action: "order.place", OfferId: offer.GetId(), Reserve: true})
		if got := deniedFor(out); !slices.Equal(got, []string{"NOT_832_ORIGIN"}) || out.GetRules()[0].GetTitle() != "Only goods of the 832 counties fill a reserve" {
			t.Errorf("%s explained: %v by %v", code, got, out.GetRules())
		}
		order := x.Place(t, x.School, offer, 1)
		if o := order.GetObligations(); !o.GetCollaboration() || o.GetCountsToReserve() {
			t.Errorf("%s: %v", code, o)
		}
		testkit.Must[*pb.ConfirmOrderResponse](t, producer, &pb.ConfirmOrderRequest{Id: order.GetId()})
		entries := testkit.Must[*pb.ListEntriesResponse](t, x.School, &pb.ListEntriesRequest{OrderId: order.GetId()}).GetEntries()
		if !slices.ContainsFunc(entries, func(e *pb.Entry) bool { return e.GetMeasureFen() == 6200 && e.GetScheme() != "" }) {
			t.Errorf("%s is certified and not counted: %v", code, entries)
		}
	}
	// The same goods of a county that is among them fill it.
	inside := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1)
	if !inside.GetObligations().GetCountsToReserve() {
		t.Errorf("goods of Yanchang fill no reserve: %v", inside.GetObligations())
	}
	x.CheckInvariants(t)
}

// An agent sells a producer's goods while it holds the producer's mandate.
func TestAnAgentSellsOnAMandateOrNotAtAll(t *testing.T) {
	x := testkit.New(t)
	theirs := x.Offer(t, testkit.OfferOptions{Units: 50, AnnualUnits: 100})
	draft := &pb.CreateOfferRequest{
		ProductId: theirs.GetProductId(), CertificateId: theirs.GetCertificateId(), Quantity: 10_000, PriceFen: 6200,
		PriceBasis: theirs.GetPriceBasis(), SeasonFrom: theirs.GetSeasonFrom(), SeasonTo: theirs.GetSeasonTo(),
	}
	ask := &pb.ExplainRequest{Action: "offer.create", ProductId: theirs.GetProductId(), CertificateId: theirs.GetCertificateId()}
	wantBoth(t, x.Agent, draft, fault.AgentNoMandate)
	if got := deniedFor(explain(t, x.Agent, ask)); !slices.Equal(got, []string{"AGENT_NO_MANDATE"}) {
		t.Errorf("explained without a mandate: %v", got)
	}
	mandate := testkit.Must[*pb.CreateMandateResponse](t, x.Cooperative, &pb.CreateMandateRequest{
		ProducerMemberId: x.Cooperative.Member, AgentMemberId: x.Agent.Member,
	}).GetMandate()
	if out := explain(t, x.Agent, ask); !out.GetAllow() {
		t.Errorf("explained with a mandate: %v", out.GetDenials())
	}
	offer := testkit.Must[*pb.CreateOfferResponse](t, x.Agent, draft).GetOffer()
	testkit.Must[*pb.PublishOfferResponse](t, x.Agent, &pb.PublishOfferRequest{Id: offer.GetId()})
	x.Place(t, x.School, offer, 1)
	testkit.Must[*pb.RevokeMandateResponse](t, x.Cooperative, &pb.RevokeMandateRequest{Id: mandate.GetId(), Reason: "ended"})
	wantBoth(t, x.Agent, &pb.ResumeOfferRequest{Id: offer.GetId()}, fault.AgentNoMandate)
	wantBoth(t, x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000}, fault.AgentNoMandate)
	x.CheckInvariants(t)
}

// An alliance's issuer speaks for its own members alone, however the member is
// named, and whatever is done.
func TestAnIssuerThatSpeaksForAnotherAlliancesMemberIsRefused(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	school := x.Sample.Members["M-JS-02"]
	for _, member := range []string{school.CreditCode, school.ID.String()} {
		for _, issuer := range []string{sample.ShaanxiSellers, sample.JiangsuSellers, sample.ShaanxiBuyers} {
			forged := x.School.With(x.Token(t, issuer, identity.Token{
				Issuer: "https://issuers.example/" + issuer, Subject: "chen.buyer", Member: member,
			}))
			for _, in := range []proto.Message{
				&pb.WhoAmIRequest{}, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000},
				&pb.ExplainRequest{Action: "order.place", OfferId: offer.GetId()},
			} {
				wantBoth(t, forged, in, fault.TokenInvalid)
			}
		}
	}
	x.CheckInvariants(t)
}

// A certificate that is valid today and ends before the promised delivery is no
// certificate for the order; on its last day it still is.
func TestACertificateMustHoldUntilThePromisedDelivery(t *testing.T) {
	x := testkit.New(t)
	last := x.Today().Plus(10)
	offer := x.Offer(t, testkit.OfferOptions{ValidTo: string(last)})
	place := func(day exchange.Day) *pb.PlaceOrderRequest {
		return &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000, DeliverBy: string(day)}
	}
	wantBoth(t, x.School, place(last.Plus(1)), fault.CertExpiresBeforeArrive)
	out := explain(t, x.School, &pb.ExplainRequest{Action: "order.place", OfferId: offer.GetId(), DeliverBy: string(last.Plus(1))})
	if got := deniedFor(out); !slices.Equal(got, []string{"CERT_EXPIRES_BEFORE_DELIVERY"}) {
		t.Fatalf("explained: %v", got)
	}
	facts := out.GetDenials()[0].GetFacts()
	if facts["certificate"] != offer.GetCertificateId() || facts["last_day"] != string(last) || facts["promised_day"] != string(last.Plus(1)) {
		t.Errorf("the facts are %v", facts)
	}
	if text := out.GetDenials()[0].GetText(); !strings.Contains(text, string(last)) || !strings.Contains(text, string(last.Plus(1))) {
		t.Errorf("the text is %q", text)
	}
	in := place(last)
	in.RequestId = uuid.NewString()
	testkit.Must[*pb.PlaceOrderResponse](t, x.School, in)
	x.CheckInvariants(t)
}
