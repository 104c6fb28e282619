package testkit_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/testkit"
)

// charity is somebody who buys for the charity of the school's alliance.
func charity(t *testing.T, x *testkit.Exchange) *testkit.Person {
	t.Helper()
	m := x.Sample.Members["M-JS-11"]
	issuers := testkit.Must[*pb.ListIssuersResponse](t, x.Operator, &pb.ListIssuersRequest{PageSize: 100}).GetIssuers()
	for _, i := range issuers {
		if i.GetAllianceId() == x.BuyerAlliance {
			testkit.Must[*pb.AssignRoleResponse](t, x.BuyerSecretary, &pb.AssignRoleRequest{
				IssuerId: i.GetId(), Subject: "giver", MemberId: m.ID.String(), Role: pb.Role_ROLE_BUYER_MEMBER,
			})
			p := x.School.With(x.Token(t, sample.JiangsuBuyers, identity.Token{Issuer: i.GetUrl(), Subject: "giver", Member: m.CreditCode}))
			p.Name, p.Member = "charity", m.ID.String()
			return p
		}
	}
	t.Fatal("the buyers' alliance has no issuer")
	return nil
}

const donationAccount = pb.AccountKind_ACCOUNT_KIND_DONATION

// What placing an order at another's expense would be told, explaining it is told,
// also of a day before the consent and after it was taken back.
func TestAnExplanationKnowsWhoPays(t *testing.T) {
	c := &clock{}
	x := withClock(t, c)
	giver := charity(t, x)
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true, Units: 20})
	ask := &pb.ExplainRequest{
		Action: "order.place", OfferId: offer.GetId(), Quantity: 5000, PayerMemberId: giver.Member, ConsigneeName: "江宁敬老院", DonationFen: 1000,
	}
	at := func(t *timestamppb.Timestamp) *pb.ExplainRequest {
		return with(proto.CloneOf(ask), func(in *pb.ExplainRequest) { in.At = t })
	}
	wants := func(in *pb.ExplainRequest, want fault.Code) {
		t.Helper()
		out := explain(t, x.School, in)
		if want == "" && out.GetAllow() {
			return
		}
		if len(out.GetDenials()) != 1 || out.GetDenials()[0].GetCode() != string(want) {
			t.Errorf("%v, want %q", out, want)
		}
	}
	wants(ask, fault.PayerNoConsent)
	before := timestamppb.New(c.Now())
	jobsAfter(t, x, c, 1)
	given := testkit.Must[*pb.GivePayerConsentResponse](t, giver, &pb.GivePayerConsentRequest{BuyerMemberId: x.School.Member, LimitFen: 100_000}).GetConsent()
	wants(ask, "")
	wants(at(before), fault.PayerNoConsent)
	during := timestamppb.New(c.Now())
	jobsAfter(t, x, c, 1)
	testkit.Must[*pb.RevokePayerConsentResponse](t, giver, &pb.RevokePayerConsentRequest{Id: given.GetId()})
	wants(ask, fault.PayerNoConsent)
	wants(at(during), "")
	wants(&pb.ExplainRequest{Action: "order.place", OfferId: offer.GetId(), Quantity: 1000, DonationFen: 1}, fault.ClassNotAllowed)
	wantBoth(t, x.School, &pb.ExplainRequest{Action: "order.place", OfferId: offer.GetId(), PairTags: []string{"甲", "乙"}}, fault.PairTagsOverlap)
}

