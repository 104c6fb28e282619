package testkit_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
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

const (
	reliefOpen      = pb.ReliefState_RELIEF_STATE_OPEN
	reliefAmended   = pb.ReliefState_RELIEF_STATE_AMENDED
	reliefWithdrawn = pb.ReliefState_RELIEF_STATE_WITHDRAWN
	reliefOver      = pb.ReliefState_RELIEF_STATE_OVER
)

// againOffered offers the goods of an offer once more, at a price.
func againOffered(t *testing.T, x *testkit.Exchange, p *testkit.Person, o *pb.Offer, price int64) *pb.Offer {
	t.Helper()
	offer := testkit.Must[*pb.CreateOfferResponse](t, p, &pb.CreateOfferRequest{
		ProductId: o.GetProductId(), CertificateId: o.GetCertificateId(), Quantity: o.GetQuantity(), PriceBasis: o.GetPriceBasis(), PriceFen: price,
		SeasonFrom: string(x.Today()), SeasonTo: string(x.Today().Plus(90)), AutoConfirm: o.GetAutoConfirm(),
	}).GetOffer()
	return testkit.Must[*pb.PublishOfferResponse](t, p, &pb.PublishOfferRequest{Id: offer.GetId()}).GetOffer()
}

// slow is an offer that has stood for ten days, and one of its goods at nine tenths
// of its price.
func slow(t *testing.T, x *testkit.Exchange, c *clock) (before, offer *pb.Offer) {
	t.Helper()
	before = x.Offer(t, testkit.OfferOptions{AnnualUnits: 2000, AutoConfirm: true})
	c.ahead.Add(int64(10 * 24 * time.Hour))
	return before, againOffered(t, x, x.Cooperative, before, 5580)
}

// relief declares an offer for twenty days from today on.
func relief(x *testkit.Exchange, before, offer *pb.Offer, change func(*pb.DeclareReliefRequest)) *pb.DeclareReliefRequest {
	in := &pb.DeclareReliefRequest{OfferId: offer.GetId(), BeforeOfferId: before.GetId(), DaysOfStock: 40, Until: string(x.Today().Plus(19))}
	if change != nil {
		change(in)
	}
	return in
}

func declares(t *testing.T, x *testkit.Exchange, p *testkit.Person, before, offer *pb.Offer) *pb.ReliefDeclaration {
	t.Helper()
	return testkit.Must[*pb.DeclareReliefResponse](t, p, relief(x, before, offer, nil)).GetDeclaration()
}

func reliefOf(t *testing.T, p *testkit.Person, id string) *pb.ReliefDeclaration {
	t.Helper()
	return testkit.Must[*pb.GetReliefDeclarationResponse](t, p, &pb.GetReliefDeclarationRequest{Id: id}).GetDeclaration()
}

func wantRelief(t *testing.T, x *testkit.Exchange, offer *pb.Offer, want string) {
	t.Helper()
	if o := x.Place(t, x.School, offer, 1); o.GetReliefId() != want {
		t.Errorf("the order counts for %q, want %q", o.GetReliefId(), want)
	}
}

