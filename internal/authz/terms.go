package authz

import (
	"encoding/json"
	"math/bits"
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
	// wanted says whether the list that is being given is.
	wanted bool
	name   string
	// reads are the fields that are wanted; nil: all of them.
	reads *reads
	// shared keeps the facts that questions of one batch share; nil: nothing is kept.
	shared *sharedTerms
	root   *ast.Term
}

type openObject struct {
	fact   fact
	from   any
	mask   uint64 // fields that are wanted and not yet given, the next one lowest
	fields [][2]*ast.Term
}

// sharedTerms are facts by where they were read from, with the fields that
// somebody reads.
type sharedTerms struct {
	reads *reads
	terms map[sharedTerm]*ast.Term
}

type sharedTerm struct {
	fact fact
	from any
}

// of are the terms with the fields that are read.
func (s *sharedTerms) of(r *reads) *sharedTerms {
	if s != nil && s.reads != r {
		s.reads, s.terms = r, map[sharedTerm]*ast.Term{}
	}
	return s
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

// term is the question as the policy's input, or as much of it as is read.
func (q *Question) term(r *reads, shared *sharedTerms) *ast.Term {
	s := termSink{reads: r, shared: shared.of(r)}
	q.write(&s)
	return s.root
}

func (s *termSink) begin(f fact, from any) bool {
	if from != nil && s.shared != nil {
		if t, ok := s.shared.terms[sharedTerm{f, from}]; ok {
			s.put(factName(f), t)
			return false
		}
	}
	o := openObject{fact: f, from: from, mask: ^uint64(0)}
	if s.reads != nil {
		o.mask = s.reads.fields[f]
	}
	o.fields = make([][2]*ast.Term, 0, min(len(fieldNames[f]), bits.OnesCount64(o.mask))+nested)
	s.open = append(s.open, o)
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
	if o.from != nil && s.shared != nil {
		s.shared.terms[sharedTerm{o.fact, o.from}] = t
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

// nested is room for the facts within one.
const nested = 3

// next says whether the next field is wanted.
func (s *termSink) next() bool {
	o := &s.open[len(s.open)-1]
	wanted := o.mask&1 != 0
	o.mask >>= 1
	return wanted
}

func (*termSink) absent(fact)      {}
func (s *termSink) missing(string) { s.next() }

func (s *termSink) text(name, v string) {
	if s.next() {
		s.put(name, ast.StringTerm(v))
	}
}

func (s *termSink) id(name string, v uuid.UUID) {
	if s.next() {
		s.put(name, ast.StringTerm(idText(v)))
	}
}

func (s *termSink) homeID(name string, v exchange.ID) {
	if s.next() {
		s.put(name, ast.StringTerm(v.String()))
	}
}

func (s *termSink) flag(name string, v bool) {
	if s.next() {
		s.put(name, ast.InternedTerm(v))
	}
}

func (s *termSink) instant(name string, v time.Time) {
	if s.next() {
		s.put(name, ast.StringTerm(instantText(v)))
	}
}

func (s *termSink) day(name string, v time.Time) {
	if s.next() {
		s.put(name, ast.StringTerm(string(exchange.DayOf(v))))
	}
}

func (s *termSink) number(name string, v int64) {
	if s.next() {
		s.put(name, ast.NewTerm(ast.Number(json.Number(strconv.FormatInt(v, 10)))))
	}
}

func (s *termSink) list(name string, n int) {
	s.name, s.want, s.items = name, n, nil
	if s.wanted = s.next(); s.wanted {
		s.items = make([]*ast.Term, 0, n)
		s.listed()
	}
}

func (s *termSink) item(v string) {
	if s.wanted {
		s.items = append(s.items, ast.StringTerm(v))
		s.listed()
	}
}

func (s *termSink) itemID(v uuid.UUID) {
	if s.wanted {
		s.item(v.String())
	}
}

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
