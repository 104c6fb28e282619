package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

// fewFound is up to how many rows a search is driven by what was found. What more
// rows have, a list in its own order soon comes to.
const fewFound = 4000

// found are the rows that have the terms of a search.
type found struct {
	homes []string
	ids   []uuid.UUID
}

func (f *found) none() bool { return f != nil && len(f.ids) == 0 }

// offersFound are the offers that have terms; nil where they are many.
func (r Reader) offersFound(ctx context.Context, terms []string) (*found, error) {
	rows, err := r.q.OffersOfTerms(ctx, terms, fewFound+1)
	if err != nil {
		return nil, readError(err)
	}
	if len(rows) > fewFound {
		return nil, nil
	}
	f := &found{}
	for _, row := range rows {
		f.homes, f.ids = append(f.homes, row.Home), append(f.ids, row.OfferID)
	}
	return f, nil
}

// searched adds that a row has the terms of a list. The row's own terms are
// looked up, so that the list is read in its order, or only rows found are read.
func (t table) searched(b *sqlBuilder, l List) {
	switch {
	case len(l.Terms) == 0:
	case t.terms == "":
		b.add(" AND false") // nothing of it can be found
	case l.found != nil:
		b.add(" AND (home, " + t.id + ") IN (SELECT f.home, f.id FROM (SELECT unnest(" + b.bind(l.found.homes) + "::text[]) AS home, unnest(" +
			b.bind(l.found.ids) + "::uuid[]) AS id) f)")
	default:
		b.add(" AND (SELECT x.terms @> " + b.bind(l.Terms) + "::text[] FROM " + t.terms + ")")
	}
}

// putTerms queues what an offer is found by.
func (t *Tx) putTerms(ctx context.Context, id exchange.ID, names ...string) error {
	return t.write.OfferTermsPut(ctx, id.Home, id.UUID, exchange.NameTerms(names...), exchange.TermsVersion)
}

// termsAtOnce is for how many offers one transaction makes terms.
const termsAtOnce = 500

// makeTerms makes the terms of offers that have none, or those of an older
// program. It may be run again, and beside a server.
func (s *Store) makeTerms(ctx context.Context) error {
	for last := (exchange.ID{}); ; {
		var rows []db.OffersWithoutTermsRow
		err := s.Write(ctx, func(ctx context.Context, tx *Tx) (err error) {
			rows, err = tx.q.OffersWithoutTerms(ctx, last.Home, last.UUID, exchange.TermsVersion, termsAtOnce)
			for _, r := range rows {
				if err == nil {
					err = tx.putTerms(ctx, exchange.ID{Home: r.Home, UUID: r.ID}, r.NameZh, r.NameEn)
				}
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("store: terms of offers: %w", err)
		}
		if len(rows) < termsAtOnce {
			return nil
		}
		end := rows[len(rows)-1]
		last = exchange.ID{Home: end.Home, UUID: end.ID}
	}
}

// checkTerms makes the terms of every offer again.
func checkTerms(ctx context.Context, r Reader) ([]string, error) {
	var violations []string
	var names [2]string
	var want []string
	last := db.CheckOfferTermsRow{}
	for {
		rows, err := r.q.CheckOfferTerms(ctx, last.Home, last.ID, checkPage)
		if err != nil {
			return nil, err
		}
		for _, o := range rows {
			last = o
			if of := [2]string{o.NameZh, o.NameEn}; want == nil || of != names {
				names, want = of, exchange.NameTerms(of[:]...)
			}
			if o.Version != exchange.TermsVersion || !slices.Equal(o.Terms, want) {
				violations = append(violations, fmt.Sprintf("offer %s-%s has %d terms of version %d, its names give %d of version %d (migrate up makes them)",
					o.Home, o.ID, len(o.Terms), o.Version, len(want), exchange.TermsVersion))
			}
		}
		if len(rows) < checkPage || len(violations) >= maxViolations {
			return violations[:min(len(violations), maxViolations)], nil
		}
	}
}
