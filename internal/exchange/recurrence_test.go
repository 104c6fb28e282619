package exchange

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func someRecurrence(t *rapid.T) Recurrence {
	switch rapid.SampledFrom([]Every{EveryDays, EveryWeek, EveryMonth}).Draw(t, "every") {
	case EveryDays:
		return Recurrence{Every: EveryDays, Days: rapid.IntRange(1, 366).Draw(t, "days")}
	case EveryWeek:
		days := rapid.SliceOfNDistinct(rapid.IntRange(1, 7), 1, 7, rapid.ID[int]).Draw(t, "weekdays")
		slices.Sort(days)
		return Recurrence{Every: EveryWeek, Weekdays: days}
	default:
		return Recurrence{Every: EveryMonth, DayOfMonth: rapid.IntRange(1, 31).Draw(t, "day of month")}
	}
}

// on says whether a day is one of a recurrence, told by the calendar alone.
func (r Recurrence) on(begins, d Day) bool {
	t := d.Start()
	switch r.Every {
	case EveryDays:
		n := 0
		for at := begins; at < d; at = at.Plus(1) {
			n++
		}
		return d >= begins && n%r.Days == 0
	case EveryWeek:
		return slices.Contains(r.Weekdays, (int(t.Weekday())+6)%7+1)
	default:
		lastOfMonth := t.AddDate(0, 0, 1).Month() != t.Month()
		return t.Day() == r.DayOfMonth || (lastOfMonth && t.Day() < r.DayOfMonth)
	}
}

// The next day of a recurrence is the first after a day that is one, and not before
// the beginning: going through the calendar day by day finds the same.
func TestTheNextDayOfARecurrenceIsTheFirstThatTheCalendarHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := someRecurrence(t)
		if err := r.valid(); err != nil {
			t.Fatal(err)
		}
		begins := Day("2027-12-01").Plus(rapid.IntRange(0, 200).Draw(t, "begins"))
		after := begins.Plus(rapid.IntRange(-40, 400).Draw(t, "after"))
		if rapid.Bool().Draw(t, "from the beginning") {
			after = ""
		}
		want := begins
		for want <= after || !r.on(begins, want) {
			want = want.Plus(1)
		}
		if got := r.Next(begins, after); got != want {
			t.Fatalf("%+v from %s after %q: %s, want %s", r, begins, after, got, want)
		}
	})
}

func TestARecurrenceKnowsMonthEndsLeapYearsAndSundays(t *testing.T) {
	for _, c := range []struct {
		r             Recurrence
		begins, after Day
		want          []Day
	}{
		{Recurrence{Every: EveryMonth, DayOfMonth: 31}, "2028-01-15", "", []Day{"2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"}},
		{Recurrence{Every: EveryMonth, DayOfMonth: 30}, "2027-01-31", "", []Day{"2027-02-28", "2027-03-30"}},
		{Recurrence{Every: EveryMonth, DayOfMonth: 1}, "2026-12-02", "", []Day{"2027-01-01", "2027-02-01"}},
		{Recurrence{Every: EveryWeek, Weekdays: []int{1, 7}}, "2026-11-26", "", []Day{"2026-11-29", "2026-11-30", "2026-12-06"}},
		{Recurrence{Every: EveryDays, Days: 7}, "2026-12-28", "2026-12-28", []Day{"2027-01-04", "2027-01-11"}},
	} {
		after := c.after
		for _, want := range c.want {
			if after = c.r.Next(c.begins, after); after != want {
				t.Errorf("%+v: %s, want %s", c.r, after, want)
			}
		}
	}
}

func TestARecurrenceCountsItsDaysUpToALimit(t *testing.T) {
	r := Recurrence{Every: EveryWeek, Weekdays: []int{1, 4}}
	if n := r.Count(Span{From: "2026-11-26", To: "2026-12-10"}, 100); n != 5 {
		t.Errorf("%d Mondays and Thursdays", n)
	}
	if n := r.Count(Span{From: "2026-11-26", To: "2036-12-10"}, 100); n != 101 {
		t.Errorf("%d, want one more than the limit", n)
	}
}
