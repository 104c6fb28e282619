package exchange

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
