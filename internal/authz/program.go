package authz

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/sushaan/exchange/internal/exchange"
)

// A program is the decision on one action on one day with some facts there and
// the others not: what the rules come to when that much is known. OPA's partial
// evaluation makes it. Rules about other actions, dated data that does not hold
// on the day and facts that are not there are gone from it; what is left are
// conditions on fields. Each of them is kept by the values of just the fields
// that it reads, so that most decisions find all of theirs answered.
type program struct {
	number   uint32
	compiler *ast.Compiler
	reasons  []reason // of denials, then of warnings
	denials  int
	obliged  []obligation
	single   []single
	whole    query     // all of the decision at once
	reads    *reads    // what the decision follows from
	follows  selection // the same, for its key
}

// reason is a rule that gives denials or warnings.
type reason struct {
	always bool      // it has no condition
	holds  query     // the rule's conditions, without what only its facts need
	reads  selection // of holds
	gives  query     // the denials or warnings, where holds does
}

// obligation is one field of the decision's obligations.
type obligation struct {
	name  string
	fixed ast.Value // nil: as value says
	value query
	reads selection
}

// single is a rule of the policies that must not give two values: that two of its
// definitions hold at once is an error, which partial evaluation does not see.
type single struct {
	definitions []query // what is left of them
	reads       selection
}

// errNoProgram says that a decision does not come apart as programs need it. It
// is then evaluated as it is.
var errNoProgram = errors.New("authz: no program for this decision")

// Bounds of a program. Rules that unfold into more are evaluated as they are.
const maxResidual = 2000 // rules

// factsOutside are the facts that lie in no other: those that are known to be
// there or not.
func factsOutside() []fact {
	var list []fact
	for f, path := range factPaths {
		if len(path) == 1 {
			list = append(list, fact(f))
		}
	}
	return list
}

// build makes the program of an action on a day, with these facts there.
func (r *revision) build(ctx context.Context, number uint32, action string, day exchange.Day, present uint64) (*program, error) {
	if r.conflicts.anywhere {
		return nil, errNoProgram
	}
	e := entered{}
	rest, err := r.residual(ctx, decisionRef, e, action, day, present)
	if err != nil {
		return nil, err
	}
	if len(rest.Queries) != 1 {
		return nil, errNoProgram
	}
	p := &program{number: number}
	if err := p.compile(rest.Support); err != nil {
		return nil, err
	}
	answer, err := answerOf(rest.Queries[0])
	if err != nil {
		return nil, err
	}
	if err := p.take(answer); err != nil {
		return nil, err
	}
	follows, err := p.readsOf(rest.Queries[0])
	if err != nil {
		return nil, err
	}
	p.reads = follows
	if err := r.addSingles(ctx, p, e, action, day, present); err != nil {
		return nil, err
	}
	p.follows = selectionOf(p.reads)
	p.whole, err = p.query(rest.Queries[0])
	return p, err
}

// residual is what is left of a rule.
func (r *revision) residual(ctx context.Context, ref string, e entered, action string, day exchange.Day, present uint64) (*rego.PartialQueries, error) {
	unknown := []string{"input.at", "input.principal"}
	for _, f := range factsOutside() {
		if f != factPrincipal && present&(1<<f) != 0 {
			unknown = append(unknown, "input."+factName(f))
		}
	}
	options := []func(*rego.Rego){
		rego.Query("answer = " + ref), rego.Compiler(r.compiler), rego.Store(r.store), rego.Unknowns(unknown),
		rego.Input(map[string]any{"action": action, "day": string(day)}), rego.StrictBuiltinErrors(true),
	}
	if e != nil {
		options = append(options, rego.QueryTracer(e))
	}
	r.partial.Lock()
	defer r.partial.Unlock()
	rest, err := rego.New(options...).Partial(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoProgram, err)
	}
	return apart(rest), nil
}

// apart is what is left with terms of its own: those of the rules it came from are
// written to by the next partial evaluation.
func apart(rest *rego.PartialQueries) *rego.PartialQueries {
	own := &rego.PartialQueries{Queries: make([]ast.Body, len(rest.Queries)), Support: make([]*ast.Module, len(rest.Support))}
	for i, q := range rest.Queries {
		own.Queries[i] = q.Copy()
	}
	for i, m := range rest.Support {
		own.Support[i] = m.Copy()
	}
	return own
}

// addSingles adds the rules that the decision enters and that could give two
// values when this much is known.
func (r *revision) addSingles(ctx context.Context, p *program, e entered, action string, day exchange.Day, present uint64) error {
	for _, ref := range r.conflicts.rules {
		if !e[ref] {
			continue
		}
		rest, err := r.residual(ctx, ref, nil, action, day, present)
		if err != nil {
			return err
		}
		if agree(rest.Queries) {
			continue
		}
		if err := p.addSingle(rest); err != nil {
			return err
		}
	}
	return nil
}

