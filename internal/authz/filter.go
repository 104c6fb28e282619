package authz

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/rego/compile"

	"github.com/sushaan/exchange/internal/exchange"
)

// maxConditions bounds a filter. A rule that unfolds into more of them would
// make a query that no database plans well.
const maxConditions = 2000

// filterQuery is a noun's rule of visibility, ready for partial evaluation.
type filterQuery struct {
	noun     Noun
	prepared *compile.Prepared
}

// prepareFilter makes a noun's rule ready for partial evaluation with the row
// unknown.
func (b *bundle) prepareFilter(ctx context.Context, noun Noun) (*filterQuery, error) {
	query, err := ast.ParseBody("data.exchange.visible." + string(noun) + " == true")
	if err != nil {
		return nil, err
	}
	unknown, err := ast.ParseTerm("input.row")
	if err != nil {
		return nil, err
	}
	prepared, err := compile.New(
		compile.Target("ucast", "all"),
		compile.ParsedUnknowns(unknown),
		compile.ParsedQuery(query),
		compile.Rego(rego.Compiler(b.compiler), rego.Store(b.store), rego.StrictBuiltinErrors(true)),
	).Prepare(ctx)
	if err != nil {
		return nil, fmt.Errorf("authz: filter of %s: %w", noun, err)
	}
	return &filterQuery{noun: noun, prepared: prepared}, nil
}

// Filter says which rows of a noun a principal may see, by partial evaluation
// of the rule that Visible evaluates.
func (e *Engine) Filter(ctx context.Context, noun Noun, p exchange.Principal, at time.Time) (exchange.Filter, error) {
	return e.revisionOf(ctx).filter(ctx, e.timeout, noun, p, at)
}

func (r *revision) filter(ctx context.Context, limit time.Duration, noun Noun, p exchange.Principal, at time.Time) (exchange.Filter, error) {
	q, ok := r.filters[noun]
	if !ok {
		return exchange.DenyAll{}, fmt.Errorf("authz: nothing says who sees %q", noun)
	}
	key := r.filterKey(noun, p, at)
	if f, ok := r.cache.get(key); ok {
		return f, nil
	}
	f, err := r.filterAlone(ctx, limit, q, visibleInput(p, at, nil))
	if err != nil {
		return exchange.DenyAll{}, evalError(ctx, "filter of "+string(noun), err)
	}
	r.cache.put(key, f)
	return f, nil
}

// filterAlone makes a filter while nobody else evaluates the rules. The time is
// that of the evaluation, not of waiting for one's turn.
func (r *revision) filterAlone(ctx context.Context, limit time.Duration, q *filterQuery, in *ast.Term) (exchange.Filter, error) {
	r.partial.Lock()
	defer r.partial.Unlock()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return q.filter(ctx, in)
}

// filter evaluates and translates. OPA gives nil for "no row" and an empty tree
// for "every row"; here they become different types.
func (q *filterQuery) filter(ctx context.Context, in *ast.Term) (exchange.Filter, error) {
	compiled, err := q.prepared.Compile(ctx, rego.EvalParsedInput(in.Value))
	if err != nil {
		return nil, err
	}
	switch query := compiled.For("ucast", "all").Query.(type) {
	case nil:
		return exchange.DenyAll{}, nil
	case map[string]any:
		if len(query) == 0 {
			return exchange.AllowAll{}, nil
		}
		t := translation{noun: q.noun}
		c, err := t.condition(query)
		if err != nil {
			return nil, err
		}
		return exchange.When{Condition: c}, nil
	default:
		return nil, fmt.Errorf("a filter of type %T", query)
	}
}

// translation turns a UCAST tree into a condition on known fields.
type translation struct {
	noun  Noun
	nodes int
}

var operators = map[string]exchange.Op{
	"eq": exchange.OpEq, "ne": exchange.OpNe, "in": exchange.OpIn, "lt": exchange.OpLt, "lte": exchange.OpLte,
	"le": exchange.OpLte, "gt": exchange.OpGt, "gte": exchange.OpGte, "ge": exchange.OpGte, "startswith": exchange.OpPrefix,
	"and": exchange.OpAnd, "or": exchange.OpOr, "not": exchange.OpNot,
}

func (t *translation) condition(node map[string]any) (exchange.Condition, error) {
	if t.nodes++; t.nodes > maxConditions {
		return exchange.Condition{}, fmt.Errorf("the filter has more than %d conditions", maxConditions)
	}
	name, _ := node["operator"].(string)
	op, ok := operators[name]
	if !ok {
		return exchange.Condition{}, fmt.Errorf("the operator %q does not translate", name)
	}
	c := exchange.Condition{Op: op}
	if node["type"] == "compound" {
		return t.compound(c, node["value"])
	}
	field, _ := node["field"].(string)
	c.Field = strings.TrimPrefix(field, "row.")
	if !slices.Contains(fields[t.noun], c.Field) {
		return c, fmt.Errorf("a %s has no field %q", t.noun, field)
	}
	values, ok := node["value"].([]any)
	if !ok {
		values = []any{node["value"]}
	} else if op != exchange.OpIn {
		return c, fmt.Errorf("%s compares with a list", name)
	}
	for _, v := range values {
		s, ok := v.(string)
		if !ok {
			return c, fmt.Errorf("field %s is compared with %v, which is no text", c.Field, v)
		}
		c.Values = append(c.Values, s)
	}
	return c, nil
}

