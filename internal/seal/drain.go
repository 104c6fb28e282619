package seal

import (
	"context"
	"fmt"
	"time"

	"github.com/sushaan/exchange/internal/store"
)

// Drained is what a drain did.
type Drained struct {
	Sealed int
	Took   time.Duration
}

// String tells how fast it was.
func (d Drained) String() string {
	return fmt.Sprintf("%d transactions sealed in %.1f s, %.0f a second", d.Sealed, d.Took.Seconds(), float64(d.Sealed)/d.Took.Seconds())
}

// Drain seals until nothing waits, and lets another sealer take over. It waits
// for the lease of one that is active. Each told function hears of every batch.
func Drain(ctx context.Context, s *store.Store, c Config, told ...func(Drained)) (Drained, error) {
	sealer := New(s, c)
	defer sealer.give(ctx)
	var done Drained
	begin := time.Now()
	for {
		n, err := sealer.Once(ctx)
		if err != nil {
			return done, err
		}
		left, err := s.UnsealedCount(ctx, 1)
		if err != nil || left == 0 && n == 0 {
			return done, err
		}
		if n > 0 {
			done.Sealed, done.Took = done.Sealed+n, time.Since(begin)
			for _, f := range told {
				f(done)
			}
			continue
		}
		if sealer.stuck > 0 {
			return done, fmt.Errorf("seal: %d transactions cannot be sealed", sealer.stuck)
		}
		select { // another is active
		case <-ctx.Done():
			return done, ctx.Err()
		case <-time.After(sealer.config.Interval):
		}
	}
}
