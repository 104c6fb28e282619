package app

import (
	"context"
	"sync"

	"github.com/sushaan/exchange/internal/fault"
)

// lanes let one write at a time through to a row that many want. Serializable
// transactions that meet on a row cost each other retries; waiting here costs
// nothing. Correctness never depends on a lane: other servers have their own.
type lanes struct {
	waiters int // that one lane may have at most
	mu      sync.Mutex
	open    map[string]*lane
}

type lane struct {
	turn  chan struct{} // holds one token
	users int           // in it or waiting for it
}

func newLanes(waiters int) *lanes { return &lanes{waiters: waiters, open: map[string]*lane{}} }

// enterAll waits for the lanes of keys, one after the other, and returns the
// function that leaves them. The keys are in order, so that two writes never
// wait for each other.
func (l *lanes) enterAll(ctx context.Context, keys []string) (leave func(), err error) {
	var left []func()
	leave = func() {
		for _, f := range left {
			f()
		}
	}
	for _, key := range keys {
		one, err := l.enter(ctx, key)
		if err != nil {
			leave()
			return nil, err
		}
		left = append(left, one)
	}
	return leave, nil
}

// enter waits for the lane of a key and returns the function that leaves it.
func (l *lanes) enter(ctx context.Context, key string) (leave func(), err error) {
	ln, err := l.join(key)
	if err != nil {
		return nil, err
	}
	select {
	case <-ln.turn:
		return func() { ln.turn <- struct{}{}; l.part(key, ln) }, nil
	case <-ctx.Done():
		l.part(key, ln)
		return nil, ctx.Err()
	}
}

func (l *lanes) join(key string) (*lane, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ln, ok := l.open[key]
	if !ok {
		ln = &lane{turn: make(chan struct{}, 1)}
		ln.turn <- struct{}{}
		l.open[key] = ln
	}
	if ln.users > l.waiters {
		e := fault.New(fault.QueueFull)
		e.Retry = retryAfterQueueFull
		return nil, e
	}
	ln.users++
	return ln, nil
}

func (l *lanes) part(key string, ln *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ln.users--; ln.users == 0 {
		delete(l.open, key)
	}
}

// waiting counts the writes that wait for their turn at some row.
func (l *lanes) waiting() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ln := range l.open {
		n += ln.users - 1
	}
	return n
}
