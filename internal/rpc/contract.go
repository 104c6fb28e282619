package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// contracts serves ContractService.
type contracts struct {
	pb.UnimplementedContractServiceServer
	app *app.App
}

func contract(c exchange.Contract) *pb.Contract {
	out := &pb.Contract{
		Id: c.ID.String(), ProposedBy: enum[pb.Side](c.ProposedBy), BuyerMemberId: c.Buyer.String(), BuyerAllianceId: c.BuyerAlliance.String(),
		SellerMemberId: c.Seller.String(), SellerAllianceId: c.SellerAlliance.String(), ProductId: c.Product.String(),
		CertificateId: idText(c.Certificate), Variety: c.Variety, UnitQuantity: c.UnitQuantity, PriceBasis: enum[pb.PriceBasis](c.PriceBasis),
		SeasonFrom: string(c.Season.From), SeasonTo: string(c.Season.To), LeadDays: int32(c.LeadDays), Quantity: c.Quantity,
		Schedule: each(c.Schedule, func(d exchange.Delivery) *pb.Delivery {
			return &pb.Delivery{Day: string(d.Day), Quantity: d.Quantity}
		}),
		ToleranceBasisPoints: int32(c.ToleranceBP), ToleranceQuantity: c.Tolerance(), FloorPriceFen: c.FloorFen, Index: c.Index,
		DepositFen: c.DepositFen, DepositRelease: enum[pb.DepositRelease](c.DepositRelease), DepositHeldFen: c.HeldFen,
		DepositReleasedFen: c.ReleasedFen, DepositPayableFen: c.PayableFen, DepositPayableTo: idText(c.PayableTo),
		DepositPaidOutFen: c.PaidOutFen, PaymentReference: c.PaymentReference(), OfferId: c.Offer.String(),
		State: enum[pb.ContractState](c.State), StateReason: c.StateReason, CreateTime: stamp(c.CreatedAt), UpdateTime: stamp(c.UpdatedAt),
	}
	if c.Claim.Kind != "" {
		out.Claim = &pb.ContractClaim{
			Kind: enum[pb.ClaimKind](c.Claim.Kind), By: enum[pb.Side](c.Claim.By), Reason: c.Claim.Reason, Time: stamp(c.Claim.At),
			State: enum[pb.ClaimState](c.Claim.State), Resolution: c.Claim.Resolution, ResolveTime: stamp(c.Claim.ResolvedAt),
		}
	}
	return out
}

func indexPrice(p exchange.IndexPrice) *pb.IndexPrice {
	return &pb.IndexPrice{
		ContractId: p.Contract.String(), Day: string(p.Day), PriceFen: p.PriceFen, Source: p.Source, RecordedBy: p.RecordedBy.String(),
		Time: stamp(p.At),
	}
}

func (s *contracts) ProposeContract(ctx context.Context, r *pb.ProposeContractRequest) (*pb.ProposeContractResponse, error) {
	v, err := s.app.ProposeContract(ctx, app.ProposeContract{
		Meta: meta(r), BuyerID: r.GetBuyerMemberId(), SellerID: r.GetSellerMemberId(), ProductID: r.GetProductId(),
		CertificateID: r.GetCertificateId(), Variety: r.GetVariety(), SeasonFrom: r.GetSeasonFrom(), SeasonTo: r.GetSeasonTo(),
		LeadDays: int(r.GetLeadDays()), ToleranceBP: int64(r.GetToleranceBasisPoints()), FloorFen: r.GetFloorPriceFen(), Index: r.GetIndex(),
		DepositFen: r.GetDepositFen(), DepositRelease: word[exchange.DepositRelease](r.GetDepositRelease()),
		Schedule: each(r.GetSchedule(), func(d *pb.Delivery) exchange.Delivery {
			return exchange.Delivery{Day: exchange.Day(d.GetDay()), Quantity: d.GetQuantity()}
		}),
	})
	return answer(ctx, v, err, func(c exchange.Contract) *pb.ProposeContractResponse {
		return &pb.ProposeContractResponse{Contract: contract(c)}
	})
}

func (s *contracts) GetContract(ctx context.Context, r *pb.GetContractRequest) (*pb.GetContractResponse, error) {
	v, err := s.app.GetContract(ctx, r.GetId())
	return read(v, err, func(c exchange.Contract) *pb.GetContractResponse {
		return &pb.GetContractResponse{Contract: contract(c)}
	})
}

