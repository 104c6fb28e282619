package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

func (s *directory) CreateGrant(ctx context.Context, r *pb.CreateGrantRequest) (*pb.CreateGrantResponse, error) {
	v, err := s.app.CreateGrant(ctx, app.CreateGrant{
		Meta: meta(r), SellerAllianceID: r.GetSellerAllianceId(), BuyerAllianceID: r.GetBuyerAllianceId(),
		ValidFrom: r.GetValidFrom(), ValidTo: r.GetValidTo(),
	})
	return answer(ctx, v, err, func(v exchange.Grant) *pb.CreateGrantResponse { return &pb.CreateGrantResponse{Grant: grant(v)} })
}

func (s *directory) GetGrant(ctx context.Context, r *pb.GetGrantRequest) (*pb.GetGrantResponse, error) {
	v, err := s.app.GetGrant(ctx, r.GetId())
	return read(v, err, func(v exchange.Grant) *pb.GetGrantResponse { return &pb.GetGrantResponse{Grant: grant(v)} })
}

func (s *directory) ListGrants(ctx context.Context, r *pb.ListGrantsRequest) (*pb.ListGrantsResponse, error) {
	p, err := s.app.ListGrants(ctx, app.ListGrants{Paging: paging(r)})
	return read(p, err, func(p app.Page[exchange.Grant]) *pb.ListGrantsResponse {
		return &pb.ListGrantsResponse{Grants: each(p.Items, grant), NextPageToken: p.Next}
	})
}

func (s *directory) RevokeGrant(ctx context.Context, r *pb.RevokeGrantRequest) (*pb.RevokeGrantResponse, error) {
	v, err := s.app.RevokeGrant(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Grant) *pb.RevokeGrantResponse { return &pb.RevokeGrantResponse{Grant: grant(v)} })
}
