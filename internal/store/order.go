package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func orderRow(o exchange.Order) db.Order {
	return db.Order{
		Home: o.ID.Home, ID: o.ID.UUID, OfferID: o.Offer.UUID, ProductID: o.Product, CertificateID: nullUUID(o.Certificate),
		BuyerID: o.Buyer, BuyerAllianceID: o.BuyerAlliance, BuyerClass: string(o.BuyerClass), SellerID: o.Seller,
		SellerAllianceID: o.SellerAlliance, SellerDivision: o.SellerDivision, Consignee: o.Consignee,
		Category: string(o.Category), Scheme: string(o.Scheme), State: string(o.State), StateReason: o.StateReason,
		Quantity: o.Quantity, Accepted: o.Accepted, Rejected: o.Rejected, Short: o.Short, PriceFen: o.PriceFen,
		UnitQuantity: o.UnitQuantity, PerKg: o.PerKg, AmountFen: o.AmountFen, AcceptedFen: o.AcceptedFen, PaidFen: o.PaidFen,
		Direction: string(o.Obligations.Direction), Collaboration: o.Obligations.Collaboration,
		CountsToReserve: o.Obligations.CountsToReserve, NeedsApproval: o.Obligations.NeedsApproval,
		Channel: string(o.Channel), Reserve: o.Reserve, DeliverBy: string(o.DeliverBy), HoldUntil: o.HoldUntil,
		CommitmentTx: nullUUID(o.CommitmentTx), Waybill: o.Waybill, PolicyRevision: o.PolicyRevision,
		CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt, Purpose: string(o.Purpose), ReservePlanID: nullUUID(o.ReservePlan),
		Refunded: o.Refunded, RefundedFen: o.RefundedFen, RepaidFen: o.RepaidFen, HeldFen: o.HeldFen, DisputeID: nullUUID(o.Dispute),
		Way: string(o.Way), WayID: nullUUID(o.WayID), PlacerIssuer: nullUUID(o.Placer.Issuer), Placer: o.Placer.Subject,
		ApprovedBy: o.ApprovedBy, PayerID: nullUUID(o.Payer), ConsigneeName: o.ConsigneeName, PairTag: o.PairTag,
		DonationFen: o.DonationFen, ReliefID: nullUUID(o.Relief),
	}
}

func orderOf(r db.Order) exchange.Order {
	return exchange.Order{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Offer: exchange.ID{Home: r.Home, UUID: r.OfferID},
		Product: r.ProductID, Certificate: r.CertificateID.UUID,
		Buyer: r.BuyerID, BuyerAlliance: r.BuyerAllianceID, BuyerClass: exchange.MemberClass(r.BuyerClass),
		Seller: r.SellerID, SellerAlliance: r.SellerAllianceID, SellerDivision: r.SellerDivision, Consignee: r.Consignee,
		Category: exchange.Category(r.Category), Scheme: exchange.Scheme(r.Scheme),
		State: exchange.OrderState(r.State), StateReason: r.StateReason,
		Quantity: r.Quantity, Accepted: r.Accepted, Rejected: r.Rejected, Short: r.Short,
		PriceFen: r.PriceFen, UnitQuantity: r.UnitQuantity, PerKg: r.PerKg,
		AmountFen: r.AmountFen, AcceptedFen: r.AcceptedFen, PaidFen: r.PaidFen,
		Obligations: exchange.Obligations{
			Direction: exchange.Direction(r.Direction), Collaboration: r.Collaboration,
			CountsToReserve: r.CountsToReserve, NeedsApproval: r.NeedsApproval,
		},
		Channel: exchange.Channel(r.Channel), Reserve: r.Reserve, DeliverBy: exchange.Day(r.DeliverBy),
		HoldUntil: r.HoldUntil.UTC(), CommitmentTx: r.CommitmentTx.UUID, Waybill: r.Waybill,
		PolicyRevision: r.PolicyRevision, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
		Purpose: exchange.Purpose(r.Purpose), ReservePlan: r.ReservePlanID.UUID,
		Refunded: r.Refunded, RefundedFen: r.RefundedFen, RepaidFen: r.RepaidFen, HeldFen: r.HeldFen, Dispute: r.DisputeID.UUID,
		Way: exchange.Way(r.Way), WayID: r.WayID.UUID, Placer: exchange.Person{Issuer: r.PlacerIssuer.UUID, Subject: r.Placer},
		ApprovedBy: r.ApprovedBy, Payer: r.PayerID.UUID, ConsigneeName: r.ConsigneeName, PairTag: r.PairTag,
		DonationFen: r.DonationFen, Relief: r.ReliefID.UUID,
	}
}

// Order reads an order.
func (r Reader) Order(ctx context.Context, id exchange.ID) (exchange.Order, error) {
	row, err := r.q.OrderGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, orderOf)
}

