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
	regional := 0
	for _, s := range statements {
		plan := s.Explain(t.Context(), t, conn)
		regional += strings.Count(plan, "/'cn-northwest-shaanxi'/'61'")
		for _, line := range elsewhere(plan) {
			t.Errorf("%s\nreads more than its home region: %s\n%s", s.SQL, line, plan)
		}
	}
	if regional < 20 {
		t.Errorf("only %d spans were of the home region", regional)
	}
}

var tableIn = regexp.MustCompile(`table: ([a-z_]+)@`)

// elsewhere are the lines of a plan that touch a row which lies in another region
// than Shaanxi's: spans, look-ups that do not name it, and what is checked there.
func elsewhere(plan string) []string {
	var bad []string
	regional := false
	for line := range strings.SplitSeq(plan, "\n") {
		text := strings.TrimLeft(line, " │├└─")
		if m := tableIn.FindStringSubmatch(text); m != nil {
			regional = store.IsRegional(m[1])
		}
		switch {
		case strings.Contains(text, "cn-east-jiangsu") || strings.Contains(text, "cn-central-henan"):
			bad = append(bad, text)
		case !regional:
		case strings.HasPrefix(text, "spans:"):
			for span := range strings.SplitSeq(strings.TrimPrefix(text, "spans: "), " ") {
				if strings.HasPrefix(span, "/") && !strings.HasPrefix(span, "/'cn-northwest-shaanxi'/'61'") || span == "FULL" {
					bad = append(bad, text)
				}
			}
		case strings.HasPrefix(text, "equality:") && !strings.Contains(text, "region"):
			bad = append(bad, text)
		case strings.HasPrefix(text, "lookup condition:") && !strings.Contains(text, "region = 'cn-northwest-shaanxi'") && !strings.Contains(text, "region ="):
			bad = append(bad, text)
		}
	}
	return bad
}
