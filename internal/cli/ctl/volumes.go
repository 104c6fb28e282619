package ctl

import (
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func ledgerVolumes(a *app) *cobra.Command {
	in := &pb.QueryVolumesRequest{}
	cmd := requestThen(a, "volumes", "Add up collaboration volumes (协作量)",
		bind(pb.NewReportServiceClient, pb.ReportServiceClient.QueryVolumes), in, nil,
		func(out *pb.QueryVolumesResponse) error { return a.printer().volumes(in.GetGroupBy(), out) })
	cmd.Example = "  sushaanctl ledger volumes --group-by month,direction --from 2026-01-01 --to 2026-12-31"
	enumsVar(cmd, &in.GroupBy, "group-by", "dimensions, separated by commas")
	enumVar(cmd, &in.Measure, "measure", "only this measure")
	enumVar(cmd, &in.Direction, "direction", "only this direction")
	cmd.Flags().StringVar(&in.From, "from", "", "first day, YYYY-MM-DD")
	cmd.Flags().StringVar(&in.To, "to", "", "last day, YYYY-MM-DD")
	instantVar(cmd, &in.AsOf, "as-of", "instant to read as of (default now)")
	return cmd
}

// volumes prints volumes with a column for each dimension. The totals stand
// below the table; in CSV and workbooks they are left out, since whoever adds up its rows
// would count everything twice.
func (p *printer) volumes(by []pb.Dimension, out *pb.QueryVolumesResponse) error {
	columns, rows := volumeColumns(by), volumeRows(out.GetVolumes())
	switch p.format {
	case formatJSON, formatYAML:
		return p.whole(out)
	case formatCSV, formatXLSX:
		return p.csv(columns, rows)
	}
	if len(by) == 0 {
		// Not grouped, the rows are the totals.
		return p.table(columns, rows)
	}
	if err := p.table(columns, rows); err != nil {
		return err
	}
	if err := p.write([]byte("\nTOTAL\n")); err != nil {
		return err
	}
	return p.table(volumeColumns(nil), volumeRows(out.GetTotals()))
}

func volumeColumns(by []pb.Dimension) []column {
	var columns []column
	for _, d := range by {
		// The measure has its column anyway.
		if d == pb.Dimension_DIMENSION_MEASURE {
			continue
		}
		name := strings.ToLower(enumText(d.Descriptor(), d.Number()))
		title := strings.ToUpper(strings.ReplaceAll(name, "_", "-"))
		columns = append(columns, column{title: title, path: "keys." + name, name: name})
	}
	return append(columns, show("MEASURE measure", "AMOUNT amount_fen", "ORDERS orders", "ENTRIES entries")...)
}

func volumeRows(volumes []*pb.Volume) []protoreflect.Message {
	rows := make([]protoreflect.Message, len(volumes))
	for i, v := range volumes {
		rows[i] = v.ProtoReflect()
	}
	return rows
}
