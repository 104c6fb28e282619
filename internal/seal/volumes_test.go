package seal_test

import (
	"cmp"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

// loadPlaces has a county whose code changes in the midst of what the tests
// trade, and pairings that begin and end there.
func loadPlaces(t *testing.T, s *store.Store) {
	t.Helper()
	divisions := []exchange.Division{
		{Code: "610928", Level: 3, Parent: "610900", Valid: exchange.Span{To: "2025-12-31"}},
		{Code: "610981", Level: 3, Parent: "610900", Valid: exchange.Span{From: "2026-01-01"}, Predecessors: []string{"610928"}},
		{Code: "610124", Level: 3, Parent: "610100"}, {Code: "320585", Level: 3, Parent: "320500"},
		{Code: "320115", Level: 3, Parent: "320100"}, {Code: "320684", Level: 3, Parent: "320600"},
	}
	pairings := []exchange.Pairing{
		{ID: uuid.New(), JSCity: "320500", JSUnit: "320585", SNCity: "610100", SNCounty: "610124", Valid: exchange.Span{From: "2026-01-01"}},
		{ID: uuid.New(), JSCity: "320100", SNCity: "610900", SNCounty: "610928", Valid: exchange.Span{To: "2026-01-31"}},
		{ID: uuid.New(), JSCity: "320500", SNCity: "610100", SNCounty: "610124"},
	}
	for i := range pairings {
		pairings[i].Confidence = "sourced"
	}
	if err := s.LoadReference(t.Context(), divisions, pairings); err != nil {
		t.Fatal(err)
	}
}

// A migration makes the roll-ups that are new of what is sealed already: they are
// what the sealer would have made.
func TestTheRollUpsOfAMigrationAreThoseOfTheSealer(t *testing.T) {
	url := testkit.Migrated(t)
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	sealer, _ := newSealer(t, s, 60)
	for range 30 {
		if err := write(t.Context(), s, randomOrder()...); err != nil {
			t.Fatal(err)
		}
	}
	once(t, sealer, 60)
	testkit.Exec(t, url, `DELETE FROM volumes WHERE rollup IN ('seller-years', 'buyer-years');
		UPDATE volumes SET rollup = 'seller' WHERE rollup = 'sellers'; DELETE FROM volumes WHERE rollup = 'buyers' AND period = '2025-12'`)
	for _, name := range []string{"00041_rollups.sql", "00042_rollup_years.sql"} {
		text, err := os.ReadFile("../store/migrations/" + name)
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		testkit.Exec(t, url, up)
	}
	wantSound(t, s)
}

// drawVolumes draws a question.
func drawVolumes(r *rapid.T, t *testing.T, s *store.Store) store.VolumeQuery {
	day := func(name string) exchange.Day {
		return exchange.Day("2025-11-20").Plus(rapid.IntRange(-40, 140).Draw(r, name))
	}
	filters := []exchange.Filter{
		exchange.AllowAll{}, exchange.DenyAll{},
		exchange.When{Condition: exchange.Condition{Op: exchange.OpNe, Field: "buyer_class", Values: []any{"MILITARY"}}},
		exchange.When{Condition: exchange.Condition{Op: exchange.OpEq, Field: "buyer_class", Values: []any{"SOE"}}},
		exchange.When{Condition: exchange.Condition{Op: exchange.OpPrefix, Field: "seller_county", Values: []any{"6106"}}},
	}
	q := store.VolumeQuery{Filter: rapid.SampledFrom(filters).Draw(r, "filter"), Limit: 100_000}
	dims := exchange.Dimensions()
	if rapid.Bool().Draw(r, "raw codes") {
		dims = slices.DeleteFunc(dims, func(d exchange.Dimension) bool { return d == exchange.ByPairing })
	} else {
		var err error
		if q.Places, err = s.Places(t.Context(), day("codes of"), true); err != nil {
			r.Fatal(err)
		}
	}
	q.GroupBy = rapid.SliceOfNDistinct(rapid.SampledFrom(dims), 0, 3, func(d exchange.Dimension) exchange.Dimension { return d }).Draw(r, "group by")
	switch rapid.IntRange(0, 3).Draw(r, "span") {
	case 0:
		q.From, q.To = exchange.Day("2025-01-01").Start(), exchange.Day("2026-01-01").Start()
	case 1:
		if rapid.Bool().Draw(r, "from") {
			q.From = day("first day").Start()
		}
		if rapid.Bool().Draw(r, "to") {
			q.To = day("last day").Start()
		}
	}
	if rapid.Bool().Draw(r, "as of") {
		q.Before = day("as of day").Start().Add(time.Duration(rapid.IntRange(0, 1<<36).Draw(r, "as of time")) * time.Microsecond)
	}
	if n := size(t, s); n > 0 && rapid.IntRange(0, 3).Draw(r, "as of a position") == 0 {
		q.Position = rapid.Int64Range(1, n).Draw(r, "position")
	}
	q.Measure = rapid.SampledFrom([]ledger.Measure{"", ledger.Contracted, ledger.Settled}).Draw(r, "measure")
	q.Direction = rapid.SampledFrom([]exchange.Direction{"", exchange.SNToJS, exchange.Intra}).Draw(r, "direction")
	if cells, err := s.Volumes(t.Context(), q); err == nil && len(cells) > 0 && rapid.Bool().Draw(r, "one cell") {
		// One of its own cells, of some of its dimensions.
		c := rapid.SampledFrom(cells).Draw(r, "cell")
		q.Cell = map[exchange.Dimension]string{}
		for i, d := range q.GroupBy {
			if rapid.Bool().Draw(r, string(d)) {
				q.Cell[d] = c.Keys[i]
			}
		}
	}
	return q
}

// wantSameVolumes asks one question three times: of roll-up and tail, of the
// entries in SQL, and of the entries by a model that knows nothing of either.
// The answers are equal to the fen, and complete to the last committed entry.
func wantSameVolumes(r *rapid.T, t *testing.T, s *store.Store) {
	q := drawVolumes(r, t, s)
	rolled, err := s.Volumes(t.Context(), q)
	if err != nil {
		r.Fatalf("%+v: %v", q, err)
	}
	q.Direct = true
	direct, err := s.Volumes(t.Context(), q)
	if err != nil {
		r.Fatalf("%+v: %v", q, err)
	}
	if !reflect.DeepEqual(rolled, direct) {
		r.Fatalf("%+v\nroll-up and tail: %+v\nentries:          %+v", q, rolled, direct)
	}
	if want := modelVolumes(r, t, s, q); !slices.EqualFunc(rolled, want, func(a, b store.VolumeRow) bool { return reflect.DeepEqual(a, b) }) {
		r.Fatalf("%+v\nstore: %+v\nmodel: %+v", q, rolled, want)
	}
}

// wantTheEntriesOfACell opens what a question adds up, a page at a time: the
// list adds up to its figures.
func wantTheEntriesOfACell(r *rapid.T, t *testing.T, s *store.Store) {
	q := drawVolumes(r, t, s)
	q.GroupBy = nil
	rows, err := s.Volumes(t.Context(), q)
	if err != nil {
		r.Fatal(err)
	}
	sums := map[ledger.Measure]store.VolumeRow{}
	var after *store.Key
	for page := q; ; {
		page.Limit = rapid.IntRange(1, 40).Draw(r, "page")
		list, err := s.VolumeEntries(t.Context(), page, after)
		if err != nil {
			r.Fatalf("%+v: %v", page, err)
		}
		for _, e := range list {
			sum := sums[e.Measure]
			sum.Keys, sum.Measure = []string{}, e.Measure
			sum.Fen, sum.Entries = sum.Fen+e.MeasureFen, sum.Entries+1
			if e.First {
				sum.Orders++
			}
			sums[e.Measure] = sum
			key := store.Key{At: e.At, ID: e.Transaction, Line: e.Line}
			if after != nil && after.At.After(key.At) {
				r.Fatalf("%v after %v", key, after)
			}
			after = &key
		}
		if len(list) < page.Limit {
			break
		}
	}
	got := slices.SortedFunc(maps.Values(sums), func(a, b store.VolumeRow) int { return cmp.Compare(a.Measure, b.Measure) })
	if !slices.EqualFunc(got, rows, func(a, b store.VolumeRow) bool { return reflect.DeepEqual(a, b) }) {
		r.Fatalf("%+v\nthe list adds up to %+v\nthe figures are     %+v", q, got, rows)
	}
}

// modelVolumes reads every entry and adds up those that count.
func modelVolumes(r *rapid.T, t *testing.T, s *store.Store, q store.VolumeQuery) []store.VolumeRow {
	all, err := s.ListEntries(t.Context(), store.List{Filter: exchange.AllowAll{}, Limit: 1_000_000})
	if err != nil {
		r.Fatal(err)
	}
	seals, err := s.SealsAfter(t.Context(), 0, 1_000_000)
	if err != nil {
		r.Fatal(err)
	}
	sealed := map[uuid.UUID]bool{}
	for _, seal := range seals {
		sealed[seal.Transaction] = seal.Position < q.Position
	}
	slices.Reverse(all) // the oldest first
	cells, counted := map[string]*store.VolumeRow{}, map[string]bool{}
	for _, e := range all {
		if e.Measure == "" || !q.Before.IsZero() && !e.At.Before(q.Before) || q.Position > 0 && !sealed[e.Transaction] {
			continue
		}
		order := e.Dims.Order.String() + string(e.Measure)
		first := !counted[order]
		counted[order] = true
		if !inQuestion(q, e) {
			continue
		}
		row := store.VolumeRow{Keys: make([]string, len(q.GroupBy)), Measure: e.Measure}
		for i, d := range q.GroupBy {
			row.Keys[i] = modelKey(q.Places, d, e)
		}
		name := strings.Join(row.Keys, " ") + string(row.Measure)
		if cells[name] == nil {
			cells[name] = &row
		}
		c := cells[name]
		c.Fen, c.Entries = c.Fen+e.MeasureFen, c.Entries+1
		if first {
			c.Orders++
		}
	}
	var out []store.VolumeRow
	for _, c := range cells {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b store.VolumeRow) int {
		return cmp.Or(slices.Compare(a.Keys, b.Keys), cmp.Compare(a.Measure, b.Measure))
	})
	return out
}

