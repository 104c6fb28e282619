package authz

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	opabundle "github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/sushaan/exchange/internal/exchange"
)

// Set is what policies and data were read, and not yet judged.
type Set struct {
	modules map[string]*ast.Module // by file, tests among them
	texts   map[string]string
	data    map[string]any
}

func newSet() *Set {
	return &Set{modules: map[string]*ast.Module{}, texts: map[string]string{}, data: map[string]any{}}
}

// ReadSet reads a folder of policies: *.rego anywhere, and data/*.json. Names
// that begin with a dot are left alone.
func ReadSet(files fs.FS) (*Set, error) {
	s := newSet()
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		return s.readFile(files, name)
	})
	if err != nil {
		return nil, fmt.Errorf("authz: %w", err)
	}
	return s, nil
}

func (s *Set) readFile(files fs.FS, name string) error {
	isData := path.Ext(name) == ".json" && strings.HasPrefix(name, "data/")
	if path.Ext(name) != ".rego" && !isData {
		return nil
	}
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	if isData {
		return s.addData(name, text)
	}
	return s.addModule(name, string(text))
}

func (s *Set) addModule(name, text string) error {
	m, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{ProcessAnnotation: true})
	s.modules[name], s.texts[name] = m, text
	return err
}

func (s *Set) addData(name string, text []byte) error {
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for key, value := range doc {
		if _, taken := s.data[key]; taken {
			return fmt.Errorf("%s: %q is given by another file as well", name, key)
		}
		s.data[key] = value
	}
	return nil
}

// readBundle reads an OPA bundle. Where a key is configured, it must be signed
// by it.
func readBundle(r io.Reader, key *opabundle.VerificationConfig, limit int64) (*Set, error) {
	reader := opabundle.NewReader(r).WithSizeLimitBytes(limit).WithProcessAnnotations(true)
	if key == nil {
		reader = reader.WithSkipBundleVerification(true)
	} else {
		reader = reader.WithBundleVerificationConfig(key)
	}
	b, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("authz: bundle: %w", err)
	}
	s := newSet()
	for _, m := range b.Modules {
		if err := s.addModule(strings.TrimPrefix(m.Path, "/"), string(m.Raw)); err != nil {
			return nil, fmt.Errorf("authz: bundle: %w", err)
		}
	}
	if b.Data != nil {
		s.data = b.Data
	}
	return s, nil
}

// Digest names the set: the policies without their tests, and the data. The
// same policies have the same digest, however they were loaded.
func (s *Set) Digest() string {
	digest := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s.texts)) {
		if !strings.HasSuffix(name, testSuffix) {
			fmt.Fprintf(digest, "%s %d\n%s\n", name, len(s.texts[name]), s.texts[name])
		}
	}
	text, err := json.Marshal(s.data) // in the order of the keys
	if err != nil {
		text = fmt.Append(nil, s.data)
	}
	digest.Write(text)
	return hex.EncodeToString(digest.Sum(nil))
}

// bundle is what was compiled of a set.
type bundle struct {
	compiler *ast.Compiler
	store    storage.Store
}

// compile compiles the policies and checks the data.
func (s *Set) compile(ctx context.Context) (*bundle, error) {
	if err := checkData(ctx, s.data); err != nil {
		return nil, err
	}
	modules := map[string]*ast.Module{}
	for name, m := range s.modules {
		if !strings.HasSuffix(name, testSuffix) {
			modules[name] = m.Copy()
		}
	}
	// Errors of a builtin, such as a type that does not fit, must not read as
	// "the rule does not hold": strict checking finds most of them here.
	schemas, err := readSchemas()
	if err != nil {
		return nil, err
	}
	compiler := ast.NewCompiler().WithStrict(true).WithEnablePrintStatements(false).WithCapabilities(repeatable()).
		WithSchemas(schemas).WithUseTypeCheckAnnotations(true)
	if compiler.Compile(modules); compiler.Failed() {
		return nil, compiler.Errors
	}
	return &bundle{compiler: compiler, store: inmem.NewFromObjectWithOpts(s.data, inmem.OptReturnASTValuesOnRead(true))}, ctx.Err()
}

// repeatable are OPA's capabilities without the builtins whose value does not
// follow from their input. A decision that used one could be neither replayed nor
// kept, nor shared by the questions of a batch; the time of a question is in its
// input.
func repeatable() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(c.Builtins, func(b *ast.Builtin) bool { return b.IsNondeterministic() })
	return c
}

// rules tells the rules of the set.
func (s *Set) rules() []exchange.Rule { return rulesOf(s.modules) }
