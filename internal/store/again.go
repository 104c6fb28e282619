package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/sushaan/exchange/internal/fault"
)

// again runs reads that are no part of a transaction, each as one of its own.
// At SERIALIZABLE a read, too, can lose against writes (40001): it is repeated
// then, a bounded number of times. To know whether it lost, its rows are read
// before any is handed on; every read has a limit, so they are few.
type again struct {
	pool  *pgxpool.Pool
	store *Store // whose limits and metrics count
}

var errReadOnly = errors.New("store: a write outside a transaction")

// Exec is refused: a write outside a transaction has no request id.
func (again) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, errReadOnly
}

// Query reads all rows, again and again until no write was in the way.
func (a again) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	for attempt := 0; ; attempt++ {
		rows, err := a.once(ctx, sql, args)
		state := retryState(err)
		if state == "" {
			return rows, err
		}
		a.store.metrics.retries.WithLabelValues(state).Inc()
		if attempt >= a.store.config.MaxRetries {
			return rows, fault.Wrap(err, fault.Contention)
		}
		if err := a.store.pause(ctx, attempt+1); err != nil {
			return rows, err
		}
	}
}

func (a again) once(ctx context.Context, sql string, args []any) (*readRows, error) {
	kept := &readRows{at: -1}
	err := a.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		kept.types, kept.fields = c.Conn().TypeMap(), rows.FieldDescriptions()
		for rows.Next() {
			row := make([][]byte, len(kept.fields))
			for i, v := range rows.RawValues() {
				if v != nil {
					row[i] = append([]byte{}, v...)
				}
			}
			kept.rows = append(kept.rows, row)
		}
		kept.tag = rows.CommandTag()
		return rows.Err()
	})
	kept.err = err
	return kept, err
}

// QueryRow reads one row.
func (a again) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := a.Query(ctx, sql, args...)
	return oneRow{rows, err}
}

type oneRow struct {
	rows pgx.Rows
	err  error
}

func (r oneRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	if !r.rows.Next() {
		return pgx.ErrNoRows
	}
	return r.rows.Scan(dest...)
}

// readRows are rows that were read whole.
type readRows struct {
	types  *pgtype.Map
	fields []pgconn.FieldDescription
	rows   [][][]byte
	at     int
	tag    pgconn.CommandTag
	err    error
}

var _ pgx.Rows = (*readRows)(nil)

func (r *readRows) Close() { r.at = len(r.rows) }

func (r *readRows) Err() error { return r.err }

func (r *readRows) CommandTag() pgconn.CommandTag { return r.tag }

func (r *readRows) FieldDescriptions() []pgconn.FieldDescription { return r.fields }

func (r *readRows) Next() bool {
	if r.at+1 >= len(r.rows) {
		r.at = len(r.rows)
		return false
	}
	r.at++
	return true
}

func (r *readRows) Scan(dest ...any) error {
	if len(dest) == 1 {
		if s, ok := dest[0].(pgx.RowScanner); ok {
			return s.ScanRow(r)
		}
	}
	return pgx.ScanRow(r.types, r.fields, r.RawValues(), dest...)
}

func (r *readRows) Values() ([]any, error) {
	values := make([]any, len(r.fields))
	for i, f := range r.fields {
		t, ok := r.types.TypeForOID(f.DataTypeOID)
		if !ok {
			t = &pgtype.Type{Codec: pgtype.TextCodec{}}
		}
		var err error
		if values[i], err = t.Codec.DecodeValue(r.types, f.DataTypeOID, f.Format, r.RawValues()[i]); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (r *readRows) RawValues() [][]byte {
	if r.at < 0 || r.at >= len(r.rows) {
		return nil
	}
	return r.rows[r.at]
}

// Conn is nil: the connection went back to its pool.
func (*readRows) Conn() *pgx.Conn { return nil }

func (r *readRows) TypeMap() *pgtype.Map { return r.types }
