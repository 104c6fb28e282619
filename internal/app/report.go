package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store"
)

const (
	// maxCells bounds an answer: more groups than this are refused, never cut.
	maxCells = 10_000
	// maxUnsealed is up to where an explanation counts what is not sealed yet.
	maxUnsealed = 100_000
)

// QueryVolumes adds up the ledger entries that the caller may see, by
// dimensions. Volumes are a function of the ledger (invariant I5): parts on any
// dimension add up to the total.
func (a *App) QueryVolumes(ctx context.Context, c QueryVolumes) (Volumes, error) {
	asked, err := a.askVolumes(ctx, c.VolumeScope, c.GroupBy)
	if err != nil {
		return Volumes{}, err
	}
	if c.YearAgo && asked.days.From == "" {
		return Volumes{}, fault.InField("from", fault.DatesInvalid, "rule", "a comparison with a year ago needs a first day")
	}
	var v Volumes
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		v = Volumes{}
		if err := asked.anchor(ctx, r); err != nil {
			return err
		}
		v.AsOf = asked.asOf
		cells, err := asked.cells(ctx, r, asked.VolumeQuery)
		if err != nil {
			return err
		}
		if c.YearAgo {
			if cells, err = asked.compare(ctx, r, cells, &v); err != nil {
				return err
			}
		}
		if v.Totals, err = totalsOf(cells); err != nil {
			return err
		}
		v.Volumes = shared(cells)
		if c.Explain {
			v.Explanation, err = a.explainVolumes(ctx, r, asked, v.Totals)
		}
		return err
	})
	return v, err
}

// OpenVolume lists the entries that a cell adds up.
func (a *App) OpenVolume(ctx context.Context, c OpenVolume) (OpenedVolume, error) {
	var out OpenedVolume
	asked, err := a.askVolumes(ctx, c.VolumeScope, nil)
	if err != nil {
		return out, err
	}
	size, err := a.pageSize(c.Size)
	if err != nil {
		return out, err
	}
	pin := pinOf("volume", c.VolumeScope)
	after, err := readToken(c.Token, pin)
	if err != nil {
		return out, err
	}
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		if err := asked.anchor(ctx, r); err != nil {
			return err
		}
		cells, err := asked.cells(ctx, r, asked.VolumeQuery)
		if err != nil {
			return err
		}
		if len(cells) == 0 {
			return fault.New(fault.ResourceNotFound, "noun", "volume", "id", cellText(c.Cell))
		}
		if out.Totals, err = totalsOf(cells); err != nil {
			return err
		}
		// One row more than asked for tells whether there is a next page.
		q := asked.VolumeQuery
		q.Limit = size + 1
		rows, err := r.VolumeEntries(ctx, q, after)
		if err != nil {
			return err
		}
		out.Page = openedPage(pageOf(rows, size, pin, func(e store.VolumeEntry) store.Key { return entryKey(e.Entry) }))
		return nil
	})
	return out, err
}

func openedPage(p Page[store.VolumeEntry]) Page[VolumeEntry] {
	out := Page[VolumeEntry]{Next: p.Next}
	for _, e := range p.Items {
		entry := entriesOf(Page[store.Entry]{Items: []store.Entry{e.Entry}}).Items[0]
		out.Items = append(out.Items, VolumeEntry{Entry: entry, Position: e.Position, First: e.First})
	}
	return out
}

func cellText(cell map[Dimension]string) string {
	var parts []string
	for _, d := range slices.Sorted(maps.Keys(cell)) {
		parts = append(parts, fmt.Sprintf("%s=%s", d, cell[d]))
	}
	return strings.Join(parts, ",")
}

// askedVolumes is a question about volumes as the store is asked it.
type askedVolumes struct {
	store.VolumeQuery
	days exchange.Span
	asOf time.Time
}