// From its first day to its last, orders are placed under a declaration; before and
// after they are not, and the offer can be declared again.
func TestOrdersCountForADeclarationFromItsFirstDayToItsLast(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	before, offer := slow(t, x, c)
	wantRelief(t, x, offer, "")
	r := testkit.Must[*pb.DeclareReliefResponse](t, x.Cooperative, relief(x, before, offer, func(in *pb.DeclareReliefRequest) {
		in.From = string(x.Today().Plus(2))
	})).GetDeclaration()
	if r.GetDropBasisPoints() != 1000 || r.GetBeforePriceFen() != 6200 || r.GetPriceFen() != 5580 || r.GetBeforeDays() != 10 || r.GetZoneCode() != x.CooperativeCounty {
		t.Errorf("%v", r)
	}
	wantRelief(t, x, offer, "")
	c.ahead.Add(int64(2 * 24 * time.Hour))
	wantRelief(t, x, offer, r.GetId())
	wantRelief(t, x, before, "")
	orders := testkit.Must[*pb.ListOrdersResponse](t, x.School, &pb.ListOrdersRequest{ReliefId: r.GetId()}).GetOrders()
	if len(orders) != 1 || orders[0].GetOfferId() != offer.GetId() {
		t.Errorf("%v", orders)
	}
	inForce := &pb.ListReliefDeclarationsRequest{InForce: true}
	if got := testkit.Must[*pb.ListReliefDeclarationsResponse](t, x.School, inForce).GetDeclarations(); len(got) != 1 || got[0].GetState() != reliefOpen {
		t.Errorf("%v", got)
	}
	c.ahead.Add(int64(18 * 24 * time.Hour))
	wantRelief(t, x, offer, "")
	if got := reliefOf(t, x.School, r.GetId()); got.GetState() != reliefOver || got.GetEndTime() != nil {
		t.Errorf("%v", got)
	}
	if got := testkit.Must[*pb.ListReliefDeclarationsResponse](t, x.School, inForce).GetDeclarations(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	wantBoth(t, x.Cooperative, &pb.WithdrawReliefRequest{Id: r.GetId(), Reason: "x"}, fault.WrongState)
	second := declares(t, x, x.Secretary, before, offer)
	wantRelief(t, x, offer, second.GetId())
	x.CheckInvariants(t)
}

// An amendment ends a declaration and opens another one, a withdrawal ends it; so
// does the end of its offer.
func TestADeclarationIsAmendedAndWithdrawn(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	before, offer := slow(t, x, c)
	r := declares(t, x, x.Cooperative, before, offer)
	c.ahead.Add(int64(24 * time.Hour))
	amended := testkit.Must[*pb.AmendReliefResponse](t, x.Cooperative, &pb.AmendReliefRequest{Id: r.GetId(), Until: string(x.Today().Plus(25))}).GetDeclaration()
	if amended.GetReplacesId() != r.GetId() || amended.GetFrom() != r.GetFrom() || amended.GetDaysOfStock() != 40 || amended.GetState() != reliefOpen {
		t.Errorf("%v", amended)
	}
	if got := reliefOf(t, x.Auditor, r.GetId()); got.GetState() != reliefAmended || got.GetEndTime() == nil {
		t.Errorf("%v", got)
	}
	wantRelief(t, x, offer, amended.GetId())
	testkit.Must[*pb.WithdrawReliefResponse](t, x.Secretary, &pb.WithdrawReliefRequest{Id: amended.GetId(), Reason: "sold"})
	wantRelief(t, x, offer, "")
	last := declares(t, x, x.Cooperative, before, offer)
	testkit.Must[*pb.WithdrawOfferResponse](t, x.Cooperative, &pb.WithdrawOfferRequest{Id: offer.GetId()})
	if got := reliefOf(t, x.Cooperative, last.GetId()); got.GetState() != reliefWithdrawn || got.GetStateReason() == "" {
		t.Errorf("%v", got)
	}
	x.CheckInvariants(t)
}

// Each wrong declaration has its code, on both protocols, and changes nothing.
func TestWrongDeclarationsChangeNothing(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	before, offer := slow(t, x, c)
	dearer, fresh := againOffered(t, x, x.Cooperative, before, 6300), againOffered(t, x, x.Cooperative, before, 5000)
	draft := x.Offer(t, testkit.OfferOptions{Draft: true})
	ended := declares(t, x, x.Cooperative, before, fresh)
	testkit.Must[*pb.WithdrawReliefResponse](t, x.Cooperative, &pb.WithdrawReliefRequest{Id: ended.GetId(), Reason: "x"})
	was := x.Rows(t)
	wrong := func(change func(*pb.DeclareReliefRequest)) *pb.DeclareReliefRequest {
		return relief(x, before, offer, change)
	}
	for code, in := range map[fault.Code][]*pb.DeclareReliefRequest{
		fault.DatesInvalid: {
			wrong(func(in *pb.DeclareReliefRequest) { in.From = string(x.Today().Plus(-1)) }),
			wrong(func(in *pb.DeclareReliefRequest) { in.Until = string(x.Today().Plus(-1)) }),
			wrong(func(in *pb.DeclareReliefRequest) { in.Until = "" }),
			wrong(func(in *pb.DeclareReliefRequest) { in.Until = string(x.Today().Plus(91)) }),
		},
		fault.QuantityInvalid: {wrong(func(in *pb.DeclareReliefRequest) { in.DaysOfStock = 0 })},
		fault.ReliefTerms: {
			wrong(func(in *pb.DeclareReliefRequest) { in.DaysOfStock = 6 }),
			wrong(func(in *pb.DeclareReliefRequest) { in.Until = string(x.Today().Plus(30)) }),
			// It stood for no day before the other was made, or the drop is too small.
			relief(x, dearer, fresh, nil), relief(x, before, againOffered(t, x, x.Cooperative, before, 6199), nil),
		},
		fault.ReliefPrice: {
			relief(x, before, dearer, nil), relief(x, offer, offer, nil), relief(x, fresh, offer, nil),
			relief(x, x.Offer(t, testkit.OfferOptions{}), againOffered(t, x, x.Cooperative, before, 4000), nil),
		},
		fault.WrongState:       {relief(x, before, draft, nil)},
		fault.ResourceNotFound: {wrong(func(in *pb.DeclareReliefRequest) { in.BeforeOfferId = "61-" + uuid.NewString() })},
		fault.IDMalformed:      {wrong(func(in *pb.DeclareReliefRequest) { in.BeforeOfferId = "x" })},
	} {
		for _, r := range in {
			wantBoth(t, x.Cooperative, r, code)
		}
	}
	wantBoth(t, x.School, wrong(nil), fault.NotYourOwn)
	wantBoth(t, x.Agent, wrong(nil), fault.ResourceNotFound)
	wantBoth(t, x.Cooperative, &pb.AmendReliefRequest{Id: ended.GetId(), DaysOfStock: 50}, fault.WrongState)
	wantBoth(t, x.Cooperative, &pb.WithdrawReliefRequest{Id: ended.GetId(), Reason: "x"}, fault.WrongState)
	wantBoth(t, x.School, &pb.WithdrawReliefRequest{Id: ended.GetId(), Reason: "x"}, fault.NotYourOwn)
	wantBoth(t, x.School, &pb.GetReliefDeclarationRequest{Id: "61-" + uuid.NewString()}, fault.ResourceNotFound)
	if now := x.Rows(t); now["relief_declarations"] != was["relief_declarations"] {
		t.Errorf("%d declarations, and there were %d", now["relief_declarations"], was["relief_declarations"])
	}
	open := declares(t, x, x.Cooperative, before, offer)
	wantBoth(t, x.Secretary, wrong(nil), fault.ReliefOpen)
	wantBoth(t, x.Cooperative, &pb.AmendReliefRequest{Id: open.GetId(), DaysOfStock: 1}, fault.ReliefTerms)
	wantBoth(t, x.Cooperative, &pb.AmendReliefRequest{Id: open.GetId(), Until: string(x.Today().Plus(-1))}, fault.DatesInvalid)
	x.CheckInvariants(t)
}

// Declarations, amendments, withdrawals and orders of two servers at once: an offer
// has one that is open at most, and every order is of the one in force.
func TestDeclarationsAndOrdersAtOnceAgree(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	y := x.Second(t)
	before, offer := slow(t, x, c)
	ids := func() []string {
		var all []string
		for _, r := range testkit.Must[*pb.ListReliefDeclarationsResponse](t, x.Auditor, &pb.ListReliefDeclarationsRequest{OfferId: offer.GetId(), PageSize: 500}).GetDeclarations() {
			all = append(all, r.GetId())
		}
		return all
	}
	var wg sync.WaitGroup
	for _, e := range []*testkit.Exchange{x, y, x, y} {
		wg.Go(func() {
			for range 12 {
				id := "61-" + uuid.NewString()
				if all := ids(); len(all) > 0 {
					id = all[0]
				}
				in := []proto.Message{
					relief(x, before, offer, nil), &pb.AmendReliefRequest{Id: id, DaysOfStock: 30 + rand.Int32N(9)},
					&pb.WithdrawReliefRequest{Id: id, Reason: "x"}, relief(x, before, offer, nil),
				}[rand.IntN(4)]
				_ = testkit.Try(t.Context(), e.Cooperative, in) // many are refused
				_ = testkit.Try(t.Context(), e.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000})
			}
		})
	}
	wg.Wait()
	open := 0
	for _, id := range ids() {
		if reliefOf(t, x.Auditor, id).GetState() == reliefOpen {
			open++
		}
	}
	if open > 1 || len(ids()) < 2 {
		t.Errorf("%d of %d are open", open, len(ids()))
	}
	x.CheckInvariants(t)
}

