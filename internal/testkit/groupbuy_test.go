package testkit_test

import (
	"context"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

// gather opens a group on an offer until in an hour of the clock.
func gather(t *testing.T, p *testkit.Person, c *clock, offer *pb.Offer, minimum int64) *pb.GroupBuy {
	t.Helper()
	return testkit.Must[*pb.OpenGroupBuyResponse](t, p, &pb.OpenGroupBuyRequest{
		OfferId: offer.GetId(), Title: "together", MinimumQuantity: minimum * 1000, CloseTime: timestamppb.New(c.Now().Add(time.Hour)),
	}).GetGroupBuy()
}

func joins(t *testing.T, p *testkit.Person, g *pb.GroupBuy, units int64) *pb.GroupJoin {
	t.Helper()
	return testkit.Must[*pb.JoinGroupBuyResponse](t, p, &pb.JoinGroupBuyRequest{Id: g.GetId(), Quantity: units * 1000}).GetJoin()
}

func heldOn(t *testing.T, x *testkit.Exchange, o *pb.Offer) int64 {
	t.Helper()
	return testkit.Must[*pb.GetOfferResponse](t, x.Cooperative, &pb.GetOfferRequest{Id: o.GetId()}).GetOffer().GetTakenQuantity() / 1000
}

func groupOf(t *testing.T, x *testkit.Exchange, g *pb.GroupBuy) *pb.GroupBuy {
	t.Helper()
	return testkit.Must[*pb.GetGroupBuyResponse](t, x.Auditor, &pb.GetGroupBuyRequest{Id: g.GetId()}).GetGroupBuy()
}

// The secretariat organises, members join, one leaves; at the closing each of the
// others has one order in the ledger, and a closing that is done again makes none.
func TestAGroupThatReachesItsMinimumOrdersOnceForEachMember(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
	g := gather(t, x.BuyerSecretary, c, offer, 50)
	joins(t, x.School, g, 30)
	joins(t, x.People["jiangsu-military-buyer"], g, 5)
	part := joins(t, x.Hospital, g, 20)
	testkit.Must[*pb.LeaveGroupBuyResponse](t, x.People["jiangsu-military-buyer"], &pb.LeaveGroupBuyRequest{Id: g.GetId()})
	if taken := heldOn(t, x, offer); taken != 50 || groupOf(t, x, g).GetMembers() != 2 {
		t.Errorf("%d are held for %v", taken, groupOf(t, x, g))
	}
	x.CheckInvariants(t)
	for range 2 {
		closes(t, x, c)
		_, id, _ := strings.Cut(g.GetId(), "-")
		putJob(t, x, exchange.Job{Home: exchange.Shaanxi, Kind: exchange.CloseGroups, Subject: uuid.MustParse(id), Due: c.Now()}) // as if the server had died before it finished the job
	}
	if g = groupOf(t, x, g); g.GetState() != pb.GroupBuyState_GROUP_BUY_STATE_ORDERED || heldOn(t, x, offer) != 50 {
		t.Errorf("%v, %d are taken", g, heldOn(t, x, offer))
	}
	for p, units := range map[*testkit.Person]int64{x.School: 30, x.Hospital: 20} {
		orders := testkit.Must[*pb.ListOrdersResponse](t, p, &pb.ListOrdersRequest{}).GetOrders()
		if len(orders) != 1 || orders[0].GetQuantity() != units*1000 || orders[0].GetWay() != pb.Way_WAY_GROUP || !strings.HasSuffix(g.GetId(), orders[0].GetWayId()) {
			t.Errorf("%s has %v", p.Name, orders)
			continue
		}
		if txs := testkit.Must[*pb.ListTransactionsResponse](t, p, &pb.ListTransactionsRequest{OrderId: orders[0].GetId()}).GetTransactions(); len(txs) != 1 {
			t.Errorf("%d transactions", len(txs))
		}
	}
	mine := testkit.Must[*pb.ListGroupJoinsResponse](t, x.Hospital, &pb.ListGroupJoinsRequest{GroupId: g.GetId()}).GetJoins()
	if len(mine) != 1 || mine[0].GetId() != part.GetId() || mine[0].GetState() != pb.JoinState_JOIN_STATE_ORDERED || mine[0].GetOrderId() == "" {
		t.Errorf("the hospital reads %v", mine)
	}
	x.CheckInvariants(t)
}

// Not reached, cancelled, or short of its minimum without those whom policy refuses
// at the closing: everything is released, and the refused are told why.
func TestAGroupThatMissesItsMinimumReleasesEverything(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	offer := x.Offer(t, testkit.OfferOptions{})
	missed, cancelled, refused, without := gather(t, x.School, c, offer, 40), gather(t, x.School, c, offer, 1), gather(t, x.School, c, offer, 20), gather(t, x.School, c, offer, 5)
	joins(t, x.School, missed, 10)
	joins(t, x.School, cancelled, 10)
	for _, g := range []*pb.GroupBuy{refused, without} {
		joins(t, x.School, g, 10)
		joins(t, x.Hospital, g, 10)
	}
	testkit.Must[*pb.CancelGroupBuyResponse](t, x.School, &pb.CancelGroupBuyRequest{Id: cancelled.GetId(), Reason: "x"})
	testkit.Must[*pb.SuspendMemberResponse](t, x.BuyerSecretary, &pb.SuspendMemberRequest{Id: x.Hospital.Member, Reason: "x"})
	closes(t, x, c)
	for g, want := range map[*pb.GroupBuy]pb.GroupBuyState{
		missed: pb.GroupBuyState_GROUP_BUY_STATE_MISSED, cancelled: pb.GroupBuyState_GROUP_BUY_STATE_CANCELLED,
		refused: pb.GroupBuyState_GROUP_BUY_STATE_MISSED, without: pb.GroupBuyState_GROUP_BUY_STATE_ORDERED,
	} {
		if got := groupOf(t, x, g); got.GetState() != want || got.GetJoinedQuantity() != 0 {
			t.Errorf("%v, want %s", got, want)
		}
	}
	if taken := heldOn(t, x, offer); taken != 10 {
		t.Errorf("%d are taken, want the one order's 10", taken)
	}
	denied := testkit.Must[*pb.ListGroupJoinsResponse](t, x.BuyerSecretary, &pb.ListGroupJoinsRequest{State: pb.JoinState_JOIN_STATE_DENIED}).GetJoins()
	if len(denied) != 2 || denied[0].GetStateReason() == "" {
		t.Errorf("refused: %v", denied)
	}
	x.CheckInvariants(t)
}

// Each wrong step has its code, on both protocols, and changes nothing.
func TestWrongStepsOfGroupsChangeNothing(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	offer := x.Offer(t, testkit.OfferOptions{Units: 20})
	g := gather(t, x.School, c, offer, 10)
	joins(t, x.School, g, 15)
	before := x.Rows(t)
	join := func(units int64) *pb.JoinGroupBuyRequest {
		return &pb.JoinGroupBuyRequest{Id: g.GetId(), Quantity: units * 1000}
	}
	open := &pb.OpenGroupBuyRequest{OfferId: offer.GetId(), Title: "x", MinimumQuantity: 99_000, CloseTime: timestamppb.New(c.Now().Add(time.Hour))}
	wantBoth(t, x.School, open, fault.GroupInvalid)
	wantBoth(t, x.School, join(1), fault.AlreadyExists)
	wantBoth(t, x.Hospital, join(6), fault.StockShort)
	wantBoth(t, x.Hospital, &pb.JoinGroupBuyRequest{Id: g.GetId(), Quantity: 1500}, fault.QuantityNotMultiple)
	wantBoth(t, x.Hospital, &pb.LeaveGroupBuyRequest{Id: g.GetId()}, fault.ResourceNotFound)
	wantBoth(t, x.Hospital, &pb.CancelGroupBuyRequest{Id: g.GetId(), Reason: "x"}, fault.NotYourOwn)
	wantBoth(t, x.BuyerSecretary, join(1), fault.RoleMissing)
	wantBoth(t, x.People["shaanxi-school-buyer"], join(1), fault.ResourceNotFound)
	if after := x.Rows(t); !sameButLogged(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
	c.ahead.Add(int64(time.Hour + time.Minute))
	for range 2 { // its time is over, whether or not it is closed
		wantBoth(t, x.Hospital, join(1), fault.GroupClosed)
		wantBoth(t, x.School, &pb.LeaveGroupBuyRequest{Id: g.GetId()}, fault.GroupClosed)
		if err := x.App.DoJobs(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantBoth(t, x.School, &pb.CancelGroupBuyRequest{Id: g.GetId(), Reason: "x"}, fault.WrongState)
	x.CheckInvariants(t)
}

// Joins, leaves, spot orders, cancellations and closings at once, in random order:
// never oversold, no order twice, nothing held after the end.
func TestRandomJoinsLeavesOrdersAndClosingsNeverOversellOrHold(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, c.into)
	y := x.Second(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 40})
	var groups []*pb.GroupBuy
	for range 4 {
		groups = append(groups, gather(t, x.School, c, offer, rand.Int64N(12)+1))
	}
	people := []*testkit.Person{x.School, x.Hospital, x.People["jiangsu-military-buyer"], y.School, y.Hospital}
	var wg sync.WaitGroup
	for n, p := range people {
		wg.Go(func() {
			for range 12 {
				g := groups[rand.IntN(len(groups))]
				in := []proto.Message{
					&pb.JoinGroupBuyRequest{Id: g.GetId(), Quantity: (rand.Int64N(8) + 1) * 1000}, &pb.JoinGroupBuyRequest{Id: g.GetId(), Quantity: 1000},
					&pb.LeaveGroupBuyRequest{Id: g.GetId()}, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000},
				}[rand.IntN(4)]
				_ = testkit.Try(t.Context(), p, in) // most are refused, sooner or later
			}
			if n == 0 {
				c.ahead.Add(int64(time.Hour + time.Minute))
			}
			for _, s := range []*testkit.Exchange{x, y} {
				if err := s.App.DoJobs(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	c.ahead.Add(int64(time.Hour))
	if err := x.App.DoJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		if got := groupOf(t, x, g); got.GetState() == pb.GroupBuyState_GROUP_BUY_STATE_OPEN || got.GetJoinedQuantity() != 0 {
			t.Errorf("after its end: %v", got)
		}
	}
	x.CheckInvariants(t)
}

// A server that is started again may let fewer members into a group, and fewer quotes
// on a demand, than were let in before. It closes all that is there.
func TestAServerThatLetsFewerInClosesAllThatIsThere(t *testing.T) {
	c := &clock{}
	x := withClock(t, c)
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
	reached, cancelled, left := gather(t, x.School, c, offer, 30), gather(t, x.School, c, offer, 1), gather(t, x.School, c, offer, 1)
	for _, g := range []*pb.GroupBuy{reached, cancelled, left} {
		for _, p := range []*testkit.Person{x.School, x.Hospital, x.People["jiangsu-military-buyer"]} {
			joins(t, p, g, 10)
		}
	}
	d := post(t, x, c, 100)
	first, second := suppliers(t, x, 200)
	first.quotes(t, d.Demand, 60, 6200)
	second.quotes(t, d.Demand, 80, 5900)

	y := x.Second(t, func(s *server.Config) { s.GroupMembers, s.DemandQuotes = 1, 1 })
	testkit.Must[*pb.CancelGroupBuyResponse](t, y.School, &pb.CancelGroupBuyRequest{Id: cancelled.GetId(), Reason: "x"})
	for _, p := range []*testkit.Person{y.School, y.Hospital, y.People["jiangsu-military-buyer"]} {
		testkit.Must[*pb.LeaveGroupBuyResponse](t, p, &pb.LeaveGroupBuyRequest{Id: left.GetId()})
	}
	closes(t, y, c)
	if got := groupOf(t, x, reached); got.GetState() != pb.GroupBuyState_GROUP_BUY_STATE_ORDERED || heldOn(t, x, offer) != 30 {
		t.Errorf("%v, %d are taken, want the 30 of its three members", got, heldOn(t, x, offer))
	}
	if n := len(d.opened(t, y)); n != 2 {
		t.Errorf("%d quotes are opened of two that stood", n)
	}
	x.CheckInvariants(t)
}

// Servers are killed with -9 while groups and demands close, and started again: all
// of them end as if nothing had happened, with one order a member.
func TestServersKilledWhileGroupsAndDemandsCloseEndTheSame(t *testing.T) {
	key := ""
	c := &clock{}
	x := testkit.New(t, func(s *server.Config) { key, s.SigningKey = s.SigningKey, "" })
	program := filepath.Join(t.TempDir(), "sushaand")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/sushaan/exchange/cmd/sushaand").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	var offers [12]string
	begin := time.Now()
	for i := range offers {
		offers[i] = x.Offer(t, testkit.OfferOptions{AutoConfirm: true}).GetId()
	}
	// None may close before all are joined, on a slow machine either.
	at := timestamppb.New(time.Now().Add(max(10*time.Second, 4*time.Since(begin))))
	var groups []*pb.GroupBuy
	var demands []string
	for _, offer := range offers {
		g := testkit.Must[*pb.OpenGroupBuyResponse](t, x.School, &pb.OpenGroupBuyRequest{
			OfferId: offer, Title: "x", MinimumQuantity: 2000, CloseTime: at,
		}).GetGroupBuy()
		joins(t, x.School, g, 1)
		joins(t, x.Hospital, g, 1)
		groups = append(groups, g)
		_, in := demandOf(t, x, c, 3)
		in.CloseTime = at
		demands = append(demands, testkit.Must[*pb.PostDemandResponse](t, x.School, in).GetDemand().GetId())
	}
	if time.Now().After(at.AsTime()) {
		t.Log("the machine was slow: some closed before a server was killed")
	}
	if err := x.Stop(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, program: program, env: []string{"SUSHAAND_DATABASE_URL=" + x.Config.DatabaseURL}, args: []string{
		"serve", "--tls-cert", x.Config.TLSCert, "--tls-key", x.Config.TLSKey, "--signing-key", key, "--job-poll", "20ms", "--job-lease", "300ms", "--job-batch", "1",
		"--grpc-addr", "127.0.0.1:0", "--http-addr", "127.0.0.1:0", "--metrics-addr", "", "--log-level", "error",
	}}
	time.Sleep(max(0, time.Until(at.AsTime())))
	for range *kills {
		p.start()
		time.Sleep(300*time.Millisecond + rand.N(500*time.Millisecond))
		p.kill()
	}
	y := x.Second(t)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		open := testkit.Must[*pb.ListGroupBuysResponse](t, y.School, &pb.ListGroupBuysRequest{State: pb.GroupBuyState_GROUP_BUY_STATE_OPEN}).GetGroupBuys()
		asked := testkit.Must[*pb.ListDemandsResponse](t, y.School, &pb.ListDemandsRequest{State: pb.DemandState_DEMAND_STATE_OPEN}).GetDemands()
		if len(open)+len(asked) == 0 {
			break
		}
	}
	for _, g := range groups {
		if got := groupOf(t, y, g); got.GetState() != pb.GroupBuyState_GROUP_BUY_STATE_ORDERED {
			t.Errorf("%v", got)
		}
	}
	for _, id := range demands {
		if got := testkit.Must[*pb.GetDemandResponse](t, y.School, &pb.GetDemandRequest{Id: id}).GetDemand(); got.GetState() != pb.DemandState_DEMAND_STATE_CLOSED {
			t.Errorf("%v", got)
		}
	}
	for _, p := range []*testkit.Person{y.School, y.Hospital} {
		if n := len(testkit.Must[*pb.ListOrdersResponse](t, p, &pb.ListOrdersRequest{PageSize: 100}).GetOrders()); n != len(groups) {
			t.Errorf("%s has %d orders of %d groups", p.Name, n, len(groups))
		}
	}
	y.CheckInvariants(t)
}

func putJob(t *testing.T, x *testkit.Exchange, j exchange.Job) {
	t.Helper()
	err := x.Store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.InsertJob(ctx, j) })
	if err != nil {
		t.Fatal(err)
	}
}

func matrixGroups(t *testing.T, x *testkit.Exchange) []proto.Message {
	t.Helper()
	c := &clock{}
	offer := x.Offer(t, testkit.OfferOptions{})
	g := gather(t, x.School, c, offer, 5)
	joins(t, x.School, g, 1)
	return []proto.Message{
		&pb.OpenGroupBuyRequest{DryRun: true, OfferId: offer.GetId(), Title: "x", MinimumQuantity: 1000, CloseTime: timestamppb.New(c.Now().Add(time.Hour))},
		&pb.GetGroupBuyRequest{Id: g.GetId()}, &pb.ListGroupBuysRequest{}, &pb.JoinGroupBuyRequest{DryRun: true, Id: g.GetId(), Quantity: 1000},
		&pb.LeaveGroupBuyRequest{DryRun: true, Id: g.GetId()}, &pb.ListGroupJoinsRequest{}, &pb.CancelGroupBuyRequest{DryRun: true, Id: g.GetId(), Reason: "x"},
	}
}