// askVolumes checks a question and finds what the caller may see.
func (a *App) askVolumes(ctx context.Context, c VolumeScope, by []Dimension) (*askedVolumes, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return nil, err
	}
	days, err := span("from", c.From, "to", c.To)
	if err != nil {
		return nil, err
	}
	asOf, err := a.asOf(ctx, "as_of", c.AsOf)
	if err != nil {
		return nil, err
	}
	if c.Position > 0 && !c.AsOf.IsZero() {
		return nil, fault.InField("as_of_position", fault.InvalidArgument, "detail", "volumes are as of a time or of a position, not both")
	}
	if err := checkCell(c.Cell); err != nil {
		return nil, err
	}
	filter, err := a.policy.Filter(ctx, authz.Entry, p, a.now())
	if err != nil {
		return nil, err
	}
	q := store.VolumeQuery{
		Filter: filter, Measure: c.Measure, Direction: c.Direction, Limit: maxCells + 1, GroupBy: by, Cell: c.Cell,
		From: days.From.Start(), Position: c.Position,
	}
	if !c.AsOf.IsZero() {
		// Unset, every entry that is committed counts, even one whose server's
		// clock is ahead of ours.
		q.Before = after(asOf)
	}
	if days.To != "" {
		q.To = days.To.Plus(1).Start()
	}
	return &askedVolumes{VolumeQuery: q, days: days, asOf: asOf}, nil
}

func checkCell(cell map[Dimension]string) error {
	for d, key := range cell {
		if !slices.Contains(exchange.Dimensions(), d) {
			return fault.InField("cell", fault.InvalidArgument, "detail", fmt.Sprintf("%q is not a dimension of volumes", d))
		}
		if _, ok := exchange.PeriodOf(d, key); d.Timed() && !ok {
			return fault.InField("cell", fault.DatesInvalid, "rule", fmt.Sprintf("%q is not a %s", key, d))
		}
	}
	return nil
}

// anchor finds what the question is as of, and the codes of that day where it is
// about places. A time before the ledger began is refused, and so is a position
// beyond the log's end: there is nothing there that could be zero.
func (q *askedVolumes) anchor(ctx context.Context, r store.Reader) error {
	if q.Position > 0 {
		seals, err := r.Seals(ctx, q.Position-1, q.Position, 1)
		if err != nil {
			return err
		}
		if len(seals) == 0 {
			return fault.InField("as_of_position", fault.AsOfInvalid, "at", q.Position, "rule", "the log is not so long")
		}
		q.asOf = seals[0].At
	} else if err := begun(ctx, r, q.Before); err != nil {
		return err
	}
	places, paired := false, false
	for _, d := range append(slices.Collect(maps.Keys(q.Cell)), q.GroupBy...) {
		places = places || d.Placed()
		paired = paired || d == exchange.ByPairing
	}
	if !places {
		return nil
	}
	var err error
	q.Places, err = r.Places(ctx, q.lastDay(), paired)
	return err
}

// lastDay is the last day that is asked about.
func (q *askedVolumes) lastDay() exchange.Day {
	day := exchange.DayOf(q.asOf)
	if q.days.To != "" && q.days.To < day {
		return q.days.To
	}
	return day
}

// begun refuses a time before the ledger's first transaction.
func begun(ctx context.Context, r store.Reader, before time.Time) error {
	if before.IsZero() {
		return nil
	}
	first, err := r.LedgerBegan(ctx)
	if err == nil && first.Before(before) {
		return nil
	}
	if err == nil || errors.Is(err, store.ErrNotFound) {
		err = fault.InField("as_of", fault.AsOfInvalid, "at", before.Format(time.RFC3339), "rule", "the ledger had not begun")
	}
	return err
}

// cells asks the store.
func (q *askedVolumes) cells(ctx context.Context, r store.Reader, of store.VolumeQuery) ([]Volume, error) {
	rows, err := r.Volumes(ctx, of)
	if err != nil {
		return nil, err
	}
	if len(rows) > maxCells {
		return nil, fault.InField("group_by", fault.InvalidArgument, "detail", "too many groups; narrow the span or group by less")
	}
	out := make([]Volume, len(rows))
	for i, row := range rows {
		out[i] = Volume{Keys: map[Dimension]string{}, Measure: row.Measure, AmountFen: row.Fen, Orders: row.Orders, Entries: row.Entries}
		for k, d := range of.GroupBy {
			out[i].Keys[d] = row.Keys[k]
		}
	}
	return out, nil
}

