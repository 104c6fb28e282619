package rpc

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// orders serves OrderService.
type orders struct {
	pb.UnimplementedOrderServiceServer
	app *app.App
	// check proves one line of a batch, as it would be proved as a call.
	check func(proto.Message) error
}

func order(o exchange.Order) *pb.Order {
	return &pb.Order{
		Id: o.ID.String(), OfferId: o.Offer.String(), ProductId: o.Product.String(), CertificateId: idText(o.Certificate),
		BuyerMemberId: o.Buyer.String(), BuyerAllianceId: o.BuyerAlliance.String(), SellerMemberId: o.Seller.String(),
		SellerAllianceId: o.SellerAlliance.String(), ConsigneeCode: o.Consignee, State: enum[pb.OrderState](o.State),
		StateReason: o.StateReason, Quantity: o.Quantity, AcceptedQuantity: o.Accepted, RejectedQuantity: o.Rejected,
		ShortQuantity: o.Short, PriceFen: o.PriceFen, UnitQuantity: o.UnitQuantity, PerKg: o.PerKg, AmountFen: o.AmountFen,
		AcceptedAmountFen: o.AcceptedFen, PaidAmountFen: o.PaidFen, Direction: enum[pb.Direction](o.Obligations.Direction),
		Obligations: obligations(o.Obligations), Channel: enum[pb.Channel](o.Channel), Reserve: o.Reserve,
		DeliverBy: string(o.DeliverBy), HoldUntil: stamp(o.HoldUntil), PolicyRevision: o.PolicyRevision,
		CreateTime: stamp(o.CreatedAt), UpdateTime: stamp(o.UpdatedAt),
		Purpose: enum[pb.Purpose](o.Purpose), ReservePlanId: idText(o.ReservePlan),
		RefundedQuantity: o.Refunded, RefundedAmountFen: o.RefundedFen, RepaidAmountFen: o.RepaidFen, HeldAmountFen: o.HeldFen,
		DisputeId: homeID(o.ID.Home, o.Dispute), PaymentReference: o.PaymentReference(),
		Way: enum[pb.Way](o.Way), WayId: idText(o.WayID), PlacedBy: o.Placer.Subject, ApprovedBy: o.ApprovedBy,
		PayerMemberId: idText(o.Payer), ConsigneeName: o.ConsigneeName, PairTag: o.PairTag, DonationFen: o.DonationFen,
		ReliefId: reliefText(o.ID.Home, o.Relief),
	}
}

func orderEvent(e app.EventOf[exchange.Order]) *pb.OrderEvent {
	return &pb.OrderEvent{Id: e.ID, Kind: e.Kind, Time: stamp(e.At), Order: order(e.State)}
}

func orderStep(s step) app.StepOrder {
	return app.StepOrder(stepOf(s))
}

func placement(r *pb.PlaceOrderRequest) app.PlaceOrder {
	return app.PlaceOrder{
		Meta: meta(r), OfferID: r.GetOfferId(), Quantity: r.GetQuantity(), ConsigneeCode: r.GetConsigneeCode(),
		DeliverBy: r.GetDeliverBy(), Reserve: r.GetReserve(), Channel: word[exchange.Channel](r.GetChannel()),
		Purpose: word[exchange.Purpose](r.GetPurpose()), ReservePlanID: r.GetReservePlanId(), ForOthers: forOthers(r),
	}
}

func acceptance(r *pb.AcceptOrderRequest) app.AcceptOrder {
	return app.AcceptOrder{
		Meta: meta(r), ID: r.GetId(), Accepted: r.GetAcceptedQuantity(), Rejected: r.GetRejectedQuantity(),
		Short: r.GetShortQuantity(), Reason: r.GetReason(), AcceptedOn: r.GetAcceptedOn(),
	}
}

func (s *orders) PlaceOrder(ctx context.Context, r *pb.PlaceOrderRequest) (*pb.PlaceOrderResponse, error) {
	v, err := s.app.PlaceOrder(ctx, placement(r))
	return answer(ctx, v, err, func(o exchange.Order) *pb.PlaceOrderResponse {
		return &pb.PlaceOrderResponse{Order: order(o), Warnings: reasons(ctx, v.Warnings)}
	})
}

func (s *orders) GetOrder(ctx context.Context, r *pb.GetOrderRequest) (*pb.GetOrderResponse, error) {
	v, err := s.app.GetOrder(ctx, r.GetId())
	return read(v, err, func(v exchange.Order) *pb.GetOrderResponse { return &pb.GetOrderResponse{Order: order(v)} })
}

