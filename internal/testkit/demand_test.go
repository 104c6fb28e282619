package testkit_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/sealedbid"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

// asked is a demand with the key that opens what is quoted on it.
type asked struct {
	*pb.Demand
	key string
}

// post asks for quotes of fresh fruit for the school, until in an hour.
func post(t *testing.T, x *testkit.Exchange, c *clock, units int64) asked {
	t.Helper()
	key, in := demandOf(t, x, c, units)
	return asked{testkit.Must[*pb.PostDemandResponse](t, x.School, in).GetDemand(), key}
}

func demandOf(t *testing.T, x *testkit.Exchange, c *clock, units int64) (key string, in *pb.PostDemandRequest) {
	t.Helper()
	key, public, err := sealedbid.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key, &pb.PostDemandRequest{
		Title: "apples for the canteen", Category: pb.Category_CATEGORY_FRESH_FRUIT, BaseUnit: pb.BaseUnit_BASE_UNIT_G, Quantity: units * 1000,
		DeliverBy: string(exchange.DayOf(c.Now()).Plus(20)), CloseTime: timestamppb.New(c.Now().Add(time.Hour)), PublicKey: public,
	}
}

// supplier is a seller with certified goods.
type supplier struct {
	*testkit.Person
	goods *pb.Certificate
}

func suppliers(t *testing.T, x *testkit.Exchange, units int64) (cooperative, other supplier) {
	t.Helper()
	luochuan := x.People["luochuan-producer"]
	return supplier{x.Cooperative, x.Certificate(t, testkit.OfferOptions{AnnualUnits: units})},
		supplier{luochuan, x.Certificate(t, testkit.OfferOptions{
			AnnualUnits: units, Seller: luochuan, Authority: x.People["luochuan-authority"], Origin: "610629",
		})}
}

// sealed is a quote as its seller's client makes it, with its content.
func (s supplier) sealed(t *testing.T, d *pb.Demand, units, priceFen int64) (*pb.SealQuoteRequest, []byte) {
	t.Helper()
	salt, err := sealedbid.NewSalt()
	if err != nil {
		t.Fatal(err)
	}
	content, err := sealedbid.Content{
		Demand: d.GetId(), Revision: int(d.GetRevision()), Seller: s.Member, Product: s.goods.GetProductId(), Certificate: s.goods.GetId(),
		Quantity: units * 1000, PriceBasis: "PER_SALES_UNIT", PriceFen: priceFen, LeadDays: 3, Salt: salt,
	}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sealedbid.Seal(content, d.GetPublicKey())
	if err != nil {
		t.Fatal(err)
	}
	return &pb.SealQuoteRequest{
		DemandId: d.GetId(), Revision: d.GetRevision(), ProductId: s.goods.GetProductId(), CertificateId: s.goods.GetId(), Sealed: sealed,
		Commitment: sealedbid.Digest(content),
	}, content
}

func (s supplier) quotes(t *testing.T, d *pb.Demand, units, priceFen int64) *pb.Quote {
	t.Helper()
	in, _ := s.sealed(t, d, units, priceFen)
	return testkit.Must[*pb.SealQuoteResponse](t, s.Person, in).GetQuote()
}

