package exchange

import (
	"time"

	"github.com/sushaan/exchange/internal/fault"
)

// periodSteps says from which states a step may be taken.
var periodSteps = map[string]PeriodState{
	"soft-close": PeriodOpen, "reopen": PeriodSoftClosed, "close": PeriodSoftClosed, "submit": PeriodClosed,
}

//exchange:rule WRONG_STATE | A period takes its steps in order, each once | coordination teams | docs/understand/states.md
func (p Period) mayStep(step string) error {
	if p.State == periodSteps[step] {
		return nil
	}
	return fault.New(fault.WrongState, "noun", "period", "id", p.ID, "state", p.State, "step", step)
}

// ParsePeriod reads the id of a month or a year. The period is open.
//
//exchange:rule PERIOD_INVALID | A period is a month or a year of the ledger that has begun | everybody | design §11
func ParsePeriod(field, id string) (Period, error) {
	for _, layout := range []string{monthLayout, yearLayout} {
		if t, err := time.Parse(layout, id); err == nil && t.Year() > 0 {
			return Period{ID: id, State: PeriodOpen}, nil
		}
	}
	return Period{}, fault.InField(field, fault.PeriodInvalid, "period", id, "rule", "a month is YYYY-MM, a year YYYY")
}

// Ended says whether a period is over by an instant, and for as long as what
// began in it may still be on its way.
//
//exchange:rule PERIOD_NOT_ENDED | A period is closed once it is over and nothing of it is on its way | coordination teams | design §11
func (p Period) Ended(at time.Time, onItsWay time.Duration) error {
	if at.Before(p.End().Add(onItsWay)) {
		return fault.New(fault.PeriodNotEnded, "period", p.ID, "from", p.End().Add(onItsWay).In(China).Format(time.RFC3339))
	}
	return nil
}

// InTime says whether a period is one of the ledger's: it has begun, and the
// ledger had begun when it ended.
//
//exchange:rule PERIOD_INVALID | A period is a month or a year of the ledger that has begun | everybody | design §11
func (p Period) InTime(field string, began, today Day) error {
	rule := ""
	switch days := p.Days(); {
	case began == "" || days.To < began:
		rule = "the ledger had not begun then"
	case days.From > today:
		rule = "it is yet to come"
	default:
		return nil
	}
	return fault.InField(field, fault.PeriodInvalid, "period", p.ID, "rule", rule)
}

// SoftClosePeriod lets nothing more be dated into a period: what is late from
// now on is an adjustment. It can be undone.
func SoftClosePeriod(p Period, by Person, at time.Time) (Period, error) {
	if err := p.mayStep("soft-close"); err != nil {
		return p, err
	}
	if err := p.Ended(at, 0); err != nil {
		return p, err
	}
	p.State, p.StateReason, p.SoftClosedBy, p.SoftClosedAt, p.UpdatedAt = PeriodSoftClosed, "", by, at, at
	return p, nil
}

// ReopenPeriod undoes a soft close.
func ReopenPeriod(p Period, reason string, at time.Time) (Period, error) {
	if err := p.mayStep("reopen"); err != nil {
		return p, err
	}
	p.State, p.StateReason, p.SoftClosedBy, p.SoftClosedAt, p.UpdatedAt = PeriodOpen, reason, Person{}, time.Time{}, at
	return p, nil
}

// Freezing is what a period is closed with.
type Freezing struct {
	By       Person
	Before   []Period // that must be closed before: earlier ones of the ledger, and the months of a year
	OnItsWay time.Duration
}

// ClosePeriod closes a period. At which position of the log it is frozen is the
// caller's to find out, once it may be.
func ClosePeriod(p Period, f Freezing, at time.Time) (Period, error) {
	if err := p.mayStep("close"); err != nil {
		return p, err
	}
	if err := p.Ended(at, f.OnItsWay); err != nil {
		return p, err
	}
	if err := p.inOrder(f.Before); err != nil {
		return p, err
	}
	p.State, p.ClosedBy, p.ClosedAt, p.UpdatedAt = PeriodClosed, f.By, at, at
	return p, nil
}

//exchange:rule PERIOD_OUT_OF_ORDER | Periods are closed in their order, a year after its months | coordination teams | design §11
func (p Period) inOrder(before []Period) error {
	for _, q := range before {
		if !q.State.Frozen() {
			return fault.New(fault.PeriodOutOfOrder, "period", p.ID, "earlier", q.ID, "state", q.State)
		}
	}
	return nil
}

// SubmitPeriod notes that a period was submitted, which is done once: the same
// figures would make the same pack.
func SubmitPeriod(p Period, at time.Time) (Period, error) {
	if err := p.mayStep("submit"); err != nil {
		return p, err
	}
	p.State, p.UpdatedAt = PeriodSubmitted, at
	return p, nil
}

// DateFact says when a fact of a day counts: on its day where its month is open.
// A month that is closed stays what it is: the fact counts when it is recorded
// and says which period it adjusts.
//
//exchange:rule DATES_INVALID | A fact is not of a day to come, nor of one before its order | buyers | design §11, dated adjustments
func DateFact(field string, o Order, on Day, month Period, at time.Time) (FactDate, error) {
	today := DayOf(at)
	switch {
	case on > today:
		return FactDate{}, fault.InField(field, fault.DatesInvalid, "rule", "not a day to come")
	case on < DayOf(o.CreatedAt):
		return FactDate{}, fault.InField(field, fault.DatesInvalid, "rule", "not before the order was placed")
	case on == today:
		return FactDate{At: at}, nil
	case month.State == PeriodOpen:
		// The last instant of the day: after whatever was recorded on it.
		return FactDate{At: on.Plus(1).Start().Add(-time.Microsecond).UTC(), On: on}, nil
	default:
		return FactDate{At: at, On: on, Adjusts: month.ID}, nil
	}
}

// Dated is a change whose ledger transactions count at a fact's date.
func (c Change) Dated(d FactDate) Change {
	for i := range c.Transactions {
		c.Transactions[i].At, c.Transactions[i].On, c.Transactions[i].Adjusts = d.At, string(d.On), d.Adjusts
	}
	return c
}
