package exchange

import "strings"

// Filter says which rows of a noun a principal may see. It is one of DenyAll,
// AllowAll and When: three types, since taking one for another is a breach.
// The zero value of the interface, nil, is none of them and must be refused.
type Filter interface{ isFilter() }

// DenyAll lets no row through.
type DenyAll struct{}

// AllowAll lets every row through.
type AllowAll struct{}

// When lets the rows through for which the condition holds.
type When struct{ Condition Condition }

func (DenyAll) isFilter()  {}
func (AllowAll) isFilter() {}
func (When) isFilter()     {}

// Op is the operator of a condition.
type Op string

// The operators. And and Or combine Conditions and Not negates the one; the
// others compare Field with Values, of which In takes any number and the rest
// one.
const (
	OpAnd    Op = "and"
	OpOr     Op = "or"
	OpNot    Op = "not"
	OpEq     Op = "eq"
	OpNe     Op = "ne"
	OpIn     Op = "in"
	OpLt     Op = "lt"
	OpLte    Op = "lte"
	OpGt     Op = "gt"
	OpGte    Op = "gte"
	OpPrefix Op = "prefix"
)

// Condition is a tree over the fields of one noun. The field names are those
// of the policy's input.
type Condition struct {
	Op         Op
	Field      string
	Values     []any // string, int64 or bool
	Conditions []Condition
}

// Admits says whether a filter lets a row through. Known is false where the
// row lacks a field that the filter names, or the filter is of another kind.
func Admits(f Filter, row map[string]any) (admits, known bool) {
	switch f := f.(type) {
	case AllowAll:
		return true, true
	case DenyAll:
		return false, true
	case When:
		return f.Condition.admits(row)
	}
	return false, false
}

func (c Condition) admits(row map[string]any) (admits, known bool) {
	switch c.Op {
	case OpAnd, OpOr:
		for _, part := range c.Conditions {
			admits, known := part.admits(row)
			if !known || admits == (c.Op == OpOr) {
				return admits, known
			}
		}
		return c.Op == OpAnd, len(c.Conditions) > 0
	case OpNot:
		if len(c.Conditions) != 1 {
			return false, false
		}
		admits, known := c.Conditions[0].admits(row)
		return !admits, known
	}
	return c.compares(row)
}

func (c Condition) compares(row map[string]any) (holds, known bool) {
	field, ok := row[c.Field].(string)
	if !ok {
		return false, false
	}
	for _, v := range c.Values {
		value, ok := v.(string)
		if !ok {
			return false, false
		}
		switch c.Op {
		case OpEq, OpIn:
			holds = field == value
		case OpNe:
			holds = field != value
		case OpPrefix:
			holds = strings.HasPrefix(field, value)
		default:
			return false, false
		}
		if holds {
			return true, true
		}
	}
	return false, len(c.Values) > 0 || c.Op == OpIn
}
