package testkit_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// tripCount is what one call cost.
type tripCount struct {
	trips   int
	again   bool   // the database had it repeated: the count says little
	refused string // why it was, where nobody may do it in the exchange of the tests

	took time.Duration // with a distance between the regions; 0: there is none
}

// roundTripsPage has the table, between two marks.
const (
	roundTripsPage  = "../../docs/operate/regions.md"
	roundTripsBegin = "<!-- round trips: written by UPDATE_GOLDEN=1 go test ./internal/testkit -run GoldenTable -->\n"
	roundTripsEnd   = "<!-- round trips: end -->\n"

	distancesBegin = "<!-- distances: written by UPDATE_GOLDEN=1 TEST_ENGINES=apart go test ./internal/testkit -run GoldenTable -->\n"
	distancesEnd   = "<!-- distances: end -->\n"
	// oneWay is far more than what the machine itself takes for a call.
	oneWay = 50 * time.Millisecond
)

// endings take away what other calls need: those of the matrix's things come last.
var endings = []string{"WithdrawOffer", "RevokeCertificate", "RevokeGrant", "RevokeRole", "DisableIssuer"}

// Every unary RPC is asked for once, by somebody who may, of a server whose
// connections to the database are listened in on. What it costs is the table of
// docs/operate/regions.md.
func TestRoundTripsOfEveryRPCAreThoseOfTheGoldenTable(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, swift, func(s *server.Config) { s.Now = c.Now })
	others := otherRequests(t, x)
	left := append(matrixRequests(t, x), others...)
	var trips *testkit.RoundTrips
	y := x.Second(t, func(c *server.Config) {
		trips = testkit.CountRoundTrips(t, testkit.Beside(t, c.DatabaseURL, "cn-northwest-shaanxi"))
		c.DatabaseURL, c.FollowerReads = trips.URL, "off"
		c.SealInterval, c.JobPoll, c.IdentityTime = time.Hour, time.Hour, time.Hour
	})
	table := map[string]tripCount{}
	waitQuiet(t, trips)
	ask := func(last bool) {
		for range 3 { // what one call makes possible comes in the next round
			left = slices.DeleteFunc(left, func(in proto.Message) bool {
				return (last || slices.Contains(others, in) || !slices.Contains(endings, rpcName(in))) && countCall(t, x, y, trips, in, table)
			})
		}
	}
	ask(false)
	c.ahead.Store(int64(62 * 24 * time.Hour)) // periods and cycles are over
	x.WaitSealed(t)
	ask(false)
	ask(true)
	for _, in := range left {
		if name := rpcName(in); table[name].trips == 0 {
			countRefused(t, y, trips, in, table)
		}
	}
	compareTable(t, table)
	keepDistances(t, table)
}

// keepDistances writes to the page what each write took with a distance between the
// regions. It is no more than told: a time depends on the machine.
func keepDistances(t *testing.T, table map[string]tripCount) {
	t.Helper()
	if !testkit.Stretch(t, 0) || os.Getenv("UPDATE_GOLDEN") == "" {
		return
	}
	var b strings.Builder
	b.WriteString("| write | times there and back |\n|---|---|\n")
	for _, m := range methodsByService() {
		c := table[string(m.Name())]
		if m.Input().Fields().ByName("request_id") != nil && c.took > 0 {
			fmt.Fprintf(&b, "| `%s` | %.1f |\n", m.Name(), float64(c.took)/float64(2*oneWay))
		}
	}
	replaceInPage(t, distancesBegin, distancesEnd, b.String())
}

func methodsByService() []protoreflect.MethodDescriptor {
	methods := testkit.Methods()
	slices.SortStableFunc(methods, func(a, b protoreflect.MethodDescriptor) int {
		return strings.Compare(string(a.Parent().FullName()), string(b.Parent().FullName()))
	})
	return methods
}

