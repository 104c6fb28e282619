package testkit_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

const (
	east      = "cn-east-jiangsu"
	northwest = "cn-northwest-shaanxi"
	ranIn     = "X-Exchange-Ran-In"
)

// placed places an order over gRPC and tells in which region that ran.
func placed(t *testing.T, p *testkit.Person, in *pb.PlaceOrderRequest) (*pb.Order, string, error) {
	t.Helper()
	var header metadata.MD
	out := &pb.PlaceOrderResponse{}
	conn := p.Dialed()
	err := conn.Invoke(p.Context(t.Context()), pb.OrderService_PlaceOrder_FullMethodName, in, out, grpc.Header(&header))
	ran := ""
	if v := header.Get(ranIn); len(v) == 1 {
		ran = v[0]
	}
	return out.GetOrder(), ran, err
}

func placedOverHTTP(t *testing.T, p *testkit.Person, offer, language string, quantity string) testkit.Answer {
	t.Helper()
	a, err := p.HTTP(t.Context(), "POST", "/v1/orders", `{"offerId": "`+offer+`", "quantity": "`+quantity+`"}`,
		http.Header{"Idempotency-Key": {uuid.NewString()}, "Accept-Language": {language}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// waitRuns places dry runs until they run in a region.
func waitRuns(t *testing.T, p *testkit.Person, offer, region string) {
	t.Helper()
	ran := ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, ran, _ = placed(t, p, &pb.PlaceOrderRequest{OfferId: offer, Quantity: 1000, DryRun: true}); ran == region {
			return
		}
	}
	t.Fatalf("writes run in %q, want %s", ran, region)
}

// The order travels to the stock (design §7), over both transports.
func TestAWriteRunsInTheRegionOfItsRowsAndHereWhereNoGatewayThereIsLeft(t *testing.T) {
	x := testkit.New(t, testkit.InRegion(northwest))
	offer := x.Offer(t, testkit.OfferOptions{Units: 100})
	id := offer.GetId()
	gateway := x.Gateway(t, testkit.InRegion(east))
	school := x.Through(t, x.School, gateway)
	waitRuns(t, school, id, northwest)

	in := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: id, Quantity: 1000}
	first, _, err := placed(t, school, in)
	if err != nil {
		t.Fatal(err)
	}
	again, ran, err := placed(t, school, in)
	if err != nil || again.GetId() != first.GetId() || ran != northwest {
		t.Errorf("the same request: %v, ran in %q, %v", again, ran, err)
	}
	a := placedOverHTTP(t, school, id, "", "1000")
	if a.Code() != "OK" || a.Header.Get(ranIn) != northwest {
		t.Errorf("over HTTP: %s, ran in %q", a.Body, a.Header.Get(ranIn))
	}
	// What is refused there is refused here, in the caller's language.
	a = placedOverHTTP(t, school, id, "zh-CN", "1500")
	if a.Code() != fault.QuantityNotMultiple || a.Header.Get(ranIn) != northwest {
		t.Errorf("refused: %s, ran in %q", a.Body, a.Header.Get(ranIn))
	}
	stranger := school.With(school.Token[:len(school.Token)-4] + "AAAA")
	if _, _, err := placed(t, stranger, in); testkit.CodeOf(err) != fault.TokenInvalid {
		t.Errorf("a token that proves nothing: %v", err)
	}
	if a, err := school.HTTP(t.Context(), "GET", "/readyz", "", nil); err != nil || !strings.HasPrefix(string(a.Body), "ready in "+east) {
		t.Errorf("readyz says %q, %v", a.Body, err)
	}
	// A write of this gateway's own province stays.
	if _, ran, _ := placed(t, x.School, in); ran != northwest {
		t.Errorf("at home it ran in %q", ran)
	}

	gatewayAlone(t, x, gateway, school, id)
}

// gatewayAlone: the gateway at home goes away, and writes run where they arrive.
func gatewayAlone(t *testing.T, x *testkit.Exchange, gateway *testkit.Gateway, school *testkit.Person, offer string) {
	t.Helper()
	// It names a peer at which nobody listens, before the one that lives.
	lost := x.Gateway(t, testkit.InRegion(east), func(c *server.Config) {
		c.Peers = northwest + "=127.0.0.1:1"
		c.Provinces = "32=cn-east-jiangsu,61=cn-northwest-shaanxi"
	})
	other := x.Through(t, school, lost)
	for range 20 { // whichever of the two the hash takes
		if _, _, err := placed(t, other, &pb.PlaceOrderRequest{OfferId: offer, Quantity: 1000, DryRun: true}); err != nil {
			t.Errorf("with one peer away: %v", err)
		}
	}
	nowhere := x.Gateway(t, testkit.InRegion(east), func(c *server.Config) { c.Provinces = "61=cn-central-henan" })
	if _, ran, err := placed(t, x.Through(t, school, nowhere), &pb.PlaceOrderRequest{OfferId: offer, Quantity: 1000}); err != nil || ran != east {
		t.Errorf("without a gateway at home it ran in %q: %v", ran, err)
	}
	after := testkit.Must[*pb.GetOfferResponse](t, school, &pb.GetOfferRequest{Id: offer}).GetOffer()
	if after.GetTakenQuantity() != 3000 {
		t.Errorf("%d taken by three orders of 1000", after.GetTakenQuantity())
	}
	gateway.Stop()
	x.CheckInvariants(t)
}

// Two gateways that each believe the other one's region to be home hand a write
// on once; one that is told its own address under another name refuses itself.
func TestAWriteIsHandedOnOnceAndNeverInALoop(t *testing.T) {
	x := testkit.New(t, testkit.InRegion(northwest), func(c *server.Config) { c.Provinces = "61=" + east })
	offer := x.Offer(t, testkit.OfferOptions{Units: 10}).GetId()
	gateway := x.Gateway(t, testkit.InRegion(east), func(c *server.Config) { c.Provinces = "61=" + northwest })
	waitRuns(t, x.School, offer, east)
	waitRuns(t, x.Through(t, x.School, gateway), offer, northwest)

	port := freeAddress(t)
	itself := x.Gateway(t, testkit.InRegion(east), func(c *server.Config) {
		c.PeerAddr = port
		c.Provinces, c.Peers = "61=cn-central-henan", "cn-central-henan=localhost"+port[len("127.0.0.1"):]
		pki, err := server.SelfSigned(t.TempDir(), []string{"127.0.0.1", "localhost"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		c.PeerCert, c.PeerKey, c.PeerCA = pki.CertFile, pki.KeyFile, pki.CAFile
	})
	_, ran, err := placed(t, x.Through(t, x.School, itself), &pb.PlaceOrderRequest{OfferId: offer, Quantity: 1000})
	if err != nil || ran != east {
		t.Errorf("handed to itself: ran in %q, %v", ran, err)
	}
	x.CheckInvariants(t)
}

func TestAPeerWithoutACertificateIsRefused(t *testing.T) {
	x := testkit.New(t, testkit.InRegion(northwest))
	gateway := x.Gateway(t, testkit.InRegion(east))
	conn, err := grpc.NewClient(gateway.PeerAddr(), grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: x.CA, MinVersion: tls.VersionTLS13})))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := pb.NewOrderServiceClient(conn).ListOrders(x.School.Context(ctx), &pb.ListOrdersRequest{}); err == nil {
		t.Error("a caller without a gateway's certificate was served at the peers' address")
	}
}

