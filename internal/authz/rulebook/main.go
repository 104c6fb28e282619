// Command rulebook writes down the rules of the business: docs/rules.md, and the
// table of the rules in Go that the exchange tells at run time, and the schema of
// what policy is asked. It reads the METADATA of the policies, and the lines //exchange:rule above the functions.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/policies"
)

// The files that are written, from the root of the repository.
const (
	tableFile = "internal/exchange/rules_gen.go"
	pageFile  = "docs/rules.md"
	inputFile = "policies/schema/input.json"
)

// main runs where its go:generate line is: in internal/exchange.
func main() {
	if err := write("../.."); err != nil {
		fmt.Fprintln(os.Stderr, "rulebook:", err)
		os.Exit(1)
	}
}

func write(root string) error {
	files, err := book(root)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// book is what the files should say, by their names.
func book(root string) (map[string][]byte, error) {
	inGo, err := goRules(root)
	if err != nil {
		return nil, err
	}
	inRego, err := authz.Rules(policies.FS)
	if err != nil {
		return nil, err
	}
	table, err := tableOf(inGo)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{tableFile: table, pageFile: pageOf(inRego, inGo), inputFile: authz.InputSchema()}, nil
}
