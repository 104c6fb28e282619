package app

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/sheet"
	"github.com/sushaan/exchange/internal/store"
)

// ReportName names a report that is a table.
type ReportName string

// The reports. Volumes and targets have questions of their own.
const (
	CountyProducts  ReportName = "COUNTY_PRODUCTS"
	ClassesChannels ReportName = "CLASSES_CHANNELS"
	Certificates    ReportName = "CERTIFICATES"
	Prices          ReportName = "PRICES"
	DoubleCounts    ReportName = "DOUBLE_COUNTS"
	Reserves        ReportName = "RESERVES"
	Assessment      ReportName = "ASSESSMENT"
)

// RunReport asks for a page of a report.
type RunReport struct {
	Paging
	Report   ReportName
	From, To string
	Year     int // 0: this year
	EndingIn int // days; certificates only
}

// ReportPage is a page of a report. Cells are text: money in fen, parts of a whole
// in basis points.
type ReportPage struct {
	Page[[]string]
	Columns []sheet.Column
	AsOf    time.Time
}

// report is how a report is made.
type report struct {
	columns []string // those after which the key ends come first
	keys    int      // columns that are the key of a row
	noun    authz.Noun
	spans   bool // from and to narrow it
	rows    func(ctx context.Context, a *App, r store.Reader, q store.ReportQuery) ([][]string, error)
}

// stored makes a report of one that needs nothing but the store.
func stored(rows func(store.Reader, context.Context, store.ReportQuery) ([][]string, error)) func(context.Context, *App, store.Reader, store.ReportQuery) ([][]string, error) {
	return func(ctx context.Context, _ *App, r store.Reader, q store.ReportQuery) ([][]string, error) {
		return rows(r, ctx, q)
	}
}

func reports() map[ReportName]report {
	return map[ReportName]report{
		CountyProducts: {
			columns: []string{"seller_county", "product_id", "name_zh", "name_en", "category", "contracted_fen", "accepted_fen", "settled_fen",
				"quantity", "base_unit", "orders", "households"},
			keys: 2, noun: authz.Entry, spans: true,
			rows: stored(store.Reader.CountyProducts),
		},
		ClassesChannels: {
			columns: []string{"buyer_class", "channel", "direction", "measure", "amount_fen", "orders", "entries"}, keys: 4, noun: authz.Entry,
			spans: true, rows: stored(classesAndChannels),
		},
		Certificates: {
			columns: []string{"valid_to", "certificate_id", "number", "scheme", "origin", "name_zh", "state", "annual_quantity", "taken_quantity",
				"left_quantity", "base_unit", "annual_value_fen", "taken_value_fen", "left_value_fen", "households", "days_left"},
			keys: 2, noun: authz.Certificate, rows: stored(certificateCapacities),
		},
		Prices: {
			columns: []string{"origin", "product_id", "name_zh", "name_en", "sales_unit", "orders", "quantity", "base_unit", "lowest_price_fen",
				"mean_price_fen", "highest_price_fen", "reference_price_fen", "above_reference_bp"},
			keys: 2, noun: authz.Order, spans: true,
			rows: stored(store.Reader.PricesAgainstReference),
		},
		DoubleCounts: {
			columns: []string{"why", "first_order_id", "last_order_id", "what", "day", "orders", "amount_fen"}, keys: 4, noun: authz.Order, spans: true,
			rows: stored(store.Reader.CountedTwice),
		},
		Reserves: {
			columns: []string{"reserve_plan_id", "unit_member_id", "unit_class", "division", "year", "canteen", "budget_fen", "rate_bp", "target_fen",
				"contracted_fen", "accepted_fen", "settled_fen", "orders", "reached_bp"},
			keys: 1, noun: authz.Reserve, rows: stored(reservesReached),
		},
		Assessment: {
			columns: []string{"indicator", "name_zh", "name_en", "weight_bp", "numerator_fen", "denominator_fen", "actual_bp", "full_bp", "score_bp"},
			keys:    1, noun: authz.Entry, rows: assessment,
		},
	}
}

// RunReport makes a page of a report from what the caller may see. A page is read
// at a time, so that no report is held as a whole.
func (a *App) RunReport(ctx context.Context, c RunReport) (ReportPage, error) {
	var out ReportPage
	def, known := reports()[c.Report]
	if !known {
		return out, fault.InField("report", fault.InvalidArgument, "detail", "there is no such report")
	}
	q, err := a.askReport(ctx, c, def)
	if err != nil {
		return out, err
	}
	pin := pinOf("report", []any{c.Report, c.From, c.To, c.Year, c.EndingIn})
	key, err := readToken(c.Token, pin)
	if err != nil {
		return out, err
	}
	if key != nil {
		if q.After = strings.Split(key.Text, "\x00"); len(q.After) != def.keys {
			return out, fault.InField("page_token", fault.PageTokenInvalid)
		}
	}
	size := q.Limit
	q.Limit++ // one row more tells whether there is a next page
	out.AsOf, out.Columns = a.now(), columns(def.columns...)
	var rows [][]string
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		rows, err = def.rows(ctx, a, r, q)
		return err
	})
	if err != nil {
		return out, err
	}
	out.Page = pageOf(rows, size, pin, func(row []string) store.Key { return store.Key{Text: strings.Join(row[:def.keys], "\x00")} })
	return out, nil
}

