package testkit_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// standing is a standing order of 10 units every seven days, from today for two
// months, of 100 units at most.
func standing(x *testkit.Exchange, offer *pb.Offer, change func(*pb.SetStandingOrderRequest)) *pb.SetStandingOrderRequest {
	in := &pb.SetStandingOrderRequest{
		OfferId: offer.GetId(), Quantity: 10_000, Recurrence: &pb.Recurrence{EveryDays: 7}, Until: string(x.Today().Plus(60)), CapQuantity: 100_000,
	}
	if change != nil {
		change(in)
	}
	return in
}

func stands(t *testing.T, x *testkit.Exchange, p *testkit.Person, offer *pb.Offer, change func(*pb.SetStandingOrderRequest)) *pb.StandingOrder {
	t.Helper()
	return testkit.Must[*pb.SetStandingOrderResponse](t, p, standing(x, offer, change)).GetStandingOrder()
}

func standingOf(t *testing.T, x *testkit.Exchange, id string) *pb.StandingOrder {
	t.Helper()
	return testkit.Must[*pb.GetStandingOrderResponse](t, x.Auditor, &pb.GetStandingOrderRequest{Id: id}).GetStandingOrder()
}

// runsOf are the runs of a standing order, the first one first.
func runsOf(t *testing.T, x *testkit.Exchange, id string) []*pb.StandingRun {
	t.Helper()
	runs := testkit.Must[*pb.ListStandingRunsResponse](t, x.Auditor, &pb.ListStandingRunsRequest{StandingOrderId: id, PageSize: 500}).GetRuns()
	byNumber := make([]*pb.StandingRun, len(runs))
	for _, r := range runs {
		byNumber[r.GetNumber()-1] = r
	}
	return byNumber
}