func (t *translation) compound(c exchange.Condition, value any) (exchange.Condition, error) {
	parts, ok := value.([]map[string]any)
	if !ok {
		list, isList := value.([]any)
		if !isList {
			return c, fmt.Errorf("%s of a %T", c.Op, value)
		}
		for _, v := range list {
			part, isNode := v.(map[string]any)
			if !isNode {
				return c, fmt.Errorf("%s of a %T", c.Op, v)
			}
			parts = append(parts, part)
		}
	}
	for _, p := range parts {
		part, err := t.condition(p)
		if err != nil {
			return c, err
		}
		c.Conditions = append(c.Conditions, part)
	}
	return c, nil
}

// proveFilters translates every rule of visibility for callers of every kind,
// so that a rule that does not translate is refused when it is loaded.
func (r *revision) proveFilters(ctx context.Context, limit time.Duration) error {
	for _, noun := range Nouns() {
		for _, p := range kindsOfPrincipal() {
			if _, err := r.filter(ctx, limit, noun, p, time.Now()); err != nil {
				return fmt.Errorf("authz: the rule who sees %s cannot become a filter: %w", noun, err)
			}
		}
	}
	return nil
}

// kindsOfPrincipal has a caller of every role, and every kind of jurisdiction.
func kindsOfPrincipal() []exchange.Principal {
	all := []exchange.Principal{{System: true}, {Subject: "nobody"}}
	for _, role := range []exchange.Role{
		exchange.SellerMember, exchange.SellerSecretary, exchange.BuyerMember, exchange.BuyerApprover, exchange.BuyerSecretary,
	} {
		side := exchange.Buyer
		if role == exchange.SellerMember || role == exchange.SellerSecretary {
			side = exchange.Seller
		}
		alliance := exchange.Alliance{ID: uuid.New(), Side: side, Home: exchange.Jiangsu}
		all = append(all, exchange.Principal{
			Subject: "s", Roles: []exchange.Role{role}, Alliance: &alliance, GrantedBy: []uuid.UUID{uuid.New(), uuid.New()},
			Member: &exchange.Member{ID: uuid.New(), Alliance: alliance.ID, Side: side, State: exchange.MemberActive},
		})
	}
	for _, role := range []exchange.Role{
		exchange.CountyAuthority, exchange.Sampler, exchange.CoordinationTeam, exchange.ReformCommission, exchange.Finance,
		exchange.Auditor, exchange.Operator,
	} {
		for _, j := range []exchange.Jurisdiction{
			{Kind: exchange.CountyJurisdiction, Codes: []string{"610124"}}, {Kind: exchange.CityJurisdiction, Codes: []string{"610100"}},
			{Kind: exchange.ProvinceJurisdiction, Codes: []string{"610000"}}, {Kind: exchange.PairJurisdiction, Codes: []string{"320500", "610100"}},
			{Kind: exchange.AllJurisdiction},
		} {
			all = append(all, exchange.Principal{
				Subject: "s", Roles: []exchange.Role{role}, Authority: &exchange.Authority{ID: uuid.New(), Jurisdiction: j},
			})
		}
	}
	return all
}

// filterCache keeps filters by noun and what the rules read of the caller. It is
// emptied when it is full: what is in use comes back within a millisecond each.
type filterCache struct {
	mu   sync.Mutex
	size int
	kept map[string]exchange.Filter
}

func newFilterCache(size int) *filterCache {
	return &filterCache{size: size, kept: map[string]exchange.Filter{}}
}

// filterKey is all that a filter follows from, within a revision.
func (r *revision) filterKey(noun Noun, p exchange.Principal, at time.Time) string {
	rec, ok := records.Get().(*record)
	if !ok {
		rec = &record{}
	}
	defer records.Put(rec)
	rec.of(r.seen, &Question{Action: string(noun), At: at, Principal: p})
	return string(r.follows.appendKey(append([]byte(noun), 0), rec))
}

// records are used again: one has several kilobytes, and every read needs one.
var records sync.Pool

func (c *filterCache) get(key string) (exchange.Filter, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.kept[key]
	return f, ok
}

func (c *filterCache) put(key string, f exchange.Filter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= c.size {
		clear(c.kept)
	}
	c.kept[key] = f
}
