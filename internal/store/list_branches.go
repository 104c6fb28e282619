package store

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
)

// A filter of policy is an "or" of what a caller may see for one reason or
// another: a buyer sees what each of several alliances published, and what is
// its own. No index has all of that in the order of a list. So such a list is
// put together from branches, each of which reads an index in order and ends
// after a page; what is in several is there once. However many rows there are, a
// page reads no more than a page of each branch.
//
// A planner that takes rows for evenly spread would rather go through the newest
// of all rows until a page of them fits, which for somebody whose rows are old
// is all of them. So the index of all rows is partial, by a condition that always
// holds and that a branch does not name (table.newest).

// maxBranches bounds the branches of a list. A caller with more of them sees so
// much that the newest rows of all are soon a page.
const maxBranches = 64

// lead is an index that has rows in the order of the list after columns that are
// given. Named first is what is tried first: what leaves the fewest rows.
type lead struct {
	index   string // its name
	columns []string
	where   string // of a partial index
	except  string // value whose rows the partial index has not
}

// divisionCode are the bytes of a code of GB/T 2260, and cityCode those of its
// beginning that names a city.
const (
	divisionCode = 6
	cityCode     = 4
)

// branch is a conjunction. Where city is given, rows of each division below it
// are read by themselves, column being which of the row's divisions is meant.
type branch struct {
	conditions   []exchange.Condition
	home         string // province whose rows it has; empty: of both
	column, city string
	index        string          // empty: whichever
	where        string          // of the index
	filter       exchange.Filter // that rows must pass beside; nil: none
}

// perHome divides branches by the province of their rows. Where those lie in regions
// (design §7), each index is in parts, one for each region: only where it is known
// which of them is meant is a part read in its order, and no further than a page.
func perHome(branches []branch) []branch {
	var all []branch
	for _, b := range branches {
		for _, home := range exchange.Homes() {
			b.home = home
			all = append(all, b)
		}
	}
	return all
}

// by names the index that a branch reads, or that something is looked up in, on
// CockroachDB. Else that would take rows for evenly spread and go through the newest of
// all, whose index has what a branch for each province asks for. And of every index
// that there is it would think, in each of many branches, which takes longer than
// reading. PostgreSQL has no such words and needs none.
func (l List) by(index string) string {
	if !l.named || index == "" {
		return ""
	}
	return "@" + index
}

// inHome adds that a row is of a branch's province. It is text and no value, so that
// a plan that is made once for all values knows the region.
func (b branch) inHome(column string) string {
	if b.home == "" {
		return ""
	}
	return " AND " + column + " = '" + b.home + "'"
}

// fixes says whether a branch has rows of one value of a field.
func (b branch) fixes(field string) bool {
	return slices.ContainsFunc(b.conditions, func(c exchange.Condition) bool { return c.Field == field && c.Op == exchange.OpEq })
}

// has says whether a branch names a value of a field.
func (b branch) has(field string, value any) bool {
	return slices.ContainsFunc(b.conditions, func(c exchange.Condition) bool { return c.Field == field && slices.Contains(c.Values, value) })
}

// branches takes a page's filter apart. There are none where an index of the
// whole table in the order of the list does as well or better, but for one for each
// province where rows lie in regions.
func (t table) branches(l List) []branch {
	regional := l.apart && l.found == nil && IsRegional(t.from)
	led := t.ledBranches(l)
	switch {
	case !regional:
		return led
	case len(led) == 0:
		return perHome([]branch{{conditions: l.asked(), filter: l.Filter, index: t.newestIndex, where: t.newest}})
	default:
		return perHome(led)
	}
}

// ledBranches are those that have an index of their own each.
func (t table) ledBranches(l List) []branch {
	when, ok := l.Filter.(exchange.When)
	if !ok || len(t.leads) == 0 || l.found != nil {
		return nil
	}
	narrow := l.asked()
	var all []branch
	for _, conditions := range alternatives(when.Condition) {
		led, ok := t.led(append(slices.Clone(narrow), conditions...))
		if !ok || len(all)+len(led) > maxBranches {
			return nil
		}
		all = append(all, led...)
	}
	return all
}

// asked are the conditions that a caller asked for beside policy's.
func (l List) asked() []exchange.Condition {
	var narrow []exchange.Condition
	for _, field := range slices.Sorted(maps.Keys(l.Narrow)) {
		if value := l.Narrow[field]; value != "" {
			narrow = append(narrow, exchange.Condition{Op: exchange.OpEq, Field: field, Values: []any{value}})
		}
	}
	return append(narrow, l.Also...)
}

