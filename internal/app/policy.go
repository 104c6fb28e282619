package app

import (
	"context"
	"strings"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// Explanation is what policy says of a hypothetical action.
type Explanation struct {
	Allow       bool
	Denials     []fault.Reason
	Warnings    []fault.Reason
	Obligations exchange.Obligations
	Revision    string
}

// Explain asks policy about an action with no side effect: facts are read in a
// transaction that is rolled back, and nothing is logged as a decision. Asking
// about what the caller may not see is answered like a get of it.
func (a *App) Explain(ctx context.Context, c Explain) (Explanation, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return Explanation{}, err
	}
	var e Explanation
	err = a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		u := &unit{Tx: tx, app: a, principal: p, at: a.now()}
		q, err := u.explainFacts(ctx, c)
		if err != nil {
			return err
		}
		q.At, q.Principal = u.at, p
		d, err := a.policy.Decide(ctx, q)
		if err != nil {
			return err
		}
		e = Explanation{Allow: d.Allow, Denials: d.Denials, Warnings: d.Warnings, Obligations: d.Obligations, Revision: d.Revision}
		return store.ErrRollback
	})
	return e, err
}

// explainFacts gathers the facts that the action itself would read.
func (u *unit) explainFacts(ctx context.Context, c Explain) (authz.Question, error) {
	noun, _, _ := strings.Cut(c.Action, ".")
	switch {
	case c.Action == authz.OrderPlace:
		return u.explainPlacement(ctx, c)
	case noun == "order":
		id, err := exchange.ParseID("order_id", c.OrderID)
		if err != nil {
			return authz.Question{}, err
		}
		order, err := found(u.Order(ctx, id))("order", id)
		if err != nil {
			return authz.Question{}, err
		}
		return u.loadOrder(ctx, order.Offer, id, c.Action)
	case noun == "offer":
		id, err := exchange.ParseID("offer_id", c.OfferID)
		if err != nil {
			return authz.Question{}, err
		}
		return u.loadOffer(ctx, id, c.Action)
	case noun == "certificate":
		id, err := exchange.ParseUUID("certificate_id", c.CertificateID)
		if err != nil {
			return authz.Question{}, err
		}
		return u.loadCertificate(ctx, id, c.Action)
	default:
		return authz.Question{}, fault.InField("action", fault.InvalidArgument,
			"detail", "actions that can be explained are order.*, offer.* and certificate.*")
	}
}

// explainPlacement asks about an order. Without a quantity the minimum order is
// asked about, and from the earliest day on which it could be delivered.
func (u *unit) explainPlacement(ctx context.Context, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("offer_id", c.OfferID)
	if err != nil {
		return authz.Question{}, err
	}
	deliverBy, err := day("deliver_by", c.DeliverBy)
	if err != nil {
		return authz.Question{}, err
	}
	offer, err := found(u.Offer(ctx, id))("offer", id)
	if err != nil {
		return authz.Question{}, err
	}
	if c.Quantity == 0 {
		c.Quantity = offer.MOQ
	}
	place := PlaceOrder{Quantity: c.Quantity, ConsigneeCode: c.ConsigneeCode, Reserve: c.Reserve}
	q, err := u.proposeOrder(ctx, offer, place, deliverBy)
	if err != nil {
		return q, err
	}
	visible := u.app.visible(ctx, u.principal, authz.Offer, offerAttributes(offer), id)
	if visible != nil && (q.Grant != nil || u.principal.Member == nil || u.principal.Member.Side != exchange.Buyer) {
		// A buyer without a grant is told so; others may not know of it.
		return q, visible
	}
	return q, nil
}
