package authz

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// query is a reference below data, ready to be evaluated.
type query struct {
	compiler *ast.Compiler
	body     ast.Body
	out      ast.Var
}

func (b *bundle) query(ref string) (query, error) {
	body, err := ast.ParseBody("answer = " + ref)
	if err == nil {
		body, err = b.compiler.QueryCompiler().Compile(body)
	}
	if err != nil {
		return query{}, fmt.Errorf("authz: %s: %w", ref, err)
	}
	return query{b.compiler, body, "answer"}, nil
}

// run is one use of a revision. Each evaluation is bounded in time; what passes
// between two of them, such as the building of a program, is nobody's.
type run struct {
	revision *revision
	caller   context.Context //nolint:containedctx // its end ends the evaluation
	limit    time.Duration
	timer    *time.Timer
	watched  func() bool
	cancel   topdown.Cancel
	txn      storage.Transaction
}

// begin begins a use of the revision: an endless rule is an error, not a hang.
func (r *revision) begin(ctx context.Context, limit time.Duration) (*run, error) {
	txn, err := r.store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	cancel := topdown.NewCancel()
	timer := time.AfterFunc(limit, cancel.Cancel)
	timer.Stop() // it runs while something is evaluated
	return &run{
		revision: r, caller: ctx, limit: limit, cancel: cancel, txn: txn,
		timer: timer, watched: context.AfterFunc(ctx, cancel.Cancel),
	}, nil
}

func (r *run) end() {
	r.watched()
	r.timer.Stop()
	r.revision.store.Abort(r.caller, r.txn)
}

// eval evaluates a query on an input. The value is nil where it is undefined.
// Builtin errors are errors, not "undefined".
func (r *run) eval(q query, input *ast.Term, tracers ...topdown.QueryTracer) (ast.Value, error) {
	var value ast.Value
	err := r.iterate(q, input, func(v ast.Value) error {
		if value != nil {
			return errors.New("more than one answer")
		}
		value = v
		return nil
	}, tracers...)
	return value, err
}

// holds says whether a query has an answer.
func (r *run) holds(q query, input *ast.Term) (bool, error) {
	err := r.iterate(q, input, func(ast.Value) error { return errEnough })
	if errors.Is(err, errEnough) {
		return true, nil
	}
	return false, err
}

var errEnough = errors.New("enough")

// iterate gives each answer of a query.
func (r *run) iterate(q query, input *ast.Term, answer func(ast.Value) error, tracers ...topdown.QueryTracer) error {
	// A program has rules of its own, which nobody evaluates partially.
	shared := q.compiler == r.revision.compiler
	if shared {
		r.revision.partial.RLock()
		defer r.revision.partial.RUnlock()
	}
	r.timer.Reset(r.limit)
	defer r.timer.Stop()
	t := topdown.NewQuery(q.body).WithCompiler(q.compiler).WithStore(r.revision.store).WithTransaction(r.txn).
		WithCancel(r.cancel).WithStrictBuiltinErrors(true).WithInput(input).WithMetrics(metrics.NoOp())
	for _, tracer := range tracers {
		t = t.WithQueryTracer(tracer)
	}
	return t.Iter(r.caller, func(result topdown.QueryResult) error {
		if t, ok := result[q.out]; ok {
			if shared {
				t = t.Copy() // it is looked at later
			}
			return answer(t.Value)
		}
		return answer(nil)
	})
}

// readDecision reads the value of data.exchange.decision, which has just this
// shape: allow, the sets deny and warn of code and facts, and obligations. A decision
// that allows what it denies, or denies without a reason, is no decision.
func readDecision(v ast.Value) (Decision, bool) {
	var d Decision
	o, ok := v.(ast.Object)
	if !ok {
		return d, false
	}
	allow, ok := boolean(o.Get(keyAllow))
	if !ok {
		return d, false
	}
	d.Allow = allow
	var denied, warned, obliged bool
	d.Denials, denied = readReasons(o.Get(keyDeny))
	d.Warnings, warned = readReasons(o.Get(keyWarn))
	d.Obligations, obliged = readObligations(o.Get(keyObligations))
	return d, denied && warned && obliged && allow == (len(d.Denials) == 0)
}

var (
	keyAllow       = ast.StringTerm("allow")
	keyDeny        = ast.StringTerm("deny")
	keyWarn        = ast.StringTerm("warn")
	keyObligations = ast.StringTerm("obligations")
	keyCode        = ast.StringTerm("code")
	keyFacts       = ast.StringTerm("facts")
)

func boolean(t *ast.Term) (value, ok bool) {
	if t == nil {
		return false, false
	}
	b, ok := t.Value.(ast.Boolean)
	return bool(b), ok
}

func readReasons(t *ast.Term) ([]fault.Reason, bool) {
	if t == nil {
		return nil, false
	}
	set, ok := t.Value.(ast.Set)
	if !ok {
		return nil, false
	}
	var reasons []fault.Reason
	set.Foreach(func(given *ast.Term) {
		reason, is := readReason(given.Value)
		reasons, ok = append(reasons, reason), ok && is
	})
	return sorted(reasons), ok
}

// readReason reads a code with its facts, which are texts.
func readReason(given ast.Value) (r fault.Reason, ok bool) {
	o, ok := given.(ast.Object)
	if !ok {
		return r, false
	}
	code, facts := o.Get(keyCode), o.Get(keyFacts)
	if code == nil || facts == nil {
		return r, false
	}
	text, isText := code.Value.(ast.String)
	all, isObject := facts.Value.(ast.Object)
	if !isText || !isObject {
		return r, false
	}
	r.Code, ok = fault.Code(text), true
	if all.Len() > 0 {
		r.Facts = make(fault.Facts, all.Len())
	}
	all.Foreach(func(name, value *ast.Term) {
		n, nameIsText := name.Value.(ast.String)
		v, valueIsText := value.Value.(ast.String)
		ok = ok && nameIsText && valueIsText
		if ok {
			r.Facts[string(n)] = string(v)
		}
	})
	return r, ok
}

// readObligations reads what follows from an allowed action: nothing, except
// for an order.
func readObligations(t *ast.Term) (exchange.Obligations, bool) {
	var ob exchange.Obligations
	if t == nil {
		return ob, false
	}
	o, ok := t.Value.(ast.Object)
	if !ok {
		return ob, false
	}
	o.Foreach(func(name, value *ast.Term) {
		key, _ := name.Value.(ast.String)
		ok = ok && oblige(&ob, string(key), value.Value)
	})
	return ob, ok
}

// oblige adds one obligation.
func oblige(ob *exchange.Obligations, name string, value ast.Value) bool {
	b, ok := value.(ast.Boolean)
	switch name {
	case "direction":
		var text ast.String
		text, ok = value.(ast.String)
		ob.Direction = exchange.Direction(text)
	case "collaboration":
		ob.Collaboration = bool(b)
	case "counts_to_reserve":
		ob.CountsToReserve = bool(b)
	case "needs_approval":
		ob.NeedsApproval = bool(b)
	default:
		ok = false
	}
	return ok
}
