package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
)

// targets serves TargetService.
type targets struct {
	pb.UnimplementedTargetServiceServer
	app *app.App
}

func targetOf(t exchange.Target) *pb.Target {
	return &pb.Target{
		Id: t.ID.String(), UnitKind: enum[pb.TargetUnitKind](t.UnitKind), Unit: t.Unit, Year: int32(t.Year),
		Direction: enum[pb.Direction](t.Direction), Measure: enum[pb.Measure](t.Measure), Version: int32(t.Version),
		AmountFen: t.AmountFen, DecidedOn: string(t.DecidedOn), Document: t.Document, PolicyRevision: t.PolicyRevision,
		CreateTime: stamp(t.CreatedAt),
	}
}

func (s *targets) SetTarget(ctx context.Context, r *pb.SetTargetRequest) (*pb.SetTargetResponse, error) {
	v, err := s.app.SetTarget(ctx, app.SetTarget{
		Meta: meta(r), UnitKind: word[exchange.TargetUnitKind](r.GetUnitKind()), Unit: r.GetUnit(), Year: int(r.GetYear()),
		Direction: word[exchange.Direction](r.GetDirection()), Measure: word[ledger.Measure](r.GetMeasure()),
		AmountFen: r.GetAmountFen(), DecidedOn: r.GetDecidedOn(), Document: r.GetDocument(),
	})
	return answer(ctx, v, err, func(t exchange.Target) *pb.SetTargetResponse {
		return &pb.SetTargetResponse{Target: targetOf(t)}
	})
}

func (s *targets) GetTarget(ctx context.Context, r *pb.GetTargetRequest) (*pb.GetTargetResponse, error) {
	v, err := s.app.GetTarget(ctx, r.GetId())
	return read(v, err, func(t exchange.Target) *pb.GetTargetResponse {
		return &pb.GetTargetResponse{Target: targetOf(t)}
	})
}

func (s *targets) ListTargets(ctx context.Context, r *pb.ListTargetsRequest) (*pb.ListTargetsResponse, error) {
	p, err := s.app.ListTargets(ctx, app.ListTargets{
		Paging: paging(r), Year: int(r.GetYear()), UnitKind: word[exchange.TargetUnitKind](r.GetUnitKind()), Unit: r.GetUnit(),
	})
	return read(p, err, func(p app.Page[exchange.Target]) *pb.ListTargetsResponse {
		return &pb.ListTargetsResponse{Targets: each(p.Items, targetOf), NextPageToken: p.Next}
	})
}

func (s *targets) GetTargetProgress(ctx context.Context, r *pb.GetTargetProgressRequest) (*pb.GetTargetProgressResponse, error) {
	v, err := s.app.QueryTargets(ctx, app.QueryTargets{Year: int(r.GetYear()), AsOf: instant(r.GetAsOf()), Position: r.GetAsOfPosition()})
	return read(v, err, func(v app.TargetsReached) *pb.GetTargetProgressResponse {
		return &pb.GetTargetProgressResponse{Progress: each(v.Progress, targetProgress), AsOf: stamp(v.AsOf), Complete: v.Complete}
	})
}

func targetProgress(p exchange.TargetProgress) *pb.TargetProgress {
	out := &pb.TargetProgress{Target: targetOf(p.Target), ActualFen: p.ActualFen, Orders: p.Orders}
	if reached, ok := p.ReachedBP(); ok {
		out.ReachedBasisPoints = &reached
	}
	return out
}
