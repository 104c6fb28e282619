package testkit_test

import (
	"flag"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// clock is a clock that a test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// model is one offer with its orders, held in the pure packages alone. Every
// command goes to it and to the exchange, and both must answer the same.
type model struct {
	t        *rapid.T
	x        *testkit.Exchange
	clock    *clock
	offerID  string
	offer    exchange.Offer
	capacity exchange.Capacity
	ids      []string // the exchange's orders
	orders   []exchange.Order
	disputes map[int]exchange.Dispute // by the place of their order
	counted  map[string]bool          // bank lines, by reference
	buyers   []*testkit.Person
	book     []ledger.Transaction
}

func newModel(t *rapid.T, tb testing.TB, x *testkit.Exchange, c *clock) *model {
	c.ahead.Store(0)
	weighed := rapid.Bool().Draw(t, "weighed")
	price := rapid.Int64Range(1, 99_999).Draw(t, "price")
	shown := x.Offer(tb, testkit.OfferOptions{Units: 100, PriceFen: price, CatchWeight: weighed})
	basis := exchange.PerSalesUnit
	if weighed {
		basis = exchange.PerKg
	}
	product := exchange.Product{ID: uuid.New(), UnitQuantity: 1000, CatchWeight: weighed, BaseUnit: exchange.Gram}
	season := exchange.Span{From: exchange.Day(shown.GetSeasonFrom()), To: exchange.Day(shown.GetSeasonTo())}
	draft, err := exchange.DraftOffer(exchange.NewOffer{
		ID: uuid.New(), Seller: exchange.Member{ID: uuid.New(), Division: "610621"}, Product: product, Quantity: shown.GetQuantity(),
		PriceBasis: basis, PriceFen: price, Season: season,
	}, c.Now())
	if err != nil {
		t.Fatal(err)
	}
	offer, capacity, err := exchange.PublishOffer(draft, &exchange.Capacity{Quantity: shown.GetQuantity(), ValueFen: 100 * price}, c.Now())
	if err != nil {
		t.Fatal(err)
	}
	m := &model{t: t, x: x, clock: c, offerID: shown.GetId(), offer: offer, capacity: *capacity, disputes: map[int]exchange.Dispute{}, counted: map[string]bool{}}
	m.begin()
	return m
}

// begin has some orders on their way, so that few commands lead far.
func (m *model) begin() {
	for i := range 4 {
		m.place(m.x.School, 9)
		o, err := exchange.ConfirmOrder(m.orders[i], uuid.New(), m.clock.Now())
		m.ask(m.x.Cooperative, &pb.ConfirmOrderRequest{Id: m.ids[i]}, err)
		m.change(i, o, err)
		if i%2 == 0 {
			continue
		}
		o, err = exchange.ShipOrder(m.orders[i], "", m.clock.Now())
		m.ask(m.x.Cooperative, &pb.ShipOrderRequest{Id: m.ids[i]}, err)
		m.change(i, o, err)
	}
}

// ask sends a command to the exchange and wants the code that the model gave.
func (m *model) ask(p *testkit.Person, in proto.Message, want error) proto.Message {
	code := fault.Code("OK")
	if e, ok := fault.As(want); ok {
		code = e.Code
	}
	out, err := testkit.Ask(m.t.Context(), p, in)
	if got := testkit.CodeOf(err); got != code {
		m.t.Fatalf("%T %v: the exchange says %s, the rules %s", in, in, got, code)
	}
	return out
}

// change takes what a rule gave into the model.
func (m *model) change(i int, c exchange.Change, err error) {
	if err != nil {
		return
	}
	m.orders[i] = c.Order
	if c.Dispute != nil {
		m.disputes[i] = *c.Dispute
	}
	if c.Offer != nil {
		if c.Offer.Closed() {
			if m.capacity, err = m.capacity.Shrink(*c.Offer, m.offer.Taken, c.Offer.Taken); err != nil {
				m.t.Fatal(err)
			}
		}
		m.offer = *c.Offer
	}
	m.book = append(m.book, c.Transactions...)
}

func (m *model) place(p *testkit.Person, units int64) {
	at := m.clock.Now()
	buyer := exchange.Member{ID: uuid.MustParse(p.Member), Division: "320115"}
	o, err := exchange.ProposeOrder(m.offer, exchange.Placement{
		ID: uuid.New(), Buyer: buyer, Quantity: units * 1000, Consignee: "320115", HoldTime: 48 * time.Hour,
	}, at)
	offer := m.offer
	if err == nil {
		offer, err = exchange.TakeStock(m.offer, o, at)
	}
	out := m.ask(p, &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: m.offerID, Quantity: units * 1000}, err)
	if err != nil {
		return
	}
	placed, _ := out.(*pb.PlaceOrderResponse)
	m.offer, m.orders, m.buyers = offer, append(m.orders, o), append(m.buyers, p)
	m.ids = append(m.ids, placed.GetOrder().GetId())
}

