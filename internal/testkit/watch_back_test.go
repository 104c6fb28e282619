package testkit_test

import (
	"context"
	"encoding/base64"
	"testing"
	"time"

	"google.golang.org/grpc"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// An event of a server whose clock is ahead does not carry a watch past the
// events of the others.
func TestAWatchMissesNothingBetweenServersWhoseClocksDiffer(t *testing.T) {
	x := testkit.New(t)
	ahead := x.Second(t, func(c *server.Config) { c.Now = func() time.Time { return time.Now().Add(40 * time.Second) } })
	offer := x.Offer(t, testkit.OfferOptions{})
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	stream, err := pb.NewOrderServiceClient(x.Conn()).WatchOrders(x.School.Context(ctx), &pb.WatchOrdersRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		for _, at := range []*testkit.Person{ahead.School, x.School} {
			id := x.Place(t, at, offer, 1).GetId()
			if got := nextOrder(t, stream); got != id {
				t.Fatalf("in round %d the watch tells of %s, want %s", i, got, id)
			}
		}
	}
}

// nextOrder is the order of the next event.
func nextOrder(t *testing.T, stream grpc.ServerStreamingClient[pb.WatchOrdersResponse]) string {
	t.Helper()
	for {
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if m.GetEvent() != nil {
			return m.GetEvent().GetOrder().GetId()
		}
	}
}

func TestAWatchDoesNotResumeFromTheDistantPast(t *testing.T) {
	x := testkit.New(t)
	for back, want := range map[time.Duration]fault.Code{time.Hour: "OK", 8 * 24 * time.Hour: fault.AsOfInvalid} {
		position := base64.RawURLEncoding.EncodeToString([]byte(time.Now().Add(-back).UTC().Format(time.RFC3339Nano)))
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		stream, err := pb.NewOrderServiceClient(x.Conn()).WatchOrders(x.School.Context(ctx), &pb.WatchOrdersRequest{Position: position})
		if err != nil {
			t.Fatal(err)
		}
		_, err = stream.Recv()
		if got := testkit.CodeOf(err); got != want {
			t.Errorf("resuming %s back: %s, want %s", back, got, want)
		}
		stop()
	}
}
