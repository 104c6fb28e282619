package store

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/exchange"
)

// sqlBuilder puts a list query together. Every value becomes a bind parameter;
// only names that the code knows become text.
type sqlBuilder struct {
	text     strings.Builder
	args     []any
	searched bool // it looks up what rows are found by
	branched bool // it is put together from branches, each of which reads an index
}

func (b *sqlBuilder) add(text string) { b.text.WriteString(text) }

func (b *sqlBuilder) bind(value any) string {
	b.args = append(b.args, value)
	return fmt.Sprintf("$%d", len(b.args))
}

// where starts the condition with a policy filter. The columns are those that
// a filter may name, by the name the policy has for them.
func (b *sqlBuilder) where(f exchange.Filter, columns map[string]string) error {
	b.add(" WHERE ")
	switch f := f.(type) {
	case exchange.AllowAll:
		b.add("true")
	case exchange.DenyAll:
		b.add("false")
	case exchange.When:
		return b.condition(f.Condition, columns)
	default:
		// A missing filter must never read as one that lets everything through.
		return fmt.Errorf("store: a list without a filter")
	}
	return nil
}

var comparisons = map[exchange.Op]string{
	exchange.OpEq: "=", exchange.OpNe: "<>", exchange.OpLt: "<", exchange.OpLte: "<=", exchange.OpGt: ">", exchange.OpGte: ">=",
}

func (b *sqlBuilder) condition(c exchange.Condition, columns map[string]string) error {
	switch c.Op {
	case exchange.OpAnd, exchange.OpOr:
		return b.join(c, columns)
	case exchange.OpNot:
		if len(c.Conditions) != 1 {
			return fmt.Errorf("store: not takes one condition, has %d", len(c.Conditions))
		}
		b.add("NOT (")
		defer b.add(")")
		return b.condition(c.Conditions[0], columns)
	}
	column, ok := columns[c.Field]
	if !ok {
		return fmt.Errorf("store: a filter names the unknown field %q", c.Field)
	}
	return b.compare(c, column)
}

func (b *sqlBuilder) join(c exchange.Condition, columns map[string]string) error {
	if len(c.Conditions) == 0 {
		return fmt.Errorf("store: %s without conditions", c.Op)
	}
	b.add("(")
	for i, part := range c.Conditions {
		if i > 0 {
			b.add(" " + strings.ToUpper(string(c.Op)) + " ")
		}
		if err := b.condition(part, columns); err != nil {
			return err
		}
	}
	b.add(")")
	return nil
}

func (b *sqlBuilder) compare(c exchange.Condition, column string) error {
	if c.Op == exchange.OpIn {
		// One array parameter, so that the plan does not depend on its length.
		values := make([]string, len(c.Values))
		for i, v := range c.Values {
			s, ok := v.(string)
			if !ok {
				return fmt.Errorf("store: in takes strings, has %T", v)
			}
			values[i] = s
		}
		b.add(column + " = ANY(" + b.bind(values) + typeOf(column, true) + ")")
		return nil
	}
	if len(c.Values) != 1 {
		return fmt.Errorf("store: %s takes one value, has %d", c.Op, len(c.Values))
	}
	if c.Op == exchange.OpPrefix {
		return b.prefix(column, c.Values[0])
	}
	sign, ok := comparisons[c.Op]
	if !ok {
		return fmt.Errorf("store: unknown operator %q", c.Op)
	}
	b.add(column + " " + sign + " " + b.bind(c.Values[0]) + typeOf(column, false))
	return nil
}

// prefix compares the beginning, not with LIKE: the value needs no escaping.
func (b *sqlBuilder) prefix(column string, value any) error {
	s, ok := value.(string)
	if !ok {
		return fmt.Errorf("store: prefix takes a string, has %T", value)
	}
	b.add("left(" + column + ", " + b.bind(len(s)) + ") = " + b.bind(s))
	return nil
}

// typeOf casts a parameter that compares with an id: policy knows ids as text.
func typeOf(column string, array bool) string {
	t := "::text"
	if column == "id" || strings.HasSuffix(column, "_id") {
		t = "::uuid"
	}
	if array {
		t += "[]"
	}
	return t
}

// Key orders a list: the newest first, then by id, so that a page can go on
// where the last one ended however many rows were added since.
type Key struct {
	At   time.Time `json:"t"`
	ID   uuid.UUID `json:"i"`
	Line int       `json:"l,omitempty"`
	Text string    `json:"x,omitempty"` // key of a list that is ordered by a text
	Zone time.Time `json:"z,omitzero"`  // of a list that has the relief zone first: as of when
	Rest bool      `json:"r,omitempty"` // and whether the zone is behind it
}

// Narrow are equalities that a caller asked for, by column. An empty value was
// not asked for.
type Narrow map[string]string

// List is a page of a list.
type List struct {
	Filter exchange.Filter
	Narrow Narrow
	Also   []exchange.Condition // that a caller asked for beside
	Terms  []string             // that a row must have, of a table that has terms
	After  *Key                 // nil: from the beginning
	From   time.Time            // rows of this time and later; zero: all
	To     time.Time            // rows before this time; zero: all
	Zone   time.Time            // of what is not in the relief zone then; zero: all
	Limit  int

	found *found // rows that have the terms, where they are few
	named bool   // statements name their indexes
	apart bool   // the two provinces' rows lie in regions
}

