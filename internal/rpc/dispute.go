package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

func dispute(d exchange.Dispute) *pb.Dispute {
	return &pb.Dispute{
		Id: d.ID.String(), OrderId: d.Order.String(), BuyerMemberId: d.Buyer.String(), SellerMemberId: d.Seller.String(),
		State: enum[pb.DisputeState](d.State), Quantity: d.Quantity, AmountFen: d.AmountFen, Reason: d.Reason,
		RefundedQuantity: d.Refunded, RefundedAmountFen: d.RefundedFen, Resolution: d.Resolution,
		OpenTime: stamp(d.OpenedAt), ResolveTime: stamp(d.ResolvedAt),
	}
}

func (s *orders) DisputeOrder(ctx context.Context, r *pb.DisputeOrderRequest) (*pb.DisputeOrderResponse, error) {
	v, err := s.app.DisputeOrder(ctx, app.DisputeOrder{
		Meta: meta(r), ID: r.GetId(), Quantity: r.GetQuantity(), AmountFen: r.GetAmountFen(), Reason: r.GetReason(),
	})
	return answer(ctx, v, err, func(v exchange.Order) *pb.DisputeOrderResponse { return &pb.DisputeOrderResponse{Order: order(v)} })
}

func (s *orders) ResolveDispute(ctx context.Context, r *pb.ResolveDisputeRequest) (*pb.ResolveDisputeResponse, error) {
	v, err := s.app.ResolveDispute(ctx, app.ResolveDispute{
		Meta: meta(r), ID: r.GetId(), Outcome: word[exchange.DisputeState](r.GetOutcome()), Refunded: r.GetRefundQuantity(),
		RefundedFen: r.GetRefundFen(), Reason: r.GetReason(),
	})
	return answer(ctx, v, err, func(v exchange.Order) *pb.ResolveDisputeResponse { return &pb.ResolveDisputeResponse{Order: order(v)} })
}

func (s *orders) RecordRefund(ctx context.Context, r *pb.RecordRefundRequest) (*pb.RecordRefundResponse, error) {
	v, err := s.app.RecordRefund(ctx, app.RecordPayment{
		Meta: meta(r), ID: r.GetId(), AmountFen: r.GetAmountFen(), BankReference: r.GetBankReference(),
	})
	return answer(ctx, v, err, func(v exchange.Order) *pb.RecordRefundResponse { return &pb.RecordRefundResponse{Order: order(v)} })
}

func (s *orders) GetDispute(ctx context.Context, r *pb.GetDisputeRequest) (*pb.GetDisputeResponse, error) {
	v, err := s.app.GetDispute(ctx, r.GetId())
	return read(v, err, func(v exchange.Dispute) *pb.GetDisputeResponse { return &pb.GetDisputeResponse{Dispute: dispute(v)} })
}

func (s *orders) ListDisputes(ctx context.Context, r *pb.ListDisputesRequest) (*pb.ListDisputesResponse, error) {
	p, err := s.app.ListDisputes(ctx, app.ListDisputes{
		Paging: paging(r), State: word[exchange.DisputeState](r.GetState()), OrderID: r.GetOrderId(),
	})
	return read(p, err, func(p app.Page[exchange.Dispute]) *pb.ListDisputesResponse {
		return &pb.ListDisputesResponse{Disputes: each(p.Items, dispute), NextPageToken: p.Next}
	})
}
