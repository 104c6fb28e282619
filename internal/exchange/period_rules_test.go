package exchange

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

func TestAPeriodIsAMonthOrAYearOfTheCalendar(t *testing.T) {
	for id, want := range map[string]Span{
		"2026-02": {From: "2026-02-01", To: "2026-02-28"}, "2028-02": {From: "2028-02-01", To: "2028-02-29"},
		"2026-12": {From: "2026-12-01", To: "2026-12-31"}, "2026": {From: "2026-01-01", To: "2026-12-31"},
	} {
		p, err := ParsePeriod("id", id)
		if err != nil || p.Days() != want || p.Next().Days().From != want.To.Plus(1) || !p.End().Equal(want.To.Plus(1).Start()) {
			t.Errorf("%s is %v, then %s; %v", id, p.Days(), p.Next().ID, err)
		}
	}
	for _, id := range []string{"", "26", "2026-1", "2026-00", "2026-11-01", "0000", "0000-01", "2026-11 "} {
		if _, err := ParsePeriod("id", id); !fault.Is(err, fault.PeriodInvalid) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func ids(list []Period) string {
	text := ""
	for _, p := range list {
		text += p.ID + " "
	}
	return text
}

func TestWhatIsClosedBeforeAPeriodBeginsWithTheLedger(t *testing.T) {
	year, month := YearOf("2026-05-05"), MonthOf("2026-02-05")
	if got := ids(month.Since("2025-11-20")); got != "2025-11 2025-12 2026-01 " {
		t.Errorf("before %s: %s", month.ID, got)
	}
	if got := ids(year.Since("2024-11-20")) + ids(year.Months("2026-10-31")); got != "2024 2025 2026-10 2026-11 2026-12 " {
		t.Errorf("before %s: %s", year.ID, got)
	}
	if got := ids(month.Months("2026-01-01")) + ids(month.Since("2026-02-05")); got != "" {
		t.Errorf("the first month waits for %s", got)
	}
}

// A period is closed in steps, each once; a soft close can be undone and a close
// cannot.
func TestAPeriodTakesItsStepsInOrder(t *testing.T) {
	p, by := MonthOf("2026-10-05"), Person{Issuer: uuid.New(), Subject: "s"}
	at := p.End()
	if _, err := ClosePeriod(p, Freezing{By: by}, at); !fault.Is(err, fault.WrongState) {
		t.Errorf("closed while open: %v", err)
	}
	soft, err := SoftClosePeriod(p, by, at)
	if err != nil || soft.State != PeriodSoftClosed || soft.SoftClosedBy != by {
		t.Fatalf("%+v, %v", soft, err)
	}
	again, err := ReopenPeriod(soft, "a bank file is missing", at)
	if err != nil || again.State != PeriodOpen || again.SoftClosedBy != (Person{}) || again.StateReason == "" {
		t.Fatalf("%+v, %v", again, err)
	}
	if _, err := ClosePeriod(soft, Freezing{By: by, OnItsWay: time.Minute}, at); !fault.Is(err, fault.PeriodNotEnded) {
		t.Errorf("closed while something may be on its way: %v", err)
	}
	closed, err := ClosePeriod(soft, Freezing{By: by, OnItsWay: time.Minute}, at.Add(time.Minute))
	if err != nil || !closed.State.Frozen() || closed.ClosedBy != by {
		t.Fatalf("%+v, %v", closed, err)
	}
	for name, step := range map[string]func() (Period, error){
		"close":      func() (Period, error) { return ClosePeriod(closed, Freezing{}, at.Add(time.Minute)) },
		"soft close": func() (Period, error) { return SoftClosePeriod(closed, by, at) },
		"reopen":     func() (Period, error) { return ReopenPeriod(closed, "x", at) },
		"submit":     func() (Period, error) { return SubmitPeriod(soft, at) },
	} {
		if _, err := step(); !fault.Is(err, fault.WrongState) {
			t.Errorf("%s: %v", name, err)
		}
	}
	submitted, err := SubmitPeriod(closed, at)
	if err != nil || submitted.State != PeriodSubmitted || !submitted.State.Frozen() {
		t.Errorf("%+v, %v", submitted, err)
	}
	if _, err := SubmitPeriod(submitted, at); !fault.Is(err, fault.WrongState) {
		t.Errorf("submitted twice: %v", err)
	}
}

// A fact counts on its day where its month is open; else when it is recorded, as
// an adjustment.
func TestALateFactOfAClosedMonthIsAnAdjustment(t *testing.T) {
	now := Day("2026-11-05").Start().Add(10 * time.Hour)
	o := Order{CreatedAt: Day("2026-10-20").Start().Add(time.Hour)}
	open := MonthOf("2026-10-31")
	closed := open
	closed.State = PeriodSoftClosed
	rows := []struct {
		on      Day
		month   Period
		at      time.Time
		adjusts string
	}{
		{"2026-11-05", MonthOf("2026-11-05"), now, ""},
		{"2026-11-04", MonthOf("2026-11-05"), Day("2026-11-05").Start().Add(-time.Microsecond), ""},
		{"2026-10-31", open, Day("2026-11-01").Start().Add(-time.Microsecond), ""},
		{"2026-10-31", closed, now, "2026-10"},
	}
	for _, r := range rows {
		d, err := DateFact("paid_on", o, r.on, r.month, now)
		if err != nil || !d.At.Equal(r.at) || d.Adjusts != r.adjusts {
			t.Errorf("%s in %s: %+v, %v", r.on, r.month.State, d, err)
		}
		if late := r.on != "2026-11-05"; (d.On != "") != late {
			t.Errorf("%s is said to be of %q", r.on, d.On)
		}
	}
	for _, on := range []Day{"2026-11-06", "2026-10-19"} {
		if _, err := DateFact("paid_on", o, on, open, now); !fault.Is(err, fault.DatesInvalid) {
			t.Errorf("%s: %v", on, err)
		}
	}
}
