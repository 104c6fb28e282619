package authz

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/sushaan/exchange/internal/exchange"
)

// termSink writes a question as the policy's own terms, without a detour over
// maps and JSON. Numbers are integers, so that no amount ever becomes a floating
// point number on its way to a rule.
type termSink struct {
	open  []openObject
	items []*ast.Term
	want  int
	name  string
	// seen keeps the facts that questions of one batch share, by where they were
	// read from; nil: nothing is kept.
	seen map[any]*ast.Term
	root *ast.Term
}

type openObject struct {
	fact   fact
	from   any
	fields [][2]*ast.Term
}

// keyTerms are the names of all fields and facts.
var keyTerms = func() map[string]*ast.Term {
	terms := map[string]*ast.Term{"row": ast.StringTerm("row")}
	for _, names := range fieldNames {
		for _, name := range names {
			terms[name] = ast.StringTerm(name)
		}
	}
	for _, path := range factPaths[factRoot+1:] {
		name := path[len(path)-1]
		terms[name] = ast.StringTerm(name)
	}
	return terms
}()

// term is the question as the policy's input.
func (q *Question) term(seen map[any]*ast.Term) *ast.Term {
	s := termSink{seen: seen}
	q.write(&s)
	return s.root
}

func (s *termSink) begin(f fact, from any) bool {
	if from != nil && s.seen != nil {
		if t, ok := s.seen[from]; ok {
			s.put(factName(f), t)
			return false
		}
	}
	s.open = append(s.open, openObject{fact: f, from: from, fields: make([][2]*ast.Term, 0, len(fieldNames[f])+3)})
	return true
}

func factName(f fact) string {
	path := factPaths[f]
	return path[len(path)-1]
}

func (s *termSink) end() {
	o := s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
	t := ast.NewTerm(ast.NewObject(o.fields...))
	if o.from != nil && s.seen != nil {
		s.seen[o.from] = t
	}
	if len(s.open) == 0 {
		s.root = t
		return
	}
	s.put(factName(o.fact), t)
}

func (s *termSink) put(name string, t *ast.Term) {
	o := &s.open[len(s.open)-1]
	o.fields = append(o.fields, [2]*ast.Term{keyTerms[name], t})
}

func (*termSink) absent(fact)                         {}
func (*termSink) missing(string)                      {}
func (s *termSink) text(name, v string)               { s.put(name, ast.StringTerm(v)) }
func (s *termSink) id(name string, v uuid.UUID)       { s.put(name, ast.StringTerm(idText(v))) }
func (s *termSink) homeID(name string, v exchange.ID) { s.put(name, ast.StringTerm(v.String())) }
func (s *termSink) flag(name string, v bool)          { s.put(name, ast.InternedTerm(v)) }
func (s *termSink) instant(name string, v time.Time)  { s.put(name, ast.StringTerm(instantText(v))) }
func (s *termSink) day(name string, v time.Time) {
	s.put(name, ast.StringTerm(string(exchange.DayOf(v))))
}

func (s *termSink) number(name string, v int64) {
	s.put(name, ast.NewTerm(ast.Number(json.Number(strconv.FormatInt(v, 10)))))
}

func (s *termSink) list(name string, n int) {
	s.name, s.want, s.items = name, n, make([]*ast.Term, 0, n)
	s.listed()
}

func (s *termSink) item(v string) {
	s.items = append(s.items, ast.StringTerm(v))
	s.listed()
}

func (s *termSink) itemID(v uuid.UUID) { s.item(v.String()) }

func (s *termSink) listed() {
	if len(s.items) == s.want {
		s.put(s.name, ast.ArrayTerm(s.items...))
	}
}

// idText is empty for the nil id: a rule compares with it like with any other.
func idText(u uuid.UUID) string {
	if u == uuid.Nil {
		return ""
	}
	return u.String()
}

func instantText(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
