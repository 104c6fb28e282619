package ctl

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/sheet"
)

func reportsCommand(a *app) *cobra.Command {
	volume, targets := ledgerVolumes(a), targetsProgress(a)
	volume.Use, targets.Use = "volume", "targets"
	cmd := group("reports", "Reports over the ledger, as tables, CSV and workbooks", volume, targets)
	for _, r := range []struct {
		use, short string
		report     pb.Report
		spans      bool
	}{
		{"county-products", "Volumes by seller county and product, with the households benefited", pb.Report_REPORT_COUNTY_PRODUCTS, true},
		{"classes-channels", "Volumes by buyer class and channel", pb.Report_REPORT_CLASSES_CHANNELS, true},
		{"certificates", "Capacity of certificates, and those that end soon", pb.Report_REPORT_CERTIFICATES, false},
		{"prices", "Prices against the products' reference", pb.Report_REPORT_PRICES, true},
		{"double-counts", "What could be one trade that is counted twice", pb.Report_REPORT_DOUBLE_COUNTS, true},
		{"reserves", "Reserve plans and how far they are reached", pb.Report_REPORT_RESERVES, false},
		{"assessment", "Assessment sheet (考核): indicators, weights, actuals and score", pb.Report_REPORT_ASSESSMENT, false},
	} {
		cmd.AddCommand(reportTable(a, r.use, r.short, r.report, r.spans))
	}
	cmd.AddCommand(settlementAgeing(a), reportsMismatches(a), reportsDecember(a), reportsOCDS(a))
	return cmd
}

// reportsMismatches lists the settlement cycles in which what was paid is not what
// is owed; settlement cycles get tells in what they differ.
func reportsMismatches(a *app) *cobra.Command {
	return request(a, "mismatches", "Settlement cycles in which what was paid is not what is owed",
		bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.ListSettlementCycles),
		&pb.ListSettlementCyclesRequest{State: pb.CycleState_CYCLE_STATE_MISMATCH})
}

// reportTable makes the command of one report. It is read whole, up to --limit,
// unless a page is asked for.
func reportTable(a *app, use, short string, report pb.Report, spans bool) *cobra.Command {
	in := &pb.RunReportRequest{Report: report}
	cmd := command(use, short, in, func(ctx context.Context) error {
		a.flags.all = a.flags.all || (a.flags.pageSize == 0 && a.flags.pageToken == "")
		a.largePages()
		return a.printReport(ctx, in)
	})
	switch {
	case spans:
		cmd.Flags().StringVar(&in.From, "from", "", "first day, YYYY-MM-DD")
		cmd.Flags().StringVar(&in.To, "to", "", "last day, YYYY-MM-DD")
	default:
		cmd.Flags().Int32Var(&in.Year, "year", 0, "year of the report (default this year)")
	}
	if report == pb.Report_REPORT_CERTIFICATES {
		cmd.Flags().Int32Var(&in.EndingInDays, "ending-in", 0, "only those in force that end within so many days, such as 30 or 60")
	}
	return cmd
}

// reportPage is the size of a report's pages, unless --page-size says another: each
// page adds the ledger up anew.
const reportPage = 500

func (a *app) largePages() {
	if a.flags.all && a.flags.pageSize == 0 {
		a.flags.pageSize = reportPage
	}
}

var runReport = bind(pb.NewReportServiceClient, pb.ReportServiceClient.RunReport)

// printReport prints a report in the format asked for: JSON and YAML as the API
// has it, CSV and workbooks page by page, tables as a whole.
func (a *app) printReport(ctx context.Context, in *pb.RunReportRequest) error {
	p := a.printer()
	if p.format == formatJSON || p.format == formatYAML {
		out, err := pages(ctx, a, runReport, in)
		if err != nil {
			return err
		}
		return p.whole(out)
	}
	if p.format == formatTable {
		out, err := pages(ctx, a, runReport, in)
		if err != nil {
			return err
		}
		return a.printer().reportTable(out)
	}
	var w lineWriter
	err := a.eachReportPage(ctx, in, func(out *pb.RunReportResponse) error {
		if w == nil {
			var err error
			if w, err = a.printer().beginReport(out); err != nil {
				return err
			}
		}
		return writeRows(w, out)
	})
	if err != nil {
		return err
	}
	return w.end()
}

