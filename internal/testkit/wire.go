package testkit

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Wire stands between one server and the database, on either engine. It passes
// on every byte as it is, and reads along as much of PostgreSQL's protocol as it
// takes to know which statement is on its way. A trap stops that statement.
type Wire struct {
	tb       testing.TB
	database string // host:port
	url      string
	listener net.Listener

	mu    sync.Mutex
	traps []*Trap
	away  bool
	open  map[*wired]bool
	wait  sync.WaitGroup
}

// Sent is a statement on its way to the database, with those that its
// transaction sent before it.
type Sent struct {
	SQL     string
	Earlier []string
}

var (
	writes  = regexp.MustCompile(`(?i)(^|[\s(])(insert\s+into|delete\s+from|update\s+\w+\s+set)\s`)
	begins  = regexp.MustCompile(`(?i)^\s*begin`)
	commits = regexp.MustCompile(`(?i)^\s*commit`)
	ends    = regexp.MustCompile(`(?i)^\s*(commit|rollback)`)
)

// Commits says whether the statement commits a transaction that wrote to a
// table.
func (s Sent) Commits(table string) bool {
	if !commits.MatchString(s.SQL) {
		return false
	}
	for _, e := range s.Earlier {
		if writes.MatchString(e) && strings.Contains(e, " "+table+" ") {
			return true
		}
	}
	return false
}

// Deed is what a trap does to the statement that it catches.
type Deed int

const (
	// Lose cuts the connection before the statement reaches the database.
	Lose Deed = iota
	// Unanswered cuts the connection once the database has committed, before
	// the answer reaches the server.
	Unanswered
	// Hold keeps the statement from the database until Release.
	Hold
	// HoldAnswer keeps the answer that the database has committed from the server
	// until Release.
	HoldAnswer
)

// trapTime is how long a test waits for a trap.
const trapTime = 15 * time.Second

// Trap catches one statement.
type Trap struct {
	at     func(Sent) bool
	deed   Deed
	caught chan struct{}
	let    chan struct{} // closed by release
	once   sync.Once
	away   bool // afterwards the database is out of reach
}

// Release lets go on what the trap holds, or will hold.
func (t *Trap) Release() { t.once.Do(func() { close(t.let) }) }

// Wait waits until the trap has caught its statement, and fails the test where
// it does not.
func (t *Trap) Wait(tb testing.TB) {
	tb.Helper()
	select {
	case <-t.caught:
	case <-time.After(trapTime):
		tb.Fatal("the trap caught nothing")
	}
}

// NewWire listens for a server in place of the database of a URL.
func NewWire(tb testing.TB, database string) *Wire {
	tb.Helper()
	u, err := url.Parse(database)
	if err != nil {
		tb.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	w := &Wire{tb: tb, database: u.Host, listener: l, open: map[*wired]bool{}}
	u.Host = l.Addr().String()
	w.url = u.String()
	w.wait.Go(w.accept)
	tb.Cleanup(w.close)
	return w
}

// URL is the database's, through the wire.
func (w *Wire) URL() string { return w.url }

// Set sets a trap for the first statement of which at is true.
func (w *Wire) Set(at func(Sent) bool, deed Deed) *Trap {
	t := &Trap{at: at, deed: deed, caught: make(chan struct{}), let: make(chan struct{})}
	w.tb.Cleanup(t.Release) // before the wire's own end, which waits for what is held
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traps = append(w.traps, t)
	return t
}

// ThenAway makes the database unreachable once the trap has caught its
// statement, until Back is called.
func (t *Trap) ThenAway() *Trap {
	t.away = true
	return t
}

// Back makes the database reachable again.
func (w *Wire) Back() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away = false
}

// springs takes the trap that a statement springs; nil for none.
func (w *Wire) springs(s Sent) *Trap {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, t := range w.traps {
		if t.at(s) {
			w.traps = append(w.traps[:i:i], w.traps[i+1:]...)
			return t
		}
	}
	return nil
}

// sprung tells whoever waits for the trap. Where the database goes away, every
// connection ends.
func (w *Wire) sprung(t *Trap) {
	w.mu.Lock()
	if t.away {
		w.away = true
		for c := range w.open {
			c.cut()
		}
	}
	w.mu.Unlock()
	close(t.caught)
}

func (w *Wire) close() {
	_ = w.listener.Close()
	w.mu.Lock()
	for c := range w.open {
		c.cut()
	}
	for _, t := range w.traps {
		w.tb.Errorf("a trap caught nothing (deed %d)", t.deed)
	}
	w.mu.Unlock()
	w.wait.Wait()
}

