package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func disputeOf(r db.Dispute) exchange.Dispute {
	d := exchange.Dispute{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Order: exchange.ID{Home: r.Home, UUID: r.OrderID},
		Buyer: r.BuyerID, BuyerAlliance: r.BuyerAllianceID, BuyerClass: exchange.MemberClass(r.BuyerClass),
		Seller: r.SellerID, SellerAlliance: r.SellerAllianceID, SellerDivision: r.SellerDivision, Consignee: r.Consignee,
		State: exchange.DisputeState(r.State), Quantity: r.Quantity, AmountFen: r.AmountFen, Reason: r.Reason,
		Refunded: r.Refunded, RefundedFen: r.RefundedFen, Resolution: r.Resolution, OpenedAt: r.OpenedAt.UTC(),
	}
	if r.ResolvedAt != nil {
		d.ResolvedAt = r.ResolvedAt.UTC()
	}
	return d
}

// Dispute reads a dispute.
func (r Reader) Dispute(ctx context.Context, id exchange.ID) (exchange.Dispute, error) {
	row, err := r.q.DisputeGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, disputeOf)
}

// InsertDispute queues a new dispute.
func (t *Tx) InsertDispute(ctx context.Context, d exchange.Dispute) error {
	return t.write.DisputeInsert(ctx, db.DisputeInsertParams{
		Home: d.ID.Home, ID: d.ID.UUID, OrderID: d.Order.UUID, BuyerID: d.Buyer, BuyerAllianceID: d.BuyerAlliance,
		BuyerClass: string(d.BuyerClass), SellerID: d.Seller, SellerAllianceID: d.SellerAlliance, SellerDivision: d.SellerDivision,
		Consignee: d.Consignee, State: string(d.State), Quantity: d.Quantity, AmountFen: d.AmountFen, Reason: d.Reason, OpenedAt: d.OpenedAt,
	})
}

// ResolveDispute queues the end of a dispute. Its order is locked, so nobody
// else ends it.
func (t *Tx) ResolveDispute(ctx context.Context, d exchange.Dispute) error {
	return t.write.DisputeResolve(ctx, db.DisputeResolveParams{
		Home: d.ID.Home, ID: d.ID.UUID, State: string(d.State), Refunded: d.Refunded, RefundedFen: d.RefundedFen,
		Resolution: d.Resolution, ResolvedAt: &d.ResolvedAt,
	})
}

// Acceptance is the ledger transaction of an order's acceptance and its time;
// the nil id: nothing was accepted.
func (r Reader) Acceptance(ctx context.Context, order exchange.ID) (uuid.UUID, time.Time, error) {
	row, err := r.q.AcceptanceOfOrder(ctx, order.Home, order.UUID)
	if err = readError(err); errors.Is(err, ErrNotFound) {
		return uuid.Nil, time.Time{}, nil
	}
	return row.ID, row.At.UTC(), err
}

var disputes = table{
	from: "disputes", time: "opened_at", id: "id",
	filters: same("home", "order_id", "buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id", "seller_division",
		"consignee", "buyer_class", "state"),
}

// ListDisputes lists disputes, the newest first.
func (r Reader) ListDisputes(ctx context.Context, l List) ([]exchange.Dispute, error) {
	return list(ctx, r, disputes, l, disputeOf)
}
