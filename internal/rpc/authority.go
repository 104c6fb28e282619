package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

func (s *directory) CreateAuthority(ctx context.Context, r *pb.CreateAuthorityRequest) (*pb.CreateAuthorityResponse, error) {
	v, err := s.app.CreateAuthority(ctx, app.CreateAuthority{
		Meta: meta(r), NameZH: r.GetNameZh(), NameEN: r.GetNameEn(),
		JurisdictionKind: word[exchange.JurisdictionKind](r.GetJurisdictionKind()), JurisdictionCodes: r.GetJurisdictionCodes(),
	})
	return answer(ctx, v, err, func(v exchange.Authority) *pb.CreateAuthorityResponse {
		return &pb.CreateAuthorityResponse{Authority: authority(v)}
	})
}

func (s *directory) GetAuthority(ctx context.Context, r *pb.GetAuthorityRequest) (*pb.GetAuthorityResponse, error) {
	v, err := s.app.GetAuthority(ctx, r.GetId())
	return read(v, err, func(v exchange.Authority) *pb.GetAuthorityResponse {
		return &pb.GetAuthorityResponse{Authority: authority(v)}
	})
}

func (s *directory) ListAuthorities(ctx context.Context, r *pb.ListAuthoritiesRequest) (*pb.ListAuthoritiesResponse, error) {
	p, err := s.app.ListAuthorities(ctx, app.ListAuthorities{Paging: paging(r)})
	return read(p, err, func(p app.Page[exchange.Authority]) *pb.ListAuthoritiesResponse {
		return &pb.ListAuthoritiesResponse{Authorities: each(p.Items, authority), NextPageToken: p.Next}
	})
}
