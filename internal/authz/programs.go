package authz

import (
	"context"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

const (
	// maxPrograms bounds the programs of a revision. When there are more, all are
	// forgotten: those in use are built again.
	maxPrograms = 256
	// worthwhile is how often the like must be asked before a program is built for
	// it, which takes as long as some dozen evaluations.
	worthwhile = 3
	// buildPatience is how much longer building may take than one evaluation.
	buildPatience = 10
)

// programs are those of one revision.
type programs struct {
	mu       sync.RWMutex
	places   map[programKey]*programPlace
	building sync.Mutex
	number   atomic.Uint32
}

// programKey is what a program takes for known.
type programKey struct {
	action  string
	year    int
	month   time.Month
	day     int
	present uint64 // facts that lie in no other
}

// programPlace is where a program is, or will be.
type programPlace struct {
	key     programKey
	asked   atomic.Int32
	none    atomic.Bool // the decision does not come apart as programs need it
	program atomic.Pointer[program]
}

func newPrograms() *programs { return &programs{places: map[programKey]*programPlace{}} }

// outside are the facts that a program takes for known to be there or not.
var outside = func() (mask uint64) {
	for _, f := range factsOutside() {
		mask |= 1 << f
	}
	return mask
}()

func (p *programs) of(action string, at time.Time, present uint64) *programPlace {
	key := programKey{action: action, present: present & outside}
	key.year, key.month, key.day = at.In(exchange.China).Date()
	p.mu.RLock()
	place := p.places[key]
	p.mu.RUnlock()
	if place != nil {
		return place
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if place = p.places[key]; place != nil {
		return place
	}
	if len(p.places) >= maxPrograms {
		clear(p.places)
	}
	place = &programPlace{key: key}
	p.places[key] = place
	return place
}

// consider builds a program for the like of a question, if it is asked often. It
// is used if it decides the question as the rules did. Only one is built at a
// time: who comes meanwhile does without.
func (a *asking) consider(place *programPlace, q *Question, decided Decision) {
	if place.none.Load() || place.asked.Add(1) < worthwhile || !a.revision.programs.building.TryLock() {
		return
	}
	defer a.revision.programs.building.Unlock()
	if place.program.Load() != nil {
		return
	}
	// The program is everybody's: it does not end with the caller.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), buildPatience*a.engine.timeout)
	defer cancel()
	p, err := a.revision.build(ctx, a.revision.programs.number.Add(1), q.Action, exchange.DayOf(q.At), place.key.present)
	if err == nil {
		var d Decision
		if d, err = a.byProgram(p, q); err == nil && reflect.DeepEqual(d, decided) {
			place.program.Store(p)
			return
		}
	}
	place.none.Store(true)
}

// byProgram decides by a program. Every error, and every answer that is not of
// the shape, is one to evaluate the rules as they are.
func (a *asking) byProgram(p *program, q *Question) (Decision, error) {
	m := a.revision.memo
	if m.size == 0 {
		return a.evaluate(p, q)
	}
	key := p.follows.appendKey(p.prefix(a.key, 0), a.record)
	if d, ok := m.decision(key); ok {
		a.key = key
		return d, nil
	}
	a.key = key[:0]
	whole := string(key)
	d, err := a.piecewise(p, q)
	if err == nil {
		m.keepDecision([]byte(whole), d)
	}
	return d, err
}

// prefix begins the key of one part of a program.
func (p *program) prefix(key []byte, part int) []byte {
	key = append(key[:0], byte(p.number), byte(p.number>>8), byte(p.number>>16), byte(p.number>>24))
	return append(key, byte(part), byte(part>>8))
}

// evaluate decides by the program, with nothing kept.
func (a *asking) evaluate(p *program, q *Question) (Decision, error) {
	run, err := a.begin()
	if err != nil {
		return Decision{}, err
	}
	input := q.term(p.reads, a.terms)
	for i := range p.single {
		if err := run.agrees(&p.single[i], input); err != nil {
			return Decision{}, err
		}
	}
	value, err := run.eval(p.whole, input)
	if err != nil {
		return Decision{}, err
	}
	d, ok := readDecision(value)
	if !ok {
		return Decision{}, errNoProgram
	}
	d.Revision = a.revision.digest
	return d, nil
}

// pieces is a decision that is being put together.
type pieces struct {
	*asking
	question *Question
	input    *ast.Term // made when it is needed
	decision Decision
}

// piecewise decides by what each condition said before of the values that it
// reads, and evaluates the others.
func (a *asking) piecewise(p *program, q *Question) (Decision, error) {
	d := pieces{asking: a, question: q, decision: Decision{Revision: a.revision.digest}}
	for i := range p.single {
		if err := d.single(p, i); err != nil {
			return Decision{}, err
		}
	}
	for i := range p.reasons {
		list := &d.decision.Denials
		if i >= p.denials {
			list = &d.decision.Warnings
		}
		if err := d.reason(p, i, list); err != nil {
			return Decision{}, err
		}
	}
	for i := range p.obliged {
		if err := d.oblige(p, i); err != nil {
			return Decision{}, err
		}
	}
	d.decision.Denials, d.decision.Warnings = distinct(d.decision.Denials), distinct(d.decision.Warnings)
	d.decision.Allow = len(d.decision.Denials) == 0
	return d.decision, nil
}

// distinct sorts reasons and leaves out what several rules gave alike: they are
// a set.
func distinct(reasons []fault.Reason) []fault.Reason {
	sorted(reasons)
	var list []fault.Reason
	for i, r := range reasons {
		if i == 0 || !reflect.DeepEqual(r, reasons[i-1]) {
			list = append(list, r)
		}
	}
	return list
}

func (d *pieces) term(p *program) *ast.Term {
	if d.input == nil {
		d.input = d.question.term(p.reads, d.terms)
	}
	return d.input
}

// single makes sure that a rule has no two values.
func (d *pieces) single(p *program, i int) error {
	m, s := d.revision.memo, &p.single[i]
	d.key = s.reads.appendKey(p.prefix(d.key, len(p.reasons)+len(p.obliged)+i+1), d.record)
	m.mu.RLock()
	fine := m.truths[string(d.key)]
	m.mu.RUnlock()
	if fine {
		return nil
	}
	run, err := d.begin()
	if err != nil {
		return err
	}
	if err = run.agrees(s, d.term(p)); err == nil {
		m.keepTruth(d.key, true)
	}
	return err
}

// agrees fails where definitions of a rule give different values.
func (r *run) agrees(s *single, input *ast.Term) error {
	var first ast.Value
	for _, q := range s.definitions {
		err := r.iterate(q, input, func(v ast.Value) error {
			if first != nil && first.Compare(v) != 0 {
				return errNoProgram
			}
			first = v
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *pieces) reason(p *program, i int, list *[]fault.Reason) error {
	r := &p.reasons[i]
	holds, err := r.always, error(nil)
	if !holds {
		holds, err = d.truth(p, i, r)
	}
	if err != nil || !holds {
		return err
	}
	run, err := d.begin()
	if err != nil {
		return err
	}
	return run.iterate(r.gives, d.term(p), func(v ast.Value) error {
		reason, ok := readReason(v)
		if !ok {
			return errNoProgram
		}
		*list = append(*list, reason)
		return nil
	})
}

func (d *pieces) truth(p *program, i int, r *reason) (bool, error) {
	m := d.revision.memo
	d.key = r.reads.appendKey(p.prefix(d.key, i+1), d.record)
	m.mu.RLock()
	holds, ok := m.truths[string(d.key)]
	m.mu.RUnlock()
	if ok {
		return holds, nil
	}
	run, err := d.begin()
	if err != nil {
		return false, err
	}
	if holds, err = run.holds(r.holds, d.term(p)); err == nil {
		m.keepTruth(d.key, holds)
	}
	return holds, err
}

func (d *pieces) oblige(p *program, i int) error {
	o := &p.obliged[i]
	value := o.fixed
	if value == nil {
		var err error
		if value, err = d.value(p, len(p.reasons)+i+1, &o.value, &o.reads); err != nil {
			return err
		}
	}
	if value == nil || !oblige(&d.decision.Obligations, o.name, value) {
		return errNoProgram
	}
	return nil
}

// value is what a query gives, as it was kept under a part of the program or as
// it is evaluated.
func (d *pieces) value(p *program, part int, q *query, reads *selection) (ast.Value, error) {
	m := d.revision.memo
	d.key = reads.appendKey(p.prefix(d.key, part), d.record)
	m.mu.RLock()
	value, ok := m.values[string(d.key)]
	m.mu.RUnlock()
	if ok {
		return value, nil
	}
	run, err := d.begin()
	if err != nil {
		return nil, err
	}
	if value, err = run.eval(*q, d.term(p)); err == nil {
		m.keepValue(d.key, value)
	}
	return value, err
}
