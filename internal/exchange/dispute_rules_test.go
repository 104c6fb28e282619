package exchange

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
)

// I4, I5: however an order is paid, disputed, resolved and paid back, every
// transaction balances, its accounts and volumes are what the order says, and at
// the end, when nothing is owed either way, the accounts stand at zero.
func TestDisputesAndRefundsLeaveTheAccountsAtWhatIsOwed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := order(OrderShipped)
		o.PerKg, o.PriceFen = true, rapid.Int64Range(1, 90_000).Draw(t, "price")
		o.Quantity = rapid.Int64Range(1000, 90_000).Draw(t, "quantity")
		o.AmountFen, _ = Amount(o.Quantity, 1, o.PriceFen, true)
		o.Accepted, o.AcceptedFen = 0, 0
		accepted := rapid.Int64Range(1000, o.Quantity).Draw(t, "accepted")
		b := book{t: t, balance: map[ledger.AccountKind]int64{}, fen: map[ledger.Measure]int64{}, quantity: map[ledger.Measure]int64{}}
		b.post(ledger.Confirm(o.posting(), uuid.New(), noon))
		c, err := AcceptOrder(o, Offer{Taken: o.Quantity}, Acceptance{Accepted: accepted, Rejected: o.Quantity - accepted, Reason: "x"}, uuid.New, noon)
		if err != nil {
			t.Fatal(err)
		}
		b.take(c)
		var d Dispute
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			step := rapid.SampledFrom([]string{"pay", "pay", "dispute", "resolve", "repay"}).Draw(t, "step")
			c, err := anyStep(t, step, b.order, &d)
			if err == nil {
				b.take(c)
			}
		}
		o = b.order
		net := o.PaidFen - o.RepaidFen - o.HeldFen
		want := map[ledger.AccountKind]int64{ledger.ClearingBuyer: o.BuyerDueFen(), ledger.ClearingSeller: -o.SellerDueFen()}
		for kind, fen := range b.balance {
			if fen != want[kind] {
				t.Errorf("%s stands at %d, want %d", kind, fen, want[kind])
			}
		}
		if b.fen[ledger.Accepted] != o.NetFen() || b.fen[ledger.Settled] != net || b.fen[ledger.Contracted] != o.AcceptedFen {
			t.Errorf("volumes %v of %+v", b.fen, o)
		}
		if b.quantity[ledger.Accepted] != o.Accepted-o.Refunded || b.quantity[ledger.Settled] != o.settledQuantity() {
			t.Errorf("quantities %v of %+v", b.quantity, o)
		}
		if (o.State == OrderSettled || o.State == OrderRefunded) && (o.BuyerDueFen() != 0 || o.SellerDueFen() != 0) {
			t.Errorf("%s with %d due from the buyer and %d to the seller", o.State, o.BuyerDueFen(), o.SellerDueFen())
		}
	})
}

// anyStep takes a step with random numbers, some of them wrong.
func anyStep(t *rapid.T, step string, o Order, d *Dispute) (Change, error) {
	fen := rapid.Int64Range(0, o.AcceptedFen+1).Draw(t, "fen")
	quantity := rapid.Int64Range(0, o.Accepted+1).Draw(t, "of")
	switch step {
	case "pay":
		return RecordPayment(o, uuid.New(), max(min(fen, o.BuyerDueFen()), 1), "b", uuid.New, noon)
	case "repay":
		return RecordRefund(o, uuid.New(), max(min(fen, -o.BuyerDueFen()), 1), "b", uuid.New, noon)
	case "dispute":
		c, err := DisputeOrder(o, Claim{Quantity: quantity, AmountFen: fen, Reason: "x"}, noon, time.Hour, uuid.New(), noon)
		if err == nil {
			*d = *c.Dispute
		}
		return c, err
	default:
		outcome := rapid.SampledFrom([]DisputeState{DisputeForBuyer, DisputeForSeller, DisputeSplit}).Draw(t, "outcome")
		r := Resolution{Outcome: outcome, Refunded: min(quantity, d.Quantity), RefundedFen: fen, Reason: "y"}
		return ResolveDispute(o, *d, r, uuid.New(), uuid.New, noon)
	}
}

// book adds up what is posted.
type book struct {
	t             *rapid.T
	order         Order
	balance       map[ledger.AccountKind]int64
	fen, quantity map[ledger.Measure]int64
}

func (b *book) take(c Change) {
	b.order = c.Order
	for _, tx := range c.Transactions {
		b.post(tx)
	}
}

func (b *book) post(tx ledger.Transaction) {
	if err := tx.Validate(); err != nil {
		b.t.Fatalf("%s: %v", tx.Kind, err)
	}
	for _, e := range tx.Entries {
		b.balance[e.Account.Kind] += e.AmountFen
		b.fen[e.Measure] += e.MeasureFen
		b.quantity[e.Measure] += e.MeasureQuantity
	}
}

func TestAClaimIsNoMoreThanWhatWasAcceptedAndNotGivenBack(t *testing.T) {
	o := order(OrderAccepted)
	o.Refunded, o.RefundedFen = 4, 20
	rows := []struct {
		claim Claim
		fen   int64
		want  fault.Code
	}{
		{Claim{Quantity: 2}, 10, ""}, {Claim{Quantity: 6}, 30, ""}, {Claim{AmountFen: 30}, 30, ""}, {Claim{Quantity: 2, AmountFen: 3}, 3, ""},
		{Claim{}, 0, fault.DisputeInvalid}, {Claim{Quantity: 7}, 0, fault.DisputeInvalid}, {Claim{AmountFen: 31}, 0, fault.DisputeInvalid},
		{Claim{Quantity: -1}, 0, fault.DisputeInvalid}, {Claim{AmountFen: -1}, 0, fault.DisputeInvalid},
	}
	for _, r := range rows {
		c, err := DisputeOrder(o, r.claim, noon, time.Hour, uuid.New(), noon)
		switch {
		case r.want != "" && !fault.Is(err, r.want):
			t.Errorf("%+v: %v, want %s", r.claim, err, r.want)
		case r.want == "" && (err != nil || c.Dispute.AmountFen != r.fen):
			t.Errorf("%+v: %+v, %v; want %d fen", r.claim, c.Dispute, err, r.fen)
		}
	}
}
