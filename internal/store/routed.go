package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// routed runs statements of their own where their context says: at the nearest
// replica, or on a connection whose plans are for all values.
type routed struct {
	latest, nearest *pgxpool.Pool
	pages           *pgxpool.Pool // nil on CockroachDB, which needs none
}

func (r routed) pool(ctx context.Context) *pgxpool.Pool {
	if _, ok := AsOf(ctx); ok {
		return r.nearest
	}
	if r.pages != nil && PlannedOnce(ctx) {
		return r.pages
	}
	return r.latest
}

type plannedOnceKey struct{}

// plannedOnce is for a statement that is best run in the same way whatever its
// values: PostgreSQL then plans it once for a connection. With lists as values it
// would plan it anew each time, which can take longer than running it.
func plannedOnce(ctx context.Context) context.Context {
	return context.WithValue(ctx, plannedOnceKey{}, true)
}

// PlannedOnce says whether a context's statement is planned once for all values.
func PlannedOnce(ctx context.Context) bool { return ctx.Value(plannedOnceKey{}) != nil }

func (r routed) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return r.pool(ctx).Exec(ctx, sql, args...)
}

func (r routed) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return r.pool(ctx).Query(ctx, sql, args...)
}

func (r routed) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return r.pool(ctx).QueryRow(ctx, sql, args...)
}
