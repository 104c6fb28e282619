package authz

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/rego"

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

// answer is the shape of data.exchange.decision.
type answer struct {
	Allow       *bool                `json:"allow"`
	Deny        []fault.Reason       `json:"deny"`
	Warn        []fault.Reason       `json:"warn"`
	Obligations exchange.Obligations `json:"obligations"`
}

// Decide asks for a decision. An answer that is undefined, of another shape or
// at odds with itself is a denial: POLICY_UNDEFINED. An evaluation that fails
// or runs out of time is an error, which allows nothing either.
func (e *Engine) Decide(ctx context.Context, q Question) (Decision, error) {
	in := q.input()
	text, err := json.Marshal(in)
	if err != nil {
		return Decision{}, err
	}
	d := Decision{Revision: e.revision, Input: text}
	bounded, cancel := e.bounded(ctx)
	defer cancel()
	results, err := e.decision.Eval(bounded, rego.EvalInput(in))
	if err != nil {
		return d, e.evalError(ctx, q.Action, err)
	}
	a, ok := readAnswer(results)
	if !ok {
		d.Denials = []fault.Reason{fault.Because(fault.PolicyUndefined, "action", q.Action)}
		return d, nil
	}
	d.Allow, d.Denials, d.Warnings, d.Obligations = *a.Allow, sorted(a.Deny), sorted(a.Warn), a.Obligations
	return d, nil
}

// readAnswer reads the one result there must be. A decision that allows what
// it denies, or denies without a reason, is no decision.
func readAnswer(results rego.ResultSet) (answer, bool) {
	var a answer
	if len(results) != 1 || len(results[0].Expressions) != 1 {
		return a, false
	}
	text, err := json.Marshal(results[0].Expressions[0].Value)
	if err != nil || json.Unmarshal(text, &a) != nil || a.Allow == nil {
		return a, false
	}
	return a, *a.Allow == (len(a.Deny) == 0)
}

func sorted(reasons []fault.Reason) []fault.Reason {
	slices.SortFunc(reasons, func(a, b fault.Reason) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(fmt.Sprint(a.Facts), fmt.Sprint(b.Facts)))
	})
	return reasons
}

// evalError tells the caller's own end of time from policy's.
func (e *Engine) evalError(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return fault.Wrap(fmt.Errorf("authz: %s: %w", what, err), fault.InternalError)
}

// Visible says whether a principal may see a row of a noun. The row has the
// noun's Fields.
func (e *Engine) Visible(ctx context.Context, noun Noun, p exchange.Principal, at time.Time, row map[string]any) (bool, error) {
	query, ok := e.visible[noun]
	if !ok {
		return false, fmt.Errorf("authz: nothing says who sees %q", noun)
	}
	in := visibleInput(p, at)
	in["row"] = row
	bounded, cancel := e.bounded(ctx)
	defer cancel()
	results, err := query.Eval(bounded, rego.EvalInput(in))
	if err != nil {
		return false, e.evalError(ctx, "visible "+string(noun), err)
	}
	return results.Allowed(), nil
}

func visibleInput(p exchange.Principal, at time.Time) object {
	return object{"principal": principalInput(p), "day": string(exchange.DayOf(at))}
}
