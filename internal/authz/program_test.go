package authz_test

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
)

func uncached(tb testing.TB) *authz.Engine {
	tb.Helper()
	e, err := authz.New(tb.Context(), authz.Options{AnswerCache: -1})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// like makes a question of the same action and day as another, with the same
// facts there, so that one program answers both.
func (w world) like(shape *authz.Question) authz.Question {
	q := w.question()
	of, from := reflect.ValueOf(&q).Elem(), reflect.ValueOf(shape).Elem()
	for i := range of.NumField() {
		switch f := of.Field(i); {
		case f.Kind() != reflect.Pointer && f.Kind() != reflect.String:
		case from.Field(i).IsZero() || f.IsZero():
			f.Set(from.Field(i))
		}
	}
	q.Action, q.At = shape.Action, shape.At
	return q
}

// like also gives every action its turn.
func (w world) shape(i int) authz.Question {
	q := w.question()
	if known := authz.Actions(); i%2 == 0 {
		q.Action = known[i/2%len(known)]
	}
	return q
}

// Every action of the API has a program: what the rules come to on a day with
// certain facts. It decides as the rules do, evaluated as they are.
func TestAProgramDecidesAsItsRulesDo(t *testing.T) {
	e := uncached(t)
	w := newWorld(11)
	shapes := 2 * len(authz.Actions())
	for i := range shapes {
		shape := w.shape(i)
		for j := range 60 {
			q := w.like(&shape)
			got, err := e.Decide(t.Context(), &q)
			want, wantErr := e.DecideByRules(t.Context(), &q)
			if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("shape %d, question %d, %s: %+v by the program, %+v by the rules (%v, %v)", i, j, q.Action, got, want, err, wantErr)
			}
		}
	}
	if built, none := e.Programs(); built < shapes*9/10 || none > 0 {
		t.Errorf("%d programs for %d shapes, %d have none: the test shows little", built, shapes, none)
	}
}

// An answer that is kept is the one that an evaluation gives: 100,000 random
// questions, asked of an engine that keeps what it can and of one that keeps
// nothing.
func TestAKeptAnswerIsTheOneAnEvaluationGives(t *testing.T) {
	const workers, shapes, each = 2, 50, 1000 / slowdown
	kept, evaluated := engine(t), uncached(t)
	var wait sync.WaitGroup
	for n := range uint64(workers) {
		wait.Go(func() {
			w := newWorld(n)
			for i := range shapes {
				shape := w.shape(i)
				for range each {
					q := w.like(&shape)
					got, err := kept.Decide(t.Context(), &q)
					want, wantErr := evaluated.Decide(t.Context(), &q)
					if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) {
						t.Errorf("worker %d, %s: kept %+v, evaluated %+v (%v, %v)", n, q.Action, got, want, err, wantErr)
						return
					}
				}
			}
		})
	}
	wait.Wait()
}

// What is kept is not given for other facts: whatever stops an order stops it at
// once.
func TestAnAnswerIsNotKeptBeyondItsFacts(t *testing.T) {
	e, allowed := engine(t), *allowedOrder()
	ask := func(q authz.Question) authz.Decision {
		d, err := e.Decide(t.Context(), &q)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for range 9 {
		if d := ask(allowed); !d.Allow {
			t.Fatalf("%v", d.Denials)
		}
	}
	if built, _ := e.Programs(); built != 1 {
		t.Fatalf("%d programs", built)
	}
	for name, change := range map[string]func(*authz.Question){
		"certificate revoked": func(q *authz.Question) {
			c := *q.Certificate
			c.State, q.Certificate = exchange.CertificateRevoked, &c
		},
		"certificate gone":  func(q *authz.Question) { q.Certificate = nil },
		"grant revoked":     func(q *authz.Question) { g := *q.Grant; g.RevokedAt, q.Grant = day, &g },
		"grant gone":        func(q *authz.Question) { q.Grant = nil },
		"buyer suspended":   func(q *authz.Question) { m := *q.Buyer; m.State, q.Buyer = exchange.MemberSuspended, &m },
		"seller suspended":  func(q *authz.Question) { m := *q.Seller; m.State, q.Seller = exchange.MemberSuspended, &m },
		"role taken":        func(q *authz.Question) { q.Principal.Roles = nil },
		"later delivery":    func(q *authz.Question) { o := *q.Order; o.DeliverBy, q.Order = "2028-01-01", &o },
		"other consignee":   func(q *authz.Question) { q.Consignee = "610100" },
		"years before":      func(q *authz.Question) { q.At = time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC) },
		"other origin":      func(q *authz.Question) { q.Origin = &exchange.Division{Code: "610629"} },
		"an action of none": func(q *authz.Question) { q.Action = "order.steal" },
	} {
		q := allowed
		change(&q)
		if d := ask(q); d.Allow {
			t.Errorf("%s: still allowed", name)
		}
	}
	set, err := authz.ReadSet(changed(t, "order/order.rego", func(s string) string {
		return s + "\ndeny contains {\"code\": \"NO_GRANT\", \"facts\": {}} if placing\n"
	}))
	if err == nil {
		err = e.Load(t.Context(), set)
	}
	if err != nil {
		t.Fatal(err)
	}
	if d := ask(allowed); d.Allow {
		t.Error("an answer outlived its revision")
	}
}

