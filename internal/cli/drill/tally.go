package drill

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// request is one write as its caller saw it, with all its attempts.
type request struct {
	began, ended time.Time
	retries      int
	acknowledged bool
}

// order is what the exchange has acknowledged of an order.
type order struct {
	trade     trade
	cancelled bool
}

// tally counts what happened to the load.
type tally struct {
	mu       sync.Mutex
	requests []request
	faults   map[string]int // failed attempts
	orders   map[string]order
}

func newTally() *tally { return &tally{faults: map[string]int{}, orders: map[string]order{}} }

func (y *tally) add(r request) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.requests = append(y.requests, r)
}

func (y *tally) fault(kind string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.faults[kind]++
}

func (y *tally) keep(id string, t trade) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.orders[id] = order{trade: t}
}

func (y *tally) cancelled(id string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	o := y.orders[id]
	o.cancelled = true
	y.orders[id] = o
}

// phase is the figures of the requests that began in a span of time.
type phase struct {
	Name         string `json:"name"`
	Requests     int    `json:"requests"`
	Acknowledged int    `json:"acknowledged"`
	Retried      int    `json:"retried"`
	Failed       int    `json:"failed"`
	MedianMS     int64  `json:"median_ms"`
	SlowestMS    int64  `json:"slowest_ms"`
	Seconds      int64  `json:"seconds"`
}

func (y *tally) phase(name string, from, to time.Time) phase {
	p := phase{Name: name, Seconds: int64(to.Sub(from).Round(time.Second).Seconds())}
	var took []time.Duration
	for _, r := range y.requests {
		if r.began.Before(from) || !r.began.Before(to) {
			continue
		}
		p.Requests++
		if r.retries > 0 {
			p.Retried++
		}
		if !r.acknowledged {
			p.Failed++
			continue
		}
		p.Acknowledged++
		took = append(took, r.ended.Sub(r.began))
	}
	if len(took) > 0 {
		slices.Sort(took)
		p.MedianMS, p.SlowestMS = took[len(took)/2].Milliseconds(), took[len(took)-1].Milliseconds()
	}
	return p
}

// stall is the longest time in which nothing was acknowledged.
func (y *tally) stall(from, to time.Time) time.Duration {
	ends := []time.Time{from, to}
	for _, r := range y.requests {
		if r.acknowledged && r.ended.After(from) && r.ended.Before(to) {
			ends = append(ends, r.ended)
		}
	}
	slices.SortFunc(ends, time.Time.Compare)
	longest := time.Duration(0)
	for n := range ends[1:] {
		longest = max(longest, ends[n+1].Sub(ends[n]))
	}
	return longest
}

// missing asks for every acknowledged order and tells which are not there, or
// are there as if a cancellation that was acknowledged had not been.
func (l *load) missing(ctx context.Context) ([]string, error) {
	const atOnce = 8
	ids := make(chan string)
	var mu sync.Mutex
	var lost []string
	var failed error
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for id := range ids {
				why, err := l.find(ctx, id, l.tally.orders[id])
				mu.Lock()
				if err != nil {
					failed = err
				}
				if why != "" {
					lost = append(lost, id+": "+why)
				}
				mu.Unlock()
			}
		})
	}
	for _, id := range slices.Sorted(maps.Keys(l.tally.orders)) {
		ids <- id
	}
	close(ids)
	wg.Wait()
	slices.Sort(lost)
	return lost, failed
}

func (l *load) find(ctx context.Context, id string, o order) (why string, err error) {
	out, err := ask(ctx, l, o.trade, func(ctx context.Context, c *grpc.ClientConn) (*pb.GetOrderResponse, error) {
		ctx = metadata.AppendToOutgoingContext(ctx, "x-exchange-consistency", "latest")
		return pb.NewOrderServiceClient(c).GetOrder(ctx, &pb.GetOrderRequest{Id: id})
	})
	switch {
	case status.Code(err) == codes.NotFound:
		return "acknowledged and not there", nil
	case err != nil:
		return "", err
	case o.cancelled && out.GetOrder().GetState() != pb.OrderState_ORDER_STATE_CANCELLED:
		return "its cancellation was acknowledged and it is " + out.GetOrder().GetState().String(), nil
	case out.GetOrder().GetQuantity() != o.trade.Quantity:
		return "it is there with another quantity", nil
	default:
		return "", nil
	}
}