// pagePart gives the page, cut where a table begins and ends.
func pagePart(t *testing.T, begin, end string) (before, kept, after string) {
	t.Helper()
	text, err := os.ReadFile(roundTripsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(text), begin)
	kept, after, ended := strings.Cut(rest, end)
	if !begun || !ended {
		t.Fatalf("%s lacks the marks of the table", roundTripsPage)
	}
	return before, kept, after
}

func replaceInPage(t *testing.T, begin, end, table string) {
	t.Helper()
	before, _, after := pagePart(t, begin, end)
	if err := os.WriteFile(roundTripsPage, []byte(before+begin+table+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// waitQuiet waits until what a server does once when it begins is done.
func waitQuiet(t *testing.T, trips *testkit.RoundTrips) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		trips.Take()
		time.Sleep(500 * time.Millisecond)
		if n, _ := trips.Take(); n == 0 {
			return
		}
	}
	t.Fatal("a server that nobody asks goes on asking its database")
}

func rpcName(in proto.Message) string {
	return strings.TrimSuffix(string(in.ProtoReflect().Descriptor().Name()), "Request")
}

// countCall has somebody who may do a call do it, and counts. False where nobody
// may now.
func countCall(t *testing.T, x, y *testkit.Exchange, trips *testkit.RoundTrips, in proto.Message, table map[string]tripCount) bool {
	t.Helper()
	for _, p := range sample.Personas() {
		if _, err := testkit.Ask(t.Context(), x.People[p.Name], in); err != nil {
			continue
		}
		who := y.People[p.Name]
		_ = testkit.Try(t.Context(), who, &pb.WhoAmIRequest{}) // who is asking is known from here on
		real := inEarnest(in)
		trips.Take()
		out, took, err := askAfar(t, who, real)
		n, again := trips.Take()
		if batch, ok := out.(interface{ GetResults() []*pb.OrderResult }); ok && err == nil && batch.GetResults()[0].GetError() != nil {
			continue
		}
		if err != nil {
			continue
		}
		name := rpcName(in)
		if have, ok := table[name]; !ok || n < have.trips {
			table[name] = tripCount{trips: n, again: again, took: took}
		}
		return true
	}
	return false
}

// askAfar asks while there is a distance between the regions, where they can be taken
// apart, and tells how long it took.
func askAfar(t *testing.T, who *testkit.Person, in proto.Message) (out proto.Message, took time.Duration, err error) {
	t.Helper()
	apart := testkit.Stretch(t, oneWay)
	begin := time.Now()
	out, err = testkit.Ask(t.Context(), who, in)
	if apart {
		took = time.Since(begin)
		testkit.Stretch(t, 0)
	}
	return out, took, err
}

func countRefused(t *testing.T, y *testkit.Exchange, trips *testkit.RoundTrips, in proto.Message, table map[string]tripCount) {
	t.Helper()
	// Whoever comes furthest shows most of it.
	var most tripCount
	for _, p := range sample.Personas() {
		who := y.People[p.Name]
		_ = testkit.Try(t.Context(), who, &pb.WhoAmIRequest{})
		trips.Take()
		err := testkit.Try(t.Context(), who, inEarnest(in))
		if n, _ := trips.Take(); n > most.trips {
			most = tripCount{trips: n, refused: string(testkit.CodeOf(err))}
		}
	}
	table[rpcName(in)] = most
}

// inEarnest is a request that is no dry run, with a request id.
func inEarnest(in proto.Message) proto.Message {
	out := proto.Clone(in)
	set := func(m protoreflect.Message) {
		fields := m.Descriptor().Fields()
		if f := fields.ByName("dry_run"); f != nil {
			m.Clear(f)
		}
		if f := fields.ByName("request_id"); f != nil {
			m.Set(f, protoreflect.ValueOfString(uuid.NewString()))
		}
	}
	set(out.ProtoReflect())
	if f := out.ProtoReflect().Descriptor().Fields().ByName("lines"); f != nil {
		list := out.ProtoReflect().Mutable(f).List()
		for i := range list.Len() {
			set(list.Get(i).Message())
		}
	}
	return out
}

// otherRequests are calls that nobody could make in earnest on the matrix's things,
// because others come before them.
func otherRequests(t *testing.T, x *testkit.Exchange) []proto.Message {
	t.Helper()
	certificate := func(s pb.CertificateState) string { return x.Certificate(t, testkit.OfferOptions{State: s}).GetId() }
	confirmed := func() string {
		return x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), 1).GetId()
	}
	shipped := func() string {
		id := confirmed()
		testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: id})
		return id
	}
	return []proto.Message{
		&pb.SubmitCertificateRequest{DryRun: true, Id: certificate(pb.CertificateState_CERTIFICATE_STATE_DRAFT)},
		&pb.PubliciseCertificateRequest{DryRun: true, Id: certificate(pb.CertificateState_CERTIFICATE_STATE_COUNTY_APPROVED)},
		&pb.EnforceCertificateRequest{DryRun: true, Id: certificate(pb.CertificateState_CERTIFICATE_STATE_PUBLICISED)},
		&pb.ConfirmOrderRequest{DryRun: true, Id: x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1).GetId()},
		&pb.CancelOrderRequest{DryRun: true, Id: x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1).GetId(), Reason: "x"},
		&pb.ShipOrderRequest{DryRun: true, Id: confirmed()},
		&pb.DeliverOrderRequest{DryRun: true, Id: shipped()},
		&pb.AcceptOrderRequest{DryRun: true, Id: shipped(), AcceptedQuantity: 1000},
		&pb.RecordPaymentRequest{DryRun: true, Id: accepted(t, x, false), AmountFen: 1, BankReference: uuid.NewString()},
		&pb.DisputeOrderRequest{DryRun: true, Id: accepted(t, x, false), Quantity: 1000, Reason: "x"},
		&pb.BlockLotRequest{DryRun: true, Id: x.Offer(t, testkit.OfferOptions{Lot: true}).GetLotId(), Reason: "x"},
		&pb.WithdrawOfferRequest{DryRun: true, Id: x.Offer(t, testkit.OfferOptions{}).GetId()},
		&pb.SoftClosePeriodRequest{DryRun: true, Id: exchange.MonthOf(x.Today()).ID}, // once more, after it was opened again
	}
}

