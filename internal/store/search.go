package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

// fewFound is up to how many rows a search is driven by what was found. What more
// rows have, a list in its own order soon comes to.
const fewFound = 4000

// found are the rows that have the terms of a search. Rows that belong to no
// province have no homes.
type found struct {
	homes []string
	ids   []uuid.UUID
}

func (f *found) none() bool { return f != nil && len(f.ids) == 0 }

// rows adds the rows found, as a table of homes and ids.
func (f *found) rows(b *sqlBuilder) {
	b.add("(SELECT f.home, f.id FROM (SELECT unnest(" + b.bind(f.homes) + "::text[]) AS home, unnest(" + b.bind(f.ids) + "::uuid[]) AS id) f)")
}

// offersFound are the offers that have terms; nil where they are many.
func (r Reader) offersFound(ctx context.Context, terms []string) (*found, error) {
	rows, err := indexed(ctx, func(ctx context.Context) ([]db.OffersOfTermsRow, error) {
		return r.q.OffersOfTerms(ctx, terms, fewFound+1)
	})
	if err != nil {
		return nil, readError(err)
	}
	if len(rows) > fewFound {
		return nil, nil
	}
	f := &found{homes: make([]string, 0, len(rows))}
	for _, row := range rows {
		f.homes, f.ids = append(f.homes, row.Home), append(f.ids, row.OfferID)
	}
	return f, nil
}

// productsFound are the products that have terms; nil where they are many.
func (r Reader) productsFound(ctx context.Context, terms []string) (*found, error) {
	ids, err := indexed(ctx, func(ctx context.Context) ([]uuid.UUID, error) {
		return r.q.ProductsOfTerms(ctx, terms, fewFound+1)
	})
	if err != nil {
		return nil, readError(err)
	}
	if len(ids) > fewFound {
		return nil, nil
	}
	return &found{ids: ids}, nil
}

// source adds where the rows of a page come from that is not put together: the table,
// or, of CockroachDB, those found in it. It would rather read all of an alliance's; the
// limit, which is none, keeps it from that.
func (t table) source(b *sqlBuilder, l List) {
	if !l.named || l.found == nil || l.found.homes == nil {
		b.add(t.from)
		return
	}
	b.add("(SELECT " + t.from + ".* FROM (SELECT unnest(" + b.bind(l.found.homes) + "::text[]) AS found_home, unnest(" + b.bind(l.found.ids) +
		"::uuid[]) AS found_id) f INNER LOOKUP JOIN " + t.from + " ON home = found_home AND " + t.id + " = found_id LIMIT " + strconv.Itoa(fewFound) + ") " + t.from)
}

// searched adds that a row has the terms of a list. The row's own terms are
// looked up, so that the list is read in its order, or only rows found are read.
func (t table) searched(b *sqlBuilder, l List) {
	switch {
	case len(l.Terms) == 0:
	case t.terms == "":
		b.add(" AND false") // nothing of it can be found
	case l.found != nil && l.found.homes == nil:
		b.add(" AND " + t.id + " IN (SELECT unnest(" + b.bind(l.found.ids) + "::uuid[]))")
	case l.found != nil && l.named: // they are the source
	case l.found != nil:
		b.add(" AND (home, " + t.id + ") IN ")
		l.found.rows(b)
	default:
		// Compared outside, and so that a row without terms counts: else CockroachDB reads
		// all terms first, and then the rows that have them, in no order.
		b.searched = true
		b.add(" AND coalesce((SELECT x.terms FROM " + t.terms + "), '{}') @> " + b.bind(l.Terms) + "::text[]")
	}
}

// putTerms queues what an offer is found by.
func (t *Tx) putTerms(ctx context.Context, id exchange.ID, names ...string) error {
	return t.write.OfferTermsPut(ctx, id.Home, id.UUID, exchange.NameTerms(names...), exchange.TermsVersion)
}

// putProductTerms queues what a product is found by.
func (t *Tx) putProductTerms(ctx context.Context, id uuid.UUID, names ...string) error {
	return t.write.ProductTermsPut(ctx, id, exchange.NameTerms(names...), exchange.TermsVersion)
}

