package exchange

import (
	"slices"
	"time"
)

// Every is what a recurrence counts in.
type Every string

// What a recurrence counts in.
const (
	EveryDays  Every = "DAYS"
	EveryWeek  Every = "WEEK"
	EveryMonth Every = "MONTH"
)

// Recurrence says on which days something comes again, in China's time.
type Recurrence struct {
	Every      Every
	Days       int   `json:",omitempty"` // DAYS: from one to the next
	Weekdays   []int `json:",omitempty"` // WEEK: 1 is Monday, 7 is Sunday; in order, each once
	DayOfMonth int   `json:",omitempty"` // MONTH: in a shorter month its last day
}

const (
	daysOfWeek  = 7
	mostOfMonth = 31
	mostBetween = 366
)

// Next is the first day of a recurrence that begins on a day and is after another.
// An empty after is before all days.
func (r Recurrence) Next(begins, after Day) Day {
	first := begins
	if after != "" && after >= begins {
		first = after.Plus(1)
	}
	switch r.Every {
	case EveryDays:
		const day = 24 * time.Hour
		gone := int(first.Start().Sub(begins.Start()) / day)
		return begins.Plus((gone + r.Days - 1) / r.Days * r.Days)
	case EveryWeek:
		for !slices.Contains(r.Weekdays, weekday(first)) {
			first = first.Plus(1)
		}
		return first
	default:
		t := first.Start()
		d := dayOfMonth(t.Year(), t.Month(), r.DayOfMonth)
		if d < first {
			d = dayOfMonth(t.Year(), t.Month()+1, r.DayOfMonth)
		}
		return d
	}
}

// Count is how many days of a recurrence are in a span, up to a limit and one more.
func (r Recurrence) Count(s Span, limit int) int {
	n := 0
	for d := r.Next(s.From, ""); d <= s.To && n <= limit; d = r.Next(s.From, d) {
		n++
	}
	return n
}

// weekday is the day of the week, from 1 for Monday to 7 for Sunday.
func weekday(d Day) int {
	if w := d.Start().Weekday(); w != time.Sunday {
		return int(w)
	}
	return daysOfWeek
}

// dayOfMonth is a day of a month, or the last one of a month that is shorter.
func dayOfMonth(year int, month time.Month, day int) Day {
	last := time.Date(year, month+1, 0, 0, 0, 0, 0, China)
	return DayOf(last.AddDate(0, 0, min(day, last.Day())-last.Day()))
}
