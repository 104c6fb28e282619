package exchange

import (
	"cmp"
	"math/bits"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// NewRelief is what a seller declares of an offer.
type NewRelief struct {
	ID          uuid.UUID
	DaysOfStock int
	Before      Offer // whose price was higher
	BeforeDays  int   // days on which that was published before the offer was made
	Span        Span  // no first day: today
}

// DeclareRelief opens a declaration for an offer. Last is the one that the offer
// names, nil where it names none: it is returned as it ends, where it has by its date.
//
//exchange:rule RELIEF_OPEN | An offer has one open declaration for the relief zone at most | sellers | docs/use/relief.md
func DeclareRelief(n NewRelief, offer Offer, last *Relief, at time.Time) (Relief, *Relief, error) {
	if last != nil && last.State == ReliefOpen {
		if last.On(DayOf(at)).State == ReliefOpen {
			return Relief{}, nil, fault.New(fault.ReliefOpen, "offer", offer.ID, "id", last.ID, "until", last.Span.To)
		}
		over := last.to(ReliefOver, "", at)
		last = &over
	} else {
		last = nil
	}
	if err := declarable(offer); err != nil {
		return Relief{}, nil, err
	}
	drop, err := dropped(n.Before, offer)
	if err != nil {
		return Relief{}, nil, err
	}
	n.Span.From = cmp.Or(n.Span.From, DayOf(at))
	r := Relief{
		ID: ID{Home: offer.ID.Home, UUID: n.ID}, Offer: offer.ID, Seller: offer.Seller, SellerAlliance: offer.SellerAlliance,
		SellerDivision: offer.SellerDivision, Category: offer.Category, Origin: offer.Origin, BaseUnit: offer.BaseUnit,
		OfferedAt: offer.CreatedAt, DaysOfStock: n.DaysOfStock, Before: n.Before.ID, BeforeFen: n.Before.PriceFen, BeforeDays: n.BeforeDays,
		PriceFen: offer.PriceFen, DropBP: drop, Span: n.Span, State: ReliefOpen, OpenedAt: at,
	}
	return r, last, r.fits(offer, at)
}

// declarable says whether an offer can be in the relief zone.
//
//exchange:rule WRONG_STATE | What is declared for the relief zone is a published offer | sellers | docs/use/relief.md
//exchange:rule OFFER_RESERVED | An offer that a contract or an award made for one buyer is not in the relief zone | sellers | docs/use/relief.md
func declarable(o Offer) error {
	switch {
	case o.State != OfferPublished:
		return fault.New(fault.WrongState, "noun", "offer", "id", o.ID, "state", o.State, "step", "declare for the relief zone")
	case o.ReservedFor != uuid.Nil:
		return fault.New(fault.OfferReserved, "offer", o.ID, "way", o.Way, "id", o.WayID)
	}
	return nil
}

// dropped is by how many basis points an offer is below an earlier one.
//
//exchange:rule RELIEF_PRICE | The price before is that of an earlier offer of the seller's same goods, and was higher | sellers | docs/use/relief.md
func dropped(before, now Offer) (int, error) {
	wrong := func(rule string) (int, error) {
		return 0, fault.InField("before_offer_id", fault.ReliefPrice, "rule", rule)
	}
	switch {
	case before.Seller != now.Seller || before.Product != now.Product:
		return wrong("the earlier offer is of the same seller and product")
	case before.ID == now.ID || !before.CreatedAt.Before(now.CreatedAt):
		return wrong("the other offer was made before this one")
	case before.PriceBasis != now.PriceBasis || before.UnitQuantity != now.UnitQuantity:
		return wrong("both prices are for the same: per kg, or per sales unit of one size")
	case before.ReservedFor != uuid.Nil:
		return wrong("the earlier offer was for everybody")
	case before.PriceFen <= now.PriceFen:
		return wrong("the earlier price was higher")
	}
	return parts(before.PriceFen-now.PriceFen, before.PriceFen), nil
}

// parts is a part of a larger whole in basis points, rounded down: a drop is never
// said to be more than it is.
func parts(part, whole int64) int {
	hi, lo := bits.Mul64(uint64(part), wholeInBasisPoints)
	bp, _ := bits.Div64(hi, lo, uint64(whole))
	return int(bp)
}

// fits says whether the dates and the stock of a declaration can be.
//
//exchange:rule DATES_INVALID | A declaration begins today or later, and ends within the offer's season | sellers | docs/use/relief.md
//exchange:rule QUANTITY_INVALID | A declaration says for how many days the stock lasts | sellers | docs/use/relief.md
func (r Relief) fits(offer Offer, at time.Time) error {
	wrong := func(field, rule string) error { return fault.InField(field, fault.DatesInvalid, "rule", rule) }
	today := DayOf(at)
	switch {
	case r.DaysOfStock <= 0:
		return fault.InField("days_of_stock", fault.QuantityInvalid, "quantity", r.DaysOfStock, "rule", "> 0")
	case r.Replaces == uuid.Nil && r.Span.From < today:
		return wrong("from", "a declaration does not begin before "+string(today))
	case r.Span.To == "":
		return wrong("until", "a declaration has a last day")
	case r.Span.To < max(r.Span.From, today):
		return wrong("until", "a declaration does not end before it begins, nor before "+string(today))
	case r.Span.To > offer.Season.To:
		return wrong("until", "a declaration ends with the offer's season, on "+string(offer.Season.To))
	}
	return nil
}

// AmendRelief ends a declaration and opens another one in its place. What is zero
// stays as it was; the prices do.
func AmendRelief(r Relief, id uuid.UUID, daysOfStock int, until Day, offer Offer, at time.Time) (old, fresh Relief, err error) {
	if err := r.mayStep("amend", at); err != nil {
		return r, r, err
	}
	if err := declarable(offer); err != nil {
		return r, r, err
	}
	fresh = r
	fresh.ID.UUID, fresh.Replaces, fresh.OpenedAt = id, r.ID.UUID, at
	fresh.DaysOfStock, fresh.Span.To = cmp.Or(daysOfStock, r.DaysOfStock), cmp.Or(until, r.Span.To)
	return r.to(ReliefAmended, "", at), fresh, fresh.fits(offer, at)
}

// WithdrawRelief ends a declaration before its date.
func WithdrawRelief(r Relief, reason string, at time.Time) (Relief, error) {
	if err := r.mayStep("withdraw", at); err != nil {
		return r, err
	}
	return r.to(ReliefWithdrawn, reason, at), nil
}

// EndRelief ends a declaration with its offer.
func EndRelief(r Relief, reason string, at time.Time) Relief {
	if r.On(DayOf(at)).State == ReliefOver {
		return r.to(ReliefOver, "", at)
	}
	return r.to(ReliefWithdrawn, reason, at)
}

//exchange:rule WRONG_STATE | A declaration that has ended, if only by its date, takes no more steps | sellers | docs/understand/states.md
func (r Relief) mayStep(step string, at time.Time) error {
	if now := r.On(DayOf(at)); now.State != ReliefOpen {
		return fault.New(fault.WrongState, "noun", "relief declaration", "id", r.ID, "state", now.State, "step", step)
	}
	return nil
}

func (r Relief) to(state ReliefState, reason string, at time.Time) Relief {
	r.State, r.StateReason, r.EndedAt = state, reason, at
	return r
}

// DeclaredBy is the offer with the declaration that it names; with none in its
// place where that has ended.
func (o Offer) DeclaredBy(r Relief) Offer {
	o.Relief, o.ReliefSpan = r.ID.UUID, r.Span
	if r.State != ReliefOpen {
		o.Relief, o.ReliefSpan = uuid.Nil, Span{}
	}
	return o
}

// OfferAt is what an offer was from a time on.
type OfferAt struct {
	At    time.Time
	State OfferState
}

// DaysPublished counts the whole days for which an offer was published within a
// span of time. The history is in the order of its times.
func DaysPublished(history []OfferAt, from, to time.Time) int {
	var stood time.Duration
	for i, h := range history {
		end := to
		if i+1 < len(history) {
			end = earlier(history[i+1].At, to)
		}
		begin := h.At
		if begin.Before(from) {
			begin = from
		}
		if h.State == OfferPublished && end.After(begin) {
			stood += end.Sub(begin)
		}
	}
	return int(stood / (24 * time.Hour))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
