package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// intents serves IntentService.
type intents struct {
	pb.UnimplementedIntentServiceServer
	app *app.App
}

func intent(v exchange.Intent) *pb.Intent {
	return &pb.Intent{
		Id: v.ID.String(), Fair: v.Fair, Day: string(v.Day), BuyerMemberId: v.Buyer.String(), BuyerAllianceId: v.BuyerAlliance.String(),
		SellerMemberId: v.Seller.String(), SellerAllianceId: v.SellerAlliance.String(), ProductId: v.Product.String(),
		Quantity: v.Quantity, ValueFen: v.ValueFen, Note: v.Note, ContractId: homeID(v.ID.Home, v.Contract),
		State: enum[pb.IntentState](v.State), StateReason: v.StateReason, CreateTime: stamp(v.CreatedAt), UpdateTime: stamp(v.UpdatedAt),
	}
}

func (s *intents) RecordIntent(ctx context.Context, r *pb.RecordIntentRequest) (*pb.RecordIntentResponse, error) {
	v, err := s.app.RecordIntent(ctx, app.RecordIntent{
		Meta: meta(r), Fair: r.GetFair(), Day: r.GetDay(), BuyerID: r.GetBuyerMemberId(), SellerID: r.GetSellerMemberId(),
		ProductID: r.GetProductId(), Quantity: r.GetQuantity(), ValueFen: r.GetValueFen(), Note: r.GetNote(),
	})
	return answer(ctx, v, err, func(v exchange.Intent) *pb.RecordIntentResponse { return &pb.RecordIntentResponse{Intent: intent(v)} })
}

func (s *intents) GetIntent(ctx context.Context, r *pb.GetIntentRequest) (*pb.GetIntentResponse, error) {
	v, err := s.app.GetIntent(ctx, r.GetId())
	return read(v, err, func(v exchange.Intent) *pb.GetIntentResponse { return &pb.GetIntentResponse{Intent: intent(v)} })
}

func (s *intents) ListIntents(ctx context.Context, r *pb.ListIntentsRequest) (*pb.ListIntentsResponse, error) {
	p, err := s.app.ListIntents(ctx, app.ListIntents{Paging: paging(r), State: word[exchange.IntentState](r.GetState()), Fair: r.GetFair()})
	return read(p, err, func(p app.Page[exchange.Intent]) *pb.ListIntentsResponse {
		return &pb.ListIntentsResponse{Intents: each(p.Items, intent), NextPageToken: p.Next}
	})
}

func (s *intents) MatchIntent(ctx context.Context, r *pb.MatchIntentRequest) (*pb.MatchIntentResponse, error) {
	v, err := s.app.MatchIntent(ctx, app.MatchIntent{Meta: meta(r), ID: r.GetId(), ContractID: r.GetContractId()})
	return answer(ctx, v, err, func(v exchange.Intent) *pb.MatchIntentResponse { return &pb.MatchIntentResponse{Intent: intent(v)} })
}

func (s *intents) WithdrawIntent(ctx context.Context, r *pb.WithdrawIntentRequest) (*pb.WithdrawIntentResponse, error) {
	v, err := s.app.WithdrawIntent(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Intent) *pb.WithdrawIntentResponse {
		return &pb.WithdrawIntentResponse{Intent: intent(v)}
	})
}
