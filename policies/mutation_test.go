package policies_test

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// TestEveryRuleIsMissedByATest takes one rule away at a time, each part of a rule
// that has several, and wants a Rego test to fail.
func TestEveryRuleIsMissedByATest(t *testing.T) {
	work := make(chan int)
	var wait sync.WaitGroup
	count, reach := 0, map[int][]int{}
	for n := range runtime.GOMAXPROCS(0) {
		modules, data := load(t)
		m, err := newMutator(t.Context(), modules, data)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			if count = len(m.rules); count < 200 {
				t.Errorf("%d rules: most of them are not found", count)
			}
			if reach, err = m.reach(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		wait.Go(func() {
			for i := range work {
				if missed, err := m.isMissed(t.Context(), i, reach[i]); err != nil || !missed {
					r := m.rules[i]
					t.Errorf("no test misses %s of %s:%d (%v)", r.Head.Ref(), r.Location.File, r.Location.Row, err)
				}
			}
		})
	}
	for i := range count {
		work <- i
	}
	close(work)
	wait.Wait()
	t.Logf("%d rules, taken away one at a time", count)
}

// A rule that a test reaches and none misses is found, and so is one that no test
// reaches.
func TestARuleThatNoTestMissesIsFound(t *testing.T) {
	modules := map[string]*ast.Module{
		"a.rego":      ast.MustParseModule("package a\n\np if input.x\n\nq if input.x\n\nq if input.x\n\nr := 1\n"),
		"a_test.rego": ast.MustParseModule("package a_test\n\ntest_all if {\n\tdata.a.p with input.x as true\n\tdata.a.q with input.x as true\n}\n"),
	}
	m, err := newMutator(t.Context(), modules, map[string]any{})
	if err != nil {
		t.Fatal(err)
	}
	reach, err := m.reach(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false, false, false} { // p, q, q, r
		if missed, err := m.isMissed(t.Context(), i, reach[i]); err != nil || missed != want {
			t.Errorf("%s: missed is %t, %v", m.rules[i].Head.Ref(), missed, err)
		}
	}
}

// mutator is the policy set, compiled once, from which rules are taken away by
// giving them a body that never holds. Each has a copy of its own.
type mutator struct {
	rules []*ast.Rule
	tests []rego.PreparedEvalQuery
}

func newMutator(ctx context.Context, modules map[string]*ast.Module, data map[string]any) (*mutator, error) {
	compiler := ast.NewCompiler()
	if compiler.Compile(modules); compiler.Failed() {
		return nil, compiler.Errors
	}
	m := &mutator{}
	for _, file := range slices.Sorted(maps.Keys(compiler.Modules)) {
		for _, r := range compiler.Modules[file].Rules {
			switch isTest := strings.HasSuffix(file, "_test.rego"); {
			case !isTest:
				m.rules = append(m.rules, r)
			case strings.HasPrefix(string(r.Head.Name), "test_"):
				q, err := rego.New(rego.Query(fmt.Sprint(r.Ref())), rego.Compiler(compiler), rego.Store(inmem.NewFromObject(data))).
					PrepareForEval(ctx)
				if err != nil {
					return nil, err
				}
				m.tests = append(m.tests, q)
			}
		}
	}
	return m, nil
}

// reach tells by which tests a rule is entered: the others cannot miss it.
func (m *mutator) reach(ctx context.Context) (map[int][]int, error) {
	number := map[*ast.Rule]int{}
	for i, r := range m.rules {
		number[r] = i
	}
	reached := map[int][]int{}
	for i := range m.tests {
		e := entered{}
		if ok, err := m.passes(ctx, i, rego.EvalQueryTracer(e)); err != nil || !ok {
			return nil, fmt.Errorf("test %d fails with all rules there: %w", i, err)
		}
		for r := range e {
			if n, ok := number[r]; ok {
				reached[n] = append(reached[n], i)
			}
		}
	}
	return reached, nil
}

func (m *mutator) passes(ctx context.Context, test int, o ...rego.EvalOption) (bool, error) {
	results, err := m.tests[test].Eval(ctx, o...)
	return results.Allowed(), err
}

// isMissed says whether one of the tests fails without the rule. An error, such as
// a rule that has no value any more, is a failure.
func (m *mutator) isMissed(ctx context.Context, rule int, tests []int) (bool, error) {
	r := m.rules[rule]
	body := r.Body
	defer func() { r.Body = body }()
	r.Body = ast.NewBody(ast.NewExpr(ast.BooleanTerm(false)))
	for _, test := range tests {
		if ok, err := m.passes(ctx, test); !ok || err != nil {
			return true, ctx.Err()
		}
	}
	return false, nil
}

// entered notes the rules that an evaluation enters.
type entered map[*ast.Rule]bool

func (entered) Enabled() bool               { return true }
func (entered) Config() topdown.TraceConfig { return topdown.TraceConfig{} }
func (e entered) TraceEvent(event topdown.Event) {
	if r, ok := event.Node.(*ast.Rule); ok && event.Op == topdown.EnterOp {
		e[r] = true
	}
}
