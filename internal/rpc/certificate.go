package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

func certificate(c exchange.Certificate) *pb.Certificate {
	return &pb.Certificate{
		Id: c.ID.String(), ProductId: c.Product.String(), ProducerMemberId: c.Producer.String(),
		Scheme: enum[pb.Scheme](c.Scheme), Number: c.Number, OriginCode: c.Origin, AnnualQuantity: c.AnnualQuantity,
		AnnualValueFen: c.AnnualValueFen, HouseholdsBenefited: int32(c.Households), ValidFrom: string(c.Valid.From),
		ValidTo: string(c.Valid.To), State: enum[pb.CertificateState](c.State), StateReason: c.StateReason,
		CreateTime: stamp(c.CreatedAt),
	}
}

func certificateView(v app.CertificateView) *pb.Certificate {
	c := certificate(v.Certificate)
	if v.Capacity != nil {
		c.RemainingQuantity = v.Capacity.Quantity - v.Capacity.TakenQuantity
		c.RemainingValueFen = v.Capacity.ValueFen - v.Capacity.TakenValueFen
	}
	return c
}

func (s *catalog) CreateCertificate(ctx context.Context, r *pb.CreateCertificateRequest) (*pb.CreateCertificateResponse, error) {
	v, err := s.app.CreateCertificate(ctx, app.CreateCertificate{
		Meta: meta(r), ProductID: r.GetProductId(), Scheme: word[exchange.Scheme](r.GetScheme()), Number: r.GetNumber(),
		AnnualQuantity: r.GetAnnualQuantity(), AnnualValueFen: r.GetAnnualValueFen(),
		HouseholdsBenefited: int(r.GetHouseholdsBenefited()), ValidFrom: r.GetValidFrom(), ValidTo: r.GetValidTo(),
	})
	return answer(ctx, v, err, func(v exchange.Certificate) *pb.CreateCertificateResponse {
		return &pb.CreateCertificateResponse{Certificate: certificate(v)}
	})
}

func (s *catalog) GetCertificate(ctx context.Context, r *pb.GetCertificateRequest) (*pb.GetCertificateResponse, error) {
	v, err := s.app.GetCertificate(ctx, r.GetId())
	return read(v, err, func(v app.CertificateView) *pb.GetCertificateResponse {
		return &pb.GetCertificateResponse{Certificate: certificateView(v)}
	})
}

func (s *catalog) ListCertificates(ctx context.Context, r *pb.ListCertificatesRequest) (*pb.ListCertificatesResponse, error) {
	p, err := s.app.ListCertificates(ctx, app.ListCertificates{
		Paging: paging(r), ProductID: r.GetProductId(), State: word[exchange.CertificateState](r.GetState()),
	})
	return read(p, err, func(p app.Page[exchange.Certificate]) *pb.ListCertificatesResponse {
		return &pb.ListCertificatesResponse{Certificates: each(p.Items, certificate), NextPageToken: p.Next}
	})
}

func (s *catalog) SubmitCertificate(ctx context.Context, r *pb.SubmitCertificateRequest) (*pb.SubmitCertificateResponse, error) {
	v, err := s.app.SubmitCertificate(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Certificate) *pb.SubmitCertificateResponse {
		return &pb.SubmitCertificateResponse{Certificate: certificate(v)}
	})
}

func (s *catalog) ApproveCertificate(ctx context.Context, r *pb.ApproveCertificateRequest) (*pb.ApproveCertificateResponse, error) {
	v, err := s.app.ApproveCertificate(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Certificate) *pb.ApproveCertificateResponse {
		return &pb.ApproveCertificateResponse{Certificate: certificate(v)}
	})
}

func (s *catalog) PubliciseCertificate(ctx context.Context, r *pb.PubliciseCertificateRequest) (*pb.PubliciseCertificateResponse, error) {
	v, err := s.app.PubliciseCertificate(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Certificate) *pb.PubliciseCertificateResponse {
		return &pb.PubliciseCertificateResponse{Certificate: certificate(v)}
	})
}

func (s *catalog) EnforceCertificate(ctx context.Context, r *pb.EnforceCertificateRequest) (*pb.EnforceCertificateResponse, error) {
	v, err := s.app.EnforceCertificate(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Certificate) *pb.EnforceCertificateResponse {
		return &pb.EnforceCertificateResponse{Certificate: certificate(v)}
	})
}

func (s *catalog) SuspendCertificate(ctx context.Context, r *pb.SuspendCertificateRequest) (*pb.SuspendCertificateResponse, error) {
	v, err := s.app.SuspendCertificate(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Certificate) *pb.SuspendCertificateResponse {
		return &pb.SuspendCertificateResponse{Certificate: certificate(v)}
	})
}

func (s *catalog) ReinstateCertificate(ctx context.Context, r *pb.ReinstateCertificateRequest) (*pb.ReinstateCertificateResponse, error) {
	v, err := s.app.ReinstateCertificate(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Certificate) *pb.ReinstateCertificateResponse {
		return &pb.ReinstateCertificateResponse{Certificate: certificate(v)}
	})
}

func (s *catalog) RevokeCertificate(ctx context.Context, r *pb.RevokeCertificateRequest) (*pb.RevokeCertificateResponse, error) {
	v, err := s.app.RevokeCertificate(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Certificate) *pb.RevokeCertificateResponse {
		return &pb.RevokeCertificateResponse{Certificate: certificate(v)}
	})
}
