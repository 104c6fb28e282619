package authz

import (
	"context"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
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
	r := e.revisionOf(ctx)
	run, err := r.begin(ctx, e.timeout)
	if err != nil {
		return Explanation{}, err
	}
	defer run.end()
	d, err := run.decide(q.term(nil, nil), q.Action, w)
	d.Revision = r.digest
	x := Explanation{Decision: d, Trace: w.text(), TraceCut: w.cut}
	if err != nil {
		return x, err
	}
	given := slices.Concat(x.Denials, x.Warnings)
	for _, rule := range r.rules {
		gave := slices.ContainsFunc(given, func(d fault.Reason) bool { return d.Code == rule.Code })
		if gave && w.fired[place{rule.File, rule.Line}] {
			x.Rules = append(x.Rules, rule)
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