// The check finds an order that counts for a declaration that was not in force, one
// that does not though it was, an offer that names another, and prices that never were.
func TestTheCheckFindsOrdersAndPricesThatDoNotFitTheirDeclaration(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	before, offer := slow(t, x, c)
	free := x.Place(t, x.School, offer, 1)
	c.ahead.Add(int64(time.Hour))
	r := declares(t, x, x.Cooperative, before, offer)
	c.ahead.Add(int64(time.Hour))
	counted := x.Place(t, x.School, offer, 1)
	x.CheckInvariants(t)
	key := func(id string) string { return "'" + id[3:] + "'" }
	for _, broken := range []struct{ sql, back, want string }{
		{"UPDATE orders SET relief_id = " + key(r.GetId()) + " WHERE id = " + key(free.GetId()), "UPDATE orders SET relief_id = NULL WHERE id = " + key(free.GetId()), "not in force"},
		{"UPDATE orders SET relief_id = NULL WHERE id = " + key(counted.GetId()), "UPDATE orders SET relief_id = " + key(r.GetId()) + " WHERE id = " + key(counted.GetId()), "in force"},
		{"UPDATE orders SET relief_id = id WHERE id = " + key(free.GetId()), "UPDATE orders SET relief_id = NULL WHERE id = " + key(free.GetId()), "has not"},
		{"UPDATE offers SET relief_id = NULL WHERE id = " + key(offer.GetId()), "UPDATE offers SET relief_id = " + key(r.GetId()) + " WHERE id = " + key(offer.GetId()), "names declaration none"},
		{"UPDATE offers SET relief_until = '2030-01-01' WHERE id = " + key(offer.GetId()), "UPDATE offers SET relief_until = '" + r.GetUntil() + "' WHERE id = " + key(offer.GetId()), "until 2030"},
		{"UPDATE relief_declarations SET before_fen = 9000", "UPDATE relief_declarations SET before_fen = 6200", "9000 fen became"},
		{"UPDATE relief_declarations SET drop_bp = 1001", "UPDATE relief_declarations SET drop_bp = 1000", "1001 basis points"},
		{"UPDATE relief_declarations SET category = 'TEA'", "UPDATE relief_declarations SET category = 'FRESH_FRUIT'", "is found as TEA of"},
	} {
		testkit.Exec(t, x.Config.DatabaseURL, broken.sql)
		wantViolation(t, x, broken.want)
		testkit.Exec(t, x.Config.DatabaseURL, broken.back)
	}
	x.CheckInvariants(t)
}