// daysOn moves the clock and waits until what is due then is done. A job that was
// made an instant ago may still be locked, and is then passed over.
func daysOn(t *testing.T, x *testkit.Exchange, c *clock, days int) {
	t.Helper()
	c.ahead.Add(int64(time.Duration(days) * 24 * time.Hour))
	today := string(x.Today())
	eventually(t, func() bool {
		if err := x.App.DoJobs(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, s := range testkit.Must[*pb.ListStandingOrdersResponse](t, x.Auditor, &pb.ListStandingOrdersRequest{PageSize: 500}).GetStandingOrders() {
			active, paused := s.GetState() == pb.StandingOrderState_STANDING_ORDER_STATE_ACTIVE, s.GetState() == pb.StandingOrderState_STANDING_ORDER_STATE_PAUSED
			if (active && s.GetNextRun() <= today) || (paused && s.GetUntil() < today) {
				return false
			}
		}
		return true
	})
}

func standingOrders(t *testing.T, p *testkit.Person) []*pb.Order {
	t.Helper()
	return testkit.Must[*pb.ListOrdersResponse](t, p, &pb.ListOrdersRequest{PageSize: 500}).GetOrders()
}

func wantRun(t *testing.T, r *pb.StandingRun, state pb.StandingRunState, code fault.Code) {
	t.Helper()
	got := ""
	if len(r.GetReasons()) > 0 {
		got = r.GetReasons()[0].GetCode()
	}
	if r.GetState() != state || got != string(code) || (code != "" && r.GetReasons()[0].GetText() == "") {
		t.Errorf("run %v, want %s for %q", r, state, code)
	}
}

const (
	ranOrdered = pb.StandingRunState_STANDING_RUN_STATE_ORDERED
	ranShort   = pb.StandingRunState_STANDING_RUN_STATE_SHORT
	ranDenied  = pb.StandingRunState_STANDING_RUN_STATE_DENIED
	ranMissed  = pb.StandingRunState_STANDING_RUN_STATE_MISSED
)

// Each planned day has one order in the ledger, of its way, until the cap ends it;
// a job that is done again orders nothing.
func TestAStandingOrderOrdersOnItsDaysUntilItsCapEndsIt(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
	s := stands(t, x, x.Hospital, offer, func(in *pb.SetStandingOrderRequest) { in.CapQuantity, in.DeliveryDays = 35_000, 3 })
	if s.GetNextRun() != string(x.Today()) || s.GetState() != pb.StandingOrderState_STANDING_ORDER_STATE_ACTIVE {
		t.Errorf("%v", s)
	}
	for n := range 4 {
		daysOn(t, x, c, min(n, 1)*7)
		_, id, _ := strings.Cut(s.GetId(), "-")
		putJob(t, x, exchange.Job{Home: exchange.Shaanxi, Kind: exchange.RunStanding, Subject: uuid.MustParse(id), Due: c.Now()}) // as if a server had died before it finished the job
		daysOn(t, x, c, 0)
	}
	got := standingOf(t, x, s.GetId())
	if got.GetState() != pb.StandingOrderState_STANDING_ORDER_STATE_ENDED || got.GetRuns() != 3 || got.GetOrderedQuantity() != 30_000 || got.GetNextRun() != "" {
		t.Errorf("%v", got)
	}
	orders := standingOrders(t, x.Hospital)
	if len(orders) != 3 || heldOn(t, x, offer) != 30 {
		t.Errorf("%d orders, %d are taken", len(orders), heldOn(t, x, offer))
	}
	for _, o := range orders {
		txs := testkit.Must[*pb.ListTransactionsResponse](t, x.Hospital, &pb.ListTransactionsRequest{OrderId: o.GetId()}).GetTransactions()
		if o.GetWay() != pb.Way_WAY_STANDING || !strings.HasSuffix(s.GetId(), o.GetWayId()) || len(txs) != 1 {
			t.Errorf("%v has %d transactions", o, len(txs))
		}
	}
	for _, r := range runsOf(t, x, s.GetId()) {
		wantRun(t, r, ranOrdered, "")
	}
	x.CheckInvariants(t)
}

// What policy or a rule refuses on its day is a run with its codes, and the next
// comes as planned; roles, grants, limits and stock are those of that day.
func TestADeniedOrShortRunIsReportedAndTheNextComesAsPlanned(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	offer := x.Offer(t, testkit.OfferOptions{Units: 25, AutoConfirm: true})
	s := stands(t, x, x.Hospital, offer, nil)
	short := stands(t, x, x.School, offer, func(in *pb.SetStandingOrderRequest) { in.TakeShort, in.FirstRun = true, string(x.Today().Plus(14)) })
	daysOn(t, x, c, 0)
	testkit.Must[*pb.SuspendMemberResponse](t, x.BuyerSecretary, &pb.SuspendMemberRequest{Id: x.Hospital.Member, Reason: "x"})
	daysOn(t, x, c, 7)
	testkit.Must[*pb.ReinstateMemberResponse](t, x.BuyerSecretary, &pb.ReinstateMemberRequest{Id: x.Hospital.Member, Reason: "x"})
	x.Place(t, x.School, offer, 12)
	daysOn(t, x, c, 7)
	runs := runsOf(t, x, s.GetId())
	if len(runs) != 3 {
		t.Fatalf("%v", runs)
	}
	wantRun(t, runs[0], ranOrdered, "")
	wantRun(t, runs[1], ranDenied, fault.MemberSuspended)
	wantRun(t, runs[2], ranDenied, fault.StockShort)
	if next := standingOf(t, x, s.GetId()).GetNextRun(); next != string(x.Today().Plus(7)) {
		t.Errorf("the next run is on %s", next)
	}
	left := runsOf(t, x, short.GetId())
	wantRun(t, left[0], ranShort, "")
	if left[0].GetOrderedQuantity() != 3000 {
		t.Errorf("%v", left[0])
	}
	limit(t, x, x.Hospital, func(in *pb.SetSpendingLimitRequest) { in.PerOrderFen = 1 })
	more := stands(t, x, x.Hospital, x.Offer(t, testkit.OfferOptions{}), nil)
	daysOn(t, x, c, 0)
	wantRun(t, runsOf(t, x, more.GetId())[0], ranDenied, fault.OverLimit)
	x.CheckInvariants(t)
}

// Above the threshold a run waits for its approval as any order does.
func TestARunAboveTheThresholdWaitsForItsApproval(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	limit(t, x, x.School, func(in *pb.SetSpendingLimitRequest) { in.ApprovalAboveFen = 1 })
	s := stands(t, x, x.School, x.Offer(t, testkit.OfferOptions{}), nil)
	daysOn(t, x, c, 0)
	wantState(t, orderOf(t, x, runsOf(t, x, s.GetId())[0].GetOrderId()), pb.OrderState_ORDER_STATE_PENDING_APPROVAL)
	x.CheckInvariants(t)
}

// Where it follows the product, a run takes the oldest open offer that has enough,
// and says so where there is none.
func TestAStandingOrderThatFollowsTakesTheOldestOpenOfferThatHasEnough(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	first := x.Offer(t, testkit.OfferOptions{Units: 15, AnnualUnits: 100, AutoConfirm: true})
	again := testkit.Must[*pb.CreateOfferResponse](t, x.Cooperative, &pb.CreateOfferRequest{
		ProductId: first.GetProductId(), CertificateId: first.GetCertificateId(), Quantity: 15_000, PriceBasis: first.GetPriceBasis(), PriceFen: 6100,
		SeasonFrom: first.GetSeasonFrom(), SeasonTo: first.GetSeasonTo(), AutoConfirm: true,
	}).GetOffer()
	testkit.Must[*pb.PublishOfferResponse](t, x.Cooperative, &pb.PublishOfferRequest{Id: again.GetId()})
	s := stands(t, x, x.Hospital, first, func(in *pb.SetStandingOrderRequest) { in.Follow = true })
	fixed := stands(t, x, x.School, first, func(in *pb.SetStandingOrderRequest) { in.FirstRun = string(x.Today().Plus(7)) })
	daysOn(t, x, c, 0)
	daysOn(t, x, c, 7)
	for _, o := range []*pb.Offer{first, again} {
		testkit.Must[*pb.WithdrawOfferResponse](t, x.Cooperative, &pb.WithdrawOfferRequest{Id: o.GetId()})
	}
	daysOn(t, x, c, 7)
	runs := runsOf(t, x, s.GetId())
	for i, o := range []*pb.Offer{first, again} {
		got := testkit.Must[*pb.GetOrderResponse](t, x.Hospital, &pb.GetOrderRequest{Id: runs[i].GetOrderId()}).GetOrder().GetOfferId()
		if got != o.GetId() {
			t.Errorf("run %d is on %s, want %s", i+1, got, o.GetId())
		}
	}
	wantRun(t, runs[2], ranDenied, fault.StandingNoOffer)
	wantRun(t, runsOf(t, x, fixed.GetId())[0], ranDenied, fault.StockShort)
	wantRun(t, runsOf(t, x, fixed.GetId())[1], ranDenied, fault.WrongState)
	x.CheckInvariants(t)
}

// Days that passed while no server was up are missed, each with a row, and the last
// of them is made; after the end none is.
func TestRunsOfADownTimeAreMissedButTheLast(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, func(s *server.Config) { s.Now, s.JobPoll = c.Now, time.Hour })
	offer := x.Offer(t, testkit.OfferOptions{})
	s := stands(t, x, x.Hospital, offer, nil)
	over := stands(t, x, x.Hospital, offer, func(in *pb.SetStandingOrderRequest) { in.Until = string(x.Today().Plus(8)) })
	daysOn(t, x, c, 16)
	runs := runsOf(t, x, s.GetId())
	if len(runs) != 3 || runs[2].GetMadeOn() != string(x.Today()) || runs[2].GetPlanned() != string(x.Today().Plus(-2)) {
		t.Fatalf("%v", runs)
	}
	wantRun(t, runs[0], ranMissed, fault.StandingMissed)
	wantRun(t, runs[1], ranMissed, fault.StandingMissed)
	wantRun(t, runs[2], ranOrdered, "")
	for _, r := range runsOf(t, x, over.GetId()) {
		wantRun(t, r, ranMissed, fault.StandingMissed)
	}
	if got := standingOf(t, x, over.GetId()); got.GetState() != pb.StandingOrderState_STANDING_ORDER_STATE_ENDED || got.GetRuns() != 2 {
		t.Errorf("%v", got)
	}
	x.CheckInvariants(t)
}