// closes moves the clock past the closing and lets the exchange do its jobs.
func closes(t *testing.T, x *testkit.Exchange, c *clock) {
	t.Helper()
	c.ahead.Add(int64(time.Hour + time.Minute))
	if err := x.App.DoJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// opened opens all quotes on a demand as the buyer's client does, and checks the
// closing.
func (d asked) opened(t *testing.T, x *testkit.Exchange) map[string]*pb.AwardLine {
	t.Helper()
	out := testkit.Must[*pb.OpenQuotesResponse](t, x.School, &pb.OpenQuotesRequest{Id: d.GetId()})
	closing := sealedbid.Closing{Demand: d.GetId(), Revision: int(out.GetDemand().GetRevision()), ClosesAt: out.GetDemand().GetCloseTime().AsTime()}
	lines := map[string]*pb.AwardLine{}
	for _, q := range out.GetQuotes() {
		kept := q.GetQuote()
		closing.Quotes = append(closing.Quotes, sealedbid.Sealed{ID: kept.GetId(), Digest: kept.GetDigest(), Commitment: kept.GetCommitment()})
		content, says, err := sealedbid.Open(q.GetSealed(), d.key, kept.GetDigest(), kept.GetCommitment())
		if err != nil {
			t.Fatal(err)
		}
		lines[kept.GetId()] = &pb.AwardLine{QuoteId: kept.GetId(), Quantity: says.Quantity, Content: content}
	}
	if closing.Digest() != out.GetDemand().GetClosingDigest() {
		t.Errorf("the closing says %s, the quotes %s", out.GetDemand().GetClosingDigest(), closing.Digest())
	}
	return lines
}

// Two sellers quote, nobody sees either before the closing, the buyer opens both
// and splits the award: an order each, in the ledger, at the price that was sealed.
func TestASealedDemandIsQuotedOpenedSplitAndOrdered(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	d := post(t, x, c, 100)
	first, second := suppliers(t, x, 200)
	a, b := first.quotes(t, d.Demand, 60, 6200), second.quotes(t, d.Demand, 80, 5900)
	for _, p := range []*testkit.Person{x.School, x.BuyerSecretary, x.Operator, x.Auditor, second.Person} {
		wantBoth(t, p, &pb.GetQuoteRequest{Id: a.GetId()}, fault.ResourceNotFound)
		if p != second.Person && len(testkit.Must[*pb.ListQuotesResponse](t, p, &pb.ListQuotesRequest{DemandId: d.GetId()}).GetQuotes()) != 0 {
			t.Errorf("%s sees quotes before the closing", p.Name)
		}
	}
	for _, p := range []*testkit.Person{x.School, x.Operator, x.Auditor, first.Person} {
		wantBoth(t, p, &pb.OpenQuotesRequest{Id: d.GetId()}, fault.QuotesSealed)
	}
	wantBoth(t, x.School, &pb.GetDemandReceiptRequest{Id: d.GetId()}, fault.QuotesSealed)
	closes(t, x, c)
	lines := d.opened(t, x)
	if len(lines) != 2 || len(testkit.Must[*pb.OpenQuotesResponse](t, first.Person, &pb.OpenQuotesRequest{Id: d.GetId()}).GetQuotes()) != 1 {
		t.Errorf("the buyer opens %d quotes", len(lines))
	}
	lines[a.GetId()].Quantity, lines[b.GetId()].Quantity = 20_000, 80_000
	award := &pb.AwardDemandRequest{RequestId: uuid.NewString(), Id: d.GetId(), Lines: []*pb.AwardLine{lines[a.GetId()], lines[b.GetId()]}}
	out := testkit.Must[*pb.AwardDemandResponse](t, x.School, award)
	again := testkit.Must[*pb.AwardDemandResponse](t, x.School, award)
	if len(out.GetOrders()) != 2 || again.GetOrders()[0].GetId() != out.GetOrders()[0].GetId() {
		t.Fatalf("awarded %v, again %v", out, again)
	}
	award.RequestId = ""
	wantBoth(t, x.School, award, fault.WrongState)
	for _, o := range out.GetOrders() {
		want := int64(20 * 6200)
		if o.GetSellerMemberId() == second.Member {
			want = 80 * 5900
		}
		if o.GetAmountFen() != want || o.GetWay() != pb.Way_WAY_QUOTE || o.GetWayId() == "" || o.GetState() != pb.OrderState_ORDER_STATE_CONFIRMED {
			t.Errorf("order %v, want %d fen", o, want)
		}
		txs := testkit.Must[*pb.ListTransactionsResponse](t, x.School, &pb.ListTransactionsRequest{OrderId: o.GetId()}).GetTransactions()
		if len(txs) != 1 {
			t.Errorf("%d transactions of order %s", len(txs), o.GetId())
		}
	}
	if got := testkit.Must[*pb.ListOrdersResponse](t, x.School, &pb.ListOrdersRequest{}).GetOrders(); len(got) != 2 {
		t.Errorf("the award made %d orders", len(got))
	}
	won := testkit.Must[*pb.GetQuoteResponse](t, first.Person, &pb.GetQuoteRequest{Id: a.GetId()}).GetQuote()
	if won.GetState() != pb.QuoteState_QUOTE_STATE_AWARDED || sealedbid.Digest(won.GetContent()) != a.GetCommitment() || won.GetAwardedQuantity() != 20_000 {
		t.Errorf("the seller reads %v", won)
	}
	x.CheckInvariants(t)
}

// What the log says of a quote and of a closing is proved offline by a receipt; a
// sealed byte or a quote that somebody exchanges in the database is found.
func TestTheSealedLogProvesWhatStoodAtAClosing(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	d := post(t, x, c, 100)
	first, second := suppliers(t, x, 200)
	a := first.quotes(t, d.Demand, 60, 6200)
	second.quotes(t, d.Demand, 80, 5900)
	closes(t, x, c)
	x.WaitSealed(t)
	closed := testkit.Must[*pb.GetDemandResponse](t, x.Auditor, &pb.GetDemandRequest{Id: d.GetId()}).GetDemand()
	closing := provedBy(t, x, testkit.Must[*pb.GetDemandReceiptResponse](t, x.Auditor, &pb.GetDemandReceiptRequest{Id: d.GetId()}).GetReceipt())
	if !strings.Contains(closing.Memo, "closing=sha256:"+closed.GetClosingDigest()) || !strings.Contains(closing.Memo, "quotes=2") {
		t.Errorf("the log says %q", closing.Memo)
	}
	quote := provedBy(t, x, testkit.Must[*pb.GetQuoteReceiptResponse](t, first.Person, &pb.GetQuoteReceiptRequest{Id: a.GetId()}).GetReceipt())
	if !strings.Contains(quote.Memo, a.GetDigest()) || quote.Position >= closing.Position {
		t.Errorf("the log says %q at %d", quote.Memo, quote.Position)
	}
	x.CheckInvariants(t)
	_, id, _ := strings.Cut(a.GetId(), "-")
	testkit.Exec(t, x.Config.DatabaseURL, "UPDATE quote_seals SET sealed = 'exchanged' WHERE quote_id = '"+id+"'")
	results, err := x.Store.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(results, func(r store.CheckResult) bool { return len(r.Violations) > 0 && strings.Contains(r.What, "quote") }) {
		t.Error("check finds no quote that was exchanged")
	}
}

func provedBy(t *testing.T, x *testkit.Exchange, r *pb.Receipt) proof.Leaf {
	t.Helper()
	hashes := make([]proof.Bytes, len(r.GetProof()))
	for i, h := range r.GetProof() {
		hashes[i] = h
	}
	leaf, _, err := proof.Receipt{
		Format: r.GetFormat(), TransactionID: r.GetTransactionId(), Position: r.GetPosition(), Leaf: r.GetLeaf(), Proof: hashes, Checkpoint: r.GetCheckpoint(),
	}.Verify(x.VerifierKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// An amendment says of every quote that it is void; who quotes for what was asked
// before is told so, and what stands at the closing is what was sealed since.
func TestAnAmendedDemandVoidsItsQuotesAndSaysSo(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	d := post(t, x, c, 100)
	first, second := suppliers(t, x, 200)
	a := first.quotes(t, d.Demand, 60, 6200)
	stale, _ := second.sealed(t, d.Demand, 80, 5900)
	out := testkit.Must[*pb.AmendDemandResponse](t, x.School, &pb.AmendDemandRequest{Id: d.GetId(), Quantity: 50_000, Reason: "fewer pupils"})
	if out.GetVoidQuotes() != 1 || out.GetDemand().GetRevision() != 2 {
		t.Errorf("amended: %v", out)
	}
	void := testkit.Must[*pb.GetQuoteResponse](t, first.Person, &pb.GetQuoteRequest{Id: a.GetId()}).GetQuote()
	if void.GetState() != pb.QuoteState_QUOTE_STATE_VOID || !strings.Contains(void.GetStateReason(), "fewer pupils") {
		t.Errorf("the seller reads %v", void)
	}
	wantBoth(t, second.Person, stale, fault.DemandAmended)
	wantBoth(t, first.Person, &pb.WithdrawQuoteRequest{Id: a.GetId()}, fault.WrongState)
	d.Demand = out.GetDemand()
	b := second.quotes(t, d.Demand, 40, 5900)
	closes(t, x, c)
	lines := d.opened(t, x)
	if len(lines) != 1 || lines[b.GetId()] == nil {
		t.Errorf("%d quotes stood", len(lines))
	}
	lines[b.GetId()].QuoteId = a.GetId()
	wantBoth(t, x.School, &pb.AwardDemandRequest{Id: d.GetId(), Lines: []*pb.AwardLine{lines[b.GetId()]}}, fault.WrongState)
	x.CheckInvariants(t)
}

// Each wrong step has its code, on both protocols, and changes nothing.
func TestWrongStepsOfDemandsAndQuotesChangeNothing(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	d := post(t, x, c, 100)
	first, second := suppliers(t, x, 200)
	kept := first.quotes(t, d.Demand, 60, 6200)
	taken := second.quotes(t, d.Demand, 60, 6200)
	x.WaitSealed(t)
	before := x.Rows(t)
	in, _ := first.sealed(t, d.Demand, 10, 1)
	with := func(change func(*pb.SealQuoteRequest)) *pb.SealQuoteRequest {
		out, _ := second.sealed(t, d.Demand, 10, 1)
		change(out)
		return out
	}
	wantBoth(t, first.Person, in, fault.AlreadyExists)
	wantBoth(t, second.Person, with(func(r *pb.SealQuoteRequest) { r.CertificateId = "" }), fault.CertMissing)
	wantBoth(t, second.Person, with(func(r *pb.SealQuoteRequest) { r.CertificateId = first.goods.GetId() }), fault.CertMissing)
	wantBoth(t, second.Person, with(func(r *pb.SealQuoteRequest) { r.ProductId = first.goods.GetProductId() }), fault.AgentNoMandate)
	wantBoth(t, second.Person, with(func(r *pb.SealQuoteRequest) { r.Sealed = []byte("my price is 5900") }), fault.QuoteInvalid)
	wantBoth(t, second.Person, with(func(r *pb.SealQuoteRequest) { r.Revision = 2 }), fault.DemandAmended)
	wantBoth(t, x.Hospital, with(func(*pb.SealQuoteRequest) {}), fault.ResourceNotFound)
	wantBoth(t, second.Person, &pb.WithdrawQuoteRequest{Id: kept.GetId()}, fault.ResourceNotFound)
	wantBoth(t, x.Hospital, &pb.CancelDemandRequest{Id: d.GetId(), Reason: "x"}, fault.ResourceNotFound)
	wantBoth(t, first.Person, &pb.CancelDemandRequest{Id: d.GetId(), Reason: "x"}, fault.NotYourOwn)
	early := &pb.AwardDemandRequest{Id: d.GetId(), Lines: []*pb.AwardLine{{QuoteId: kept.GetId(), Quantity: 1000, Content: []byte("x")}}}
	wantBoth(t, x.School, early, fault.QuotesSealed)
	_, bad := demandOf(t, x, c, 0)
	wantBoth(t, x.School, bad, fault.QuantityInvalid)
	_, bad = demandOf(t, x, c, 1)
	bad.PublicKey = "age1nothing"
	wantBoth(t, x.School, bad, fault.DemandKeyInvalid)
	if after := x.Rows(t); !sameButLogged(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
	testkit.Must[*pb.WithdrawQuoteResponse](t, second.Person, &pb.WithdrawQuoteRequest{Id: taken.GetId(), Reason: "sold"})
	c.ahead.Add(int64(time.Hour + time.Minute))
	late, _ := second.sealed(t, d.Demand, 10, 1)
	wantBoth(t, second.Person, late, fault.DemandClosed) // its time is over, though nobody has closed it yet
	if err := x.App.DoJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantBoth(t, second.Person, late, fault.DemandClosed)
	wantBoth(t, first.Person, &pb.WithdrawQuoteRequest{Id: kept.GetId()}, fault.DemandClosed)
	wantBoth(t, x.School, &pb.AmendDemandRequest{Id: d.GetId(), Quantity: 1, Reason: "x"}, fault.DemandClosed)
	lines := d.opened(t, x)
	if len(lines) != 1 {
		t.Fatalf("%d quotes stood, one was withdrawn", len(lines))
	}
	good := lines[kept.GetId()]
	award := func(p *testkit.Person, want fault.Code, change func(*pb.AwardLine)) {
		t.Helper()
		l := &pb.AwardLine{QuoteId: good.GetQuoteId(), Quantity: good.GetQuantity(), Content: good.GetContent()}
		change(l)
		wantBoth(t, p, &pb.AwardDemandRequest{Id: d.GetId(), Lines: []*pb.AwardLine{l}}, want)
	}
	award(x.School, fault.WrongState, func(l *pb.AwardLine) { l.QuoteId = taken.GetId() })
	award(x.School, fault.QuoteDiffers, func(l *pb.AwardLine) { l.Content = append([]byte{' '}, l.Content...) })
	award(x.School, fault.AwardInvalid, func(l *pb.AwardLine) { l.Quantity = 61_000 })
	award(x.School, fault.QuantityNotMultiple, func(l *pb.AwardLine) { l.Quantity = 1500 })
	award(x.BuyerSecretary, fault.NotYourOwn, func(*pb.AwardLine) {})
	testkit.Must[*pb.SuspendCertificateResponse](t, x.County, &pb.SuspendCertificateRequest{Id: first.goods.GetId(), Reason: "x"})
	award(x.School, fault.CertNotInForce, func(*pb.AwardLine) {})
	if orders := testkit.Must[*pb.ListOrdersResponse](t, x.School, &pb.ListOrdersRequest{}).GetOrders(); len(orders) != 0 {
		t.Errorf("%d orders were made", len(orders))
	}
	testkit.Must[*pb.ReinstateCertificateResponse](t, x.County, &pb.ReinstateCertificateRequest{Id: first.goods.GetId(), Reason: "x"})
	testkit.Must[*pb.AwardDemandResponse](t, x.School, &pb.AwardDemandRequest{Id: d.GetId(), Lines: []*pb.AwardLine{good}})
	x.CheckInvariants(t)
}

// sameButLogged says whether the same rows are there, but for the log of the
// decisions that denied.
func sameButLogged(before, after map[string]int64) bool {
	before, after = maps.Clone(before), maps.Clone(after)
	delete(before, "decisions")
	delete(after, "decisions")
	return maps.Equal(before, after)
}

// matrixDemands asks every RPC about demands: one that is open, and one that has
// closed and is not awarded.
func matrixDemands(t *testing.T, x *testkit.Exchange) []proto.Message {
	t.Helper()
	c := &clock{}
	seller := supplier{x.Cooperative, x.Certificate(t, testkit.OfferOptions{AnnualUnits: 9})}
	key, in := demandOf(t, x, c, 3)
	in.CloseTime = timestamppb.New(time.Now().Add(3 * time.Second))
	closed := asked{testkit.Must[*pb.PostDemandResponse](t, x.School, in).GetDemand(), key}
	sold := seller.quotes(t, closed.Demand, 2, 6200)
	open := post(t, x, c, 3)
	mine := seller.quotes(t, open.Demand, 2, 6200)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline) && closed.GetState() != pb.DemandState_DEMAND_STATE_CLOSED; time.Sleep(100 * time.Millisecond) {
		closed.Demand = testkit.Must[*pb.GetDemandResponse](t, x.School, &pb.GetDemandRequest{Id: closed.GetId()}).GetDemand()
	}
	x.WaitSealed(t)
	_, post := demandOf(t, x, c, 3)
	quote, _ := (supplier{x.Cooperative, x.Certificate(t, testkit.OfferOptions{AnnualUnits: 9})}).sealed(t, open.Demand, 1, 6200)
	post.DryRun, quote.DryRun = true, true
	return []proto.Message{
		post, &pb.GetDemandRequest{Id: open.GetId()}, &pb.ListDemandsRequest{}, &pb.AmendDemandRequest{DryRun: true, Id: open.GetId(), Quantity: 1000, Reason: "x"},
		&pb.CancelDemandRequest{DryRun: true, Id: open.GetId(), Reason: "x"}, quote, &pb.WithdrawQuoteRequest{DryRun: true, Id: mine.GetId()},
		&pb.GetQuoteRequest{Id: mine.GetId()}, &pb.ListQuotesRequest{}, &pb.OpenQuotesRequest{Id: closed.GetId()},
		&pb.AwardDemandRequest{DryRun: true, Id: closed.GetId(), Lines: []*pb.AwardLine{closed.opened(t, x)[sold.GetId()]}},
		&pb.GetDemandReceiptRequest{Id: closed.GetId()}, &pb.GetQuoteReceiptRequest{Id: sold.GetId()},
	}
}

// Who watches demands hears of the posting, the amendment and the closing, and
// nothing of a quote.
func TestAWatchOfDemandsTellsOfAmendmentsAndTheClosing(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into, swift)
	ctx, stop := context.WithTimeout(t.Context(), watchTime)
	defer stop()
	stream, err := pb.NewDemandServiceClient(x.Conn()).WatchDemands(x.Cooperative.Context(ctx), &pb.WatchDemandsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil { // the first word
		t.Fatal(err)
	}
	d := post(t, x, c, 3)
	supplier{x.Cooperative, x.Certificate(t, testkit.OfferOptions{AnnualUnits: 9})}.quotes(t, d.Demand, 2, 6200)
	testkit.Must[*pb.AmendDemandResponse](t, x.School, &pb.AmendDemandRequest{Id: d.GetId(), Quantity: 2000, Reason: "x"})
	closes(t, x, c)
	var kinds []string
	for len(kinds) < 3 {
		m, err := stream.Recv()
		if err != nil {
			t.Fatalf("after %v: %v", kinds, err)
		}
		if e := m.GetEvent(); e != nil {
			kinds = append(kinds, e.GetKind())
		}
	}
	if !slices.Equal(kinds, []string{"demand.posted", "demand.amended", "demand.closed"}) {
		t.Errorf("told of %v", kinds)
	}
}

// The buyer's and the seller's clients do all of it: make the key, seal, open,
// prove the closing by the log, and award; a file that says something else than
// what was sealed is refused.
func TestDemandsFromTheTerminal(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	dir := t.TempDir()
	key, content := filepath.Join(dir, "demand.key"), filepath.Join(dir, "quote.json")
	school, seller := newTerminal(t, x, x.School), newTerminal(t, x, x.Cooperative)
	goods := x.Certificate(t, testkit.OfferOptions{AnnualUnits: 100})
	in := []string{"demands", "post", "--key-file", key, "--title", "apples", "--category", "fresh-fruit", "--quantity", "9000",
		"--deliver-by", string(x.Today().Plus(20)), "--closes", c.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
	school.must(in...)
	demands := testkit.Must[*pb.ListDemandsResponse](t, x.School, &pb.ListDemandsRequest{}).GetDemands()
	if len(demands) != 1 {
		t.Fatalf("%d demands were posted", len(demands))
	}
	id := demands[0].GetId()
	sealing := []string{"quotes", "seal", "--demand", id, "--product", goods.GetProductId(), "--certificate", goods.GetId(),
		"--quantity", "8000", "--price", "61.50", "--lead-days", "2", "--content-file", content}
	if code, _, out := seller.run(append(slices.Clone(sealing), "--price-basis", "per-kg")...); code == 0 || !strings.Contains(out, "PRICE_INVALID") {
		t.Errorf("a price per kg of goods by the sales unit: %d, %s", code, out)
	}
	if _, err := os.Stat(content); !os.IsNotExist(err) {
		t.Errorf("what was refused is kept: %v", err)
	}
	seller.must(sealing...)
	if code, _, out := seller.run(append(slices.Clone(sealing), "--note", "else")...); code != 1 || !strings.Contains(out, "another quote") {
		t.Errorf("sealing something else from the same file: %d, %s", code, out)
	}
	if code, _, out := school.run("demands", "open", id, "--key-file", key); code != 4 || !strings.Contains(out, "QUOTES_SEALED") {
		t.Errorf("opening before the closing: %d, %s", code, out)
	}
	closes(t, x, c)
	x.WaitSealed(t)
	opened := filepath.Join(dir, "opened.json")
	out := school.must("demands", "open", id, "--key-file", key, "--verifier", x.VerifierKeyFile(), "--out", opened)
	if !strings.Contains(out, "61.50") || !strings.Contains(out, "of the sealed log") {
		t.Errorf("opened:\n%s", out)
	}
	quote := testkit.Must[*pb.ListQuotesResponse](t, x.School, &pb.ListQuotesRequest{DemandId: id}).GetQuotes()[0].GetId()
	if code, _, out := school.run("demands", "award", id, "--opened", opened, "--quote", quote+"=x"); code != 2 {
		t.Errorf("a quantity that is none: %d, %s", code, out)
	}
	out = school.must("demands", "award", id, "--opened", opened, "--quote", quote+"=5000")
	if !strings.Contains(out, "AWARDED") {
		t.Errorf("awarded:\n%s", out)
	}
	testkit.Exec(t, x.Config.DatabaseURL, "UPDATE quotes SET commitment = digest")
	if code, _, out := school.run("demands", "open", id, "--key-file", key); code != 1 || !strings.Contains(out, "not those that stood") {
		t.Errorf("opening what was exchanged: %d, %s", code, out)
	}
}
