package authz

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/sushaan/exchange/internal/exchange"
)

// reads are the fields of the input that a rule looks at, itself or through what
// it refers to: by fact, a bit for each field in the order of fieldNames. What a
// rule does not look at cannot change what it says, so this is what an answer
// may be kept by.
type reads struct {
	facts  uint64            // facts whose presence matters
	fields [factCount]uint64 // fields of each
}

func (r *reads) fact(f fact) {
	r.facts |= 1 << f
	r.fields[f] = ^uint64(0)
}

// path adds a path of the input, such as order, reserve.
func (r *reads) path(path []string) {
	for f, at := range factPaths {
		switch common := min(len(path), len(at)); {
		case !slices.Equal(path[:common], at[:common]):
		case len(path) <= len(at):
			r.fact(fact(f)) // the fact, or what it lies in, as a whole
		default:
			r.facts |= 1 << f
			if i := slices.Index(fieldNames[f], path[len(at)]); i >= 0 {
				r.fields[f] |= 1 << i
			}
		}
	}
}

func (r *reads) add(other *reads) {
	r.facts |= other.facts
	for f := range r.fields {
		r.fields[f] |= other.fields[f]
	}
}

// presence adds that a path is there. A fact is an object, which counts as true
// whatever is in it.
func (r *reads) presence(path []string) {
	for f, at := range factPaths {
		if slices.Equal(path, at) {
			r.facts |= 1 << f
			return
		}
	}
	r.path(path)
}

// analysis finds what rules read. It errs on the side of more: a variable that
// stands for a part of the input counts as all of that part.
type analysis struct {
	compiler *ast.Compiler
}

// below gives what the rules below a path of data read.
func (a *analysis) below(path ...string) *reads {
	ref := ast.Ref{ast.DefaultRootDocument}
	for _, name := range path {
		ref = append(ref, ast.StringTerm(name))
	}
	return a.of(a.compiler.GetRules(ref))
}

// of gives what any of some rules read.
func (a *analysis) of(rules []*ast.Rule) *reads {
	v := visit{analysis: a, seen: map[*ast.Rule]bool{}}
	for _, r := range rules {
		v.rule(r)
	}
	return &v.all
}

// ofBody gives what a body reads. It is false where that cannot be told: the body
// refers to what the compiler does not have, or asks on facts of its own.
func (a *analysis) ofBody(body ast.Body) (*reads, bool) {
	v := visit{analysis: a, seen: map[*ast.Rule]bool{}}
	v.look(body)
	return &v.all, !v.missing
}

// visit is one walk over rules and what they refer to.
type visit struct {
	*analysis
	seen    map[*ast.Rule]bool
	all     reads
	missing bool
}

func (v *visit) rule(r *ast.Rule) {
	if !v.seen[r] {
		v.seen[r] = true
		v.look(r)
	}
}

// look adds what a rule or a body reads by itself, and the rules that it refers
// to.
func (v *visit) look(node any) {
	bare := presences(node)
	ast.WalkWiths(node, func(*ast.With) bool {
		v.missing = true // it has facts of its own
		return true
	})
	ast.WalkTerms(node, func(t *ast.Term) bool {
		ref, ok := t.Value.(ast.Ref)
		if !ok {
			return false
		}
		head, ok := ref[0].Value.(ast.Var)
		switch {
		case !ok:
		case head.Equal(ast.InputRootDocument.Value) && bare[t] && ref.IsGround():
			// A field by a name that is not fixed matters by its value, not by its fact.
			v.all.presence(groundNames(ref))
		case head.Equal(ast.InputRootDocument.Value):
			v.all.path(groundNames(ref))
		case head.Equal(ast.DefaultRootDocument.Value):
			rules := v.compiler.GetRules(ref.ConstantPrefix())
			v.missing = v.missing || len(rules) == 0
			for _, r := range rules {
				v.rule(r)
			}
		}
		return false
	})
}

// presences are the terms that stand alone as an expression: all that matters of
// a fact is then whether it is there.
func presences(node any) map[*ast.Term]bool {
	bare := map[*ast.Term]bool{}
	ast.WalkExprs(node, func(e *ast.Expr) bool {
		if t, ok := e.Terms.(*ast.Term); ok {
			bare[t] = true
		}
		return false
	})
	return bare
}

// groundNames are the names of a reference up to the first that is not fixed.
func groundNames(ref ast.Ref) []string {
	var names []string
	for _, t := range ref[1:] {
		s, ok := t.Value.(ast.String)
		if !ok {
			break
		}
		names = append(names, string(s))
	}
	return names
}

// fieldNames are the fields of each fact in the order in which write gives them.
var fieldNames = func() (names [factCount][]string) {
	s := nameSink{names: &names}
	q := everyFact()
	q.write(&s)
	return names
}()

// everyFact is a question that has all facts there are, each of them empty.
func everyFact() Question {
	return Question{
		Principal: exchange.Principal{Member: &exchange.Member{}, Alliance: &exchange.Alliance{}, Authority: &exchange.Authority{}},
		Buyer:     &exchange.Member{}, Seller: &exchange.Member{}, BuyerAlliance: &exchange.Alliance{}, SellerAlliance: &exchange.Alliance{},
		Consignee: "320000", Offer: &exchange.Offer{}, Product: &exchange.Product{}, Origin: &exchange.Division{},
		Certificate: &exchange.Certificate{}, Capacity: &exchange.Capacity{}, Lot: &exchange.Lot{}, Grant: &exchange.Grant{}, Mandate: &exchange.Mandate{},
		Pairing: &exchange.Pairing{}, Order: &exchange.Order{}, Alliance: &exchange.Alliance{}, Member: &exchange.Member{},
		Authority: &exchange.Authority{}, Issuer: &exchange.Issuer{}, Assignment: &exchange.RoleAssignment{},
		Reserve: &exchange.ReservePlan{}, Dispute: &exchange.Dispute{}, Demand: &exchange.Demand{}, Quote: &exchange.SealedQuote{}, Group: &exchange.GroupBuy{}, Standing: &exchange.StandingOrder{}, Relief: &exchange.Relief{}, Period: &exchange.Period{}, Target: &exchange.Target{}, Contract: &exchange.Contract{}, Intent: &exchange.Intent{}, Room: &exchange.Room{}, Limit: &exchange.SpendingLimit{},
		Payer: &exchange.Member{}, PayerConsent: &exchange.PayerConsent{},
	}
}

// nameSink notes the names of the fields.
type nameSink struct {
	open  []fact
	names *[factCount][]string
}

func (s *nameSink) begin(f fact, _ any) bool {
	s.open = append(s.open, f)
	return true
}
func (s *nameSink) end() { s.open = s.open[:len(s.open)-1] }

func (s *nameSink) missing(name string) {
	f := s.open[len(s.open)-1]
	s.names[f] = append(s.names[f], name)
}

func (*nameSink) absent(fact)                         {}
func (s *nameSink) text(name, _ string)               { s.missing(name) }
func (s *nameSink) id(name string, _ uuid.UUID)       { s.missing(name) }
func (s *nameSink) homeID(name string, _ exchange.ID) { s.missing(name) }
func (s *nameSink) number(name string, _ int64)       { s.missing(name) }
func (s *nameSink) flag(name string, _ bool)          { s.missing(name) }
func (s *nameSink) instant(name string, _ time.Time)  { s.missing(name) }
func (s *nameSink) day(name string, _ time.Time)      { s.missing(name) }
func (s *nameSink) list(name string, _ int)           { s.missing(name) }
func (*nameSink) item(string)                         {}
func (*nameSink) itemID(uuid.UUID)                    {}