// Paused it orders nothing; resumed it goes on from that day; amended it orders by
// its new terms; cancelled it is over.
func TestAStandingOrderIsPausedResumedAmendedAndCancelled(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	offer := x.Offer(t, testkit.OfferOptions{})
	s := stands(t, x, x.Hospital, offer, nil)
	forgotten := stands(t, x, x.Hospital, offer, func(in *pb.SetStandingOrderRequest) { in.Until = string(x.Today().Plus(20)) })
	daysOn(t, x, c, 0)
	pause := func(id string) *pb.StandingOrder {
		return testkit.Must[*pb.PauseStandingOrderResponse](t, x.Hospital, &pb.PauseStandingOrderRequest{Id: id, Reason: "x"}).GetStandingOrder()
	}
	if got := pause(s.GetId()); got.GetNextRun() != "" || got.GetState() != pb.StandingOrderState_STANDING_ORDER_STATE_PAUSED {
		t.Errorf("%v", got)
	}
	pause(forgotten.GetId())
	daysOn(t, x, c, 8)
	if got := standingOf(t, x, s.GetId()); got.GetRuns() != 1 {
		t.Errorf("a run in the pause: %v", got)
	}
	resumed := testkit.Must[*pb.ResumeStandingOrderResponse](t, x.Hospital, &pb.ResumeStandingOrderRequest{Id: s.GetId()}).GetStandingOrder()
	if resumed.GetNextRun() != string(x.Today().Plus(6)) {
		t.Errorf("%v", resumed)
	}
	amended := testkit.Must[*pb.AmendStandingOrderResponse](t, x.Hospital, &pb.AmendStandingOrderRequest{
		Id: s.GetId(), Quantity: 5000, Recurrence: &pb.Recurrence{EveryDays: 2}, CapQuantity: 50_000,
	}).GetStandingOrder()
	if amended.GetNextRun() != resumed.GetNextRun() || amended.GetQuantity() != 5000 {
		t.Errorf("%v", amended)
	}
	daysOn(t, x, c, 6)
	daysOn(t, x, c, 2)
	if got := standingOf(t, x, s.GetId()); got.GetRuns() != 3 || got.GetOrderedQuantity() != 20_000 {
		t.Errorf("%v", got)
	}
	testkit.Must[*pb.CancelStandingOrderResponse](t, x.Hospital, &pb.CancelStandingOrderRequest{Id: s.GetId(), Reason: "x"})
	daysOn(t, x, c, 7)
	if got := standingOf(t, x, s.GetId()); got.GetRuns() != 3 || got.GetState() != pb.StandingOrderState_STANDING_ORDER_STATE_CANCELLED {
		t.Errorf("%v", got)
	}
	if got := standingOf(t, x, forgotten.GetId()); got.GetState() != pb.StandingOrderState_STANDING_ORDER_STATE_ENDED {
		t.Errorf("a pause beyond the end: %v", got)
	}
	x.CheckInvariants(t)
}