// wantViolation wants the check to find something.
func wantViolation(t *testing.T, x *testkit.Exchange, text string) {
	t.Helper()
	results, err := x.Store.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, r := range results {
		found = append(found, r.Violations...)
	}
	if !slices.ContainsFunc(found, func(v string) bool { return strings.Contains(v, text) }) {
		t.Errorf("check says %q, and nothing of %q", found, text)
	}
}

// What a declaration would be told is explained, with no trace of the question.
func TestADeclarationIsExplained(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	before, offer := slow(t, x, c)
	ask := func(p *testkit.Person, change func(*pb.ExplainRequest)) []string {
		in := &pb.ExplainRequest{Action: "relief.declare", OfferId: offer.GetId(), BeforeOfferId: before.GetId(), DaysOfStock: 40, Until: string(x.Today().Plus(19))}
		change(in)
		var codes []string
		for _, d := range testkit.Must[*pb.ExplainResponse](t, p, in).GetDenials() {
			codes = append(codes, d.GetCode())
		}
		return codes
	}
	nothing := func(*pb.ExplainRequest) {}
	if got := ask(x.Cooperative, nothing); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if got := ask(x.Cooperative, func(in *pb.ExplainRequest) { in.DaysOfStock = 1 }); !slices.Equal(got, []string{string(fault.ReliefTerms)}) {
		t.Errorf("%v", got)
	}
	r := declares(t, x, x.Cooperative, before, offer)
	for _, action := range []string{"relief.amend", "relief.withdraw"} {
		change := func(in *pb.ExplainRequest) { in.Action, in.ReliefId, in.Until = action, r.GetId(), "" }
		if got := ask(x.Secretary, change); len(got) != 0 {
			t.Errorf("%s: %v", action, got)
		}
		if got := ask(x.School, change); !slices.Contains(got, string(fault.RoleMissing)) {
			t.Errorf("%s: %v", action, got)
		}
	}
}

