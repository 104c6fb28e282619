package exchange

import (
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
)

// I1, against arithmetic without limits.
func TestAmountIsExactPerUnitAndRoundedHalfToEvenPerKg(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.Int64Range(1, 100_000).Draw(t, "unit")
		quantity := rapid.OneOf(rapid.Int64Range(0, 1_000_000), rapid.Int64Range(0, math.MaxInt64)).Draw(t, "quantity")
		price := rapid.OneOf(rapid.Int64Range(0, 100_000), rapid.Int64Range(0, math.MaxInt64)).Draw(t, "price")
		perKg := rapid.Bool().Draw(t, "perKg")
		divisor := unit
		if perKg {
			divisor = 1000
		} else {
			quantity -= quantity % unit
		}
		product := new(big.Int).Mul(big.NewInt(quantity), big.NewInt(price))
		want, rest := new(big.Int).QuoRem(product, big.NewInt(divisor), new(big.Int))
		switch twice := new(big.Int).Lsh(rest, 1); twice.Cmp(big.NewInt(divisor)) {
		case 1:
			want.Add(want, big.NewInt(1))
		case 0:
			want.Add(want, new(big.Int).And(want, big.NewInt(1)))
		}
		got, err := Amount(quantity, unit, price, perKg)
		if !want.IsInt64() {
			if !fault.Is(err, fault.AmountOverflow) {
				t.Fatalf("%s is beyond int64: %d, %v", want, got, err)
			}
			return
		}
		if err != nil || got != want.Int64() {
			t.Fatalf("Amount(%d, %d, %d, %t) = %d, %v; want %s", quantity, unit, price, perKg, got, err, want)
		}
	})
}

func TestAPartOfASalesUnitHasNoAmount(t *testing.T) {
	if _, err := Amount(15, 10, 1, false); !fault.Is(err, fault.QuantityNotMultiple) {
		t.Error(err)
	}
}

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

func order(state OrderState) Order {
	return Order{
		ID: ID{Shaanxi, uuid.New()}, State: state, Quantity: 10, UnitQuantity: 1, PriceFen: 5, AmountFen: 50, AcceptedFen: 50,
		Accepted: 10, HoldUntil: noon.Add(time.Hour), Obligations: Obligations{Direction: SNToJS},
	}
}

// The state machine, every state with every step.
func TestEveryStepOfAnOrderFromEveryState(t *testing.T) {
	offer := Offer{ID: ID{Shaanxi, uuid.New()}, Quantity: 10, Taken: 10, UnitQuantity: 1, PriceFen: 5}
	steps := map[string]func(Order) error{
		"confirm": func(o Order) error { _, err := ConfirmOrder(o, uuid.New(), noon); return err },
		"ship":    func(o Order) error { _, err := ShipOrder(o, "", noon); return err },
		"deliver": func(o Order) error { _, err := DeliverOrder(o, noon); return err },
		"accept": func(o Order) error {
			_, err := AcceptOrder(o, offer, Acceptance{Accepted: 10}, uuid.New, noon)
			return err
		},
		"approve": func(o Order) error { _, err := ApproveOrder(o, "zhou", time.Hour, noon); return err },
		"decline": func(o Order) error { _, err := DeclineOrder(o, offer, "x", noon); return err },
		"cancel":  func(o Order) error { _, err := CancelOrder(o, offer, "x", uuid.New, noon); return err },
		"pay":     func(o Order) error { _, err := RecordPayment(o, uuid.New(), 1, "b", uuid.New, noon); return err },
		"expire":  func(o Order) error { _, err := ExpireOrder(o, offer, noon.Add(2*time.Hour)); return err },
		"dispute": func(o Order) error {
			_, err := DisputeOrder(o, Claim{AmountFen: 1}, noon, time.Hour, uuid.New(), noon)
			return err
		},
		"resolve": func(o Order) error {
			r := Resolution{Outcome: DisputeForSeller}
			_, err := ResolveDispute(o, Dispute{AmountFen: 1}, r, uuid.New(), uuid.New, noon)
			return err
		},
		"repay": func(o Order) error {
			o.PaidFen, o.RefundedFen = 50, 1
			_, err := RecordRefund(o, uuid.New(), 1, "b", uuid.New, noon)
			return err
		},
	}
	allowed := map[string][]OrderState{
		"confirm": {OrderPlaced}, "ship": {OrderConfirmed}, "deliver": {OrderShipped}, "accept": {OrderShipped, OrderDelivered},
		"cancel": {OrderPending, OrderPlaced, OrderConfirmed}, "pay": {OrderAccepted, OrderPartAccepted}, "expire": {OrderPending, OrderPlaced},
		"approve": {OrderPending}, "decline": {OrderPending},
		"dispute": {OrderAccepted, OrderPartAccepted, OrderSettled}, "resolve": {OrderDisputed}, "repay": {OrderRefunding},
	}
	for _, state := range []OrderState{
		OrderPending, OrderPlaced, OrderConfirmed, OrderShipped, OrderDelivered, OrderAccepted, OrderPartAccepted, OrderRejected, OrderSettled,
		OrderCancelled, OrderExpired, OrderDisputed, OrderRefunding, OrderRefunded,
	} {
		for name, step := range steps {
			err := step(order(state))
			if want := slices.Contains(allowed[name], state); want != (err == nil) {
				t.Errorf("%s from %s: %v", name, state, err)
			} else if !want && !fault.Is(err, fault.WrongState) {
				t.Errorf("%s from %s: %v, want WRONG_STATE", name, state, err)
			}
		}
	}
}

