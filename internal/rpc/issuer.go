package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

func (s *directory) RegisterIssuer(ctx context.Context, r *pb.RegisterIssuerRequest) (*pb.RegisterIssuerResponse, error) {
	v, err := s.app.RegisterIssuer(ctx, app.RegisterIssuer{
		Meta: meta(r), URL: r.GetUrl(), AllianceID: r.GetAllianceId(), AuthorityID: r.GetAuthorityId(), JWKS: r.GetJwks(),
		JWKSURL: r.GetJwksUrl(),
	})
	return answer(ctx, v, err, func(v exchange.Issuer) *pb.RegisterIssuerResponse {
		return &pb.RegisterIssuerResponse{Issuer: issuer(v)}
	})
}

func (s *directory) GetIssuer(ctx context.Context, r *pb.GetIssuerRequest) (*pb.GetIssuerResponse, error) {
	v, err := s.app.GetIssuer(ctx, r.GetId())
	return read(v, err, func(v exchange.Issuer) *pb.GetIssuerResponse { return &pb.GetIssuerResponse{Issuer: issuer(v)} })
}

func (s *directory) ListIssuers(ctx context.Context, r *pb.ListIssuersRequest) (*pb.ListIssuersResponse, error) {
	p, err := s.app.ListIssuers(ctx, app.ListIssuers{Paging: paging(r)})
	return read(p, err, func(p app.Page[exchange.Issuer]) *pb.ListIssuersResponse {
		return &pb.ListIssuersResponse{Issuers: each(p.Items, issuer), NextPageToken: p.Next}
	})
}

func (s *directory) ReplaceIssuerKeys(ctx context.Context, r *pb.ReplaceIssuerKeysRequest) (*pb.ReplaceIssuerKeysResponse, error) {
	v, err := s.app.ReplaceIssuerKeys(ctx, app.ReplaceIssuerKeys{
		Meta: meta(r), ID: r.GetId(), JWKS: r.GetJwks(), JWKSURL: r.GetJwksUrl(),
	})
	return answer(ctx, v, err, func(v exchange.Issuer) *pb.ReplaceIssuerKeysResponse {
		return &pb.ReplaceIssuerKeysResponse{Issuer: issuer(v)}
	})
}

func (s *directory) DisableIssuer(ctx context.Context, r *pb.DisableIssuerRequest) (*pb.DisableIssuerResponse, error) {
	v, err := s.app.DisableIssuer(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Issuer) *pb.DisableIssuerResponse { return &pb.DisableIssuerResponse{Issuer: issuer(v)} })
}
