package exchange

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Shares add up to the whole, each within one basis point of what it is.
func TestSharesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.Int64(), 1, 20).Draw(t, "parts")
		sum := new(big.Int)
		for _, p := range parts {
			sum.Add(sum, big.NewInt(p))
		}
		shares := SharesBP(parts)
		if shares == nil {
			if positive := !slices.ContainsFunc(parts, func(p int64) bool { return p < 0 }); positive && sum.Sign() > 0 {
				t.Fatalf("no shares of %v", parts)
			}
			return
		}
		total := new(big.Int)
		for i, bp := range shares {
			total.Add(total, big.NewInt(bp))
			off := new(big.Int).Mul(big.NewInt(bp), sum)
			off.Sub(off, new(big.Int).Mul(big.NewInt(parts[i]), big.NewInt(wholeBP)))
			if off.CmpAbs(sum) > 0 {
				t.Fatalf("%d of %v is %d basis points", parts[i], sum, bp)
			}
		}
		if total.Cmp(big.NewInt(wholeBP)) != 0 {
			t.Fatalf("shares %v add up to %v", shares, total)
		}
	})
	if got := SharesBP([]int64{1, 1, 1}); !slices.Equal(got, []int64{3334, 3333, 3333}) {
		t.Errorf("thirds are %v", got)
	}
	if got := SharesBP([]int64{5, -5}); got != nil {
		t.Errorf("shares of nothing are %v", got)
	}
}

func TestWhatIsReachedAndChangedIsRoundedToEven(t *testing.T) {
	for _, r := range []struct {
		actual, target, want int64
		ok                   bool
	}{
		{277_000_000_000, 40_000_000_000, 69_250, true}, // 2.77 of 0.40 billion yuan: 693 %
		{1, 20_000, 0, true}, {3, 20_000, 2, true}, {-1, 2, -5000, true}, {1, 0, 0, false},
		{math.MaxInt64, 1, 0, false},
	} {
		if got, ok := ReachedBP(r.actual, r.target); ok != r.ok || ok && got != r.want {
			t.Errorf("%d of %d is %d, %v", r.actual, r.target, got, ok)
		}
	}
	if got, ok := ChangeBP(150, 100); !ok || got != 5000 {
		t.Errorf("150 after 100 is %d, %v", got, ok)
	}
	if _, ok := ChangeBP(150, 0); ok {
		t.Error("a change against nothing")
	}
	if got, ok := ChangeBP(math.MinInt64, math.MaxInt64); !ok || got != -20_000 {
		t.Errorf("%d, %v", got, ok)
	}
}

func TestAYearAgoIsTheSameSpan(t *testing.T) {
	for _, r := range []struct{ from, to, wantFrom, wantTo Day }{
		{"2026-01-01", "2026-12-31", "2025-01-01", "2025-12-31"},
		{"2025-02-01", "2025-02-28", "2024-02-01", "2024-02-29"},
		{"2024-02-01", "2024-02-29", "2023-02-01", "2023-02-28"},
		{"2025-02-01", "2025-02-27", "2024-02-01", "2024-02-27"},
	} {
		if got := (Span{r.from, r.to}).YearBefore(); got != (Span{r.wantFrom, r.wantTo}) {
			t.Errorf("a year before %s..%s is %v", r.from, r.to, got)
		}
	}
	for _, r := range []struct {
		d         Dimension
		key, want string
	}{{ByMonth, "2025-11", "2026-11"}, {ByYear, "2025", "2026"}, {ByDay, "2024-02-29", "2025-02-28"}, {BySellerCounty, "2025", "2025"}} {
		if got := ShiftYear(r.d, r.key, 1); got != r.want {
			t.Errorf("%s a year later is %s", r.key, got)
		}
	}
	for _, key := range []string{"2026-13", "2026", ""} {
		if span, ok := PeriodOf(ByMonth, key); ok {
			t.Errorf("%q is the month %v", key, span)
		}
	}
	if span, ok := PeriodOf(ByMonth, "2024-02"); !ok || span != (Span{"2024-02-01", "2024-02-29"}) {
		t.Errorf("%v, %v", span, ok)
	}
}

func TestEveryDimensionIsDefined(t *testing.T) {
	for _, d := range Dimensions() {
		if dimensionTerms[d].EN == "" || dimensionTerms[d].ZH == "" || dimensionTerms[d].Name != string(d) {
			t.Errorf("%s is not defined", d)
		}
	}
}
