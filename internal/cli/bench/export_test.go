package bench

import (
	"context"
	"time"
)

// OpenLoop runs an open loop of one client whose every call does what op does,
// and gives how many calls counted and their latencies, the shortest first.
func OpenLoop(ctx context.Context, rate float64, duration time.Duration, op func(context.Context) error) (done, errors int64, latencies []time.Duration) {
	f := load{clients: 1, rate: rate, duration: duration}.run(ctx, func(context.Context, int) (operation, func(), error) {
		return func(ctx context.Context) (int, error) { return 1, op(ctx) }, nil, nil
	})
	return f.done, f.errors, f.latencies
}
