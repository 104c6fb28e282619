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
	body ast.Body
	out  ast.Var
}

func (b *bundle) query(ref string) (query, error) {
	body, err := ast.ParseBody("answer = " + ref)
	if err == nil {
		body, err = b.compiler.QueryCompiler().Compile(body)
	}
	if err != nil {
		return query{}, fmt.Errorf("authz: %s: %w", ref, err)
	}
	return query{body, "answer"}, nil
}

// run is one use of a revision. Each evaluation is bounded in time.
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
	return &run{
		revision: r, caller: ctx, limit: limit, cancel: cancel, txn: txn,
		timer: time.AfterFunc(limit, cancel.Cancel), watched: context.AfterFunc(ctx, cancel.Cancel),
	}, nil
}

func (r *run) end() {
	r.watched()
	r.timer.Stop()
	r.revision.store.Abort(r.caller, r.txn)
}

// eval evaluates a query on an input. The value is nil where it is undefined.
// Builtin errors are errors, not "undefined".
func (r *run) eval(q query, input *ast.Term, cache topdown.VirtualCache, tracers ...topdown.QueryTracer) (ast.Value, error) {
	r.timer.Reset(r.limit)
	t := topdown.NewQuery(q.body).WithCompiler(r.revision.compiler).WithStore(r.revision.store).WithTransaction(r.txn).
		WithCancel(r.cancel).WithStrictBuiltinErrors(true).WithInput(input).WithMetrics(metrics.NoOp())
	if cache != nil {
		t = t.WithVirtualCache(cache)
	}
	for _, tracer := range tracers {
		t = t.WithQueryTracer(tracer)
	}
	var value ast.Value
	err := t.Iter(r.caller, func(result topdown.QueryResult) error {
		if value != nil {
			return errors.New("more than one answer")
		}
		value = result[q.out].Value
		return nil
	})
	return value, err
}

// readDecision reads the value of data.exchange.decision, which has just this
// shape: allow, deny and warn with code and facts, and obligations. A decision
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
	list, ok := t.Value.(*ast.Array)
	if !ok {
		return nil, false
	}
	var reasons []fault.Reason
	for i := range list.Len() {
		o, ok := list.Elem(i).Value.(ast.Object)
		if !ok {
			return nil, false
		}
		reason, ok := readReason(o)
		if !ok {
			return nil, false
		}
		reasons = append(reasons, reason)
	}
	return sorted(reasons), true
}

// readReason reads a code with its facts, which are texts.
func readReason(o ast.Object) (r fault.Reason, ok bool) {
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
		b, isBool := value.Value.(ast.Boolean)
		switch key, _ := name.Value.(ast.String); key {
		case "direction":
			var text ast.String
			text, isBool = value.Value.(ast.String)
			ob.Direction = exchange.Direction(text)
		case "collaboration":
			ob.Collaboration = bool(b)
		case "counts_to_reserve":
			ob.CountsToReserve = bool(b)
		case "needs_approval":
			ob.NeedsApproval = bool(b)
		default:
			isBool = false
		}
		ok = ok && isBool
	})
	return ob, ok
}
