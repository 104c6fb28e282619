package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// StandingBounds are how much a standing order may plan.
type StandingBounds struct {
	Days int // from the day that it is set or amended to its end
	Runs int // on days that are planned
}

// SetStanding makes a standing order for goods of an offer. Its end, its cap and
// what each run orders are those of s.
//
//exchange:rule STANDING_UNBOUNDED | A standing order has an end and a cap | buyers | docs/use/standing.md
//exchange:rule DIVISION_NOT_VALID | Goods of a standing order go to one of the two provinces | buyers | 2020 plan, item 26
//exchange:rule DATES_INVALID | The first run of a standing order is not in the past | buyers | docs/use/standing.md
func SetStanding(s StandingOrder, offer Offer, buyer Member, bounds StandingBounds, at time.Time) (StandingOrder, error) {
	switch today := DayOf(at); {
	case s.Span.To == "":
		return s, fault.InField("until", fault.StandingUnbounded, "missing", "until")
	case s.CapQuantity == 0 && s.CapFen == 0:
		return s, fault.InField("cap_quantity", fault.StandingUnbounded, "missing", "cap_quantity, cap_fen")
	case s.Span.From != "" && s.Span.From < today:
		return s, fault.InField("first_run", fault.DatesInvalid, "rule", "the first run is not before "+string(today))
	case s.Span.From == "":
		s.Span.From = today
	}
	s.Consignee = cmp.Or(s.Consignee, buyer.Division)
	if !isHome(Province(s.Consignee)) {
		return s, fault.InField("consignee_code", fault.DivisionNotValid, "code", s.Consignee, "date", DayOf(at))
	}
	s.Purpose = cmp.Or(s.Purpose, ForCanteen)
	s.ID = ID{Home: offer.ID.Home, UUID: uuid.New()}
	s.Seller, s.Product, s.Offer = offer.Seller, offer.Product, offer.ID
	s.Buyer, s.BuyerAlliance = buyer.ID, buyer.Alliance
	s.State, s.CreatedAt = StandingActive, at
	if err := s.names(offer); err != nil {
		return s, err
	}
	return s.plan(offer, bounds, at)
}

// names says whether an offer may be named to order from.
//
//exchange:rule STANDING_INVALID | A standing order names an offer of its seller's product that has not ended and is for everybody | buyers | docs/use/standing.md
func (s StandingOrder) names(offer Offer) error {
	wrong := func(rule string) error { return fault.InField("offer_id", fault.StandingInvalid, "rule", rule) }
	switch {
	case offer.ReservedFor != uuid.Nil:
		return wrong("the offer is for one buyer: it is ordered from by its contract or award")
	case offer.Seller != s.Seller || offer.Product != s.Product:
		return wrong("the offer is of the same product and seller")
	case offer.Closed():
		return wrong("the offer has not ended")
	}
	return nil
}

// plan checks the terms of a standing order and says when its next run is.
func (s StandingOrder) plan(offer Offer, bounds StandingBounds, at time.Time) (StandingOrder, error) {
	if err := s.buysFrom(offer); err != nil {
		return s, err
	}
	if err := s.capped(); err != nil {
		return s, err
	}
	if err := s.Recurrence.valid(); err != nil {
		return s, err
	}
	if err := s.spans(bounds, at); err != nil {
		return s, err
	}
	s.UpdatedAt = at
	if s.State == StandingPaused {
		return s, nil
	}
	return s.resumed(at)
}

// valid says whether days follow from a recurrence.
//
//exchange:rule STANDING_INVALID | A recurrence is every so many days, on days of the week, or on a day of the month | buyers | docs/use/standing.md
func (r Recurrence) valid() error {
	ok := false
	switch r.Every {
	case EveryDays:
		ok = r.Days >= 1 && r.Days <= mostBetween && len(r.Weekdays) == 0 && r.DayOfMonth == 0
	case EveryWeek:
		ok = r.Days == 0 && len(r.Weekdays) > 0 && r.DayOfMonth == 0
		for i, d := range r.Weekdays {
			ok = ok && d >= 1 && d <= daysOfWeek && (i == 0 || d > r.Weekdays[i-1])
		}
	case EveryMonth:
		ok = r.Days == 0 && len(r.Weekdays) == 0 && r.DayOfMonth >= 1 && r.DayOfMonth <= mostOfMonth
	}
	if ok {
		return nil
	}
	return fault.InField("recurrence", fault.StandingInvalid, "rule",
		"a recurrence is one of: every 1 to 366 days; on days of the week, 1 to 7, each once and in order; on a day of the month, 1 to 31")
}

