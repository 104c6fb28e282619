package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/exchange"
)

// ageingRow is what a buyer owes a seller alliance, by the age of its orders.
type ageingRow struct {
	BuyerID          uuid.UUID
	BuyerAllianceID  uuid.UUID
	SellerAllianceID uuid.UUID
	Fen              [4]int64
	Orders           int64
	Oldest           time.Time
}

// Ageing adds up what buyers owe as of a time, by how long ago it was accepted:
// to 30, 60, 90 days, and longer. The rows are those that a filter of policy on
// entries lets through.
func (r Reader) Ageing(ctx context.Context, filter exchange.Filter, asOf time.Time, limit int) ([]exchange.Ageing, error) {
	sql, args, err := ageingSQL(filter, asOf, limit)
	if err != nil {
		return nil, err
	}
	rows, err := r.raw.Query(ctx, sql, args...)
	if err != nil {
		return nil, readError(err)
	}
	read, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a ageingRow, err error) {
		err = row.Scan(&a.BuyerID, &a.BuyerAllianceID, &a.SellerAllianceID, &a.Fen[0], &a.Fen[1], &a.Fen[2], &a.Fen[3], &a.Orders, &a.Oldest)
		return a, err
	})
	return mapRows(read, err, func(a ageingRow) exchange.Ageing {
		return exchange.Ageing{
			Buyer: a.BuyerID, BuyerAlliance: a.BuyerAllianceID, SellerAlliance: a.SellerAllianceID, Fen: a.Fen, Orders: a.Orders,
			Oldest: exchange.DayOf(a.Oldest),
		}
	})
}

func ageingSQL(filter exchange.Filter, asOf time.Time, limit int) (string, []any, error) {
	b := &sqlBuilder{}
	b.add("SELECT buyer_id, buyer_alliance_id, seller_alliance_id")
	now := exchange.DayOf(asOf)
	bounds := []exchange.Day{now.Plus(-exchange.AgeingDays[0]), now.Plus(-exchange.AgeingDays[1]), now.Plus(-exchange.AgeingDays[2])}
	newer := ""
	for _, day := range bounds {
		from := b.bind(day.Start()) + "::timestamptz"
		b.add(", sum(CASE WHEN since >= " + from + newer + " THEN fen ELSE 0 END)::bigint")
		newer = " AND since < " + from
	}
	b.add(", sum(CASE WHEN since < " + b.bind(bounds[2].Start()) + "::timestamptz THEN fen ELSE 0 END)::bigint, count(*), min(since) FROM (")
	// Who owes is the owner of the clearing account: the buyer, or who pays for it.
	b.add("SELECT home, order_id, account_owner::uuid AS buyer_id, buyer_alliance_id, seller_alliance_id, sum(amount_fen) AS fen, min(at) AS since FROM ledger_entries")
	if err := b.where(filter, entries.filters); err != nil {
		return "", nil, err
	}
	b.add(" AND account_kind = 'CLEARING_BUYER' AND at < " + b.bind(asOf) + "::timestamptz")
	b.add(" GROUP BY home, order_id, account_owner, buyer_alliance_id, seller_alliance_id HAVING sum(amount_fen) > 0) o")
	b.add(" GROUP BY buyer_id, buyer_alliance_id, seller_alliance_id ORDER BY buyer_id, seller_alliance_id LIMIT " + b.bind(limit))
	return b.text.String(), b.args, nil
}
