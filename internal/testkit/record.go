package testkit

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/store"
)

// Statement is one that a store has run.
type Statement struct {
	SQL  string
	Args []any
}

// Recorded are the statements of a store, and a connection to its database.
type Recorded struct {
	Statements []Statement
	Conn       *pgx.Conn
}

// recorder notes each distinct statement that reads or writes rows.
type recorder struct {
	sync.Mutex
	on   bool
	seen map[string]bool
	list []Statement
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	r.note(q.SQL, q.Args)
	return ctx
}

func (r *recorder) note(sql string, args []any) {
	r.Lock()
	defer r.Unlock()
	if r.on && len(args) > 0 && !r.seen[sql] {
		r.seen[sql] = true
		r.list = append(r.list, Statement{SQL: sql, Args: args})
	}
}

// Statements of a batch are told one by one, as their results are read.

func (*recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (r *recorder) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	r.note(q.SQL, q.Args)
}

func (*recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (*recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// RecordSQL runs fn on a migrated store and gives the statements that it ran.
func RecordSQL(tb testing.TB, fn func(ctx context.Context, s *store.Store)) Recorded {
	tb.Helper()
	r := &recorder{seen: map[string]bool{}}
	var url string
	s := Store(tb, func(c *store.Config) { c.Tracer, url = r, c.URL })
	r.on = true
	fn(tb.Context(), s)
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatalf("connect: %v", err)
	}
	tb.Cleanup(func() { _ = conn.Close(context.WithoutCancel(tb.Context())) })
	r.Lock()
	defer r.Unlock()
	for i := range r.list {
		r.list[i].SQL = strings.TrimSpace(r.list[i].SQL)
	}
	return Recorded{Statements: r.list, Conn: conn}
}
