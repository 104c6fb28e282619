package exchange

import (
	"slices"

	"github.com/sushaan/exchange/internal/fault"
)

//go:generate go run ../authz/rulebook

// Rule is a rule of the business as docs/rules.md and the API tell it. Every
// rule has a reason code, an error that carries it, and a test that does.
type Rule struct {
	Code   fault.Code
	Title  string // one sentence that states the rule
	Binds  string // whom
	Source string // law, plan or page of the design that it comes from
	Policy bool   // in Rego, under policies/; else in Go
	Name   string // of the Rego rule or the Go function
	File   string // that it is in, from the repository's or the policies' root
	Line   int    // of a Rego rule; 0 for a function, which its name finds
	Tests  []string
}

// Rules are the rules of the business that are written in Go, here and in
// package ledger, by file. They are told by lines //exchange:rule CODE | title |
// whom it binds | source above the functions that raise the codes.
func Rules() []Rule { return slices.Clone(goRules) }
