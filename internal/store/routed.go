package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// routed runs statements of their own where their context says: at the nearest
// replica, or on a connection for pages of lists.
type routed struct {
	latest, nearest     *pgxpool.Pool
	pages, nearestPages *pgxpool.Pool // tuned by tunePages
	every               bool          // whatever is indexed is for them, and not only what is planned once
}

func (r routed) pool(ctx context.Context) *pgxpool.Pool {
	page := PlannedOnce(ctx) || r.every && Paged(ctx)
	_, near := AsOf(ctx)
	switch {
	case near && page:
		return r.nearestPages
	case near:
		return r.nearest
	case page:
		return r.pages
	default:
		return r.latest
	}
}

func (r routed) all() []*pgxpool.Pool {
	return []*pgxpool.Pool{r.latest, r.nearest, r.pages, r.nearestPages}
}

type pageKey struct{}

// page is for a statement that uses indexes alone, of a list's page. Once says that it is best run in the
// same way whatever its values: PostgreSQL then plans it once for a connection. With
// lists as values it would plan it anew each time, which can take longer than
// running it.
func page(ctx context.Context, once bool) context.Context {
	return context.WithValue(ctx, pageKey{}, once)
}

// indexed reads on a connection for pages, which uses indexes; and where CockroachDB
// finds none for the statement, on another.
func indexed[T any](ctx context.Context, read func(context.Context) (T, error)) (T, error) {
	out, err := read(page(ctx, PlannedOnce(ctx)))
	if isScanRefused(err) {
		return read(context.WithValue(ctx, pageKey{}, nil))
	}
	return out, err
}

// PlannedOnce says whether a context's statement is planned once for all values on
// PostgreSQL.
func PlannedOnce(ctx context.Context) bool {
	once, _ := ctx.Value(pageKey{}).(bool)
	return once
}

// Paged says whether a context's statement uses indexes alone.
func Paged(ctx context.Context) bool { return ctx.Value(pageKey{}) != nil }

func (r routed) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return r.pool(ctx).Exec(ctx, sql, args...)
}

func (r routed) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return r.pool(ctx).Query(ctx, sql, args...)
}

func (r routed) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return r.pool(ctx).QueryRow(ctx, sql, args...)
}
