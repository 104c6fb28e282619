package authz_test

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/policies"
)

var day = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

func engine(tb testing.TB) *authz.Engine {
	tb.Helper()
	e, err := authz.New(tb.Context(), authz.Options{EvalTimeout: time.Minute})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// Few values, so that rows and callers often have something in common.
var (
	ids       = []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
	divisions = []string{"610621", "610124", "320115", "320206", "321023"}
	values    = map[string][]string{
		"side": {"BUYER", "SELLER"}, "home": {"32", "61"}, "class": {"SOE", "MILITARY"},
		"buyer_class": {"MILITARY", "BUDGET_UNIT_SCHOOL", "SOE"}, "state": {"DRAFT", "PUBLISHED", "SUBMITTED", "IN_FORCE", "REVOKED"},
		"category": {"TEA"}, "subject": {"s"},
	}
)

func randomRow(t *rapid.T, n authz.Noun) map[string]any {
	row := map[string]any{}
	for _, f := range authz.Fields(n) {
		from, ok := values[f]
		switch {
		case ok:
		case f == "id" || strings.HasSuffix(f, "_id"):
			from = ids
		default:
			from = divisions
		}
		row[f] = rapid.SampledFrom(from).Draw(t, f)
	}
	return row
}

func randomPrincipal(t *rapid.T) exchange.Principal {
	id := func(label string) uuid.UUID { return uuid.MustParse(rapid.SampledFrom(ids).Draw(t, label)) }
	p := exchange.Principal{Subject: "s", Roles: []exchange.Role{rapid.SampledFrom([]exchange.Role{
		exchange.SellerMember, exchange.SellerSecretary, exchange.BuyerMember, exchange.BuyerApprover, exchange.BuyerSecretary,
		exchange.CountyAuthority, exchange.Sampler, exchange.CoordinationTeam, exchange.ReformCommission, exchange.Finance,
		exchange.Auditor, exchange.Operator, "",
	}).Draw(t, "role")}}
	if rapid.Bool().Draw(t, "member") {
		side := rapid.SampledFrom([]exchange.Side{exchange.Buyer, exchange.Seller}).Draw(t, "side")
		p.Alliance = &exchange.Alliance{ID: id("alliance"), Side: side, Home: "32"}
		p.Member = &exchange.Member{ID: id("member"), Alliance: p.Alliance.ID, Side: side, State: exchange.MemberActive}
		p.GrantedBy = []uuid.UUID{id("granted")}[:rapid.IntRange(0, 1).Draw(t, "grants")]
		return p
	}
	kinds := map[exchange.JurisdictionKind]int{
		exchange.CountyJurisdiction: 1, exchange.CityJurisdiction: 1, exchange.ProvinceJurisdiction: 1, exchange.PairJurisdiction: 2,
		exchange.AllJurisdiction: 0,
	}
	kind := rapid.SampledFrom([]exchange.JurisdictionKind{"COUNTY", "CITY", "PROVINCE", "PAIR", "ALL"}).Draw(t, "kind")
	j := exchange.Jurisdiction{Kind: kind}
	for i := range kinds[kind] {
		j.Codes = append(j.Codes, rapid.SampledFrom(divisions).Draw(t, fmt.Sprint("code", i)))
	}
	p.Authority = &exchange.Authority{ID: id("authority"), Jurisdiction: j}
	return p
}

// holds evaluates a condition by hand: the oracle of what SQL must do with it.
func holds(t *rapid.T, c exchange.Condition, row map[string]any) bool {
	field, _ := row[c.Field].(string)
	switch c.Op {
	case exchange.OpAnd, exchange.OpOr:
		for _, part := range c.Conditions {
			if holds(t, part, row) == (c.Op == exchange.OpOr) {
				return c.Op == exchange.OpOr
			}
		}
		return c.Op == exchange.OpAnd
	case exchange.OpNot:
		return !holds(t, c.Conditions[0], row)
	case exchange.OpEq:
		return field == c.Values[0]
	case exchange.OpNe:
		return field != c.Values[0]
	case exchange.OpIn:
		return slices.Contains(c.Values, any(field))
	case exchange.OpPrefix:
		return strings.HasPrefix(field, fmt.Sprint(c.Values[0]))
	}
	t.Fatalf("operator %s", c.Op)
	return false
}

// A list shows just the rows for which a get is allowed.
func TestAListShowsWhatAGetWouldAllow(t *testing.T) {
	e := engine(t)
	rapid.Check(t, func(t *rapid.T) {
		noun := rapid.SampledFrom(authz.Nouns()).Draw(t, "noun")
		p := randomPrincipal(t)
		filter, err := e.Filter(t.Context(), noun, p, day)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			row := randomRow(t, noun)
			got, err := authz.VisibleByRule(e, t.Context(), noun, p, day, row)
			if err != nil {
				t.Fatal(err)
			}
			if quick, err := e.Visible(t.Context(), noun, p, day, row); err != nil || quick != got {
				t.Fatalf("%s %v: %t by the filter, %t by the rule, %v", noun, row, quick, got, err)
			}
			listed := false
			switch f := filter.(type) {
			case exchange.AllowAll:
				listed = true
			case exchange.DenyAll:
			case exchange.When:
				listed = holds(t, f.Condition, row)
			default:
				t.Fatalf("a filter of type %T", filter)
			}
			if got != listed {
				t.Fatalf("%s %v: a get says %t, the list %t (%#v)", noun, row, got, listed, filter)
			}
		}
	})
}