// alternatives are the conjunctions of which a condition is the "or". There are
// none where they would be too many.
func alternatives(c exchange.Condition) [][]exchange.Condition {
	switch c.Op {
	case exchange.OpOr:
		var all [][]exchange.Condition
		for _, part := range c.Conditions {
			all = append(all, alternatives(part)...)
		}
		return all
	case exchange.OpAnd:
		all := [][]exchange.Condition{nil}
		for _, part := range c.Conditions {
			var next [][]exchange.Condition
			for _, with := range alternatives(part) {
				for _, one := range all {
					next = append(next, append(slices.Clone(one), with...))
				}
			}
			if len(next) > maxBranches {
				// Left as it is: it has no lead, or is a condition beside one.
				return [][]exchange.Condition{{c}}
			}
			all = next
		}
		return all
	default:
		return [][]exchange.Condition{{c}}
	}
}

// led finds the index for a conjunction, and gives a branch for each of the
// values that it leaves to the index's columns.
func (t table) led(conditions []exchange.Condition) ([]branch, bool) {
	for _, lead := range t.leads {
		branches := []branch{{conditions: conditions, index: lead.index, where: lead.where}}
		for _, column := range lead.columns {
			branches = split(branches, column, lead.except, slices.Contains(t.codes, column))
		}
		if len(branches) > 0 {
			return branches, true
		}
	}
	return nil, false
}

// split gives a column one value in each branch, if conditions say which there
// are and the exception is not among them; else it gives none. Code says that the
// column has codes of divisions.
func split(branches []branch, column, except string, code bool) []branch {
	var out []branch
	for _, b := range branches {
		i := slices.IndexFunc(b.conditions, func(c exchange.Condition) bool { return c.Field == column && gives(c, code) })
		if i < 0 {
			return nil
		}
		c := b.conditions[i]
		if except != "" && slices.Contains(c.Values, any(except)) {
			return nil
		}
		rest := slices.Delete(slices.Clone(b.conditions), i, i+1)
		if prefix, ok := c.Values[0].(string); ok && c.Op == exchange.OpPrefix {
			if len(prefix) == cityCode {
				out = append(out, branch{conditions: rest, column: column, city: prefix, index: b.index, where: b.where})
				continue
			}
			c.Op = exchange.OpEq
		}
		for _, v := range c.Values {
			one := exchange.Condition{Op: exchange.OpEq, Field: column, Values: []any{v}}
			out = append(out, branch{
				conditions: append([]exchange.Condition{one}, rest...), column: b.column, city: b.city, index: b.index, where: b.where,
			})
		}
	}
	return out
}

// gives says whether a condition leaves a column a few values. The beginning of
// a division's code does, where it is all of it or names a city.
func gives(c exchange.Condition, code bool) bool {
	switch c.Op {
	case exchange.OpEq, exchange.OpIn:
		return len(c.Values) > 0
	case exchange.OpPrefix:
		s, ok := c.Values[0].(string)
		return ok && code && (len(s) == divisionCode || len(s) == cityCode)
	default:
		return false
	}
}

// writeBranches adds the statement of a page that is put together.
func (t table) writeBranches(b *sqlBuilder, columns string, l List, branches []branch) error {
	b.branched = true
	end := " ORDER BY " + t.order() + " LIMIT " + b.bind(l.Limit)
	if len(branches) == 1 && branches[0].city == "" {
		return t.branch(b, columns, l, branches[0], end)
	}
	b.add("SELECT DISTINCT ON (" + strings.Join(t.key(), ", ") + ") " + columns + " FROM (")
	for i, one := range branches {
		if i > 0 {
			b.add(" UNION ALL ")
		}
		if err := t.branch(b, columns, l, one, end); err != nil {
			return err
		}
	}
	b.add(") page" + end)
	return nil
}

func (t table) branch(b *sqlBuilder, columns string, l List, one branch, end string) error {
	b.add("(")
	if one.city != "" {
		// Codes are digits: no collation puts them in another order.
		b.add("SELECT county.* FROM (SELECT code FROM divisions WHERE code BETWEEN " + b.bind(one.city+"00") + "::text AND " +
			b.bind(one.city+"99") + "::text) d LEFT JOIN LATERAL (")
	}
	b.add("SELECT " + columns + " FROM " + t.from + l.by(one.index))
	if one.filter == nil {
		one.filter = exchange.AllowAll{}
	}
	if err := b.where(one.filter, t.filters); err != nil {
		return err
	}
	if one.city != "" {
		b.add(" AND " + t.filters[one.column] + " = d.code")
	}
	for _, c := range one.conditions {
		b.add(" AND ")
		if err := b.condition(c, t.filters); err != nil {
			return err
		}
	}
	b.add(one.where + one.inHome("home"))
	t.searched(b, l)
	t.outside(b, l)
	t.bounds(b, l)
	b.add(end)
	if one.city != "" {
		// CockroachDB would number the rows of an inner join, and read all of them.
		b.add(") county ON true WHERE coalesce(" + t.id + ", '" + uuid.Nil.String() + "') <> '" + uuid.Nil.String() + "'")
	}
	b.add(")")
	return nil
}
