package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
)

// The aims, in multiples of the way there and back (issue 6).
const (
	writeAtHome    = 3.2
	writeForwarded = 4.5
	readAfar       = 1.2
	readNear       = 0.2
	noAim          = 0
)

// trip is a call that is measured from one standpoint.
type trip struct {
	what, from string
	aim        float64
}

func (t trip) key() string { return t.what + " " + t.from }

// reading is a read that is measured beside gateways of both provinces, or of the
// other one only.
type reading struct {
	persona, method string
	in, out         proto.Message
	aim             float64
	everywhere      bool
}

// steps are the writes of an order's life that are measured.
func steps() []string { return []string{"PlaceOrder", "ConfirmOrder", "AcceptOrder"} }

func writeAims() map[string]float64 {
	return map[string]float64{atHome: writeAtHome, forwarded: writeForwarded, alone: noAim, fromAfar: noAim}
}

// standpoints in the order of the report.
func standpoints() []string { return []string{atHome, forwarded, alone, fromAfar} }

// trips are everything that is measured, in the order of the report.
func (a *apart) trips() []trip {
	var all []trip
	for _, step := range steps() {
		for _, from := range standpoints() {
			all = append(all, trip{step, from, writeAims()[from]})
		}
	}
	for _, r := range a.readings("", "") {
		for _, from := range r.places() {
			all = append(all, trip{r.name(), from, r.aim})
		}
	}
	return all
}

// afar is beside the gateway of the other province.
const afar = "other province"

func (r reading) places() []string {
	if r.everywhere {
		return []string{atHome, afar}
	}
	return []string{afar}
}

const page = 20

// readings are what is read of an order and its certificate. Which they are does
// not matter to the list of what is measured.
func (a *apart) readings(order, certificate string) []reading {
	const auditor, team = "auditor", "coordination-team"
	member := a.sample.Members["M-SN-03"]
	product := a.goods.product
	return slices.Concat(
		[]reading{
			{buyer, "OrderService/GetOrder", &pb.GetOrderRequest{Id: order}, &pb.GetOrderResponse{}, readAfar, false},
			{buyer, "OfferService/GetOffer", &pb.GetOfferRequest{Id: a.offers[atHome]}, &pb.GetOfferResponse{}, readAfar, false},
			{seller, "CatalogService/GetLot", &pb.GetLotRequest{Id: a.lot}, &pb.GetLotResponse{}, readAfar, false},
			{buyer, "CatalogService/GetCertificate", &pb.GetCertificateRequest{Id: certificate}, &pb.GetCertificateResponse{}, readAfar, false},
		},
		// The nearest copy.
		everywhere(
			reading{buyer, "OrderService/ListOrders", &pb.ListOrdersRequest{PageSize: page}, &pb.ListOrdersResponse{}, readNear, true},
			reading{buyer, "OfferService/ListOffers", &pb.ListOffersRequest{PageSize: page}, &pb.ListOffersResponse{}, readNear, true},
			reading{seller, "CatalogService/ListLots", &pb.ListLotsRequest{PageSize: page}, &pb.ListLotsResponse{}, readNear, true},
			reading{auditor, "LedgerService/ListTransactions", &pb.ListTransactionsRequest{PageSize: page}, &pb.ListTransactionsResponse{}, readNear, true},
			reading{team, "ReportService/QueryVolumes", &pb.QueryVolumesRequest{GroupBy: []pb.Dimension{pb.Dimension_DIMENSION_MONTH}}, &pb.QueryVolumesResponse{}, readNear, true},
		),
		// Directory and catalogue, the latest.
		everywhere(
			reading{team, "DirectoryService/ListDivisions", &pb.ListDivisionsRequest{PageSize: page}, &pb.ListDivisionsResponse{}, readNear, true},
			reading{team, "DirectoryService/ListMembers", &pb.ListMembersRequest{PageSize: page}, &pb.ListMembersResponse{}, readNear, true},
			reading{team, "DirectoryService/GetMember", &pb.GetMemberRequest{Id: member.ID.String()}, &pb.GetMemberResponse{}, readNear, true},
			reading{team, "DirectoryService/GetAlliance", &pb.GetAllianceRequest{Id: member.Alliance.String()}, &pb.GetAllianceResponse{}, readNear, true},
			reading{team, "DirectoryService/ListAuthorities", &pb.ListAuthoritiesRequest{PageSize: page}, &pb.ListAuthoritiesResponse{}, readNear, true},
			reading{buyer, "CatalogService/ListProducts", &pb.ListProductsRequest{PageSize: page}, &pb.ListProductsResponse{}, readNear, true},
			reading{buyer, "CatalogService/GetProduct", &pb.GetProductRequest{Id: product}, &pb.GetProductResponse{}, readNear, true},
			reading{buyer, "CatalogService/ListCertificates", &pb.ListCertificatesRequest{PageSize: page}, &pb.ListCertificatesResponse{}, readNear, true},
		))
}

func everywhere(list ...reading) []reading { return list }

// name is the call's.
func (r reading) name() string { return r.method[slices.Index([]byte(r.method), '/')+1:] }

