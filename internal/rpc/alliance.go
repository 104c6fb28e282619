package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

func (s *directory) CreateAlliance(ctx context.Context, r *pb.CreateAllianceRequest) (*pb.CreateAllianceResponse, error) {
	v, err := s.app.CreateAlliance(ctx, app.CreateAlliance{
		Meta: meta(r), NameZH: r.GetNameZh(), NameEN: r.GetNameEn(), Side: word[exchange.Side](r.GetSide()), Home: r.GetHome(),
	})
	return answer(ctx, v, err, func(v exchange.Alliance) *pb.CreateAllianceResponse {
		return &pb.CreateAllianceResponse{Alliance: alliance(v)}
	})
}

func (s *directory) GetAlliance(ctx context.Context, r *pb.GetAllianceRequest) (*pb.GetAllianceResponse, error) {
	v, err := s.app.GetAlliance(ctx, r.GetId())
	return read(v, err, func(v exchange.Alliance) *pb.GetAllianceResponse {
		return &pb.GetAllianceResponse{Alliance: alliance(v)}
	})
}

func (s *directory) ListAlliances(ctx context.Context, r *pb.ListAlliancesRequest) (*pb.ListAlliancesResponse, error) {
	p, err := s.app.ListAlliances(ctx, app.ListAlliances{Paging: paging(r), Side: word[exchange.Side](r.GetSide())})
	return read(p, err, func(p app.Page[exchange.Alliance]) *pb.ListAlliancesResponse {
		return &pb.ListAlliancesResponse{Alliances: each(p.Items, alliance), NextPageToken: p.Next}
	})
}