// offersOf are all offers of a product that somebody's list has, page by page. Between
// two pages something happens.
func offersOf(t *testing.T, p *testkit.Person, between func(page int), keep map[string]bool) []string {
	t.Helper()
	var all []string
	in := &pb.ListOffersRequest{PageSize: 2}
	for n := 1; ; n++ {
		page := testkit.Must[*pb.ListOffersResponse](t, p, in)
		for _, o := range page.GetOffers() {
			if keep[o.GetId()] {
				all = append(all, o.GetId())
			}
		}
		if in.PageToken = page.GetNextPageToken(); in.PageToken == "" {
			return all
		}
		between(n)
	}
}

// For those whom policy says so of, the relief zone comes first; for others a list
// is the newest first. A page goes on where the last one ended, as of the first.
func TestTheReliefZoneComesFirstForThoseWhoPreferIt(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	before, first := slow(t, x, c)
	var ids []string // the newest first
	keep := map[string]bool{}
	var all []*pb.Offer
	for _, price := range []int64{6000, 5500, 5400, 5300, 5200, 6100} {
		all = append(all, againOffered(t, x, x.Cooperative, before, price))
	}
	for _, o := range append([]*pb.Offer{before, first}, all...) {
		ids, keep[o.GetId()] = append([]string{o.GetId()}, ids...), true
	}
	zoned := []*pb.Offer{all[1], all[3]}
	var open []*pb.ReliefDeclaration
	for _, o := range zoned {
		open = append(open, declares(t, x, x.Cooperative, before, o))
	}
	nothing := func(int) {}
	if got := offersOf(t, x.School, nothing, keep); !slices.Equal(got, ids) {
		t.Errorf("before servers agree on it: %v, want %v", got, ids)
	}
	c.ahead.Add(int64(31 * time.Second))
	want := []string{all[3].GetId(), all[1].GetId()}
	for _, id := range ids {
		if !slices.Contains(want, id) {
			want = append(want, id)
		}
	}
	for _, p := range []*testkit.Person{x.School, x.Hospital} {
		if got := offersOf(t, p, nothing, keep); !slices.Equal(got, want) {
			t.Errorf("%s sees %v, want %v", p.Name, got, want)
		}
	}
	for _, p := range []*testkit.Person{x.Cooperative, x.Auditor, x.People["shaanxi-secretary"]} {
		if got := offersOf(t, p, nothing, keep); !slices.Equal(got, ids) {
			t.Errorf("%s sees %v, want %v", p.Name, got, ids)
		}
	}
	changed := offersOf(t, x.School, func(page int) {
		switch page {
		case 1:
			testkit.Must[*pb.WithdrawReliefResponse](t, x.Cooperative, &pb.WithdrawReliefRequest{Id: open[0].GetId(), Reason: "x"})
			declares(t, x, x.Cooperative, before, all[4])
			testkit.Must[*pb.AmendReliefResponse](t, x.Cooperative, &pb.AmendReliefRequest{Id: open[1].GetId(), DaysOfStock: 60})
		case 2:
			c.ahead.Add(int64(40 * 24 * time.Hour)) // all are over
		}
	}, keep)
	if !slices.Equal(changed, want) {
		t.Errorf("while declarations began and ended: %v, want %v", changed, want)
	}
	narrowed := testkit.Must[*pb.ListOffersResponse](t, x.School, &pb.ListOffersRequest{PageSize: 2})
	wantBoth(t, x.School, &pb.ListOffersRequest{PageSize: 2, Category: pb.Category_CATEGORY_TEA, PageToken: narrowed.GetNextPageToken()}, fault.PageTokenInvalid)
}

