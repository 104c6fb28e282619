package rpc

import (
	"context"
	"strings"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/sheet"
)

// reports serves ReportService.
type reports struct {
	pb.UnimplementedReportServiceServer
	app *app.App
}

func volume(v app.Volume) *pb.Volume {
	out := &pb.Volume{
		Keys: map[string]string{}, Measure: enum[pb.Measure](v.Measure), AmountFen: v.AmountFen, Orders: v.Orders, Entries: v.Entries,
		ShareBasisPoints: v.ShareBP, YearAgoFen: v.YearAgo, ChangeBasisPoints: v.ChangeBP,
	}
	for dimension, key := range v.Keys {
		out.Keys[string(dimension)] = key
	}
	return out
}

func cellOf(m map[string]string) map[app.Dimension]string {
	out := make(map[app.Dimension]string, len(m))
	for name, key := range m {
		out[app.Dimension(name)] = key
	}
	return out
}

func (s *reports) QueryVolumes(ctx context.Context, r *pb.QueryVolumesRequest) (*pb.QueryVolumesResponse, error) {
	v, err := s.app.QueryVolumes(ctx, app.QueryVolumes{
		GroupBy: each(r.GetGroupBy(), func(d pb.Dimension) app.Dimension {
			return app.Dimension(strings.ToLower(word[string](d)))
		}),
		VolumeScope: app.VolumeScope{
			From: r.GetFrom(), To: r.GetTo(), AsOf: instant(r.GetAsOf()), Position: r.GetAsOfPosition(),
			Measure: word[ledger.Measure](r.GetMeasure()), Direction: word[exchange.Direction](r.GetDirection()), Cell: cellOf(r.GetCell()),
		},
		Explain: r.GetExplain(), YearAgo: r.GetCompareYearAgo(),
	})
	return read(v, err, func(v app.Volumes) *pb.QueryVolumesResponse {
		return &pb.QueryVolumesResponse{
			Volumes: each(v.Volumes, volume), Totals: each(v.Totals, volume), AsOf: stamp(v.AsOf), Explanation: explanation(v.Explanation),
			YearAgoFrom: string(v.YearAgo.From), YearAgoTo: string(v.YearAgo.To),
		}
	})
}

func explanation(e *app.VolumeExplanation) *pb.Explanation {
	if e == nil {
		return nil
	}
	return &pb.Explanation{
		Terms:          each(e.Terms, func(t exchange.Term) *pb.Term { return &pb.Term{Name: t.Name, TextEn: t.EN, TextZh: t.ZH} }),
		PolicyRevision: e.PolicyRevision, Complete: e.Complete, Position: e.Position, Unsealed: e.Unsealed,
		CheckpointSize: e.Checkpoint.Size, CheckpointRoot: e.Checkpoint.Root, Checkpoint: e.Checkpoint.Note, CodesOf: string(e.CodesOf),
	}
}

func (s *reports) OpenVolume(ctx context.Context, r *pb.OpenVolumeRequest) (*pb.OpenVolumeResponse, error) {
	v, err := s.app.OpenVolume(ctx, app.OpenVolume{
		Paging: paging(r),
		VolumeScope: app.VolumeScope{
			From: r.GetFrom(), To: r.GetTo(), AsOf: instant(r.GetAsOf()), Position: r.GetAsOfPosition(),
			Measure: word[ledger.Measure](r.GetMeasure()), Direction: word[exchange.Direction](r.GetDirection()), Cell: cellOf(r.GetCell()),
		},
	})
	return read(v, err, func(v app.OpenedVolume) *pb.OpenVolumeResponse {
		return &pb.OpenVolumeResponse{
			Entries: each(v.Items, volumeEntry), NextPageToken: v.Next, Totals: each(v.Totals, volume),
		}
	})
}

func volumeEntry(e app.VolumeEntry) *pb.VolumeEntry {
	out := &pb.VolumeEntry{Entry: entry(e.Entry), CountsOrder: e.First}
	if e.Position >= 0 {
		out.Position = &e.Position
	}
	return out
}

// columnKinds are what a sheet's kinds are in the API.
var columnKinds = map[sheet.Kind]pb.ColumnKind{
	sheet.Text: pb.ColumnKind_COLUMN_KIND_TEXT, sheet.Number: pb.ColumnKind_COLUMN_KIND_NUMBER,
	sheet.Money: pb.ColumnKind_COLUMN_KIND_MONEY, sheet.Percent: pb.ColumnKind_COLUMN_KIND_PERCENT,
}

func (s *reports) RunReport(ctx context.Context, r *pb.RunReportRequest) (*pb.RunReportResponse, error) {
	v, err := s.app.RunReport(ctx, app.RunReport{
		Paging: paging(r), Report: word[app.ReportName](r.GetReport()), From: r.GetFrom(), To: r.GetTo(), Year: int(r.GetYear()),
		EndingIn: int(r.GetEndingInDays()),
	})
	return read(v, err, func(v app.ReportPage) *pb.RunReportResponse {
		return &pb.RunReportResponse{
			Rows:          each(v.Items, func(cells []string) *pb.ReportRow { return &pb.ReportRow{Cells: cells} }),
			NextPageToken: v.Next, AsOf: stamp(v.AsOf),
			Columns: each(v.Columns, func(c sheet.Column) *pb.ReportColumn {
				return &pb.ReportColumn{Name: c.Name, Title: c.Title, Kind: columnKinds[c.Kind]}
			}),
		}
	})
}

func (s *reports) ExportOCDS(ctx context.Context, r *pb.ExportOCDSRequest) (*pb.ExportOCDSResponse, error) {
	v, err := s.app.ExportOCDS(ctx, app.ExportOCDS{
		Paging: paging(r), Prefix: r.GetOcidPrefix(), Records: r.GetRecords(), From: r.GetFrom(), To: r.GetTo(),
	})
	return read(v, err, func(v app.Exported) *pb.ExportOCDSResponse {
		return &pb.ExportOCDSResponse{
			Processes: each(v.Items, func(b []byte) string { return string(b) }), NextPageToken: v.Next, AsOf: stamp(v.AsOf),
		}
	})
}