// buysFrom says whether each run could be an order on an offer.
//
//exchange:rule STANDING_INVALID | A standing order gives the seller the offer's lead time | buyers | docs/use/standing.md
func (s StandingOrder) buysFrom(offer Offer) error {
	if s.DeliveryDays != 0 && (s.DeliveryDays < offer.LeadDays || s.DeliveryDays > maxPromiseDays) {
		return fault.InField("delivery_days", fault.StandingInvalid, "rule",
			fmt.Sprintf("0, or from the offer's %d days to %d", offer.LeadDays, maxPromiseDays))
	}
	return orderableQuantity(offer, s.Quantity)
}

// capped says whether the cap leaves at least one more run.
//
//exchange:rule STANDING_INVALID | The cap of a standing order leaves at least one run | buyers | docs/use/standing.md
func (s StandingOrder) capped() error {
	wrong := func(field, rule string) error { return fault.InField(field, fault.StandingInvalid, "rule", rule) }
	switch {
	case s.CapQuantity < 0 || (s.CapQuantity != 0 && s.CapQuantity-s.Ordered < s.Quantity):
		return wrong("cap_quantity", "the cap leaves at least one run's quantity")
	case s.CapFen < 0 || (s.CapFen != 0 && s.CapFen <= s.OrderedFen):
		return wrong("cap_fen", "the cap is more than what was ordered")
	}
	return nil
}

// spans says whether a standing order ends in time, and has a run before.
//
//exchange:rule DATES_INVALID | A standing order ends after its first run and within a limit, with a limited number of runs | buyers | docs/use/standing.md
func (s StandingOrder) spans(bounds StandingBounds, at time.Time) error {
	today := DayOf(at)
	wrong := func(rule string) error { return fault.InField("until", fault.DatesInvalid, "rule", rule) }
	first := s.Recurrence.Next(s.Span.From, s.before(today))
	switch {
	case s.Span.To > today.Plus(bounds.Days):
		return wrong(fmt.Sprintf("a standing order ends within %d days, by %s", bounds.Days, today.Plus(bounds.Days)))
	case first > s.Span.To:
		return wrong("a standing order ends after its next run, which is on " + string(first))
	case s.Runs+s.Recurrence.Count(Span{From: max(s.Span.From, today), To: s.Span.To}, bounds.Runs) > bounds.Runs:
		return wrong(fmt.Sprintf("a standing order has %d runs at most", bounds.Runs))
	}
	return nil
}

// before is the day after which the next run is: no day is planned twice, and none
// in the past.
func (s StandingOrder) before(today Day) Day { return max(s.LastRun, today.Plus(-1)) }

// resumed plans the next run, from today on.
//
//exchange:rule STANDING_INVALID | A standing order is resumed while a day of its recurrence is left before its end | buyers | docs/use/standing.md
func (s StandingOrder) resumed(at time.Time) (StandingOrder, error) {
	next := s.Recurrence.Next(s.Span.From, s.before(DayOf(at)))
	if next > s.Span.To {
		return s, fault.New(fault.StandingInvalid, "rule", "no run is left until "+string(s.Span.To)+": amend its end first")
	}
	s.State, s.StateReason, s.NextRun, s.UpdatedAt = StandingActive, "", next, at
	return s, nil
}

// StandingChanges are what an amendment changes; what is zero stays as it is.
type StandingChanges struct {
	Offer       *Offer // to order from; nil: as before
	Quantity    int64
	Until       Day
	CapQuantity int64
	CapFen      int64
	Recurrence  *Recurrence
	Person      Person // who amends it, in whose name it orders from now on
}

