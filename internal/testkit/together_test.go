package testkit_test

import (
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
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
	"github.com/sushaan/exchange/internal/testkit"
)

var (
	meetings    = flag.Int("meetings", 2, "how often all ways of buying meet on the same offers")
	meetingSeed = flag.Uint64("meeting-seed", 0, "which steps are taken when they meet; 0: others each time")
)

// Groups, approvals, contracts, awards, standing orders and spot orders meet on two
// offers of one certificate and on one budget, from callers at two servers, while
// time passes and jobs are done. After each bout what is taken of every offer is what
// orders and groups hold, nothing was ordered twice and no budget is passed; when all
// has ended nothing is held any more.
func TestWhateverWaysOfBuyingMeetNothingIsOversoldDoubledOrLeftReserved(t *testing.T) {
	for range *meetings {
		seed := *meetingSeed
		if seed == 0 {
			seed = rand.Uint64()
		}
		t.Run("", func(t *testing.T) {
			t.Logf("-meeting-seed %d", seed)
			m := newMarket(t)
			for bout := range 3 {
				m.meet(seed + uint64(bout))
				m.whole()
			}
			m.end(rand.New(rand.NewPCG(seed, 0)))
			m.whole()
			m.over()
		})
	}
}

// budget is what the school may order for in a month, in sales units, and alone how
// many need no second person.
const budget, threshold = 25, 3

// market is what the callers have between them.
type market struct {
	t         *testing.T
	c         *clock
	x, y      *testkit.Exchange
	offers    []*pb.Offer
	groups    map[string]string // the offer of each group
	contracts []string
	standings []string
	demands   []string
	lines     map[string]*pb.AwardLine // by demand

	mu      sync.Mutex
	ordered map[pb.Way]map[string]string // the request, by each order that answered one
	granted map[string]int               // by kind of request
}

func newMarket(t *testing.T) *market {
	t.Helper()
	m := &market{
		t: t, c: &clock{}, groups: map[string]string{}, lines: map[string]*pb.AwardLine{}, ordered: map[pb.Way]map[string]string{}, granted: map[string]int{},
	}
	m.x = withClock(t, m.c)
	m.y = m.x.Second(t)
	x := m.x
	first := x.Offer(t, testkit.OfferOptions{Units: 35, AnnualUnits: 320, AutoConfirm: true})
	second := testkit.Must[*pb.CreateOfferResponse](t, x.Cooperative, &pb.CreateOfferRequest{
		ProductId: first.GetProductId(), CertificateId: first.GetCertificateId(), Quantity: 20_000, PriceBasis: first.GetPriceBasis(),
		PriceFen: first.GetPriceFen(), SeasonFrom: first.GetSeasonFrom(), SeasonTo: first.GetSeasonTo(),
	}).GetOffer()
	testkit.Must[*pb.PublishOfferResponse](t, x.Cooperative, &pb.PublishOfferRequest{Id: second.GetId()})
	m.offers = []*pb.Offer{first, second}
	for _, season := range []int{4, seasonDays} {
		m.contracts = append(m.contracts, signed(t, x, func(r *pb.ProposeContractRequest) {
			withDeposit(r)
			r.ProductId, r.CertificateId, r.SeasonTo = first.GetProductId(), first.GetCertificateId(), string(x.Today().Plus(season))
			r.Schedule = []*pb.Delivery{{Day: r.GetSeasonTo(), Quantity: 100_000}}
		}).GetId())
	}
	for i, hours := range []time.Duration{1, 12, 24, 40, 60, 80} {
		m.group(hours*time.Hour, int64(1+i))
		if i%2 == 0 {
			m.demand(hours * time.Hour)
		}
	}
	for i := range 4 {
		m.standings = append(m.standings, stands(t, x, []*testkit.Person{x.Hospital, x.School}[i%2], m.offers[i/2], func(in *pb.SetStandingOrderRequest) {
			in.Recurrence, in.Quantity = &pb.Recurrence{EveryDays: int32(1 + i%3)}, int64(i+1)*1000
			in.Follow, in.TakeShort = i == 1, i == 2
		}).GetId())
	}
	limit(t, x, x.School, func(in *pb.SetSpendingLimitRequest) {
		in.PerMonthFen, in.ApprovalAboveFen = budget*first.GetPriceFen(), threshold*first.GetPriceFen()
	})
	m.begin()
	return m
}

