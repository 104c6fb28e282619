package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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

func volumeSQL(v VolumeQuery) (string, []any, error) {
	b, err := newVolumeBuilder(v)
	if err != nil {
		return "", nil, err
	}
	names := ""
	for i := range b.columns {
		names += fmt.Sprintf(", k%d", i)
	}
	b.add("SELECT measure, sum(fen)::bigint, sum(orders)::bigint, sum(entries)::bigint" + names + " FROM (")
	if err := b.parts(); err != nil {
		return "", nil, err
	}
	b.add(") p GROUP BY measure" + names + " HAVING sum(entries) <> 0")
	if slices.Equal(b.columns, v.GroupBy) && v.Places == nil {
		b.add(" LIMIT " + b.bind(v.Limit)) // else several of these rows may be one cell
	}
	return b.text.String(), b.args, nil
}

// volumeBuilder puts the statement of a volume together, over [from, to).
type volumeBuilder struct {
	sqlBuilder
	query    VolumeQuery
	columns  []exchange.Dimension
	from, to time.Time // zero: unbounded
}

func newVolumeBuilder(v VolumeQuery) (*volumeBuilder, error) {
	b := &volumeBuilder{query: v, columns: v.columns(), from: v.From, to: v.To}
	b.end(v.Before)
	for d := range v.Cell {
		if err := v.known(d); err != nil {
			return nil, err
		}
		if span, ok := exchange.PeriodOf(d, v.Cell[d]); ok {
			b.begin(span.From.Start())
			b.end(span.To.Plus(1).Start())
		}
	}
	for _, d := range v.GroupBy {
		if err := v.known(d); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (v VolumeQuery) known(d exchange.Dimension) error {
	if volumeDimensions[d] == "" && (d != exchange.ByPairing || v.Places == nil) {
		return fmt.Errorf("store: unknown dimension %q", d)
	}
	return nil
}

// begin and end narrow the span.
func (b *volumeBuilder) begin(t time.Time) {
	if t.After(b.from) {
		b.from = t
	}
}

func (b *volumeBuilder) end(t time.Time) {
	if !t.IsZero() && (b.to.IsZero() || t.Before(b.to)) {
		b.to = t
	}
}

// parts are the rows that are added up.
func (b *volumeBuilder) parts() error {
	rollup, ok := b.rollup()
	if !ok || !b.to.IsZero() && !b.from.Before(b.to) {
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

// wholeYears says whether the span is one of whole years: else the months of a
// broken year are fewer rows than its entries.
func (b *volumeBuilder) wholeYears() bool {
	return beginsAYear(b.from) && beginsAYear(b.to)
}

// beginsAYear says whether an instant is the first of a year, or unbounded.
func beginsAYear(t time.Time) bool {
	day := exchange.DayOf(t)
	return t.IsZero() || strings.HasSuffix(string(day), "-01-01") && day.Start().Equal(t)
}

// rollup finds the smallest roll-up that keeps apart what is asked for and
// what the caller may see. None knows positions.
func (b *volumeBuilder) rollup() (exchange.Rollup, bool) {
	v, needs := b.query, slices.Clone(b.columns)
	for d := range v.Cell {
		if _, timed := exchange.PeriodOf(d, v.Cell[d]); !timed {
			needs = append(needs, v.rawOf(d)...)
		}
	}
	for _, c := range comparisonsOf(v.Filter) {
		d, ok := filterDimensions[c.Field]
		if !ok {
			return exchange.Rollup{}, false
		}
		if !masks(c) {
			needs = append(needs, d)
		}
	}
	if v.Direct || v.Position > 0 {
		return exchange.Rollup{}, false
	}
	for _, r := range exchange.Rollups() {
		if r.Yearly && !b.wholeYears() {
			continue
		}
		if !slices.ContainsFunc(needs, func(d exchange.Dimension) bool { return !v.keeps(r, d) }) {
			return r, true
		}
	}
	return exchange.Rollup{}, false
}

// keeps says whether a roll-up keeps a dimension apart. One of months keeps the
// times between changes of the pairings where all of them begin with a month.
func (v VolumeQuery) keeps(r exchange.Rollup, d exchange.Dimension) bool {
	if d != byEpoch {
		return r.Has(d)
	}
	return r.Daily || !slices.ContainsFunc(v.Places.Epochs(), func(day exchange.Day) bool { return !strings.HasSuffix(string(day), "-01") })
}

// masks says whether a comparison tells military buyers from others and no more:
// every roll-up keeps these apart.
func masks(c exchange.Condition) bool {
	return c.Field == "buyer_class" && (c.Op == exchange.OpEq || c.Op == exchange.OpNe) &&
		len(c.Values) == 1 && c.Values[0] == string(exchange.Military)
}

// comparisonsOf are the comparisons that a filter makes.
func comparisonsOf(f exchange.Filter) []exchange.Condition {
	when, ok := f.(exchange.When)
	if !ok {
		return nil
	}
	var all []exchange.Condition
	var walk func(exchange.Condition)
	walk = func(c exchange.Condition) {
		if c.Field != "" {
			all = append(all, c)
		}
		for _, part := range c.Conditions {
			walk(part)
		}
	}
	walk(when.Condition)
	return all
}

// wholePeriods are the roll-up's periods that lie wholly in [from, to): those
// from the first up to the end, which is not one. Empty: unbounded.
func wholePeriods(r exchange.Rollup, from, to time.Time) (first, end string) {
	if !from.IsZero() {
		first = r.Period(from)
		if startOf(first).Before(from) {
			first = r.Next(from)
		}
	}
	if !to.IsZero() {
		end = r.Period(to)
	}
	return first, end
}

// startOf is the first instant of a day, a month or a year.
func startOf(period string) time.Time {
	for len(period) > 0 && len(period) < len("2006-01-02") {
		period += "-01"
	}
	return exchange.Day(period).Start()
}

// keys adds the dimensions that are read as columns: of a roll-up, or of
// entries where it is nil.
func (b *volumeBuilder) keys(of *exchange.Rollup) {
	for i, d := range b.columns {
		b.add(fmt.Sprintf(", %s AS k%d", b.expression(d, of), i))
	}
}

func (b *volumeBuilder) expression(d exchange.Dimension, of *exchange.Rollup) string {
	switch {
	case d == byEpoch:
		return b.epoch(of)
	case of != nil && rollupPeriods[d] != "":
		return rollupPeriods[d]
	}
	return volumeDimensions[d]
}

// epoch counts the changes of the pairings up to a row.
func (b *volumeBuilder) epoch(of *exchange.Rollup) string {
	days := b.query.Places.Epochs()
	if len(days) == 0 {
		return "'0'"
	}
	var text strings.Builder
	text.WriteString("CASE")
	for i, day := range days {
		fmt.Fprintf(&text, " WHEN %s THEN '%d'", b.before(day, of), i)
	}
	fmt.Fprintf(&text, " ELSE '%d' END", len(days))
	return text.String()
}

// before says that a row is of before a day.
func (b *volumeBuilder) before(day exchange.Day, of *exchange.Rollup) string {
	if of != nil {
		return "period < " + b.bind(of.Period(day.Start())) + "::text"
	}
	return "at < " + b.bind(day.Start()) + "::timestamptz"
}

// cell adds the conditions of the one cell that is asked about. Its times have
// narrowed the span.
func (b *volumeBuilder) cell(of *exchange.Rollup) {
	for _, d := range slices.Sorted(maps.Keys(b.query.Cell)) {
		key := b.query.Cell[d]
		if _, timed := exchange.PeriodOf(d, key); timed {
			continue
		}
		switch raw := b.query.rawOf(d); {
		case d == exchange.ByPairing:
			b.add(" AND " + b.paired(key, of))
		case b.query.Places != nil && (raw[0] == exchange.BySellerCounty || raw[0] == exchange.ByBuyerCounty):
			b.add(" AND " + b.placed(d, volumeDimensions[raw[0]], key))
		default:
			b.add(" AND " + b.expression(d, of) + " = " + b.bind(key) + "::text")
		}
	}
}

// placed says that a row is of a county or a city. A code that the directory does
// not have is of the city that it begins with.
func (b *volumeBuilder) placed(d exchange.Dimension, column, key string) string {
	within := column + " = ANY(" + b.bind(b.query.Places.Codes(d, key)) + "::text[])"
	if d == exchange.BySellerCounty || d == exchange.ByBuyerCounty {
		return within
	}
	return fmt.Sprintf("(%s OR %s = %s::text AND NOT %s = ANY(%s::text[]))", within, volumeDimensions[d], b.bind(key), column, b.bind(b.query.Places.Known()))
}

// paired says that a row is of a pair, or of none.
func (b *volumeBuilder) paired(key string, of *exchange.Rollup) string {
	rows := b.query.Places.Pairings()
	var parts []string
	for i, row := range rows {
		if row.Key != key && key != exchange.OtherPairing {
			continue
		}
		part := b.pair(row, of)
		for _, first := range rows[:i] {
			if key != exchange.OtherPairing && slices.Equal(first.SN, row.SN) {
				part += " AND NOT (" + b.pair(first, of) + ")"
			}
		}
		parts = append(parts, "("+part+")")
	}
	if len(parts) == 0 {
		return fmt.Sprint(key == exchange.OtherPairing)
	}
	either := "(" + strings.Join(parts, " OR ") + ")"
	if key == exchange.OtherPairing {
		return "NOT " + either
	}
	return either
}

func (b *volumeBuilder) pair(row exchange.PairedPlaces, of *exchange.Rollup) string {
	sn, js := b.bind(row.SN), b.bind(row.JS)
	text := fmt.Sprintf("(seller_county = ANY(%[1]s::text[]) AND buyer_county = ANY(%[2]s::text[])"+
		" OR seller_county = ANY(%[2]s::text[]) AND buyer_county = ANY(%[1]s::text[]))", sn, js)
	if row.Valid.From != "" {
		text += " AND NOT " + b.before(row.Valid.From, of)
	}
	if row.Valid.To != "" {
		text += " AND " + b.before(row.Valid.To.Plus(1), of)
	}
	return text
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
	b.keys(&r)
	b.add(" FROM volumes")
	if err := b.narrowed(); err != nil {
		return err
	}
	b.cell(&r)
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
	b.cell(nil)
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
	b.cell(nil)
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
	b.parties()
	b.add(b.sealed("e") + ") x WHERE " + b.between(b.from, time.Time{}))
	b.cell(nil)
	return nil
}

// partyFields are the columns by which both an order and its entries say whose
// they are.
var partyFields = []string{"buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id"}

// parties narrows entries to those of the orders of somebody, where the filter
// lets nothing else through: orders are found by whose they are, entries by their
// order, so that a member's own volumes do not read the whole ledger.
func (b *volumeBuilder) parties() {
	when, ok := b.query.Filter.(exchange.When)
	if !ok {
		return
	}
	list, ok := partiesOf(when.Condition)
	if !ok {
		return
	}
	var parts []string
	for _, c := range list {
		parts = append(parts, "SELECT o.home, o.id FROM orders o WHERE o."+c.Field+" = "+b.bind(c.Values[0])+"::uuid")
	}
	b.add(" AND (home, order_id) IN (" + strings.Join(parts, " UNION ALL ") + ")")
}

// partiesOf are the parties of which one stands in every row that a condition
// lets through; none where there may be others.
func partiesOf(c exchange.Condition) ([]exchange.Condition, bool) {
	switch {
	case c.Op == exchange.OpEq && slices.Contains(partyFields, c.Field):
		return []exchange.Condition{c}, true
	case c.Op == exchange.OpAnd:
		for _, part := range c.Conditions {
			if list, ok := partiesOf(part); ok {
				return list, true
			}
		}
	case c.Op == exchange.OpOr:
		var all []exchange.Condition
		for _, part := range c.Conditions {
			list, ok := partiesOf(part)
			if !ok {
				return nil, false
			}
			all = append(all, list...)
		}
		return all, len(all) > 0
	}
	return nil, false
}

// sealed narrows entries to those of the log's first transactions, where a
// position is asked for.
func (b *volumeBuilder) sealed(e string) string {
	if b.query.Position <= 0 {
		return ""
	}
	return fmt.Sprintf(" AND EXISTS (SELECT 1 FROM seals s WHERE s.home = %[1]s.home AND s.transaction_id = %[1]s.transaction_id AND s.position < %[2]s)",
		e, b.bind(b.query.Position))
}
