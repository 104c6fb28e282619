package exchange

import (
	"math"
	"time"

	"github.com/google/uuid"
)

// SpendingLimit (采购限额) is how much a member, or one of its people, may order
// by whichever way of buying. All limits in force bind at once. Amounts in fen;
// 0: no such limit.
type SpendingLimit struct {
	ID       uuid.UUID
	Member   uuid.UUID
	Alliance uuid.UUID
	Bound    Person // whom of the member it binds; zero: everybody
	PerOrder int64
	PerMonth int64
	PerYear  int64
	// ApprovalAbove is the amount above which an order waits for a second person.
	ApprovalAbove  int64
	Valid          Span
	SetBy          string // subject
	PolicyRevision string
	CreatedAt      time.Time
	EndedAt        time.Time // zero: not ended before its last day
	EndReason      string
}

// binds says whether the limit binds what a person orders on a day.
func (l SpendingLimit) binds(placer Person, day Day) bool {
	return l.EndedAt.IsZero() && l.Valid.Covers(day) && (l.Bound == Person{} || l.Bound == placer)
}

// Spent is what a member, and one of its people, has committed in the month and
// in the year, in fen: all that was ordered until the goods are accepted, then
// what was kept.
type Spent struct {
	Month, Year       int64
	OwnMonth, OwnYear int64
}

// Add adds an amount that was committed in the month, by the person or another.
func (s Spent) Add(fen int64, own bool) Spent {
	s.Month, s.Year = s.Month+fen, s.Year+fen
	if own {
		s.OwnMonth, s.OwnYear = s.OwnMonth+fen, s.OwnYear+fen
	}
	return s
}

// WithoutPending takes an order that waits for its approval out of what was spent.
func WithoutPending(s Spent, o Order, today Day) Spent {
	if o.State != OrderPending || o.CreatedAt.IsZero() {
		return s
	}
	placed := DayOf(o.CreatedAt)
	if placed[:4] == today[:4] {
		s.Year, s.OwnYear = s.Year-o.AmountFen, s.OwnYear-o.AmountFen
	}
	if placed[:7] == today[:7] {
		s.Month, s.OwnMonth = s.Month-o.AmountFen, s.OwnMonth-o.AmountFen
	}
	return s
}

// Room is what the limits leave for one more order, in fen.
type Room struct {
	Left          int64 // math.MaxInt64: no limit
	ApprovalAbove int64 // math.MaxInt64: never
}

// Unbounded says whether no limit bounds the order.
func (r Room) Unbounded() bool { return r.Left == math.MaxInt64 }

// BindsPeriod says whether what was spent before matters to a person on a day.
func BindsPeriod(limits []SpendingLimit, placer Person, day Day) bool {
	for _, l := range limits {
		if l.binds(placer, day) && l.PerMonth+l.PerYear > 0 {
			return true
		}
	}
	return false
}

// RoomFor is what the limits in force leave a person for one more order on a day.
func RoomFor(limits []SpendingLimit, spent Spent, placer Person, day Day) Room {
	room := Room{Left: math.MaxInt64, ApprovalAbove: math.MaxInt64}
	for _, l := range limits {
		if !l.binds(placer, day) {
			continue
		}
		month, year := spent.Month, spent.Year
		if l.Bound != (Person{}) {
			month, year = spent.OwnMonth, spent.OwnYear
		}
		room.Left = least(room.Left, l.PerOrder, 0)
		room.Left = least(room.Left, l.PerMonth, month)
		room.Left = least(room.Left, l.PerYear, year)
		room.ApprovalAbove = least(room.ApprovalAbove, l.ApprovalAbove, 0)
	}
	return room
}

// least is the lesser of an amount and what a limit leaves; 0 is no limit.
func least(fen, limit, spent int64) int64 {
	if limit == 0 {
		return fen
	}
	return min(fen, max(limit-spent, 0))
}
