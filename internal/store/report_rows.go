package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/exchange"
)

// ReportQuery asks for a page of a report: rows of text in the order of their
// first columns, which are their key.
type ReportQuery struct {
	Filter   exchange.Filter // of the noun that the report reads
	From, To time.Time       // [From, To); zero: unbounded
	Year     int
	Today    exchange.Day
	EndingIn int      // days; 0: whenever
	After    []string // key of the last row of the page before; nil: the first page
	Limit    int
}

// reportSQL begins a report with the rows of a table that the caller may see.
func reportSQL(name, from string, filter exchange.Filter, columns map[string]string) (*sqlBuilder, error) {
	b := &sqlBuilder{}
	b.add("WITH " + name + " AS (SELECT * FROM " + from)
	err := b.where(filter, columns)
	return b, err
}

// spanning narrows to a span by a column of time.
func (b *sqlBuilder) spanning(column string, q ReportQuery) {
	if !q.From.IsZero() {
		b.add(" AND " + column + " >= " + b.bind(q.From) + "::timestamptz")
	}
	if !q.To.IsZero() {
		b.add(" AND " + column + " < " + b.bind(q.To) + "::timestamptz")
	}
}

// reportPage ends a report: columns of a row as text, the first keys of them its
// key, from a table expression.
func (r Reader) reportPage(ctx context.Context, b *sqlBuilder, from string, columns []string, keys int, q ReportQuery) ([][]string, error) {
	var texts, names []string
	for i, c := range columns {
		names = append(names, fmt.Sprintf("c%d", i))
		texts = append(texts, fmt.Sprintf("coalesce((%s)::text, '') AS c%d", c, i))
	}
	b.add(" SELECT " + strings.Join(names, ", ") + " FROM (SELECT " + strings.Join(texts, ", ") + " FROM " + from + ") page")
	key := strings.Join(names[:keys], ", ")
	if q.After != nil {
		binds := make([]string, keys)
		for i := range binds {
			binds[i] = b.bind(q.After[i]) + "::text"
		}
		b.add(" WHERE (" + key + ") > (" + strings.Join(binds, ", ") + ")")
	}
	b.add(" ORDER BY " + key + " LIMIT " + b.bind(q.Limit))
	rows, err := r.raw.Query(ctx, b.text.String(), b.args...)
	if err != nil {
		return nil, readError(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]string, error) {
		line := make([]string, len(columns))
		into := make([]any, len(columns))
		for i := range line {
			into[i] = &line[i]
		}
		return line, row.Scan(into...)
	})
	return out, readError(err)
}

const measuredSums = `sum(CASE WHEN e.measure = 'CONTRACTED' THEN e.measure_fen ELSE 0 END)::bigint AS contracted,
	sum(CASE WHEN e.measure = 'ACCEPTED' THEN e.measure_fen ELSE 0 END)::bigint AS accepted,
	sum(CASE WHEN e.measure = 'SETTLED' THEN e.measure_fen ELSE 0 END)::bigint AS settled,
	sum(CASE WHEN e.measure = 'ACCEPTED' THEN e.measure_quantity ELSE 0 END)::bigint AS quantity,
	count(DISTINCT e.order_id) AS orders`

// CountyProducts adds up entries by seller county and product: county, product
// id, names, category, the three measures in fen, accepted quantity and its base
// unit, orders, and the households that the certificates benefit under which the
// goods were sold, each certificate once.
func (r Reader) CountyProducts(ctx context.Context, q ReportQuery) ([][]string, error) {
	b, err := reportSQL("e", "ledger_entries", q.Filter, entries.filters)
	if err != nil {
		return nil, err
	}
	b.add(" AND measure <> '' AND direction <> 'INTRA'")
	b.spanning("at", q)
	b.add(`), s AS (SELECT e.seller_county, o.product_id, ` + measuredSums + `
		FROM e JOIN orders o ON o.home = e.home AND o.id = e.order_id GROUP BY e.seller_county, o.product_id
	), h AS (SELECT x.seller_county, x.product_id, sum(c.households)::bigint AS households
		FROM (SELECT DISTINCT e.seller_county, o.product_id, o.certificate_id
			FROM e JOIN orders o ON o.home = e.home AND o.id = e.order_id) x
		JOIN certificates c ON c.id = x.certificate_id GROUP BY x.seller_county, x.product_id)`)
	return r.reportPage(ctx, b, `s JOIN products p ON p.id = s.product_id
		LEFT JOIN h ON h.seller_county = s.seller_county AND h.product_id = s.product_id`, []string{
		"s.seller_county", "s.product_id", "p.name_zh", "p.name_en", "p.category", "s.contracted", "s.accepted", "s.settled", "s.quantity",
		"p.base_unit", "s.orders", "coalesce(h.households, 0)",
	}, 2, q)
}

