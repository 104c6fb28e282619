package testkit_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// watchTime is more than any watch of these tests needs.
const watchTime = 20 * time.Second

// swift are settings under which a watch tells soon what there is to tell.
func swift(c *server.Config) {
	c.WatchPoll, c.WatchHeartbeat = 20*time.Millisecond, 50*time.Millisecond
	c.WatchProof, c.IdentityTime = 100*time.Millisecond, 100*time.Millisecond
}

// watchOrders opens a watch of orders over gRPC and reads its first word.
func watchOrders(ctx context.Context, x *testkit.Exchange, p *testkit.Person, position string) (func() (*pb.WatchOrdersResponse, error), error) {
	stream, err := pb.NewOrderServiceClient(x.Conn()).WatchOrders(p.Context(ctx), &pb.WatchOrdersRequest{Position: position})
	if err != nil {
		return nil, err
	}
	_, err = stream.Recv()
	return stream.Recv, err
}

// untilError reads a watch until it ends.
func untilError[M any](next func() (M, error)) error {
	for {
		if _, err := next(); err != nil {
			return err
		}
	}
}

// Streams have limits of their own, and those that need no token have others:
// nobody shuts out calls, and one subject does not shut out others.
func TestStreamsLeaveRoomForCallsAndForEachOther(t *testing.T) {
	x := testkit.New(t, func(c *server.Config) {
		c.MaxConcurrent, c.MaxWatches, c.ActorWatches, c.OpenStreams = 2, 3, 2, 6
	})
	ctx, stop := context.WithTimeout(t.Context(), watchTime)
	defer stop()
	for range 3 {
		health, err := healthpb.NewHealthClient(x.Conn()).Watch(ctx, &healthpb.HealthCheckRequest{})
		if err == nil {
			_, err = health.Recv()
		}
		if err != nil {
			t.Fatalf("watch of health: %v", err)
		}
		reflection, err := reflectionpb.NewServerReflectionClient(x.Conn()).ServerReflectionInfo(ctx)
		if err == nil {
			_ = reflection.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
			_, err = reflection.Recv()
		}
		if err != nil {
			t.Fatalf("reflection: %v", err)
		}
	}
	first, closeFirst := context.WithCancel(ctx)
	for _, row := range []struct {
		of   context.Context
		who  *testkit.Person
		want fault.Code
	}{
		{first, x.School, "OK"}, {ctx, x.School, "OK"}, {ctx, x.School, fault.WatchLimit},
		{ctx, x.Hospital, "OK"}, {ctx, x.Cooperative, fault.QueueFull},
	} {
		if _, err := watchOrders(row.of, x, row.who, ""); testkit.CodeOf(err) != row.want {
			t.Errorf("watch of %s: %v, want %s", row.who.Name, err, row.want)
		}
	}
	wantBoth(t, x.School, &pb.WhoAmIRequest{}, "OK")
	closeFirst()
	for ctx.Err() == nil { // its place is free once the server has seen it go
		if _, err := watchOrders(ctx, x, x.Cooperative, ""); err == nil {
			return
		}
	}
	t.Error("a watch that was closed keeps its place")
}

// One connection has a bounded number of calls at once.
func TestAConnectionCarriesABoundedNumberOfCallsAtOnce(t *testing.T) {
	const limit = 4
	x := testkit.New(t, func(c *server.Config) { c.PerConnection = limit })
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	started := 0
	for range limit + 1 {
		heard := make(chan error, 1)
		go func() {
			stream, err := healthpb.NewHealthClient(x.Conn()).Watch(ctx, &healthpb.HealthCheckRequest{})
			if err == nil {
				_, err = stream.Recv()
			}
			heard <- err
		}()
		select {
		case err := <-heard:
			if err != nil {
				t.Fatal(err)
			}
			started++
		case <-time.After(time.Second): // waits for a place on the connection
		}
	}
	if started != limit {
		t.Errorf("%d calls at once on one connection, want %d", started, limit)
	}
}

