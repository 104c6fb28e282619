package ctl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
)

func ledgerVolumes(a *app) *cobra.Command {
	in := &pb.QueryVolumesRequest{}
	var sideBySide, chart bool
	cmd := requestThen(a, "volumes", "Add up collaboration volumes (协作量)",
		bind(pb.NewReportServiceClient, pb.ReportServiceClient.QueryVolumes), in,
		func(context.Context) error {
			if chart {
				return chartOf(a, in)
			}
			if sideBySide && !slices.Contains(in.GetGroupBy(), pb.Dimension_DIMENSION_DIRECTION) {
				in.GroupBy = append(in.GroupBy, pb.Dimension_DIMENSION_DIRECTION)
			}
			return nil
		},
		func(out *pb.QueryVolumesResponse) error {
			switch {
			case chart:
				return a.printer().chart(out)
			case sideBySide:
				return a.printer().sideBySide(in.GetGroupBy(), out)
			}
			return a.printer().volumes(in.GetGroupBy(), out)
		})
	cmd.Example = `  sushaanctl ledger volumes --group-by month,direction --from 2026-01-01 --to 2026-12-31
  sushaanctl ledger volumes --group-by seller-county --as-of 2026-07-01 --explain
  sushaanctl ledger volumes --group-by pairing --side-by-side --cell month=2026-11`
	enumsVar(cmd, &in.GroupBy, "group-by", "dimensions, separated by commas")
	volumeVars(cmd, &in.Measure, &in.Direction, &in.From, &in.To)
	asOfVar(cmd, &in.AsOf, &in.AsOfPosition)
	cmd.Flags().Var(&cellValue{&in.Cell}, "cell", cellUsage)
	cmd.Flags().BoolVar(&in.Explain, "explain", false, "say on what the figures rest")
	cmd.Flags().BoolVar(&in.CompareYearAgo, "year-ago", false, "compare with the same span a year ago; needs --from")
	cmd.Flags().BoolVar(&sideBySide, "side-by-side", false, "a column for each direction")
	cmd.Flags().BoolVar(&chart, "chart", false, "draw bars by month, both directions")
	cmd.MarkFlagsMutuallyExclusive("chart", "side-by-side")
	cmd.MarkFlagsMutuallyExclusive("chart", "group-by")
	cmd.MarkFlagsMutuallyExclusive("chart", "year-ago")
	cmd.AddCommand(ledgerVolumesOpen(a))
	return cmd
}

// chartOf asks for what a chart draws. A drawing is for a terminal: other formats
// have their own ways of showing the figures.
func chartOf(a *app, in *pb.QueryVolumesRequest) error {
	if a.flags.output != formatTable {
		return usagef("--chart draws in a terminal; -o %s is for the figures", a.flags.output)
	}
	in.GroupBy = []pb.Dimension{pb.Dimension_DIMENSION_MONTH, pb.Dimension_DIMENSION_DIRECTION}
	return nil
}

const cellUsage = "only this cell: DIMENSION=VALUE, separated by commas"

func ledgerVolumesOpen(a *app) *cobra.Command {
	in := &pb.OpenVolumeRequest{}
	cmd := requestThen(a, "open", "List the entries, with orders and receipts, that a cell of volumes adds up",
		bind(pb.NewReportServiceClient, pb.ReportServiceClient.OpenVolume), in, nil, a.opened)
	cmd.Example = `  sushaanctl ledger volumes open --cell month=2026-11,direction=sn-to-js --measure accepted
  sushaanctl ledger receipt 61-…   # of a TRANSACTION that it lists`
	volumeVars(cmd, &in.Measure, &in.Direction, &in.From, &in.To)
	asOfVar(cmd, &in.AsOf, &in.AsOfPosition)
	cmd.Flags().Var(&cellValue{&in.Cell}, "cell", cellUsage)
	return cmd
}

func volumeVars(cmd *cobra.Command, measure *pb.Measure, direction *pb.Direction, from, to *string) {
	enumVar(cmd, measure, "measure", "only this measure")
	enumVar(cmd, direction, "direction", "only this direction")
	cmd.Flags().StringVar(from, "from", "", "first day, YYYY-MM-DD")
	cmd.Flags().StringVar(to, "to", "", "last day, YYYY-MM-DD")
}

// opened prints a cell's entries; in a table its figures stand below.
func (a *app) opened(out *pb.OpenVolumeResponse) error {
	p := a.printer()
	if p.format != formatTable {
		return p.message(out)
	}
	if err := p.table(tableColumns((&pb.VolumeEntry{}).ProtoReflect().Descriptor(), p.language), rowsOf(out.GetEntries())); err != nil {
		return err
	}
	return p.total(volumeColumns(nil, out.GetTotals()), out.GetTotals())
}

