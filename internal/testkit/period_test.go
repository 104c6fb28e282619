package testkit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// on moves the clock to ten in the morning of a day in China.
func (c *clock) on(day exchange.Day) {
	c.ahead.Store(int64(time.Until(day.Start().Add(10 * time.Hour))))
}

// dated is an exchange whose clock the test moves, on a day.
func dated(t *testing.T, day exchange.Day, change ...func(*server.Config)) (*testkit.Exchange, *clock) {
	t.Helper()
	c := &clock{}
	c.on(day)
	x := testkit.New(t, append(change, func(cfg *server.Config) { cfg.Now = c.Now })...)
	return x, c
}

// commission is the person of the reform commission that everybody knows, and a
// second one.
func commission(t *testing.T, x *testkit.Exchange) (first, second *testkit.Person) {
	t.Helper()
	first = x.People["reform-commission"]
	subject := "second." + uuid.NewString()
	authority := x.Sample.Authorities["reform-commission"].ID.String()
	for _, i := range testkit.Must[*pb.ListIssuersResponse](t, x.Operator, &pb.ListIssuersRequest{PageSize: 100}).GetIssuers() {
		if i.GetAuthorityId() == authority {
			testkit.Must[*pb.AssignRoleResponse](t, x.Operator, &pb.AssignRoleRequest{
				IssuerId: i.GetId(), Subject: subject, Role: pb.Role_ROLE_REFORM_COMMISSION,
			})
		}
	}
	second = first.With(x.Token(t, "reform-commission", identity.Token{Issuer: "https://issuers.example/reform-commission", Subject: subject}))
	second.Name = subject
	return first, second
}

func softClose(t *testing.T, p *testkit.Person, id string) *pb.Period {
	t.Helper()
	return testkit.Must[*pb.SoftClosePeriodResponse](t, p, &pb.SoftClosePeriodRequest{Id: id}).GetPeriod()
}

func closePeriod(t *testing.T, p *testkit.Person, id string) *pb.Period {
	t.Helper()
	return testkit.Must[*pb.ClosePeriodResponse](t, p, &pb.ClosePeriodRequest{Id: id}).GetPeriod()
}

// monthly are the volumes of a month.
func monthly(t *testing.T, x *testkit.Exchange, month exchange.Period) *pb.QueryVolumesResponse {
	t.Helper()
	days := month.Days()
	out := testkit.Must[*pb.QueryVolumesResponse](t, x.Auditor, &pb.QueryVolumesRequest{
		From: string(days.From), To: string(days.To), GroupBy: []pb.Dimension{pb.Dimension_DIMENSION_MONTH, pb.Dimension_DIMENSION_DIRECTION},
	})
	out.AsOf = nil
	return out
}

func transactionsOf(t *testing.T, x *testkit.Exchange, order *pb.Order, kind pb.TransactionKind) *pb.Transaction {
	t.Helper()
	list := testkit.Must[*pb.ListTransactionsResponse](t, x.School, &pb.ListTransactionsRequest{OrderId: order.GetId(), Kind: kind}).GetTransactions()
	if len(list) != 1 {
		t.Fatalf("%d transactions of kind %s", len(list), kind)
	}
	return list[0]
}

// shipped is an order on its way.
func shipped(t *testing.T, x *testkit.Exchange) *pb.Order {
	t.Helper()
	order := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), 1)
	return testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: order.GetId()}).GetOrder()
}