func (m *market) group(after time.Duration, minimum int64) {
	m.t.Helper()
	offer := m.offers[len(m.groups)%2]
	g := testkit.Must[*pb.OpenGroupBuyResponse](m.t, m.x.School, &pb.OpenGroupBuyRequest{
		OfferId: offer.GetId(), Title: "together", MinimumQuantity: minimum * 1000, CloseTime: timestamppb.New(m.c.Now().Add(after)),
	}).GetGroupBuy()
	if len(m.groups) == 0 {
		joins(m.t, m.x.Hospital, g, 1)
	}
	m.groups[g.GetId()] = offer.GetId()
}

func (m *market) demand(after time.Duration) {
	m.t.Helper()
	_, in := demandOf(m.t, m.x, m.c, 20)
	in.CloseTime = timestamppb.New(m.c.Now().Add(after))
	d := testkit.Must[*pb.PostDemandResponse](m.t, m.x.School, in).GetDemand()
	quote, content := supplier{m.x.Cooperative, &pb.Certificate{Id: m.offers[0].GetCertificateId(), ProductId: m.offers[0].GetProductId()}}.
		sealed(m.t, d, 20, m.offers[0].GetPriceFen())
	id := testkit.Must[*pb.SealQuoteResponse](m.t, m.x.Cooperative, quote).GetQuote().GetId()
	m.demands = append(m.demands, d.GetId())
	m.lines[d.GetId()] = &pb.AwardLine{QuoteId: id, Content: content}
}

// begin has an order come about by each way, so that none is left to chance.
func (m *market) begin() {
	m.t.Helper()
	closes(m.t, m.x, m.c)
	r := rand.New(rand.NewPCG(1, 1))
	m.place(r, m.x.Hospital, m.y.Hospital, 1)
	m.callOff(m.contracts[1], 1)
	m.award(m.demands[0], 1)
}

// meet has callers at both servers take random steps at the same time.
func (m *market) meet(seed uint64) {
	allOf(6, func(n int) {
		r := rand.New(rand.NewPCG(seed, uint64(n)))
		for range 16 {
			m.step(r)
		}
	})
}

// step is one step of somebody. Many are refused, sooner or later.
func (m *market) step(r *rand.Rand) {
	at := []*testkit.Exchange{m.x, m.y}[r.IntN(2)]
	buyer := []*testkit.Person{at.School, at.Hospital}[r.IntN(2)]
	units := r.Int64N(6) + 1
	switch r.IntN(18) {
	case 0, 1, 14, 15:
		m.try(buyer, &pb.JoinGroupBuyRequest{Id: one(r, keysOf(m.groups)), Quantity: units * 1000})
	case 2:
		m.try(buyer, &pb.LeaveGroupBuyRequest{Id: one(r, keysOf(m.groups))})
	case 3, 4:
		if buyer == at.School {
			m.place(r, m.x.School, m.y.School, units)
		} else {
			m.place(r, m.x.Hospital, m.y.Hospital, units)
		}
	case 5, 6:
		m.approve(r, at)
	case 7:
		m.callOff(one(r, m.contracts), units)
	case 8:
		m.award(one(r, m.demands), units)
	case 9:
		m.cancel(r, buyer)
	case 10, 11:
		m.deliver(r, at)
	case 12:
		m.try(buyer, []proto.Message{
			&pb.PauseStandingOrderRequest{Id: one(r, m.standings), Reason: "x"}, &pb.ResumeStandingOrderRequest{Id: one(r, m.standings)},
			&pb.ResumeStandingOrderRequest{Id: one(r, m.standings)}, &pb.AmendStandingOrderRequest{Id: one(r, m.standings), Quantity: units * 1000},
		}[r.IntN(4)])
	case 13:
		m.try(at.Cooperative, []proto.Message{
			&pb.PauseOfferRequest{Id: m.offers[1].GetId(), Reason: "frost"}, &pb.ResumeOfferRequest{Id: m.offers[1].GetId()},
			&pb.ResumeOfferRequest{Id: m.offers[1].GetId()}, &pb.ClaimContractRequest{Id: m.contracts[0], Kind: forceMajeure, Reason: "hail"},
		}[r.IntN(4)])
	default:
		m.c.ahead.Add(int64(time.Duration(r.IntN(9)) * time.Hour))
		if err := at.App.DoJobs(m.t.Context()); err != nil {
			m.t.Error(err)
		}
	}
}

// try asks, and counts what is granted. What is refused is refused by a rule.
func (m *market) try(p *testkit.Person, in proto.Message) bool {
	err := testkit.Try(m.t.Context(), p, in)
	m.answered(in, testkit.CodeOf(err))
	return err == nil
}