// one picks an order.
func (m *model) one(t *rapid.T) int {
	if len(m.orders) == 0 {
		t.Skip("no order yet")
	}
	return rapid.IntRange(0, len(m.orders)-1).Draw(t, "order")
}

// step is a step of an order by one of its parties.
func (m *model) step(rule func(exchange.Order) (exchange.Change, error), who func(i int) *testkit.Person, in func(id string) proto.Message) func(*rapid.T) {
	return func(t *rapid.T) {
		i := m.one(t)
		c, err := rule(m.orders[i])
		m.ask(who(i), in(m.ids[i]), err)
		m.change(i, c, err)
	}
}

func (m *model) accept(t *rapid.T) {
	i := m.one(t)
	o := m.orders[i]
	grain := int64(1)
	if !o.PerKg {
		grain = o.UnitQuantity
	}
	a := exchange.Acceptance{Reason: "checked"}
	a.Accepted = rapid.Int64Range(0, o.Quantity/grain).Draw(t, "accepted") * grain
	a.Rejected = rapid.Int64Range(0, (o.Quantity-a.Accepted)/grain).Draw(t, "rejected") * grain
	a.Short = o.Quantity - a.Accepted - a.Rejected
	c, err := exchange.AcceptOrder(o, m.offer, a, uuid.New, m.clock.Now())
	m.ask(m.buyers[i], &pb.AcceptOrderRequest{
		Id: m.ids[i], AcceptedQuantity: a.Accepted, RejectedQuantity: a.Rejected, ShortQuantity: a.Short, Reason: a.Reason,
	}, err)
	m.change(i, c, err)
}

func (m *model) pay(t *rapid.T) {
	i := m.one(t)
	fen := rapid.Int64Range(1, m.orders[i].AcceptedFen+1).Draw(t, "fen")
	reference := uuid.NewString()
	c, err := exchange.RecordPayment(m.orders[i], uuid.New(), fen, reference, uuid.New, m.clock.Now())
	m.ask(m.buyers[i], &pb.RecordPaymentRequest{Id: m.ids[i], AmountFen: fen, BankReference: reference}, err)
	m.change(i, c, err)
}

// expire lets the holds of all placed orders run out.
func (m *model) expire(t *rapid.T) {
	if rapid.IntRange(0, 5).Draw(t, "rarely") > 0 {
		t.Skip("rarely")
	}
	m.clock.ahead.Add(int64(49 * time.Hour))
	// Not by its job, which the server may just have put off.
	if _, err := m.x.App.ExpireOrders(app.WithPrincipal(t.Context(), app.System())); err != nil {
		t.Fatal(err)
	}
	for i, o := range m.orders {
		if o.State == exchange.OrderPlaced {
			c, err := exchange.ExpireOrder(o, m.offer, m.clock.Now())
			m.change(i, c, err)
		}
	}
}

func (m *model) withdraw(t *rapid.T) {
	if rapid.IntRange(0, 5).Draw(t, "rarely") > 0 {
		t.Skip("rarely")
	}
	offer, capacity, err := exchange.EndOffer(m.offer, &m.capacity, exchange.OfferWithdrawn, "", m.clock.Now())
	m.ask(m.x.Cooperative, &pb.WithdrawOfferRequest{Id: m.offerID}, err)
	if err == nil {
		m.offer, m.capacity = offer, *capacity
	}
}

