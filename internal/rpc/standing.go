package rpc

import (
	"context"

	"google.golang.org/grpc"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// standings serves StandingOrderService.
type standings struct {
	pb.UnimplementedStandingOrderServiceServer
	app *app.App
}

func standingOrder(s exchange.StandingOrder) *pb.StandingOrder {
	return &pb.StandingOrder{
		Id: s.ID.String(), BuyerMemberId: idText(s.Buyer), SellerMemberId: idText(s.Seller), ProductId: idText(s.Product), OfferId: s.Offer.String(),
		Follow: s.Follow, TakeShort: s.TakeShort, Quantity: s.Quantity, ConsigneeCode: s.Consignee, DeliveryDays: int32(s.DeliveryDays),
		Reserve: s.Reserve, Purpose: enum[pb.Purpose](s.Purpose), ReservePlanId: idText(s.ReservePlan), Recurrence: recurrence(s.Recurrence),
		FirstRun: string(s.Span.From), Until: string(s.Span.To), CapQuantity: s.CapQuantity, CapFen: s.CapFen,
		State: enum[pb.StandingOrderState](s.State), StateReason: s.StateReason, NextRun: string(s.NextRun), Runs: int32(s.Runs),
		Orders: int32(s.Orders), OrderedQuantity: s.Ordered, OrderedFen: s.OrderedFen, CreateTime: stamp(s.CreatedAt), UpdateTime: stamp(s.UpdatedAt),
	}
}

func recurrence(r exchange.Recurrence) *pb.Recurrence {
	return &pb.Recurrence{
		EveryDays: int32(r.Days), Weekdays: each(r.Weekdays, func(d int) int32 { return int32(d) }), DayOfMonth: int32(r.DayOfMonth),
	}
}

// recurrenceOf reads a recurrence. What more or less than one way of counting is
// set, the rule refuses.
func recurrenceOf(r *pb.Recurrence) exchange.Recurrence {
	out := exchange.Recurrence{
		Days: int(r.GetEveryDays()), Weekdays: each(r.GetWeekdays(), func(d int32) int { return int(d) }), DayOfMonth: int(r.GetDayOfMonth()),
	}
	switch {
	case out.Days != 0:
		out.Every = exchange.EveryDays
	case len(out.Weekdays) > 0:
		out.Every = exchange.EveryWeek
	case out.DayOfMonth != 0:
		out.Every = exchange.EveryMonth
	}
	return out
}

func standingRun(ctx context.Context, r exchange.StandingRun) *pb.StandingRun {
	return &pb.StandingRun{
		Id: idText(r.ID), StandingOrderId: r.Standing.String(), Number: int32(r.N), Planned: string(r.Planned), MadeOn: string(r.MadeOn),
		State: enum[pb.StandingRunState](r.State), Reasons: reasons(ctx, r.Reasons), Quantity: r.Quantity, OrderedQuantity: r.Ordered,
		AmountFen: r.AmountFen, OrderId: r.Order.String(), CreateTime: stamp(r.CreatedAt),
	}
}

func (s *standings) SetStandingOrder(ctx context.Context, r *pb.SetStandingOrderRequest) (*pb.SetStandingOrderResponse, error) {
	v, err := s.app.SetStanding(ctx, app.SetStanding{
		Meta: meta(r), OfferID: r.GetOfferId(), Follow: r.GetFollow(), TakeShort: r.GetTakeShort(), Quantity: r.GetQuantity(),
		ConsigneeCode: r.GetConsigneeCode(), DeliveryDays: int(r.GetDeliveryDays()), Reserve: r.GetReserve(),
		Purpose: word[exchange.Purpose](r.GetPurpose()), ReservePlanID: r.GetReservePlanId(), Recurrence: recurrenceOf(r.GetRecurrence()),
		FirstRun: r.GetFirstRun(), Until: r.GetUntil(), CapQuantity: r.GetCapQuantity(), CapFen: r.GetCapFen(),
	})
	return answer(ctx, v, err, func(v exchange.StandingOrder) *pb.SetStandingOrderResponse {
		return &pb.SetStandingOrderResponse{StandingOrder: standingOrder(v)}
	})
}

func (s *standings) GetStandingOrder(ctx context.Context, r *pb.GetStandingOrderRequest) (*pb.GetStandingOrderResponse, error) {
	v, err := s.app.GetStanding(ctx, r.GetId())
	return read(v, err, func(v exchange.StandingOrder) *pb.GetStandingOrderResponse {
		return &pb.GetStandingOrderResponse{StandingOrder: standingOrder(v)}
	})
}

func (s *standings) ListStandingOrders(ctx context.Context, r *pb.ListStandingOrdersRequest) (*pb.ListStandingOrdersResponse, error) {
	p, err := s.app.ListStandings(ctx, app.ListStandings{Paging: paging(r), State: word[exchange.StandingState](r.GetState())})
	return read(p, err, func(p app.Page[exchange.StandingOrder]) *pb.ListStandingOrdersResponse {
		return &pb.ListStandingOrdersResponse{StandingOrders: each(p.Items, standingOrder), NextPageToken: p.Next}
	})
}

func (s *standings) AmendStandingOrder(ctx context.Context, r *pb.AmendStandingOrderRequest) (*pb.AmendStandingOrderResponse, error) {
	c := app.AmendStanding{
		Meta: meta(r), ID: r.GetId(), OfferID: r.GetOfferId(), Quantity: r.GetQuantity(), Until: r.GetUntil(), CapQuantity: r.GetCapQuantity(),
		CapFen: r.GetCapFen(),
	}
	if r.GetRecurrence() != nil {
		of := recurrenceOf(r.GetRecurrence())
		c.Recurrence = &of
	}
	v, err := s.app.AmendStanding(ctx, c)
	return answer(ctx, v, err, func(v exchange.StandingOrder) *pb.AmendStandingOrderResponse {
		return &pb.AmendStandingOrderResponse{StandingOrder: standingOrder(v)}
	})
}

func (s *standings) PauseStandingOrder(ctx context.Context, r *pb.PauseStandingOrderRequest) (*pb.PauseStandingOrderResponse, error) {
	v, err := s.app.PauseStanding(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.StandingOrder) *pb.PauseStandingOrderResponse {
		return &pb.PauseStandingOrderResponse{StandingOrder: standingOrder(v)}
	})
}

