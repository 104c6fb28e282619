package app

import (
	"context"
	"time"

	"github.com/sushaan/exchange/internal/store"
)

// Nearest lets a call that only reads read the nearest replica, which has what was
// committed some seconds ago, if that has what the caller has seen. It tells as of
// when the call reads.
func (a *App) Nearest(ctx context.Context, seen time.Time) (context.Context, time.Time) {
	return a.store.Nearest(ctx, seen)
}

// readAsOf is the time as of which a call reads: now, or what the nearest replica
// has.
func (a *App) readAsOf(ctx context.Context) time.Time {
	if t, ok := store.AsOf(ctx); ok {
		return t.Truncate(time.Microsecond)
	}
	return a.now()
}
