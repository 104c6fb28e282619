package testkit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/sushaan/exchange/"

// floors are the packages of the house and what each may import of it (design
// §5). A folder stands for what lies below it.
var floors = map[string][]string{
	"internal/fault":        {},
	"internal/ledger":       {"internal/fault"},
	"internal/sealedbid":    {"internal/fault"},
	"internal/exchange":     {"internal/fault", "internal/ledger", "internal/sealedbid"},
	"internal/bankfile":     {"internal/fault", "internal/ledger", "internal/exchange"},
	"internal/authz":        {"internal/fault", "internal/ledger", "internal/exchange", "policies"},
	"internal/proof":        {"internal/fault"},
	"internal/sheet":        {},
	"internal/ocds":         {"internal/fault", "internal/ledger", "internal/exchange"},
	"internal/store":        {"internal/fault", "internal/ledger", "internal/exchange", "internal/proof", "internal/sealedbid"},
	"internal/seal":         {"internal/fault", "internal/ledger", "internal/exchange", "internal/proof", "internal/store"},
	"internal/identity":     {"internal/fault", "internal/exchange"},
	"internal/app":          {"internal/fault", "internal/ledger", "internal/exchange", "internal/bankfile", "internal/proof", "internal/sheet", "internal/ocds", "internal/authz", "internal/store", "internal/seal", "internal/identity"},
	"internal/rpc":          {"api", "internal/fault", "internal/ledger", "internal/exchange", "internal/proof", "internal/sheet", "internal/identity", "internal/app"},
	"internal/reference":    {"internal/fault", "internal/exchange"},
	"internal/dataset":      {"internal/fault", "internal/ledger", "internal/exchange", "internal/proof", "internal/reference", "internal/store", "internal/seal"},
	"internal/sample":       {"internal/fault", "internal/exchange", "internal/reference", "internal/app"},
	"internal/distance":     {},
	"internal/localdb":      {"internal/distance"},
	"internal/cli/contexts": {},
	"policies":              {},
	"api":                   {},
	"cmd":                   {"internal/cli"},
	// The wiring, the commands and the tests' exchange may use every floor.
	"internal/server":  {"internal", "api", "policies"},
	"internal/cli":     {"internal", "api", "policies"},
	"internal/testkit": {"internal", "api", "policies"},
}

// keepers are the packages that alone may know a library.
var keepers = []struct {
	library string
	keep    []string
}{
	{"github.com/jackc/", []string{"internal/store", "internal/seal", "internal/localdb", "internal/testkit"}},
	{"database/sql", []string{"internal/store", "internal/seal", "internal/localdb"}},
	{"github.com/open-policy-agent/", []string{"internal/authz", "policies"}},
	{module + "api/", []string{"internal/rpc", "internal/cli", "internal/testkit", "internal/server", "api"}},
	{"google.golang.org/grpc/codes", []string{"internal/rpc", "internal/cli", "internal/testkit", "api"}},
	{"google.golang.org/grpc/status", []string{"internal/rpc", "internal/cli", "internal/testkit", "api"}},
}

// Imports point one way: fault, ledger, exchange, then authz and store, app,
// rpc, server, cli.
func TestImportsPointOneWay(t *testing.T) {
	eachSource(t, func(t *testing.T, name string, f *ast.File) {
		floor := floorOf(name)
		if floor == "" {
			t.Errorf("%s lies on no floor of the house", name)
			return
		}
		for _, i := range f.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			own, ours := strings.CutPrefix(imported, module)
			if ours && !below(own, append(floors[floor], floor)) {
				t.Errorf("%s imports %s, which lies above it or beside it", name, own)
			}
			for _, k := range keepers {
				if strings.HasPrefix(imported, k.library) && !below(path.Dir(name), k.keep) {
					t.Errorf("%s imports %s, which is for %v alone", name, imported, k.keep)
				}
			}
		}
	})
}

// Nothing registers itself behind the reader's back, and no file is a
// collection of whatever had no place.
func TestNothingRegistersItselfAndEveryFileHasASubject(t *testing.T) {
	const longest = 700 // lines
	eachSource(t, func(t *testing.T, name string, f *ast.File) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function", name)
			}
		}
		if slices.Contains([]string{"util", "utils", "common", "helpers", "misc"}, f.Name.Name) {
			t.Errorf("%s is of package %s", name, f.Name.Name)
		}
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n > longest && !ast.IsGenerated(f) {
			t.Errorf("%s has %d lines", name, n)
		}
	})
}

// eachSource calls fn for every source file of the repository that is not a
// test, by its path from the top.
func eachSource(t *testing.T, fn func(t *testing.T, name string, f *ast.File)) {
	t.Helper()
	files := 0
	for _, top := range []string{"api", "cmd", "internal", "policies"} {
		err := fs.WalkDir(os.DirFS("../.."), top, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../..", name), nil, parser.ParseComments)
			if err != nil || ast.IsGenerated(f) && strings.HasPrefix(name, "api/gen/") {
				return err
			}
			files++
			fn(t, name, f)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Fatalf("only %d source files were found", files)
	}
}

// floorOf is the longest folder of floors that a file lies in.
func floorOf(name string) string {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, ok := floors[dir]; ok {
			return dir
		}
	}
	return ""
}

// below says whether a folder is one of others or lies in one.
func below(dir string, others []string) bool {
	return slices.ContainsFunc(others, func(o string) bool { return dir == o || strings.HasPrefix(dir, o+"/") })
}