func (m *model) pause(*rapid.T) {
	offer, err := exchange.PauseOffer(m.offer, "frost", m.clock.Now())
	m.ask(m.x.Cooperative, &pb.PauseOfferRequest{Id: m.offerID, Reason: "frost"}, err)
	if err == nil {
		m.offer = offer
	}
}

func (m *model) resume(*rapid.T) {
	offer, err := exchange.ResumeOffer(m.offer, m.clock.Now())
	m.ask(m.x.Cooperative, &pb.ResumeOfferRequest{Id: m.offerID}, err)
	if err == nil {
		m.offer = offer
	}
}

// compare wants the exchange to show what the model holds.
func (m *model) compare(tb testing.TB) {
	shown := testkit.Must[*pb.GetOfferResponse](tb, m.x.Cooperative, &pb.GetOfferRequest{Id: m.offerID}).GetOffer()
	if shown.GetTakenQuantity() != m.offer.Taken || shown.GetState().String() != "OFFER_STATE_"+string(m.offer.State) {
		m.t.Fatalf("the offer is %s with %d taken, the rules say %s with %d", shown.GetState(), shown.GetTakenQuantity(), m.offer.State, m.offer.Taken)
	}
	c := testkit.Must[*pb.GetCertificateResponse](tb, m.x.Cooperative, &pb.GetCertificateRequest{Id: shown.GetCertificateId()}).GetCertificate()
	if left := m.capacity.Quantity - m.capacity.TakenQuantity; c.GetRemainingQuantity() != left {
		m.t.Fatalf("the certificate has %d left, the rules say %d", c.GetRemainingQuantity(), left)
	}
	for i, o := range m.orders {
		got := testkit.Must[*pb.GetOrderResponse](tb, m.buyers[i], &pb.GetOrderRequest{Id: m.ids[i]}).GetOrder()
		if got.GetState().String() != "ORDER_STATE_"+string(o.State) || got.GetAmountFen() != o.AmountFen || got.GetAcceptedAmountFen() != o.AcceptedFen ||
			got.GetPaidAmountFen() != o.PaidFen || got.GetAcceptedQuantity() != o.Accepted || got.GetRefundedAmountFen() != o.RefundedFen ||
			got.GetRefundedQuantity() != o.Refunded || got.GetRepaidAmountFen() != o.RepaidFen || got.GetHeldAmountFen() != o.HeldFen {
			m.t.Fatalf("the exchange has %v, the rules %+v", got, o)
		}
		m.compareEntries(tb, i)
	}
}

// compareEntries wants the ledger to hold what the rules posted for an order.
func (m *model) compareEntries(tb testing.TB, i int) {
	type key struct{ account, measure string }
	balance := map[key]int64{}
	for _, tx := range m.book {
		if tx.Order != m.orders[i].ID.UUID {
			continue
		}
		for _, e := range tx.Entries {
			balance[key{string(e.Account.Kind), string(e.Measure)}] += e.AmountFen
		}
	}
	entries := testkit.Must[*pb.ListEntriesResponse](tb, m.buyers[i], &pb.ListEntriesRequest{OrderId: m.ids[i], PageSize: 1000}).GetEntries()
	for _, e := range entries {
		measure := e.GetMeasure().String()[len("MEASURE_"):]
		if e.GetMeasure() == pb.Measure_MEASURE_UNSPECIFIED {
			measure = ""
		}
		balance[key{e.GetAccountKind().String()[len("ACCOUNT_KIND_"):], measure}] -= e.GetAmountFen()
	}
	for k, fen := range balance {
		if fen != 0 {
			m.t.Fatalf("order %s: %s %s differs by %d fen between the ledger and the rules", m.ids[i], k.account, k.measure, fen)
		}
	}
}

