package testkit_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/testkit"
)

// I7. Orders stream in through two servers while what they rely on stops being
// valid: none is committed after the stop is.
func TestWhatStoppedBeingValidIsNeverFollowedByAnOrderThatReliedOnIt(t *testing.T) {
	x := testkit.New(t)
	schools := []*testkit.Person{x.School, x.At(t, x.School, x.Join(t).GRPCAddr())}
	for _, r := range stops() {
		t.Run(r.name, func(t *testing.T) {
			if _, err := testkit.Ask(t.Context(), x.BuyerSecretary, &pb.ReinstateMemberRequest{Id: x.School.Member, Reason: "again"}); err != nil {
				t.Log("the school was active already")
			}
			if _, err := testkit.Ask(t.Context(), x.Secretary, &pb.ReinstateMemberRequest{Id: x.Cooperative.Member, Reason: "again"}); err != nil {
				t.Log("the cooperative was active already")
			}
			who, in, offer := r.stop(t, x)
			about, _ := idOf(in)
			seen := watchCommits(t, x, r.stopped, about, offer)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			orders := placeUntil(ctx, t, schools, offer, 4)
			eventually(t, func() bool { return len(orders) > 0 })
			time.Sleep(150 * time.Millisecond)
			// A stop can lose against orders at the other server; it is repeated then.
			err := testkit.Try(t.Context(), who, in)
			for deadline := time.Now().Add(time.Minute); testkit.CodeOf(err) == fault.Contention && time.Now().Before(deadline); {
				err = testkit.Try(t.Context(), who, in)
			}
			if err != nil {
				t.Fatal(err)
			}
			acknowledged := time.Now()
			time.Sleep(150 * time.Millisecond)
			stop()
			placed := int64(0)
			for o := range orders {
				placed++
				if o.asked.After(acknowledged) {
					t.Errorf("order %s was asked for after what it relied on had stopped", o.id)
				}
			}
			if placed == 0 {
				t.Error("no order was placed before the stop: the test shows nothing")
			}
			// Every order that is there in the end was there already when the stop
			// was first seen to be committed.
			first, ok := <-seen
			if !ok || first != placed {
				t.Errorf("%d orders were committed when the stop was first seen, %d in the end", first, placed)
			}
			x.CheckInvariants(t)
		})
	}
}

// A stop of something that orders rely on: stop says who stops it, by which
// request, and gives an offer whose orders rely on it. The query tells whether
// the stop of $1 is committed, and how many orders of the offer $2 are, on one
// snapshot.
type stop struct {
	name, stopped string
	stop          func(t *testing.T, x *testkit.Exchange) (*testkit.Person, proto.Message, *pb.Offer)
}

const (
	countOrders = ", (SELECT count(*) FROM orders WHERE offer_id = $2)"
	lotStopped  = "SELECT (SELECT state = 'BLOCKED' FROM lots WHERE '61-' || id::text = $1)" + countOrders
	certStopped = "SELECT (SELECT state IN ('SUSPENDED', 'REVOKED') FROM certificates WHERE id = $1)" + countOrders
	suspended   = "SELECT (SELECT state = 'SUSPENDED' FROM members WHERE id = $1)" + countOrders
	withdrawn   = "SELECT (SELECT revoked_at IS NOT NULL FROM grants WHERE id = $1)" + countOrders
	unmandated  = "SELECT (SELECT revoked_at IS NOT NULL FROM mandates WHERE id = $1)" + countOrders
)

func stops() []stop {
	plenty := testkit.OfferOptions{Units: 5000}
	return []stop{
		{"certificate suspended", certStopped, func(t *testing.T, x *testkit.Exchange) (*testkit.Person, proto.Message, *pb.Offer) {
			o := x.Offer(t, plenty)
			return x.County, &pb.SuspendCertificateRequest{Id: o.GetCertificateId(), Reason: "sampling failed"}, o
		}},
		{"certificate revoked", certStopped, func(t *testing.T, x *testkit.Exchange) (*testkit.Person, proto.Message, *pb.Offer) {
			o := x.Offer(t, plenty)
			return x.County, &pb.RevokeCertificateRequest{Id: o.GetCertificateId(), Reason: "fraud"}, o
		}},
		{"lot blocked", lotStopped, func(t *testing.T, x *testkit.Exchange) (*testkit.Person, proto.Message, *pb.Offer) {
			o := x.Offer(t, testkit.OfferOptions{Units: 5000, Lot: true})
			return x.People["yanan-sampler"], &pb.BlockLotRequest{Id: o.GetLotId(), Reason: "recall"}, o
		}},
		{"lot sampled", lotStopped, func(t *testing.T, x *testkit.Exchange) (*testkit.Person, proto.Message, *pb.Offer) {
			o := x.Offer(t, testkit.OfferOptions{Units: 5000, Lot: true})
			return x.People["yanan-sampler"], sampling(x, o.GetLotId(), false), o
		}},
		{"buyer suspended", suspended, func(t *testing.T, x *testkit.Exchange) (*testkit.Person, proto.Message, *pb.Offer) {
			return x.BuyerSecretary, &pb.SuspendMemberRequest{Id: x.School.Member, Reason: "fees"}, x.Offer(t, plenty)
		}},
		{"seller suspended", suspended, func(t *testing.T, x *testkit.Exchange) (*testkit.Person, proto.Message, *pb.Offer) {
			return x.Secretary, &pb.SuspendMemberRequest{Id: x.Cooperative.Member, Reason: "fees"}, x.Offer(t, plenty)
		}},
		{"mandate revoked", unmandated, func(t *testing.T, x *testkit.Exchange) (*testkit.Person, proto.Message, *pb.Offer) {
			mandate := testkit.Must[*pb.CreateMandateResponse](t, x.Cooperative, &pb.CreateMandateRequest{
				ProducerMemberId: x.Cooperative.Member, AgentMemberId: x.Agent.Member,
			}).GetMandate()
			return x.Cooperative, &pb.RevokeMandateRequest{Id: mandate.GetId(), Reason: "ended"}, agentsOffer(t, x)
		}},
		{"grant revoked", withdrawn, func(t *testing.T, x *testkit.Exchange) (*testkit.Person, proto.Message, *pb.Offer) {
			sn := x.Sample.Alliances[sample.ShaanxiSellers].ID.String()
			for _, g := range testkit.Must[*pb.ListGrantsResponse](t, x.Secretary, &pb.ListGrantsRequest{}).GetGrants() {
				if g.GetSellerAllianceId() == sn && g.GetBuyerAllianceId() == x.BuyerAlliance && g.GetRevokeTime() == nil {
					return x.Secretary, &pb.RevokeGrantRequest{Id: g.GetId(), Reason: "ended"}, x.Offer(t, plenty)
				}
			}
			t.Fatal("no grant")
			return nil, nil, nil
		}},
	}
}