// cellValue is a flag over a cell: dimensions and their values, written as
// enums are.
type cellValue struct{ p *map[string]string }

func (v *cellValue) Set(s string) error {
	if *v.p == nil {
		*v.p = map[string]string{}
	}
	for part := range strings.SplitSeq(s, ",") {
		name, key, ok := strings.Cut(part, "=")
		if !ok {
			return fmt.Errorf("%q is not DIMENSION=VALUE", part)
		}
		d, err := parseEnum[pb.Dimension](strings.TrimSpace(name))
		if err != nil {
			return err
		}
		(*v.p)[strings.ToLower(enumText(d.Descriptor(), d.Number()))] = keyText(d, strings.TrimSpace(key))
	}
	return nil
}

// keyText is a value as answers have it: those of enums in capitals.
func keyText(d pb.Dimension, key string) string {
	switch d {
	case pb.Dimension_DIMENSION_DIRECTION, pb.Dimension_DIMENSION_CATEGORY, pb.Dimension_DIMENSION_BUYER_CLASS,
		pb.Dimension_DIMENSION_CHANNEL, pb.Dimension_DIMENSION_SCHEME, pb.Dimension_DIMENSION_MEASURE:
		return strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
	default:
		return key
	}
}

func (v *cellValue) String() string {
	if v.p == nil {
		return ""
	}
	var parts []string
	for name, key := range *v.p {
		parts = append(parts, name+"="+key)
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

func (*cellValue) Type() string { return "cell" }

// volumes prints volumes with a column for each dimension. The totals stand
// below the table; in CSV and workbooks they are left out, since whoever adds up its rows
// would count everything twice.
func (p *printer) volumes(by []pb.Dimension, out *pb.QueryVolumesResponse) error {
	columns, rows := volumeColumns(by, out.GetVolumes()), rowsOf(out.GetVolumes())
	switch p.format {
	case formatJSON, formatYAML:
		return p.whole(out)
	case formatCSV, formatXLSX:
		return p.csv(columns, rows)
	}
	if err := p.table(columns, rows); err != nil {
		return err
	}
	if len(by) > 0 { // not grouped, the rows are the totals
		if err := p.total(volumeColumns(nil, out.GetTotals()), out.GetTotals()); err != nil {
			return err
		}
	}
	return p.explanation(out)
}

func (p *printer) total(columns []column, totals []*pb.Volume) error {
	if err := p.write([]byte("\nTOTAL\n")); err != nil {
		return err
	}
	return p.table(columns, rowsOf(totals))
}

func volumeColumns(by []pb.Dimension, volumes []*pb.Volume) []column {
	columns := keyColumns(by)
	columns = append(columns, show("MEASURE measure", "AMOUNT amount_fen")...)
	if len(columns) > 2 {
		columns = append(columns, show("SHARE share_basis_points")...)
	}
	if len(volumes) > 0 && volumes[0].YearAgoFen != nil {
		columns = append(columns, show("YEAR-AGO year_ago_fen", "CHANGE change_basis_points")...)
	}
	return append(columns, show("ORDERS orders", "ENTRIES entries")...)
}

func keyColumns(by []pb.Dimension) []column {
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
	return columns
}

func rowsOf[M interface {
	ProtoReflect() protoreflect.Message
}](list []M) []protoreflect.Message {
	rows := make([]protoreflect.Message, len(list))
	for i, v := range list {
		rows[i] = v.ProtoReflect()
	}
	return rows
}

// explanation prints on what figures rest, in the reader's language.
func (p *printer) explanation(out *pb.QueryVolumesResponse) error {
	e := out.GetExplanation()
	if e == nil {
		return nil
	}
	text := (*pb.Term).GetTextEn
	if fault.Lang(p.language) == fault.Chinese {
		text = (*pb.Term).GetTextZh
	}
	var lines [][]string
	for _, t := range e.GetTerms() {
		lines = append(lines, []string{t.GetName(), text(t)})
	}
	if err := p.write([]byte("\nEXPLANATION\n" + layout(nil, lines, nil) + "\n")); err != nil {
		return err
	}
	facts := e.ProtoReflect()
	if e.GetCheckpointSize() == 0 {
		return p.write([]byte(fieldLines(facts)))
	}
	// The signed note has lines of its own.
	note := e.GetCheckpoint()
	e.Checkpoint = ""
	err := p.write([]byte(fieldLines(facts) + "\n" + note))
	e.Checkpoint = note
	return err
}