// Rules that do not come apart as programs need it decide all the same, and as
// they would without: reasons made by a function, facts of their own by "with",
// and a decision put together in another way.
func TestRulesThatHaveNoProgramDecideAsTheyAre(t *testing.T) {
	for name, change := range map[string][2]string{
		"function": {"order/order.rego", `
because(facts) := {"code": "NO_GRANT", "facts": facts}
deny contains because({"seller_alliance": input.offer.seller_alliance_id, "buyer_alliance": "b"}) if input.order.quantity > 1
`},
		"with": {"order/order.rego", `
deny contains {"code": "NO_GRANT", "facts": {}} if {
	placing
	not granted with input.grant as {"revoked": true}
}
`},
		"several conditions for one reason": {"order/order.rego", `
deny contains {"code": "NO_GRANT", "facts": {"buyer_alliance": role}} if some role in input.principal.roles
deny contains {"code": "NO_GRANT", "facts": {"buyer_alliance": "BUYER_MEMBER"}} if input.order.quantity > 1
`},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := authz.ReadSet(changed(t, change[0], func(s string) string { return s + change[1] }))
			if err != nil {
				t.Fatal(err)
			}
			e := engine(t)
			if err := e.Load(t.Context(), set); err != nil {
				t.Fatal(err)
			}
			for range 6 {
				q := allowedOrder()
				q.Order.ID.UUID = uuid.New()
				got, err := e.Decide(t.Context(), q)
				want, wantErr := e.DecideByRules(t.Context(), q)
				if err != nil || wantErr != nil || got.Allow || !reflect.DeepEqual(got, want) {
					t.Fatalf("%+v, %v; by the rules %+v, %v", got, err, want, wantErr)
				}
			}
		})
	}
}

// Many ask at once while programs are built, answers are kept and another
// revision is loaded: each answer is right, and of one revision.
func TestManyAskWhileARevisionIsLoaded(t *testing.T) {
	e, err := authz.New(t.Context(), authz.Options{AnswerCache: 200})
	if err != nil {
		t.Fatal(err)
	}
	first := e.Revision()
	set, err := authz.ReadSet(changed(t, "order/order.rego", func(s string) string {
		return s + "\ndeny contains {\"code\": \"NO_GRANT\", \"facts\": {}} if placing\n"
	}))
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range 300 {
				q := allowedOrder()
				if i%3 == 0 {
					q.Buyer.State = exchange.MemberSuspended
				}
				d, err := e.Decide(t.Context(), q)
				if err != nil || d.Allow != (d.Revision == first && i%3 != 0) {
					t.Errorf("%d: %+v, %v", i, d, err)
					return
				}
			}
		})
	}
	if err := e.Load(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	if d, err := e.Decide(t.Context(), allowedOrder()); err != nil || d.Allow || d.Revision == first {
		t.Errorf("%+v, %v", d, err)
	}
}

// A rule that asks for fields by a name that it finds out reads all of them.
func TestAnAnswerIsKeptByFieldsWhoseNamesAreFoundOut(t *testing.T) {
	set, err := authz.ReadSet(changed(t, "order/order.rego", func(s string) string {
		return s + `
deny contains {"code": "NO_GRANT", "facts": {}} if {
	placing
	some name
	input.order[name]
	startswith(name, "reser")
}
`
	}))
	if err != nil {
		t.Fatal(err)
	}
	e := engine(t)
	if err := e.Load(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		q := allowedOrder()
		q.Order.Reserve = i >= 6
		got, err := e.Decide(t.Context(), q)
		want, wantErr := e.DecideByRules(t.Context(), q)
		if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%d: %+v, %v; by the rules %+v, %v", i, got, err, want, wantErr)
		}
	}
	if built, _ := e.Programs(); built != 1 {
		t.Errorf("%d programs: the test shows little", built)
	}
}

// What is an error of the rules is one of their program too: a rule or a function
// that gets two values, and a builtin that fails.
func TestAnErrorOfTheRulesIsOneOfTheirProgram(t *testing.T) {
	for name, rules := range map[string]string{
		"two values": `
grade := "A" if input.order.reserve
grade := "B" if input.order.quantity > 10
fine if grade == "A"
fine if not grade
deny contains {"code": "NO_GRANT", "facts": {}} if { placing; not fine }
`,
		"two values beside a default": `
default grade := "C"
grade := "A" if input.order.reserve
grade := "B" if input.order.quantity > 10
deny contains {"code": "NO_GRANT", "facts": {}} if { placing; grade == "D" }
`,
		"two values of a function": `
lim(o) := 5 if o.reserve
lim(o) := 3000000 if o.quantity > 10
deny contains {"code": "NO_GRANT", "facts": {}} if { placing; lim(input.order) < 1 }
`,
		"a builtin fails": `
deny contains {"code": "NO_GRANT", "facts": {"x": x}} if {
	placing
	x := format_int(10 / (input.order.quantity - 11), 10)
	input.order.deliver_by > "9999"
}
`,
	} {
		t.Run(name, func(t *testing.T) {
			set, err := authz.ReadSet(changed(t, "order/order.rego", func(s string) string { return s + rules }))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range []*authz.Engine{engine(t), uncached(t)} {
				if err := e.Load(t.Context(), set); err != nil {
					t.Fatal(err)
				}
				for i := range 9 {
					q := allowedOrder()
					q.Order.Reserve, q.Order.Quantity = i > 6, 10
					if i > 6 {
						q.Order.Quantity = 11
					}
					got, err := e.Decide(t.Context(), q)
					want, wantErr := e.DecideByRules(t.Context(), q)
					if (wantErr != nil) != (i > 6) {
						t.Fatalf("question %d: by the rules %+v, %v: the test shows nothing", i, want, wantErr)
					}
					if (err != nil) != (wantErr != nil) || !reflect.DeepEqual(got, want) {
						t.Errorf("question %d: %+v, %v; by the rules %+v, %v", i, got, err, want, wantErr)
					}
				}
			}
		})
	}
}
