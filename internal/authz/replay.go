package authz

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Replay decides on an input as the decision log keeps it. The day in it is the
// decision's own, so that dated rules answer as they would have then.
func (e *Engine) Replay(ctx context.Context, input []byte) (Decision, error) {
	value, err := ast.ValueFromReader(bytes.NewReader(input))
	if err != nil {
		return Decision{}, fmt.Errorf("authz: the logged input cannot be read: %w", err)
	}
	in, ok := value.(ast.Object)
	if !ok {
		return Decision{}, errors.New("authz: the logged input is no object")
	}
	action := ""
	if t := in.Get(ast.StringTerm("action")); t != nil {
		if s, ok := t.Value.(ast.String); ok {
			action = string(s)
		}
	}
	r := e.revisionOf(ctx)
	run, err := r.begin(ctx, e.timeout)
	if err != nil {
		return Decision{}, err
	}
	defer run.end()
	d, err := run.decide(ast.NewTerm(value), action)
	d.Revision = r.digest
	return d, err
}
