package testkit

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Bound is a statement as it was sent, with its values in the form in which they
// went over the wire.
type Bound struct {
	SQL     string
	types   []uint32
	formats []int16
	values  [][]byte
}

// Bound gives each distinct statement that was run since this was last asked, with
// the values that it had last.
func (c *RoundTrips) Bound() []Bound {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]Bound, 0, len(c.bound))
	for _, b := range c.bound {
		list = append(list, b)
	}
	c.bound = map[string]Bound{}
	return list
}

// prepare reads a Parse message: a name, the statement, and the types of its values
// as far as they are told.
func (s *spoken) prepare(body []byte) {
	r := reader{body}
	name, sql := r.text(), r.text()
	b := Bound{SQL: strings.TrimSpace(sql)}
	for range r.int16() {
		b.types = append(b.types, uint32(r.int32()))
	}
	s.prepared[name] = b
}

// bind reads a Bind message: a portal, the statement's name, formats and values.
func (s *spoken) bind(body []byte) (Bound, bool) {
	r := reader{body}
	_ = r.text()
	b, known := s.prepared[r.text()]
	if !known {
		return b, false
	}
	for range r.int16() {
		b.formats = append(b.formats, r.int16())
	}
	for range r.int16() {
		b.values = append(b.values, r.bytes(int(r.int32())))
	}
	return b, true
}

// reader takes what PostgreSQL's protocol is made of off a message that is whole.
type reader struct{ rest []byte }

func (r *reader) bytes(n int) []byte {
	if n < 0 {
		return nil // NULL
	}
	taken := bytes.Clone(r.rest[:n])
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) int16() int16 { return int16(binary.BigEndian.Uint16(r.bytes(2))) }
func (r *reader) int32() int32 { return int32(binary.BigEndian.Uint32(r.bytes(4))) }

func (r *reader) text() string {
	end := bytes.IndexByte(r.rest, 0)
	text := string(r.rest[:end])
	r.rest = r.rest[end+1:]
	return text
}

// Explain asks for a statement's plan, with the values that it had.
func (b Bound) Explain(ctx context.Context, tb testing.TB, conn *pgx.Conn) string {
	tb.Helper()
	r := conn.PgConn().ExecParams(ctx, "EXPLAIN (VERBOSE) "+b.SQL, b.values, b.types, b.formats, nil).Read()
	if r.Err != nil {
		tb.Fatalf("explain %s: %v", b.SQL, r.Err)
	}
	var lines []string
	for _, row := range r.Rows {
		lines = append(lines, string(row[0]))
	}
	return strings.Join(lines, "\n")
}
