package testkit

import (
	"bytes"
	"encoding/binary"
	"net/url"
	"sync"
	"testing"

	"github.com/sushaan/exchange/internal/distance"
)

// RoundTrips counts what goes to and fro between a server and its database, by
// listening in on PostgreSQL's protocol. Each time the server waits for the
// database counts once. Left out is what a connection does once, whatever is asked:
// it is set up, and statements that it has not had yet are prepared.
type RoundTrips struct {
	URL string // of the database, by way of the counter

	mu    sync.Mutex
	count int
	again bool // the database refused a transaction for the sake of order
	calls map[int64]*spoken
	bound map[string]Bound
}

// spoken is what one connection sent that is not yet a whole message, and what it
// sent since it last waited.
type spoken struct {
	rest    []byte
	started bool
	runs    bool // something is run, not only prepared

	prepared map[string]Bound // by name, without values
}

// CountRoundTrips puts a counter between whoever uses its URL and a database.
func CountRoundTrips(tb testing.TB, databaseURL string) *RoundTrips {
	tb.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		tb.Fatal("the database's URL cannot be read")
	}
	c := &RoundTrips{calls: map[int64]*spoken{}, bound: map[string]Bound{}}
	line, err := distance.New(tb.Context(), u.Host, 0, c.hear)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := line.Close(); err != nil {
			tb.Error(err)
		}
	})
	u.Host = line.Addr()
	c.URL = u.String()
	return c
}

// Take gives the count since it was last taken, and whether the database had a
// transaction repeated meanwhile.
func (c *RoundTrips) Take() (n int, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, again = c.count, c.again
	c.count, c.again = 0, false
	return n, again
}

const (
	headLength = 4 // of a message, after its type
	// pgx asks so whether a connection that was idle still lives, and how testkit's
	// and the store's connections are set up.
	livenessQuery = "-- ping"
	setQuery      = "SET "
)

func (c *RoundTrips) hear(connection int64, sent bool, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !sent {
		c.again = c.again || bytes.Contains(data, []byte("C40001\x00")) || bytes.Contains(data, []byte("C40P01\x00"))
		return
	}
	s := c.calls[connection]
	if s == nil {
		s = &spoken{prepared: map[string]Bound{}}
		c.calls[connection] = s
	}
	s.rest = append(s.rest, data...)
	for c.message(s) {
	}
}

// message takes one message off what was sent; false where there is no whole one.
// The first has no type: it opens the connection.
func (c *RoundTrips) message(s *spoken) bool {
	head := 1
	if !s.started {
		head = 0
	}
	if len(s.rest) < head+headLength {
		return false
	}
	length := head + int(binary.BigEndian.Uint32(s.rest[head:]))
	if len(s.rest) < length {
		return false
	}
	body := s.rest[head+headLength : length]
	if s.started {
		c.said(s, s.rest[0], body)
	}
	s.started = true
	s.rest = s.rest[length:]
	return true
}

func (c *RoundTrips) said(s *spoken, kind byte, body []byte) {
	switch kind {
	case 'P':
		s.prepare(body)
	case 'B': // a prepared statement is run
		s.runs = true
		if b, ok := s.bind(body); ok {
			c.bound[b.SQL] = b
		}
	case 'Q': // statements are run, and waited for
		if !bytes.HasPrefix(body, []byte(livenessQuery)) && !bytes.HasPrefix(body, []byte(setQuery)) {
			c.count++
		}
	case 'S': // the answers are waited for
		if s.runs {
			c.count++
		}
		s.runs = false
	}
}