// askReport checks a question and finds what the caller may see.
func (a *App) askReport(ctx context.Context, c RunReport, def report) (store.ReportQuery, error) {
	var q store.ReportQuery
	p, err := PrincipalOf(ctx)
	if err != nil {
		return q, err
	}
	days, err := span("from", c.From, "to", c.To)
	if err != nil {
		return q, err
	}
	switch {
	case !def.spans && days != (exchange.Span{}):
		return q, fault.InField("from", fault.InvalidArgument, "detail", "this report is of a year")
	case c.EndingIn != 0 && c.Report != Certificates:
		return q, fault.InField("ending_in_days", fault.InvalidArgument, "detail", "only certificates end")
	}
	if q.Limit, err = a.pageSize(c.Size); err != nil {
		return q, err
	}
	if q.Filter, err = a.policy.Filter(ctx, def.noun, p, a.now()); err != nil {
		return q, err
	}
	q.Today, q.Year, q.EndingIn, q.From = a.Today(), c.Year, c.EndingIn, days.From.Start()
	if q.Year == 0 {
		q.Year = q.Today.Year()
	}
	if days.To != "" {
		q.To = days.To.Plus(1).Start()
	}
	return q, nil
}

// afterKey drops the rows up to a key, and those beyond a page: of a report that is
// small enough to be made as a whole.
func afterKey(rows [][]string, keys int, q store.ReportQuery) [][]string {
	rows = slices.DeleteFunc(rows, func(row []string) bool { return q.After != nil && slices.Compare(row[:keys], q.After) <= 0 })
	return rows[:min(len(rows), q.Limit)]
}

func classesAndChannels(r store.Reader, ctx context.Context, q store.ReportQuery) ([][]string, error) {
	by := []Dimension{exchange.ByBuyerClass, exchange.ByChannel, exchange.ByDirection}
	cells, err := r.Volumes(ctx, store.VolumeQuery{Filter: q.Filter, GroupBy: by, From: q.From, To: q.To, Limit: maxCells})
	if err != nil {
		return nil, err
	}
	rows := make([][]string, len(cells))
	for i, v := range cells {
		rows[i] = append(slices.Clone(v.Keys), string(v.Measure), number(v.Fen), number(v.Orders), number(v.Entries))
	}
	return afterKey(sortedBy(rows, 4), 4, q), nil
}

// sortedBy orders rows by their first cells.
func sortedBy(rows [][]string, keys int) [][]string {
	slices.SortFunc(rows, func(x, y []string) int { return slices.Compare(x[:keys], y[:keys]) })
	return rows
}

// certificateCapacities adds the days that are left.
func certificateCapacities(r store.Reader, ctx context.Context, q store.ReportQuery) ([][]string, error) {
	rows, err := r.CertificateCapacities(ctx, q)
	for i, row := range rows {
		left := exchange.Day(row[0]).Start().Sub(q.Today.Start())
		rows[i] = append(row, strconv.Itoa(int(left.Hours()/24)))
	}
	return rows, err
}

// reservesReached adds the ledger up for each plan of a year that was not taken
// back.
func reservesReached(r store.Reader, ctx context.Context, q store.ReportQuery) ([][]string, error) {
	from := exchange.Day(strconv.Itoa(q.Year) + "-01-01").Start()
	plans, err := r.ReservePlansByID(ctx, q)
	if err != nil {
		return nil, err
	}
	rows := make([][]string, len(plans))
	for i, p := range plans {
		reached, err := r.ReserveProgress(ctx, p, from, from.In(exchange.China).AddDate(1, 0, 0))
		if err != nil {
			return nil, err
		}
		rows[i] = []string{
			p.ID.String(), p.Unit.String(), string(p.UnitClass), p.Division, strconv.Itoa(p.Year), string(p.Canteen), number(p.BudgetFen),
			number(p.RateBP), number(p.TargetFen), number(reached.Contracted), number(reached.Accepted), number(reached.Settled),
			number(reached.Orders), number(reached.ReachedBP()),
		}
	}
	return rows, nil
}