// CertificateCapacities lists certificates by their last day: what of a year's
// cap is taken and left.
func (r Reader) CertificateCapacities(ctx context.Context, q ReportQuery) ([][]string, error) {
	b, err := reportSQL("c", "certificates", q.Filter, certificates.filters)
	if err != nil {
		return nil, err
	}
	if q.EndingIn > 0 {
		b.add(" AND state = 'IN_FORCE' AND valid_to >= " + b.bind(string(q.Today)) + "::text AND valid_to <= " + b.bind(string(q.Today.Plus(q.EndingIn))) + "::text")
	}
	b.add(`), k AS (SELECT certificate_id, sum(taken_quantity)::bigint AS quantity, sum(taken_value_fen)::bigint AS fen
		FROM certificate_capacities WHERE year = ` + b.bind(q.Year) + `::int GROUP BY certificate_id)`)
	return r.reportPage(ctx, b, "c JOIN products p ON p.id = c.product_id LEFT JOIN k ON k.certificate_id = c.id", []string{
		"c.valid_to", "c.id", "c.number", "c.scheme", "c.origin", "p.name_zh", "c.state", "c.annual_quantity", "coalesce(k.quantity, 0)",
		"c.annual_quantity - coalesce(k.quantity, 0)", "p.base_unit", "c.annual_value_fen", "coalesce(k.fen, 0)",
		"c.annual_value_fen - coalesce(k.fen, 0)", "c.households",
	}, 2, q)
}

// PricesAgainstReference lists products that were ordered: orders, quantity, the
// lowest, mean and highest price of a sales unit, the reference and how far the
// mean is above it, in basis points. Without a reference the last is empty.
func (r Reader) PricesAgainstReference(ctx context.Context, q ReportQuery) ([][]string, error) {
	b, err := reportSQL("o", "orders", q.Filter, orders.filters)
	if err != nil {
		return nil, err
	}
	b.add(" AND state NOT IN ('PENDING_APPROVAL', 'PLACED', 'CANCELLED', 'EXPIRED', 'REJECTED')")
	b.spanning("created_at", q)
	const unit = "(CASE WHEN o.per_kg THEN div(o.price_fen * o.unit_quantity, 1000)::bigint ELSE o.price_fen END)"
	b.add(`), s AS (SELECT o.product_id, count(*) AS orders, sum(o.quantity)::bigint AS quantity, min(` + unit + `)::bigint AS lowest,
		max(` + unit + `)::bigint AS highest,
		round(sum(o.amount_fen)::numeric * max(o.unit_quantity) / sum(o.quantity))::bigint AS mean
		FROM o GROUP BY o.product_id)`)
	return r.reportPage(ctx, b, "s JOIN products p ON p.id = s.product_id", []string{
		"p.origin", "s.product_id", "p.name_zh", "p.name_en", "p.sales_unit", "s.orders", "s.quantity", "p.base_unit", "s.lowest", "s.mean",
		"s.highest", "p.reference_fen",
		"CASE WHEN p.reference_fen > 0 THEN round((s.mean - p.reference_fen)::numeric * 10000 / p.reference_fen)::bigint END",
	}, 2, q)
}

// CountedTwice lists what could be one trade that is counted twice: orders of the
// same buyer, seller, product, quantity and day through several channels; a bank
// reference on several orders; and an order that the ledger counts twice.
func (r Reader) CountedTwice(ctx context.Context, q ReportQuery) ([][]string, error) {
	b, err := reportSQL("o", "orders", q.Filter, orders.filters)
	if err != nil {
		return nil, err
	}
	b.add(" AND state NOT IN ('PENDING_APPROVAL', 'PLACED', 'CANCELLED', 'EXPIRED', 'REJECTED')")
	b.spanning("created_at", q)
	b.add(`), found AS (
		SELECT 'SAME_TRADE' AS why, min(o.home || '-' || o.id::text) AS first_order, max(o.home || '-' || o.id::text) AS last_order,
			count(*) AS orders, sum(o.amount_fen)::bigint AS fen, o.buyer_id::text || ' ' || o.seller_id::text AS what,
			to_char(min(o.created_at) + interval '8 hours', 'YYYY-MM-DD') AS day
		FROM o GROUP BY o.buyer_id, o.seller_id, o.product_id, o.quantity, to_char(o.created_at + interval '8 hours', 'YYYY-MM-DD')
		HAVING count(*) > 1 AND count(DISTINCT o.channel) > 1
		UNION ALL
		SELECT 'SAME_BANK_REFERENCE', min(o.home || '-' || o.id::text), max(o.home || '-' || o.id::text), count(DISTINCT o.id),
			sum(p.amount_fen)::bigint, p.bank_reference, to_char(min(p.at) + interval '8 hours', 'YYYY-MM-DD')
		FROM o JOIN payments p ON p.home = o.home AND p.order_id = o.id GROUP BY p.bank_reference HAVING count(DISTINCT o.id) > 1
		UNION ALL
		SELECT 'COUNTED_TWICE', o.home || '-' || o.id::text, o.home || '-' || o.id::text, 1, max(o.amount_fen), t.kind,
			to_char(min(t.at) + interval '8 hours', 'YYYY-MM-DD')
		FROM o JOIN ledger_transactions t ON t.home = o.home AND t.order_id = o.id AND t.kind IN ('ORDER_CONFIRMED', 'DELIVERY_ACCEPTED')
		GROUP BY o.home, o.id, t.kind HAVING count(*) > 1)`)
	return r.reportPage(ctx, b, "found f", []string{
		"f.why", "f.first_order", "f.last_order", "f.what", "f.day", "f.orders", "f.fen",
	}, 4, q)
}
