package authz

import (
	"github.com/open-policy-agent/opa/v1/ast"
)

// conflicts are where the rules that a decision needs could contradict each
// other: a rule that must have one value gets two. Evaluating the rules as they
// are finds that and is an error; a program must ask for it.
type conflicts struct {
	rules []string // their names below data
	// anywhere: in a function, or for a key that is found out. There is then no one
	// value to ask for, and no program.
	anywhere bool
}

// conflictsOf finds them among the rules below the decision.
func (b *bundle) conflictsOf(a *analysis) conflicts {
	v := visit{analysis: a, seen: map[*ast.Rule]bool{}}
	for _, r := range b.compiler.GetRules(ast.MustParseRef(decisionRef)) {
		v.rule(r)
	}
	byRef := map[string][]*ast.Rule{}
	for r := range v.seen {
		byRef[r.Ref().String()] = append(byRef[r.Ref().String()], r)
	}
	var c conflicts
	for ref, rules := range byRef {
		switch {
		case !several(rules):
		case len(rules[0].Head.Args) > 0 || !rules[0].Ref().IsGround():
			c.anywhere = true
		default:
			c.rules = append(c.rules, ref)
		}
	}
	return c
}

// several says whether rules of one name could give two values. Those of a set
// give as many as they like; a default gives way.
func several(rules []*ast.Rule) bool {
	if !rules[0].Ref().IsGround() && rules[0].Head.Key == nil {
		return true
	}
	var first *ast.Term
	for _, r := range rules {
		switch {
		case r.Head.RuleKind() == ast.MultiValue || r.Default:
			continue
		case !r.Head.Value.IsGround() || r.Else != nil && len(rules) > 1:
			if len(rules) > 1 {
				return true
			}
		case first == nil:
			first = r.Head.Value
		case !first.Equal(r.Head.Value):
			return true
		}
	}
	return false
}