// compare asks the same of a year ago and sets it beside the cells, by what is
// known now. A cell that there was only then is there with nothing in it.
func (q *askedVolumes) compare(ctx context.Context, r store.Reader, cells []Volume, v *Volumes) ([]Volume, error) {
	v.YearAgo = exchange.Span{From: q.days.From, To: q.lastDay()}.YearBefore()
	then := q.VolumeQuery
	then.From, then.To = v.YearAgo.From.Start(), v.YearAgo.To.Plus(1).Start()
	then.Cell = map[Dimension]string{}
	for d, key := range q.Cell {
		then.Cell[d] = exchange.ShiftYear(d, key, -1)
	}
	earlier, err := q.cells(ctx, r, then)
	if err != nil {
		return nil, err
	}
	place := map[string]int{}
	for i, c := range cells {
		place[q.nameOf(c)], cells[i].YearAgo = i, new(int64)
	}
	for _, e := range earlier {
		for d, key := range e.Keys {
			e.Keys[d] = exchange.ShiftYear(d, key, 1)
		}
		i, known := place[q.nameOf(e)]
		if !known {
			i = len(cells)
			place[q.nameOf(e)] = i
			cells = append(cells, Volume{Keys: e.Keys, Measure: e.Measure, YearAgo: new(int64)})
		}
		if *cells[i].YearAgo, err = ledger.Add(*cells[i].YearAgo, e.AmountFen); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(cells, func(x, y Volume) int { return strings.Compare(q.nameOf(x), q.nameOf(y)) })
	for i := range cells {
		cells[i].ChangeBP = changeOf(cells[i])
	}
	return cells, nil
}

func changeOf(v Volume) *int64 {
	if change, ok := exchange.ChangeBP(v.AmountFen, *v.YearAgo); ok {
		return &change
	}
	return nil
}

// nameOf orders cells by their keys and measures.
func (q *askedVolumes) nameOf(v Volume) string {
	var name strings.Builder
	for _, d := range q.GroupBy {
		name.WriteString(v.Keys[d] + "\x00")
	}
	return name.String() + string(v.Measure)
}

// totalsOf adds cells up, by measure: different numbers are never added up.
func totalsOf(cells []Volume) ([]Volume, error) {
	var out []Volume
	for _, c := range cells {
		i := slices.IndexFunc(out, func(t Volume) bool { return t.Measure == c.Measure })
		if i < 0 {
			i = len(out)
			out = append(out, Volume{Keys: map[Dimension]string{}, Measure: c.Measure})
		}
		t := &out[i]
		var err error
		if t.AmountFen, err = ledger.Add(t.AmountFen, c.AmountFen); err != nil {
			return nil, err
		}
		t.Orders += c.Orders
		t.Entries += c.Entries
		if c.YearAgo == nil {
			continue
		}
		if t.YearAgo == nil {
			t.YearAgo = new(int64)
		}
		if *t.YearAgo, err = ledger.Add(*t.YearAgo, *c.YearAgo); err != nil {
			return nil, err
		}
		t.ChangeBP = changeOf(*t)
	}
	slices.SortFunc(out, func(x, y Volume) int { return strings.Compare(string(x.Measure), string(y.Measure)) })
	return out, nil
}

// shared gives each cell its share of the total of its measure.
func shared(cells []Volume) []Volume {
	places := map[ledger.Measure][]int{}
	for i, c := range cells {
		places[c.Measure] = append(places[c.Measure], i)
	}
	for _, list := range places {
		parts := make([]int64, len(list))
		for k, i := range list {
			parts[k] = cells[i].AmountFen
		}
		for k, bp := range exchange.SharesBP(parts) {
			cells[list[k]].ShareBP = &bp
		}
	}
	return cells
}

// explainVolumes says on what an answer rests.
func (a *App) explainVolumes(ctx context.Context, r store.Reader, q *askedVolumes, totals []Volume) (*VolumeExplanation, error) {
	var measures []ledger.Measure
	for _, t := range totals {
		measures = append(measures, t.Measure)
	}
	_, complete := q.Filter.(exchange.AllowAll)
	e := &VolumeExplanation{
		Terms: exchange.VolumeTerms(measures, q.GroupBy), PolicyRevision: a.policy.Revision(), Complete: complete,
		Position: q.Position, CodesOf: q.lastDay(),
	}
	if q.Position > 0 {
		covering, err := r.Checkpoints(ctx, q.Position-1, math.MaxInt64, 1)
		if err == nil && len(covering) == 1 {
			e.Checkpoint = Checkpoint(covering[0])
		}
		return e, err
	}
	last, err := r.LastCheckpoint(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	e.Checkpoint, e.Position = Checkpoint(last), last.Size
	e.Unsealed, err = r.UnsealedCount(ctx, maxUnsealed)
	return e, err
}
