package exchange

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// PeriodState is the state of a period.
type PeriodState string

// The states: OPEN ⇄ SOFT_CLOSED → CLOSED → SUBMITTED.
const (
	PeriodOpen       PeriodState = "OPEN"
	PeriodSoftClosed PeriodState = "SOFT_CLOSED" // what is dated into it becomes an adjustment
	PeriodClosed     PeriodState = "CLOSED"      // its figures are those of a position, for ever
	PeriodSubmitted  PeriodState = "SUBMITTED"
)

// Frozen says whether the figures of a period can no longer change.
func (s PeriodState) Frozen() bool { return s == PeriodClosed || s == PeriodSubmitted }

// Person is who did something: a subject of an issuer.
type Person struct {
	Issuer  uuid.UUID
	Subject string
}

// Person is the principal as one who is remembered.
func (p Principal) Person() Person { return Person{p.Issuer, p.Subject} }

// Period (统计期) is a month or a year in China's time: a span of the ledger that
// is closed in steps.
type Period struct {
	ID             string // "2026-11", or "2026"
	State          PeriodState
	StateReason    string
	Position       int64  // once closed: it is read from the log's transactions before it
	Checkpoint     string // once closed: the signed note of the log of that size
	SoftClosedBy   Person
	SoftClosedAt   time.Time
	ClosedBy       Person
	ClosedAt       time.Time
	PolicyRevision string // of the decision to close it
	UpdatedAt      time.Time
}

const (
	monthLayout = "2006-01"
	yearLayout  = "2006"
)

// MonthOf is the open month that a day lies in.
func MonthOf(d Day) Period {
	return Period{ID: string(d)[:len(monthLayout)], State: PeriodOpen}
}

// YearOf is the open year that a day lies in.
func YearOf(d Day) Period {
	return Period{ID: string(d)[:len(yearLayout)], State: PeriodOpen}
}

// Key is the period's id among events.
func (p Period) Key() uuid.UUID { return uuid.NewSHA1(uuid.Nil, []byte("period "+p.ID)) }

// IsYear says whether the period is a year.
func (p Period) IsYear() bool { return len(p.ID) == len(yearLayout) }

// Year is the calendar year of the period.
func (p Period) Year() int { return p.Days().From.Year() }

// Days are the first and the last day of the period.
func (p Period) Days() Span {
	if p.IsYear() {
		return Span{From: Day(p.ID + "-01-01"), To: Day(p.ID + "-12-31")}
	}
	first := Day(p.ID + "-01")
	return Span{From: first, To: DayOf(first.Start().AddDate(0, 1, 0)).Plus(-1)}
}

// Start is the instant at which the period begins.
func (p Period) Start() time.Time { return p.Days().From.Start() }

// End is the first instant after the period.
func (p Period) End() time.Time { return p.Days().To.Plus(1).Start() }

// Next is the open period of the same length that follows.
func (p Period) Next() Period {
	if p.IsYear() {
		return YearOf(p.Days().To.Plus(1))
	}
	return MonthOf(p.Days().To.Plus(1))
}

// Since lists the periods of the same length from the one that a day lies in to
// this one, without it.
func (p Period) Since(began Day) []Period {
	first := MonthOf(began)
	if p.IsYear() {
		first = YearOf(began)
	}
	var list []Period
	for q := first; q.ID < p.ID; q = q.Next() {
		list = append(list, q)
	}
	return list
}

// Months lists the months of a year from the one that a day lies in; a month has
// none.
func (p Period) Months(began Day) []Period {
	var list []Period
	if !p.IsYear() {
		return list
	}
	for q := MonthOf(max(began, p.Days().From)); q.Year() == p.Year(); q = q.Next() {
		list = append(list, q)
	}
	return list
}

// String names the period as people do.
func (p Period) String() string { return fmt.Sprintf("period %s", p.ID) }

// FactDate is when a fact counts, and what it adjusts.
type FactDate struct {
	At      time.Time
	On      Day    // the day of the fact, where it is not the day of its recording
	Adjusts string // the period that the fact would have counted in; empty: it counts in its own
}
