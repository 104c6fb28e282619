package authz

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// Decision is policy's answer. Denials are all there are, sorted by code.
type Decision struct {
	Allow       bool
	Denials     []fault.Reason
	Warnings    []fault.Reason
	Obligations exchange.Obligations
	Revision    string
}

// Decide asks for a decision. An answer that is undefined, of another shape or
// at odds with itself is a denial: POLICY_UNDEFINED. An evaluation that fails
// or runs out of time is an error, which allows nothing either. What the rules
// said before of the same facts is not evaluated again.
func (e *Engine) Decide(ctx context.Context, q *Question) (Decision, error) {
	a := e.ask(ctx)
	defer a.end()
	return a.decide(q)
}

// DecideBatch decides questions one by one, all by the same revision: the
// answers are those that Decide would give, in their order. Facts that the
// questions share are looked at once. The time limit is that of each question;
// an error is one of all.
func (e *Engine) DecideBatch(ctx context.Context, questions []Question) ([]Decision, error) {
	a := e.ask(ctx)
	defer a.end()
	a.terms = &sharedTerms{terms: map[sharedTerm]*ast.Term{}}
	answers := make([]Decision, len(questions))
	for i := range questions {
		var err error
		if answers[i], err = a.decide(&questions[i]); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// asking is one use of a revision to decide. What an evaluation needs is made
// when the first one is needed.
type asking struct {
	engine   *Engine
	ctx      context.Context //nolint:containedctx // its end ends the evaluation
	revision *revision
	record   *record
	key      []byte
	terms    *sharedTerms // that questions share; nil: nothing is shared
	run      *run
}

func (e *Engine) ask(ctx context.Context) *asking {
	a := askings.Get().(*asking)
	a.engine, a.ctx, a.revision = e, ctx, e.revisionOf(ctx)
	return a
}

// askings are used again: a decision that is kept is given without allocating.
var askings = sync.Pool{New: func() any {
	return &asking{record: &record{b: make([]byte, 0, 2048), open: make([]openFact, 0, 4)}, key: make([]byte, 0, 1024)}
}}

func (a *asking) end() {
	if a.run != nil {
		a.run.end()
	}
	a.engine, a.ctx, a.revision, a.terms, a.run = nil, nil, nil, nil, nil
	askings.Put(a)
}

func (a *asking) begin() (*run, error) {
	if a.run == nil {
		var err error
		if a.run, err = a.revision.begin(a.ctx, a.engine.timeout); err != nil {
			return nil, err
		}
	}
	return a.run, nil
}

// decide decides by the program for such questions, if there is one and it gives
// an answer, else by the rules as they are.
func (a *asking) decide(q *Question) (Decision, error) {
	a.record.of(a.revision.reads, q)
	place := a.revision.programs.of(q.Action, q.At, a.record.present)
	if p := place.program.Load(); p != nil {
		if d, err := a.byProgram(p, q); err == nil {
			return d, nil
		}
	}
	run, err := a.begin()
	if err != nil {
		return Decision{}, err
	}
	d, err := run.decide(q.term(nil, a.terms), q.Action)
	d.Revision = a.revision.digest
	if err == nil {
		a.consider(place, q, d)
	}
	return d, err
}

// decide evaluates the decision on an input.
func (r *run) decide(input *ast.Term, action string, tracers ...topdown.QueryTracer) (Decision, error) {
	value, err := r.eval(r.revision.decision, input, tracers...)
	if err != nil {
		return Decision{}, r.fail(action, err)
	}
	d, ok := readDecision(value)
	if !ok {
		return Decision{Denials: []fault.Reason{fault.Because(fault.PolicyUndefined, "action", action)}}, nil
	}
	return d, nil
}

func sorted(reasons []fault.Reason) []fault.Reason {
	slices.SortFunc(reasons, func(a, b fault.Reason) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(fmt.Sprint(a.Facts), fmt.Sprint(b.Facts)))
	})
	return reasons
}

// fail tells the caller's own end of time from policy's.
func (r *run) fail(what string, err error) error { return evalError(r.caller, what, err) }

func evalError(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return fault.Wrap(fmt.Errorf("authz: %s: %w", what, err), fault.InternalError)
}

// Visible says whether a principal may see a row of a noun. The row has the
// noun's Fields. It is the filter of the lists that answers, since it is at
// hand; a row that it cannot tell is asked of the rule itself.
func (e *Engine) Visible(ctx context.Context, noun Noun, p exchange.Principal, at time.Time, row map[string]any) (bool, error) {
	filter, err := e.Filter(ctx, noun, p, at)
	if err != nil {
		return false, err
	}
	if admits, known := exchange.Admits(filter, row); known {
		return admits, nil
	}
	return e.visibleByRule(ctx, noun, p, at, row)
}

func (e *Engine) visibleByRule(ctx context.Context, noun Noun, p exchange.Principal, at time.Time, row map[string]any) (bool, error) {
	r := e.revisionOf(ctx)
	query, ok := r.visible[noun]
	if !ok {
		return false, fmt.Errorf("authz: nothing says who sees %q", noun)
	}
	seen, err := ast.InterfaceToValue(row)
	if err != nil {
		return false, err
	}
	run, err := r.begin(ctx, e.timeout)
	if err != nil {
		return false, err
	}
	defer run.end()
	value, err := run.eval(query, visibleInput(p, at, ast.NewTerm(seen)))
	if err != nil {
		return false, run.fail("visible "+string(noun), err)
	}
	return value != nil && ast.Boolean(true).Equal(value), nil
}

// visibleInput is what the rules of visibility are asked on. Without a row it is
// the input of a filter.
func visibleInput(p exchange.Principal, at time.Time, row *ast.Term) *ast.Term {
	s := termSink{}
	s.begin(factRoot, nil)
	s.day("day", at)
	writePrincipal(&s, &p)
	if row != nil {
		s.put("row", row)
	}
	s.end()
	return s.root
}
