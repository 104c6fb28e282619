package ctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/sheet"
)

// reportsDecember makes the pack that is reported by the end of December: the
// reports of a year in one workbook, or in a folder of CSV files.
func reportsDecember(a *app) *cobra.Command {
	var year int32
	var file, folder string
	cmd := &cobra.Command{
		Use: "december", Short: "The pack of a year that is reported by the end of December (年报)", Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.flags.all, a.flags.limit = true, maxDecemberRows
			a.largePages()
			return a.december(cmd.Context(), year, file, folder)
		},
	}
	cmd.Flags().Int32Var(&year, "year", 0, "year of the pack")
	cmd.Flags().StringVar(&file, "file", "", "workbook to write, which must be new")
	cmd.Flags().StringVar(&folder, "folder", "", "folder of CSV files to write, which must be new")
	cmd.MarkFlagsMutuallyExclusive("file", "folder")
	cmd.MarkFlagsOneRequired("file", "folder")
	cmd.Long = `December writes the reports of a year together: volumes by month, targets, by
county and product, by buyer class and channel, reserves, certificates, prices,
double counts and the assessment sheet, as a workbook with a sheet for each or a folder of CSV files.
It is of what you may see and as of now. What is frozen and signed is a
submission of the year: see "submissions".`
	return require(cmd, "year")
}

// maxDecemberRows bounds a table of the December pack: the rows of a sheet.
const maxDecemberRows = 1_000_000

// tableOfPack is a table of the December pack: it is begun with its columns, then
// given row by row.
type tableOfPack struct {
	name, title string
	rows        func(ctx context.Context, year int32, begin func([]sheet.Column) error, row func([]string) error) error
}

// decemberTables are the tables of the pack, in order.
func (a *app) decemberTables() []tableOfPack {
	list := []tableOfPack{
		{"volumes", "Volumes by month 分月协作量", a.decemberVolumes}, {"targets", "Targets 协议任务", a.decemberTargets},
	}
	for _, d := range []struct {
		name, title string
		report      pb.Report
		spans       bool
	}{
		{"county_products", "By county and product 县区与产品", pb.Report_REPORT_COUNTY_PRODUCTS, true},
		{"classes_channels", "By class and channel 类别与渠道", pb.Report_REPORT_CLASSES_CHANNELS, true},
		{"reserves", "Reserves 预留份额", pb.Report_REPORT_RESERVES, false},
		{"certificates", "Certificates 产品认定", pb.Report_REPORT_CERTIFICATES, false},
		{"prices", "Prices 价格", pb.Report_REPORT_PRICES, true},
		{"double_counts", "Double counts 重复计量核查", pb.Report_REPORT_DOUBLE_COUNTS, true},
		{"assessment", "Assessment 考核", pb.Report_REPORT_ASSESSMENT, false},
	} {
		list = append(list, tableOfPack{d.name, d.title, a.decemberReport(d.report, d.spans)})
	}
	return list
}

// yearDays are the first and the last day of a year.
func yearDays(year int32) (from, to string) {
	return fmt.Sprintf("%04d-01-01", year), fmt.Sprintf("%04d-12-31", year)
}

func (a *app) decemberReport(report pb.Report, spans bool) func(context.Context, int32, func([]sheet.Column) error, func([]string) error) error {
	return func(ctx context.Context, year int32, begin func([]sheet.Column) error, row func([]string) error) error {
		in := &pb.RunReportRequest{Report: report, Year: year}
		if spans {
			in.Year = 0
			in.From, in.To = yearDays(year)
		}
		begun := false
		return a.eachReportPage(ctx, in, func(page *pb.RunReportResponse) error {
			if !begun {
				begun = true
				if err := begin(sheetColumns(page.GetColumns())); err != nil {
					return err
				}
			}
			for _, r := range page.GetRows() {
				if err := row(r.GetCells()); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func (a *app) decemberVolumes(ctx context.Context, year int32, begin func([]sheet.Column) error, row func([]string) error) error {
	in := &pb.QueryVolumesRequest{GroupBy: []pb.Dimension{pb.Dimension_DIMENSION_MONTH, pb.Dimension_DIMENSION_DIRECTION}}
	in.From, in.To = yearDays(year)
	out, err := invoke(ctx, a, bind(pb.NewReportServiceClient, pb.ReportServiceClient.QueryVolumes), in)
	if err != nil {
		return err
	}
	return messageTable(volumeColumns(in.GetGroupBy(), out.GetVolumes()), (&pb.Volume{}).ProtoReflect().Descriptor(), rowsOf(out.GetVolumes()), begin, row)
}

func (a *app) decemberTargets(ctx context.Context, year int32, begin func([]sheet.Column) error, row func([]string) error) error {
	out, err := invoke(ctx, a, bind(pb.NewTargetServiceClient, pb.TargetServiceClient.GetTargetProgress), &pb.GetTargetProgressRequest{Year: year})
	if err != nil {
		return err
	}
	of := (&pb.TargetProgress{}).ProtoReflect().Descriptor()
	return messageTable(csvColumns(of, ""), of, rowsOf(out.GetProgress()), begin, row)
}

// messageTable gives messages as the rows of a table.
func messageTable(columns []column, of protoreflect.MessageDescriptor, rows []protoreflect.Message, begin func([]sheet.Column) error, row func([]string) error) error {
	if err := begin(workbookColumns(columns, of)); err != nil {
		return err
	}
	for _, m := range rows {
		if err := row(cells(m, columns, forPrograms)); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) december(ctx context.Context, year int32, file, folder string) error {
	if folder != "" {
		return a.decemberFolder(ctx, year, folder)
	}
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	err = a.decemberBook(ctx, year, out)
	return errors.Join(err, out.Close())
}

func (a *app) decemberFolder(ctx context.Context, year int32, folder string) error {
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	for _, t := range a.decemberTables() {
		f, err := os.OpenFile(filepath.Join(folder, t.name+".csv"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		w := newCSV(f)
		err = t.rows(ctx, year, func(columns []sheet.Column) error { return w.line(names(columns)) }, w.line)
		if err = errors.Join(err, w.end(), f.Close()); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		a.note("wrote %s", t.name)
	}
	return nil
}

func (a *app) decemberBook(ctx context.Context, year int32, out io.Writer) error {
	book, err := sheet.NewBook(fmt.Sprintf("December pack 年报 %d", year))
	if err != nil {
		return err
	}
	for _, t := range a.decemberTables() {
		var s *sheet.Sheet
		err := t.rows(ctx, year, func(columns []sheet.Column) (err error) {
			s, err = book.Sheet(t.title, columns)
			return err
		}, func(row []string) error { return s.Row(row) })
		if err == nil {
			err = s.End()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		a.note("wrote %s", t.name)
	}
	return book.Write(out)
}