// A watch ends with the token that opened it, and with its issuer.
func TestAWatchEndsWithItsTokenAndItsIssuer(t *testing.T) {
	x := testkit.New(t, swift)
	ctx, stop := context.WithTimeout(t.Context(), watchTime)
	defer stop()
	token := identity.Token{Issuer: "https://issuers.example/" + sample.JiangsuBuyers, Subject: "chen.buyer", Member: x.Sample.Members["M-JS-02"].CreditCode}
	token.Expires = time.Now().Add(-28 * time.Second) // clocks may differ by 30 s
	short := x.School.With(x.Token(t, sample.JiangsuBuyers, token))
	next, err := watchOrders(ctx, x, short, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := untilError(next); testkit.CodeOf(err) != fault.TokenExpired {
		t.Errorf("the watch ends with %v, want %s", err, fault.TokenExpired)
	}
	if next, err = watchOrders(ctx, x, x.School, ""); err != nil {
		t.Fatal(err)
	}
	for _, i := range testkit.Must[*pb.ListIssuersResponse](t, x.Operator, &pb.ListIssuersRequest{PageSize: 100}).GetIssuers() {
		if strings.HasSuffix(i.GetUrl(), "/"+sample.JiangsuBuyers) {
			testkit.Must[*pb.DisableIssuerResponse](t, x.Operator, &pb.DisableIssuerRequest{Id: i.GetId(), Reason: "x"})
		}
	}
	if err := untilError(next); testkit.CodeOf(err) != fault.IssuerUnknown {
		t.Errorf("the watch ends with %v, want %s", err, fault.IssuerUnknown)
	}
}

// A buyer's watch tells that an offer which it showed is gone, and nothing else of
// it. Of a draft it never tells.
func TestAWatchTellsThatAnOfferIsGone(t *testing.T) {
	x := testkit.New(t, swift)
	ctx, stop := context.WithTimeout(t.Context(), watchTime)
	defer stop()
	stream, err := pb.NewOfferServiceClient(x.Conn()).WatchOffers(x.School.Context(ctx), &pb.WatchOffersRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	draft, offer := x.Offer(t, testkit.OfferOptions{Draft: true}), x.Offer(t, testkit.OfferOptions{})
	testkit.Must[*pb.WithdrawOfferResponse](t, x.Cooperative, &pb.WithdrawOfferRequest{Id: draft.GetId(), Reason: "x"})
	testkit.Must[*pb.PauseOfferResponse](t, x.Cooperative, &pb.PauseOfferRequest{Id: offer.GetId(), Reason: "rain"})
	testkit.Must[*pb.ResumeOfferResponse](t, x.Cooperative, &pb.ResumeOfferRequest{Id: offer.GetId()})
	testkit.Must[*pb.WithdrawOfferResponse](t, x.Cooperative, &pb.WithdrawOfferRequest{Id: offer.GetId(), Reason: "x"})
	for _, want := range []string{"offer.published", "offer.paused", "offer.resumed", "offer.withdrawn"} {
		e := nextOfferEvent(t, stream)
		seen := e.GetOffer().GetState() == pb.OfferState_OFFER_STATE_PUBLISHED
		if e.GetKind() != want || e.GetOffer().GetId() != offer.GetId() || seen != (e.GetOffer().GetPriceFen() != 0) ||
			seen != (e.GetOffer().GetSellerMemberId() != "") {
			t.Errorf("%v, want %s", e, want)
		}
	}
}

func nextOfferEvent(t *testing.T, stream grpc.ServerStreamingClient[pb.WatchOffersResponse]) *pb.OfferEvent {
	t.Helper()
	for {
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if e := m.GetEvent(); e != nil {
			return e
		}
	}
}

// Over HTTP an error that ends a watch before its first word is like any other:
// with the status of HTTP that its code has, and a google.rpc.Status as its body.
func TestAWatchThatCannotBeginAnswersOverHTTPLikeAnyCall(t *testing.T) {
	x := testkit.New(t, func(c *server.Config) { c.ActorWatches = 1 })
	ctx, stop := context.WithTimeout(t.Context(), watchTime)
	defer stop()
	if _, err := watchOrders(ctx, x, x.School, ""); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		who    *testkit.Person
		path   string
		status int
		code   fault.Code
	}{
		{x.School, "/v1/orders:watch", http.StatusTooManyRequests, fault.WatchLimit},
		{x.Hospital, "/v1/orders:watch?position=x", http.StatusBadRequest, fault.PageTokenInvalid},
		{x.Hospital.With("no token"), "/v1/offers:watch", http.StatusUnauthorized, fault.TokenInvalid},
	} {
		a, err := tc.who.HTTP(ctx, http.MethodGet, tc.path, "", nil)
		if err != nil || a.Status != tc.status || a.Code() != tc.code {
			t.Errorf("%s: %d %s, %v", tc.path, a.Status, a.Body, err)
		}
	}
}

// A call that runs out of its caller's own time says so with its code, over HTTP
// too.
func TestACallersOwnDeadlineHasItsCodeOverHTTP(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	release := held(t, x, offer)
	defer release()
	a, err := x.School.HTTP(t.Context(), http.MethodPost, "/v1/orders", `{"offerId":"`+offer.GetId()+`","quantity":"1000"}`,
		http.Header{"Grpc-Timeout": {"200m"}})
	if err != nil || a.Status != http.StatusGatewayTimeout || a.Code() != fault.DeadlinePassed {
		t.Errorf("%d %s, %v", a.Status, a.Body, err)
	}
}

// A watch shows nothing through a grant that was revoked since it began.
func TestAWatchShowsNothingThroughARevokedGrant(t *testing.T) {
	x := testkit.New(t, swift)
	ctx, stop := context.WithTimeout(t.Context(), watchTime)
	defer stop()
	watch := func(p *testkit.Person) func() (*pb.WatchOffersResponse, error) {
		stream, err := pb.NewOfferServiceClient(x.Conn()).WatchOffers(p.Context(ctx), &pb.WatchOffersRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return stream.Recv
	}
	school, cooperative := watch(x.School), watch(x.Cooperative)
	sn := x.Sample.Alliances[sample.ShaanxiSellers].ID.String()
	granted := x.Offer(t, testkit.OfferOptions{}).GetId()
	for seen := ""; seen != granted; {
		m, err := school()
		if err != nil {
			t.Fatalf("the granted offer is not told: %v", err)
		}
		seen = m.GetEvent().GetOffer().GetId()
	}
	for _, g := range testkit.Must[*pb.ListGrantsResponse](t, x.Operator, &pb.ListGrantsRequest{}).GetGrants() {
		if g.GetBuyerAllianceId() == x.BuyerAlliance && g.GetSellerAllianceId() == sn {
			testkit.Must[*pb.RevokeGrantResponse](t, x.Secretary, &pb.RevokeGrantRequest{Id: g.GetId(), Reason: "x"})
		}
	}
	time.Sleep(time.Second) // the watch proves itself ten times in it
	hidden := x.Offer(t, testkit.OfferOptions{}).GetId()
	var last string // position of the last event
	for last == "" {
		m, err := cooperative()
		if err != nil {
			t.Fatal(err)
		}
		if m.GetEvent().GetKind() == "offer.published" && m.GetEvent().GetOffer().GetId() == hidden {
			last = m.GetPosition()
		}
	}
	for {
		m, err := school()
		if err != nil {
			t.Fatal(err)
		}
		if m.GetEvent().GetOffer().GetId() == hidden {
			t.Fatalf("a watch shows %v without a grant", m.GetEvent())
		}
		if m.GetPosition() == last {
			return
		}
	}
}

// Stopping does not wait for streams: each ends with SHUTTING_DOWN, a watch with
// the position to resume from.
func TestStoppingEndsStreamsAtOnce(t *testing.T) {
	x := testkit.New(t, func(c *server.Config) { c.Grace = time.Hour })
	ctx, stop := context.WithTimeout(t.Context(), 2*watchTime)
	defer stop()
	watch, err := watchOrders(ctx, x, x.School, "")
	if err != nil {
		t.Fatal(err)
	}
	health, err := healthpb.NewHealthClient(x.Conn()).Watch(ctx, &healthpb.HealthCheckRequest{})
	if err == nil {
		_, err = health.Recv()
	}
	if err != nil {
		t.Fatal(err)
	}
	reflection, err := reflectionpb.NewServerReflectionClient(x.Conn()).ServerReflectionInfo(ctx)
	if err == nil {
		_ = reflection.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
		_, err = reflection.Recv()
	}
	if err != nil {
		t.Fatal(err)
	}
	web, err := x.School.Open(ctx, "/v1/offers:watch")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = web.Body.Close() }()
	lines := bufio.NewScanner(web.Body)
	if !lines.Scan() {
		t.Fatal(lines.Err())
	}
	stopped := make(chan error, 1)
	go func() { stopped <- x.Stop() }()
	ended := untilError(watch)
	if testkit.CodeOf(ended) != fault.ShuttingDown || infoOf(ended)["position"] == "" {
		t.Errorf("the watch ends with %v at %q", ended, infoOf(ended)["position"])
	}
	for name, err := range map[string]error{"health": untilError(health.Recv), "reflection": untilError(reflection.Recv)} {
		if testkit.CodeOf(err) != fault.ShuttingDown {
			t.Errorf("%s ends with %v, want %s", name, err, fault.ShuttingDown)
		}
	}
	var last string
	for lines.Scan() {
		last = lines.Text()
	}
	if !strings.Contains(last, string(fault.ShuttingDown)) || !strings.Contains(last, `"position"`) {
		t.Errorf("the last line over HTTP is %s", last)
	}
	select {
	case err := <-stopped:
		if err != nil {
			t.Error(err)
		}
	case <-ctx.Done():
		t.Fatal("the server waits for streams")
	}
}

// infoOf are the facts of an error of gRPC.
func infoOf(err error) map[string]string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetMetadata()
		}
	}
	return nil
}
