package app

import (
	"context"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// ListDivisions narrows a list of divisions. On is a day; empty: today.
type ListDivisions struct {
	Paging
	Parent, On string
}

// ListPairings narrows a list of pairings. On is a day; empty: all.
type ListPairings struct {
	Paging
	On string
}

// GetDivision reads a division by its code. Divisions are public.
func (a *App) GetDivision(ctx context.Context, code string) (exchange.Division, error) {
	if _, err := PrincipalOf(ctx); err != nil {
		return exchange.Division{}, err
	}
	return found(a.store.Division(ctx, code))("division", code)
}

// ListDivisions lists divisions by code.
func (a *App) ListDivisions(ctx context.Context, c ListDivisions) (Page[exchange.Division], error) {
	on, err := day("on", c.On)
	if err != nil {
		return Page[exchange.Division]{}, err
	}
	if on == "" {
		on = exchange.DayOf(a.now())
	}
	return pageBy(ctx, a, c.Paging, pinOf("division", []string{c.Parent, string(on)}),
		func(after string, limit int) ([]exchange.Division, error) {
			return a.store.Divisions(ctx, c.Parent, on, after, limit)
		},
		func(d exchange.Division) string { return d.Code })
}

// ListPairings lists pairings by id.
func (a *App) ListPairings(ctx context.Context, c ListPairings) (Page[exchange.Pairing], error) {
	on, err := day("on", c.On)
	if err != nil {
		return Page[exchange.Pairing]{}, err
	}
	return pageBy(ctx, a, c.Paging, pinOf("pairing", []string{string(on)}),
		func(after string, limit int) ([]exchange.Pairing, error) {
			id := uuid.Nil
			if after != "" {
				if id, err = uuid.Parse(after); err != nil {
					return nil, fault.InField("page_token", fault.PageTokenInvalid)
				}
			}
			return a.store.Pairings(ctx, on, id, limit)
		},
		func(p exchange.Pairing) string { return p.ID.String() })
}

// pageBy pages through public rows in the order of a text.
func pageBy[T any](ctx context.Context, a *App, paging Paging, pin string,
	read func(after string, limit int) ([]T, error), keyOf func(T) string,
) (Page[T], error) {
	var none Page[T]
	if _, err := PrincipalOf(ctx); err != nil {
		return none, err
	}
	size, err := a.pageSize(paging.Size)
	if err != nil {
		return none, err
	}
	key, err := readToken(paging.Token, pin)
	if err != nil {
		return none, err
	}
	after := ""
	if key != nil {
		after = key.Text
	}
	rows, err := read(after, size+1)
	if err != nil {
		return none, err
	}
	return pageOf(rows, size, pin, func(v T) store.Key { return store.Key{Text: keyOf(v)} }), nil
}
