package bench

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// operation is one call of one client. It tells how many things it did.
type operation func(ctx context.Context) (done int, err error)

// worker makes a client's operation, on a connection of its own where it needs
// one. Close may be nil.
type worker func(ctx context.Context, client int) (op operation, end func(), err error)

// load is how callers come.
type load struct {
	clients          int
	rate             float64 // arrivals a second; 0: each client calls again at once
	warmup, duration time.Duration
}

// figures are what one measurement gave. Latencies are of calls that succeeded
// within the measured time, the shortest first.
type figures struct {
	done      int64
	errors    int64
	first     error // the first one
	elapsed   time.Duration
	latencies []time.Duration
	late      []time.Duration // of calls that began in time and ended after it
}

func (f figures) throughput() float64 { return float64(f.done) / f.elapsed.Seconds() }

// percentile of the latencies, p in [0, 1].
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(p*float64(len(sorted))), len(sorted)-1)]
}

// run drives the clients until the time is over.
func (l load) run(ctx context.Context, w worker) figures {
	var (
		mu  sync.Mutex
		all figures
		wg  sync.WaitGroup
	)
	begin := time.Now().Add(l.warmup)
	clock := &arrivals{rate: l.rate, start: time.Now()}
	for client := range l.clients {
		wg.Go(func() {
			f := l.client(ctx, w, client, begin, clock)
			mu.Lock()
			defer mu.Unlock()
			all.done += f.done
			all.errors += f.errors
			if all.first == nil {
				all.first = f.first
			}
			all.latencies, all.late = append(all.latencies, f.latencies...), append(all.late, f.late...)
		})
	}
	wg.Wait()
	all.elapsed = min(time.Since(begin), l.duration)
	if all.done == 0 {
		// The time was too short for a single call: count those that it began.
		all.done, all.latencies, all.elapsed = int64(len(all.late)), all.late, time.Since(begin)
	}
	slices.Sort(all.latencies)
	return all
}

// arrivals gives each call of an open loop the time at which it was due,
// whether or not somebody was free to make it: waiting for a slow exchange then
// counts as latency, and is not left out with the calls that were not made.
type arrivals struct {
	rate  float64
	start time.Time
	next  atomic.Int64
}

// wait gives the time that a call's latency is counted from.
func (a *arrivals) wait(ctx context.Context) time.Time {
	if a.rate == 0 {
		return time.Now()
	}
	due := a.start.Add(time.Duration(float64(a.next.Add(1)-1) / a.rate * float64(time.Second)))
	select {
	case <-time.After(time.Until(due)):
	case <-ctx.Done():
	}
	return due
}

// client calls until the time is over. Only what ends within the measured time
// counts; what has begun is always waited for.
func (l load) client(ctx context.Context, w worker, n int, begin time.Time, clock *arrivals) (f figures) {
	end := begin.Add(l.duration)
	op, done, err := w(ctx, n)
	if err != nil {
		return figures{errors: 1, first: err}
	}
	if done != nil {
		defer done()
	}
	for ctx.Err() == nil {
		due := clock.wait(ctx)
		if !time.Now().Before(end) {
			return f
		}
		count, err := op(ctx)
		now := time.Now()
		if errors.Is(err, errExhausted) {
			return f
		}
		switch {
		case err != nil:
			f.errors++
			if f.first == nil {
				f.first = err
			}
			continue
		case now.Before(begin):
			continue
		case now.After(end):
			f.late = append(f.late, now.Sub(due))
			continue
		}
		f.done += int64(count)
		f.latencies = append(f.latencies, now.Sub(due))
	}
	return f
}