// What is late counts on its day while the month is open. Once the month is
// closed its figures stay, and what is late is an adjustment that says so.
func TestLateFactsOfAClosedMonthAreAdjustmentsAndItsFiguresStay(t *testing.T) {
	x, c := dated(t, "2027-03-20")
	drc, _ := commission(t, x)
	march := exchange.MonthOf("2027-03-20")
	order, other := shipped(t, x), shipped(t, x)
	wantBoth(t, drc, &pb.SoftClosePeriodRequest{Id: "2027-03"}, fault.PeriodNotEnded)
	accept := &pb.AcceptOrderRequest{Id: order.GetId(), AcceptedQuantity: order.GetQuantity()}
	for _, day := range []string{"2027-03-21", "2027-03-19", "2027-02-30"} {
		late := proto.CloneOf(accept)
		late.AcceptedOn = day
		wantBoth(t, x.School, late, fault.DatesInvalid)
	}

	c.on("2027-04-05")
	accept.AcceptedOn = "2027-03-31"
	testkit.Must[*pb.AcceptOrderResponse](t, x.School, accept)
	accepted := transactionsOf(t, x, order, pb.TransactionKind_TRANSACTION_KIND_DELIVERY_ACCEPTED)
	if accepted.GetFactDay() != "2027-03-31" || accepted.GetAdjusts() != "" || exchange.DayOf(accepted.GetTime().AsTime()) != "2027-03-31" {
		t.Errorf("recorded late into an open month: %v", accepted)
	}
	wantBoth(t, drc, &pb.ClosePeriodRequest{Id: "2027-03"}, fault.WrongState) // it is open
	softClose(t, drc, "2027-03")
	testkit.Must[*pb.ReopenPeriodResponse](t, drc, &pb.ReopenPeriodRequest{Id: "2027-03", Reason: "one more acceptance"})
	softClose(t, drc, "2027-03")
	wantBoth(t, drc, &pb.SoftClosePeriodRequest{Id: "2027-03"}, fault.WrongState)
	x.WaitSealed(t)
	closed := closePeriod(t, drc, "2027-03")
	if closed.GetState() != pb.PeriodState_PERIOD_STATE_CLOSED || closed.GetPosition() == 0 || closed.GetCheckpoint() == "" {
		t.Fatalf("closed: %v", closed)
	}
	before := monthly(t, x, march)

	pay := &pb.RecordPaymentRequest{Id: order.GetId(), AmountFen: order.GetAmountFen(), BankReference: "B1", PaidOn: "2027-03-31"}
	testkit.Must[*pb.RecordPaymentResponse](t, x.School, pay)
	paid := transactionsOf(t, x, order, pb.TransactionKind_TRANSACTION_KIND_SELLER_PAID)
	if paid.GetFactDay() != "2027-03-31" || paid.GetAdjusts() != "2027-03" || exchange.DayOf(paid.GetTime().AsTime()) != "2027-04-05" {
		t.Errorf("recorded late into a closed month: %v", paid)
	}
	for _, e := range paid.GetEntries() {
		if e.GetAdjusts() != "2027-03" {
			t.Errorf("an entry of the adjustment adjusts %q", e.GetAdjusts())
		}
	}
	testkit.Must[*pb.AcceptOrderResponse](t, x.School, &pb.AcceptOrderRequest{
		Id: other.GetId(), AcceptedQuantity: other.GetQuantity(), AcceptedOn: "2027-03-30",
	})
	if after := monthly(t, x, march); !proto.Equal(before, after) {
		t.Errorf("the closed month changed from\n%v to\n%v", before, after)
	}
	settled := monthly(t, x, march.Next()).GetTotals()
	if len(settled) != 2 || settled[0].GetAmountFen() != other.GetAmountFen() || settled[1].GetAmountFen() != order.GetAmountFen() {
		t.Errorf("the next month has %v", settled)
	}
	for _, in := range []proto.Message{
		&pb.ClosePeriodRequest{Id: "2027-03"}, &pb.SoftClosePeriodRequest{Id: "2027-03"}, &pb.ReopenPeriodRequest{Id: "2027-03", Reason: "x"},
	} {
		wantBoth(t, drc, in, fault.WrongState)
	}
	x.WaitSealed(t)
	x.CheckInvariants(t)
}

// Periods are closed in their order, a year after its months and by a second
// person. A period that the ledger does not have is told.
func TestPeriodsAreClosedInOrderAndAYearByTwo(t *testing.T) {
	x, c := dated(t, "2027-10-20")
	first, second := commission(t, x)
	x.Settled(t)
	x.WaitSealed(t)
	c.on("2028-01-10")
	for _, id := range []string{"2027-09", "2026", "2028-02", "2029", "2027-13", "Q1"} {
		wantBoth(t, first, &pb.GetPeriodRequest{Id: id}, fault.PeriodInvalid)
		wantBoth(t, first, &pb.SoftClosePeriodRequest{Id: id}, fault.PeriodInvalid)
	}
	for _, id := range []string{"2027-10", "2027-11", "2027-12", "2027"} {
		softClose(t, first, id)
	}
	wantBoth(t, second, &pb.ClosePeriodRequest{Id: "2027-11"}, fault.PeriodOutOfOrder)
	wantBoth(t, second, &pb.ClosePeriodRequest{Id: "2027"}, fault.PeriodOutOfOrder)
	for _, id := range []string{"2027-10", "2027-11", "2027-12"} {
		closePeriod(t, first, id)
	}
	wantBoth(t, first, &pb.ClosePeriodRequest{Id: "2027"}, fault.FourEyes)
	wantBoth(t, x.Auditor, &pb.ClosePeriodRequest{Id: "2027"}, fault.RoleMissing)
	request := &pb.ClosePeriodRequest{Id: "2027", RequestId: uuid.NewString()}
	year := testkit.Must[*pb.ClosePeriodResponse](t, second, request).GetPeriod()
	if again := testkit.Must[*pb.ClosePeriodResponse](t, second, request).GetPeriod(); !proto.Equal(again, year) {
		t.Errorf("the same request answers %v, then %v", year, again)
	}
	var all []string
	for in := (&pb.ListPeriodsRequest{PageSize: 2}); ; {
		page := testkit.Must[*pb.ListPeriodsResponse](t, x.School, in)
		for _, p := range page.GetPeriods() {
			all = append(all, fmt.Sprintf("%s %s", p.GetId(), p.GetState()))
		}
		if in.PageToken = page.GetNextPageToken(); in.PageToken == "" {
			break
		}
	}
	const want = "[2028 PERIOD_STATE_OPEN 2028-01 PERIOD_STATE_OPEN 2027 PERIOD_STATE_CLOSED 2027-12 PERIOD_STATE_CLOSED " +
		"2027-11 PERIOD_STATE_CLOSED 2027-10 PERIOD_STATE_CLOSED]"
	if fmt.Sprint(all) != want {
		t.Errorf("periods %v", all)
	}
	closed := testkit.Must[*pb.ListPeriodsResponse](t, x.School, &pb.ListPeriodsRequest{Year: 2027, State: pb.PeriodState_PERIOD_STATE_CLOSED})
	if len(closed.GetPeriods()) != 4 {
		t.Errorf("closed periods of 2027: %v", closed)
	}
	explained := testkit.Must[*pb.ExplainResponse](t, x.Auditor, &pb.ExplainRequest{Action: "period.close", PeriodId: "2027"})
	if explained.GetAllow() || explained.GetDenials()[0].GetCode() != string(fault.RoleMissing) {
		t.Errorf("explained: %v", explained)
	}
	x.CheckInvariants(t)
}