// Payer, buyer and consignee are three. Who owes is the payer, by its consent alone;
// the direction follows the consignee; and what the payer gives beside the amount is
// no volume.
func TestAPayerOwesWhatItConsentedToAndADonationIsNoVolume(t *testing.T) {
	x := testkit.New(t)
	giver := charity(t, x)
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true, Units: 20})
	place := &pb.PlaceOrderRequest{
		OfferId: offer.GetId(), Quantity: 5000, PayerMemberId: giver.Member, ConsigneeName: "江宁敬老院", ConsigneeCode: "320115", DonationFen: 1000,
	}
	wantBoth(t, x.School, place, fault.PayerNoConsent)
	consent := &pb.GivePayerConsentRequest{BuyerMemberId: x.School.Member, LimitFen: 5*6200 + 1000 + 6199}
	given := testkit.Must[*pb.GivePayerConsentResponse](t, giver, consent).GetConsent()
	wantBoth(t, x.Hospital, place, fault.PayerNoConsent) // it is for the school alone
	wantBoth(t, x.School, with(&pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 5000, PayerMemberId: giver.Member, Reserve: true},
		func(*pb.PlaceOrderRequest) {}), fault.PurposeNotCounted)
	wantBoth(t, x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000, DonationFen: 1}, fault.ClassNotAllowed)

	order := testkit.Must[*pb.PlaceOrderResponse](t, x.School, place).GetOrder()
	if order.GetPayerMemberId() != giver.Member || order.GetConsigneeName() == "" || order.GetDonationFen() != 1000 || order.GetObligations().GetCountsToReserve() {
		t.Errorf("placed: %v", order)
	}
	wantBoth(t, x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000, PayerMemberId: giver.Member}, fault.PayerLimit)
	delivered(t, x, order)
	clearing := pb.AccountKind_ACCOUNT_KIND_CLEARING_BUYER
	if accountOf(t, giver, clearing) != 31_000 || accountOf(t, x.School, clearing) != 0 || accountOf(t, giver, donationAccount) != 1000 || accountOf(t, x.Cooperative, donationAccount) != -1000 {
		t.Error("another than the payer owes")
	}
	pay := &pb.RecordPaymentRequest{Id: order.GetId(), AmountFen: 31_000, BankReference: "P1"}
	wantBoth(t, x.School, pay, fault.NotYourOwn)
	wantBoth(t, x.Hospital, pay, fault.ResourceNotFound)
	testkit.Must[*pb.RecordPaymentResponse](t, giver, pay)
	donate := &pb.PayDonationRequest{Id: order.GetId(), BankReference: "D1"}
	wantBoth(t, x.School, donate, fault.NotYourOwn)
	testkit.Must[*pb.PayDonationResponse](t, giver, donate)
	wantBoth(t, giver, &pb.PayDonationRequest{Id: order.GetId(), BankReference: "D2"}, fault.WrongState)
	if accountOf(t, giver, donationAccount) != 0 || accountOf(t, x.Cooperative, donationAccount) != 0 || accountOf(t, giver, clearing) != 0 {
		t.Error("paid, and something is still owed")
	}
	for _, v := range testkit.Must[*pb.QueryVolumesResponse](t, x.Auditor, &pb.QueryVolumesRequest{}).GetVolumes() {
		if v.GetAmountFen() != 31_000 {
			t.Errorf("the donation is volume: %v", v)
		}
	}
	if orders := testkit.Must[*pb.ListOrdersResponse](t, giver, &pb.ListOrdersRequest{}).GetOrders(); len(orders) != 1 {
		t.Errorf("the payer sees %d orders", len(orders))
	}
	testkit.Must[*pb.RevokePayerConsentResponse](t, giver, &pb.RevokePayerConsentRequest{Id: given.GetId()})
	wantBoth(t, giver, &pb.RevokePayerConsentRequest{Id: given.GetId()}, fault.WrongState)
	wantBoth(t, x.School, &pb.RevokePayerConsentRequest{Id: given.GetId()}, fault.NotYourOwn)
	wantBoth(t, x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000, PayerMemberId: giver.Member}, fault.PayerNoConsent)
	x.CheckInvariants(t)
}

// What is cancelled, or not accepted, is not charged: the consent has it again. Many
// orders at once stay within it.
func TestManyOrdersAtOnceStayWithinAPayersConsent(t *testing.T) {
	x := testkit.New(t)
	giver := charity(t, x)
	consent := testkit.Must[*pb.GivePayerConsentResponse](t, giver, &pb.GivePayerConsentRequest{BuyerMemberId: x.School.Member, LimitFen: 4 * 6200}).GetConsent()
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true, Units: 50})
	placed := make([]string, 12)
	allOf(len(placed), func(i int) {
		out, err := testkit.Call[*pb.PlaceOrderResponse](t.Context(), x.School, &pb.PlaceOrderRequest{
			RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000, PayerMemberId: giver.Member,
		})
		if code := testkit.CodeOf(err); code != "OK" && code != fault.PayerLimit {
			t.Errorf("an order: %s", code)
		}
		placed[i] = out.GetOrder().GetId()
	})
	var orders []string
	for _, id := range placed {
		if id != "" {
			orders = append(orders, id)
		}
	}
	if len(orders) != 4 {
		t.Fatalf("%d orders on a consent for four", len(orders))
	}
	testkit.Must[*pb.CancelOrderResponse](t, x.School, &pb.CancelOrderRequest{Id: orders[0], Reason: "x"})
	testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: orders[1]})
	testkit.Must[*pb.AcceptOrderResponse](t, x.School, &pb.AcceptOrderRequest{Id: orders[1], RejectedQuantity: 1000, Reason: "rotten"})
	list := testkit.Must[*pb.ListPayerConsentsResponse](t, giver, &pb.ListPayerConsentsRequest{}).GetConsents()
	if len(list) != 1 || list[0].GetId() != consent.GetId() || list[0].GetUsedFen() != 2*6200 {
		t.Errorf("consents: %v", list)
	}
	wantBoth(t, giver, &pb.GivePayerConsentRequest{BuyerMemberId: giver.Member, LimitFen: 1}, fault.ConsentInvalid)
	wantBoth(t, x.Cooperative, &pb.GivePayerConsentRequest{BuyerMemberId: x.School.Member, LimitFen: 1}, fault.RoleMissing)
	x.CheckInvariants(t)
}

