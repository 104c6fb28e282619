package app

import (
	"context"
	"strconv"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store"
)

// totalIndicator is the row of the sum. Its name sorts behind every indicator's.
const totalIndicator = "total"

// assessment is the sheet of a year: each indicator's actual is a question to the
// ledger as the caller may see it, and its score is computed in integers.
func assessment(ctx context.Context, a *App, r store.Reader, q store.ReportQuery) ([][]string, error) {
	indicators, err := exchange.Indicators(q.Year)
	if err != nil {
		return nil, err
	}
	s := sheetOf{app: a, reader: r, query: q, year: strconv.Itoa(q.Year)}
	var scores []exchange.Score
	var rows [][]string
	for _, i := range indicators {
		part, whole, err := s.ratio(ctx, i.Of)
		if err != nil {
			return nil, err
		}
		score := i.Assess(part, whole)
		scores = append(scores, score)
		rows = append(rows, []string{
			i.Name, i.ZH, i.EN, number(i.WeightBP), number(part), number(whole), number(score.ActualBP), number(i.FullBP), number(score.ScoreBP),
		})
	}
	total, err := exchange.TotalScore(scores)
	if err != nil {
		return nil, err
	}
	rows = append(rows, []string{totalIndicator, "合计", "Total", "", "", "", "", "", number(total)})
	return afterKey(sortedBy(rows, 1), 1, q), nil
}

// sheetOf is an assessment that is being made.
type sheetOf struct {
	app    *App
	reader store.Reader
	query  store.ReportQuery
	year   string
}

func (s sheetOf) ratio(ctx context.Context, of exchange.Ratio) (part, whole int64, err error) {
	switch of {
	case exchange.TargetsReached:
		return s.targets(ctx)
	case exchange.ReservesReached:
		return s.reserves(ctx)
	}
	cells, err := s.reader.Volumes(ctx, store.VolumeQuery{
		Filter: s.query.Filter, GroupBy: []Dimension{exchange.ByCertified}, From: exchange.Day(s.year + "-01-01").Start(),
		To: exchange.Day(s.year + "-12-31").Plus(1).Start(), Limit: maxCells,
	})
	for _, c := range cells {
		switch {
		case c.Measure == ledger.Accepted:
			whole += c.Fen
			if of == exchange.CertifiedOfAccepted && c.Keys[0] == "certified" {
				part += c.Fen
			}
		case c.Measure == ledger.Settled && of == exchange.SettledOfAccepted:
			part += c.Fen
		}
	}
	return part, whole, err
}

// targets adds up the targets of one kind of unit, since those of several kinds are
// about the same trades: of pairings, else of counties, else of provinces.
func (s sheetOf) targets(ctx context.Context) (part, whole int64, err error) {
	asked, err := s.app.askVolumes(ctx, VolumeScope{From: s.year + "-01-01", To: s.year + "-12-31"}, nil)
	if err != nil {
		return 0, 0, err
	}
	p, err := PrincipalOf(ctx)
	if err != nil {
		return 0, 0, err
	}
	filter, err := s.app.policy.Filter(ctx, authz.Target, p, s.app.now())
	if err != nil {
		return 0, 0, err
	}
	progress, err := asked.targets(ctx, s.reader, filter, s.year)
	for _, kind := range []exchange.TargetUnitKind{exchange.PairingTarget, exchange.CountyTarget, exchange.ProvinceTarget} {
		for _, t := range progress {
			if t.Target.UnitKind == kind {
				part, whole = part+t.ActualFen, whole+t.Target.AmountFen
			}
		}
		if whole > 0 {
			break
		}
	}
	return part, whole, err
}

// reserves adds up the plans of the year, page by page.
func (s sheetOf) reserves(ctx context.Context) (part, whole int64, err error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return 0, 0, err
	}
	q := s.query
	q.After, q.Limit = nil, s.app.limits.PageSize
	if q.Filter, err = s.app.policy.Filter(ctx, authz.Reserve, p, s.app.now()); err != nil {
		return 0, 0, err
	}
	from := exchange.Day(s.year + "-01-01").Start()
	for {
		plans, err := s.reader.ReservePlansByID(ctx, q)
		if err != nil {
			return 0, 0, err
		}
		for _, plan := range plans {
			reached, err := s.reader.ReserveProgress(ctx, plan, from, from.In(exchange.China).AddDate(1, 0, 0))
			if err != nil {
				return 0, 0, err
			}
			part, whole = part+reached.Accepted, whole+reached.TargetFen
		}
		if len(plans) < q.Limit {
			return part, whole, nil
		}
		q.After = []string{plans[len(plans)-1].ID.String()}
	}
}
