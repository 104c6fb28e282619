package app

import (
	"context"
	"errors"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// maxCells bounds an answer: more groups than this are refused, never cut.
const maxCells = 10_000

// QueryVolumes adds up the ledger entries that the caller may see, by
// dimensions. Volumes are a function of the ledger (invariant I5): parts on any
// dimension add up to the total.
func (a *App) QueryVolumes(ctx context.Context, c QueryVolumes) (Volumes, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return Volumes{}, err
	}
	days, err := span("from", c.From, "to", c.To)
	if err != nil {
		return Volumes{}, err
	}
	asOf, err := a.asOf("as_of", c.AsOf)
	if err != nil {
		return Volumes{}, err
	}
	filter, err := a.policy.Filter(ctx, authz.Entry, p, a.now())
	if err != nil {
		return Volumes{}, err
	}
	q := store.VolumeQuery{
		Filter: filter, Measure: c.Measure, Direction: c.Direction, Limit: maxCells + 1,
		GroupBy: c.GroupBy, From: days.From.Start(),
	}
	if !c.AsOf.IsZero() {
		// Unset, every entry that is committed counts, even one whose server's
		// clock is ahead of ours.
		q.Before = after(asOf)
	}
	if days.To != "" {
		q.To = days.To.Plus(1).Start()
	}
	v := Volumes{AsOf: asOf}
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		if err := begun(ctx, r, q.Before); err != nil {
			return err
		}
		rows, err := r.Volumes(ctx, q)
		if err != nil {
			return err
		}
		if len(rows) > maxCells {
			return fault.InField("group_by", fault.InvalidArgument, "detail", "too many groups; narrow the span or group by less")
		}
		v.Volumes = volumesOf(rows, c.GroupBy)
		whole := q
		whole.GroupBy = nil
		rows, err = r.Volumes(ctx, whole)
		v.Totals = volumesOf(rows, nil)
		return err
	})
	return v, err
}

// begun refuses a time before the ledger's first transaction: there is nothing
// there that could be zero.
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

func volumesOf(rows []store.VolumeRow, by []Dimension) []Volume {
	out := make([]Volume, len(rows))
	for i, r := range rows {
		out[i] = Volume{Keys: map[Dimension]string{}, Measure: r.Measure, AmountFen: r.Fen, Orders: r.Orders, Entries: r.Entries}
		for k, d := range by {
			out[i].Keys[d] = r.Keys[k]
		}
	}
	return out
}
