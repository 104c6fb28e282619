package authz

import (
	"context"
	"time"
)

// VisibleByRule evaluates the rule of visibility: the oracle of filters.
var VisibleByRule = (*Engine).visibleByRule

// DecideByRules evaluates the rules as they are: the oracle of programs.
func (e *Engine) DecideByRules(ctx context.Context, q *Question) (Decision, error) {
	run, err := e.revisionOf(ctx).begin(ctx, e.timeout)
	if err != nil {
		return Decision{}, err
	}
	defer run.end()
	d, err := run.decide(q.term(nil, nil), q.Action)
	d.Revision = e.Revision()
	return d, err
}

// DecideTwice decides by the rules as they are in one use of them, with a pause
// that is longer than an evaluation may take.
func (e *Engine) DecideTwice(ctx context.Context, q *Question) (Decision, error) {
	run, err := e.revisionOf(ctx).begin(ctx, e.timeout)
	if err != nil {
		return Decision{}, err
	}
	defer run.end()
	if d, err := run.decide(q.term(nil, nil), q.Action); err != nil {
		return d, err
	}
	time.Sleep(e.timeout + e.timeout/10)
	return run.decide(q.term(nil, nil), q.Action)
}

// Programs counts the programs in use, and the decisions for which there can be
// none.
func (e *Engine) Programs() (built, none int) {
	p := e.current.Load().programs
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, place := range p.places {
		if place.program.Load() != nil {
			built++
		}
		if place.none.Load() {
			none++
		}
	}
	return built, none
}

// Forget empties what is kept of answers.
func (e *Engine) Forget() {
	r := e.current.Load()
	r.memo = newMemo(r.memo.size)
}
