package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
)

// volumeDimensions are the dimensions of design §11 as expressions over ledger
// entries, all of them text. Days are days in China, which is UTC+8 all year.
var volumeDimensions = map[exchange.Dimension]string{
	exchange.ByDay:          "to_char(at + interval '8 hours', 'YYYY-MM-DD')",
	exchange.ByMonth:        "to_char(at + interval '8 hours', 'YYYY-MM')",
	exchange.ByYear:         "to_char(at + interval '8 hours', 'YYYY')",
	exchange.ByDirection:    "direction",
	exchange.BySellerCounty: "seller_county",
	exchange.BySellerCity:   "left(seller_county, 4) || '00'",
	exchange.ByBuyerCounty:  "buyer_county",
	exchange.ByBuyerCity:    "left(buyer_county, 4) || '00'",
	exchange.ByCategory:     "category",
	exchange.ByBuyerClass:   "buyer_class",
	exchange.ByChannel:      "channel",
	exchange.ByCertified:    "CASE WHEN scheme = '' THEN 'other' ELSE 'certified' END",
	exchange.ByScheme:       "scheme",
	exchange.ByMeasure:      "measure",
}

// rollupPeriods are the dimensions of time as expressions over roll-ups. The
// others have the same columns there.
var rollupPeriods = map[exchange.Dimension]string{
	exchange.ByDay: "period", exchange.ByMonth: "left(period, 7)", exchange.ByYear: "left(period, 4)",
}

// filterDimensions are the fields of a policy's filter that roll-ups can keep
// apart.
var filterDimensions = map[string]exchange.Dimension{
	"seller_county": exchange.BySellerCounty, "buyer_county": exchange.ByBuyerCounty, "buyer_class": exchange.ByBuyerClass,
}

// VolumeQuery asks for volumes over ledger entries.
type VolumeQuery struct {
	Filter    exchange.Filter
	GroupBy   []exchange.Dimension
	From, To  time.Time // [From, To); zero: unbounded
	Before    time.Time // entries before it count; zero: all
	Measure   ledger.Measure
	Direction exchange.Direction // empty: every direction but INTRA
	Limit     int
	Direct    bool // add up the entries themselves, whatever roll-up there is
}

// VolumeRow is one cell.
type VolumeRow struct {
	Keys    []string // as in GroupBy
	Measure ledger.Measure
	Fen     int64
	Orders  int64 // exchange.VolumeSum says which cell an order counts in
	Entries int64
}