func (m *market) answered(in proto.Message, code fault.Code) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case code == "OK":
		m.granted[strings.TrimSuffix(string(in.ProtoReflect().Descriptor().Name()), "Request")]++
	case code == fault.InternalError || strings.HasPrefix(string(code), "no code"):
		m.t.Errorf("%T: %s", in, code)
	}
}

// twice asks for one thing with one request id at both servers at once, over gRPC
// and HTTP, and keeps the orders that answer.
func twice[R proto.Message](m *market, way pb.Way, request string, at [2]*testkit.Person, in proto.Message, orders func(R) []*pb.Order) {
	allOf(2, func(n int) {
		out, code := askSurely[R](m.t.Context(), at[n], in, n == 1)
		m.answered(in, code)
		if code != "OK" {
			return
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.ordered[way] == nil {
			m.ordered[way] = map[string]string{}
		}
		for _, o := range orders(out) {
			if by, known := m.ordered[way][o.GetId()]; known && by != request {
				m.t.Errorf("order %s answers two requests", o.GetId())
			}
			m.ordered[way][o.GetId()] = request
		}
	})
}

func (m *market) place(r *rand.Rand, here, there *testkit.Person, units int64) {
	in := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: one(r, m.offers).GetId(), Quantity: units * 1000}
	twice(m, pb.Way_WAY_SPOT, in.GetRequestId(), [2]*testkit.Person{here, there}, in, func(out *pb.PlaceOrderResponse) []*pb.Order {
		return []*pb.Order{out.GetOrder()}
	})
}

func (m *market) callOff(contract string, units int64) {
	in := &pb.CallOffContractRequest{RequestId: uuid.NewString(), Id: contract, Quantity: units * 1000}
	twice(m, pb.Way_WAY_FORWARD, in.GetRequestId(), [2]*testkit.Person{m.x.School, m.y.School}, in, func(out *pb.CallOffContractResponse) []*pb.Order {
		return []*pb.Order{out.GetOrder()}
	})
}

func (m *market) award(demand string, units int64) {
	line := m.lines[demand]
	in := &pb.AwardDemandRequest{RequestId: uuid.NewString(), Id: demand, Lines: []*pb.AwardLine{{QuoteId: line.GetQuoteId(), Quantity: units * 1000, Content: line.GetContent()}}}
	twice(m, pb.Way_WAY_QUOTE, in.GetRequestId(), [2]*testkit.Person{m.x.School, m.y.School}, in, (*pb.AwardDemandResponse).GetOrders)
}

// some are orders that somebody sees; none where there are none.
func (m *market) some(r *rand.Rand, p *testkit.Person, state pb.OrderState) *pb.Order {
	out, err := testkit.Call[*pb.ListOrdersResponse](m.t.Context(), p, &pb.ListOrdersRequest{State: state, PageSize: 100})
	if err != nil {
		m.t.Error(err)
	}
	if len(out.GetOrders()) == 0 {
		return nil
	}
	return one(r, out.GetOrders())
}

func (m *market) approve(r *rand.Rand, at *testkit.Exchange) {
	approver := at.People["jiangsu-approver"]
	if o := m.some(r, approver, pb.OrderState_ORDER_STATE_PENDING_APPROVAL); o != nil {
		m.try(approver, []proto.Message{&pb.ApproveOrderRequest{Id: o.GetId()}, &pb.DeclineOrderRequest{Id: o.GetId(), Reason: "x"}}[r.IntN(2)])
	}
}

func (m *market) cancel(r *rand.Rand, buyer *testkit.Person) {
	if o := m.some(r, buyer, 0); o != nil {
		m.try(buyer, &pb.CancelOrderRequest{Id: o.GetId(), Reason: "x"})
	}
}

// deliver takes an order of the cooperative a step on.
func (m *market) deliver(r *rand.Rand, at *testkit.Exchange) {
	if o := m.some(r, at.Cooperative, pb.OrderState_ORDER_STATE_PLACED); o != nil && r.IntN(2) == 0 {
		m.try(at.Cooperative, &pb.ConfirmOrderRequest{Id: o.GetId()})
	}
	o := m.some(r, at.Cooperative, pb.OrderState_ORDER_STATE_CONFIRMED)
	if o != nil && m.try(at.Cooperative, &pb.ShipOrderRequest{Id: o.GetId()}) && r.IntN(3) > 0 {
		m.accept(r, at, o)
	}
}

func (m *market) accept(r *rand.Rand, at *testkit.Exchange, o *pb.Order) {
	buyer := at.School
	if o.GetBuyerMemberId() == at.Hospital.Member {
		buyer = at.Hospital
	}
	rejected := r.Int64N(o.GetQuantity()/1000+1) * 1000
	m.try(buyer, &pb.AcceptOrderRequest{Id: o.GetId(), AcceptedQuantity: o.GetQuantity() - rejected, RejectedQuantity: rejected, Reason: "x"})
}