// termsAtOnce is for how many rows one transaction makes terms.
const termsAtOnce = 500

// makeTerms makes the terms of offers and products that have none, or those of an
// older program. It may be run again, and beside a server.
func (s *Store) makeTerms(ctx context.Context) error {
	for _, more := range []func(*Tx, context.Context, exchange.ID) (exchange.ID, int, error){(*Tx).makeOfferTerms, (*Tx).makeProductTerms} {
		last, end, made := exchange.ID{}, exchange.ID{}, termsAtOnce
		for made == termsAtOnce {
			err := s.Write(ctx, func(ctx context.Context, tx *Tx) (err error) {
				end, made, err = more(tx, ctx, last)
				return err
			})
			if err != nil {
				return fmt.Errorf("store: terms of what is searched: %w", err)
			}
			last = end // committed: a transaction that is repeated begins where it began
		}
	}
	return nil
}

// makeOfferTerms makes the terms of the next offers after one, and says of how
// many, and which was the last.
func (t *Tx) makeOfferTerms(ctx context.Context, last exchange.ID) (exchange.ID, int, error) {
	rows, err := t.q.OffersWithoutTerms(ctx, last.Home, last.UUID, exchange.TermsVersion, termsAtOnce)
	for _, r := range rows {
		last = exchange.ID{Home: r.Home, UUID: r.ID}
		if err == nil {
			err = t.putTerms(ctx, last, r.NameZh, r.NameEn)
		}
	}
	return last, len(rows), err
}

// makeProductTerms does the same for products.
func (t *Tx) makeProductTerms(ctx context.Context, last exchange.ID) (exchange.ID, int, error) {
	rows, err := t.q.ProductsWithoutTerms(ctx, last.UUID, exchange.TermsVersion, termsAtOnce)
	for _, r := range rows {
		last = exchange.ID{UUID: r.ID}
		if err == nil {
			err = t.putProductTerms(ctx, r.ID, r.NameZh, r.NameEn)
		}
	}
	return last, len(rows), err
}

// checkOfferTerms makes the terms of every offer again.
func checkOfferTerms(ctx context.Context, r Reader) ([]string, error) {
	last := db.CheckOfferTermsRow{}
	return checkTerms(func() (rows []termsRow, err error) {
		page, err := r.q.CheckOfferTerms(ctx, last.Home, last.ID, checkPage)
		for _, o := range page {
			last = o
			rows = append(rows, termsRow{"offer " + o.Home + "-" + o.ID.String(), [2]string{o.NameZh, o.NameEn}, o.Terms, o.Version})
		}
		return rows, err
	})
}

// checkProductTerms makes the terms of every product again.
func checkProductTerms(ctx context.Context, r Reader) ([]string, error) {
	last := uuid.UUID{}
	return checkTerms(func() (rows []termsRow, err error) {
		page, err := r.q.CheckProductTerms(ctx, last, checkPage)
		for _, p := range page {
			last = p.ID
			rows = append(rows, termsRow{"product " + p.ID.String(), [2]string{p.NameZh, p.NameEn}, p.Terms, p.Version})
		}
		return rows, err
	})
}

// termsRow is what something is called, and what it is found by.
type termsRow struct {
	what    string
	names   [2]string
	terms   []string
	version int
}

// checkTerms compares the terms of all rows, page by page, with those that their
// names give.
func checkTerms(page func() ([]termsRow, error)) ([]string, error) {
	var violations []string
	var names [2]string
	var want []string
	for {
		rows, err := page()
		if err != nil {
			return nil, err
		}
		for _, o := range rows {
			if want == nil || o.names != names {
				names, want = o.names, exchange.NameTerms(o.names[:]...)
			}
			if o.version != exchange.TermsVersion || !slices.Equal(o.terms, want) {
				violations = append(violations, fmt.Sprintf("%s has %d terms of version %d, its names give %d of version %d (migrate up makes them)",
					o.what, len(o.terms), o.version, len(want), exchange.TermsVersion))
			}
		}
		if len(rows) < checkPage || len(violations) >= maxViolations {
			return violations[:min(len(violations), maxViolations)], nil
		}
	}
}