// Volumes adds up measured entries. Each measure is a row of its own: intent,
// contract, acceptance and settlement are different numbers. Where a roll-up
// keeps what is asked for apart it answers, with the entries that it does not
// cover added: the ends of a span that is not one of whole months, and what is
// not sealed yet. On one snapshot that is every committed entry, once.
func (r Reader) Volumes(ctx context.Context, v VolumeQuery) ([]VolumeRow, error) {
	sql, args, err := volumeSQL(v)
	if err != nil {
		return nil, err
	}
	rows, err := r.raw.Query(ctx, sql, args...)
	if err != nil {
		return nil, readError(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (VolumeRow, error) {
		cell := VolumeRow{Keys: make([]string, len(v.GroupBy))}
		into := []any{&cell.Measure, &cell.Fen, &cell.Orders, &cell.Entries}
		for i := range cell.Keys {
			into = append(into, &cell.Keys[i])
		}
		return cell, row.Scan(into...)
	})
	return out, readError(err)
}

// LedgerBegan is the time of the ledger's first transaction, or ErrNotFound.
func (r Reader) LedgerBegan(ctx context.Context) (time.Time, error) {
	at, err := r.q.LedgerBegan(ctx)
	return at.UTC(), readError(err)
}

func volumeSQL(v VolumeQuery) (string, []any, error) {
	for _, d := range v.GroupBy {
		if volumeDimensions[d] == "" {
			return "", nil, fmt.Errorf("store: unknown dimension %q", d)
		}
	}
	b := &volumeBuilder{query: v, from: v.From, to: v.To}
	if !v.Before.IsZero() && (b.to.IsZero() || v.Before.Before(b.to)) {
		b.to = v.Before
	}
	names, order := "", ""
	for i := range v.GroupBy {
		names += fmt.Sprintf(", k%d", i)
		order += fmt.Sprintf("k%d, ", i)
	}
	b.add("SELECT measure, sum(fen)::bigint, sum(orders)::bigint, sum(entries)::bigint" + names + " FROM (")
	if err := b.parts(); err != nil {
		return "", nil, err
	}
	b.add(") p GROUP BY measure" + names + " HAVING sum(entries) <> 0 ORDER BY " + order + "measure LIMIT " + b.bind(v.Limit))
	return b.text.String(), b.args, nil
}

// volumeBuilder puts the statement of a volume together, over [from, to).
type volumeBuilder struct {
	sqlBuilder
	query    VolumeQuery
	from, to time.Time // zero: unbounded
}

// parts are the rows that are added up.
func (b *volumeBuilder) parts() error {
	rollup, ok := rollupFor(b.query)
	if !ok {
		return b.direct()
	}
	first, end := wholePeriods(rollup, b.from, b.to)
	if end != "" && first >= end {
		return b.direct() // no whole period lies in the span
	}
	if err := b.rolled(rollup, first, end); err != nil {
		return err
	}
	if low := startOf(first); !b.from.IsZero() && b.from.Before(low) {
		b.add(" UNION ALL ")
		if err := b.edge(b.from, low); err != nil {
			return err
		}
	}
	if high := startOf(end); end != "" && high.Before(b.to) {
		b.add(" UNION ALL ")
		if err := b.edge(high, b.to); err != nil {
			return err
		}
	}
	b.add(" UNION ALL ")
	return b.tail()
}

// rollupFor finds the smallest roll-up that keeps apart what is asked for and
// what the caller may see.
func rollupFor(v VolumeQuery) (exchange.Rollup, bool) {
	needs := slices.Clone(v.GroupBy)
	for _, field := range filterFields(v.Filter) {
		d, ok := filterDimensions[field]
		if !ok {
			return exchange.Rollup{}, false
		}
		needs = append(needs, d)
	}
	for _, r := range exchange.Rollups() {
		if !v.Direct && !slices.ContainsFunc(needs, func(d exchange.Dimension) bool { return !r.Has(d) }) {
			return r, true
		}
	}
	return exchange.Rollup{}, false
}

// filterFields are the fields that a filter names.
func filterFields(f exchange.Filter) []string {
	when, ok := f.(exchange.When)
	if !ok {
		return nil
	}
	var fields []string
	var walk func(exchange.Condition)
	walk = func(c exchange.Condition) {
		if c.Field != "" {
			fields = append(fields, c.Field)
		}
		for _, part := range c.Conditions {
			walk(part)
		}
	}
	walk(when.Condition)
	return fields
}

// wholePeriods are the roll-up's periods that lie wholly in [from, to): those
// from the first up to the end, which is not one. Empty: unbounded.
func wholePeriods(r exchange.Rollup, from, to time.Time) (first, end string) {
	if !from.IsZero() {
		first = r.Period(from)
		if startOf(first).Before(from) {
			first = r.Period(nextPeriod(r, from))
		}
	}
	if !to.IsZero() {
		end = r.Period(to)
	}
	return first, end
}

func nextPeriod(r exchange.Rollup, at time.Time) time.Time {
	start := startOf(r.Period(at)).In(exchange.China)
	if r.Daily {
		return start.AddDate(0, 0, 1)
	}
	return start.AddDate(0, 1, 0)
}

// startOf is the first instant of a day or a month.
func startOf(period string) time.Time {
	if len(period) == len("2006-01") {
		period += "-01"
	}
	return exchange.Day(period).Start()
}

// keys adds the grouped dimensions as columns.
func (b *volumeBuilder) keys(over map[exchange.Dimension]string) {
	for i, d := range b.query.GroupBy {
		expression := volumeDimensions[d]
		if period, ok := over[d]; ok {
			expression = period
		}
		b.add(fmt.Sprintf(", %s AS k%d", expression, i))
	}
}

// narrowed adds what every part is narrowed by.
func (b *volumeBuilder) narrowed() error {
	if err := b.where(b.query.Filter, entries.filters); err != nil {
		return err
	}
	if b.query.Measure == ledger.NoMeasure {
		b.add(" AND measure <> ''")
	} else {
		b.add(" AND measure = " + b.bind(string(b.query.Measure)) + "::text")
	}
	if b.query.Direction == "" {
		// Trade inside one province is never collaboration volume.
		b.add(" AND direction <> " + b.bind(string(exchange.Intra)) + "::text")
	} else {
		b.add(" AND direction = " + b.bind(string(b.query.Direction)) + "::text")
	}
	return nil
}

func (b *volumeBuilder) between(from, to time.Time) string {
	var conditions []string
	if !from.IsZero() {
		conditions = append(conditions, "at >= "+b.bind(from)+"::timestamptz")
	}
	if !to.IsZero() {
		conditions = append(conditions, "at < "+b.bind(to)+"::timestamptz")
	}
	if conditions == nil {
		return "true"
	}
	return strings.Join(conditions, " AND ")
}

// rolled are the rows of a roll-up.
func (b *volumeBuilder) rolled(r exchange.Rollup, first, end string) error {
	b.add("SELECT measure, fen, orders, entries")
	b.keys(rollupPeriods)
	b.add(" FROM volumes")
	if err := b.narrowed(); err != nil {
		return err
	}
	b.add(" AND rollup = " + b.bind(r.Name) + "::text")
	if first != "" {
		b.add(" AND period >= " + b.bind(first) + "::text")
	}
	if end != "" {
		b.add(" AND period < " + b.bind(end) + "::text")
	}
	return nil
}

const (
	// entryOrder is the order by which an order's first entry is found.
	entryOrder = "ORDER BY at, transaction_id, line"
	waiting    = "EXISTS (SELECT 1 FROM unsealed q WHERE q.home = %[1]s.home AND q.at = %[1]s.at AND q.id = %[1]s.transaction_id)"
)

// edge are the sealed entries of a span that is no whole period.
func (b *volumeBuilder) edge(from, to time.Time) error {
	b.add("SELECT measure, measure_fen, CASE WHEN EXISTS (SELECT 1 FROM ledger_entries f WHERE f.home = e.home AND f.order_id = e.order_id" +
		" AND f.measure = e.measure AND (f.at, f.transaction_id, f.line) < (e.at, e.transaction_id, e.line)" +
		" AND NOT " + fmt.Sprintf(waiting, "f") + ") THEN 0 ELSE 1 END, 1")
	b.keys(nil)
	b.add(" FROM ledger_entries e")
	if err := b.narrowed(); err != nil {
		return err
	}
	b.add(" AND " + b.between(from, to) + " AND NOT " + fmt.Sprintf(waiting, "e"))
	return nil
}

// tail is what the entries that wait to be sealed change: their own figures, and
// where an order counts.
func (b *volumeBuilder) tail() error {
	b.add("SELECT measure, CASE WHEN waits THEN measure_fen ELSE 0 END," +
		" CASE WHEN nth = 1 THEN 1 ELSE 0 END - CASE WHEN NOT waits AND nth_alike = 1 THEN 1 ELSE 0 END, CASE WHEN waits THEN 1 ELSE 0 END")
	b.keys(nil)
	b.add(" FROM (SELECT w.*, row_number() OVER (PARTITION BY home, order_id, measure " + entryOrder + ") AS nth," +
		" row_number() OVER (PARTITION BY home, order_id, measure, waits " + entryOrder + ") AS nth_alike" +
		" FROM (SELECT e.*, " + fmt.Sprintf(waiting, "e") + " AS waits FROM ledger_entries e" +
		" WHERE (home, order_id) IN (SELECT t.home, t.order_id FROM unsealed u JOIN ledger_transactions t ON t.home = u.home AND t.id = u.id)) w")
	if err := b.narrowed(); err != nil {
		return err
	}
	b.add(") x WHERE " + b.between(b.from, b.to))
	return nil
}

// direct are the entries themselves, sealed or not.
func (b *volumeBuilder) direct() error {
	b.add("SELECT measure, measure_fen AS fen, CASE WHEN nth = 1 THEN 1 ELSE 0 END AS orders, 1 AS entries")
	b.keys(nil)
	b.add(" FROM (SELECT e.*, row_number() OVER (PARTITION BY home, order_id, measure " + entryOrder + ") AS nth FROM ledger_entries e")
	if err := b.narrowed(); err != nil {
		return err
	}
	if !b.to.IsZero() {
		b.add(" AND " + b.between(time.Time{}, b.to))
	}
	b.add(") x WHERE " + b.between(b.from, time.Time{}))
	return nil
}
