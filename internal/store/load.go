package store

import (
	"context"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Load runs a transaction whose rows of the tables that every trade writes go to
// the database by COPY. It is for loading much at once; what trades write goes
// with fewer round trips (Write).
func (s *Store) Load(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return s.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return tx.copyRows(ctx)
	})
}

// copyRows copies the queued rows, in the order of tables in which they are
// inserted.
func (t *Tx) copyRows(ctx context.Context) error {
	r := t.rows
	t.rows = rows{}
	for _, one := range []func() error{
		func() error { return copyInto(ctx, t, "orders", r.orders) },
		func() error { return copyInto(ctx, t, "ledger_transactions", r.transactions) },
		func() error { return copyInto(ctx, t, "ledger_entries", r.entries) },
		func() error { return copyInto(ctx, t, "unsealed", r.unsealed) },
		func() error { return copyInto(ctx, t, "requests", r.requests) },
		func() error { return copyInto(ctx, t, "events", r.events) },
		func() error { return copyInto(ctx, t, "decisions", r.decisions) },
	} {
		if err := one(); err != nil {
			return err
		}
	}
	return nil
}

func copyInto[R any](ctx context.Context, t *Tx, table string, list []R) error {
	if len(list) == 0 {
		return nil
	}
	columns := strings.Split(columnsOf[R](), ", ")
	_, err := t.conn.Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
		row, values := reflect.ValueOf(list[i]), make([]any, len(columns))
		for c := range values {
			values[c] = row.Field(c).Interface()
		}
		return values, nil
	}))
	return err
}
