package testkit_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

func putJobs(t *testing.T, s *store.Store, due time.Time, kinds ...exchange.JobKind) {
	t.Helper()
	for _, kind := range kinds {
		err := s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.InsertJob(ctx, exchange.Job{Home: exchange.Shaanxi, Kind: kind, Subject: uuid.New(), Due: due})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Two servers that look at once never get the same job.
func TestAJobIsLeasedToOneServerAtATime(t *testing.T) {
	s := testkit.Store(t)
	now := time.Now().UTC().Truncate(time.Microsecond)
	const jobs, servers = 40, 4
	for range jobs {
		putJobs(t, s, now.Add(-time.Minute), "A")
	}
	putJobs(t, s, now.Add(time.Minute), "LATER")
	var mu sync.Mutex
	taken := map[uuid.UUID]int{}
	var wg sync.WaitGroup
	for range servers {
		wg.Go(func() {
			for range jobs {
				got, err := s.LeaseJobs(t.Context(), now, now.Add(time.Minute), 3)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, j := range got {
					taken[j.Subject]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(taken) != jobs {
		t.Errorf("%d of %d jobs were taken", len(taken), jobs)
	}
	for id, n := range taken {
		if n != 1 {
			t.Errorf("job %s was taken %d times", id, n)
		}
	}
}

// A server that dies keeps a job as long as its lease, and cannot end it
// afterwards.
func TestAJobOfADeadServerIsTakenUpWhenItsLeaseIsOver(t *testing.T) {
	s := testkit.Store(t)
	now := time.Now().UTC().Truncate(time.Microsecond)
	putJobs(t, s, now.Add(-time.Hour), "A")
	lease := func(at time.Time) []exchange.Job {
		t.Helper()
		got, err := s.LeaseJobs(t.Context(), at, at.Add(time.Minute), 3)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	dead := lease(now)
	if len(dead) != 1 || len(lease(now.Add(59*time.Second))) != 0 {
		t.Fatalf("the first server got %d jobs, or the second did while the lease was on", len(dead))
	}
	heir := lease(now.Add(time.Minute))
	if len(heir) != 1 || heir[0].Attempts != 2 {
		t.Fatalf("after the lease: %v", heir)
	}
	if err := s.FinishJob(t.Context(), dead[0], time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutOffJob(t.Context(), heir[0], now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := len(lease(now.Add(30 * time.Minute))); n != 0 {
		t.Errorf("%d jobs before the pause of a failure was over", n)
	}
	last := lease(now.Add(time.Hour))
	if len(last) != 1 || !last[0].Due.Equal(now.Add(-time.Hour)) {
		t.Fatalf("a job that failed is due since it was: %v", last)
	}
	if err := s.FinishJob(t.Context(), last[0], time.Time{}); err != nil {
		t.Fatal(err)
	}
	if n := len(lease(now.Add(48 * time.Hour))); n != 0 {
		t.Errorf("%d jobs after the end", n)
	}
}

// Several servers on one database, each looking all the time: an order expires
// once, with one event.
func TestServersThatRunTogetherDoAJobOnce(t *testing.T) {
	c := &clock{}
	quick := func(s *server.Config) {
		s.Now, s.JobPoll, s.DutyInterval = c.Now, 20*time.Millisecond, 10*time.Millisecond
	}
	x := testkit.New(t, quick)
	for range 2 {
		x.Join(t)
	}
	offer := x.Offer(t, testkit.OfferOptions{Units: 20})
	var orders []*pb.Order
	for range 20 {
		orders = append(orders, x.Place(t, x.School, offer, 1))
	}
	c.ahead.Add(int64(49 * time.Hour))
	if err := x.App.DoJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		eventually(t, func() bool {
			return testkit.Must[*pb.GetOrderResponse](t, x.School, &pb.GetOrderRequest{Id: o.GetId()}).GetOrder().GetState() ==
				pb.OrderState_ORDER_STATE_EXPIRED
		})
		events := testkit.Must[*pb.ListOrderEventsResponse](t, x.School, &pb.ListOrderEventsRequest{Id: o.GetId()}).GetEvents()
		if len(events) != 2 {
			t.Errorf("%d events of order %s", len(events), o.GetId())
		}
	}
	x.CheckInvariants(t)
}

// eventually waits for what other servers do.
func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for range 1000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it did not come to it within ten seconds")
}

// A server that ran with a clock far ahead does not put off what is due.
func TestAWrongClockDoesNotPutOffWhatIsDue(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, func(s *server.Config) { s.Now, s.JobPoll = c.Now, time.Hour })
	c.ahead.Store(int64(1000 * time.Hour))
	if err := x.App.DoJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.ahead.Store(0)
	order := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1)
	c.ahead.Store(int64(49 * time.Hour))
	if err := x.App.DoJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantState(t, testkit.Must[*pb.GetOrderResponse](t, x.School, &pb.GetOrderRequest{Id: order.GetId()}).GetOrder(), pb.OrderState_ORDER_STATE_EXPIRED)
}
