package authz

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// Rules reads the rules of a policy set, by file and line: what their METADATA
// says of them, and the Rego tests beside them that carry their codes.
func Rules(files fs.FS) ([]exchange.Rule, error) {
	modules, err := parseRules(files)
	if err != nil {
		return nil, fmt.Errorf("authz: %w", err)
	}
	return rulesOf(modules), nil
}

func rulesOf(modules map[string]*ast.Module) []exchange.Rule {
	tests := testsByCode(modules)
	var rules []exchange.Rule
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		if strings.HasSuffix(name, testSuffix) {
			continue
		}
		for _, r := range modules[name].Rules {
			for _, code := range codesOf(r) {
				rules = append(rules, ruleOf(name, r, code, tests))
			}
		}
	}
	return rules
}

const testSuffix = "_test.rego"

func parseRules(files fs.FS) (map[string]*ast.Module, error) {
	modules := map[string]*ast.Module{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".rego" {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		modules[name], err = ast.ParseModuleWithOpts(name, string(text), ast.ParserOptions{ProcessAnnotation: true})
		return err
	})
	return modules, err
}

// ruleOf tells a rule by its METADATA. A rule without it still has its code,
// its name and its place.
func ruleOf(file string, r *ast.Rule, code fault.Code, tests map[string]map[string][]string) exchange.Rule {
	rule := exchange.Rule{Code: code, Policy: true, File: file, Line: r.Location.Row, Name: r.Head.Ref().String()}
	for _, a := range r.Annotations {
		rule.Title = cmp.Or(rule.Title, a.Title)
		rule.Binds = cmp.Or(rule.Binds, custom(a, "binds"))
		rule.Source = cmp.Or(rule.Source, custom(a, "source"))
	}
	here := tests[string(code)]
	if own, ok := here[path.Dir(file)]; ok {
		rule.Tests = own
		return rule
	}
	for _, dir := range slices.Sorted(maps.Keys(here)) {
		rule.Tests = append(rule.Tests, here[dir]...)
	}
	return rule
}

func custom(a *ast.Annotations, key string) string {
	s, _ := a.Custom[key].(string)
	return s
}

// codesOf are the codes that a rule denies or warns by: those of the reasons that
// it writes out. Functions are no rules.
func codesOf(r *ast.Rule) []fault.Code {
	if len(r.Head.Args) > 0 {
		return nil
	}
	codes := map[fault.Code]bool{}
	ast.WalkTerms(r, func(t *ast.Term) bool {
		reason, ok := t.Value.(ast.Object)
		if !ok || reason.Get(keyFacts) == nil {
			return false
		}
		if code := reason.Get(keyCode); code != nil {
			if s, ok := code.Value.(ast.String); ok {
				codes[fault.Code(s)] = true
			}
		}
		return false
	})
	return slices.Sorted(maps.Keys(codes))
}

// testsByCode are the Rego tests by the codes that they carry, and by folder.
func testsByCode(modules map[string]*ast.Module) map[string]map[string][]string {
	found := map[string]map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		if !strings.HasSuffix(name, testSuffix) {
			continue
		}
		dir := path.Dir(name)
		for _, r := range modules[name].Rules {
			test := r.Head.Name.String()
			if !strings.HasPrefix(test, "test_") {
				continue
			}
			ast.WalkTerms(r, func(t *ast.Term) bool {
				if s, ok := t.Value.(ast.String); ok {
					if found[string(s)] == nil {
						found[string(s)] = map[string][]string{}
					}
					if list := found[string(s)][dir]; !slices.Contains(list, test) {
						found[string(s)][dir] = append(list, test)
					}
				}
				return false
			})
		}
	}
	return found
}

// Rules are the rules of policy that this revision decides by.
func (e *Engine) Rules() []exchange.Rule { return slices.Clone(e.current.Load().rules) }

// CheckRules proves that every rule of a policy set can be told: it has a code
// that the exchange knows, and METADATA with the same code, a title, whom it
// binds, its source, and a test that carries the code.
func CheckRules(files fs.FS) error {
	modules, err := parseRules(files)
	if err != nil {
		return err
	}
	rules, err := Rules(files)
	errs := []error{err}
	for _, rule := range rules {
		missing := func(what string) {
			errs = append(errs, fmt.Errorf("%s:%d: rule %s of %s has %s", rule.File, rule.Line, rule.Name, rule.Code, what))
		}
		if fault.KindOf(rule.Code) != fault.Denied {
			missing("a code that is not one of policy")
		}
		if rule.Title == "" || rule.Binds == "" || rule.Source == "" {
			missing("no METADATA with title, binds and source")
		}
		if len(rule.Tests) == 0 {
			missing("no Rego test that carries its code")
		}
	}
	for name, m := range modules {
		for _, r := range m.Rules {
			for _, a := range r.Annotations {
				if code := custom(a, "code"); code != "" && !slices.Contains(codesOf(r), fault.Code(code)) {
					errs = append(errs, fmt.Errorf("%s:%d: METADATA says %s, the rule does not", name, r.Location.Row, code))
				}
			}
		}
	}
	return errors.Join(errs...)
}
