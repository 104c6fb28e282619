package drill

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/cli/contexts"
)

// load trades through the public API while parts are away: it places orders and
// cancels them, so that the stock comes back. A request that is not answered is
// sent again under the same request id, through the next gateway, as a client
// with patience does.
type load struct {
	o      Options
	trades []trade
	doors  atomic.Pointer[[]door] // gateways to go through, the preferred first
	tally  *tally
}

// door is a gateway that can be called.
type door struct {
	name string
	conn *grpc.ClientConn
}

// trade is an offer and who orders from it.
type trade struct {
	Trade
	who contexts.Context
}

// trustOf are the certificates that a context trusts; the system's where it
// names none.
func trustOf(c contexts.Context) (*tls.Config, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile == "" {
		return trust, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, err
	}
	trust.RootCAs = x509.NewCertPool()
	if !trust.RootCAs.AppendCertsFromPEM(pem) {
		return nil, invalid("%s holds no certificate in PEM", c.CAFile)
	}
	return trust, nil
}

// dial connects to a gateway, and soon again whenever it goes away.
func dial(name, address string, trust *tls.Config) (door, error) {
	again := grpc.ConnectParams{
		MinConnectTimeout: 2 * time.Second,
		Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.5, MaxDelay: time.Second},
	}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(trust)), grpc.WithConnectParams(again))
	return door{name, conn}, err
}

// by gives a call its caller's token.
func (t trade) by(ctx context.Context) (context.Context, error) {
	token, err := t.who.ReadToken()
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), err
}

// run trades until the context ends, and finishes what it has begun.
func (l *load) run(ctx context.Context) {
	var wg sync.WaitGroup
	for n := range l.o.Workers {
		wg.Go(func() {
			for turn := n; ctx.Err() == nil; turn++ {
				l.turn(ctx, l.trades[turn%len(l.trades)], turn)
				_ = pause(ctx, l.o.Pause)
			}
		})
	}
	wg.Wait()
}

// turn is one order, placed and cancelled.
func (l *load) turn(ctx context.Context, t trade, at int) {
	order := ""
	placed := l.request(ctx, t, at, func(ctx context.Context, c pb.OrderServiceClient, id string) error {
		out, err := c.PlaceOrder(ctx, &pb.PlaceOrderRequest{RequestId: id, OfferId: t.Offer, Quantity: t.Quantity})
		order = out.GetOrder().GetId()
		return err
	})
	if !placed {
		return
	}
	l.tally.keep(order, t)
	// Through another gateway: what one acknowledged, all know.
	cancelled := l.request(ctx, t, at+1, func(ctx context.Context, c pb.OrderServiceClient, id string) error {
		_, err := c.CancelOrder(ctx, &pb.CancelOrderRequest{RequestId: id, Id: order, Reason: "a drill / 演练"})
		return err
	})
	if cancelled {
		l.tally.cancelled(order)
	}
}

// request sends one write until it is acknowledged, refused for good, or the
// patience is over, and says whether it was acknowledged.
func (l *load) request(ctx context.Context, t trade, at int, send func(context.Context, pb.OrderServiceClient, string) error) bool {
	// What has begun is finished: an outcome that nobody waits for proves nothing.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.o.Patience)
	defer cancel()
	id := uuid.NewString()
	r := request{began: time.Now()}
	for {
		doors := *l.doors.Load()
		err := l.attempt(ctx, t, doors[(at+r.retries)%len(doors)], id, send)
		r.ended, r.acknowledged = time.Now(), err == nil
		if err != nil {
			l.tally.fault(kindOf(err))
		}
		if err == nil || !again(err) || pause(ctx, min(time.Second, 50*time.Millisecond<<min(r.retries, 5))) != nil {
			l.tally.add(r)
			return r.acknowledged
		}
		r.retries++
	}
}

func (l *load) attempt(ctx context.Context, t trade, d door, id string, send func(context.Context, pb.OrderServiceClient, string) error) error {
	ctx, cancel := context.WithTimeout(ctx, l.o.AttemptTime)
	defer cancel()
	ctx, err := t.by(ctx)
	if err != nil {
		return err
	}
	return send(ctx, pb.NewOrderServiceClient(d.conn), id)
}

// again says whether a request may succeed when it is sent once more.
func again(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Aborted, codes.ResourceExhausted, codes.Canceled:
		return true
	default:
		return false
	}
}

// kindOf is the exchange's code of an error, or else gRPC's.
func kindOf(err error) string {
	s := status.Convert(err)
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetReason() != "" {
			return info.GetReason()
		}
	}
	return s.Code().String()
}

// ask makes a read through the first gateway that answers.
func ask[R any](ctx context.Context, l *load, t trade, read func(context.Context, *grpc.ClientConn) (R, error)) (R, error) {
	ctx, cancel := context.WithTimeout(ctx, l.o.Patience)
	defer cancel()
	for try := 0; ; try++ {
		doors := *l.doors.Load()
		var out R
		one, done := context.WithTimeout(ctx, l.o.AttemptTime)
		by, err := t.by(one)
		if err == nil {
			out, err = read(by, doors[try%len(doors)].conn)
		}
		done()
		if err == nil || !again(err) || pause(ctx, 100*time.Millisecond) != nil {
			return out, err
		}
	}
}

// measure finds out what one order of each trade is.
func (l *load) measure(ctx context.Context) error {
	for n, t := range l.trades {
		out, err := ask(ctx, l, t, func(ctx context.Context, c *grpc.ClientConn) (*pb.GetOfferResponse, error) {
			return pb.NewOfferServiceClient(c).GetOffer(ctx, &pb.GetOfferRequest{Id: t.Offer})
		})
		if err != nil {
			return fmt.Errorf("offer %s: %s: %s", t.Offer, kindOf(err), status.Convert(err).Message())
		}
		if t.Quantity == 0 {
			l.trades[n].Quantity = out.GetOffer().GetMoqQuantity()
		}
	}
	return nil
}