func (s *contracts) ListContracts(ctx context.Context, r *pb.ListContractsRequest) (*pb.ListContractsResponse, error) {
	p, err := s.app.ListContracts(ctx, app.ListContracts{Paging: paging(r), State: word[exchange.ContractState](r.GetState())})
	return read(p, err, func(p app.Page[exchange.Contract]) *pb.ListContractsResponse {
		return &pb.ListContractsResponse{Contracts: each(p.Items, contract), NextPageToken: p.Next}
	})
}

func (s *contracts) SignContract(ctx context.Context, r *pb.SignContractRequest) (*pb.SignContractResponse, error) {
	v, err := s.app.SignContract(ctx, stepOf(r))
	return answer(ctx, v, err, func(c exchange.Contract) *pb.SignContractResponse {
		return &pb.SignContractResponse{Contract: contract(c)}
	})
}

func (s *contracts) DeclineContract(ctx context.Context, r *pb.DeclineContractRequest) (*pb.DeclineContractResponse, error) {
	v, err := s.app.DeclineContract(ctx, stepOf(r))
	return answer(ctx, v, err, func(c exchange.Contract) *pb.DeclineContractResponse {
		return &pb.DeclineContractResponse{Contract: contract(c)}
	})
}

func (s *contracts) CallOffContract(ctx context.Context, r *pb.CallOffContractRequest) (*pb.CallOffContractResponse, error) {
	v, err := s.app.CallOffContract(ctx, app.CallOffContract{
		Meta: meta(r), ID: r.GetId(), Quantity: r.GetQuantity(), ConsigneeCode: r.GetConsigneeCode(), DeliverBy: r.GetDeliverBy(),
		Reserve: r.GetReserve(), Purpose: word[exchange.Purpose](r.GetPurpose()), ReservePlanID: r.GetReservePlanId(), ForOthers: forOthers(r),
	})
	return answer(ctx, v, err, func(o exchange.Order) *pb.CallOffContractResponse {
		return &pb.CallOffContractResponse{Order: order(o), Warnings: reasons(ctx, v.Warnings)}
	})
}

func (s *contracts) RecordIndexPrice(ctx context.Context, r *pb.RecordIndexPriceRequest) (*pb.RecordIndexPriceResponse, error) {
	v, err := s.app.RecordIndexPrice(ctx, app.RecordIndexPrice{
		Meta: meta(r), ID: r.GetId(), Day: r.GetDay(), PriceFen: r.GetPriceFen(), Source: r.GetSource(),
	})
	return answer(ctx, v, err, func(p exchange.IndexPrice) *pb.RecordIndexPriceResponse {
		return &pb.RecordIndexPriceResponse{IndexPrice: indexPrice(p)}
	})
}

func (s *contracts) ListIndexPrices(ctx context.Context, r *pb.ListIndexPricesRequest) (*pb.ListIndexPricesResponse, error) {
	v, err := s.app.ListIndexPrices(ctx, r.GetId())
	return read(v, err, func(list []exchange.IndexPrice) *pb.ListIndexPricesResponse {
		return &pb.ListIndexPricesResponse{IndexPrices: each(list, indexPrice)}
	})
}

func (s *contracts) ClaimContract(ctx context.Context, r *pb.ClaimContractRequest) (*pb.ClaimContractResponse, error) {
	v, err := s.app.ClaimContract(ctx, app.ClaimContract{
		Meta: meta(r), ID: r.GetId(), Kind: word[exchange.ClaimKind](r.GetKind()), Reason: r.GetReason(),
	})
	return answer(ctx, v, err, func(c exchange.Contract) *pb.ClaimContractResponse {
		return &pb.ClaimContractResponse{Contract: contract(c)}
	})
}

func (s *contracts) ResolveContractClaim(ctx context.Context, r *pb.ResolveContractClaimRequest) (*pb.ResolveContractClaimResponse, error) {
	v, err := s.app.ResolveContractClaim(ctx, app.ResolveContractClaim{
		Meta: meta(r), ID: r.GetId(), Outcome: word[exchange.ClaimState](r.GetOutcome()), Reason: r.GetReason(),
	})
	return answer(ctx, v, err, func(c exchange.Contract) *pb.ResolveContractClaimResponse {
		return &pb.ResolveContractClaimResponse{Contract: contract(c)}
	})
}