// table is what the list builder must know of a noun's table.
type table struct {
	from        string            // table name
	time        string            // column by which the list is ordered; newest first
	id          string            // breaks ties
	line        string            // breaks ties of ids; may be empty
	filters     map[string]string // fields that a filter or a narrowing may name → column
	terms       string            // where a row's terms are; empty: it has none
	newest      string            // condition that always holds, of the index of all rows in the order of the list
	newestIndex string            // its name
	leads       []lead            // indexes that have some rows in that order
	codes       []string          // columns of leads that have codes of divisions
}

// key are the columns by which the list is ordered.
func (t table) key() []string {
	if t.line != "" {
		return []string{t.time, t.id, t.line}
	}
	return []string{t.time, t.id}
}

// order is that of the list, the newest first.
func (t table) order() string { return strings.Join(t.key(), " DESC, ") + " DESC" }

// query builds the statement of a page.
func (t table) query(columns string, l List) (*sqlBuilder, error) {
	b := &sqlBuilder{}
	return b, t.write(b, columns, l)
}

// write adds the statement of a page.
func (t table) write(b *sqlBuilder, columns string, l List) error {
	if branches := t.branches(l); len(branches) > 0 {
		return t.writeBranches(b, columns, l, branches)
	}
	b.add("SELECT " + columns + " FROM ")
	t.source(b, l)
	if err := t.conditions(b, l); err != nil {
		return err
	}
	if l.found == nil {
		b.add(t.newest)
	}
	t.searched(b, l)
	t.outside(b, l)
	t.bounds(b, l)
	b.add(" ORDER BY " + t.order() + " LIMIT " + b.bind(l.Limit))
	return nil
}

// conditions are policy's filter, and what a caller asked for.
func (t table) conditions(b *sqlBuilder, l List) error {
	if err := b.where(l.Filter, t.filters); err != nil {
		return err
	}
	for _, c := range l.asked() {
		b.add(" AND ")
		if err := b.condition(c, t.filters); err != nil {
			return err
		}
	}
	return nil
}

// bounds are the times of a list's rows, and where its page begins.
func (t table) bounds(b *sqlBuilder, l List) {
	if !l.From.IsZero() {
		b.add(" AND " + t.time + " >= " + b.bind(l.From) + "::timestamptz")
	}
	if !l.To.IsZero() {
		b.add(" AND " + t.time + " < " + b.bind(l.To) + "::timestamptz")
	}
	if l.After == nil {
		return
	}
	columns := []string{t.time, t.id}
	values := []string{b.bind(l.After.At) + "::timestamptz", b.bind(l.After.ID) + "::uuid"}
	if t.line != "" {
		columns, values = append(columns, t.line), append(values, b.bind(l.After.Line)+"::int")
	}
	b.add(" AND (" + strings.Join(columns, ", ") + ") < (" + strings.Join(values, ", ") + ")")
}

// usualPage is what most pages have at most; longer ones grow.
const usualPage = 50

// list runs a page's statement. The row type has the columns in order. One row
// is read into after the other, so that a page costs no more than its items.
func list[R, T any](ctx context.Context, r Reader, t table, l List, of func(R) T) ([]T, error) {
	l.named, l.apart = r.named(), r.apart()
	b, err := t.query(columnsOf[R](), l)
	if err != nil {
		return nil, err
	}
	var row R
	return readPage(ctx, r, b, l.Limit, fieldsOf(&row), func() T { return of(row) })
}

// readPage reads the rows of a page, one after the other into the same fields.
func readPage[T any](ctx context.Context, r Reader, b *sqlBuilder, limit int, fields []any, of func() T) ([]T, error) {
	if !b.branched && !b.searched {
		out, err := readRows(ctx, r, b, limit, fields, of)
		return out, readError(err)
	}
	out, err := indexed(page(ctx, b.branched), func(ctx context.Context) ([]T, error) { return readRows(ctx, r, b, limit, fields, of) })
	return out, readError(err)
}

func readRows[T any](ctx context.Context, r Reader, b *sqlBuilder, limit int, fields []any, of func() T) ([]T, error) {
	rows, err := r.raw.Query(ctx, b.text.String(), b.args...)
	if err != nil {
		return nil, err
	}
	out := make([]T, 0, min(limit, usualPage+1))
	_, err = pgx.ForEachRow(rows, fields, func() error {
		out = append(out, of())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// fieldsOf are the addresses of a row's fields, in order.
func fieldsOf[R any](row *R) []any {
	v := reflect.ValueOf(row).Elem()
	fields := make([]any, v.NumField())
	for i := range fields {
		fields[i] = v.Field(i).Addr().Interface()
	}
	return fields
}

// same maps each name to itself.
func same(names ...string) map[string]string {
	m := make(map[string]string, len(names))
	for _, n := range names {
		m[n] = n
	}
	return m
}

// columnsOf names the columns of a generated row type, in its order: sqlc names
// a field after its column.
func columnsOf[R any]() string {
	t := reflect.TypeFor[R]()
	if known, ok := columnNames.Load(t); ok {
		columns, _ := known.(string)
		return columns
	}
	var names []string
	for f := range t.Fields() {
		names = append(names, snake(f.Name))
	}
	columns := strings.Join(names, ", ")
	columnNames.Store(t, columns)
	return columns
}

// columnNames are the columns by row type.
var columnNames sync.Map

// snake turns ProducerID into producer_id.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		upper := unicode.IsUpper(r)
		if upper && i > 0 && !unicode.IsUpper(rune(name[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