// A period is frozen at a position of the log: while the sealer lags there is
// none, and the answer says so.
func TestAPeriodIsNotClosedBeforeAllOfItIsSealed(t *testing.T) {
	x, c := dated(t, "2027-03-20", func(cfg *server.Config) { cfg.SigningKey, cfg.CloseWait = "", 100*time.Millisecond })
	drc, _ := commission(t, x)
	x.Settled(t)
	c.on("2027-04-05")
	softClose(t, drc, "2027-03")
	wantBoth(t, drc, &pb.ClosePeriodRequest{Id: "2027-03"}, fault.NotSealed)
	if p := testkit.Must[*pb.GetPeriodResponse](t, x.School, &pb.GetPeriodRequest{Id: "2027-03"}).GetPeriod(); p.GetState() != pb.PeriodState_PERIOD_STATE_SOFT_CLOSED {
		t.Errorf("after the error: %v", p)
	}
	x.CheckInvariants(t)
}

// Closing fails closed: without its decision in the log's file no step of a
// period is taken.
func TestNoPeriodIsClosedWhileTheDecisionLogCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	x, c := dated(t, "2027-03-20", func(cfg *server.Config) { cfg.DecisionLog, cfg.DecisionLogWait = path, 500*time.Millisecond })
	drc, _ := commission(t, x)
	x.Settled(t)
	x.WaitSealed(t)
	c.on("2027-05-05")
	softClose(t, drc, "2027-03")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	before := x.Rows(t)
	for _, in := range []proto.Message{
		&pb.ClosePeriodRequest{Id: "2027-03"}, &pb.SoftClosePeriodRequest{Id: "2027-04"}, &pb.ReopenPeriodRequest{Id: "2027-03", Reason: "x"},
		&pb.CreateSubmissionRequest{Id: "2027-03"},
	} {
		wantBoth(t, drc, in, fault.DecisionLogAway)
	}
	after := x.Rows(t)
	for _, table := range []string{"periods", "events", "requests"} {
		if before[table] != after[table] {
			t.Errorf("%s has %d rows, had %d", table, after[table], before[table])
		}
	}
	if p := testkit.Must[*pb.GetPeriodResponse](t, drc, &pb.GetPeriodRequest{Id: "2027-03"}).GetPeriod(); p.GetState() != pb.PeriodState_PERIOD_STATE_SOFT_CLOSED {
		t.Errorf("after the errors: %v", p)
	}
}

// What the bank booked in a month that was closed meanwhile counts when it is
// matched, and says which month it adjusts.
func TestABankLineOfAClosedMonthIsAnAdjustment(t *testing.T) {
	x, c := dated(t, "2026-11-05")
	drc, _ := commission(t, x)
	order := owed(t, x)
	c.on("2026-12-03")
	closed(t, x, drc, "2026-11")
	november := exchange.MonthOf("2026-11-05")
	before := monthly(t, x, november)
	id := uuid.NewString()
	imported(t, x, bankCSV(id, booked{"B-" + id, order.GetId(), order.GetAmountFen()})) // booked on 10 November
	paid := transactionsOf(t, x, order, pb.TransactionKind_TRANSACTION_KIND_BUYER_PAID)
	if paid.GetAdjusts() != "2026-11" || paid.GetFactDay() != "2026-11-10" || exchange.DayOf(paid.GetTime().AsTime()) != "2026-12-03" {
		t.Errorf("matched late: %v", paid)
	}
	if after := monthly(t, x, november); !proto.Equal(before, after) {
		t.Errorf("the closed month changed from\n%v to\n%v", before, after)
	}
	x.CheckInvariants(t)
}
