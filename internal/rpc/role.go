package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

func (s *directory) AssignRole(ctx context.Context, r *pb.AssignRoleRequest) (*pb.AssignRoleResponse, error) {
	v, err := s.app.AssignRole(ctx, app.AssignRole{
		Meta: meta(r), IssuerID: r.GetIssuerId(), Subject: r.GetSubject(), MemberID: r.GetMemberId(),
		Role: word[exchange.Role](r.GetRole()),
	})
	return answer(ctx, v, err, func(v exchange.RoleAssignment) *pb.AssignRoleResponse {
		return &pb.AssignRoleResponse{Assignment: assignment(v)}
	})
}

func (s *directory) ListRoles(ctx context.Context, r *pb.ListRolesRequest) (*pb.ListRolesResponse, error) {
	p, err := s.app.ListRoles(ctx, app.ListRoles{Paging: paging(r)})
	return read(p, err, func(p app.Page[exchange.RoleAssignment]) *pb.ListRolesResponse {
		return &pb.ListRolesResponse{Assignments: each(p.Items, assignment), NextPageToken: p.Next}
	})
}

func (s *directory) RevokeRole(ctx context.Context, r *pb.RevokeRoleRequest) (*pb.RevokeRoleResponse, error) {
	v, err := s.app.RevokeRole(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.RoleAssignment) *pb.RevokeRoleResponse {
		return &pb.RevokeRoleResponse{Assignment: assignment(v)}
	})
}
