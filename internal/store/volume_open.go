package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/store/db"
)

// VolumeEntry is an entry that a volume adds up.
type VolumeEntry struct {
	Entry
	Position int64 // of its transaction in the log; -1: it is not sealed yet
	First    bool  // the order's first of its measure: here it counts as an order
}

// VolumeEntries lists the entries that the cells of a question add up, the
// oldest first, after one. The figures of a cell are the sums over its list.
func (r Reader) VolumeEntries(ctx context.Context, v VolumeQuery, after *Key) ([]VolumeEntry, error) {
	b, err := newVolumeBuilder(v)
	if err != nil {
		return nil, err
	}
	if err := b.list(after); err != nil {
		return nil, err
	}
	rows, err := r.raw.Query(ctx, b.text.String(), b.args...)
	if err != nil {
		return nil, readError(err)
	}
	type opened struct {
		db.LedgerEntry
		Position int64
		First    bool
	}
	read, err := pgx.CollectRows(rows, pgx.RowToStructByPos[opened])
	return mapRows(read, err, func(o opened) VolumeEntry { return VolumeEntry{entryOf(o.LedgerEntry), o.Position, o.First} })
}

// list builds the statement of a page.
func (b *volumeBuilder) list(after *Key) error {
	b.add("SELECT " + columnsOf[db.LedgerEntry]() + ", coalesce((SELECT s.position FROM seals s WHERE s.home = e.home AND s.transaction_id = e.transaction_id), -1)")
	b.add(", NOT EXISTS (SELECT 1 FROM ledger_entries f WHERE f.home = e.home AND f.order_id = e.order_id AND f.measure = e.measure" +
		" AND (f.at, f.transaction_id, f.line) < (e.at, e.transaction_id, e.line)" + b.sealed("f") + ")")
	b.add(" FROM ledger_entries e")
	if err := b.narrowed(); err != nil {
		return err
	}
	b.parties()
	b.cell(nil)
	b.add(" AND " + b.between(b.from, b.to) + b.sealed("e"))
	if after != nil {
		b.add(fmt.Sprintf(" AND (at, transaction_id, line) > (%s::timestamptz, %s::uuid, %s::int)",
			b.bind(after.At), b.bind(after.ID), b.bind(after.Line)))
	}
	b.add(" " + entryOrder + " LIMIT " + b.bind(b.query.Limit))
	return nil
}
