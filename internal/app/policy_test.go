package app

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/authz"
)

// Every action that policy decides on can be asked about: those of package
// authz are constants with a dot in them.
func TestEveryActionCanBeExplained(t *testing.T) {
	file, err := parser.ParseFile(gotoken.NewFileSet(), "../authz/question.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	actions := 0
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != gotoken.STRING {
			return true
		}
		action, err := strconv.Unquote(lit.Value)
		if err != nil || !strings.Contains(action, ".") || strings.Contains(action, "/") {
			return true
		}
		actions++
		if explainers[action] == nil {
			t.Errorf("nothing gathers the facts of %s", action)
		}
		return true
	})
	if actions < 38 {
		t.Errorf("only %d actions were found", actions)
	}
}

// What moves money or closes the books fails closed when the decision log cannot
// be written, and every such action is among them: a new one of these nouns too.
func TestWhatMovesMoneyOrClosesTheBooksFailsClosed(t *testing.T) {
	const reads = "submission.read"
	for _, action := range authz.Actions() {
		noun, verb, _ := strings.Cut(action, ".")
		moves := slices.Contains([]string{"bank", "cycle", "period", "submission"}, noun) && action != reads ||
			slices.Contains([]string{"pay", "repay", "refund", "resolve", "settle"}, verb) ||
			action == authz.ContractEnd || action == authz.OrderDonate
		if settling[action] != moves {
			t.Errorf("%s: it moves money or closes the books: %t; it fails closed: %t", action, moves, settling[action])
		}
	}
}
