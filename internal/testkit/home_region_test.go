package testkit_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

// lifeOfAnOrder is what trading asks for, on an offer, from its placing to its end.
// Each step is done by somebody of an exchange's people.
func lifeOfAnOrder(t *testing.T, y *testkit.Exchange, offer string) {
	t.Helper()
	name := uuid.NewString
	place := func() string {
		return testkit.Must[*pb.PlaceOrderResponse](t, y.School, &pb.PlaceOrderRequest{RequestId: name(), OfferId: offer, Quantity: 10_000}).GetOrder().GetId()
	}
	id := place()
	for _, step := range []struct {
		who *testkit.Person
		in  proto.Message
	}{
		{y.Cooperative, &pb.ConfirmOrderRequest{RequestId: name(), Id: id}},
		{y.Cooperative, &pb.ShipOrderRequest{RequestId: name(), Id: id}},
		{y.Cooperative, &pb.DeliverOrderRequest{RequestId: name(), Id: id}},
		{y.School, &pb.AcceptOrderRequest{RequestId: name(), Id: id, AcceptedQuantity: 10_000}},
		{y.School, &pb.RecordPaymentRequest{RequestId: name(), Id: id, AmountFen: 100, BankReference: name()}},
		{y.School, &pb.DisputeOrderRequest{RequestId: name(), Id: id, Quantity: 1000, Reason: "x"}},
		{y.School, &pb.CancelOrderRequest{RequestId: name(), Id: place(), Reason: "x"}},
		{y.School, &pb.GetOrderRequest{Id: id}},
		{y.School, &pb.GetOfferRequest{Id: offer}},
	} {
		if _, err := testkit.Ask(t.Context(), step.who, step.in); err != nil {
			t.Fatalf("%T: %v", step.in, err)
		}
	}
}

// What an order's life runs touches rows of the home province's region alone:
// what it reads, locks and changes, and what the database checks for it. Plans are
// those of the statements that a server sent, with the values that they had.
func TestEveryStatementOfAnOrdersLifeTouchesItsHomeRegionAlone(t *testing.T) {
	if !testkit.OnRegions() {
		t.Skip("rows lie in regions only there: TEST_ENGINES=regions")
	}
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{}).GetId()
	var heard *testkit.RoundTrips
	y := x.Second(t, func(c *server.Config) {
		heard = testkit.CountRoundTrips(t, c.DatabaseURL)
		c.DatabaseURL, c.FollowerReads = heard.URL, "off"
		c.SealInterval, c.JobPoll, c.IdentityTime = time.Hour, time.Hour, time.Hour
	})
	lifeOfAnOrder(t, y, offer) // who is asking is known from here on
	waitQuiet(t, heard)
	heard.Bound()
	lifeOfAnOrder(t, y, offer)
	statements := heard.Bound()
	if len(statements) < 20 {
		t.Fatalf("only %d statements were heard", len(statements))
	}
	conn, err := pgx.Connect(t.Context(), x.Config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	home := spanOfHome(t, conn)
	regional := 0
	look := func(s testkit.Bound, how, plan string) {
		regional += strings.Count(plan, home) + strings.Count(plan, "region_eq")
		for _, line := range elsewhere(plan, home) {
			t.Errorf("%s, %s\nreads more than its home region: %s\n%s", s.SQL, how, line, plan)
		}
	}
	for _, s := range statements {
		if hasPlan.MatchString(s.SQL) {
			look(s, "planned for its values", s.Explain(t.Context(), t, conn))
		}
		if again.MatchString(s.SQL) {
			look(s, "planned once", s.ExplainOnce(t.Context(), t, conn))
		}
	}
	if regional < 40 {
		t.Errorf("only %d spans and look-ups were of the home region", regional)
	}
}

