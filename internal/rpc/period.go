package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// periods serves PeriodService.
type periods struct {
	pb.UnimplementedPeriodServiceServer
	app *app.App
}

func period(p exchange.Period) *pb.Period {
	days := p.Days()
	return &pb.Period{
		Id: p.ID, State: enum[pb.PeriodState](p.State), StateReason: p.StateReason, FirstDay: string(days.From),
		LastDay: string(days.To), Position: p.Position, Checkpoint: p.Checkpoint, SoftCloseTime: stamp(p.SoftClosedAt),
		CloseTime: stamp(p.ClosedAt), PolicyRevision: p.PolicyRevision,
	}
}

func (s *periods) GetPeriod(ctx context.Context, r *pb.GetPeriodRequest) (*pb.GetPeriodResponse, error) {
	v, err := s.app.GetPeriod(ctx, r.GetId())
	return read(v, err, func(p exchange.Period) *pb.GetPeriodResponse { return &pb.GetPeriodResponse{Period: period(p)} })
}

func (s *periods) ListPeriods(ctx context.Context, r *pb.ListPeriodsRequest) (*pb.ListPeriodsResponse, error) {
	p, err := s.app.ListPeriods(ctx, app.ListPeriods{
		Paging: paging(r), Year: int(r.GetYear()), State: word[exchange.PeriodState](r.GetState()),
	})
	return read(p, err, func(p app.Page[exchange.Period]) *pb.ListPeriodsResponse {
		return &pb.ListPeriodsResponse{Periods: each(p.Items, period), NextPageToken: p.Next}
	})
}

func (s *periods) SoftClosePeriod(ctx context.Context, r *pb.SoftClosePeriodRequest) (*pb.SoftClosePeriodResponse, error) {
	v, err := s.app.SoftClosePeriod(ctx, stepOf(r))
	return answer(ctx, v, err, func(p exchange.Period) *pb.SoftClosePeriodResponse {
		return &pb.SoftClosePeriodResponse{Period: period(p), Warnings: reasons(ctx, v.Warnings)}
	})
}

func (s *periods) ReopenPeriod(ctx context.Context, r *pb.ReopenPeriodRequest) (*pb.ReopenPeriodResponse, error) {
	v, err := s.app.ReopenPeriod(ctx, stepOf(r))
	return answer(ctx, v, err, func(p exchange.Period) *pb.ReopenPeriodResponse {
		return &pb.ReopenPeriodResponse{Period: period(p), Warnings: reasons(ctx, v.Warnings)}
	})
}

func (s *periods) ClosePeriod(ctx context.Context, r *pb.ClosePeriodRequest) (*pb.ClosePeriodResponse, error) {
	v, err := s.app.ClosePeriod(ctx, stepOf(r))
	return answer(ctx, v, err, func(p exchange.Period) *pb.ClosePeriodResponse {
		return &pb.ClosePeriodResponse{Period: period(p), Warnings: reasons(ctx, v.Warnings)}
	})
}
