// Package distance stands for the kilometres between programs that run on one
// machine: a line is a TCP proxy that delays what passes, and lets somebody
// listen in. Both its ends are on this machine: it is for tests and measurements,
// and no way to somewhere else.
package distance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	chunkSize = 64 << 10
	// What is under way on a line, in chunks: beyond that the sender waits, as on a
	// real one.
	underWay = 1024
)

// Tap hears what passes on a connection, before it is delayed: sent by who
// connected, or answered. Calls for one connection do not overlap in one direction.
type Tap func(connection int64, sent bool, data []byte)

// Line leads to an address. It is used by connecting to Addr.
type Line struct {
	to       string
	oneWay   atomic.Int64 // ns
	tap      Tap
	listener net.Listener

	mu     sync.Mutex
	conns  map[net.Conn]bool
	last   int64
	closed bool
	wg     sync.WaitGroup
}

// New lays a line to an address, on which everything takes a time each way. Tap
// may be nil. The line takes connections at a free port of this machine until it
// is closed.
func New(ctx context.Context, to string, oneWay time.Duration, tap Tap) (*Line, error) {
	return At(ctx, "127.0.0.1:0", to, oneWay, tap)
}

// At is New at an address of one's own. It fails where either end is not an
// address of this machine's loopback with a port.
func At(ctx context.Context, address, to string, oneWay time.Duration, tap Tap) (*Line, error) {
	for _, end := range []string{address, to} {
		if !loopback(end) {
			return nil, fmt.Errorf("distance: a line stays on this machine: %q is not a host:port of its loopback", end)
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("distance: %w", err)
	}
	l := &Line{to: to, tap: tap, listener: listener, conns: map[net.Conn]bool{}}
	l.Stretch(oneWay)
	l.wg.Go(l.accept)
	return l, nil
}

func loopback(address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Stretch changes how long everything takes each way. What is under way arrives as
// it was to arrive, and nothing overtakes it.
func (l *Line) Stretch(oneWay time.Duration) { l.oneWay.Store(int64(max(0, oneWay))) }

// OneWay is how long everything takes each way, at least.
func (l *Line) OneWay() time.Duration { return time.Duration(l.oneWay.Load()) }

// Addr is where the line begins.
func (l *Line) Addr() string { return l.listener.Addr().String() }

// Close cuts the line, and what is on it.
func (l *Line) Close() error {
	err := l.listener.Close()
	l.mu.Lock()
	l.closed = true
	for c := range l.conns {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.wg.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (l *Line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.wg.Go(func() { l.carry(near) })
	}
}

// carry carries one connection, both ways, until either side ends it.
func (l *Line) carry(near net.Conn) {
	far, err := net.DialTimeout("tcp", l.to, 10*time.Second)
	if err != nil {
		_ = near.Close()
		return
	}
	number, ok := l.keep(near, far)
	defer l.drop(near, far)
	if !ok {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { l.oneDirection(number, near, far, true) })
	both.Go(func() { l.oneDirection(number, far, near, false) })
	both.Wait()
}

func (l *Line) keep(conns ...net.Conn) (number int64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	for _, c := range conns {
		l.conns[c] = true
	}
	return l.last, !l.closed
}

func (l *Line) drop(conns ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range conns {
		delete(l.conns, c)
		_ = c.Close()
	}
}

// chunk is data on its way, and when it arrives.
type chunk struct {
	data []byte
	at   time.Time
}

// oneDirection carries what one side says to the other. What was said last still
// arrives after that side has ended.
func (l *Line) oneDirection(number int64, from, to net.Conn, sent bool) {
	way := make(chan chunk, underWay)
	var arriving sync.WaitGroup
	arriving.Go(func() {
		failed := false
		for c := range way {
			if failed {
				continue
			}
			time.Sleep(time.Until(c.at))
			if _, err := to.Write(c.data); err != nil {
				failed = true
				_ = from.Close() // nobody hears it any more
			}
		}
	})
	for {
		buffer := make([]byte, chunkSize)
		n, err := from.Read(buffer)
		if n > 0 {
			if l.tap != nil {
				l.tap(number, sent, buffer[:n])
			}
			way <- chunk{buffer[:n], time.Now().Add(l.OneWay())}
		}
		if err != nil {
			break
		}
	}
	close(way)
	arriving.Wait()
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // it may be gone already
	}
}

var _ io.Closer = (*Line)(nil)
