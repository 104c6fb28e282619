package testkit

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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
	return linesOf(r)
}

// ExplainOnce runs a statement by a plan that is made once for all values, as the
// transactions that read ahead do on CockroachDB (decision 26), and tells the plan.
// Nothing stays of what the statement did.
func (b Bound) ExplainOnce(ctx context.Context, tb testing.TB, conn *pgx.Conn) string {
	tb.Helper()
	prepared, err := conn.PgConn().Prepare(ctx, "planned_once", b.SQL, b.types)
	if err != nil || len(prepared.ParamOIDs) != len(b.values) {
		tb.Fatalf("prepare %s: %v", b.SQL, err)
	}
	literals := make([]string, len(b.values))
	for i, v := range b.values {
		// EXPLAIN ANALYZE takes no parameters: the database itself says how each is written.
		r := conn.PgConn().ExecParams(ctx, "SELECT $1", [][]byte{v}, prepared.ParamOIDs[i:i+1], []int16{b.format(i)}, nil).Read()
		if r.Err != nil {
			tb.Fatalf("parameter %d of %s: %v", i+1, b.SQL, r.Err)
		}
		literals[i] = "NULL"
		if text := r.Rows[0][0]; text != nil {
			literals[i] = "'" + strings.ReplaceAll(string(text), "'", "''") + "'"
		}
	}
	plan, err := conn.PgConn().Exec(ctx, "BEGIN; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL disallow_full_table_scans = on; "+
		"EXPLAIN ANALYZE (VERBOSE) EXECUTE planned_once"+argumentsOf(literals)+"; ROLLBACK").ReadAll()
	if err == nil {
		err = conn.PgConn().Deallocate(ctx, "planned_once")
	}
	if err != nil || len(plan) != 5 {
		tb.Fatalf("explain %s: %v", b.SQL, err)
	}
	return linesOf(plan[3])
}

// format is the form of a value: none is told for texts alone, one for all alike.
func (b Bound) format(i int) int16 {
	switch len(b.formats) {
	case 0:
		return pgx.TextFormatCode
	case 1:
		return b.formats[0]
	default:
		return b.formats[i]
	}
}

func argumentsOf(literals []string) string {
	if len(literals) == 0 {
		return ""
	}
	return "(" + strings.Join(literals, ", ") + ")"
}

func linesOf(r *pgconn.Result) string {
	var lines []string
	for _, row := range r.Rows {
		lines = append(lines, string(row[0]))
	}
	return strings.Join(lines, "\n")
}
