package testkit_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// A stage of an order's way, at which its caller goes away: the statement that is
// held meanwhile. The zero statement is none: the order waits in its lane.
type stage struct {
	name string
	at   func(testkit.Sent) bool
	deed testkit.Deed
	made bool // the order is there in the end
}

// runs is true of a statement by its name.
func runs(name string) func(testkit.Sent) bool {
	return func(s testkit.Sent) bool { return strings.Contains(s.SQL, "-- name: "+name+" ") }
}

var insertsOrders = regexp.MustCompile(`(?i)insert\s+into\s+orders\s`)

func stages() []stage {
	return []stage{
		{"who asks is being found out", runs("RolesOfSubject"), testkit.Hold, false},
		{"it waits in its lane", nil, 0, false},
		{"a batch took it and has read nothing", runs("AheadRequests"), testkit.Hold, true},
		{"it is decided on and its rows are on their way", func(s testkit.Sent) bool { return insertsOrders.MatchString(s.SQL) }, testkit.Hold, true},
		{"its COMMIT is on its way", placesOrder, testkit.Hold, true},
		{"it is committed and nobody has been told", placesOrder, testkit.HoldAnswer, true},
	}
}

// errand is what the caller that goes away asks for: its orders are of 2,000 and
// more each, those of its neighbours of 1,000.
type errand struct {
	name  string
	lines int
	in    func(*pb.Offer) proto.Message
}

func errands() []errand {
	batch := func(offer *pb.Offer, whole bool) proto.Message {
		in := &pb.BatchPlaceOrdersRequest{AllOrNothing: whole}
		for i := range 3 {
			in.Lines = append(in.Lines, lineOn(offer, func(l *pb.PlaceOrderRequest) { l.Quantity = int64(2000 + 1000*i) }))
		}
		return in
	}
	return []errand{
		{"an order", 1, func(o *pb.Offer) proto.Message {
			return lineOn(o, func(l *pb.PlaceOrderRequest) { l.Quantity = 2000 })
		}},
		{"a batch", 3, func(o *pb.Offer) proto.Message { return batch(o, false) }},
		{"a batch that is all or nothing", 3, func(o *pb.Offer) proto.Message { return batch(o, true) }},
	}
}

// Issue 7. Whoever goes away while an order is on its way: the order is in the
// batch that had taken it, or it never will be; its request id tells which, and
// makes it where it is not. What was in the same batch is done all the same.
func TestACallerThatDisconnectsAtAnyStageHasItsOrderOnceOrNever(t *testing.T) {
	x := testkit.New(t)
	y, wire := wired(t, x, func(c *server.Config) { c.IdentityTime = 1 }) // each call asks who it is of
	for _, what := range errands() {
		for _, at := range stages() {
			for _, overHTTP := range []bool{false, true} {
				t.Run(what.name+", "+at.name+map[bool]string{false: ", gRPC", true: ", HTTP"}[overHTTP], func(t *testing.T) {
					s := newScene(t, x, y, wire, what)
					s.leaves(t, at, func(ctx context.Context) { _ = askAny(ctx, y.School, s.in, overHTTP) })
					s.check(t, at, overHTTP)
				})
			}
		}
	}
}

// scene is one offer, an order of it in a transaction that is held, and behind
// that the caller that goes away, before two neighbours.
type scene struct {
	x, y       *testkit.Exchange
	wire       *testkit.Wire
	what       errand
	in         proto.Message
	offer      *pb.Offer
	plug       *testkit.Trap
	neighbours []<-chan fault.Code
	gone       int // calls of the method that had ended before
	left       int // of them, those whose callers had gone away
}

func newScene(t *testing.T, x, y *testkit.Exchange, wire *testkit.Wire, what errand) *scene {
	t.Helper()
	s := &scene{x: x, y: y, wire: wire, what: what, offer: x.Offer(t, testkit.OfferOptions{AutoConfirm: true})}
	s.in = what.in(s.offer)
	s.gone, s.left = s.ended(t), s.canceled(t)
	s.plug = s.set(t, placesOrder, testkit.Hold)
	s.neighbour(t)
	s.plug.Wait(t)
	return s
}