func TestAnOrderIsNotConfirmedAfterItsHold(t *testing.T) {
	if _, err := ConfirmOrder(order(OrderPlaced), uuid.New(), noon.Add(2*time.Hour)); !fault.Is(err, fault.WrongState) {
		t.Error(err)
	}
	if _, err := ExpireOrder(order(OrderPlaced), Offer{Taken: 10}, noon); !fault.Is(err, fault.WrongState) {
		t.Error(err)
	}
}

func TestAcceptedRejectedAndShortAddUpToTheOrder(t *testing.T) {
	rows := []struct {
		a    Acceptance
		want fault.Code
	}{
		{Acceptance{Accepted: 11}, fault.QuantityInvalid}, {Acceptance{Accepted: 9}, fault.QuantityInvalid},
		{Acceptance{Accepted: -1, Rejected: 11}, fault.QuantityInvalid}, {Acceptance{Accepted: 9, Rejected: 1}, fault.TextInvalid},
		{Acceptance{Accepted: math.MaxInt64, Rejected: math.MaxInt64, Short: 12}, fault.QuantityInvalid},
	}
	for _, r := range rows {
		if _, err := AcceptOrder(order(OrderShipped), Offer{Taken: 10}, r.a, uuid.New, noon); !fault.Is(err, r.want) {
			t.Errorf("%+v: %v, want %s", r.a, err, r.want)
		}
	}
}

// cheapWeighed is a kilogram of catch weight at 2 yuan, shipped.
func cheapWeighed() Order {
	return Order{
		ID: ID{Shaanxi, uuid.New()}, State: OrderShipped, Quantity: 1000, UnitQuantity: 1000, PriceFen: 200, PerKg: true, AmountFen: 200,
		Obligations: Obligations{Direction: SNToJS}, CommitmentTx: uuid.New(),
	}
}

// Grams that rounding gives away cost nothing and leave CONTRACTED all the same.
func TestWhatIsMissingLeavesContractedEvenWhereItCostsNothing(t *testing.T) {
	for accepted := int64(990); accepted <= 1000; accepted++ {
		o := cheapWeighed()
		book := []ledger.Transaction{ledger.Confirm(o.posting(), o.CommitmentTx, noon)}
		a := Acceptance{Accepted: accepted, Short: 1000 - accepted, Reason: "weighed"}
		c, err := AcceptOrder(o, Offer{Taken: 1000}, a, uuid.New, noon)
		if err != nil {
			t.Fatal(err)
		}
		quantities := map[ledger.Measure]int64{}
		for _, tx := range append(book, c.Transactions...) {
			if err := tx.Validate(); err != nil {
				t.Fatal(err)
			}
			for _, e := range tx.Entries {
				quantities[e.Measure] += e.MeasureQuantity
			}
		}
		if quantities[ledger.Contracted] != accepted || quantities[ledger.Accepted] != accepted || c.Released != 1000-accepted {
			t.Errorf("%d g accepted: %v, %d released", accepted, quantities, c.Released)
		}
	}
}

