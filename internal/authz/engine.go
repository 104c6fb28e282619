// Package authz asks the policies (Rego, under policies/) who may do and see
// what: it decides, explains, and turns rules of visibility into filters for
// lists. Nothing is allowed for want of an answer.
package authz

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/policies"
)

// Options of an engine. Zero fields take the default.
type Options struct {
	FS          fs.FS         // policies and data; default: those built in
	EvalTimeout time.Duration // of one evaluation; default 1 s
	FilterCache int           // filters kept; default 4096
	TraceEvents int           // steps of an evaluation that an explanation shows; default 2000
}

// Engine decides by the policies that it was last given. It is safe for
// concurrent use.
type Engine struct {
	timeout time.Duration
	trace   int
	filters int
	current atomic.Pointer[revision]
}

// revision is one state of the policies and their data, compiled.
type revision struct {
	digest   string
	compiler *ast.Compiler
	store    storage.Store
	decision query
	visible  map[Noun]query
	filters  map[Noun]*filterQuery
	cache    *filterCache
	rules    []exchange.Rule
	reads    *reads    // what the decision reads of the input
	seen     *reads    // what the rules of visibility read of it
	tree     *ruleNode // what each rule reads of it
}

// New compiles the policies and proves that they can be used.
func New(ctx context.Context, o Options) (*Engine, error) {
	if o.FS == nil {
		o.FS = policies.FS
	}
	e := &Engine{
		timeout: cmp.Or(o.EvalTimeout, time.Second), trace: cmp.Or(o.TraceEvents, 2000), filters: cmp.Or(o.FilterCache, 4096),
	}
	r, err := e.compile(ctx, o.FS)
	if err != nil {
		return nil, err
	}
	e.current.Store(r)
	return e, nil
}

// compile makes a revision of policies and data. Every rule of visibility must
// translate into a filter, so that what cannot is refused now and not at
// somebody's request.
func (e *Engine) compile(ctx context.Context, files fs.FS) (*revision, error) {
	b, err := read(files)
	if err != nil {
		return nil, err
	}
	r := &revision{
		digest: b.digest, compiler: b.compiler, store: b.store, visible: map[Noun]query{}, filters: map[Noun]*filterQuery{},
		cache: newFilterCache(e.filters),
	}
	if r.rules, err = Rules(files); err != nil {
		return nil, err
	}
	if r.decision, err = b.query(decisionRef); err != nil {
		return nil, err
	}
	for _, noun := range Nouns() {
		if r.visible[noun], err = b.query(visibleRef + string(noun)); err != nil {
			return nil, err
		}
		if r.filters[noun], err = b.prepareFilter(ctx, noun); err != nil {
			return nil, err
		}
	}
	a := &analysis{compiler: b.compiler}
	r.tree = ruleTree(a)
	r.reads, r.seen = a.below("exchange", "decision"), a.below("exchange", "visible")
	return r, r.proveFilters(ctx, e.timeout)
}

const (
	decisionRef = "data.exchange.decision"
	visibleRef  = "data.exchange.visible."
)

// Revision is a digest of the policies and their data.
func (e *Engine) Revision() string { return e.current.Load().digest }

// revisionOf is the revision that a call is decided by.
func (e *Engine) revisionOf(context.Context) *revision { return e.current.Load() }

// bundle is what was read of the policies.
type bundle struct {
	digest   string
	compiler *ast.Compiler
	store    storage.Store
}

// read reads and compiles policies and data.
func read(files fs.FS) (*bundle, error) {
	modules := map[string]*ast.Module{}
	data := map[string]any{}
	digest := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		switch {
		case strings.HasSuffix(name, "_test.rego"):
			return nil
		case path.Ext(name) == ".rego":
			modules[name], err = ast.ParseModuleWithOpts(name, string(text), ast.ParserOptions{ProcessAnnotation: true})
		case path.Ext(name) == ".json" && strings.HasPrefix(name, "data/"):
			err = readData(name, text, data)
		default:
			return nil
		}
		fmt.Fprintf(digest, "%s %d\n%s\n", name, len(text), text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("authz: %w", err)
	}
	if err := checkData(data); err != nil {
		return nil, fmt.Errorf("authz: %w", err)
	}
	// Errors of a builtin, such as a type that does not fit, must not read as
	// "the rule does not hold": strict checking finds most of them here.
	compiler := ast.NewCompiler().WithStrict(true).WithEnablePrintStatements(false)
	if compiler.Compile(modules); compiler.Failed() {
		return nil, fmt.Errorf("authz: %w", compiler.Errors)
	}
	return &bundle{
		digest: hex.EncodeToString(digest.Sum(nil)), compiler: compiler, store: inmem.NewFromObject(data),
	}, nil
}

func readData(name string, text []byte, into map[string]any) error {
	var doc map[string]any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for key, value := range doc {
		if _, taken := into[key]; taken {
			return fmt.Errorf("%s: %q is given by another file as well", name, key)
		}
		into[key] = value
	}
	return nil
}

// checkData refuses dated rows whose days are no days, or which hold for the
// same thing at the same time: a question would then have two answers.
func checkData(data map[string]any) error {
	rules, ok := dig(data, "exchange", "rules")
	if !ok {
		return errors.New("data: exchange.rules is missing")
	}
	for name, list := range rules {
		rows, ok := list.([]any)
		if !ok {
			return fmt.Errorf("data: exchange.rules.%s is not a list", name)
		}
		for i := range rows {
			if err := checkRow(rows, i); err != nil {
				return fmt.Errorf("data: exchange.rules.%s, row %d: %w", name, i+1, err)
			}
		}
	}
	return nil
}

func dig(data map[string]any, keys ...string) (map[string]any, bool) {
	for _, k := range keys {
		inner, ok := data[k].(map[string]any)
		if !ok {
			return nil, false
		}
		data = inner
	}
	return data, true
}

// rowKeys are what a dated row is about, if it is about one thing of several.
var rowKeys = []string{"scheme", "category"}

func checkRow(rows []any, i int) error {
	row, ok := rows[i].(map[string]any)
	if !ok {
		return errors.New("it is not an object")
	}
	from, to, err := validity(row)
	if err != nil {
		return err
	}
	for _, earlier := range rows[:i] {
		other, _ := earlier.(map[string]any)
		otherFrom, otherTo, _ := validity(other)
		same := !slices.ContainsFunc(rowKeys, func(k string) bool { return row[k] != other[k] })
		if same && from <= otherTo && otherFrom <= to {
			return fmt.Errorf("its validity overlaps with that of an earlier row (%s to %s)", otherFrom, otherTo)
		}
	}
	return nil
}

func validity(row map[string]any) (from, to string, err error) {
	from, _ = row["valid_from"].(string)
	to, _ = row["valid_to"].(string)
	if to == "" {
		to = "9999-12-31"
	}
	for _, d := range []string{from, to} {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			return from, to, fmt.Errorf("%q is not a day", d)
		}
	}
	if to < from {
		return from, to, errors.New("it ends before it begins")
	}
	return from, to, nil
}