func (s *orders) ListOrders(ctx context.Context, r *pb.ListOrdersRequest) (*pb.ListOrdersResponse, error) {
	p, err := s.app.ListOrders(ctx, app.ListOrders{
		Paging: paging(r), State: word[exchange.OrderState](r.GetState()), OfferID: r.GetOfferId(), ReliefID: r.GetReliefId(),
	})
	return read(p, err, func(p app.Page[exchange.Order]) *pb.ListOrdersResponse {
		return &pb.ListOrdersResponse{Orders: each(p.Items, order), NextPageToken: p.Next}
	})
}

func (s *orders) ConfirmOrder(ctx context.Context, r *pb.ConfirmOrderRequest) (*pb.ConfirmOrderResponse, error) {
	v, err := s.app.ConfirmOrder(ctx, orderStep(r))
	return answer(ctx, v, err, func(v exchange.Order) *pb.ConfirmOrderResponse { return &pb.ConfirmOrderResponse{Order: order(v)} })
}

func (s *orders) ShipOrder(ctx context.Context, r *pb.ShipOrderRequest) (*pb.ShipOrderResponse, error) {
	v, err := s.app.ShipOrder(ctx, app.ShipOrder{Meta: meta(r), ID: r.GetId(), Waybill: r.GetWaybill()})
	return answer(ctx, v, err, func(v exchange.Order) *pb.ShipOrderResponse { return &pb.ShipOrderResponse{Order: order(v)} })
}

func (s *orders) DeliverOrder(ctx context.Context, r *pb.DeliverOrderRequest) (*pb.DeliverOrderResponse, error) {
	v, err := s.app.DeliverOrder(ctx, orderStep(r))
	return answer(ctx, v, err, func(v exchange.Order) *pb.DeliverOrderResponse { return &pb.DeliverOrderResponse{Order: order(v)} })
}

func (s *orders) AcceptOrder(ctx context.Context, r *pb.AcceptOrderRequest) (*pb.AcceptOrderResponse, error) {
	v, err := s.app.AcceptOrder(ctx, acceptance(r))
	return answer(ctx, v, err, func(v exchange.Order) *pb.AcceptOrderResponse { return &pb.AcceptOrderResponse{Order: order(v)} })
}

func (s *orders) ApproveOrder(ctx context.Context, r *pb.ApproveOrderRequest) (*pb.ApproveOrderResponse, error) {
	v, err := s.app.ApproveOrder(ctx, orderStep(r))
	return answer(ctx, v, err, func(o exchange.Order) *pb.ApproveOrderResponse {
		return &pb.ApproveOrderResponse{Order: order(o), Warnings: reasons(ctx, v.Warnings)}
	})
}

func (s *orders) DeclineOrder(ctx context.Context, r *pb.DeclineOrderRequest) (*pb.DeclineOrderResponse, error) {
	v, err := s.app.DeclineOrder(ctx, orderStep(r))
	return answer(ctx, v, err, func(v exchange.Order) *pb.DeclineOrderResponse { return &pb.DeclineOrderResponse{Order: order(v)} })
}

func (s *orders) CancelOrder(ctx context.Context, r *pb.CancelOrderRequest) (*pb.CancelOrderResponse, error) {
	v, err := s.app.CancelOrder(ctx, orderStep(r))
	return answer(ctx, v, err, func(v exchange.Order) *pb.CancelOrderResponse { return &pb.CancelOrderResponse{Order: order(v)} })
}

func (s *orders) RecordPayment(ctx context.Context, r *pb.RecordPaymentRequest) (*pb.RecordPaymentResponse, error) {
	v, err := s.app.RecordPayment(ctx, app.RecordPayment{
		Meta: meta(r), ID: r.GetId(), AmountFen: r.GetAmountFen(), BankReference: r.GetBankReference(),
		PaidOn: r.GetPaidOn(),
	})
	return answer(ctx, v, err, func(v exchange.Order) *pb.RecordPaymentResponse { return &pb.RecordPaymentResponse{Order: order(v)} })
}

func (s *orders) ListOrderEvents(ctx context.Context, r *pb.ListOrderEventsRequest) (*pb.ListOrderEventsResponse, error) {
	p, err := s.app.ListOrderEvents(ctx, r.GetId(), paging(r))
	return read(p, err, func(p app.Page[app.EventOf[exchange.Order]]) *pb.ListOrderEventsResponse {
		return &pb.ListOrderEventsResponse{Events: each(p.Items, orderEvent), NextPageToken: p.Next}
	})
}

func (s *orders) WatchOrders(r *pb.WatchOrdersRequest, stream grpc.ServerStreamingServer[pb.WatchOrdersResponse]) error {
	return s.app.WatchOrders(stream.Context(), r.GetPosition(), func(w app.Watched[exchange.Order]) error {
		m := &pb.WatchOrdersResponse{Position: w.Position}
		if w.Event != nil {
			m.Event = orderEvent(*w.Event)
		}
		return stream.Send(m)
	})
}