func (s *standings) ResumeStandingOrder(ctx context.Context, r *pb.ResumeStandingOrderRequest) (*pb.ResumeStandingOrderResponse, error) {
	v, err := s.app.ResumeStanding(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.StandingOrder) *pb.ResumeStandingOrderResponse {
		return &pb.ResumeStandingOrderResponse{StandingOrder: standingOrder(v)}
	})
}

func (s *standings) CancelStandingOrder(ctx context.Context, r *pb.CancelStandingOrderRequest) (*pb.CancelStandingOrderResponse, error) {
	v, err := s.app.CancelStanding(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.StandingOrder) *pb.CancelStandingOrderResponse {
		return &pb.CancelStandingOrderResponse{StandingOrder: standingOrder(v)}
	})
}

func (s *standings) ListStandingRuns(ctx context.Context, r *pb.ListStandingRunsRequest) (*pb.ListStandingRunsResponse, error) {
	p, err := s.app.ListRuns(ctx, app.ListRuns{Paging: paging(r), StandingID: r.GetStandingOrderId(), State: word[exchange.RunState](r.GetState())})
	return read(p, err, func(p app.Page[exchange.StandingRun]) *pb.ListStandingRunsResponse {
		return &pb.ListStandingRunsResponse{
			Runs: each(p.Items, func(r exchange.StandingRun) *pb.StandingRun { return standingRun(ctx, r) }), NextPageToken: p.Next,
		}
	})
}

func (s *standings) WatchStandingRuns(r *pb.WatchStandingRunsRequest, stream grpc.ServerStreamingServer[pb.WatchStandingRunsResponse]) error {
	ctx := stream.Context()
	return s.app.WatchRuns(ctx, r.GetPosition(), func(w app.Watched[exchange.StandingRun]) error {
		m := &pb.WatchStandingRunsResponse{Position: w.Position}
		if e := w.Event; e != nil {
			m.Event = &pb.StandingRunEvent{Id: e.ID, Kind: e.Kind, Time: stamp(e.At), Run: standingRun(ctx, e.State)}
		}
		return stream.Send(m)
	})
}