// Each wrong step has its code, on both protocols, and changes nothing.
func TestWrongStepsOfStandingOrdersChangeNothing(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	offer := x.Offer(t, testkit.OfferOptions{})
	later := func(in *pb.SetStandingOrderRequest) { in.FirstRun = string(x.Today().Plus(1)) }
	s := stands(t, x, x.Hospital, offer, later)
	before := x.Rows(t)
	wrong := func(change func(*pb.SetStandingOrderRequest)) *pb.SetStandingOrderRequest {
		return standing(x, offer, change)
	}
	wantBoth(t, x.Hospital, wrong(func(in *pb.SetStandingOrderRequest) { in.Until = "" }), fault.StandingUnbounded)
	wantBoth(t, x.Hospital, wrong(func(in *pb.SetStandingOrderRequest) { in.CapQuantity = 0 }), fault.StandingUnbounded)
	wantBoth(t, x.Hospital, wrong(func(in *pb.SetStandingOrderRequest) { in.CapQuantity = 9000 }), fault.StandingInvalid)
	wantBoth(t, x.Hospital, wrong(func(in *pb.SetStandingOrderRequest) { in.Recurrence.DayOfMonth = 3 }), fault.StandingInvalid)
	wantBoth(t, x.Hospital, wrong(func(in *pb.SetStandingOrderRequest) { in.FirstRun = "2020-01-01" }), fault.DatesInvalid)
	wantBoth(t, x.Hospital, wrong(func(in *pb.SetStandingOrderRequest) { in.Until = string(x.Today().Plus(800)) }), fault.DatesInvalid)
	wantBoth(t, x.Hospital, wrong(func(in *pb.SetStandingOrderRequest) { in.Quantity = 1500 }), fault.QuantityNotMultiple)
	wantBoth(t, x.Cooperative, wrong(nil), fault.RoleMissing)
	wantBoth(t, x.School, &pb.CancelStandingOrderRequest{Id: s.GetId(), Reason: "x"}, fault.ResourceNotFound)
	wantBoth(t, x.BuyerSecretary, &pb.PauseStandingOrderRequest{Id: s.GetId(), Reason: "x"}, fault.NotYourOwn)
	wantBoth(t, x.Hospital, &pb.ResumeStandingOrderRequest{Id: s.GetId()}, fault.WrongState)
	other := x.Offer(t, testkit.OfferOptions{})
	wantBoth(t, x.Hospital, &pb.AmendStandingOrderRequest{Id: s.GetId(), OfferId: other.GetId()}, fault.StandingInvalid)
	for _, field := range []string{"payer_member_id", "donation_fen", "pair_tags"} {
		a, err := x.Hospital.HTTP(t.Context(), http.MethodPost, "/v1/standingOrders", `{"`+field+`": "1"}`, nil)
		if err != nil || a.Code() != fault.UnknownField {
			t.Errorf("%s: %s, %v", field, a.Code(), err)
		}
	}
	after := x.Rows(t)
	for _, table := range []string{"standing_orders", "standing_runs", "orders"} {
		if before[table] != after[table] {
			t.Errorf("%s had %d rows and has %d", table, before[table], after[table])
		}
	}
	x.CheckInvariants(t)
}