// set sets a trap that holds nothing beyond the test.
func (s *scene) set(t *testing.T, at func(testkit.Sent) bool, deed testkit.Deed) *testkit.Trap {
	trap := s.wire.Set(at, deed)
	t.Cleanup(trap.Release)
	return trap
}

// neighbour places an order of one unit.
func (s *scene) neighbour(t *testing.T) {
	end := make(chan fault.Code, 1)
	go func() { end <- testkit.CodeOf(testkit.Try(t.Context(), s.y.School, lineOn(s.offer))) }()
	s.neighbours = append(s.neighbours, end)
}

// waiting waits until so many wait for their turn.
func (s *scene) waiting(t *testing.T, want int) {
	t.Helper()
	testkit.Until(t, "writes wait for their turn", func() bool { return int(s.y.Metric(t, "sushaan_group_waiting", nil)) == want })
}

// ended counts the calls of the method that the server is done with.
func (s *scene) ended(t *testing.T) int {
	t.Helper()
	return int(s.y.Metric(t, "sushaan_rpc_seconds", map[string]string{"method": testkit.MethodName(s.in)}))
}

// canceled counts those of them whose callers had gone away.
func (s *scene) canceled(t *testing.T) int {
	t.Helper()
	return int(s.y.Metric(t, "sushaan_rpc_seconds", map[string]string{"method": testkit.MethodName(s.in), "code": "Canceled"}))
}

// whole says whether what is asked does not wait in the lane with others.
func (s *scene) whole() bool {
	b, ok := s.in.(*pb.BatchPlaceOrdersRequest)
	return ok && b.GetAllOrNothing()
}

// leaves lets the caller go away at a stage, and everything else come to its end.
func (s *scene) leaves(t *testing.T, at stage, call func(context.Context)) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	queued := s.what.lines
	if s.whole() {
		queued = 1
	}
	var trap *testkit.Trap
	if at.at != nil && !at.made { // before the lane
		trap, queued = s.set(t, at.at, at.deed), 0
	}
	done := make(chan struct{})
	go func() { defer close(done); call(ctx) }()
	if trap != nil {
		trap.Wait(t)
	}
	s.waiting(t, queued) // the first of the next batch, whose neighbours come behind it
	for n := range 2 {
		s.neighbour(t)
		s.waiting(t, queued+n+1)
	}
	if at.made { // in the batch that comes after the one that is held
		trap = s.set(t, at.at, at.deed)
		s.plug.Release()
		trap.Wait(t)
	}
	leave()
	<-done
	s.noticed(t, at)
	if trap != nil {
		trap.Release()
	}
	s.plug.Release()
	for i, n := range s.neighbours {
		if code := <-n; code != "OK" {
			t.Errorf("neighbour %d got %s", i, code)
		}
	}
	testkit.Until(t, "the server is done with the call", func() bool { return s.ended(t) > s.gone+s.others() })
}

// others are the calls of the same method that the neighbours made and that have
// ended.
func (s *scene) others() int {
	if _, ok := s.in.(*pb.PlaceOrderRequest); ok {
		return len(s.neighbours)
	}
	return 0
}

// noticed waits until the server knows that the caller is gone. It has ended the
// call then, but for a batch in one transaction, which is the call's own: there
// the connection tells, which carries the end of the call before the next one.
func (s *scene) noticed(t *testing.T, at stage) {
	t.Helper()
	if !s.whole() || !at.made {
		testkit.Until(t, "the server has noticed", func() bool {
			return s.canceled(t) > s.left
		})
	}
	for _, overHTTP := range []bool{false, true} {
		if _, code := ask[*pb.GetOfferResponse](t.Context(), s.y.School, &pb.GetOfferRequest{Id: s.offer.GetId()}, overHTTP); code != "OK" {
			t.Fatal(code)
		}
	}
}