// end brings everything to its end: some is cancelled, and the rest is left to time.
func (m *market) end(r *rand.Rand) {
	m.t.Helper()
	for _, id := range m.standings {
		for _, p := range []*testkit.Person{m.x.School, m.x.Hospital} {
			m.try(p, &pb.CancelStandingOrderRequest{Id: id, Reason: "x"})
		}
	}
	for _, o := range m.orders() {
		buyer := m.x.School
		if o.GetBuyerMemberId() == m.x.Hospital.Member {
			buyer = m.x.Hospital
		}
		switch o.GetState() {
		case pb.OrderState_ORDER_STATE_CONFIRMED:
			m.try(buyer, &pb.CancelOrderRequest{Id: o.GetId(), Reason: "x"})
		case pb.OrderState_ORDER_STATE_SHIPPED:
			m.accept(r, m.x, o)
		}
	}
	m.try(m.x.Operator, &pb.ResolveContractClaimRequest{Id: m.contracts[0], Outcome: dismissed, Reason: "x"})
	m.c.ahead.Add(int64((seasonDays + 1) * 24 * time.Hour))
	for range 2 { // the groups' orders wait, are confirmed, or were made by a closing of just now
		m.doJobs()
		for _, o := range m.orders() {
			if o.GetState() == pb.OrderState_ORDER_STATE_CONFIRMED {
				m.try(m.x.Cooperative, &pb.CancelOrderRequest{Id: o.GetId(), Reason: "x"})
			}
		}
		m.c.ahead.Add(int64(32 * 24 * time.Hour))
	}
	eventually(m.t, func() bool {
		m.doJobs()
		for _, o := range m.orders() {
			if holding(o) > 0 && o.GetAcceptedQuantity() == 0 {
				return false
			}
		}
		return true
	})
}

func (m *market) doJobs() {
	m.t.Helper()
	for _, e := range []*testkit.Exchange{m.x, m.y} {
		if err := e.App.DoJobs(m.t.Context()); err != nil {
			m.t.Fatal(err)
		}
	}
}

// over wants that nothing is open or held any more, and tells what happened.
func (m *market) over() {
	m.t.Helper()
	for id := range m.groups {
		if g := groupOf(m.t, m.x, &pb.GroupBuy{Id: id}); g.GetState() == pb.GroupBuyState_GROUP_BUY_STATE_OPEN || g.GetJoinedQuantity() != 0 && g.GetState() != pb.GroupBuyState_GROUP_BUY_STATE_ORDERED {
			m.t.Errorf("after the end: %v", g)
		}
	}
	for _, id := range m.contracts {
		contract := contractOf(m.t, m.x, id)
		offer := testkit.Must[*pb.GetOfferResponse](m.t, m.x.School, &pb.GetOfferRequest{Id: contract.GetOfferId()}).GetOffer()
		if contract.GetDepositHeldFen() != 0 || offer.GetState() == pb.OfferState_OFFER_STATE_PUBLISHED {
			m.t.Errorf("after the end: %v, its offer is %s", contract, offer.GetState())
		}
	}
	ways, states := map[pb.Way]int{}, map[string]int{}
	for _, o := range m.orders() {
		ways[o.GetWay()]++
		states[strings.TrimPrefix(o.GetState().String(), "ORDER_STATE_")]++
		if live(o) {
			m.t.Errorf("after the end order %s is %s", o.GetId(), o.GetState())
		}
	}
	if len(ways) != 5 {
		m.t.Errorf("orders by way: %v", ways)
	}
	m.t.Logf("granted %v; orders %v, in the end %v", m.granted, ways, states)
}

// whole wants that what is taken is what is held, that nothing was ordered twice,
// and that no month has more than its budget.
func (m *market) whole() {
	m.t.Helper()
	orders, parts := m.orders(), m.joins()
	m.held(orders, parts)
	m.once(orders, parts)
	spent := map[string]int64{}
	for _, o := range orders {
		if o.GetBuyerMemberId() != m.x.School.Member {
			continue
		}
		fen := o.GetAcceptedAmountFen()
		if live(o) {
			fen = o.GetAmountFen()
		}
		spent[string(exchange.DayOf(o.GetCreateTime().AsTime()))[:len("2026-01")]] += fen
	}
	for month, fen := range spent {
		if most := budget * m.offers[0].GetPriceFen(); fen > most {
			m.t.Errorf("%d fen were ordered for in %s, within a budget of %d", fen, month, most)
		}
	}
	m.x.CheckInvariants(m.t)
}

