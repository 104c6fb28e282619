package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

const head = `# The rules of the business

<!-- Written by "go generate ./internal/exchange" from the rules themselves; a test compares. Change a rule's METADATA in
policies/, or the line //exchange:rule above its function. -->

Every rule of trade is one rule in Rego under ` + "`policies/`" + ` or one function in ` + "`internal/exchange`" + ` or ` + "`internal/ledger`" + `.
Each has a reason code, which its error and its test carry. Policy gives all denials of a question at once; the rules in
Go refuse one thing at a time. A server tells the rules that it runs by: ` + "`sushaanctl policy rules [CODE]`" + ` or
` + "`GET /v1/policy/rules`" + `.

Line numbers are not on this page: they move. ` + "`sushaanctl policy rules`" + ` and ` + "`policy explain`" + ` give them.
`

// pageOf writes docs/rules.md.
func pageOf(inRego, inGo []exchange.Rule) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	b.WriteString("\n## Who may trade what: rules of policy\n")
	tables(&b, inRego, func(r exchange.Rule) string { return "policies/" + r.File })
	b.WriteString("\n## What a trade must be: rules in Go\n")
	tables(&b, inGo, func(r exchange.Rule) string { return r.File })
	codes(&b, slices.Concat(inRego, inGo))
	return b.Bytes()
}

// tables writes the rules, one table a file.
func tables(b *bytes.Buffer, rules []exchange.Rule, place func(exchange.Rule) string) {
	file := ""
	for _, r := range rules {
		if r.File != file {
			file = r.File
			fmt.Fprintf(b, "\n### %s\n\n| code | rule | binds | source | where | tests |\n|---|---|---|---|---|---|\n", place(r))
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | `%s` | %s |\n", r.Code, cell(r.Title), cell(r.Binds), cell(r.Source),
			r.Name, strings.Join(r.Tests, ", "))
	}
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

// codes writes the texts: of the rules' codes, and of the codes that are no
// rules of trade but of the API and its machinery.
func codes(b *bytes.Buffer, rules []exchange.Rule) {
	isRule := map[fault.Code]bool{}
	for _, r := range rules {
		isRule[r.Code] = true
	}
	for _, part := range []struct {
		title string
		rules bool
	}{{"Texts of the rules' codes", true}, {"Codes that are not rules of trade", false}} {
		fmt.Fprintf(b, "\n## %s\n\n| code | kind | English | 中文 |\n|---|---|---|---|\n", part.title)
		for _, c := range fault.Codes() {
			if isRule[c] == part.rules {
				fmt.Fprintf(b, "| %s | %s | %s | %s |\n", c, fault.KindOf(c), cell(fault.Text(c, nil, fault.English)), cell(fault.Text(c, nil, fault.Chinese)))
			}
		}
	}
	fmt.Fprintf(b, "\n%d rules, %d codes of rules.\n", len(rules), len(isRule))
}
