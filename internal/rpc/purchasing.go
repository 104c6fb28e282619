package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// purchasing serves PurchasingService.
type purchasing struct {
	pb.UnimplementedPurchasingServiceServer
	app *app.App
}

func spendingLimit(l exchange.SpendingLimit) *pb.SpendingLimit {
	return &pb.SpendingLimit{
		Id: l.ID.String(), MemberId: l.Member.String(), AllianceId: l.Alliance.String(), IssuerId: idText(l.Bound.Issuer),
		Subject: l.Bound.Subject, PerOrderFen: l.PerOrder, PerMonthFen: l.PerMonth, PerYearFen: l.PerYear,
		ApprovalAboveFen: l.ApprovalAbove, ValidFrom: string(l.Valid.From), ValidTo: string(l.Valid.To), SetBy: l.SetBy,
		PolicyRevision: l.PolicyRevision, CreateTime: stamp(l.CreatedAt), EndTime: stamp(l.EndedAt), EndReason: l.EndReason,
	}
}

func (s *purchasing) SetSpendingLimit(ctx context.Context, r *pb.SetSpendingLimitRequest) (*pb.SetSpendingLimitResponse, error) {
	v, err := s.app.SetLimit(ctx, app.SetLimit{
		Meta: meta(r), MemberID: r.GetMemberId(), IssuerID: r.GetIssuerId(), Subject: r.GetSubject(), PerOrderFen: r.GetPerOrderFen(),
		PerMonthFen: r.GetPerMonthFen(), PerYearFen: r.GetPerYearFen(), ApprovalAboveFen: r.GetApprovalAboveFen(),
		ValidFrom: r.GetValidFrom(), ValidTo: r.GetValidTo(),
	})
	return answer(ctx, v, err, func(l exchange.SpendingLimit) *pb.SetSpendingLimitResponse {
		return &pb.SetSpendingLimitResponse{Limit: spendingLimit(l)}
	})
}

func (s *purchasing) EndSpendingLimit(ctx context.Context, r *pb.EndSpendingLimitRequest) (*pb.EndSpendingLimitResponse, error) {
	v, err := s.app.EndLimit(ctx, stepOf(r))
	return answer(ctx, v, err, func(l exchange.SpendingLimit) *pb.EndSpendingLimitResponse {
		return &pb.EndSpendingLimitResponse{Limit: spendingLimit(l)}
	})
}

func (s *purchasing) GetSpendingLimit(ctx context.Context, r *pb.GetSpendingLimitRequest) (*pb.GetSpendingLimitResponse, error) {
	v, err := s.app.GetLimit(ctx, r.GetId())
	return read(v, err, func(v app.LimitSpent) *pb.GetSpendingLimitResponse {
		return &pb.GetSpendingLimitResponse{Limit: spendingLimit(v.Limit), SpentMonthFen: v.Month, SpentYearFen: v.Year}
	})
}

func (s *purchasing) ListSpendingLimits(ctx context.Context, r *pb.ListSpendingLimitsRequest) (*pb.ListSpendingLimitsResponse, error) {
	p, err := s.app.ListLimits(ctx, app.ListLimits{Paging: paging(r), MemberID: r.GetMemberId()})
	return read(p, err, func(p app.Page[exchange.SpendingLimit]) *pb.ListSpendingLimitsResponse {
		return &pb.ListSpendingLimitsResponse{Limits: each(p.Items, spendingLimit), NextPageToken: p.Next}
	})
}
