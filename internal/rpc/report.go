package rpc

import (
	"context"
	"strings"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
)

// reports serves ReportService.
type reports struct {
	pb.UnimplementedReportServiceServer
	app *app.App
}

func volume(v app.Volume) *pb.Volume {
	out := &pb.Volume{
		Keys: map[string]string{}, Measure: enum[pb.Measure](v.Measure), AmountFen: v.AmountFen, Orders: v.Orders, Entries: v.Entries,
	}
	for dimension, key := range v.Keys {
		out.Keys[string(dimension)] = key
	}
	return out
}

func (s *reports) QueryVolumes(ctx context.Context, r *pb.QueryVolumesRequest) (*pb.QueryVolumesResponse, error) {
	v, err := s.app.QueryVolumes(ctx, app.QueryVolumes{
		GroupBy: each(r.GetGroupBy(), func(d pb.Dimension) app.Dimension {
			return app.Dimension(strings.ToLower(word[string](d)))
		}),
		From: r.GetFrom(), To: r.GetTo(), AsOf: instant(r.GetAsOf()), Measure: word[ledger.Measure](r.GetMeasure()),
		Direction: word[exchange.Direction](r.GetDirection()),
	})
	return read(v, err, func(v app.Volumes) *pb.QueryVolumesResponse {
		return &pb.QueryVolumesResponse{Volumes: each(v.Volumes, volume), Totals: each(v.Totals, volume), AsOf: stamp(v.AsOf)}
	})
}