// inQuestion says whether an entry is one that is asked about.
func inQuestion(q store.VolumeQuery, e store.Entry) bool {
	switch f := q.Filter.(type) {
	case exchange.DenyAll:
		return false
	case exchange.When: // one of those above
		if f.Condition.Op == exchange.OpEq && e.Dims.BuyerClass != "SOE" {
			return false
		}
		if f.Condition.Op == exchange.OpNe && e.Dims.BuyerClass == "MILITARY" || f.Condition.Op == exchange.OpPrefix && !strings.HasPrefix(e.Dims.SellerCounty, "6106") {
			return false
		}
	}
	for d, key := range q.Cell {
		if modelKey(q.Places, d, e) != key {
			return false
		}
	}
	direction := exchange.Direction(e.Dims.Direction)
	return (q.Measure == "" || q.Measure == e.Measure) && (q.Direction == direction || q.Direction == "" && direction != exchange.Intra) &&
		(q.From.IsZero() || !e.At.Before(q.From)) && (q.To.IsZero() || e.At.Before(q.To))
}

func modelKey(places *exchange.Places, d exchange.Dimension, e store.Entry) string {
	day := exchange.DayOf(e.At)
	county, city := func(code string) string { return code }, func(code string) string { return code[:4] + "00" }
	if places != nil {
		county, city = places.County, places.City
	}
	switch d {
	case exchange.ByDay:
		return string(day)
	case exchange.ByMonth:
		return string(day[:7])
	case exchange.ByYear:
		return string(day[:4])
	case exchange.ByDirection:
		return e.Dims.Direction
	case exchange.BySellerCounty:
		return county(e.Dims.SellerCounty)
	case exchange.BySellerCity:
		return city(e.Dims.SellerCounty)
	case exchange.ByBuyerCounty:
		return county(e.Dims.BuyerCounty)
	case exchange.ByBuyerCity:
		return city(e.Dims.BuyerCounty)
	case exchange.ByPairing:
		return places.Pairing(e.Dims.SellerCounty, e.Dims.BuyerCounty, day)
	case exchange.ByCategory:
		return e.Dims.Category
	case exchange.ByBuyerClass:
		return e.Dims.BuyerClass
	case exchange.ByChannel:
		return e.Dims.Channel
	case exchange.ByScheme:
		return e.Dims.Scheme
	case exchange.ByCertified:
		if e.Dims.Scheme == "" {
			return "other"
		}
		return "certified"
	default:
		return string(e.Measure)
	}
}