// OffersOfOrders tells on which offers orders are, in one round trip. Orders that
// are not there are left out. Which offer an order is on never changes.
func (r Reader) OffersOfOrders(ctx context.Context, orders []exchange.ID) (map[exchange.ID]exchange.ID, error) {
	ids := make([]uuid.UUID, len(orders))
	homes := map[string]bool{}
	for i, o := range orders {
		ids[i], homes[o.Home] = o.UUID, true
	}
	rows, err := r.q.OrderOffers(ctx, slices.Sorted(maps.Keys(homes)), ids)
	if err != nil {
		return nil, readError(err)
	}
	offers := make(map[exchange.ID]exchange.ID, len(rows))
	for _, row := range rows {
		offers[exchange.ID{Home: row.Home, UUID: row.ID}] = exchange.ID{Home: row.Home, UUID: row.OfferID}
	}
	return offers, nil
}

// LockOrder reads an order that is going to be changed. Where the offer
// changes too, it is locked first: offer before order, everywhere.
func (t *Tx) LockOrder(ctx context.Context, id exchange.ID) (exchange.Order, error) {
	return locked(t, id, t.memory.orders, func() (exchange.Order, error) {
		row, err := t.q.OrderLock(ctx, id.Home, id.UUID)
		return mapRow(row, err, orderOf)
	})
}

// InsertOrder queues a new order.
func (t *Tx) InsertOrder(_ context.Context, o exchange.Order) error {
	t.rows.orders = append(t.rows.orders, orderRow(o))
	t.notePlaced(o)
	return nil
}

// UpdateOrder queues what can change of an order.
func (t *Tx) UpdateOrder(_ context.Context, o exchange.Order) error {
	remember(t, t.memory.orders, o.ID, o)
	t.rows.changedOrders = append(t.rows.changedOrders, o.ID)
	return nil
}

// OrdersPastHold lists placed orders whose hold has run out, the oldest first.
func (r Reader) OrdersPastHold(ctx context.Context, at time.Time, limit int) ([]exchange.ID, error) {
	rows, err := r.q.OrdersPastHold(ctx, at, int32(limit))
	return mapRows(rows, err, func(r db.OrdersPastHoldRow) exchange.ID { return exchange.ID{Home: r.Home, UUID: r.ID} })
}

// InsertPayment queues a payment.
func (t *Tx) InsertPayment(ctx context.Context, p exchange.Payment) error {
	return t.write.PaymentInsert(ctx, db.PaymentInsertParams{
		Home: p.Home, OrderID: p.Order.UUID, BankReference: p.BankReference, ID: p.ID, AmountFen: p.AmountFen, At: p.At,
		Kind: string(p.Kind),
	})
}

// HasPayment says whether an order has a payment of that bank reference.
func (r Reader) HasPayment(ctx context.Context, order exchange.ID, reference string) (bool, error) {
	_, err := r.q.PaymentGet(ctx, order.Home, order.UUID, reference)
	if err = readError(err); errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

var orders = table{
	from: "orders", time: "created_at", id: "id",
	filters: same("home", "offer_id", "buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id", "seller_division",
		"consignee", "buyer_class", "state", "way_id", "payer_id", "relief_id"),
	newest:      " AND home IN ('32', '61')",
	newestIndex: "orders_newest",
	leads: []lead{
		{index: "orders_way", columns: []string{"way_id"}, where: " AND way_id IS NOT NULL"},
		{index: "orders_relief", columns: []string{"relief_id"}, where: " AND relief_id IS NOT NULL"},
		{index: "orders_payer", columns: []string{"payer_id"}, where: " AND payer_id IS NOT NULL"},
		{index: "orders_offer", columns: []string{"offer_id", "home"}},
		{index: "orders_buyer_state", columns: []string{"buyer_id", "state"}},
		{index: "orders_seller_state", columns: []string{"seller_id", "state"}},
		{index: "orders_buyer", columns: []string{"buyer_id"}},
		{index: "orders_seller", columns: []string{"seller_id"}},
		{index: "orders_buyer_alliance", columns: []string{"buyer_alliance_id"}},
		{index: "orders_seller_alliance", columns: []string{"seller_alliance_id"}},
	},
}

// ListOrders lists orders, the newest first.
func (r Reader) ListOrders(ctx context.Context, l List) ([]exchange.Order, error) {
	return list(ctx, r, orders, l, orderOf)
}

// PaymentsOf reads the payments of orders, the oldest first.
func (r Reader) PaymentsOf(ctx context.Context, ids []exchange.ID) (map[exchange.ID][]exchange.Payment, error) {
	homes, orders := make([]string, len(ids)), make([]uuid.UUID, len(ids))
	for i, id := range ids {
		homes[i], orders[i] = id.Home, id.UUID
	}
	rows, err := r.q.PaymentsOf(ctx, homes, orders)
	out := map[exchange.ID][]exchange.Payment{}
	for _, p := range rows {
		of := exchange.ID{Home: p.Home, UUID: p.OrderID}
		out[of] = append(out[of], exchange.Payment{
			Kind: exchange.PaymentKind(p.Kind), Home: p.Home, ID: p.ID, Order: of, AmountFen: p.AmountFen, BankReference: p.BankReference,
			At: p.At.UTC(),
		})
	}
	return out, readError(err)
}
