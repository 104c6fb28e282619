package exchange

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestAReserveIsFiledAsTheCanteenIs(t *testing.T) {
	unit, other := aSchool(), aSchool()
	rows := []struct {
		name   string
		change func(*ReserveFiling)
		ok     bool
	}{
		{"its own", func(*ReserveFiling) {}, true},
		{"its own, with others", func(f *ReserveFiling) { f.Covered = []Member{other} }, false},
		{"shared", func(f *ReserveFiling) { f.Canteen, f.Covered = SharedCanteen, []Member{other} }, true},
		{"shared with nobody", func(f *ReserveFiling) { f.Canteen = SharedCanteen }, false},
		{"shared with itself", func(f *ReserveFiling) { f.Canteen, f.Covered = SharedCanteen, []Member{unit} }, false},
		{"outsourced", func(f *ReserveFiling) { f.Canteen, f.Buyers = OutsourcedCanteen, []Member{other} }, true},
		{"outsourced to nobody", func(f *ReserveFiling) { f.Canteen = OutsourcedCanteen }, false},
		{"none", func(f *ReserveFiling) { f.Canteen, f.BudgetFen, f.RateBP, f.Note = NoCanteen, 0, 0, "day school" }, true},
		{"none, unsaid", func(f *ReserveFiling) { f.Canteen, f.BudgetFen, f.RateBP = NoCanteen, 0, 0 }, false},
		{"none, with a budget", func(f *ReserveFiling) { f.Canteen, f.Note = NoCanteen, "day school" }, false},
		{"more than all", func(f *ReserveFiling) { f.RateBP = 10_001 }, false},
	}
	for _, r := range rows {
		f := ReserveFiling{Unit: unit, Year: 2026, Canteen: OwnCanteen, BudgetFen: 12_345, RateBP: 1000}
		r.change(&f)
		p, err := FileReserve(f, noon)
		if (err == nil) != r.ok {
			t.Errorf("%s: %v", r.name, err)
		}
		if r.name == "its own" && p.TargetFen != 1235 {
			t.Errorf("10 %% of 12345 fen is %d: a target is rounded up", p.TargetFen)
		}
	}
}

// A target that is reached is really the share: no rounding makes it less.
func TestAReachedTargetIsTheShareOfTheBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		budget := rapid.Int64Range(1, math.MaxInt64).Draw(t, "budget")
		rate := rapid.Int64Range(1, wholeBP).Draw(t, "rate")
		accepted := rapid.Int64Range(0, math.MaxInt64).Draw(t, "accepted")
		p := ReserveProgress{TargetFen: partOf(budget, rate), Accepted: accepted}
		share := new(big.Int).Mul(big.NewInt(budget), big.NewInt(rate))
		got := new(big.Int).Mul(big.NewInt(accepted), big.NewInt(wholeBP))
		if reached := p.ReachedBP() >= wholeBP; reached != (got.Cmp(share) >= 0) {
			t.Errorf("%d accepted of %d at %d: reached is %v", accepted, budget, rate, reached)
		}
	})
}

// Whatever units answer, in whatever order: those are in the plan that have
// consented, and a consent is never taken back.
func TestUnitsOfAPlanAreThoseThatHaveConsented(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := ReserveFiling{Unit: aSchool(), Year: 2026, Canteen: SharedCanteen, BudgetFen: 100, RateBP: 1000}
		for range rapid.IntRange(1, 5).Draw(t, "covered") {
			f.Covered = append(f.Covered, aSchool())
		}
		p, err := FileReserve(f, noon)
		if err != nil {
			t.Fatal(err)
		}
		asked := AskConsents(p, noon)
		consented := map[uuid.UUID]bool{}
		for range rapid.IntRange(0, 12).Draw(t, "answers") {
			i, yes := rapid.IntRange(0, len(asked)-1).Draw(t, "who"), rapid.Bool().Draw(t, "yes")
			before := asked[i].State
			after, c, err := AnswerConsent(p, asked[i], yes, "r", noon)
			refused := before == ConsentGiven || (before == ConsentDeclined && !yes)
			if (err != nil) != refused {
				t.Fatalf("%s answers %v: %v", before, yes, err)
			}
			p, asked[i] = after, c
			consented[c.Member] = consented[c.Member] || yes
		}
		units := p.Units()
		if units[0] != p.Unit {
			t.Fatalf("the unit that filed comes first: %v", units)
		}
		for _, m := range p.Covered {
			if slices.Contains(units, m) != consented[m] {
				t.Fatalf("%s has consented: %v; the units are %v", m, consented[m], units)
			}
		}
	})
}
