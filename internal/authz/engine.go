// Package authz asks the policies (Rego, under policies/) who may do and see
// what: it decides, explains, and turns rules of visibility into filters for
// lists. Nothing is allowed for want of an answer.
package authz

import (
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
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
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

// Engine holds one revision of the policies. It is safe for concurrent use.
type Engine struct {
	revision string
	timeout  time.Duration
	decision rego.PreparedEvalQuery
	visible  map[Noun]rego.PreparedEvalQuery
	filters  map[Noun]*filterQuery
	cache    *filterCache
	rules    []exchange.Rule
	trace    int
}

// New compiles the policies and proves that they can be used: every rule of
// visibility must translate into a filter, so that what cannot is refused now
// and not at somebody's request.
func New(ctx context.Context, o Options) (*Engine, error) {
	if o.FS == nil {
		o.FS = policies.FS
	}
	if o.EvalTimeout == 0 {
		o.EvalTimeout = time.Second
	}
	if o.FilterCache == 0 {
		o.FilterCache = 4096
	}
	b, err := read(o.FS)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		revision: b.revision, timeout: o.EvalTimeout, visible: map[Noun]rego.PreparedEvalQuery{},
		filters: map[Noun]*filterQuery{}, cache: newFilterCache(o.FilterCache),
	}
	if e.trace = o.TraceEvents; e.trace == 0 {
		e.trace = 2000
	}
	if e.rules, err = Rules(o.FS); err != nil {
		return nil, err
	}
	if e.decision, err = b.prepare(ctx, "data.exchange.decision"); err != nil {
		return nil, err
	}
	for _, noun := range Nouns() {
		if e.visible[noun], err = b.prepare(ctx, "data.exchange.visible."+string(noun)); err != nil {
			return nil, err
		}
		if e.filters[noun], err = b.prepareFilter(ctx, noun); err != nil {
			return nil, err
		}
	}
	return e, e.proveFilters(ctx)
}

// Revision is a digest of the policies and their data.
func (e *Engine) Revision() string { return e.revision }

// bounded limits one evaluation: an endless rule is an error, not a hang.
func (e *Engine) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, e.timeout)
}

// bundle is what was read of the policies.
type bundle struct {
	revision string
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
		revision: hex.EncodeToString(digest.Sum(nil)), compiler: compiler, store: inmem.NewFromObject(data),
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

// prepare makes a query ready. Builtin errors are errors, not "undefined".
func (b *bundle) prepare(ctx context.Context, query string) (rego.PreparedEvalQuery, error) {
	q, err := rego.New(rego.Query(query), rego.Compiler(b.compiler), rego.Store(b.store),
		rego.StrictBuiltinErrors(true)).PrepareForEval(ctx)
	if err != nil {
		return q, fmt.Errorf("authz: %s: %w", query, err)
	}
	return q, nil
}
