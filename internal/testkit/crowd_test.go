package testkit_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// Five thousand callers want an offer that the database does not let go of. What a
// lane and a server hold is bounded; who finds no place is told at once when to
// come back; who has one has an order in the end. Nobody is left waiting, and no
// goroutine stays behind.
func TestFiveThousandWaitingCallersAllGetAClearEnd(t *testing.T) {
	const callers, places, inside = 5000, 500, 2000
	const patience = 2 * time.Minute // a slow machine takes long to let all of them in
	x := testkit.New(t, func(c *server.Config) {
		c.LaneWaiters, c.MaxConcurrent, c.PerConnection, c.MaxRetries = places, inside, callers+100, 100
		c.StatementTime, c.TxTime, c.WatchOverlap = patience, patience, 2*patience
	})
	offer := x.Offer(t, testkit.OfferOptions{Units: callers, PriceFen: 100, AutoConfirm: true})
	x.Place(t, x.School, offer, 1) // everything that stays has begun
	before := runtime.NumGoroutine()
	release := held(t, x, offer)
	defer release()
	var refused, most atomic.Int64
	queue := 0.0
	errs, orders := make([]error, callers), make([]*pb.PlaceOrderRequest, callers)
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			orders[i] = &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000}
			errs[i] = testkit.Try(ctx, x.School, orders[i])
			if errs[i] != nil {
				refused.Add(1)
			}
		})
	}
	// Nothing is written until all that cannot be held have been refused.
	for begin := time.Now(); refused.Load() < callers-2*places && time.Since(begin) < patience/2; {
		most.Store(max(most.Load(), int64(runtime.NumGoroutine())))
		queue = max(queue, x.Metric(t, "sushaan_group_waiting", nil))
		time.Sleep(10 * time.Millisecond)
	}
	waited := refused.Load()
	release()
	wg.Wait()
	done := int64(0)
	for i, err := range errs {
		// Who is told to repeat the request does so.
		if testkit.CodeOf(err) == fault.CommitUnknown {
			refused.Add(-1)
			err = testkit.Try(ctx, x.School, orders[i])
		}
		s := status.Convert(err)
		retry := slices.ContainsFunc(s.Details(), func(d any) bool {
			r, ok := d.(*errdetails.RetryInfo)
			return ok && r.GetRetryDelay().AsDuration() > 0
		})
		switch {
		case err == nil:
			done++
		case s.Code() != codes.ResourceExhausted || !retry:
			t.Errorf("%v is no clear end", err)
		}
	}
	t.Logf("%d done, %d refused, %d of them while the offer was held; %d goroutines before, at most %d of callers and server meanwhile",
		done, refused.Load(), waited, before, most.Load())
	if done < places/2 || refused.Load() == 0 {
		t.Errorf("%d done, %d refused: nothing waited, or nothing was full", done, refused.Load())
	}
	if taken := takenOf(t, x, offer); taken != (done+1)*1000 {
		t.Errorf("%d are taken for %d orders of 1000", taken, done+1)
	}
	if queue == 0 || queue > places {
		t.Errorf("%.0f waited in a lane that has %d places", queue, places)
	}
	// A caller has its own goroutine and its stream's, a call inside has two more.
	if limit := int64(before + 3*callers + 3*inside); most.Load() > limit {
		t.Errorf("%d goroutines, at most %d", most.Load(), limit)
	}
	for begin := time.Now(); runtime.NumGoroutine() > before+100; time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatalf("%d goroutines stay, %d were there before", runtime.NumGoroutine(), before)
		}
	}
	x.CheckInvariants(t)
}