func TestGoodsComeFromTheirProducersProvince(t *testing.T) {
	p := Product{UnitQuantity: 1000, BaseUnit: Gram}
	_, err := NewProduct(p, Member{Division: "610621"}, Division{Code: "320831", Level: 3}, noon)
	if !fault.Is(err, fault.JurisdictionInvalid) {
		t.Errorf("goods of 320831 by a producer in 610621: %v", err)
	}
}

func TestAPaymentIsAtMostWhatIsOwed(t *testing.T) {
	for _, fen := range []int64{0, -1, 51, math.MaxInt64} {
		if _, err := RecordPayment(order(OrderAccepted), uuid.New(), fen, "b", uuid.New, noon); !fault.Is(err, fault.PaymentInvalid) {
			t.Errorf("%d: %v", fen, err)
		}
	}
	c, err := RecordPayment(order(OrderAccepted), uuid.New(), 50, "b", uuid.New, noon)
	if err != nil || c.Order.State != OrderSettled {
		t.Errorf("the last fen leaves the order %s, %v", c.Order.State, err)
	}
}

// world is one offer under one certificate, with its orders and its book.
type world struct {
	t        *rapid.T
	at       time.Time
	offer    Offer
	capacity Capacity
	orders   []Order
	book     []ledger.Transaction
}

func (w *world) change(i int, c Change, err error) {
	if err != nil {
		if _, ok := fault.As(err); !ok || fault.Is(err, fault.InternalError) {
			w.t.Fatalf("a rule failed: %v", err)
		}
		return
	}
	w.orders[i] = c.Order
	if c.Offer != nil {
		if c.Offer.Closed() {
			var err error
			if w.capacity, err = w.capacity.Shrink(*c.Offer, w.offer.Taken, c.Offer.Taken); err != nil {
				w.t.Fatalf("capacity: %v", err)
			}
		}
		w.offer = *c.Offer
	}
	for _, tx := range c.Transactions {
		if err := tx.Validate(); err != nil {
			w.t.Fatalf("ledger: %v", err)
		}
		w.book = append(w.book, tx)
	}
}

// check proves I2, I3, I4 and that volumes follow from the orders' states.
func (w *world) check() {
	var held int64
	for _, o := range w.orders {
		switch o.State {
		case OrderPlaced, OrderConfirmed, OrderShipped, OrderDelivered:
			held += o.Quantity
		case OrderAccepted, OrderPartAccepted, OrderSettled:
			held += o.Accepted
		}
	}
	if w.offer.Taken != held || held < 0 || held > w.offer.Quantity {
		w.t.Fatalf("I2: taken %d, held %d of %d", w.offer.Taken, held, w.offer.Quantity)
	}
	quantity := w.offer.Quantity
	if w.offer.Closed() {
		quantity = w.offer.Taken
	}
	value, err := w.offer.ValueFen(quantity)
	if err != nil || w.capacity.TakenQuantity != quantity || w.capacity.TakenValueFen != value {
		w.t.Fatalf("I3: taken %d at %d, the offer holds %d at %d", w.capacity.TakenQuantity, w.capacity.TakenValueFen, quantity, value)
	}
	measures := map[ledger.Measure]int64{}
	for _, tx := range w.book {
		for _, e := range tx.Entries {
			measures[e.Measure] += e.MeasureFen
		}
	}
	want := map[ledger.Measure]int64{}
	for _, o := range w.orders {
		want[ledger.Accepted] += o.AcceptedFen
		want[ledger.Settled] += o.PaidFen
		switch o.State {
		case OrderConfirmed, OrderShipped, OrderDelivered:
			want[ledger.Contracted] += o.AmountFen
		default:
			want[ledger.Contracted] += o.AcceptedFen
		}
	}
	for m, fen := range want {
		if measures[m] != fen {
			w.t.Fatalf("I5: %s is %d, want %d", m, measures[m], fen)
		}
	}
}

