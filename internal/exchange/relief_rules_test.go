package exchange

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/fault"
)

// twoOffers are an offer and, a tenth below it, a later one of the same goods.
func twoOffers() (before, now Offer) {
	before = aStandingOffer()
	before.PriceFen, before.PriceBasis, before.CreatedAt = 1000, PerSalesUnit, noon.AddDate(0, 0, -30)
	now = before
	now.ID.UUID, now.PriceFen, now.CreatedAt = uuid.New(), 900, noon.AddDate(0, 0, -1)
	return before, now
}

func aDeclaration(before Offer) NewRelief {
	return NewRelief{ID: uuid.New(), DaysOfStock: 40, Before: before, BeforeDays: 29, Span: Span{To: today.Plus(20)}}
}

func reliefRefusals() refusals {
	before, now := twoOffers()
	declare := func(change func(n *NewRelief, o *Offer, last *Relief)) func() error {
		return func() error {
			n, o, last := aDeclaration(before), now, Relief{}
			change(&n, &o, &last)
			_, _, err := DeclareRelief(n, o, &last, noon)
			return err
		}
	}
	ended := Relief{State: ReliefOpen, Span: Span{To: today.Plus(-1)}}
	return refusals{
		"DeclareRelief": {fault.ReliefOpen: declare(func(_ *NewRelief, _ *Offer, last *Relief) { last.State, last.Span.To = ReliefOpen, today })},
		"declarable": {
			fault.WrongState:    declare(func(_ *NewRelief, o *Offer, _ *Relief) { o.State = OfferPaused }),
			fault.OfferReserved: declare(func(_ *NewRelief, o *Offer, _ *Relief) { o.ReservedFor = uuid.New() }),
		},
		"dropped": {fault.ReliefPrice: declare(func(n *NewRelief, _ *Offer, _ *Relief) { n.Before.PriceFen = 900 })},
		"Relief.fits": {
			fault.DatesInvalid:    declare(func(n *NewRelief, _ *Offer, _ *Relief) { n.Span.To = now.Season.To.Plus(1) }),
			fault.QuantityInvalid: declare(func(n *NewRelief, _ *Offer, _ *Relief) { n.DaysOfStock = 0 }),
		},
		"Relief.mayStep": {fault.WrongState: func() error { return second(WithdrawRelief(ended, "x", noon)) }},
	}
}

// The price before is of the same goods, sold in the same way, to everybody, earlier
// and for more.
func TestThePriceBeforeIsThatOfAnEarlierOfferOfTheSameGoods(t *testing.T) {
	for name, change := range map[string]func(before, now *Offer){
		"of another seller":     func(b, _ *Offer) { b.Seller = uuid.New() },
		"of another product":    func(b, _ *Offer) { b.Product = uuid.New() },
		"by another basis":      func(b, _ *Offer) { b.PriceBasis = PerKg },
		"of another sales unit": func(b, _ *Offer) { b.UnitQuantity++ },
		"made later":            func(b, o *Offer) { b.CreatedAt = o.CreatedAt.Add(time.Second) },
		"made at once":          func(b, o *Offer) { b.CreatedAt = o.CreatedAt },
		"for one buyer":         func(b, _ *Offer) { b.ReservedFor = uuid.New() },
		"no dearer":             func(b, o *Offer) { b.PriceFen = o.PriceFen },
	} {
		before, now := twoOffers()
		change(&before, &now)
		if _, _, err := DeclareRelief(aDeclaration(before), now, nil, noon); !fault.Is(err, fault.ReliefPrice) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A drop is never said to be more than it is, nor a basis point less.
func TestADropIsRoundedDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.Int64Range(2, maxOfferFen*1000).Draw(t, "before")
		part := rapid.Int64Range(1, whole-1).Draw(t, "drop")
		if whole > 1<<40 { // so that the comparison itself can be counted
			part, whole = part>>20, whole>>20
		}
		if got := int64(parts(part, whole)); got*whole > part*wholeInBasisPoints || (got+1)*whole <= part*wholeInBasisPoints {
			t.Errorf("%d of %d are %d basis points", part, whole, got)
		}
	})
	if got := parts(maxOfferFen*1000-1, maxOfferFen*1000); got != 9999 {
		t.Errorf("%d", got)
	}
}

// A declaration that is over by its date gives way to another one, and an amended one
// does; nothing else changes what was declared.
func TestADeclarationGivesWayToTheNext(t *testing.T) {
	before, now := twoOffers()
	r, over, err := DeclareRelief(aDeclaration(before), now, nil, noon)
	if err != nil || over != nil || r.DropBP != 1000 || r.Span.From != today || !r.InForce(today) || r.InForce(today.Plus(21)) {
		t.Fatalf("%+v, %+v, %v", r, over, err)
	}
	if _, _, err := DeclareRelief(aDeclaration(before), now, &r, noon.AddDate(0, 0, 20)); !fault.Is(err, fault.ReliefOpen) {
		t.Errorf("a second one beside it: %v", err)
	}
	old, fresh, err := AmendRelief(r, uuid.New(), 0, today.Plus(30), now, noon.AddDate(0, 0, 3))
	if err != nil || old.State != ReliefAmended || fresh.Replaces != r.ID.UUID || fresh.DaysOfStock != 40 || fresh.Span != (Span{today, today.Plus(30)}) || fresh.DropBP != 1000 {
		t.Errorf("%+v, %+v, %v", old, fresh, err)
	}
	later := noon.AddDate(0, 0, 31)
	n := aDeclaration(before)
	n.Span.To = today.Plus(40)
	next, over, err := DeclareRelief(n, now, &fresh, later)
	if err != nil || over == nil || over.State != ReliefOver || over.EndedAt != later || next.Span.From != today.Plus(31) {
		t.Errorf("%+v, %+v, %v", next, over, err)
	}
	if got := EndRelief(fresh, "x", later); got.State != ReliefOver {
		t.Errorf("%+v", got)
	}
	if got := EndRelief(fresh, "x", noon); got.State != ReliefWithdrawn || got.StateReason != "x" {
		t.Errorf("%+v", got)
	}
	named := now.DeclaredBy(fresh)
	if named.ReliefOn(today.Plus(30)) != fresh.ID.UUID || named.ReliefOn(today.Plus(31)) != uuid.Nil || named.DeclaredBy(old).ReliefOn(today) != uuid.Nil {
		t.Errorf("%+v", named)
	}
}

// A price stood while its offer was published, within the window, in whole days.
func TestOnlyDaysOnWhichAnOfferWasPublishedCount(t *testing.T) {
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	history := []OfferAt{{day(0), OfferDraft}, {day(5), OfferPublished}, {day(9), OfferPaused}, {day(20), OfferPublished}, {day(30), OfferWithdrawn}}
	for _, c := range []struct{ from, to, want int }{
		{0, 40, 14}, {0, 7, 2}, {7, 40, 12}, {25, 27, 2}, {9, 20, 0}, {30, 40, 0}, {22, 22, 0},
	} {
		if got := DaysPublished(history, day(c.from), day(c.to)); got != c.want {
			t.Errorf("from %d to %d: %d, want %d", c.from, c.to, got, c.want)
		}
	}
	if got := DaysPublished(history[:2], day(0), day(6).Add(-time.Second)); got != 0 {
		t.Errorf("less than a day is %d", got)
	}
}
