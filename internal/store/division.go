package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func spanOf(from, to string) exchange.Span {
	return exchange.Span{From: exchange.Day(from), To: exchange.Day(to)}
}

func divisionOf(r db.Division) exchange.Division {
	return exchange.Division{
		Code: r.Code, NameZH: r.NameZh, NameEN: r.NameEn, Level: r.Level, Parent: r.Parent, Kind: r.Kind,
		Valid: spanOf(r.ValidFrom, r.ValidTo), Predecessors: r.Predecessors, Poverty56: r.Poverty56, Note: r.Note,
	}
}

func pairingOf(r db.Pairing) exchange.Pairing {
	return exchange.Pairing{
		ID: r.ID, JSCity: r.JsCity, JSUnit: r.JsUnit, SNCity: r.SnCity, SNCounty: r.SnCounty,
		Valid: spanOf(r.ValidFrom, r.ValidTo), Confidence: r.Confidence,
	}
}

// Division reads a division by its code.
func (r Reader) Division(ctx context.Context, code string) (exchange.Division, error) {
	row, err := r.q.DivisionGet(ctx, code)
	return mapRow(row, err, divisionOf)
}

// Divisions lists the divisions that hold on a day, by code, after one.
func (r Reader) Divisions(ctx context.Context, parent string, on exchange.Day, after string, limit int) ([]exchange.Division, error) {
	rows, err := r.q.DivisionsList(ctx, after, parent, string(on), int32(limit))
	return mapRows(rows, err, divisionOf)
}

// Pairings lists the pairings that hold on a day, or all, by id, after one.
func (r Reader) Pairings(ctx context.Context, on exchange.Day, after uuid.UUID, limit int) ([]exchange.Pairing, error) {
	rows, err := r.q.PairingsList(ctx, after, string(on), int32(limit))
	return mapRows(rows, err, pairingOf)
}

// Places reads the places by the codes of a day, with the pairings where they are
// asked for. Divisions have no names there.
func (r Reader) Places(ctx context.Context, day exchange.Day, paired bool) (*exchange.Places, error) {
	divisions, err := r.q.DivisionCodes(ctx)
	if err != nil {
		return nil, readError(err)
	}
	ds := make([]exchange.Division, len(divisions))
	for i, d := range divisions {
		ds[i] = exchange.Division{
			Code: d.Code, Level: d.Level, Parent: d.Parent, Valid: spanOf(d.ValidFrom, d.ValidTo), Predecessors: d.Predecessors,
		}
	}
	if !paired {
		return exchange.NewPlaces(ds, nil, day), nil
	}
	pairings, err := r.q.PairingsAll(ctx)
	ps := make([]exchange.Pairing, len(pairings))
	for i, p := range pairings {
		ps[i] = pairingOf(p)
	}
	return exchange.NewPlaces(ds, ps, day), readError(err)
}

// CitiesPaired says whether two cities are, or were, paired.
func (r Reader) CitiesPaired(ctx context.Context, jsCity, snCity string) (bool, error) {
	n, err := r.q.CitiesPaired(ctx, jsCity, snCity)
	return n > 0, readError(err)
}

// loadBatch is how many rows of reference data one transaction writes.
const loadBatch = 100

// LoadReference writes divisions and pairings, replacing what is there under
// the same code or id. It may be run again.
func (s *Store) LoadReference(ctx context.Context, divisions []exchange.Division, pairings []exchange.Pairing) error {
	err := inBatches(ctx, s, divisions, func(ctx context.Context, tx *Tx, d exchange.Division) error {
		return tx.write.DivisionUpsert(ctx, db.DivisionUpsertParams{
			Code: d.Code, NameZh: d.NameZH, NameEn: d.NameEN, Level: d.Level, Parent: d.Parent, Kind: d.Kind,
			ValidFrom: string(d.Valid.From), ValidTo: string(d.Valid.To), Predecessors: append([]string{}, d.Predecessors...),
			Poverty56: d.Poverty56, Note: d.Note,
		})
	})
	if err != nil {
		return err
	}
	return inBatches(ctx, s, pairings, func(ctx context.Context, tx *Tx, p exchange.Pairing) error {
		return tx.write.PairingUpsert(ctx, db.PairingUpsertParams{
			ID: p.ID, JsCity: p.JSCity, JsUnit: p.JSUnit, SnCity: p.SNCity, SnCounty: p.SNCounty,
			ValidFrom: string(p.Valid.From), ValidTo: string(p.Valid.To), Confidence: p.Confidence,
		})
	})
}

func inBatches[T any](ctx context.Context, s *Store, rows []T, write func(context.Context, *Tx, T) error) error {
	for len(rows) > 0 {
		n := min(len(rows), loadBatch)
		err := s.Write(ctx, func(ctx context.Context, tx *Tx) error {
			for _, r := range rows[:n] {
				if err := write(ctx, tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
