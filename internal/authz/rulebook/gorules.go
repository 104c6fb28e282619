package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// Where rules in Go are, and where their tests are. A function of another file
// that raises a code is not a rule of the business but of the machinery.
var (
	ruleFiles = []string{"internal/exchange/*_rules.go", "internal/ledger/*.go"}
	testFiles = []string{"internal/exchange/*_test.go", "internal/ledger/*_test.go"}
)

const directive = "//exchange:rule "

// source is a parsed file with its name from the root.
type source struct {
	name string
	file *ast.File
}

func parse(root string, patterns ...string) ([]source, error) {
	var parsed []source
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return nil, err
			}
			parsed = append(parsed, source{filepath.ToSlash(rel), file})
		}
	}
	return parsed, nil
}

// goRules reads the rules in Go. What a function raises and what the lines above
// it say must be the same codes.
func goRules(root string) ([]exchange.Rule, error) {
	codes, err := constants(root)
	if err != nil {
		return nil, err
	}
	tests, err := testsByCode(root, codes)
	if err != nil {
		return nil, err
	}
	sources, err := parse(root, ruleFiles...)
	if err != nil {
		return nil, err
	}
	var rules []exchange.Rule
	var errs []error
	for _, s := range sources {
		if strings.HasSuffix(s.name, "_test.go") {
			continue
		}
		sentinels := sentinelsOf(s.file, codes)
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			told, err := toldBy(f, s.name, tests)
			errs = append(errs, err, sameCodes(s.name, f, told, raisedBy(f, codes, sentinels)))
			rules = append(rules, told...)
		}
	}
	return rules, errors.Join(errs...)
}

// constants are the codes of package fault by the names of their constants.
func constants(root string) (map[string]fault.Code, error) {
	sources, err := parse(root, "internal/fault/codes.go")
	if err != nil || len(sources) == 0 {
		return nil, errors.Join(err, errors.New("internal/fault/codes.go is needed"))
	}
	codes := map[string]fault.Code{}
	ast.Inspect(sources[0].file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if value, err := strconv.Unquote(lit.Value); err == nil {
				codes[spec.Names[0].Name] = fault.Code(value)
			}
		}
		return true
	})
	return codes, nil
}

// codesIn are the codes whose constants a piece of code names.
func codesIn(n ast.Node, codes map[string]fault.Code) map[fault.Code]bool {
	found := map[fault.Code]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "fault" && codes[sel.Sel.Name] != "" {
				found[codes[sel.Sel.Name]] = true
			}
		}
		return true
	})
	return found
}

// sentinelsOf are the errors that a file keeps in variables, with their codes.
func sentinelsOf(file *ast.File, codes map[string]fault.Code) map[string]fault.Code {
	sentinels := map[string]fault.Code{}
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			if v, ok := s.(*ast.ValueSpec); ok && len(v.Values) == 1 {
				for code := range codesIn(v.Values[0], codes) {
					sentinels[v.Names[0].Name] = code
				}
			}
		}
	}
	return sentinels
}

// raisedBy are the codes that a function raises itself. INTERNAL is a defect,
// not a rule.
func raisedBy(f *ast.FuncDecl, codes, sentinels map[string]fault.Code) []fault.Code {
	if f.Body == nil {
		return nil
	}
	raised := codesIn(f.Body, codes)
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && sentinels[id.Name] != "" {
			raised[sentinels[id.Name]] = true
		}
		return true
	})
	delete(raised, fault.InternalError)
	return slices.Sorted(maps.Keys(raised))
}

// toldBy reads the lines above a function.
func toldBy(f *ast.FuncDecl, file string, tests map[fault.Code][]string) ([]exchange.Rule, error) {
	if f.Doc == nil {
		return nil, nil
	}
	var rules []exchange.Rule
	for _, c := range f.Doc.List {
		line, ok := strings.CutPrefix(c.Text, directive)
		if !ok {
			continue
		}
		parts := strings.Split(line, "|")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		if len(parts) != 4 || slices.Contains(parts, "") {
			return nil, fmt.Errorf("%s: %s: %q is not CODE | title | binds | source", file, f.Name.Name, line)
		}
		code := fault.Code(parts[0])
		rules = append(rules, exchange.Rule{
			Code: code, Title: parts[1], Binds: parts[2], Source: parts[3], Name: nameOf(f), File: file, Tests: tests[code],
		})
	}
	return rules, nil
}

// nameOf is a function's name, a method's with its receiver's type.
func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	if t, ok := f.Recv.List[0].Type.(*ast.Ident); ok {
		return t.Name + "." + f.Name.Name
	}
	return f.Name.Name
}

func sameCodes(file string, f *ast.FuncDecl, told []exchange.Rule, raised []fault.Code) error {
	var said []fault.Code
	for _, r := range told {
		said = append(said, r.Code)
	}
	slices.Sort(said)
	if !slices.Equal(said, raised) {
		return fmt.Errorf("%s: %s raises %v, and its lines %stell of %v", file, nameOf(f), raised, directive, said)
	}
	return nil
}

// testsByCode are the test functions by the codes that they carry, themselves or
// in a function of their file that they call.
func testsByCode(root string, codes map[string]fault.Code) (map[fault.Code][]string, error) {
	sources, err := parse(root, testFiles...)
	tests := map[fault.Code][]string{}
	for _, s := range sources {
		carried := map[string]map[fault.Code]bool{}
		var functions []*ast.FuncDecl
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				functions, carried[f.Name.Name] = append(functions, f), codesIn(f.Body, codes)
			}
		}
		for _, f := range functions {
			name := f.Name.Name
			if !strings.HasPrefix(name, "Test") {
				continue
			}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if called, ok := n.(*ast.Ident); ok {
					maps.Copy(carried[name], carried[called.Name])
				}
				return true
			})
			for code := range carried[name] {
				tests[code] = append(tests[code], name)
			}
		}
	}
	for _, list := range tests {
		slices.Sort(list)
	}
	return tests, err
}

// tableOf writes the table of the rules in Go.
func tableOf(rules []exchange.Rule) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("// Code generated by internal/authz/rulebook. DO NOT EDIT.\n\npackage exchange\n\nvar goRules = []Rule{\n")
	for _, r := range rules {
		fmt.Fprintf(&b, "{\nCode: %q, Name: %q, File: %q,\nTitle: %q,\nBinds: %q, Source: %q,\nTests: []string{\n", r.Code, r.Name, r.File, r.Title, r.Binds, r.Source)
		for _, t := range r.Tests {
			fmt.Fprintf(&b, "%q,\n", t)
		}
		b.WriteString("},\n},\n")
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}