// recordLot records a lot of an offer's product.
func (a *apart) recordLot(ctx context.Context, offer string) (string, error) {
	as := a.sellerContext(ctx)
	o, err := a.server.App().GetOffer(as, offer)
	if err != nil {
		return "", fmt.Errorf("offer: %w", err)
	}
	a.goods.product, a.goods.certificate = o.Product.String(), o.Certificate.String()
	lot, err := a.server.App().CreateLot(as, app.CreateLot{
		ProductID: a.goods.product, CertificateID: a.goods.certificate, Code: "BENCH-" + uuid.NewString(),
		ProducedOn: string(a.server.App().Today()), Quantity: stock,
	})
	return lot.Value.ID.String(), err
}

// taken is how long each trip took, each time.
type taken map[string][]time.Duration

// measureAll goes through everything that is measured, round after round.
func (a *apart) measureAll(ctx context.Context, how string) (taken, error) {
	fmt.Fprintf(a.notes, "%d rounds %s\n", a.d.Warmup+a.d.Samples, how)
	if err := a.awaitNearest(ctx); err != nil {
		return nil, err
	}
	var all taken
	for round := range a.d.Warmup + a.d.Samples {
		if round == 0 || round == a.d.Warmup {
			all = taken{}
		}
		if err := a.round(ctx, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// round trades once from each standpoint and reads from both provinces.
func (a *apart) round(ctx context.Context, all taken) error {
	orders := map[string]string{}
	for _, step := range a.life(orders) {
		for _, from := range standpoints() {
			if err := step(ctx, from, all); err != nil {
				return fmt.Errorf("%s: %w", from, err)
			}
		}
	}
	for _, r := range a.readings(orders[atHome], a.goods.certificate) {
		for _, place := range r.places() {
			from := map[string]string{atHome: atHome, afar: forwarded}[place]
			c, err := a.from(from, r.persona)
			if err != nil {
				return err
			}
			begin := time.Now()
			if err := c.call(ctx, r.method, r.in, r.out); err != nil {
				return fmt.Errorf("%s: %w", r.method, err)
			}
			all.add(trip{what: r.name(), from: place}, begin)
		}
	}
	return nil
}

func (t taken) add(what trip, begin time.Time) {
	t[what.key()] = append(t[what.key()], time.Since(begin))
}

// life are the steps of an order from its placing to its acceptance, each asked for
// from one standpoint. All standpoints do a step before the next: nobody does two in
// the same breath, so that none waits for what the last one left to be put in order.
func (a *apart) life(orders map[string]string) []func(context.Context, string, taken) error {
	place := func(ctx context.Context, from string, all taken) error {
		var placed pb.PlaceOrderResponse
		err := a.step(ctx, from, from, buyer, "PlaceOrder", placement([]string{a.offers[from]}), &placed, all)
		orders[from] = placed.GetOrder().GetId()
		return err
	}
	confirm := func(ctx context.Context, from string, all taken) error {
		in := &pb.ConfirmOrderRequest{RequestId: uuid.NewString(), Id: orders[from]}
		return a.step(ctx, from, from, seller, "ConfirmOrder", in, &pb.ConfirmOrderResponse{}, all)
	}
	ship := func(ctx context.Context, from string, _ taken) error {
		in := &pb.ShipOrderRequest{RequestId: uuid.NewString(), Id: orders[from]}
		return a.step(ctx, from, atHome, seller, "ShipOrder", in, &pb.ShipOrderResponse{}, taken{})
	}
	accept := func(ctx context.Context, from string, all taken) error {
		in := &pb.AcceptOrderRequest{RequestId: uuid.NewString(), Id: orders[from], AcceptedQuantity: unit}
		return a.step(ctx, from, from, buyer, "AcceptOrder", in, &pb.AcceptOrderResponse{}, all)
	}
	return []func(context.Context, string, taken) error{place, confirm, ship, accept}
}

// step asks for one step as somebody who stands somewhere, and notes how long it took.
func (a *apart) step(ctx context.Context, name, from, persona, method string, in, out proto.Message, all taken) error {
	c, err := a.from(from, persona)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := c.call(ctx, "OrderService/"+method, in, out); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	all.add(trip{what: method, from: name}, begin)
	return nil
}

// awaitNearest waits until lists read the nearest copy: after a change of schema
// they read the latest for a while.
func (a *apart) awaitNearest(ctx context.Context) error {
	const look = 500 * time.Millisecond
	for end := time.Now().Add(a.d.Settle); ; {
		near := true
		for _, from := range []string{atHome, forwarded} {
			c, err := a.from(from, buyer)
			if err != nil {
				return err
			}
			asOf, err := c.asOf(ctx)
			if err != nil {
				return err
			}
			near = near && asOf != ""
		}
		switch {
		case near:
			return nil
		case time.Now().After(end):
			return fmt.Errorf("lists do not read the nearest copy after %s", a.d.Settle)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(look):
		}
	}
}

// asOf lists offers and gives the time of which the list is; empty: now.
func (c caller) asOf(ctx context.Context) (string, error) {
	var header metadata.MD
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.token)
	err := c.conn.Invoke(ctx, "/sushaan.exchange.v1.OfferService/ListOffers", &pb.ListOffersRequest{PageSize: 1}, &pb.ListOffersResponse{}, grpc.Header(&header))
	if list := header.Get("x-exchange-as-of"); len(list) > 0 {
		return list[0], err
	}
	return "", err
}
