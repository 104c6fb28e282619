package policies_test

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/util"

	"os"
)

// TestRego runs the Rego tests that lie beside the rules, and tells which lines
// of the rules none of them covers.
func TestRego(t *testing.T) {
	modules, data := load(t)
	store := inmem.NewFromObject(data)
	coverage := cover.New()
	txn, err := store.NewTransaction(t.Context(), storage.WriteParams)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Abort(t.Context(), txn)
	runner := tester.NewRunner().SetStore(store).SetModules(modules).SetCoverageQueryTracer(coverage)
	results, err := runner.RunTests(t.Context(), txn)
	if err != nil {
		t.Fatal(err)
	}
	run := 0
	for r := range results {
		run++
		if !r.Pass() {
			t.Errorf("%s.%s: %v %v", r.Package, r.Name, r.Fail, r.Error)
		}
	}
	if run == 0 {
		t.Fatal("no Rego test was run")
	}
	report := coverage.Report(rules(modules))
	for name, file := range report.Files {
		for _, gap := range file.NotCovered {
			t.Errorf("%s: lines %d to %d are not covered by a Rego test", name, gap.Start.Row, gap.End.Row)
		}
	}
	t.Logf("%d Rego tests, %.1f %% of the rules covered", run, report.Coverage)
}

// rules leaves the tests out.
func rules(modules map[string]*ast.Module) map[string]*ast.Module {
	out := map[string]*ast.Module{}
	for name, m := range modules {
		if !strings.HasSuffix(name, "_test.rego") {
			out[name] = m
		}
	}
	return out
}

func load(t *testing.T) (map[string]*ast.Module, map[string]any) {
	t.Helper()
	modules, data := map[string]*ast.Module{}, map[string]any{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		switch {
		case path.Ext(name) == ".rego":
			modules[name], err = ast.ParseModuleWithOpts(name, string(text), ast.ParserOptions{ProcessAnnotation: true})
		case path.Dir(name) == "data":
			err = util.UnmarshalJSON(text, &data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return modules, data
}
