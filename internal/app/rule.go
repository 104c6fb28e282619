package app

import (
	"context"
	"slices"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// ListRules narrows a list of rules.
type ListRules struct {
	Paging
	Code string
}

// Rule of the business, with the revision of the policies that it is part of;
// none for a rule in Go.
type Rule struct {
	exchange.Rule
	Revision string
}

// ListRules tells the rules that this server decides by: those of policy, then
// those in Go. They are no secret. A page token holds for one revision.
func (a *App) ListRules(ctx context.Context, c ListRules) (Page[Rule], error) {
	if _, err := PrincipalOf(ctx); err != nil {
		return Page[Rule]{}, err
	}
	size, err := a.pageSize(c.Size)
	if err != nil {
		return Page[Rule]{}, err
	}
	pin := pinOf("rules", []string{c.Code, a.policy.Revision()})
	after, err := readToken(c.Token, pin)
	if err != nil {
		return Page[Rule]{}, err
	}
	rules := a.rules(fault.Code(c.Code))
	if len(rules) == 0 {
		return Page[Rule]{}, fault.New(fault.ResourceNotFound, "noun", "rule", "id", c.Code)
	}
	from := 0
	if after != nil {
		from = min(max(after.Line, 0), len(rules))
	}
	to := min(from+size, len(rules))
	page := Page[Rule]{Items: rules[from:to]}
	if to < len(rules) {
		page.Next = writeToken(store.Key{Line: to}, pin)
	}
	return page, nil
}

// rules are all rules, or those of one code.
func (a *App) rules(code fault.Code) []Rule {
	var rules []Rule
	for _, r := range slices.Concat(a.policy.Rules(), exchange.Rules()) {
		if code != "" && r.Code != code {
			continue
		}
		one := Rule{Rule: r}
		if r.Policy {
			one.Revision = a.policy.Revision()
		}
		rules = append(rules, one)
	}
	return rules
}
