package app

import (
	"context"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// GetAgeing asks what is unpaid, by age.
type GetAgeing struct {
	AsOf time.Time // zero: now
}

// Ageing is what buyers owe, by how long ago it was accepted.
type Ageing struct {
	Rows  []exchange.Ageing
	Total exchange.Ageing
	AsOf  time.Time
}

// GetAgeing adds up what is unpaid of the entries that the caller may see, as of a
// time.
func (a *App) GetAgeing(ctx context.Context, c GetAgeing) (Ageing, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return Ageing{}, err
	}
	at, err := a.asOf(ctx, "as_of", c.AsOf)
	if err != nil {
		return Ageing{}, err
	}
	filter, err := a.policy.Filter(ctx, authz.Entry, p, a.now())
	if err != nil {
		return Ageing{}, err
	}
	out := Ageing{AsOf: at}
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		out.Rows, err = r.Ageing(ctx, filter, after(at), a.limits.CycleOrders+1)
		return err
	})
	if err != nil {
		return Ageing{}, err
	}
	if len(out.Rows) > a.limits.CycleOrders {
		return Ageing{}, fault.New(fault.CycleTooLarge, "cycle", "ageing", "limit", a.limits.CycleOrders)
	}
	for _, r := range out.Rows {
		for i := range r.Fen {
			out.Total.Fen[i] += r.Fen[i]
		}
		out.Total.Orders += r.Orders
		if out.Total.Oldest == "" || r.Oldest < out.Total.Oldest {
			out.Total.Oldest = r.Oldest
		}
	}
	return out, nil
}