func newWorld(t *rapid.T) *world {
	weighed := rapid.Bool().Draw(t, "weighed")
	product := Product{ID: uuid.New(), UnitQuantity: 1000, CatchWeight: weighed, BaseUnit: Gram}
	basis := PerSalesUnit
	if weighed {
		basis = PerKg
	}
	draft, err := DraftOffer(NewOffer{
		ID: uuid.New(), Seller: Member{ID: uuid.New(), Division: "610621"}, Product: product, Quantity: 100_000, PriceBasis: basis,
		PriceFen: rapid.Int64Range(1, 99_999).Draw(t, "price"), Season: Span{"2026-01-01", "2026-12-31"},
	}, noon)
	if err != nil {
		t.Fatal(err)
	}
	value, _ := draft.ValueFen(draft.Quantity)
	offer, capacity, err := PublishOffer(draft, &Capacity{Quantity: draft.Quantity, ValueFen: value}, noon)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, at: noon, offer: offer, capacity: *capacity}
	// Some orders are on their way already, so that few steps lead far.
	for i := range 8 {
		w.place(7)
		if i%2 == 0 {
			c, err := ConfirmOrder(w.orders[i], uuid.New(), w.at)
			w.change(i, c, err)
			c, err = ShipOrder(w.orders[i], "", w.at)
			w.change(i, c, err)
		}
	}
	return w
}

func (w *world) place(units int64) {
	buyer := Member{ID: uuid.New(), Division: "320115"}
	o, err := ProposeOrder(w.offer, Placement{ID: uuid.New(), Buyer: buyer, Quantity: units * 1000, Consignee: "320115", HoldTime: time.Hour}, w.at)
	if err != nil {
		w.t.Fatal(err)
	}
	offer, err := TakeStock(w.offer, o, w.at)
	if err != nil {
		if !fault.Is(err, fault.StockShort) && !fault.Is(err, fault.WrongState) {
			w.t.Fatal(err)
		}
		return
	}
	w.offer, w.orders = offer, append(w.orders, o)
}

// Random commands on one offer and its orders keep every invariant.
func TestRandomCommandsKeepEveryInvariant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		one := func(t *rapid.T) int {
			if len(w.orders) == 0 {
				t.Skip("no order yet")
			}
			return rapid.IntRange(0, len(w.orders)-1).Draw(t, "order")
		}
		do := func(step func(o Order) (Change, error)) func(*rapid.T) {
			return func(t *rapid.T) {
				i := one(t)
				c, err := step(w.orders[i])
				w.change(i, c, err)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"place":   func(t *rapid.T) { w.place(rapid.Int64Range(1, 40).Draw(t, "units")) },
			"confirm": do(func(o Order) (Change, error) { return ConfirmOrder(o, uuid.New(), w.at) }),
			"ship":    do(func(o Order) (Change, error) { return ShipOrder(o, "", w.at) }),
			"deliver": do(func(o Order) (Change, error) { return DeliverOrder(o, w.at) }),
			"cancel":  do(func(o Order) (Change, error) { return CancelOrder(o, w.offer, "x", uuid.New, w.at) }),
			"expire":  do(func(o Order) (Change, error) { return ExpireOrder(o, w.offer, w.at.Add(2*time.Hour)) }),
			"accept": func(t *rapid.T) {
				i := one(t)
				o := w.orders[i]
				grain := int64(1)
				if !o.PerKg {
					grain = o.UnitQuantity
				}
				accepted := rapid.Int64Range(0, o.Quantity/grain).Draw(t, "accepted") * grain
				rejected := rapid.Int64Range(0, (o.Quantity-accepted)/grain).Draw(t, "rejected") * grain
				c, err := AcceptOrder(o, w.offer, Acceptance{accepted, rejected, o.Quantity - accepted - rejected, "checked"}, uuid.New, w.at)
				w.change(i, c, err)
			},
			"pay": func(t *rapid.T) {
				i := one(t)
				fen := rapid.Int64Range(1, max(1, w.orders[i].AcceptedFen)).Draw(t, "fen")
				c, err := RecordPayment(w.orders[i], uuid.New(), fen, "b", uuid.New, w.at)
				w.change(i, c, err)
			},
			"withdraw": func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "rarely") > 0 {
					t.Skip("rarely")
				}
				offer, capacity, err := EndOffer(w.offer, &w.capacity, OfferWithdrawn, "", w.at)
				if err == nil {
					w.offer, w.capacity = offer, *capacity
				}
			},
			"": func(*rapid.T) { w.check() },
		})
	})
}