// AmendStanding changes the terms of what is still to come. Runs that should have
// been made before are missed. Where the recurrence changes, it begins with the
// run that would have been the next.
func AmendStanding(s StandingOrder, c StandingChanges, named Offer, bounds StandingBounds, at time.Time) (StandingOrder, []StandingRun, error) {
	if err := s.mayStep("amend", StandingActive, StandingPaused); err != nil {
		return s, nil, err
	}
	s, missed := s.miss(DayOf(at), at)
	if c.Offer != nil {
		if err := s.names(*c.Offer); err != nil {
			return s, nil, err
		}
		named, s.Offer = *c.Offer, c.Offer.ID
	}
	s.Quantity, s.Person = cmp.Or(c.Quantity, s.Quantity), c.Person
	s.Span.To = cmp.Or(c.Until, s.Span.To)
	s.CapQuantity, s.CapFen = cmp.Or(c.CapQuantity, s.CapQuantity), cmp.Or(c.CapFen, s.CapFen)
	if c.Recurrence != nil {
		s.Recurrence, s.Span.From = *c.Recurrence, max(s.NextRun, s.Span.From, DayOf(at))
	}
	s, err := s.plan(named, bounds, at)
	return s, missed, err
}

//exchange:rule WRONG_STATE | A standing order takes its steps in order, and none after its end | buyers | docs/understand/states.md
func (s StandingOrder) mayStep(step string, from ...StandingState) error {
	if slices.Contains(from, s.State) {
		return nil
	}
	return fault.New(fault.WrongState, "noun", "standing order", "id", s.ID, "state", s.State, "step", step)
}

// PauseStanding lets no run come until it is resumed. Runs that should have been
// made before today are missed.
func PauseStanding(s StandingOrder, reason string, at time.Time) (StandingOrder, []StandingRun, error) {
	if err := s.mayStep("pause", StandingActive); err != nil {
		return s, nil, err
	}
	s, missed := s.miss(DayOf(at), at)
	return s.to(StandingPaused, reason, at), missed, nil
}

// ResumeStanding lets runs come again, from today on. Those of the pause are gone.
func ResumeStanding(s StandingOrder, at time.Time) (StandingOrder, error) {
	if err := s.mayStep("resume", StandingPaused); err != nil {
		return s, err
	}
	return s.resumed(at)
}

// CancelStanding ends a standing order. Orders that it made stay.
func CancelStanding(s StandingOrder, reason string, at time.Time) (StandingOrder, []StandingRun, error) {
	if err := s.mayStep("cancel", StandingActive, StandingPaused); err != nil {
		return s, nil, err
	}
	s, missed := s.miss(DayOf(at), at)
	return s.to(StandingCancelled, reason, at), missed, nil
}

func (s StandingOrder) to(state StandingState, reason string, at time.Time) StandingOrder {
	s.State, s.StateReason, s.NextRun, s.UpdatedAt = state, reason, "", at
	return s
}

// miss records the runs that were planned before a day and not made.
//
//exchange:rule STANDING_MISSED | A run that was not made on its day, nor before the next one came, is recorded as missed | buyers | docs/use/standing.md
func (s StandingOrder) miss(before Day, at time.Time) (StandingOrder, []StandingRun) {
	var missed []StandingRun
	for s.State == StandingActive && s.NextRun < before && s.NextRun <= s.Span.To {
		r := s.run(at)
		r.State, r.Reasons = RunMissed, []fault.Reason{fault.Because(fault.StandingMissed, "day", r.Planned)}
		s, missed = s.made(r), append(missed, r)
		s.NextRun = s.Recurrence.Next(s.Span.From, s.LastRun)
	}
	return s, missed
}

// run is the next run.
func (s StandingOrder) run(at time.Time) StandingRun {
	return StandingRun{
		Standing: s.ID, N: s.Runs + 1, Buyer: s.Buyer, BuyerAlliance: s.BuyerAlliance, Planned: s.NextRun, Quantity: s.Quantity, CreatedAt: at,
	}
}

// made counts a run.
func (s StandingOrder) made(r StandingRun) StandingOrder {
	s.Runs, s.LastRun = r.N, r.Planned
	if !r.Order.IsZero() {
		s.Orders, s.Ordered, s.OrderedFen = s.Orders+1, s.Ordered+r.Ordered, s.OrderedFen+r.AmountFen
	}
	return s
}