var (
	// hasPlan are statements that have a plan; a transaction's beginning and end have none.
	hasPlan = regexp.MustCompile(`(?i)^(?:\s|--.*\n)*(?:SELECT|WITH|INSERT|UPDATE|DELETE)\b`)
	// again are statements that can be run again: what is inserted is there already.
	again     = regexp.MustCompile(`(?i)^(?:\s|--.*\n)*(?:SELECT|UPDATE)\b`)
	tableIn   = regexp.MustCompile(`table: ([a-z_]+)@`)
	firstSpan = regexp.MustCompile(`spans: (/[^/]+/[^/]+)/`)
)

// spanOfHome is how the spans of Shaanxi's rows begin: with its region as an index
// has it, and its code.
func spanOfHome(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `EXPLAIN (VERBOSE) SELECT id FROM offers
		WHERE region = 'cn-northwest-shaanxi' AND home = '61' AND id = '8ab41dd8-8e3a-4f7c-94a5-d0c5bd4cb3f0'`)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	found := firstSpan.FindStringSubmatch(strings.Join(lines, "\n"))
	if found == nil {
		t.Fatalf("no span is in\n%s", strings.Join(lines, "\n"))
	}
	return found[1]
}

// elsewhere are the lines of a plan that touch a row which lies in another region
// than Shaanxi's: spans, look-ups that do not name it, and what is checked there.
func elsewhere(plan, home string) []string {
	var bad []string
	regional := false
	for line := range strings.SplitSeq(plan, "\n") {
		text := strings.TrimLeft(line, " │├└─")
		if m := tableIn.FindStringSubmatch(text); m != nil {
			regional = store.IsRegional(m[1])
		}
		what, how, _ := strings.Cut(text, ": ")
		switch {
		case strings.HasPrefix(text, "• "): // another step; what it reads follows
			regional = false
		case !regional:
		case what == "spans":
			for key := range strings.SplitSeq(strings.ReplaceAll(how, "-/", " /"), " ") { // a span is a key, or goes from one to another
				if !strings.HasPrefix(key, home) {
					bad = append(bad, text)
				}
			}
		case what == "equality" && !strings.Contains(how, "region"),
			what == "lookup condition" && !strings.Contains(how, "region ="),
			what == "lookup condition" && (strings.Contains(how, "cn-east-jiangsu") || strings.Contains(how, "cn-central-henan")):
			bad = append(bad, text)
		}
	}
	return bad
}

func TestWhatAPlanReadsElsewhereIsFound(t *testing.T) {
	const home = `/"\xc0"/"61"`
	for plan, found := range map[string]int{
		"• scan\n  table: orders@orders_pkey\n  spans: /\"\\xc0\"/\"61\"/\"x\"/0":                                            0,
		"• scan\n  table: orders@orders_pkey\n  spans: /\"\\xc0\"/\"61\"-/\"\\xc0\"/\"61\"/PrefixEnd":                        0,
		"• scan\n  table: orders@orders_pkey\n  spans: /\"\\x80\"/\"61\"/\"x\"/0 /\"\\xc0\"/\"61\"/\"x\"/0":                  1,
		"• scan\n  table: orders@orders_pkey\n  spans: /\"\\xc0\"/\"61\"-/\"\\xc0\"/PrefixEnd":                               1,
		"• scan\n  table: orders@orders_pkey\n  spans: FULL SCAN":                                                            2,
		"• scan\n  table: members@members_pkey\n  spans: FULL SCAN":                                                          0,
		"• lookup join\n│ table: offers@offers_pkey\n│ equality: (home, id) = (home, id)":                                    1,
		"• lookup join\n│ table: offers@offers_pkey\n│ equality: (region_comp, home, id) = (region, home, id)":               0,
		"• lookup join\n│ table: offers@offers_pkey\n│ lookup condition: region IN ('cn-central-henan') AND id = id":         1,
		"• scan\n  table: orders@orders_pkey\n• hash join\n│ equality: (id) = (id)\n│ render x: home IN ('cn-east-jiangsu')": 0,
	} {
		if got := elsewhere(plan, home); len(got) != found {
			t.Errorf("%s\ngives %q, want %d", plan, got, found)
		}
	}
}