// Runs of two servers, pauses, cancellations, orders and withdrawn offers at once, in
// random order: never oversold, no run and no order twice.
func TestRandomRunsPausesAndOfferChangesNeverOversellOrRunTwice(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	y := x.Second(t)
	offers := []*pb.Offer{x.Offer(t, testkit.OfferOptions{Units: 60}), x.Offer(t, testkit.OfferOptions{Units: 30})}
	var all []*pb.StandingOrder
	for i := range 8 {
		all = append(all, stands(t, x, x.Hospital, offers[i%2], func(in *pb.SetStandingOrderRequest) {
			in.Recurrence = &pb.Recurrence{EveryDays: 1}
			in.Follow, in.TakeShort, in.Quantity = i%3 == 0, i%2 == 0, (rand.Int64N(4)+1)*1000
		}))
	}
	var wg sync.WaitGroup
	for n, p := range []*testkit.Person{x.Hospital, y.Hospital, x.School, y.School} {
		wg.Go(func() {
			for i := range 10 {
				s, offer := all[rand.IntN(len(all))], offers[rand.IntN(2)]
				in := []proto.Message{
					&pb.PauseStandingOrderRequest{Id: s.GetId(), Reason: "x"}, &pb.ResumeStandingOrderRequest{Id: s.GetId()},
					&pb.AmendStandingOrderRequest{Id: s.GetId(), Quantity: (rand.Int64N(4) + 1) * 1000},
					&pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000}, &pb.ResumeStandingOrderRequest{Id: s.GetId()},
				}[rand.IntN(5)]
				_ = testkit.Try(t.Context(), p, in) // many are refused
				if n == 0 && i%2 == 0 {
					c.ahead.Add(int64(24 * time.Hour))
				}
				if i == 7 && n == 1 {
					_ = testkit.Try(t.Context(), p, &pb.CancelStandingOrderRequest{Id: all[0].GetId(), Reason: "x"})
					_ = testkit.Try(t.Context(), x.Cooperative, &pb.PauseOfferRequest{Id: offers[1].GetId()})
				}
				for _, e := range []*testkit.Exchange{x, y} {
					if err := e.App.DoJobs(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	daysOn(t, x, c, 1)
	for _, s := range all {
		planned := map[string]bool{}
		for _, r := range runsOf(t, x, s.GetId()) {
			if planned[r.GetPlanned()] {
				t.Errorf("%s twice of %s", r.GetPlanned(), s.GetId())
			}
			planned[r.GetPlanned()] = true
		}
	}
	x.CheckInvariants(t)
}

// Servers are killed with -9 while runs are made, and started again: each run is made
// once, as if nothing had happened.
func TestServersKilledWhileRunsAreMadeMakeEachOnce(t *testing.T) {
	c := &clock{}
	c.ahead.Store(int64(-24 * time.Hour))
	key := ""
	x := testkit.New(t, func(s *server.Config) {
		key, s.SigningKey, s.Now, s.JobPoll = s.SigningKey, "", c.Now, time.Hour
	})
	program := filepath.Join(t.TempDir(), "sushaand")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/sushaan/exchange/cmd/sushaand").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	var all []string
	for range 30 {
		all = append(all, stands(t, x, x.Hospital, x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), func(in *pb.SetStandingOrderRequest) {
			in.FirstRun = string(x.Today().Plus(1)) // by the clock on the wall it is due
		}).GetId())
	}
	p := &process{t: t, program: program, env: []string{"SUSHAAND_DATABASE_URL=" + x.Config.DatabaseURL}}
	// Each begins on ports of its own: what connected to one that was killed may have its port.
	args := func() []string {
		return []string{
			"serve", "--tls-cert", x.Config.TLSCert, "--tls-key", x.Config.TLSKey, "--signing-key", key, "--job-poll", "20ms", "--job-lease", "300ms",
			"--job-batch", "1", "--grpc-addr", freeAddress(t), "--http-addr", freeAddress(t), "--metrics-addr", "", "--log-level", "error",
		}
	}
	made := func() (n int) {
		for _, id := range all {
			n += int(standingOf(t, x, id).GetRuns())
		}
		return n
	}
	for _, enough := range []int{1, 6, 14, 22, len(all)} {
		p.args = args()
		p.start()
		eventually(t, func() bool { return made() >= enough })
		p.kill()
	}
	for _, id := range all {
		runs := runsOf(t, x, id)
		if len(runs) != 1 || runs[0].GetState() != ranOrdered {
			t.Errorf("%v", runs)
		}
	}
	if n := len(standingOrders(t, x.Hospital)); n != len(all) {
		t.Errorf("%d orders of %d standing orders", n, len(all))
	}
	x.CheckInvariants(t)
}

// The check finds an order without its run, a run without its order, and counts, caps
// and days that do not fit.
func TestTheCheckFindsRunsAndStandingOrdersThatDoNotFit(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	s := stands(t, x, x.Hospital, x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), nil)
	daysOn(t, x, c, 0)
	x.CheckInvariants(t)
	run := runsOf(t, x, s.GetId())[0]
	order := "'" + run.GetOrderId()[3:] + "'"
	for _, broken := range []struct{ sql, back, want string }{
		{"UPDATE standing_runs SET order_id = NULL", "UPDATE standing_runs SET order_id = " + order, "is of a standing order, and 0 runs"},
		{"UPDATE standing_runs SET ordered = 9000", "UPDATE standing_runs SET ordered = 10000", "is of a standing order, and 0 runs"},
		{"UPDATE standing_runs SET state = 'DENIED'", "UPDATE standing_runs SET state = 'ORDERED'", "is DENIED and its order"},
		{"UPDATE standing_runs SET made_on = ''", "UPDATE standing_runs SET made_on = '" + run.GetMadeOn() + "'", "is ORDERED and its order"},
		{"UPDATE standing_orders SET runs = 2", "UPDATE standing_orders SET runs = 1", "it counts 2 runs"},
		{"UPDATE standing_orders SET ordered_fen = ordered_fen + 1", "UPDATE standing_orders SET ordered_fen = ordered_fen - 1", "it counts 1 runs"},
		{"UPDATE standing_orders SET cap_quantity = 5000", "UPDATE standing_orders SET cap_quantity = 100000", "it counts 1 runs"},
		{"UPDATE standing_orders SET next_run = last_run", "UPDATE standing_orders SET next_run = '" + string(x.Today().Plus(7)) + "'", "next on " + run.GetPlanned()},
		{"UPDATE standing_orders SET state = 'PAUSED'", "UPDATE standing_orders SET state = 'ACTIVE'", "is PAUSED, next on"},
	} {
		testkit.Exec(t, x.Config.DatabaseURL, broken.sql)
		wantViolation(t, x, broken.want)
		testkit.Exec(t, x.Config.DatabaseURL, broken.back)
	}
	x.CheckInvariants(t)
}

func watchedRuns(t *testing.T, x *testkit.Exchange) watched {
	client := pb.NewStandingOrderServiceClient(x.Conn())
	offer := x.Offer(t, testkit.OfferOptions{})
	return watched{"WatchStandingRuns", func(ctx context.Context, p *testkit.Person) (func() (bool, error), error) {
		s, err := client.WatchStandingRuns(p.Context(ctx), &pb.WatchStandingRunsRequest{})
		return func() (bool, error) {
			m, err := s.Recv()
			return m.GetEvent() != nil, err
		}, err
	}, func() {
		stands(t, x, x.School, offer, nil)
		if err := x.App.DoJobs(t.Context()); err != nil {
			t.Error(err)
		}
	}}
}

func matrixStandings(t *testing.T, x *testkit.Exchange) []proto.Message {
	t.Helper()
	offer := x.Offer(t, testkit.OfferOptions{})
	later := func(in *pb.SetStandingOrderRequest) { in.FirstRun = string(x.Today().Plus(9)) }
	s, paused := stands(t, x, x.School, offer, later).GetId(), stands(t, x, x.School, offer, later).GetId()
	testkit.Must[*pb.PauseStandingOrderResponse](t, x.School, &pb.PauseStandingOrderRequest{Id: paused, Reason: "x"})
	ran := stands(t, x, x.School, offer, nil).GetId()
	if err := x.App.DoJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return standingOf(t, x, ran).GetRuns() == 1 })
	again := standing(x, offer, later)
	again.DryRun = true
	return []proto.Message{
		again, &pb.GetStandingOrderRequest{Id: s}, &pb.ListStandingOrdersRequest{}, &pb.ListStandingRunsRequest{},
		&pb.AmendStandingOrderRequest{DryRun: true, Id: s, Quantity: 2000}, &pb.ResumeStandingOrderRequest{DryRun: true, Id: paused},
		&pb.PauseStandingOrderRequest{DryRun: true, Id: s, Reason: "x"}, &pb.CancelStandingOrderRequest{DryRun: true, Id: ran, Reason: "x"},
	}
}