// compareTable compares the counts with the page, or writes them there.
func compareTable(t *testing.T, table map[string]tripCount) {
	t.Helper()
	var b strings.Builder
	b.WriteString("| call | round trips |\n|---|---|\n")
	for _, m := range methodsByService() {
		name := string(m.Name())
		c, ok := table[name]
		switch {
		case m.IsStreamingServer():
		case !ok:
			t.Errorf("%s was not counted", name)
		case c.refused != "":
			fmt.Fprintf(&b, "| `%s` | %d, refused: `%s` |\n", name, c.trips, c.refused)
		default:
			fmt.Fprintf(&b, "| `%s` | %d |\n", name, c.trips)
		}
	}
	_, kept, _ := pagePart(t, roundTripsBegin, roundTripsEnd)
	if os.Getenv("UPDATE_GOLDEN") != "" && !testkit.OnRegions() {
		replaceInPage(t, roundTripsBegin, roundTripsEnd, b.String())
		return
	}
	was := strings.Split(kept, "\n")
	for _, line := range strings.Split(b.String(), "\n") {
		name := strings.Trim(strings.TrimSpace(strings.Split(line+"|", "|")[min(1, strings.Count(line, "|"))]), "`")
		if !slices.Contains(was, line) && !table[name].again {
			t.Errorf("the page does not say: %s", line)
		}
	}
	if len(was) != len(strings.Split(b.String(), "\n")) {
		t.Errorf("the page has %d lines, the count %d", len(was), len(strings.Split(b.String(), "\n")))
	}
}
