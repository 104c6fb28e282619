// Package authz asks the policies (Rego, under policies/) who may do and see
// what: it decides, explains, and turns rules of visibility into filters for
// lists. Nothing is allowed for want of an answer.
package authz

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/policies"
)

// Options of an engine. Zero fields take the default.
type Options struct {
	FS          fs.FS         // policies and data; default: those built in
	EvalTimeout time.Duration // of one evaluation; default 1 s
	FilterCache int           // filters kept; default 4096
	AnswerCache int           // answers of rules and decisions kept; default 65,536; negative: none
	EvalSteps   int           // of a decision, when policies are loaded; more are refused as too heavy; default 100,000
	TraceEvents int           // steps of an evaluation that an explanation shows; default 2000
}

// Engine decides by the policies that it was last given. It is safe for
// concurrent use.
type Engine struct {
	timeout time.Duration
	trace   int
	filters int
	answers int
	steps   int
	current atomic.Pointer[revision]
}

// revision is one state of the policies and their data, compiled.
type revision struct {
	digest    string
	compiler  *ast.Compiler
	store     storage.Store
	decision  query
	visible   map[Noun]query
	filters   map[Noun]*filterQuery
	cache     *filterCache
	rules     []exchange.Rule
	reads     *reads    // what the decision reads of the input
	seen      *reads    // what the rules of visibility read of it
	follows   selection // all that a filter follows from
	programs  *programs
	conflicts conflicts
	memo      *memo
	// OPA's partial evaluation writes to terms of the compiled rules that it goes
	// through. Who evaluates partially has them alone; who evaluates reads them.
	partial sync.RWMutex
}

// New compiles the policies and proves that they can be used.
func New(ctx context.Context, o Options) (*Engine, error) {
	if o.FS == nil {
		o.FS = policies.FS
	}
	set, err := ReadSet(o.FS)
	if err != nil {
		return nil, err
	}
	return newEngine(ctx, o, set)
}

func newEngine(ctx context.Context, o Options, set *Set) (*Engine, error) {
	e := &Engine{
		timeout: cmp.Or(o.EvalTimeout, time.Second), trace: cmp.Or(o.TraceEvents, 2000), filters: cmp.Or(o.FilterCache, 4096),
		answers: cmp.Or(o.AnswerCache, 65_536), steps: cmp.Or(o.EvalSteps, 100_000),
	}
	return e, e.Load(ctx, set)
}

// Load takes a set of policies and data into use, or refuses it with its place
// and reason: what was in use before stays.
func (e *Engine) Load(ctx context.Context, set *Set) error {
	ctx, cancel := context.WithTimeout(ctx, loadLimit)
	defer cancel()
	r, err := e.compile(ctx, set)
	if err != nil {
		return err
	}
	e.current.Store(r)
	return nil
}

const (
	// loadLimit bounds all that is tried before a revision is taken into use.
	loadLimit = time.Minute
	// A server that starts has more to do than to decide: a trial may take longer
	// than a decision.
	patience = 10
)

// compile makes a revision. It is tried before it is used: every rule of
// visibility must translate into a filter, and every action must get a decision
// in time, so that what cannot is refused now and not at somebody's request.
func (e *Engine) compile(ctx context.Context, set *Set) (*revision, error) {
	b, err := set.compile(ctx)
	if err != nil {
		return nil, fmt.Errorf("authz: %w", err)
	}
	r := &revision{
		digest: set.Digest(), compiler: b.compiler, store: b.store, visible: map[Noun]query{}, filters: map[Noun]*filterQuery{},
		cache: newFilterCache(e.filters), rules: set.rules(), programs: newPrograms(), memo: newMemo(e.answers),
	}
	if r.decision, err = b.query(decisionRef); err != nil {
		return nil, err
	}
	for _, noun := range Nouns() {
		if r.visible[noun], err = b.query(visibleRef + string(noun)); err != nil {
			return nil, err
		}
		if r.filters[noun], err = b.prepareFilter(ctx, noun); err != nil {
			return nil, err
		}
	}
	a := &analysis{compiler: b.compiler}
	r.reads, r.seen = a.below("exchange", "decision"), a.below("exchange", "visible")
	r.follows = selectionOf(r.seen)
	r.conflicts = b.conflictsOf(a)
	if err := r.proveDecisions(ctx, patience*e.timeout, e.steps); err != nil {
		return nil, err
	}
	return r, r.proveFilters(ctx, patience*e.timeout)
}

const (
	decisionRef = "data.exchange.decision"
	visibleRef  = "data.exchange.visible."
)

// Revision is a digest of the policies and their data.
func (e *Engine) Revision() string { return e.current.Load().digest }

type pinKey struct{}

// Pin lets everything that is asked with the context be answered by the revision
// that is in use now: what one transaction decides, shows and notes is of one
// revision, even where another one is loaded meanwhile.
func (e *Engine) Pin(ctx context.Context) context.Context {
	return context.WithValue(ctx, pinKey{}, e.current.Load())
}

// revisionOf is the revision that a call is answered by.
func (e *Engine) revisionOf(ctx context.Context) *revision {
	if r, ok := ctx.Value(pinKey{}).(*revision); ok {
		return r
	}
	return e.current.Load()
}
