package rpc

import (
	"context"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// reserves serves ReserveService.
type reserves struct {
	pb.UnimplementedReserveServiceServer
	app *app.App
}

func reservePlan(p exchange.ReservePlan) *pb.ReservePlan {
	return &pb.ReservePlan{
		Id: p.ID.String(), UnitMemberId: p.Unit.String(), AllianceId: p.Alliance.String(), Year: int32(p.Year),
		Canteen: enum[pb.Canteen](p.Canteen), BudgetFen: p.BudgetFen, RateBasisPoints: int32(p.RateBP), TargetFen: p.TargetFen,
		CoveredMemberIds: each(p.Covered, uuid.UUID.String), BuyerMemberIds: each(p.Buyers, uuid.UUID.String), Note: p.Note,
		State: enum[pb.ReservePlanState](p.State), StateReason: p.StateReason, PolicyRevision: p.PolicyRevision,
		CreateTime: stamp(p.CreatedAt), UnconsentedMemberIds: each(p.Unconsented, uuid.UUID.String),
	}
}

func reserveConsent(c exchange.ReserveConsent) *pb.ReserveConsent {
	return &pb.ReserveConsent{
		Id: c.ID.String(), ReservePlanId: c.Plan.String(), MemberId: c.Member.String(), UnitMemberId: c.Unit.String(), Year: int32(c.Year),
		State: enum[pb.ConsentState](c.State), Reason: c.Reason, AskTime: stamp(c.AskedAt), AnswerTime: stamp(c.AnsweredAt),
	}
}

func (s *reserves) FileReservePlan(ctx context.Context, r *pb.FileReservePlanRequest) (*pb.FileReservePlanResponse, error) {
	v, err := s.app.FileReserve(ctx, app.FileReserve{
		Meta: meta(r), Year: int(r.GetYear()), Canteen: word[exchange.Canteen](r.GetCanteen()), BudgetFen: r.GetBudgetFen(),
		RateBP: int64(r.GetRateBasisPoints()), Covered: r.GetCoveredMemberIds(), Buyers: r.GetBuyerMemberIds(), Note: r.GetNote(),
	})
	return answer(ctx, v, err, func(p exchange.ReservePlan) *pb.FileReservePlanResponse {
		return &pb.FileReservePlanResponse{ReservePlan: reservePlan(p), Warnings: reasons(ctx, v.Warnings)}
	})
}

func (s *reserves) GetReservePlan(ctx context.Context, r *pb.GetReservePlanRequest) (*pb.GetReservePlanResponse, error) {
	v, err := s.app.GetReserve(ctx, r.GetId())
	return read(v, err, func(p exchange.ReservePlan) *pb.GetReservePlanResponse {
		return &pb.GetReservePlanResponse{ReservePlan: reservePlan(p)}
	})
}

func (s *reserves) ListReservePlans(ctx context.Context, r *pb.ListReservePlansRequest) (*pb.ListReservePlansResponse, error) {
	p, err := s.app.ListReserves(ctx, app.ListReserves{
		Paging: paging(r), Year: int(r.GetYear()), State: word[exchange.ReservePlanState](r.GetState()),
	})
	return read(p, err, func(p app.Page[exchange.ReservePlan]) *pb.ListReservePlansResponse {
		return &pb.ListReservePlansResponse{ReservePlans: each(p.Items, reservePlan), NextPageToken: p.Next}
	})
}

func (s *reserves) WithdrawReservePlan(ctx context.Context, r *pb.WithdrawReservePlanRequest) (*pb.WithdrawReservePlanResponse, error) {
	v, err := s.app.WithdrawReserve(ctx, stepOf(r))
	return answer(ctx, v, err, func(p exchange.ReservePlan) *pb.WithdrawReservePlanResponse {
		return &pb.WithdrawReservePlanResponse{ReservePlan: reservePlan(p)}
	})
}

func (s *reserves) ConsentReservePlan(ctx context.Context, r *pb.ConsentReservePlanRequest) (*pb.ConsentReservePlanResponse, error) {
	v, err := s.app.AnswerReserve(ctx, app.AnswerReserve{Meta: meta(r), ID: r.GetId(), Consents: true})
	return answer(ctx, v, err, func(v app.AnsweredReserve) *pb.ConsentReservePlanResponse {
		return &pb.ConsentReservePlanResponse{Consent: reserveConsent(v.Consent)}
	})
}

func (s *reserves) DeclineReservePlan(ctx context.Context, r *pb.DeclineReservePlanRequest) (*pb.DeclineReservePlanResponse, error) {
	v, err := s.app.AnswerReserve(ctx, app.AnswerReserve{Meta: meta(r), ID: r.GetId(), Reason: r.GetReason()})
	return answer(ctx, v, err, func(v app.AnsweredReserve) *pb.DeclineReservePlanResponse {
		return &pb.DeclineReservePlanResponse{Consent: reserveConsent(v.Consent)}
	})
}

func (s *reserves) ListReserveConsents(ctx context.Context, r *pb.ListReserveConsentsRequest) (*pb.ListReserveConsentsResponse, error) {
	p, err := s.app.ListReserveConsents(ctx, app.ListReserveConsents{
		Paging: paging(r), PlanID: r.GetReservePlanId(), State: word[exchange.ConsentState](r.GetState()),
	})
	return read(p, err, func(p app.Page[exchange.ReserveConsent]) *pb.ListReserveConsentsResponse {
		return &pb.ListReserveConsentsResponse{Consents: each(p.Items, reserveConsent), NextPageToken: p.Next}
	})
}

func (s *reserves) GetReserveProgress(ctx context.Context, r *pb.GetReserveProgressRequest) (*pb.GetReserveProgressResponse, error) {
	v, err := s.app.ReserveProgress(ctx, r.GetId())
	return read(v, err, func(p exchange.ReserveProgress) *pb.GetReserveProgressResponse {
		return &pb.GetReserveProgressResponse{Progress: &pb.ReserveProgress{
			ReservePlanId: p.Plan.String(), TargetFen: p.TargetFen, ContractedFen: p.Contracted, AcceptedFen: p.Accepted,
			SettledFen: p.Settled, Orders: p.Orders, ReachedBasisPoints: p.ReachedBP(), AsOf: stamp(p.AsOf),
		}}
	})
}
