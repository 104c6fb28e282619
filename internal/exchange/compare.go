package exchange

import (
	"cmp"
	"math/big"
	"slices"
	"time"
)

// SharesBP are what parts are of their sum, in basis points. They add up to
// 10,000: what rounding down leaves goes to the largest remainders, the first of
// equals first. Where the sum is not more than 0 nothing is a share of it.
func SharesBP(parts []int64) []int64 {
	sum := new(big.Int)
	for _, p := range parts {
		sum.Add(sum, big.NewInt(p))
	}
	if sum.Sign() <= 0 {
		return nil
	}
	type rest struct {
		place int
		of    *big.Int
	}
	shares, rests, left := make([]int64, len(parts)), make([]rest, len(parts)), int64(wholeBP)
	for i, p := range parts {
		// Euclid's division: the remainder of a negative part is not negative.
		share, remainder := new(big.Int).DivMod(new(big.Int).Mul(big.NewInt(p), big.NewInt(wholeBP)), sum, new(big.Int))
		if !share.IsInt64() {
			return nil
		}
		shares[i], rests[i] = share.Int64(), rest{i, remainder}
		left -= shares[i]
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return cmp.Or(b.of.Cmp(a.of), cmp.Compare(a.place, b.place)) })
	for _, r := range rests[:left] {
		shares[r.place]++
	}
	return shares
}

// ChangeBP is by how much a figure is more or less than an earlier one, in basis
// points, rounded to even. There is no answer where the earlier one is not more
// than 0, or the change is beyond int64.
func ChangeBP(now, before int64) (int64, bool) {
	if before <= 0 {
		return 0, false
	}
	change := new(big.Int).Sub(big.NewInt(now), big.NewInt(before))
	return roundEven(change.Mul(change, big.NewInt(wholeBP)), big.NewInt(before))
}

// ReachedBP is what a figure is of a target in basis points, rounded to even:
// 2.77 of 0.40 is 69,250.
func ReachedBP(actual, target int64) (int64, bool) {
	if target <= 0 {
		return 0, false
	}
	return roundEven(new(big.Int).Mul(big.NewInt(actual), big.NewInt(wholeBP)), big.NewInt(target))
}

// roundEven divides by a number above 0 and rounds half to even.
func roundEven(n, by *big.Int) (int64, bool) {
	q, r := new(big.Int).DivMod(n, by, new(big.Int))
	if half := r.Lsh(r, 1).Cmp(by); half > 0 || half == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	return q.Int64(), q.IsInt64()
}

// YearBefore is the same span a year ago. A last day of a month stays one: the
// year before 28 February 2025 ends on 29 February 2024.
func (s Span) YearBefore() Span {
	from, to := s.From.Start(), s.To.Start()
	out := Span{From: Day(from.AddDate(-1, 0, 0).Format(time.DateOnly))}
	if to.AddDate(0, 0, 1).Day() == 1 {
		// The day before the first of the next month.
		out.To = Day(to.AddDate(0, 0, 1).AddDate(-1, 0, -1).Format(time.DateOnly))
		return out
	}
	out.To = Day(to.AddDate(-1, 0, 0).Format(time.DateOnly))
	return out
}

// ShiftYear is a day, month or year that volumes are grouped by, some years later.
// 29 February is counted with the 28th of a year that has none. What is no time
// stays.
func ShiftYear(d Dimension, key string, years int) string {
	layout := periodLayout(d)
	t, err := time.Parse(layout, key)
	if layout == "" || err != nil {
		return key
	}
	later := t.AddDate(years, 0, 0)
	if later.Month() != t.Month() {
		later = later.AddDate(0, 0, -1)
	}
	return later.Format(layout)
}

// periodLayout is how a dimension of time is written; empty: it is none of time.
func periodLayout(d Dimension) string {
	switch d {
	case ByDay:
		return time.DateOnly
	case ByMonth:
		return "2006-01"
	case ByYear:
		return "2006"
	default:
		return ""
	}
}

// PeriodOf is the span of a day, month or year that volumes are grouped by.
func PeriodOf(d Dimension, key string) (Span, bool) {
	layout := periodLayout(d)
	t, err := time.ParseInLocation(layout, key, China)
	if layout == "" || err != nil {
		return Span{}, false
	}
	next := t.AddDate(1, 0, 0)
	switch d {
	case ByDay:
		next = t.AddDate(0, 0, 1)
	case ByMonth:
		next = t.AddDate(0, 1, 0)
	}
	return Span{From: DayOf(t), To: DayOf(next).Plus(-1)}, true
}

// Timed says whether a dimension is a time.
func (d Dimension) Timed() bool { return periodLayout(d) != "" }

// Placed says whether a dimension follows from the counties' codes.
func (d Dimension) Placed() bool {
	switch d {
	case BySellerCounty, BySellerCity, ByBuyerCounty, ByBuyerCity, ByPairing:
		return true
	default:
		return false
	}
}