// The gateway at home stops under load: no write fails, none is lost or done
// twice, and they go on where they arrive.
func TestWritesGoOnWhenTheGatewayAtHomeStops(t *testing.T) {
	x := testkit.New(t, testkit.InRegion(east))
	home := x.Gateway(t, testkit.InRegion(northwest))
	offer := x.Offer(t, testkit.OfferOptions{Units: 5000}).GetId()
	waitRuns(t, x.School, offer, northwest)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	const callers = 4
	ids := make([][]string, callers)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for ctx.Err() == nil {
				out, err := testkit.Call[*pb.PlaceOrderResponse](t.Context(), x.School, &pb.PlaceOrderRequest{OfferId: offer, Quantity: 1000})
				if err != nil {
					t.Errorf("placing while the gateway at home stops: %v", err)
					return
				}
				ids[c] = append(ids[c], out.GetOrder().GetId())
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	home.Stop()
	time.Sleep(200 * time.Millisecond)
	stop()
	wg.Wait()
	waitRuns(t, x.School, offer, east)
	seen := map[string]bool{}
	for _, list := range ids {
		for _, id := range list {
			seen[id] = true
		}
	}
	after := testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: offer}).GetOffer()
	if got := after.GetTakenQuantity(); got != int64(len(seen))*1000 || len(seen) == 0 {
		t.Errorf("%d orders were acknowledged and %d are taken", len(seen), got)
	}
	x.CheckInvariants(t)
}
