package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

func lot(l exchange.Lot) *pb.Lot {
	return &pb.Lot{
		Id: l.ID.String(), SellerMemberId: idText(l.Seller), SellerAllianceId: idText(l.SellerAlliance), ProductId: idText(l.Product),
		CertificateId: idText(l.Certificate), Code: l.Code, OriginCode: l.Origin, ProducedOn: string(l.ProducedOn), Quantity: l.Quantity,
		State: enum[pb.LotState](l.State), StateReason: l.StateReason, CreateTime: stamp(l.CreatedAt), UpdateTime: stamp(l.UpdatedAt),
	}
}

func sampling(v exchange.Sampling) *pb.Sampling {
	return &pb.Sampling{
		Id: v.ID.String(), LotId: exchange.ID{Home: v.ID.Home, UUID: v.Lot}.String(), AuthorityId: idText(v.Authority),
		SampledOn: string(v.SampledOn), Item: v.Item, Passed: v.Passed, ReportNumber: v.Report, CreateTime: stamp(v.At),
	}
}

// lotOfOffer is the id of the lot that an offer is of.
func lotOfOffer(o exchange.Offer) string {
	if idText(o.Lot) == "" {
		return ""
	}
	return exchange.ID{Home: o.ID.Home, UUID: o.Lot}.String()
}

func (s *catalog) CreateLot(ctx context.Context, r *pb.CreateLotRequest) (*pb.CreateLotResponse, error) {
	v, err := s.app.CreateLot(ctx, app.CreateLot{
		Meta: meta(r), ProductID: r.GetProductId(), CertificateID: r.GetCertificateId(), Code: r.GetCode(),
		ProducedOn: r.GetProducedOn(), Quantity: r.GetQuantity(),
	})
	return answer(ctx, v, err, func(v exchange.Lot) *pb.CreateLotResponse { return &pb.CreateLotResponse{Lot: lot(v)} })
}

func (s *catalog) GetLot(ctx context.Context, r *pb.GetLotRequest) (*pb.GetLotResponse, error) {
	v, err := s.app.GetLot(ctx, r.GetId())
	return read(v, err, func(v exchange.Lot) *pb.GetLotResponse { return &pb.GetLotResponse{Lot: lot(v)} })
}

func (s *catalog) ListLots(ctx context.Context, r *pb.ListLotsRequest) (*pb.ListLotsResponse, error) {
	p, err := s.app.ListLots(ctx, app.ListLots{
		Paging: paging(r), ProductID: r.GetProductId(), State: word[exchange.LotState](r.GetState()),
	})
	return read(p, err, func(p app.Page[exchange.Lot]) *pb.ListLotsResponse {
		return &pb.ListLotsResponse{Lots: each(p.Items, lot), NextPageToken: p.Next}
	})
}

func (s *catalog) RecordSampling(ctx context.Context, r *pb.RecordSamplingRequest) (*pb.RecordSamplingResponse, error) {
	v, err := s.app.RecordSampling(ctx, app.RecordSampling{
		Meta: meta(r), ID: r.GetId(), SampledOn: r.GetSampledOn(), Item: r.GetItem(), Passed: r.GetPassed(),
		ReportNumber: r.GetReportNumber(),
	})
	return answer(ctx, v, err, func(v app.Sampled) *pb.RecordSamplingResponse {
		return &pb.RecordSamplingResponse{Sampling: sampling(v.Sampling), Lot: lot(v.Lot)}
	})
}

func (s *catalog) ListSamplings(ctx context.Context, r *pb.ListSamplingsRequest) (*pb.ListSamplingsResponse, error) {
	v, err := s.app.ListSamplings(ctx, r.GetId())
	return read(v, err, func(list []exchange.Sampling) *pb.ListSamplingsResponse {
		return &pb.ListSamplingsResponse{Samplings: each(list, sampling)}
	})
}

func (s *catalog) BlockLot(ctx context.Context, r *pb.BlockLotRequest) (*pb.BlockLotResponse, error) {
	v, err := s.app.BlockLot(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Lot) *pb.BlockLotResponse { return &pb.BlockLotResponse{Lot: lot(v)} })
}

func (s *catalog) ReleaseLot(ctx context.Context, r *pb.ReleaseLotRequest) (*pb.ReleaseLotResponse, error) {
	v, err := s.app.ReleaseLot(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Lot) *pb.ReleaseLotResponse { return &pb.ReleaseLotResponse{Lot: lot(v)} })
}