// BeginRun says which run of a standing order is to be made now, if one is. Of
// several that are due the last is made, and those before it are missed. After its
// end none is made.
func BeginRun(s StandingOrder, at time.Time) (StandingOrder, []StandingRun, *StandingRun, error) {
	if err := s.mayStep("run", StandingActive, StandingPaused); err != nil {
		return s, nil, nil, err
	}
	if at.Before(s.Due()) {
		return s, nil, nil, s.mayStep("run before " + s.Due().Format(time.RFC3339))
	}
	today := DayOf(at)
	if today > s.Span.To {
		s, missed := s.miss(today, at)
		return s.to(StandingEnded, endedByDate, at), missed, nil, nil
	}
	last := s.NextRun
	for next := last; next <= today; next = s.Recurrence.Next(s.Span.From, last) {
		last = next
	}
	s, missed := s.miss(last, at)
	r := s.run(at)
	r.MadeOn = today
	return s, missed, &r, nil
}

const (
	endedByDate = "its last run was made, or its end is over"
	endedByCap  = "what is left of its cap is less than a run"
)

// EndRun counts a run that was made, and plans the next one: at its end or its cap
// the standing order ends.
func EndRun(s StandingOrder, r StandingRun, at time.Time) StandingOrder {
	s = s.made(r)
	next := s.Recurrence.Next(s.Span.From, s.before(DayOf(at)))
	switch {
	case s.capReached(r):
		return s.to(StandingEnded, endedByCap, at)
	case next > s.Span.To:
		return s.to(StandingEnded, endedByDate, at)
	}
	s.NextRun, s.UpdatedAt = next, at
	return s
}

func (s StandingOrder) capReached(last StandingRun) bool {
	return (s.CapQuantity != 0 && s.CapQuantity-s.Ordered < s.Quantity) || (s.CapFen != 0 && s.OrderedFen >= s.CapFen) ||
		last.refusedFor(standingCap)
}

// Attempt is what a run may order from an offer.
type Attempt struct {
	Offer    ID
	Quantity int64
}

// Attempts are what a run may order from offers, in the order in which it tries
// them: all from one that has it, the first before the others; then, where the
// buyer takes less, what one has left. Where there is nothing to take it is tried
// all the same, to be told why.
//
//exchange:rule STANDING_NO_OFFER | A run orders from an open offer | buyers | docs/use/standing.md
func (s StandingOrder) Attempts(offers []Offer) ([]Attempt, error) {
	if len(offers) == 0 {
		return nil, fault.New(fault.StandingNoOffer, "product", s.Product, "seller", s.Seller)
	}
	var all, less []Attempt
	for _, o := range offers {
		left := o.Remaining() / o.UnitQuantity * o.UnitQuantity
		switch {
		case left >= s.Quantity:
			all = append(all, Attempt{o.ID, s.Quantity})
		case s.TakeShort && left > 0 && left >= o.MOQ:
			less = append(less, Attempt{o.ID, left})
		}
	}
	if all = append(all, less...); len(all) == 0 {
		all = []Attempt{{offers[0].ID, s.Quantity}}
	}
	return all, nil
}

// Takes says whether the cap leaves room for an order.
//
//exchange:rule STANDING_CAP | The orders of a standing order stay within its cap | buyers | docs/use/standing.md
func (s StandingOrder) Takes(o Order) error {
	if (s.CapQuantity != 0 && s.Ordered+o.Quantity > s.CapQuantity) || (s.CapFen != 0 && s.OrderedFen+o.AmountFen > s.CapFen) {
		return fault.New(fault.StandingCap, "id", s.ID, "quantity", o.Quantity, "amount_fen", o.AmountFen,
			"ordered", s.Ordered, "ordered_fen", s.OrderedFen)
	}
	return nil
}

// BecameOrder is a run that ordered.
func (r StandingRun) BecameOrder(o Order) StandingRun {
	r.State, r.Order, r.Ordered, r.AmountFen = RunOrdered, o.ID, o.Quantity, o.AmountFen
	if r.Ordered < r.Quantity {
		r.State = RunShort
	}
	return r
}

// Refused is a run whose order was refused.
func (r StandingRun) Refused(reasons []fault.Reason) StandingRun {
	r.State, r.Reasons = RunDenied, reasons
	return r
}
