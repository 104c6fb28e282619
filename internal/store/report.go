package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
)

// volumeDimensions are the dimensions of design §11 as expressions over ledger
// entries, all of them text. Days are days in China, which is UTC+8 all year.
var volumeDimensions = map[string]string{
	"day":           "to_char(at + interval '8 hours', 'YYYY-MM-DD')",
	"month":         "to_char(at + interval '8 hours', 'YYYY-MM')",
	"year":          "to_char(at + interval '8 hours', 'YYYY')",
	"direction":     "direction",
	"seller_county": "seller_county",
	"seller_city":   "left(seller_county, 4) || '00'",
	"buyer_county":  "buyer_county",
	"buyer_city":    "left(buyer_county, 4) || '00'",
	"category":      "category",
	"buyer_class":   "buyer_class",
	"channel":       "channel",
	"certified":     "CASE WHEN scheme = '' THEN 'other' ELSE 'certified' END",
	"scheme":        "scheme",
	"measure":       "measure",
}

// VolumeQuery asks for volumes over ledger entries.
type VolumeQuery struct {
	Filter    exchange.Filter
	GroupBy   []string  // names of dimensions
	From, To  time.Time // [From, To); zero: unbounded
	Before    time.Time // entries up to here count
	Measure   ledger.Measure
	Direction exchange.Direction // empty: every direction but INTRA
	Limit     int
}

// VolumeRow is one cell.
type VolumeRow struct {
	Keys    []string // as in GroupBy
	Measure ledger.Measure
	Fen     int64
	Orders  int64
	Entries int64
}

// Volumes adds up measured entries. Each measure is a row of its own: intent,
// contract, acceptance and settlement are different numbers.
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

func volumeSQL(v VolumeQuery) (string, []any, error) {
	b := &sqlBuilder{}
	groups := []string{"measure"}
	b.add("SELECT measure, sum(measure_fen)::bigint, count(DISTINCT order_id), count(*)")
	for _, name := range v.GroupBy {
		expression, ok := volumeDimensions[name]
		if !ok {
			return "", nil, fmt.Errorf("store: unknown dimension %q", name)
		}
		b.add(", " + expression)
		groups = append(groups, expression)
	}
	b.add(" FROM ledger_entries")
	if err := b.where(v.Filter, entries.filters); err != nil {
		return "", nil, err
	}
	b.add(" AND measure <> '' AND at < " + b.bind(v.Before) + "::timestamptz")
	if !v.From.IsZero() {
		b.add(" AND at >= " + b.bind(v.From) + "::timestamptz")
	}
	if !v.To.IsZero() {
		b.add(" AND at < " + b.bind(v.To) + "::timestamptz")
	}
	if v.Measure != ledger.NoMeasure {
		b.add(" AND measure = " + b.bind(string(v.Measure)) + "::text")
	}
	if v.Direction == "" {
		// Trade inside one province is never collaboration volume.
		b.add(" AND direction <> " + b.bind(string(exchange.Intra)) + "::text")
	} else {
		b.add(" AND direction = " + b.bind(string(v.Direction)) + "::text")
	}
	order := append(append([]string{}, groups[1:]...), groups[0])
	b.add(" GROUP BY " + strings.Join(groups, ", ") + " ORDER BY " + strings.Join(order, ", ") + " LIMIT " + b.bind(v.Limit))
	return b.text.String(), b.args, nil
}