func (w *Wire) accept() {
	for {
		server, err := w.listener.Accept()
		if err != nil {
			return // closed: the test is over
		}
		w.wait.Go(func() { w.serve(server) })
	}
}

// serve joins one connection of the server to one of the database.
func (w *Wire) serve(server net.Conn) {
	defer func() { _ = server.Close() }()
	database, err := net.Dial("tcp", w.database)
	if err != nil {
		return // the server sees its connection close
	}
	c := &wired{wire: w, server: server, database: database, prepared: map[string]string{}}
	w.mu.Lock()
	away := w.away
	w.open[c] = true
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.open, c)
		w.mu.Unlock()
	}()
	if away {
		c.cut()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { defer c.cut(); c.up() })
	both.Go(func() { defer c.cut(); c.down() })
	both.Wait()
}

// wired is one connection of the server and its counterpart to the database.
type wired struct {
	wire             *Wire
	server, database net.Conn
	prepared         map[string]string // SQL by the statement's name
	earlier          []string          // statements of the transaction
	once             sync.Once

	mu     sync.Mutex
	answer *Trap // springs on the answer to COMMIT
}

// cut ends both connections.
func (c *wired) cut() {
	c.once.Do(func() {
		_ = c.server.Close()
		_ = c.database.Close()
	})
}

// up passes on what the server says.
func (c *wired) up() {
	r := bufio.NewReader(c.server)
	startup, err := body(r, nil) // has no type
	if err != nil {
		return
	}
	if _, err := c.database.Write(startup); err != nil {
		return
	}
	for {
		kind, err := r.ReadByte()
		if err != nil {
			return
		}
		frame, err := body(r, []byte{kind})
		if err != nil || !c.pass(kind, frame[5:]) {
			return
		}
		if _, err := c.database.Write(frame); err != nil {
			return
		}
	}
}

// body reads the length and the content of a message behind its head.
func body(r io.Reader, head []byte) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n < 4 || n > 64<<20 {
		return nil, io.ErrUnexpectedEOF
	}
	frame := append(append([]byte{}, head...), size[:]...)
	at := len(frame)
	frame = append(frame, make([]byte, n-4)...)
	_, err := io.ReadFull(r, frame[at:])
	return frame, err
}

// pass says whether a message of the server may go on; it may have waited.
func (c *wired) pass(kind byte, content []byte) bool {
	sql, runs := c.statement(kind, content)
	if !runs {
		return true
	}
	if begins.MatchString(sql) {
		c.earlier = nil
	}
	s := Sent{SQL: sql, Earlier: c.earlier}
	c.earlier = append(c.earlier, sql)
	t := c.wire.springs(s)
	if ends.MatchString(sql) {
		c.earlier = nil
	}
	if t == nil {
		return true
	}
	switch t.deed {
	case Lose:
		c.wire.sprung(t)
		return false
	case Hold:
		c.wire.sprung(t)
		<-t.let
		return true
	}
	c.mu.Lock()
	c.answer = t
	c.mu.Unlock()
	return true
}

// statement is the SQL that a message runs. What is prepared runs when it is
// bound.
func (c *wired) statement(kind byte, content []byte) (sql string, runs bool) {
	switch kind {
	case 'Q':
		var m pgproto3.Query
		if m.Decode(content) == nil {
			return m.String, true
		}
	case 'P':
		var m pgproto3.Parse
		if m.Decode(content) == nil {
			c.prepared[m.Name] = m.Query
		}
	case 'B':
		var m pgproto3.Bind
		if m.Decode(content) == nil {
			return c.prepared[m.PreparedStatement], true
		}
	}
	return "", false
}

// down passes on what the database says.
func (c *wired) down() {
	r := bufio.NewReader(c.database)
	var said []byte
	for {
		kind, err := r.ReadByte()
		if err != nil {
			return
		}
		frame, err := body(r, []byte{kind})
		if err != nil {
			return
		}
		if t := c.committed(kind, frame[5:]); t != nil {
			c.wire.sprung(t)
			if t.deed == Unanswered {
				return // what was said before is lost too
			}
			<-t.let
		}
		// What came together goes on together.
		if said = append(said, frame...); r.Buffered() > 0 {
			continue
		}
		if _, err := c.server.Write(said); err != nil {
			return
		}
		said = said[:0]
	}
}

// committed is the trap for the answer that a commit took place; nil for none.
func (c *wired) committed(kind byte, content []byte) *Trap {
	var m pgproto3.CommandComplete
	if kind != 'C' || m.Decode(content) != nil || string(m.CommandTag) != "COMMIT" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.answer
	c.answer = nil
	return t
}
