package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// benchCase is one thing that is measured.
type benchCase struct {
	name    string
	clients int
	floors  []floorKind
	prepare func(context.Context) error // before each measurement, not measured; may be nil
	work    worker
	closed  bool // always a closed loop
}

// Families are the names that cases are chosen by.
func Families() []string {
	return []string{"place", "bulk", "accept", "read", "list", "volumes", "decide"}
}

// errExhausted says that there is nothing left to do: the client is done.
var errExhausted = errors.New("bench: nothing left")

func (x *exchange) load(c benchCase) load {
	l := load{clients: c.clients, warmup: x.o.Warmup, duration: x.o.Duration, rate: x.o.Rate}
	if c.closed {
		l.rate, l.warmup = 0, 0
	}
	return l
}

// cases of the families that were asked for, with the callers asked for.
func (x *exchange) cases() []benchCase {
	var all []benchCase
	for _, family := range Families() {
		if len(x.o.Cases) > 0 && !slices.Contains(x.o.Cases, family) {
			continue
		}
		clients := x.o.Clients
		if family == "bulk" {
			clients = []int{bulkCallers}
		}
		if len(clients) == 0 {
			clients = map[string][]int{"place": {1, 16, 256}, "read": {64}, "list": {64}, "volumes": {4}}[family]
		}
		if len(clients) == 0 {
			clients = []int{16}
		}
		for _, n := range clients {
			all = append(all, x.family(family, n)...)
		}
	}
	return all
}

func (x *exchange) family(name string, n int) []benchCase {
	switch name {
	case "place":
		return []benchCase{
			{name: fmt.Sprintf("place-hot-c%d", n), clients: n, floors: []floorKind{tpcb, plainHot}, work: x.placing(x.goods.hot)},
			{name: fmt.Sprintf("place-spread-c%d", n), clients: n, floors: []floorKind{tpcb, plainSpread}, work: x.placing(x.goods.spread)},
		}
	case "bulk":
		return []benchCase{
			{name: "bulk100-hot", clients: n, floors: []floorKind{tpcb, plainHot}, work: x.bulk(x.goods.hot)},
			{name: "bulk100-spread", clients: n, floors: []floorKind{tpcb, plainSpread}, work: x.bulk(x.goods.spread)},
		}
	case "accept":
		return []benchCase{x.accepting(n)}
	case "read":
		return []benchCase{x.reading(n)}
	case "list":
		return []benchCase{{name: fmt.Sprintf("list-c%d", n), clients: n, floors: []floorKind{selects}, work: x.asking(listOffers)}}
	case "volumes":
		own := benchCase{name: fmt.Sprintf("volumes-c%d", n), clients: n, floors: []floorKind{selects}, work: x.asking(volumes)}
		return append([]benchCase{own}, x.reporting(n)...)
	case "decide":
		return []benchCase{{name: fmt.Sprintf("decide-c%d", n), clients: n, floors: []floorKind{selects}, work: x.asking(x.explain)}}
	}
	return nil
}

// placing places orders on offers, each chosen at random.
func (x *exchange) placing(offers []string) worker {
	return func(_ context.Context, n int) (operation, func(), error) {
		c, err := x.as(buyer, n)
		return func(ctx context.Context) (int, error) {
			return 1, c.call(ctx, "OrderService/PlaceOrder", placement(offers), &pb.PlaceOrderResponse{})
		}, nil, err
	}
}

const (
	bulkOrders  = 100 // of one call
	bulkCallers = 16  // at once, whatever --clients says: a case's name does not tell them
)

// bulk places orders by the hundred.
func (x *exchange) bulk(offers []string) worker {
	return func(_ context.Context, n int) (operation, func(), error) {
		c, err := x.as(buyer, n)
		return func(ctx context.Context) (int, error) {
			in := &pb.BatchPlaceOrdersRequest{Lines: make([]*pb.PlaceOrderRequest, bulkOrders)}
			for i := range in.Lines {
				in.Lines[i] = placement(offers)
			}
			var out pb.BatchPlaceOrdersResponse
			if err := c.call(ctx, "OrderService/BatchPlaceOrders", in, &out); err != nil {
				return 0, err
			}
			for _, r := range out.GetResults() {
				if r.GetError() != nil {
					return 0, fmt.Errorf("a line of a batch: %s", r.GetError().GetMessage())
				}
			}
			return len(out.GetResults()), nil
		}, nil, err
	}
}

func placement(offers []string) *pb.PlaceOrderRequest {
	return &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offers[rand.IntN(len(offers))], Quantity: unit}
}