// held compares what is taken of each offer with what is held on it.
func (m *market) held(orders []*pb.Order, parts []*pb.GroupJoin) {
	m.t.Helper()
	want := map[string]int64{}
	for _, o := range orders {
		want[o.GetOfferId()] += holding(o)
	}
	for _, j := range parts {
		if j.GetState() == pb.JoinState_JOIN_STATE_JOINED {
			want[m.groups[j.GetGroupId()]] += j.GetQuantity()
		}
	}
	in := &pb.ListOffersRequest{PageSize: 500}
	for _, o := range testkit.Must[*pb.ListOffersResponse](m.t, m.x.Cooperative, in).GetOffers() {
		if taken := o.GetTakenQuantity(); taken != want[o.GetId()] || taken > o.GetQuantity() {
			m.t.Errorf("%d of %d are taken of offer %s (%s), %d are held", taken, o.GetQuantity(), o.GetId(), o.GetWay(), want[o.GetId()])
		}
		delete(want, o.GetId())
	}
	if len(want) > 0 {
		m.t.Errorf("held on offers that are not there: %v", want)
	}
}

// once wants one order at most of each request, part, planned day and quote.
func (m *market) once(orders []*pb.Order, parts []*pb.GroupJoin) {
	m.t.Helper()
	causes := map[string]string{} // by order
	cause := func(order, of string) {
		if was, known := causes[order]; known {
			m.t.Errorf("order %s is of %s and of %s", order, was, of)
		}
		causes[order] = of
	}
	for _, byRequest := range m.ordered {
		for order, request := range byRequest {
			cause(order, request)
		}
	}
	for _, j := range parts {
		if j.GetState() == pb.JoinState_JOIN_STATE_ORDERED {
			cause(j.GetOrderId(), "part "+j.GetId())
		}
	}
	for _, id := range m.standings {
		planned := map[string]bool{}
		for _, run := range runsOf(m.t, m.x, id) {
			if planned[run.GetPlanned()] {
				m.t.Errorf("%s twice of %s", run.GetPlanned(), id)
			}
			planned[run.GetPlanned()] = true
			if run.GetOrderId() != "" {
				cause(run.GetOrderId(), "run of "+id)
			}
		}
	}
	of := map[string]string{}
	for _, o := range orders {
		c, known := causes[o.GetId()]
		if twin, doubled := of[c]; !known || doubled {
			m.t.Errorf("order %s by way %s is of %q, as is %q", o.GetId(), o.GetWay(), c, twin)
		}
		delete(causes, o.GetId())
		// A run's order shares its standing order's name with the other runs'.
		if !strings.HasPrefix(c, "run of ") {
			of[c] = o.GetId()
		}
	}
	if len(causes) > 0 {
		m.t.Errorf("orders that are not there: %v", causes)
	}
}

func (m *market) orders() (all []*pb.Order) {
	m.t.Helper()
	for in := (&pb.ListOrdersRequest{PageSize: 200}); ; {
		page := testkit.Must[*pb.ListOrdersResponse](m.t, m.x.BuyerSecretary, in)
		all = append(all, page.GetOrders()...)
		if in.PageToken = page.GetNextPageToken(); in.PageToken == "" {
			return all
		}
	}
}

func (m *market) joins() (all []*pb.GroupJoin) {
	m.t.Helper()
	for in := (&pb.ListGroupJoinsRequest{PageSize: 200}); ; {
		page := testkit.Must[*pb.ListGroupJoinsResponse](m.t, m.x.BuyerSecretary, in)
		all = append(all, page.GetJoins()...)
		if in.PageToken = page.GetNextPageToken(); in.PageToken == "" {
			return all
		}
	}
}

// live says whether an order still waits for something before its acceptance.
func live(o *pb.Order) bool {
	switch o.GetState() {
	case pb.OrderState_ORDER_STATE_PENDING_APPROVAL, pb.OrderState_ORDER_STATE_PLACED, pb.OrderState_ORDER_STATE_CONFIRMED,
		pb.OrderState_ORDER_STATE_SHIPPED, pb.OrderState_ORDER_STATE_DELIVERED:
		return true
	default:
		return false
	}
}

// holding is what an order takes of its offer.
func holding(o *pb.Order) int64 {
	if live(o) {
		return o.GetQuantity()
	}
	return o.GetAcceptedQuantity()
}

func one[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

func keysOf(of map[string]string) []string { return slices.Sorted(maps.Keys(of)) }
