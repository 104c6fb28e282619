package authz

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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
	Input       []byte // JSON of what was asked, for the log
}

// Decide asks for a decision. An answer that is undefined, of another shape or
// at odds with itself is a denial: POLICY_UNDEFINED. An evaluation that fails
// or runs out of time is an error, which allows nothing either.
func (e *Engine) Decide(ctx context.Context, q Question) (Decision, error) {
	r := e.revisionOf(ctx)
	run, err := r.begin(ctx, e.timeout)
	if err != nil {
		return Decision{}, err
	}
	defer run.end()
	d, err := run.decide(q.term(nil), q.Action, nil)
	d.Revision, d.Input = r.digest, q.JSON()
	return d, err
}

// DecideBatch decides questions one by one, all by the same revision: the
// answers are those that Decide would give, in their order. What the questions
// share is looked at once: a rule is evaluated once for all questions that have
// the same facts of those that it reads. So it pays to ask about orders on the
// same offer, with their facts read once. The time limit is that of each
// question; an error is one of all.
func (e *Engine) DecideBatch(ctx context.Context, questions []Question) ([]Decision, error) {
	r := e.revisionOf(ctx)
	run, err := r.begin(ctx, e.timeout)
	if err != nil {
		return nil, err
	}
	defer run.end()
	b := batch{
		run: run, cache: newSharedCache(r.tree), numbers: factNumbers{}, terms: map[any]*ast.Term{}, made: map[string]int{},
		answers: make([]Decision, len(questions)),
	}
	for i := range questions {
		if err := b.decide(&questions[i], i); err != nil {
			return nil, err
		}
		b.answers[i].Revision, b.answers[i].Input = r.digest, questions[i].JSON()
	}
	return b.answers, nil
}

// batch is what questions that are asked together share.
type batch struct {
	run     *run
	cache   *sharedCache
	numbers factNumbers
	terms   map[any]*ast.Term
	made    map[string]int // answers by what the rules read of the question
	answers []Decision
}

func (b *batch) decide(q *Question, i int) error {
	var ends [factCount]extent
	key := keySink{reads: b.run.revision.reads, b: make([]byte, 0, 1024), ends: &ends}
	q.write(&key)
	if same, ok := b.made[string(key.b)]; ok {
		b.answers[i] = b.answers[same].copied()
		return nil
	}
	var ids [factCount]uint32
	for f, e := range ends {
		ids[f] = b.numbers.of(fact(f), key.b[e.from:e.to])
	}
	b.cache.ask(&ids)
	var err error
	b.answers[i], err = b.run.decide(q.term(b.terms), q.Action, b.cache)
	b.made[string(key.b)] = i
	return err
}

// copied is the decision with reasons of its own.
func (d Decision) copied() Decision {
	d.Denials, d.Warnings = slices.Clone(d.Denials), slices.Clone(d.Warnings)
	return d
}

// decide evaluates the decision on an input.
func (r *run) decide(input *ast.Term, action string, cache topdown.VirtualCache, tracers ...topdown.QueryTracer) (Decision, error) {
	value, err := r.eval(r.revision.decision, input, cache, tracers...)
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
	value, err := run.eval(query, visibleInput(p, at, ast.NewTerm(seen)), nil)
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
