package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

// plans collects the plan of every statement that runs on a connection.
type plans struct {
	t    *testing.T
	conn *pgx.Conn
	seen map[string]string
}

func (p *plans) explain(ctx context.Context, sql string, args []any) {
	rows, err := p.conn.Query(ctx, "EXPLAIN "+sql, args...)
	if err != nil {
		p.t.Fatalf("explain %s: %v", sql, err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		p.t.Fatalf("explain %s: %v", sql, err)
	}
	p.seen[sql] = strings.Join(lines, "\n")
}

// TestHotQueriesAndListsUseAnIndex asks the engine for the plan of what the hot
// path and the lists run. Whole-table scans and sorts are made as dear as can
// be, so that one that remains cannot be avoided with the indexes there are.
func TestHotQueriesAndListsUseAnIndex(t *testing.T) {
	recorded := testkit.RecordSQL(t, func(ctx context.Context, s *store.Store) {
		runHotQueriesAndLists(ctx, t, s)
	})
	conn := recorded.Conn
	for _, setting := range []string{"enable_seqscan", "enable_sort", "enable_bitmapscan"} {
		// CockroachDB does not know all of them, and does not need them.
		_, _ = conn.Exec(t.Context(), "SET "+setting+" = off")
	}
	p := &plans{t: t, conn: conn, seen: map[string]string{}}
	if len(recorded.Statements) < 10 {
		t.Fatalf("only %d statements were recorded", len(recorded.Statements))
	}
	for _, st := range recorded.Statements {
		p.explain(t.Context(), st.SQL, st.Args)
	}
	if !slices.ContainsFunc(recorded.Statements, func(st testkit.Statement) bool { return strings.HasPrefix(st.SQL, "-- name: AheadOffers") }) {
		t.Error("what a batch reads ahead was not recorded")
	}
	for sql, plan := range p.seen {
		for _, bad := range []string{"Seq Scan", "Sort", "• sort", "spans: FULL SCAN\n"} {
			// What is read ahead is sorted after it was found: as many rows as a batch
			// names.
			if strings.HasPrefix(sql, "-- name: Ahead") && strings.Contains(strings.ToLower(bad), "sort") {
				continue
			}
			if strings.Contains(plan+"\n", bad) {
				t.Errorf("%s\nneeds %q:\n%s", sql, bad, plan)
			}
		}
	}
}

func runHotQueriesAndLists(ctx context.Context, t *testing.T, s *store.Store) {
	t.Helper()
	id := exchange.ID{Home: exchange.Shaanxi, UUID: uuid.New()}
	member := uuid.NewString()
	ok := func(err error) {
		t.Helper()
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
	}
	err := s.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.LockOffer(ctx, id)
		ok(err)
		_, err = tx.LockOrder(ctx, id)
		ok(err)
		_, err = tx.LockCapacity(ctx, id.Home, id.UUID, 2026)
		ok(err)
		_, err = tx.Request(ctx, id.Home, id.UUID, id.UUID)
		ok(err)
		_, err = tx.HasPayment(ctx, id, "x")
		ok(err)
		return store.ErrRollback
	})
	ok(err)
	one := []uuid.UUID{id.UUID}
	err = s.WriteAhead(ctx, func() *store.Ahead {
		return &store.Ahead{
			Home: id.Home, Requests: []store.RequestKey{{Actor: id.UUID, ID: id.UUID}}, Offers: one, Orders: one, Buyers: one,
			Subjects: []store.Subject{{Issuer: id.UUID, Name: "x"}}, Codes: []string{"610621"}, Day: "2026-01-01",
		}
	}, func(context.Context, *store.Tx) error { return store.ErrRollback })
	ok(err)
	after := &store.Key{At: time.Now(), ID: uuid.New()}
	for _, by := range []string{"buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id"} {
		only := exchange.When{Condition: exchange.Condition{Op: exchange.OpEq, Field: by, Values: []any{member}}}
		_, err = s.ListOrders(ctx, store.List{Filter: only, After: after, Limit: 51})
		ok(err)
	}
	_, err = s.ListOrders(ctx, store.List{Filter: exchange.AllowAll{}, After: after, Limit: 51})
	ok(err)
	granted := exchange.When{Condition: exchange.Condition{Op: exchange.OpIn, Field: "seller_alliance_id", Values: []any{member}}}
	_, err = s.ListOffers(ctx, store.List{Filter: granted, Narrow: store.Narrow{"state": "PUBLISHED"}, After: after, Limit: 51})
	ok(err)
	_, err = s.ListEntries(ctx, store.List{Filter: exchange.AllowAll{}, After: after, Limit: 51})
	ok(err)
	_, err = s.ListTransactions(ctx, store.List{Filter: exchange.AllowAll{}, After: after, Limit: 51})
	ok(err)
	_, err = s.ListDecisions(ctx, store.List{Filter: exchange.AllowAll{}, From: time.Unix(0, 0), To: time.Now(), After: after, Limit: 201})
	ok(err)
	_, err = s.EventsSince(ctx, "order", store.EventKey{At: time.Now()}, 100)
	ok(err)
	_, err = s.EventsOf(ctx, id, store.EventKey{}, 100)
	ok(err)
	_, err = s.OrdersPastHold(ctx, time.Now(), 100)
	ok(err)
	_, err = s.OffersOverSeason(ctx, "2026-01-01", 100)
	ok(err)
	_, err = s.ListDisputes(ctx, store.List{Filter: exchange.AllowAll{}, After: after, Limit: 51})
	ok(err)
	_, err = s.ListBankLines(ctx, store.List{Filter: exchange.AllowAll{}, After: after, Limit: 51})
	ok(err)
	_, err = s.ListCycles(ctx, store.List{Filter: exchange.AllowAll{}, After: after, Limit: 51})
	ok(err)
	_, _, err = s.Acceptance(ctx, id)
	ok(err)
}