// An order is made for one pair at most, which is in force and of its buyer and goods.
func TestAnOrderIsMadeForOnePairAtMost(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	tagged := func(tags ...string) *pb.PlaceOrderRequest {
		return &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000, PairTags: tags}
	}
	wantBoth(t, x.School, tagged("无锡-延安", "南京-商洛"), fault.PairTagsOverlap)
	wantBoth(t, x.School, tagged("无锡-延安"), fault.PairTagInvalid) // the school is of Nanjing
	wantBoth(t, x.School, tagged("南京-商洛"), fault.PairTagInvalid) // the goods are of Yan'an
	order := testkit.Must[*pb.PlaceOrderResponse](t, x.Hospital, tagged("无锡-延安")).GetOrder()
	if order.GetPairTag() != "无锡-延安" {
		t.Errorf("tagged: %v", order)
	}
	x.CheckInvariants(t)
}

// Consents are given, changed and taken back between orders and cancellations, in
// random order: an order is placed if its payer's consent is in force and leaves
// enough, and otherwise never.
func TestRandomConsentsAndOrdersNeverChargeMoreThanWasConsentedTo(t *testing.T) {
	x := testkit.New(t)
	y := x.Second(t)
	giver := charity(t, x)
	offer := x.Offer(t, testkit.OfferOptions{Units: 1000})
	type given struct {
		id          string
		limit, used int64
		revoked     bool
	}
	buyers := []*testkit.Person{x.School, x.Hospital}
	consents := make([]*given, len(buyers))
	orders := make([][]*pb.Order, len(buyers))
	for range 80 {
		b := rand.IntN(len(buyers))
		c := consents[b]
		switch rand.IntN(6) {
		case 0:
			limit := rand.Int64N(20)*6200 + 1
			out, err := testkit.Call[*pb.GivePayerConsentResponse](t.Context(), giver, &pb.GivePayerConsentRequest{BuyerMemberId: buyers[b].Member, LimitFen: limit})
			if err != nil {
				t.Fatal(err)
			}
			if c == nil {
				c = &given{}
				consents[b] = c
			}
			c.id, c.limit, c.revoked = out.GetConsent().GetId(), limit, false
		case 1:
			if c != nil && !c.revoked {
				testkit.Must[*pb.RevokePayerConsentResponse](t, giver, &pb.RevokePayerConsentRequest{Id: c.id})
				c.revoked = true
			}
		case 2:
			if n := len(orders[b]); n > 0 {
				o := orders[b][n-1]
				orders[b] = orders[b][:n-1]
				testkit.Must[*pb.CancelOrderResponse](t, buyers[b], &pb.CancelOrderRequest{Id: o.GetId(), Reason: "x"})
				c.used -= o.GetAmountFen() + o.GetDonationFen()
			}
		default:
			units, donation := rand.Int64N(4)+1, rand.Int64N(3)*100
			want := fault.Code("OK")
			switch {
			case c == nil || c.revoked:
				want = fault.PayerNoConsent
			case c.used+units*6200+donation > c.limit:
				want = fault.PayerLimit
			}
			as := buyers[b]
			if rand.IntN(2) == 0 {
				as = []*testkit.Person{y.School, y.Hospital}[b]
			}
			out, err := testkit.Call[*pb.PlaceOrderResponse](t.Context(), as, &pb.PlaceOrderRequest{
				RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: units * 1000, PayerMemberId: giver.Member, DonationFen: donation,
			})
			if got := testkit.CodeOf(err); got != want {
				t.Fatalf("%s, want %s: %+v, %d units", got, want, c, units)
			}
			if err == nil {
				c.used += units*6200 + donation
				orders[b] = append(orders[b], out.GetOrder())
			}
		}
	}
	x.CheckInvariants(t)
}