// eachReportPage gives the pages of a report up to the limit, one at a time.
func (a *app) eachReportPage(ctx context.Context, in *pb.RunReportRequest, page func(*pb.RunReportResponse) error) error {
	in.PageToken = a.flags.pageToken
	var shown exporting
	defer func() { shown.end() }()
	for have := 0; ; {
		in.PageSize = a.pageSize(have)
		out, err := invoke(ctx, a, runReport, in)
		if err != nil {
			return err
		}
		if err := page(out); err != nil {
			return err
		}
		have += len(out.GetRows())
		token := out.GetNextPageToken()
		switch {
		case token == "":
			return nil
		case token == in.GetPageToken():
			return errSameToken
		case !a.flags.all || have >= a.flags.limit:
			a.note("note: there is more; go on with --page-token %s%s", token, a.orAll())
			return nil
		}
		shown.at(a, have)
		in.PageToken = token
	}
}

// sheetColumns are a report's columns as a sheet has them.
func sheetColumns(columns []*pb.ReportColumn) []sheet.Column {
	kinds := map[pb.ColumnKind]sheet.Kind{
		pb.ColumnKind_COLUMN_KIND_NUMBER: sheet.Number, pb.ColumnKind_COLUMN_KIND_MONEY: sheet.Money,
		pb.ColumnKind_COLUMN_KIND_PERCENT: sheet.Percent,
	}
	list := make([]sheet.Column, len(columns))
	for i, c := range columns {
		list[i] = sheet.Column{Name: c.GetName(), Title: c.GetTitle(), Kind: kinds[c.GetKind()]}
	}
	return list
}

func (p *printer) beginReport(out *pb.RunReportResponse) (lineWriter, error) {
	columns := sheetColumns(out.GetColumns())
	if p.format == formatXLSX {
		return newBookLines(p.out, columns)
	}
	w := newCSV(p.out)
	return w, w.line(names(columns))
}

func names(columns []sheet.Column) []string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.Name
	}
	return list
}

func writeRows(w lineWriter, out *pb.RunReportResponse) error {
	for _, row := range out.GetRows() {
		if err := w.line(row.GetCells()); err != nil {
			return err
		}
	}
	return nil
}

// reportTable prints a report for eyes: money in yuan, parts in per cent.
func (p *printer) reportTable(out *pb.RunReportResponse) error {
	columns := sheetColumns(out.GetColumns())
	heads, right := make([]string, len(columns)), make([]bool, len(columns))
	for i, c := range columns {
		name := strings.TrimSuffix(strings.TrimSuffix(c.Name, fenSuffix), "_bp")
		heads[i], right[i] = strings.ToUpper(strings.ReplaceAll(name, "_", "-")), c.Kind != sheet.Text
	}
	lines := make([][]string, len(out.GetRows()))
	for i, row := range out.GetRows() {
		line := make([]string, len(columns))
		for k, cell := range row.GetCells() {
			if k < len(columns) {
				line[k] = reportCell(columns[k].Kind, cell)
			}
		}
		lines[i] = line
	}
	return p.write([]byte(layout(heads, lines, right)))
}

func reportCell(kind sheet.Kind, cell string) string {
	n, err := strconv.ParseInt(cell, 10, 64)
	switch {
	case err != nil || kind == sheet.Text || kind == sheet.Number:
		return oneLine(cell)
	case kind == sheet.Percent:
		return yuan(n) + " %"
	default:
		return yuan(n)
	}
}