// agree says whether definitions give the same value, whatever it is. One that is
// a rule of its own may have definitions of its own.
func agree(definitions []ast.Body) bool {
	var first *ast.Term
	for _, body := range definitions {
		last := body[len(body)-1]
		if !last.IsEquality() {
			return false
		}
		for _, t := range last.Operands() {
			if ref, ok := t.Value.(ast.Ref); ok && ref.HasPrefix(partialRef) {
				return false
			}
			if v, ok := t.Value.(ast.Var); ok && v == "answer" {
				continue
			}
			if first == nil {
				first = t
			} else if !first.Equal(t) {
				return false
			}
		}
	}
	return true
}

// partialRef is where partial evaluation puts the rules that it leaves.
var partialRef = ast.MustParseRef("data.partial")

func (p *program) addSingle(rest *rego.PartialQueries) error {
	own := &program{}
	if err := own.compile(rest.Support); err != nil {
		return err
	}
	var s single
	var all reads
	for _, body := range rest.Queries {
		read, err := own.readsOf(body)
		if err != nil {
			return err
		}
		all.add(read)
		q, err := own.query(body)
		if err != nil {
			return err
		}
		s.definitions = append(s.definitions, q)
	}
	s.reads = selectionOf(&all)
	p.reads.add(&all)
	p.single = append(p.single, s)
	return nil
}

// compile compiles the rules that partial evaluation left.
func (p *program) compile(support []*ast.Module) error {
	p.compiler = ast.NewCompiler().WithEnablePrintStatements(false)
	modules := map[string]*ast.Module{}
	rules := 0
	for i, m := range support {
		modules[fmt.Sprint("support", i)] = m
		rules += len(m.Rules)
	}
	if rules > maxResidual {
		return errNoProgram
	}
	if p.compiler.Compile(modules); p.compiler.Failed() {
		return fmt.Errorf("%w: %w", errNoProgram, p.compiler.Errors)
	}
	return nil
}

// entered are the rules that an evaluation came to.
type entered map[string]bool

// Enabled is part of topdown.QueryTracer.
func (entered) Enabled() bool { return true }

// Config is part of topdown.QueryTracer.
func (entered) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent is part of topdown.QueryTracer.
func (e entered) TraceEvent(event topdown.Event) {
	if rule, ok := event.Node.(*ast.Rule); ok && event.Op == topdown.EnterOp {
		e[rule.Ref().String()] = true
	}
}

// answerOf finds the decision in what is left of "answer = data.exchange.decision".
func answerOf(body ast.Body) (ast.Object, error) {
	if len(body) != 1 || !body[0].IsEquality() || len(body[0].With) > 0 {
		return nil, errNoProgram
	}
	for _, t := range body[0].Operands() {
		if o, ok := t.Value.(ast.Object); ok {
			return o, nil
		}
	}
	return nil, errNoProgram
}

// take takes the decision apart.
func (p *program) take(answer ast.Object) error {
	deny, warn, obliged := answer.Get(keyDeny), answer.Get(keyWarn), answer.Get(keyObligations)
	if answer.Len() != 4 || deny == nil || warn == nil || obliged == nil || !allowsWithout(answer.Get(keyAllow), deny) {
		return errNoProgram
	}
	if err := p.takeReasons(deny); err != nil {
		return err
	}
	p.denials = len(p.reasons)
	if err := p.takeReasons(warn); err != nil {
		return err
	}
	o, ok := obliged.Value.(ast.Object)
	if !ok {
		return errNoProgram
	}
	return o.Iter(func(name, value *ast.Term) error {
		text, ok := name.Value.(ast.String)
		if !ok {
			return errNoProgram
		}
		return p.takeObligation(string(text), value)
	})
}

// allowsWithout says whether a term is count(deny) == 0, or what that comes to.
func allowsWithout(allow, deny *ast.Term) bool {
	if allow == nil {
		return false
	}
	if known, ok := allow.Value.(ast.Boolean); ok {
		set, isSet := deny.Value.(ast.Set)
		return isSet && bool(known) == (set.Len() == 0)
	}
	none := ast.Equal.Call(ast.Count.Call(deny), ast.InternedTerm(0))
	return allow.Equal(none)
}

// takeReasons takes the rules of a set of denials or warnings.
func (p *program) takeReasons(t *ast.Term) error {
	switch v := t.Value.(type) {
	case ast.Set:
		return v.Iter(func(given *ast.Term) error {
			if !given.IsGround() {
				return errNoProgram
			}
			return p.add(reason{always: true}, ast.NewBody(ast.NewExpr(ast.InternedTerm(true))), given)
		})
	case ast.Ref:
		rules := p.compiler.GetRulesExact(v)
		if len(rules) == 0 {
			return errNoProgram
		}
		for _, rule := range rules {
			if rule.Head.Key == nil || rule.Head.Value != nil || rule.Else != nil {
				return errNoProgram
			}
			if err := p.addRule(rule); err != nil {
				return err
			}
		}
		return nil
	}
	return errNoProgram
}

