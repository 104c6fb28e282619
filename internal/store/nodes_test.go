package store_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

// door is another address of the database, which can be shut.
type door struct {
	net.Listener
	to     string
	passed atomic.Int64 // connections
	mu     sync.Mutex
	open   []net.Conn
	shut   bool
}

func newDoor(t *testing.T, to string) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{Listener: l, to: to}
	go d.pass()
	t.Cleanup(d.close)
	return d
}

func (d *door) pass() {
	for {
		in, err := d.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", d.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		d.passed.Add(1)
		d.mu.Lock()
		d.open = append(d.open, in, out)
		d.mu.Unlock()
		for from, to := range map[net.Conn]net.Conn{in: out, out: in} {
			go func() {
				_, _ = io.Copy(to, from)
				_, _ = from.Close(), to.Close()
			}()
		}
	}
}

// close ends what goes through and lets nothing more in.
func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut {
		return
	}
	d.shut = true
	_ = d.Close()
	for _, c := range d.open {
		_ = c.Close()
	}
}

func TestConnectionsGoToTheNodesNearbyAndToOthersOnlyWhenThoseAreGone(t *testing.T) {
	u, err := url.Parse(testkit.Migrated(t))
	if err != nil {
		t.Fatal(err)
	}
	near1, near2, far := newDoor(t, u.Host), newDoor(t, u.Host), newDoor(t, u.Host)
	u.Host = near1.Addr().String()
	s, err := store.Open(t.Context(), store.Config{
		URL: u.String(), Near: near2.Addr().String(), Far: far.Addr().String(), MaxConns: 16, ConnLifetime: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ask := func() {
		t.Helper()
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if _, err := s.Engine(t.Context()); err != nil {
					t.Errorf("the database is away: %v", err)
				}
			})
		}
		wg.Wait()
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && (near1.passed.Load() == 0 || near2.passed.Load() == 0); {
		ask()
		time.Sleep(60 * time.Millisecond) // connections made now have ended
	}
	if near1.passed.Load() == 0 || near2.passed.Load() == 0 || far.passed.Load() != 0 {
		t.Errorf("connections: %d and %d nearby, %d far", near1.passed.Load(), near2.passed.Load(), far.passed.Load())
	}
	near1.close()
	near2.close()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && s.Ping(t.Context()) != nil; {
		time.Sleep(10 * time.Millisecond) // what was cut is noticed once each
	}
	ask()
	if far.passed.Load() == 0 {
		t.Error("no connection went to the far node though the others are gone")
	}
}

func TestANodeThatIsNoAddressIsRefused(t *testing.T) {
	for _, bad := range []string{"nohost", ":26257", "a:0", "a:b", "a:1,,b:2"} {
		if s, err := store.Open(t.Context(), store.Config{URL: testkit.URL(t), Far: bad}); err == nil {
			s.Close()
			t.Errorf("%q was taken", bad)
		}
	}
}
