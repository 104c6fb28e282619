package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
)

// copiesAtOnce is how many offers one transaction copies.
const copiesAtOnce = 2000

// CopyOffer copies a published offer n times and takes the copies' capacity
// from its certificate, so that every invariant holds for them. It is for the
// benchmark, which wants more offers than it has time to publish.
func (s *Store) CopyOffer(ctx context.Context, id exchange.ID, n int) ([]exchange.ID, error) {
	var all []exchange.ID
	for len(all) < n {
		var made []uuid.UUID
		err := s.Write(ctx, func(ctx context.Context, tx *Tx) (err error) {
			made, err = tx.copyOffer(ctx, id, min(copiesAtOnce, n-len(all)))
			return err
		})
		if err != nil {
			return all, fmt.Errorf("store: copies of offer %s: %w", id, err)
		}
		for _, u := range made {
			all = append(all, exchange.ID{Home: id.Home, UUID: u})
		}
	}
	return all, nil
}

func (t *Tx) copyOffer(ctx context.Context, id exchange.ID, n int) ([]uuid.UUID, error) {
	offer, err := t.LockOffer(ctx, id)
	if err != nil {
		return nil, err
	}
	capacity, err := t.LockCapacity(ctx, id.Home, offer.Certificate, offer.CapacityYear)
	if err != nil {
		return nil, err
	}
	value, err := offer.ValueFen(offer.Quantity)
	if err != nil {
		return nil, err
	}
	capacity.TakenQuantity += int64(n) * offer.Quantity
	capacity.TakenValueFen += int64(n) * value
	made, err := t.q.OfferCopies(ctx, make([]int, n), id.Home, id.UUID)
	if err != nil {
		return nil, err
	}
	if err := t.q.OfferTermsCopies(ctx, made, id.Home, id.UUID); err != nil {
		return nil, err
	}
	return made, t.UpdateCapacity(ctx, capacity)
}

// Analyze refreshes what the planner knows of the tables, after a load.
func (s *Store) Analyze(ctx context.Context) error {
	for _, table := range []string{"offers", "orders", "requests", "ledger_transactions", "ledger_entries", "events", "decisions",
		"payments", "unsealed", "seals", "volumes"} {
		if _, err := s.pool.Exec(ctx, "ANALYZE "+table); err != nil {
			return readError(err)
		}
	}
	return nil
}