// check looks at what there is, repeats the request, and looks again.
func (s *scene) check(t *testing.T, at stage, overHTTP bool) {
	t.Helper()
	first := s.orders(t)
	want := 0
	if at.made {
		want = s.what.lines
	}
	if len(first) != want {
		t.Errorf("%d orders of the caller that went away, want %d", len(first), want)
	}
	again := askAny(t.Context(), s.y.School, s.in, overHTTP)
	last := s.orders(t)
	if len(again) != s.what.lines || !slices.Equal(again, last) {
		t.Errorf("the request repeated answers %v, there are %v", again, last)
	}
	if at.made && !slices.Equal(first, again) {
		t.Errorf("the request repeated answers %v, there were %v", again, first)
	}
	sum := int64(1000 * len(s.neighbours))
	for i := range s.what.lines {
		sum += int64(2000 + 1000*i)
	}
	if taken := takenOf(t, s.x, s.offer); taken != sum {
		t.Errorf("%d are taken, want %d", taken, sum)
	}
	s.x.CheckInvariants(t)
}

// orders are the ids of the orders of the caller that goes away, by quantity.
func (s *scene) orders(t *testing.T) (ids []string) {
	t.Helper()
	list := ordersOf(t, s.x, s.offer)
	slices.SortFunc(list, func(a, b *pb.Order) int { return int(a.GetQuantity() - b.GetQuantity()) })
	neighbours := 0
	for _, o := range list {
		if o.GetQuantity() == 1000 {
			neighbours++
		} else {
			ids = append(ids, o.GetId())
		}
	}
	if neighbours != len(s.neighbours) {
		t.Errorf("%d orders of %d neighbours", neighbours, len(s.neighbours))
	}
	return ids
}

// askAny asks for an order or a batch and gives the ids of the orders; none for
// what was refused.
func askAny(ctx context.Context, p *testkit.Person, in proto.Message, overHTTP bool) (ids []string) {
	if _, ok := in.(*pb.PlaceOrderRequest); ok {
		if out, code := ask[*pb.PlaceOrderResponse](ctx, p, in, overHTTP); code == "OK" {
			return []string{out.GetOrder().GetId()}
		}
		return nil
	}
	out, _ := ask[*pb.BatchPlaceOrdersResponse](ctx, p, in, overHTTP)
	for _, r := range out.GetResults() {
		if o := r.GetOrder(); o != nil {
			ids = append(ids, o.GetId())
		}
	}
	return ids
}

// A batch is longer than what one transaction takes when its caller goes away: the
// lines that were taken are orders, the others never will be.
func TestOfABatchWhoseCallerDisconnectsThereIsWhatATransactionHadTaken(t *testing.T) {
	x := testkit.New(t)
	y, wire := wired(t, x, func(c *server.Config) { c.BatchSize = 2 })
	what := errands()[1]
	for _, overHTTP := range []bool{false, true} {
		s := newScene(t, x, y, wire, what)
		at := stages()[3]
		s.leaves(t, at, func(ctx context.Context) { _ = askAny(ctx, y.School, s.in, overHTTP) })
		if got := s.orders(t); len(got) != 2 {
			t.Errorf("%d lines are orders, want 2", len(got))
		}
		again := askAny(t.Context(), y.School, s.in, overHTTP)
		if last := s.orders(t); len(last) != 3 || !slices.Equal(last, again) {
			t.Errorf("the batch repeated answers %v, there are %v", again, last)
		}
		x.CheckInvariants(t)
	}
}

// A connection that is cut takes its waiting order out of the lane, as a call that
// is ended does.
func TestAConnectionThatIsCutTakesItsWaitingOrderOutOfTheLane(t *testing.T) {
	x := testkit.New(t)
	y, wire := wired(t, x)
	for _, overHTTP := range []bool{false, true} {
		t.Run(map[bool]string{false: "gRPC", true: "HTTP"}[overHTTP], func(t *testing.T) {
			s := newScene(t, x, y, wire, errands()[0])
			who := y.Apart(t, y.School)
			end := make(chan []string, 1)
			go func() { end <- askAny(t.Context(), who, s.in, overHTTP) }()
			s.waiting(t, 1)
			who.HangUp()
			s.waiting(t, 0)
			if got := <-end; len(got) != 0 {
				t.Errorf("a connection that was cut had the answer %v", got)
			}
			s.plug.Release()
			if code := <-s.neighbours[0]; code != "OK" {
				t.Errorf("the neighbour got %s", code)
			}
			s.check(t, stage{}, false)
		})
	}
}
