package app

import (
	"context"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// DisputeOrder claims back a part of what was accepted.
type DisputeOrder struct {
	Meta
	ID                  string
	Quantity, AmountFen int64
	Reason              string
}

// ResolveDispute ends the open dispute of an order.
type ResolveDispute struct {
	Meta
	ID                    string // of the order
	Outcome               exchange.DisputeState
	Refunded, RefundedFen int64 // of a split
	Reason                string
}

// ListDisputes narrows a list of disputes.
type ListDisputes struct {
	Paging
	State   exchange.DisputeState
	OrderID string
}

// DisputeOrder opens a dispute. Who buys may, within the time for it after the
// acceptance.
func (a *App) DisputeOrder(ctx context.Context, c DisputeOrder) (Result[exchange.Order], error) {
	return a.stepOrder(ctx, c.Meta, c.ID, c, authz.DisputeOpen, func(ctx context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		_, accepted, err := u.Acceptance(ctx, q.Order.ID)
		if err != nil {
			return exchange.Change{}, err
		}
		claim := exchange.Claim{Quantity: c.Quantity, AmountFen: c.AmountFen, Reason: c.Reason}
		return exchange.DisputeOrder(*q.Order, claim, accepted, u.app.limits.DisputeWindow, u.newID(), u.at)
	})
}

// ResolveDispute ends the dispute of an order, for one side or by a split.
func (a *App) ResolveDispute(ctx context.Context, c ResolveDispute) (Result[exchange.Order], error) {
	facts := func(ctx context.Context, u *unit, q *authz.Question) error {
		return u.loadDispute(ctx, q, c)
	}
	return a.stepOrderOn(ctx, c.Meta, c.ID, c, authz.DisputeResolve, facts, func(ctx context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		acceptance, _, err := u.Acceptance(ctx, q.Order.ID)
		if err != nil {
			return exchange.Change{}, err
		}
		return exchange.ResolveDispute(*q.Order, *q.Dispute, exchange.Resolution{
			Outcome: c.Outcome, Refunded: c.Refunded, RefundedFen: c.RefundedFen, Reason: c.Reason,
		}, acceptance, u.newID, u.at)
	})
}

// loadDispute reads an order's dispute, with the outcome that is asked for. An
// order that never had one has none to resolve; its state says so.
func (u *unit) loadDispute(ctx context.Context, q *authz.Question, c ResolveDispute) error {
	d := exchange.Dispute{Order: q.Order.ID}
	if q.Order.Dispute != uuid.Nil {
		id := exchange.ID{Home: q.Order.ID.Home, UUID: q.Order.Dispute}
		var err error
		if d, err = found(u.Dispute(ctx, id))("dispute", id); err != nil {
			return err
		}
	}
	d.State, d.RefundedFen = c.Outcome, c.RefundedFen
	q.Dispute = &d
	return nil
}

// keepDispute queues a dispute as a step of its order left it, with its event.
func (u *unit) keepDispute(ctx context.Context, d exchange.Dispute) error {
	kind, keep := "dispute.resolved", u.ResolveDispute
	if d.State == exchange.DisputeOpen {
		kind, keep = "dispute.opened", u.InsertDispute
	}
	if err := keep(ctx, d); err != nil {
		return err
	}
	return u.event(ctx, "dispute", kind, d.ID.UUID, d)
}

// RecordRefund records money that the seller paid back to the buyer. A bank
// reference counts once per order.
func (a *App) RecordRefund(ctx context.Context, c RecordPayment) (Result[exchange.Order], error) {
	return a.stepOrder(ctx, c.Meta, c.ID, c, authz.OrderRepay, func(ctx context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		if err := u.newPayment(ctx, q.Order.ID, c.BankReference); err != nil {
			return exchange.Change{}, err
		}
		return exchange.RecordRefund(*q.Order, u.newID(), c.AmountFen, c.BankReference, u.newID, u.at)
	})
}

// newPayment: a bank reference counts once per order, whichever way the money
// went (invariant I10).
func (u *unit) newPayment(ctx context.Context, order exchange.ID, reference string) error {
	counted, err := u.HasPayment(ctx, order, reference)
	if err == nil && counted {
		err = fault.New(fault.AlreadyExists, "noun", "payment", "id", reference)
	}
	return err
}

func disputeAttributes(d exchange.Dispute) map[string]any {
	return map[string]any{
		"buyer_id": d.Buyer.String(), "seller_id": d.Seller.String(), "buyer_alliance_id": d.BuyerAlliance.String(),
		"seller_alliance_id": d.SellerAlliance.String(), "seller_division": d.SellerDivision, "consignee": d.Consignee,
		"buyer_class": string(d.BuyerClass), "state": string(d.State),
	}
}

// GetDispute reads a dispute that the caller may see.
func (a *App) GetDispute(ctx context.Context, id string) (exchange.Dispute, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return exchange.Dispute{}, err
	}
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return exchange.Dispute{}, err
	}
	d, err := found(a.store.Dispute(ctx, key))("dispute", key)
	if err == nil {
		err = a.visible(ctx, p, authz.Dispute, disputeAttributes(d), key)
	}
	if err != nil {
		return exchange.Dispute{}, err
	}
	return d, nil
}

// ListDisputes lists the disputes that the caller may see, the newest first.
func (a *App) ListDisputes(ctx context.Context, c ListDisputes) (Page[exchange.Dispute], error) {
	narrow, err := narrowToOrder(store.Narrow{"state": string(c.State)}, c.OrderID)
	if err != nil {
		return Page[exchange.Dispute]{}, err
	}
	return list(ctx, a, authz.Dispute, c.Paging, narrow, a.store.ListDisputes, func(d exchange.Dispute) store.Key {
		return store.Key{At: d.OpenedAt, ID: d.ID.UUID}
	})
}

// explainDispute asks about resolving an order's dispute as a split: what is
// asked is who may decide.
func explainDispute(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	q, err := explainOrder(ctx, u, c)
	if err != nil {
		return q, err
	}
	return q, u.loadDispute(ctx, &q, ResolveDispute{Outcome: exchange.DisputeSplit})
}
