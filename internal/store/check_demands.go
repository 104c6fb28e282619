package store

import (
	"context"
	"fmt"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/sealedbid"
	"github.com/sushaan/exchange/internal/store/db"
)

// checkClosings recomputes the statement of every closing from the quotes that are
// there now, and their digests from what is sealed in them.
func checkClosings(ctx context.Context, r Reader) ([]string, error) {
	var violations []string
	last := db.Demand{}
	for {
		rows, err := r.q.CheckClosedDemands(ctx, last.Home, last.ID, checkPage)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			last = row
			found, err := checkClosing(ctx, r, demandOf(row))
			if err != nil {
				return nil, err
			}
			violations = append(violations, found...)
		}
		if len(rows) < checkPage || len(violations) >= maxViolations {
			return violations[:min(len(violations), maxViolations)], nil
		}
	}
}

// checkClosing recomputes one closing. A quote that has gone, or one too many, is
// another statement.
func checkClosing(ctx context.Context, r Reader, d exchange.Demand) ([]string, error) {
	quotes, err := r.QuotesOf(ctx, d.ID, d.Quotes+1, exchange.QuoteOpened, exchange.QuoteAwarded, exchange.QuoteLost)
	if err != nil {
		return nil, err
	}
	sealed, err := r.SealedBytes(ctx, quotes)
	if err != nil {
		return nil, err
	}
	var violations []string
	closing := sealedbid.Closing{Demand: d.ID.String(), Revision: d.Revision, ClosesAt: d.ClosesAt}
	for _, q := range quotes {
		closing.Quotes = append(closing.Quotes, sealedbid.Sealed{ID: q.ID.String(), Digest: q.Digest, Commitment: q.Commitment})
		if got := sealedbid.Digest(sealed[q.ID]); got != q.Digest {
			violations = append(violations, fmt.Sprintf("quote %s: what is sealed has digest %s, not %s", q.ID, got, q.Digest))
		}
		if q.State == exchange.QuoteAwarded && sealedbid.Committed(q.Content, q.Commitment) != nil {
			violations = append(violations, fmt.Sprintf("quote %s: the content that was awarded is not what was committed to", q.ID))
		}
	}
	if closing.Digest() != d.ClosingDigest {
		violations = append(violations, fmt.Sprintf("demand %s closed with %d quotes, digest %s; %d are there now, digest %s",
			d.ID, d.Quotes, d.ClosingDigest, len(quotes), closing.Digest()))
	}
	return violations, nil
}
