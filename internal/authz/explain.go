package authz

import (
	"context"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// Explanation is a decision with how policy came to it.
type Explanation struct {
	Decision
	// Rules are those that decided: each gave one of the denials or warnings.
	Rules []exchange.Rule
	// Trace is the evaluation, one step a line: what was entered, evaluated,
	// failed and left, with file and line. It shows the policy's own text and no
	// value of the facts. Empty unless it was asked for.
	Trace string
	// TraceCut says how many steps the trace leaves out at its end.
	TraceCut int
}

// Explain decides a question, uncached and watched: it tells the rules that
// decided and, where asked, how.
func (e *Engine) Explain(ctx context.Context, q Question, trace bool) (Explanation, error) {
	w := &watcher{fired: map[place]bool{}}
	if trace {
		w.limit = e.trace
	}
	in := q.input()
	bounded, cancel := e.bounded(ctx)
	defer cancel()
	results, err := e.decision.Eval(bounded, rego.EvalInput(in), rego.EvalQueryTracer(w))
	x := Explanation{Decision: Decision{Revision: e.revision}, Trace: w.text(), TraceCut: w.cut}
	if err != nil {
		return x, e.evalError(ctx, q.Action, err)
	}
	a, ok := readAnswer(results)
	if !ok {
		x.Denials = []fault.Reason{fault.Because(fault.PolicyUndefined, "action", q.Action)}
		return x, nil
	}
	x.Allow, x.Denials, x.Warnings, x.Obligations = *a.Allow, sorted(a.Deny), sorted(a.Warn), a.Obligations
	given := slices.Concat(x.Denials, x.Warnings)
	for _, r := range e.rules {
		gave := slices.ContainsFunc(given, func(d fault.Reason) bool { return d.Code == r.Code })
		if gave && w.fired[place{r.File, r.Line}] {
			x.Rules = append(x.Rules, r)
		}
	}
	return x, nil
}

type place struct {
	file string
	line int
}

// watcher notes which rules held, and keeps the first steps of an evaluation.
type watcher struct {
	fired map[place]bool
	steps []*topdown.Event
	limit int
	cut   int
}

// Enabled is part of topdown.QueryTracer.
func (*watcher) Enabled() bool { return true }

// Config is part of topdown.QueryTracer. Values are not looked at.
func (*watcher) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// shown are the steps that a trace shows. The others, such as unifications,
// would show values of the facts.
var shown = map[topdown.Op]bool{topdown.EnterOp: true, topdown.EvalOp: true, topdown.FailOp: true, topdown.ExitOp: true}

// TraceEvent is part of topdown.QueryTracer.
func (w *watcher) TraceEvent(event topdown.Event) {
	if rule, ok := event.Node.(*ast.Rule); ok && event.Op == topdown.ExitOp && rule.Location != nil {
		w.fired[place{rule.Location.File, rule.Location.Row}] = true
	}
	if w.limit == 0 || !shown[event.Op] {
		return
	}
	if len(w.steps) == w.limit {
		w.cut++
		return
	}
	w.steps = append(w.steps, &event)
}

func (w *watcher) text() string {
	if len(w.steps) == 0 {
		return ""
	}
	var b strings.Builder
	topdown.PrettyTraceWithLocation(&b, w.steps)
	return b.String()
}