// place places n orders from several callers and gives their ids.
func (x *exchange) place(ctx context.Context, n int, offers []string) ([]string, error) {
	ids := make([]string, n)
	err := x.forEach(n, buyer, func(i int, c caller) error {
		var out pb.PlaceOrderResponse
		err := c.call(ctx, "OrderService/PlaceOrder", placement(offers), &out)
		ids[i] = out.GetOrder().GetId()
		return err
	})
	return ids, err
}

// forEach does something n times, by several callers.
func (x *exchange) forEach(n int, persona string, do func(i int, c caller) error) error {
	const callers = 32
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, callers)
	for k := range callers {
		wg.Go(func() {
			c, err := x.as(persona, k)
			for i := int(next.Add(1)) - 1; i < n && err == nil; i = int(next.Add(1)) - 1 {
				err = do(i, c)
			}
			errs[k] = err
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// reading gets orders of one's own.
func (x *exchange) reading(n int) benchCase {
	const orders = 2000
	var ids []string
	return benchCase{
		name: fmt.Sprintf("get-c%d", n), clients: n, floors: []floorKind{selects},
		prepare: func(ctx context.Context) (err error) {
			if ids == nil {
				ids, err = x.place(ctx, x.atMost(orders), x.goods.spread)
			}
			return err
		},
		work: x.asking(func(ctx context.Context, c caller) error {
			return c.call(ctx, "OrderService/GetOrder", &pb.GetOrderRequest{Id: ids[rand.IntN(len(ids))]}, &pb.GetOrderResponse{})
		}),
	}
}

// atMost is n, or less of it in a quick run.
func (x *exchange) atMost(n int) int {
	const quick = 100
	if x.o.Quick {
		return min(n, quick)
	}
	return n
}

// asking asks something that changes nothing.
func (x *exchange) asking(ask func(context.Context, caller) error) worker {
	return x.askingAs(buyer, ask)
}

func (x *exchange) askingAs(persona string, ask func(context.Context, caller) error) worker {
	return func(_ context.Context, n int) (operation, func(), error) {
		c, err := x.as(persona, n)
		return func(ctx context.Context) (int, error) { return 1, ask(ctx, c) }, nil, err
	}
}

func listOffers(ctx context.Context, c caller) error {
	var out pb.ListOffersResponse
	err := c.call(ctx, "OfferService/ListOffers", &pb.ListOffersRequest{State: pb.OfferState_OFFER_STATE_PUBLISHED, PageSize: 50}, &out)
	if err == nil && len(out.GetOffers()) != 50 {
		err = fmt.Errorf("a list of %d offers", len(out.GetOffers()))
	}
	return err
}

func volumes(ctx context.Context, c caller) error {
	return c.call(ctx, "ReportService/QueryVolumes", &pb.QueryVolumesRequest{
		GroupBy: []pb.Dimension{pb.Dimension_DIMENSION_MONTH, pb.Dimension_DIMENSION_DIRECTION},
	}, &pb.QueryVolumesResponse{})
}

func (x *exchange) explain(ctx context.Context, c caller) error {
	var out pb.ExplainResponse
	err := c.call(ctx, "PolicyService/Explain", &pb.ExplainRequest{
		Action: "order.place", OfferId: x.goods.spread[rand.IntN(len(x.goods.spread))], Quantity: unit,
	}, &out)
	if err == nil && !out.GetAllow() {
		err = fmt.Errorf("denied: %v", out.GetDenials())
	}
	return err
}

// accepting accepts orders that were shipped before. It ends when all are.
func (x *exchange) accepting(n int) benchCase {
	const orders = 4000
	var ids []string
	var next atomic.Int64
	return benchCase{
		name: fmt.Sprintf("accept-c%d", n), clients: n, floors: []floorKind{tpcb}, closed: true,
		prepare: func(ctx context.Context) (err error) {
			next.Store(0)
			if ids, err = x.place(ctx, x.atMost(orders), x.goods.spread); err != nil {
				return err
			}
			return x.forEach(len(ids), seller, func(i int, c caller) error {
				in := &pb.ShipOrderRequest{RequestId: uuid.NewString(), Id: ids[i]}
				return c.call(ctx, "OrderService/ShipOrder", in, &pb.ShipOrderResponse{})
			})
		},
		work: func(_ context.Context, n int) (operation, func(), error) {
			c, err := x.as(buyer, n)
			return func(ctx context.Context) (int, error) {
				i := int(next.Add(1)) - 1
				if i >= len(ids) {
					return 0, errExhausted
				}
				in := &pb.AcceptOrderRequest{RequestId: uuid.NewString(), Id: ids[i], AcceptedQuantity: unit}
				return 1, c.call(ctx, "OrderService/AcceptOrder", in, &pb.AcceptOrderResponse{})
			}, nil, err
		},
	}
}
