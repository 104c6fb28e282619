package authz

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/policies"
)

func rowOf(of string, from, to string) map[string]any {
	row := map[string]any{"valid_from": from, "valid_to": to}
	for _, pair := range strings.Fields(of) {
		key, value, _ := strings.Cut(pair, "=")
		if list, ok := strings.CutPrefix(value, "+"); ok {
			var classes []any
			for _, c := range strings.Split(list, ",") {
				classes = append(classes, c)
			}
			row[key] = classes
		} else {
			row[key] = value
		}
	}
	return row
}

// Rows of a table are about a scheme, a category, a place, or some classes. Two of
// them about the same thing on the same day are refused, with the later's place.
func TestDataWithOverlappingValidityIsRefusedWithItsPlace(t *testing.T) {
	for _, r := range []struct {
		name   string
		rows   []any
		row    int
		reason string // empty: they are good
	}{
		{"days that meet", []any{rowOf("scheme=A", "2020-01-01", "2020-12-31"), rowOf("scheme=A", "2021-01-01", "")}, 0, ""},
		{"a day that both have", []any{rowOf("scheme=A", "2020-01-01", "2021-01-01"), rowOf("scheme=A", "2021-01-01", "")}, 1, "row 1"},
		{"an earlier row that never ends", []any{rowOf("scheme=A", "2020-01-01", ""), rowOf("scheme=A", "2030-01-01", "")}, 1, "row 1"},
		{"the later row of the file begins first", []any{rowOf("scheme=A", "2021-01-01", ""), rowOf("scheme=A", "2020-01-01", "2022-01-01")}, 1, "row 1"},
		{"two schemes", []any{rowOf("scheme=A", "2020-01-01", ""), rowOf("scheme=B", "2020-01-01", "")}, 0, ""},
		{"rates of two places", []any{rowOf("division= binding=true", "2021-01-01", ""), rowOf("division=32 binding=true", "2021-01-01", "")}, 0, ""},
		{"rates of one place", []any{rowOf("division=32 binding=true", "2021-01-01", ""), rowOf("division=32 binding=true", "2024-01-01", "")}, 1, "row 1"},
		{"a rate that binds and one that does not", []any{rowOf("division=32 binding=true", "2021-01-01", ""), rowOf("division=32 binding=false", "2021-01-01", "")}, 0, ""},
		{"other classes", []any{rowOf("classes=+A,B", "2021-01-01", ""), rowOf("classes=+C", "2021-01-01", "")}, 0, ""},
		{"a class that both have", []any{rowOf("classes=+A,B", "2021-01-01", ""), rowOf("classes=+C", "2021-01-01", ""), rowOf("classes=+B", "2022-01-01", "")}, 2, "row 1"},
		{"every class and one", []any{rowOf("category=X buyer_classes=+A", "2021-01-01", ""), rowOf("category=X buyer_classes=+*", "2022-01-01", "")}, 1, "row 1"},
		{"every class of another category", []any{rowOf("category=X buyer_classes=+A", "2021-01-01", ""), rowOf("category=Y buyer_classes=+*", "2022-01-01", "")}, 0, ""},
		{"two tags of one pair", []any{rowOf("tag=A buyers=3201 origin=6106", "2020-01-01", ""), rowOf("tag=B buyers=3201 origin=6106", "2024-01-01", "")}, 1, "row 1"},
		{"tags of two pairs", []any{rowOf("tag=A buyers=3201 origin=6106", "2020-01-01", ""), rowOf("tag=B buyers=3201 origin=6110", "2020-01-01", "")}, 0, ""},
		{"no day", []any{rowOf("scheme=A", "2021-02-30", "")}, 0, "is not a day"},
		{"an end before the beginning", []any{rowOf("scheme=A", "2021-02-02", "2021-02-01")}, 0, "ends before it begins"},
	} {
		row, err := checkTable(r.rows)
		if (r.reason == "") != (err == nil) || err != nil && (row != r.row || !strings.Contains(err.Error(), r.reason)) {
			t.Errorf("%s: row %d, %v", r.name, row, err)
		}
	}
}

// A table is checked in about the time that sorting it takes.
func TestABigTableIsCheckedAtOnce(t *testing.T) {
	var rows []any
	day := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 10_000 {
		on := day.AddDate(0, 0, i).Format(time.DateOnly)
		rows = append(rows, rowOf("scheme=A", on, on))
	}
	if row, err := checkTable(rows); err != nil {
		t.Errorf("row %d: %v", row, err)
	}
	rows = append(rows, rowOf("scheme=A", "1999-01-01", "1999-01-01"))
	if row, err := checkTable(rows); err == nil || row != 10_000 {
		t.Errorf("row %d, %v", row, err)
	}
}

// Ten thousand counties in the data make a decision no slower than ten: it takes
// the same steps, by the rules as they are and by their program, and in one run
// about the same time. Members and certificates are in no data at all.
func TestBigListsMakeADecisionNoSlower(t *testing.T) {
	const few, many = 10, 10_000
	type cost struct {
		rules, program int
		time           time.Duration
	}
	costOf := func(counties int) cost {
		e := withCounties(t, counties)
		r := e.current.Load()
		q := sampleQuestion()
		q.Action, q.At = OrderPlace, time.Date(2026, 11, 24, 12, 0, 0, 0, exchange.China)
		q.Order.Purpose = exchange.ForCanteen
		q.Payer, q.PayerConsent = nil, nil // what another pays fills no reserve
		p, err := r.build(t.Context(), 1, q.Action, exchange.DayOf(q.At), presentIn(&q, r))
		if err != nil {
			t.Fatal(err)
		}
		run, err := r.begin(t.Context(), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		defer run.end()
		steps := func(query query) int {
			m := &meter{most: 1 << 40, cancel: run.cancel}
			value, err := run.eval(query, q.term(nil, nil), m)
			if d, ok := readDecision(value); err != nil || !ok || !d.Obligations.CountsToReserve {
				t.Fatalf("%v, %+v", err, d)
			}
			return m.steps
		}
		c := cost{rules: steps(r.decision), program: steps(p.whole), time: time.Hour}
		for range 200 {
			begin := time.Now()
			if _, err := run.eval(p.whole, q.term(nil, nil)); err != nil {
				t.Fatal(err)
			}
			c.time = min(c.time, time.Since(begin))
		}
		return c
	}
	small, big := costOf(few), costOf(many)
	if small.rules != big.rules || small.program != big.program || big.time > 3*small.time {
		t.Errorf("with %d counties %+v, with %d %+v", few, small, many, big)
	}
	t.Logf("with %d counties %+v, with %d %+v", few, small, many, big)
}

// withCounties has so many counties whose goods fill a reserve, that of the
// sample among them.
func withCounties(t *testing.T, n int) *Engine {
	t.Helper()
	set, err := ReadSet(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	rules, _ := dig(set.data, "exchange", "rules")
	codes := map[string]any{"610621": "延长县"}
	for i := range n - 1 {
		codes[fmt.Sprintf("%06d", i)] = "x"
	}
	rules["reserve_counties"] = []any{map[string]any{"codes": codes, "valid_from": "2020-01-01"}}
	e, err := newEngine(t.Context(), Options{}, set)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// presentIn are the facts that a question has.
func presentIn(q *Question, r *revision) uint64 {
	var rec record
	rec.of(r.reads, q)
	return rec.present
}
