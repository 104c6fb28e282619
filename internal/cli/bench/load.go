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
	lateDone  int64           // by them
}

// patience is how long after the measured time calls of an open loop are still
// made that were due within it.
const patience = 10 * time.Second

// errNotMade is counted for each call that was due and could not be made at all.
var errNotMade = errors.New("bench: a call was due and nobody was free to make it: too few clients for the rate, or too slow an exchange")

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
			all.lateDone += f.lateDone
		})
	}
	wg.Wait()
	switch {
	case l.rate > 0:
		all.elapsed = max(time.Since(begin), l.duration)
	case all.done > 0:
		all.elapsed = min(time.Since(begin), l.duration)
	default:
		// The time was too short for a single call: count those that it began.
		all.done, all.latencies, all.elapsed = all.lateDone, all.late, time.Since(begin)
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

// wait gives the time that a call's latency is counted from. A call that is due
// when the measured time is over, or later, is not waited for.
func (a *arrivals) wait(ctx context.Context, end time.Time) time.Time {
	if a.rate == 0 {
		return time.Now()
	}
	due := a.start.Add(time.Duration(float64(a.next.Add(1)-1) / a.rate * float64(time.Second)))
	if !due.Before(end) {
		return due
	}
	select {
	case <-time.After(time.Until(due)):
	case <-ctx.Done():
	}
	return due
}

// client calls until the time is over; what has begun is always waited for. In a
// closed loop what ends within the measured time counts. In an open loop what was
// due within it counts, whenever it ends: leaving out what came late would leave
// out the slowest.
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
		due := clock.wait(ctx, end)
		if !due.Before(end) {
			return f
		}
		if l.rate > 0 && time.Since(end) > patience {
			f.fail(errNotMade)
			continue
		}
		count, err := op(ctx)
		now := time.Now()
		switch {
		case errors.Is(err, errExhausted):
			return f
		case err != nil:
			f.fail(err)
		case l.rate > 0 && due.Before(begin), l.rate == 0 && now.Before(begin):
		case l.rate == 0 && now.After(end):
			f.late = append(f.late, now.Sub(due))
			f.lateDone += int64(count)
		default:
			f.done += int64(count)
			f.latencies = append(f.latencies, now.Sub(due))
		}
	}
	return f
}

func (f *figures) fail(err error) {
	f.errors++
	if f.first == nil {
		f.first = err
	}
}
