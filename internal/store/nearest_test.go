package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

// A commit tells its time by the database's clock; PostgreSQL, which reads the
// latest anyway, has none to tell.
func TestACommitTellsItsTime(t *testing.T) {
	s := testkit.Store(t)
	for range 3 {
		before := time.Now()
		var last *store.Tx
		err := s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			last = tx
			return tx.InsertEvent(ctx, exchange.Event{Home: exchange.Shaanxi, ID: uuid.New(), Noun: "x", NounID: uuid.New(), Kind: "x", At: before})
		})
		if err != nil {
			t.Fatal(err)
		}
		at := last.CommittedAt()
		if at.Before(before) {
			t.Errorf("committed at %s, begun at %s", at, before)
		}
		// One machine, one clock: what the database says is never ahead of it.
		if after := time.Now(); testkit.Engine(t) == localdb.CockroachDB && at.After(after) {
			t.Errorf("committed at %s, but it was done by %s", at, after)
		}
	}
	var rolledBack *store.Tx
	err := s.Write(t.Context(), func(_ context.Context, tx *store.Tx) error {
		rolledBack = tx
		return store.ErrRollback
	})
	if err != nil || !rolledBack.CommittedAt().IsZero() {
		t.Errorf("a rollback is committed at %s, %v", rolledBack.CommittedAt(), err)
	}
}

// Without having asked the database nothing is known of the nearest replica, and
// the latest is read.
func TestTheLatestIsReadUntilTheNearestIsKnown(t *testing.T) {
	s := testkit.Store(t, func(c *store.Config) { c.FollowerReads = store.FollowerOn })
	ctx, asOf := s.Nearest(t.Context(), time.Time{})
	if _, ok := store.AsOf(ctx); ok || time.Since(asOf) > time.Minute {
		t.Errorf("as of %s", asOf)
	}
}