// agentsOffer is an offer that the agent makes of the cooperative's goods.
func agentsOffer(t *testing.T, x *testkit.Exchange) *pb.Offer {
	t.Helper()
	own := x.Offer(t, testkit.OfferOptions{Units: 1, AnnualUnits: 5001})
	offer := testkit.Must[*pb.CreateOfferResponse](t, x.Agent, &pb.CreateOfferRequest{
		ProductId: own.GetProductId(), CertificateId: own.GetCertificateId(), Quantity: 5_000_000, PriceFen: 6200,
		PriceBasis: own.GetPriceBasis(), SeasonFrom: own.GetSeasonFrom(), SeasonTo: own.GetSeasonTo(),
	}).GetOffer()
	return testkit.Must[*pb.PublishOfferResponse](t, x.Agent, &pb.PublishOfferRequest{Id: offer.GetId()}).GetOffer()
}

// idOf is the id that a request is about.
func idOf(in proto.Message) (string, bool) {
	m, ok := in.(interface{ GetId() string })
	if !ok {
		return "", false
	}
	return m.GetId(), true
}

// watchCommits looks at the database, snapshot after snapshot, until one sees
// that a stop is committed, and tells how many orders that snapshot sees.
func watchCommits(t *testing.T, x *testkit.Exchange, query, about string, offer *pb.Offer) <-chan int64 {
	t.Helper()
	id, err := exchange.ParseID("id", offer.GetId())
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, x.Config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan int64, 1)
	go func() {
		defer close(seen)
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		for ctx.Err() == nil {
			var stopped bool
			var orders int64
			// Without an answer nothing is seen, which fails the test if it is still on.
			if err := conn.QueryRow(ctx, query, about, id.UUID).Scan(&stopped, &orders); err != nil {
				return
			}
			if stopped {
				seen <- orders
				return
			}
		}
	}()
	return seen
}

type placement struct {
	id    string
	asked time.Time
}

// placeUntil places orders, from several callers at each server, until the
// context ends.
func placeUntil(ctx context.Context, t *testing.T, schools []*testkit.Person, offer *pb.Offer, callers int) <-chan placement {
	out := make(chan placement, 100_000)
	var wg sync.WaitGroup
	for i := range callers * len(schools) {
		wg.Go(func() {
			for ctx.Err() == nil {
				p := placement{asked: time.Now()}
				res, err := testkit.Call[*pb.PlaceOrderResponse](t.Context(), schools[i%len(schools)], &pb.PlaceOrderRequest{
					RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000,
				})
				if err == nil {
					p.id = res.GetOrder().GetId()
					out <- p
				}
			}
		})
	}
	go func() {
		wg.Wait()
		close(out)
	}()
	return out
}

// A watch tells every change once it is committed, and what it shows is what a
// get would show.
func TestAWatchTellsEveryChangeOfVisibleOrders(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	seen := make(chan *pb.WatchOrdersResponse, 100)
	stream, err := pb.NewOrderServiceClient(x.Conn()).WatchOrders(x.School.Context(ctx), &pb.WatchOrdersRequest{})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(seen)
		for {
			m, err := stream.Recv()
			if err != nil {
				if !errors.Is(ctx.Err(), context.Canceled) {
					t.Errorf("watch: %v", err)
				}
				return
			}
			seen <- m
		}
	}()
	if first := <-seen; first.GetEvent() != nil || first.GetPosition() == "" {
		t.Errorf("the first word is %v", first)
	}
	order := x.Place(t, x.School, offer, 1)
	testkit.Must[*pb.ConfirmOrderResponse](t, x.Cooperative, &pb.ConfirmOrderRequest{Id: order.GetId()})
	for _, kind := range []string{"order.placed", "order.confirmed"} {
		m := <-seen
		if m.GetEvent().GetKind() != kind || m.GetEvent().GetOrder().GetId() != order.GetId() {
			t.Fatalf("the watch tells %v, want %s", m, kind)
		}
	}
	stop()
	for m := range seen {
		t.Errorf("the watch also tells %v", m)
	}
}