// However declarations begin and end while a list is read, it has every offer once.
func TestAListHasEveryOfferOnceWhileDeclarationsBeginAndEnd(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	y := x.Second(t)
	before, first := slow(t, x, c)
	offers := []*pb.Offer{first}
	keep := map[string]bool{before.GetId(): true, first.GetId(): true}
	for n := range 5 {
		o := againOffered(t, x, x.Cooperative, before, 5500-int64(n))
		offers, keep[o.GetId()] = append(offers, o), true
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	for _, p := range []*testkit.Person{x.School, y.Hospital} {
		wg.Go(func() {
			for n := 0; ; n++ {
				got := offersOf(t, p, func(int) {}, keep)
				slices.Sort(got)
				if len(slices.Compact(got)) != len(keep) || len(got) != len(keep) {
					t.Errorf("%d offers, want %d", len(got), len(keep))
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	open := map[int]string{}
	for range 80 {
		i := rand.IntN(len(offers))
		if id := open[i]; id != "" {
			testkit.Must[*pb.WithdrawReliefResponse](t, y.Cooperative, &pb.WithdrawReliefRequest{Id: id, Reason: "x"})
			delete(open, i)
		} else {
			open[i] = declares(t, x, x.Cooperative, before, offers[i]).GetId()
		}
		c.ahead.Add(int64(time.Second)) // so that what lists are as of meets what was declared
	}
	close(done)
	wg.Wait()
	x.CheckInvariants(t)
}

// What is declared and ordered is added up by zone, from the declarations and the
// ledger: no cancelled order, nothing of another's that the caller may not see.
func TestFiguresOfAZoneAreItsDeclarationsAndTheLedgersOfItsOrders(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	before, offer := slow(t, x, c)
	other := againOffered(t, x, x.Cooperative, before, 5000)
	x.Place(t, x.School, offer, 1) // before it is declared
	r := declares(t, x, x.Cooperative, before, offer)
	gone := declares(t, x, x.Cooperative, before, other)
	testkit.Must[*pb.AmendReliefResponse](t, x.Cooperative, &pb.AmendReliefRequest{Id: r.GetId(), DaysOfStock: 50})
	testkit.Must[*pb.WithdrawReliefResponse](t, x.Cooperative, &pb.WithdrawReliefRequest{Id: gone.GetId(), Reason: "x"})
	accepted := x.Place(t, x.School, offer, 3)
	testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: accepted.GetId()})
	testkit.Must[*pb.AcceptOrderResponse](t, x.School, &pb.AcceptOrderRequest{Id: accepted.GetId(), AcceptedQuantity: 2000, RejectedQuantity: 1000, Reason: "x"})
	cancelled := x.Place(t, x.School, offer, 4)
	testkit.Must[*pb.CancelOrderResponse](t, x.School, &pb.CancelOrderRequest{Id: cancelled.GetId(), Reason: "x"})
	x.Place(t, x.Hospital, offer, 2)
	zone := func(p *testkit.Person, in *pb.GetReliefZonesRequest) string {
		var lines []string
		for _, z := range testkit.Must[*pb.GetReliefZonesResponse](t, p, in).GetZones() {
			lines = append(lines, fmt.Sprint(z.GetZoneCode(), z.GetBaseUnit(), z.GetDeclared(), z.GetInForce(), z.GetOrders(), z.GetQuantity(), z.GetAmountFen(), z.GetAcceptedQuantity(), z.GetAcceptedFen()))
		}
		return strings.Join(lines, "; ")
	}
	today := string(x.Today())
	all := &pb.GetReliefZonesRequest{From: today}
	county := x.CooperativeCounty
	if got, want := zone(x.Auditor, all), fmt.Sprint(county, pb.BaseUnit_BASE_UNIT_G, 2, 1, 2, 5000, 5*5580, 2000, 2*5580); got != want {
		t.Errorf("the auditor sees %s, want %s", got, want)
	}
	if got, want := zone(x.School, all), fmt.Sprint(county, pb.BaseUnit_BASE_UNIT_G, 2, 1, 1, 3000, 3*5580, 2000, 2*5580); got != want {
		t.Errorf("the school sees %s, want %s", got, want)
	}
	byProvince := &pb.GetReliefZonesRequest{From: today, Level: pb.ReliefZoneLevel_RELIEF_ZONE_LEVEL_PROVINCE}
	if got := zone(x.Auditor, byProvince); !strings.HasPrefix(got, "61BASE") && !strings.HasPrefix(got, "61 ") {
		t.Errorf("by province: %s", got)
	}
	if got := zone(x.OtherCounty, all); got != "" {
		t.Errorf("another county sees %s", got)
	}
	past := &pb.GetReliefZonesRequest{From: string(x.Today().Plus(-5)), Until: string(x.Today().Plus(-1))}
	if got, want := zone(x.Auditor, past), fmt.Sprint(county, pb.BaseUnit_BASE_UNIT_G, 0, 1, 0, 0, 0, 0, 0); got != want {
		t.Errorf("before it was declared: %s, want %s", got, want)
	}
	wantBoth(t, x.School, &pb.GetReliefZonesRequest{From: today, Until: "2020-01-01"}, fault.DatesInvalid)
	x.CheckInvariants(t)
}

// backdated moves an offer and its events into the past, for where no clock does.
func backdated(t *testing.T, x *testkit.Exchange, offer *pb.Offer) {
	t.Helper()
	key := "'" + offer.GetId()[3:] + "'"
	testkit.Exec(t, x.Config.DatabaseURL, "UPDATE offers SET created_at = created_at - interval '10 days' WHERE id = "+key)
	testkit.Exec(t, x.Config.DatabaseURL, "UPDATE events SET at = at - interval '10 days' WHERE noun_id = "+key)
}

// declared is an offer that was declared today, without a clock.
func declared(t *testing.T, x *testkit.Exchange) (before, offer *pb.Offer, r *pb.ReliefDeclaration) {
	t.Helper()
	before = x.Offer(t, testkit.OfferOptions{AnnualUnits: 2000})
	backdated(t, x, before)
	offer = againOffered(t, x, x.Cooperative, before, 5580)
	return before, offer, declares(t, x, x.Cooperative, before, offer)
}

func watchedReliefs(t *testing.T, x *testkit.Exchange) watched {
	client := pb.NewReliefServiceClient(x.Conn())
	before, offer, r := declared(t, x)
	testkit.Must[*pb.WithdrawReliefResponse](t, x.Cooperative, &pb.WithdrawReliefRequest{Id: r.GetId(), Reason: "x"})
	return watched{"WatchReliefDeclarations", func(ctx context.Context, p *testkit.Person) (func() (bool, error), error) {
		s, err := client.WatchReliefDeclarations(p.Context(ctx), &pb.WatchReliefDeclarationsRequest{})
		return func() (bool, error) {
			m, err := s.Recv()
			return m.GetEvent() != nil, err
		}, err
	}, func() { declares(t, x, x.Cooperative, before, offer) }}
}

func matrixReliefs(t *testing.T, x *testkit.Exchange) []proto.Message {
	t.Helper()
	before, _, r := declared(t, x)
	declare := relief(x, before, againOffered(t, x, x.Cooperative, before, 5000), nil)
	declare.DryRun = true
	return []proto.Message{
		declare, &pb.GetReliefDeclarationRequest{Id: r.GetId()}, &pb.ListReliefDeclarationsRequest{}, &pb.GetReliefZonesRequest{},
		&pb.AmendReliefRequest{DryRun: true, Id: r.GetId(), DaysOfStock: 50}, &pb.WithdrawReliefRequest{DryRun: true, Id: r.GetId(), Reason: "x"},
	}
}