func (p *program) addRule(rule *ast.Rule) error {
	if !binds(rule.Body, rule.Head.Key) {
		return errNoProgram
	}
	holds := conditions(rule.Body)
	read, err := p.readsOf(holds)
	if err != nil {
		return err
	}
	r := reason{reads: selectionOf(read)}
	if r.holds, err = p.query(holds); err != nil {
		return err
	}
	return p.add(r, rule.Body, rule.Head.Key)
}

// binds says whether a body has every variable of what its rule gives. Partial
// evaluation loses some of a function that makes it.
func binds(body ast.Body, given *ast.Term) bool {
	bound := ast.NewVarSet()
	ast.WalkVars(body, func(v ast.Var) bool {
		bound.Add(v)
		return false
	})
	all := true
	ast.WalkVars(given, func(v ast.Var) bool {
		all = all && (bound.Contains(v) || v.Equal(ast.InputRootDocument.Value) || v.Equal(ast.DefaultRootDocument.Value))
		return false
	})
	return all
}

func (p *program) add(r reason, body ast.Body, given *ast.Term) error {
	full := body.Copy() // a compiled body is the compiler's
	full.Append(ast.Equality.Expr(ast.VarTerm("answer"), given.Copy()))
	var err error
	if r.gives, err = p.query(full); err == nil {
		p.reasons = append(p.reasons, r)
	}
	return err
}

func (p *program) query(body ast.Body) (query, error) {
	compiled, err := p.compiler.QueryCompiler().Compile(body)
	if err != nil {
		return query{}, fmt.Errorf("%w: %w", errNoProgram, err)
	}
	return query{compiler: p.compiler, body: compiled, out: "answer"}, nil
}

func (p *program) takeObligation(name string, t *ast.Term) error {
	if t.IsGround() {
		if _, isRef := t.Value.(ast.Ref); !isRef {
			p.obliged = append(p.obliged, obligation{name: name, fixed: t.Value})
			return nil
		}
	}
	body := ast.NewBody(ast.Equality.Expr(ast.VarTerm("answer"), t.Copy()))
	read, err := p.readsOf(body)
	if err != nil {
		return err
	}
	q, err := p.query(body)
	p.obliged = append(p.obliged, obligation{name: name, value: q, reads: selectionOf(read)})
	return err
}

// conditions are the parts of a body that say whether its rule holds at all. The
// others only bind what its facts need; they may bind nothing, so that a rule
// whose conditions hold still has to be asked for what it gives.
func conditions(body ast.Body) ast.Body {
	kept := body.Copy()
	for again := true; again; {
		again = false
		for i := len(kept) - 1; i >= 0; i-- {
			if v, ok := bound(kept[i]); ok && !mentions(kept, i, v) {
				kept, again = slices.Delete(kept, i, i+1), true
			}
		}
	}
	if len(kept) == 0 {
		return ast.NewBody(ast.NewExpr(ast.InternedTerm(true)))
	}
	return ast.NewBody(kept...)
}

// neverFails are the builtins without an error, on values of their types. One of
// another is an error of the decision and must not be left out.
var neverFails = map[string]bool{ast.FormatInt.Name: true, ast.Concat.Name: true, ast.Lower.Name: true, ast.Upper.Name: true}

// bound is the variable that an expression does nothing but bind to a field or
// to the value of a builtin.
func bound(e *ast.Expr) (ast.Var, bool) {
	if e.Negated || len(e.With) > 0 || !e.IsCall() {
		return "", false
	}
	operands := e.Operands()
	if e.IsEquality() {
		v, isVar := operands[0].Value.(ast.Var)
		ref, isRef := operands[1].Value.(ast.Ref)
		return v, isVar && isRef && ref.IsGround() && ref.HasPrefix(ast.InputRootRef)
	}
	builtin, ok := ast.BuiltinMap[e.Operator().String()]
	if !ok || !neverFails[builtin.Name] || len(operands) != len(builtin.Decl.FuncArgs().Args)+1 {
		return "", false
	}
	v, isVar := operands[len(operands)-1].Value.(ast.Var)
	return v, isVar
}

// mentions says whether a variable is used by another expression than the one.
func mentions(body ast.Body, but int, v ast.Var) bool {
	for i, e := range body {
		if i == but {
			continue
		}
		used := false
		ast.WalkVars(e, func(x ast.Var) bool {
			used = used || x == v
			return used
		})
		if used {
			return true
		}
	}
	return false
}

// readsOf tells what a body reads. It fails where the body needs what the
// program does not have.
func (p *program) readsOf(body ast.Body) (*reads, error) {
	a := &analysis{compiler: p.compiler}
	read, known := a.ofBody(body)
	if !known {
		return nil, errNoProgram
	}
	return read, nil
}
