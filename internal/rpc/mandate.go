package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

func (s *directory) CreateMandate(ctx context.Context, r *pb.CreateMandateRequest) (*pb.CreateMandateResponse, error) {
	v, err := s.app.CreateMandate(ctx, app.CreateMandate{
		Meta: meta(r), ProducerMemberID: r.GetProducerMemberId(), AgentMemberID: r.GetAgentMemberId(),
		ValidFrom: r.GetValidFrom(), ValidTo: r.GetValidTo(),
	})
	return answer(ctx, v, err, func(v exchange.Mandate) *pb.CreateMandateResponse {
		return &pb.CreateMandateResponse{Mandate: mandate(v)}
	})
}

func (s *directory) GetMandate(ctx context.Context, r *pb.GetMandateRequest) (*pb.GetMandateResponse, error) {
	v, err := s.app.GetMandate(ctx, r.GetId())
	return read(v, err, func(v exchange.Mandate) *pb.GetMandateResponse { return &pb.GetMandateResponse{Mandate: mandate(v)} })
}

func (s *directory) ListMandates(ctx context.Context, r *pb.ListMandatesRequest) (*pb.ListMandatesResponse, error) {
	p, err := s.app.ListMandates(ctx, app.ListMandates{Paging: paging(r)})
	return read(p, err, func(p app.Page[exchange.Mandate]) *pb.ListMandatesResponse {
		return &pb.ListMandatesResponse{Mandates: each(p.Items, mandate), NextPageToken: p.Next}
	})
}

func (s *directory) RevokeMandate(ctx context.Context, r *pb.RevokeMandateRequest) (*pb.RevokeMandateResponse, error) {
	v, err := s.app.RevokeMandate(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Mandate) *pb.RevokeMandateResponse {
		return &pb.RevokeMandateResponse{Mandate: mandate(v)}
	})
}
