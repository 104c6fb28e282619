package authz

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// meter counts the steps of an evaluation and ends it when there are too many.
// Steps do not depend on how fast a machine is or how busy: what is too heavy is
// so everywhere.
type meter struct {
	most   int
	steps  int
	cancel topdown.Cancel
	last   *ast.Rule // entered last
}

// Enabled is part of topdown.QueryTracer.
func (*meter) Enabled() bool { return true }

// Config is part of topdown.QueryTracer. Values are not looked at.
func (*meter) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent is part of topdown.QueryTracer.
func (m *meter) TraceEvent(event topdown.Event) {
	if rule, ok := event.Node.(*ast.Rule); ok && event.Op == topdown.EnterOp && m.steps <= m.most {
		m.last = rule
	}
	if m.steps++; m.steps > m.most {
		m.cancel.Cancel()
	}
}

// explain says of an evaluation that was ended where it was.
func (m *meter) explain(err error) error {
	if !topdown.IsCancel(err) {
		return err
	}
	where := "it"
	if m.last != nil && m.last.Location != nil {
		where = fmt.Sprintf("%s:%d: rule %s", m.last.Location.File, m.last.Location.Row, m.last.Head.Ref())
	}
	if m.steps > m.most {
		return fmt.Errorf("%s is too heavy: the evaluation has more than %d steps", where, m.most)
	}
	return fmt.Errorf("%s takes too long: %w", where, err)
}