func TestAnActionThatNobodyKnowsIsDenied(t *testing.T) {
	d, err := engine(t).Decide(t.Context(), &authz.Question{Action: "order.steal", At: day, Principal: exchange.Principal{System: true}})
	if err != nil || d.Allow || d.Denials[0].Code != fault.PolicyUndefined {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestANounThatNobodyKnowsShowsNothing(t *testing.T) {
	e := engine(t)
	if f, err := e.Filter(t.Context(), "secret", exchange.Principal{System: true}, day); err == nil || f != (exchange.DenyAll{}) {
		t.Errorf("%v, %v", f, err)
	}
	if ok, err := e.Visible(t.Context(), "secret", exchange.Principal{System: true}, day, nil); err == nil || ok {
		t.Errorf("%t, %v", ok, err)
	}
}

// changed is the built-in policy set with one file replaced.
func changed(t *testing.T, name string, change func(string) string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(policies.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(policies.FS, path)
		if path == name {
			text = []byte(change(string(text)))
		}
		files[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAPolicySetThatCannotBeUsedIsRefusedWithItsReason(t *testing.T) {
	rows := []struct {
		name, file string
		change     func(string) string
		want       string
	}{
		{"does not parse", "decision.rego", func(s string) string { return s + "\nx :=" }, "decision.rego"},
		{"does not compile", "decision.rego", func(s string) string { return s + "\nx := unknown_function(1)" }, "unknown_function"},
		{"two rows for one day", "data/rules.json", func(s string) string {
			return strings.Replace(s, `"price_bands": [`, `"price_bands": [{"category": "", "above_basis_points": 1, "valid_from": "2021-01-01"}, `, 1)
		}, "price_bands, row 2"},
		{"a day that is none", "data/rules.json", func(s string) string {
			return strings.Replace(s, "2022-01-01", "2022-13-01", 1)
		}, "2022-13-01"},
		{"a rule that cannot become a filter", "order/visible.rego", func(s string) string {
			return s + "\norder if count(input.row.buyer_id) > 3\n"
		}, "cannot become a filter"},
		{"a field of the input that there is not", "order/order.rego", func(s string) string {
			return strings.Replace(s, "input.buyer.state", "input.buyer.stat", 1)
		}, "order/order.rego:"},
		{"a text taken for a number", "order/order.rego", func(s string) string {
			return s + "\ndeny contains lib.because(\"NO_GRANT\", {}) if input.order.channel + 1 > 2\n"
		}, "order/order.rego:"},
		{"a table of data that there is not", "order/order.rego", func(s string) string {
			return strings.Replace(s, "data.exchange.rules.no_traders", "data.exchange.rules.no_trader", 1)
		}, "order/order.rego:"},
		{"data with a misspelt field", "data/rules.json", func(s string) string {
			return strings.Replace(s, "counts_to_reserve", "count_to_reserve", 1)
		}, "count_to_reserve"},
		{"two rows for one class", "data/rules.json", func(s string) string {
			return strings.Replace(s, `"approval_limits": [`, `"approval_limits": [{"classes": ["BUDGET_UNIT_GOV"], "over_fen": 1, "valid_from": "2021-01-01"}, `, 1)
		}, "approval_limits, row 2"},
		{"a decision of another shape", "decision.rego", func(s string) string {
			return strings.Replace(s, `"allow": count(denials) == 0`, `"allow": "yes"`, 1)
		}, "is not of the shape"},
		{"an undefined decision", "decision.rego", func(s string) string {
			return strings.Replace(s, `obligations := {} if input.action != "order.place"`, "", 1)
		}, "undefined"},
		{"rules that contradict each other", "order/order.rego", func(s string) string {
			return s + "\ndirection := \"INTRA\" if input.order.quantity == 1\n"
		}, "order/order.rego"},
		{"a rule that never ends", "order/order.rego", func(s string) string {
			return s + heavy + "\ndeny contains {\"code\": \"NO_GRANT\", \"facts\": {}} if heavy\n"
		}, "rule heavy is too heavy: the evaluation has more than 100000 steps"},
		{"a filter by an index that is not known unfolds", "data/rules.json", func(s string) string {
			var counties strings.Builder
			for i := range 10_000 {
				fmt.Fprintf(&counties, `"%06d": "x",`, i)
			}
			return strings.Replace(s, `"codes": {`, `"codes": {`+counties.String(), 1)
		}, "more than 2000 conditions"},
		{"a builtin that does not repeat itself", "order/order.rego", func(s string) string {
			return s + "\ndeny contains {\"code\": \"NO_GRANT\", \"facts\": {}} if time.now_ns() > 0\n"
		}, "time.now_ns"},
		{"a filter on an unknown field", "order/visible.rego", func(s string) string {
			return s + "\norder if input.row.colour == \"red\"\n"
		}, "colour"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			files := changed(t, r.file, r.change)
			if strings.Contains(r.name, "unfolds") {
				files["order/visible.rego"].Data = append(files["order/visible.rego"].Data,
					"\norder if data.exchange.rules.reserve_counties[0].codes[input.row.consignee] == \"x\"\n"...)
			}
			_, err := authz.New(t.Context(), authz.Options{FS: files})
			if err == nil || !strings.Contains(err.Error(), r.want) {
				t.Errorf("%v, want %q in it", err, r.want)
			}
		})
	}
}

// What goes wrong only for some facts is found when they come: it is a denial or
// an error, never an allowance.
func TestADecisionThatIsNoneIsADenial(t *testing.T) {
	only := func(rule string) string { return "\n" + rule + " if input.order.quantity == 77\n" }
	for name, rule := range map[string]string{
		"allows what it denies": "default overruled := false\n" + only("overruled"),
		"is not of the shape":   "overruled := count(denials) == 0\n" + only(`denials contains "no"`),
		"tells a number":        "overruled := count(denials) == 0\n" + only(`denials contains {"code": "NO_GRANT", "facts": {"n": 1}}`),
	} {
		files := changed(t, "decision.rego", func(s string) string {
			return strings.Replace(s, `"allow": count(denials) == 0`, `"allow": overruled`, 1) + rule
		})
		if name == "allows what it denies" {
			files = changed(t, "decision.rego", func(s string) string {
				return strings.Replace(s, `"allow": count(denials) == 0`, `"allow": overruled`, 1) +
					"\ndefault overruled := false\n\noverruled if count(denials) == 0\n" + only("overruled")
			})
		}
		e, err := authz.New(t.Context(), authz.Options{FS: files})
		if err != nil {
			t.Fatal(err)
		}
		q := authz.Question{Action: authz.OrderPlace, At: day, Order: &exchange.Order{Quantity: 77}}
		d, err := e.Decide(t.Context(), &q)
		if err != nil || d.Allow || d.Denials[0].Code != fault.PolicyUndefined {
			t.Errorf("a decision that %s: %+v, %v", name, d, err)
		}
	}
}

func TestRulesThatContradictEachOtherAllowNothing(t *testing.T) {
	files := changed(t, "order/order.rego", func(s string) string { return s + "\ndirection := \"INTRA\" if input.order.quantity == 77\n" })
	e, err := authz.New(t.Context(), authz.Options{FS: files})
	if err != nil {
		t.Fatal(err)
	}
	q := ordered(allowedOffer())
	q.Order.Quantity = 77
	if d, err := e.Decide(t.Context(), &q); d.Allow || err == nil || !strings.Contains(fmt.Sprint(errors.Unwrap(err)), "order/order.rego") {
		t.Errorf("%+v, %v", d, err)
	}
}

const heavy = `
heavy if {
	some i in numbers.range(1, 10000)
	some j in numbers.range(1, 10000)
	i * j < 0
}
`

func TestARuleThatNeverEndsIsStopped(t *testing.T) {
	limit := authz.Options{EvalTimeout: 3 * time.Second}
	limit.FS = changed(t, "order/order.rego", func(s string) string {
		return s + heavy + "\ndeny contains {\"code\": \"NO_GRANT\", \"facts\": {}} if {\n\tinput.order.quantity == 77\n\theavy\n}\n"
	})
	e, err := authz.New(t.Context(), limit)
	if err != nil {
		t.Fatal(err)
	}
	q := ordered(allowedOffer())
	if d, err := e.Decide(t.Context(), &q); err != nil || !d.Allow {
		t.Errorf("%+v, %v", d, err)
	}
	q.Order.Quantity = 77
	if d, err := e.Decide(t.Context(), &q); err == nil || d.Allow || fault.Is(err, fault.PolicyUndefined) {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := e.DecideBatch(t.Context(), []authz.Question{ordered(allowedOffer()), q}); err == nil {
		t.Error("the batch with it has no error")
	}
}

// A batch evaluates many questions in one use of the rules, and a program may be
// built in between, which takes longer than any evaluation may.
func TestTheTimeBetweenTwoEvaluationsIsNotTheirs(t *testing.T) {
	e, err := authz.New(t.Context(), authz.Options{EvalTimeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	q := ordered(allowedOffer())
	if d, err := e.DecideTwice(t.Context(), &q); err != nil || !d.Allow {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestTheRevisionFollowsFromTheFiles(t *testing.T) {
	a, b := engine(t), engine(t)
	other, err := authz.New(t.Context(), authz.Options{FS: changed(t, "decision.rego", func(s string) string { return s + "\n# more\n" })})
	if err != nil {
		t.Fatal(err)
	}
	if a.Revision() != b.Revision() || a.Revision() == other.Revision() {
		t.Errorf("%s, %s, %s", a.Revision(), b.Revision(), other.Revision())
	}
}

// Every code that a rule gives has a text, and the rule gives the facts that
// the text speaks of.
func TestEveryCodeOfTheRulesHasItsText(t *testing.T) {
	code := regexp.MustCompile(`"code": "([A-Z0-9_]+)"`)
	found := map[string]bool{}
	err := fs.WalkDir(policies.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".rego") || strings.HasSuffix(path, "_test.rego") {
			return err
		}
		text, err := fs.ReadFile(policies.FS, path)
		for _, m := range code.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
		}
		return err
	})
	if err != nil || len(found) < 15 {
		t.Fatalf("%d codes, %v", len(found), err)
	}
	for c := range found {
		if fault.KindOf(fault.Code(c)) != fault.Denied {
			t.Errorf("%s is not a code of policy", c)
		}
	}
}