// Random commands through the public API end as the pure rules say they do:
// the same codes, states, stock, capacity and ledger.
func TestTheExchangeAgreesWithTheRulesOnRandomCommands(t *testing.T) {
	fewer(t, "25")
	c := &clock{}
	x := testkit.New(t, func(s *server.Config) { s.Now = c.Now })
	cooperative := func(int) *testkit.Person { return x.Cooperative }
	rapid.Check(t, func(r *rapid.T) {
		m := newModel(r, t, x, c)
		buyer := func(i int) *testkit.Person { return m.buyers[i] }
		r.Repeat(map[string]func(*rapid.T){
			"place": func(r *rapid.T) {
				p := rapid.SampledFrom([]*testkit.Person{x.School, x.Hospital}).Draw(r, "buyer")
				m.place(p, rapid.Int64Range(-1, 40).Draw(r, "units"))
			},
			"confirm": m.step(func(o exchange.Order) (exchange.Change, error) { return exchange.ConfirmOrder(o, uuid.New(), c.Now()) },
				cooperative, func(id string) proto.Message { return &pb.ConfirmOrderRequest{Id: id} }),
			"ship": m.step(func(o exchange.Order) (exchange.Change, error) { return exchange.ShipOrder(o, "", c.Now()) },
				cooperative, func(id string) proto.Message { return &pb.ShipOrderRequest{Id: id} }),
			"deliver": m.step(func(o exchange.Order) (exchange.Change, error) { return exchange.DeliverOrder(o, c.Now()) },
				buyer, func(id string) proto.Message { return &pb.DeliverOrderRequest{Id: id} }),
			"cancel": m.step(func(o exchange.Order) (exchange.Change, error) {
				return exchange.CancelOrder(o, m.offer, "x", uuid.New, c.Now())
			}, buyer, func(id string) proto.Message { return &pb.CancelOrderRequest{Id: id, Reason: "x"} }),
			"accept": m.accept, "pay": m.pay, "dispute": m.dispute, "resolve": m.resolve, "repay": m.repay, "bank": m.bank, "expire": m.expire, "withdraw": m.withdraw, "pause": m.pause, "resume": m.resume,
		})
		m.compare(t)
	})
	x.CheckInvariants(t)
}

// A season and a certificate end with their last day, in China's time.
func TestWhatIsOverEndsByItself(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, func(s *server.Config) { s.Now = c.Now })
	offer := x.Offer(t, testkit.OfferOptions{Units: 10})
	read := func() (*pb.Offer, *pb.Certificate) {
		if err := x.App.DoJobs(t.Context()); err != nil {
			t.Fatal(err)
		}
		return testkit.Must[*pb.GetOfferResponse](t, x.Cooperative, &pb.GetOfferRequest{Id: offer.GetId()}).GetOffer(),
			testkit.Must[*pb.GetCertificateResponse](t, x.Cooperative, &pb.GetCertificateRequest{Id: offer.GetCertificateId()}).GetCertificate()
	}
	rows := []struct {
		at          exchange.Day
		offer       pb.OfferState
		certificate pb.CertificateState
	}{
		{exchange.Day(offer.GetSeasonTo()), pb.OfferState_OFFER_STATE_PUBLISHED, pb.CertificateState_CERTIFICATE_STATE_IN_FORCE},
		{exchange.Day(offer.GetSeasonTo()).Plus(1), pb.OfferState_OFFER_STATE_EXPIRED, pb.CertificateState_CERTIFICATE_STATE_IN_FORCE},
		{exchange.DayOf(time.Now()).Plus(365), pb.OfferState_OFFER_STATE_EXPIRED, pb.CertificateState_CERTIFICATE_STATE_IN_FORCE},
		{exchange.DayOf(time.Now()).Plus(366), pb.OfferState_OFFER_STATE_EXPIRED, pb.CertificateState_CERTIFICATE_STATE_EXPIRED},
	}
	for _, r := range rows {
		c.ahead.Store(int64(time.Until(r.at.Start())) + int64(time.Minute))
		if o, cert := read(); o.GetState() != r.offer || cert.GetState() != r.certificate {
			t.Errorf("on %s the offer is %s, the certificate %s", r.at, o.GetState(), cert.GetState())
		}
	}
	x.CheckInvariants(t)
}

// fewer lowers the number of rapid's checks where each is many calls.
func fewer(t *testing.T, checks string) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if f == nil || f.Value.String() != f.DefValue {
		return // somebody asked for a number
	}
	if err := f.Value.Set(checks); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
}
