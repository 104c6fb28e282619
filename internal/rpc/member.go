package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

func (s *directory) AdmitMember(ctx context.Context, r *pb.AdmitMemberRequest) (*pb.AdmitMemberResponse, error) {
	v, err := s.app.AdmitMember(ctx, app.AdmitMember{
		Meta: meta(r), AllianceID: r.GetAllianceId(), CreditCode: r.GetCreditCode(), NameZH: r.GetNameZh(), NameEN: r.GetNameEn(),
		Class: word[exchange.MemberClass](r.GetClass()), DivisionCode: r.GetDivisionCode(),
	})
	return answer(ctx, v, err, func(v exchange.Member) *pb.AdmitMemberResponse { return &pb.AdmitMemberResponse{Member: member(v)} })
}

func (s *directory) GetMember(ctx context.Context, r *pb.GetMemberRequest) (*pb.GetMemberResponse, error) {
	v, err := s.app.GetMember(ctx, r.GetId())
	return read(v, err, func(v exchange.Member) *pb.GetMemberResponse { return &pb.GetMemberResponse{Member: member(v)} })
}

func (s *directory) ListMembers(ctx context.Context, r *pb.ListMembersRequest) (*pb.ListMembersResponse, error) {
	p, err := s.app.ListMembers(ctx, app.ListMembers{Paging: paging(r), AllianceID: r.GetAllianceId()})
	return read(p, err, func(p app.Page[exchange.Member]) *pb.ListMembersResponse {
		return &pb.ListMembersResponse{Members: each(p.Items, member), NextPageToken: p.Next}
	})
}

func (s *directory) SuspendMember(ctx context.Context, r *pb.SuspendMemberRequest) (*pb.SuspendMemberResponse, error) {
	v, err := s.app.SuspendMember(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Member) *pb.SuspendMemberResponse { return &pb.SuspendMemberResponse{Member: member(v)} })
}

func (s *directory) ReinstateMember(ctx context.Context, r *pb.ReinstateMemberRequest) (*pb.ReinstateMemberResponse, error) {
	v, err := s.app.ReinstateMember(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Member) *pb.ReinstateMemberResponse {
		return &pb.ReinstateMemberResponse{Member: member(v)}
	})
}
