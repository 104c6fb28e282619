package app

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// PlaceOrder takes stock and places an order. Facts are read, policy decides on
// just those facts, stock is taken and the order is written in one serializable
// transaction: what stopped being valid a moment earlier is a denial, never a
// race (invariants I2, I7).
func (a *App) PlaceOrder(ctx context.Context, c PlaceOrder) (Result[exchange.Order], error) {
	return a.buy(ctx, spot(c))
}

// placement is the write of a purchase.
func (a *App) placement(p purchase) (orderWrite, error) {
	c := p.PlaceOrder
	offer, err := exchange.ParseID("offer_id", c.OfferID)
	if err != nil {
		return orderWrite{}, err
	}
	deliverBy, err := day("deliver_by", c.DeliverBy)
	if err != nil {
		return orderWrite{}, err
	}
	w := orderWrite{
		intent: intent{Meta: c.Meta, action: authz.OrderPlace, home: offer.Home, command: p.command}, offer: offer,
		ask: func(ctx context.Context, u *unit) (authz.Question, error) {
			locked, err := found(u.LockOffer(ctx, offer))("offer", offer)
			if err != nil {
				return authz.Question{}, err
			}
			return u.proposeOrder(ctx, locked, p, deliverBy)
		},
		do: func(ctx context.Context, u *unit, q authz.Question, d authz.Decision) (exchange.Order, error) {
			if q.Order == nil {
				// Policy allowed what cannot be done: it is at fault, not the caller.
				return exchange.Order{}, fault.New(fault.PolicyUndefined, "action", q.Action)
			}
			order, err := u.placeOrder(ctx, offer, *q.Order, d)
			if err == nil && p.then != nil {
				err = p.then(ctx, u, order)
			}
			return order, err
		},
	}
	if c.ConsigneeCode != "" {
		w.codes = []string{c.ConsigneeCode}
	}
	return w, nil
}

// proposeOrder gathers the facts of a placement and the order that it would be.
// Whoever may not see the offer learns why only where a grant is what is
// missing: a buyer must be able to ask for one.
func (u *unit) proposeOrder(ctx context.Context, offer exchange.Offer, p purchase, deliverBy exchange.Day) (authz.Question, error) {
	c := p.PlaceOrder
	q := authz.Question{Action: authz.OrderPlace, Offer: &offer}
	if err := u.mayAskFor(ctx, offer); err != nil {
		return q, err
	}
	if err := u.loadOffered(ctx, &q, offer); err != nil {
		return q, err
	}
	if u.principal.Member == nil {
		return q, nil // there is no order to propose; policy says NOT_MEMBER
	}
	if err := u.loadBuyer(ctx, &q, u.principal.Member.ID); err != nil {
		return q, err
	}
	buyer := *q.Buyer
	if c.ConsigneeCode == "" {
		c.ConsigneeCode = buyer.Division
	}
	if err := u.checkConsignee(ctx, c.ConsigneeCode); err != nil {
		return q, err
	}
	q.Consignee = c.ConsigneeCode
	if err := u.loadReserve(ctx, &q, c.ReservePlanID); err != nil {
		return q, err
	}
	if err := u.loadPayer(ctx, &q, c.PayerID); err != nil {
		return q, err
	}
	tag, err := exchange.OneTag(c.PairTags)
	if err != nil {
		return q, err
	}
	if p.facts != nil {
		if err := p.facts(ctx, u, &q); err != nil {
			return q, err
		}
	}
	if q.Grant == nil {
		return q, nil // policy says NO_GRANT; the offer's terms are not for this buyer
	}
	order, err := exchange.ProposeOrder(offer, exchange.Placement{
		ID: u.newID(), Buyer: buyer, Quantity: c.Quantity, Consignee: c.ConsigneeCode, DeliverBy: deliverBy,
		Reserve: c.Reserve, Channel: c.Channel, HoldTime: u.app.limits.HoldTime,
		Purpose: c.Purpose, ReservePlan: planOf(q),
		Way: p.way, WayID: p.wayID, Placer: u.principal.Person(),
		Payer: payerOf(q), ConsigneeName: c.ConsigneeName, PairTag: tag, DonationFen: c.DonationFen,
	}, u.at)
	q.Order = &order
	if err != nil {
		return q, err
	}
	return q, u.loadRoom(ctx, &q)
}

// loadRoom adds what the limits of the buyer leave the order.
func (u *unit) loadRoom(ctx context.Context, q *authz.Question) error {
	room, err := u.room(ctx, *q.Order)
	q.Room = &room
	return err
}

// mayAskFor: a buyer may ask for any offer but a draft or one that is reserved
// for another, since what hides it may be the grant that it lacks. To others an offer that they may not see does not
// exist.
func (u *unit) mayAskFor(ctx context.Context, offer exchange.Offer) error {
	m := u.principal.Member
	if m == nil || m.Side != exchange.Buyer {
		return u.app.visible(ctx, u.principal, authz.Offer, offerAttributes(offer), offer.ID)
	}
	if offer.State == exchange.OfferDraft || (offer.ReservedFor != uuid.Nil && offer.ReservedFor != m.ID) {
		return fault.New(fault.ResourceNotFound, "noun", "offer", "id", offer.ID)
	}
	return nil
}

// ofTheBuyer are denials that speak of the buyer and not of the goods.
var ofTheBuyer = []fault.Code{
	fault.NoGrant, fault.NotMember, fault.RoleMissing, fault.MemberSuspended, fault.ClassNotAllowed, fault.IntraProvince,
	fault.PolicyUndefined,
}

// told are the denials that a caller is told: a buyer without a grant does not
// learn what is wrong with goods that it may not see. The log has all.
func told(q authz.Question, denials []fault.Reason) []fault.Reason {
	if !aboutHiddenGoods(q) {
		return denials
	}
	return slices.DeleteFunc(slices.Clone(denials), func(r fault.Reason) bool { return !slices.Contains(ofTheBuyer, r.Code) })
}

// aboutHiddenGoods says whether a buyer asks for what no grant shows it.
func aboutHiddenGoods(q authz.Question) bool {
	return q.Action == authz.OrderPlace && q.Buyer != nil && q.Grant == nil
}

// loadBuyer reads the buyer as it is now, not as it was when the caller's token
// was checked, and the grant that lets it buy.
func (u *unit) loadBuyer(ctx context.Context, q *authz.Question, buyer uuid.UUID) error {
	member, best := u.Member, u.BestGrant
	if q.Action == authz.OrderPlace {
		member, best = u.relyOnBuyer, u.relyOnGrant
	}
	m, err := found(member(ctx, buyer))("member", buyer)
	if err != nil {
		return err
	}
	alliance, err := found(u.Alliance(ctx, m.Alliance))("alliance", m.Alliance)
	if err != nil {
		return err
	}
	q.Buyer, q.BuyerAlliance = &m, &alliance
	grant, err := best(ctx, q.SellerAlliance.ID, alliance.ID, exchange.DayOf(u.at))
	if errors.Is(err, store.ErrNotFound) {
		return nil // policy says NO_GRANT
	}
	q.Grant = &grant
	return err
}

// checkConsignee: where goods go must be a division that is valid today.
func (u *unit) checkConsignee(ctx context.Context, code string) error {
	today := exchange.DayOf(u.at)
	d, err := u.Division(ctx, code)
	if errors.Is(err, store.ErrNotFound) || (err == nil && !d.Valid.Covers(today)) {
		return fault.InField("consignee_code", fault.DivisionNotValid, "code", code, "date", today)
	}
	return err
}

// placeOrder takes the stock and writes the order; an offer that confirms by
// itself posts CONTRACTED at once.
func (u *unit) placeOrder(ctx context.Context, id exchange.ID, order exchange.Order, d authz.Decision) (exchange.Order, error) {
	// The offer is as the orders before this one in the transaction left it.
	offer, err := u.LockOffer(ctx, id)
	if err != nil {
		return order, err
	}
	if offer, err = exchange.TakeStock(offer, order, u.at); err != nil {
		return order, err
	}
	// So are the limits: other orders of the buyer may be in the transaction.
	if err := u.withinLimits(ctx, order); err != nil {
		return order, err
	}
	if err := u.charge(ctx, order, 0); err != nil {
		return order, err
	}
	order.PolicyRevision, order.Obligations = d.Revision, d.Obligations
	if d.Obligations.NeedsApproval {
		order = exchange.AwaitApproval(order, u.app.limits.ApprovalTime, u.at)
	}
	if err := errors.Join(u.UpdateOffer(ctx, offer), u.orderEvent(ctx, "order.placed", order)); err != nil {
		return order, err
	}
	if offer.AutoConfirm && order.State == exchange.OrderPlaced {
		change, err := exchange.ConfirmOrder(order, u.newID(), u.at)
		if err != nil {
			return order, err
		}
		order = change.Order
		if err := u.post(ctx, change); err != nil {
			return order, err
		}
	}
	return order, u.InsertOrder(ctx, order)
}

// withinLimits refuses an order for which the limits leave no room.
func (u *unit) withinLimits(ctx context.Context, o exchange.Order) error {
	room, err := u.room(ctx, o)
	if err != nil {
		return err
	}
	return room.Takes(o.AmountFen)
}

// post queues a change's ledger transactions and its event.
func (u *unit) post(ctx context.Context, c exchange.Change) error {
	for _, t := range c.Transactions {
		if err := t.Validate(); err != nil {
			return err
		}
		if err := u.InsertTransaction(ctx, t); err != nil {
			return err
		}
	}
	return u.orderEvent(ctx, c.Kind, c.Order)
}

func (u *unit) orderEvent(ctx context.Context, kind string, o exchange.Order) error {
	return u.event(ctx, "order", kind, o.ID.UUID, o)
}

// ApproveOrder is the approval of a second person. Policy decides again, on the
// facts of this moment; an offer that confirms by itself confirms now.
func (a *App) ApproveOrder(ctx context.Context, c StepOrder) (Result[exchange.Order], error) {
	return a.stepOrderOn(ctx, c.Meta, c.ID, c, authz.OrderApprove, nil, func(ctx context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		if err := u.withinLimits(ctx, *q.Order); err != nil {
			return exchange.Change{}, err
		}
		change, err := exchange.ApproveOrder(*q.Order, u.principal.Subject, u.app.limits.HoldTime, u.at)
		if err != nil || !q.Offer.AutoConfirm {
			return change, err
		}
		if err := u.orderEvent(ctx, change.Kind, change.Order); err != nil {
			return change, err
		}
		return exchange.ConfirmOrder(change.Order, u.newID(), u.at)
	})
}

// DeclineOrder is the refusal of a second person.
func (a *App) DeclineOrder(ctx context.Context, c StepOrder) (Result[exchange.Order], error) {
	return a.stepOrder(ctx, c.Meta, c.ID, c, authz.OrderDecline, func(_ context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		return exchange.DeclineOrder(*q.Order, *q.Offer, c.Reason, u.at)
	})
}

// ConfirmOrder is the seller's confirmation.
func (a *App) ConfirmOrder(ctx context.Context, c StepOrder) (Result[exchange.Order], error) {
	return a.stepOrder(ctx, c.Meta, c.ID, c, authz.OrderConfirm, func(_ context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		return exchange.ConfirmOrder(*q.Order, u.newID(), u.at)
	})
}

// ShipOrder records that the goods are on their way.
func (a *App) ShipOrder(ctx context.Context, c ShipOrder) (Result[exchange.Order], error) {
	return a.stepOrder(ctx, c.Meta, c.ID, c, authz.OrderShip, func(_ context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		return exchange.ShipOrder(*q.Order, c.Waybill, u.at)
	})
}

// DeliverOrder records that the goods have arrived.
func (a *App) DeliverOrder(ctx context.Context, c StepOrder) (Result[exchange.Order], error) {
	return a.stepOrder(ctx, c.Meta, c.ID, c, authz.OrderDeliver, func(_ context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		return exchange.DeliverOrder(*q.Order, u.at)
	})
}

// AcceptOrder records the buyer's acceptance and releases the rest.
func (a *App) AcceptOrder(ctx context.Context, c AcceptOrder) (Result[exchange.Order], error) {
	return a.stepOrder(ctx, c.Meta, c.ID, c, authz.OrderAccept, acceptance(c))
}

// acceptance is the step of a command to accept goods.
func acceptance(c AcceptOrder) func(context.Context, *unit, authz.Question) (exchange.Change, error) {
	return func(ctx context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		acceptance := exchange.Acceptance{Accepted: c.Accepted, Rejected: c.Rejected, Short: c.Short, Reason: c.Reason}
		change, err := exchange.AcceptOrder(*q.Order, *q.Offer, acceptance, u.newID, u.at)
		if err != nil {
			return change, err
		}
		if change, err = u.releaseDeposit(ctx, change); err != nil {
			return change, err
		}
		return u.dated(ctx, change, "accepted_on", c.AcceptedOn)
	}
}

// CancelOrder ends an order before it is shipped.
func (a *App) CancelOrder(ctx context.Context, c StepOrder) (Result[exchange.Order], error) {
	return a.stepOrder(ctx, c.Meta, c.ID, c, authz.OrderCancel, func(_ context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		return exchange.CancelOrder(*q.Order, *q.Offer, c.Reason, u.newID, u.at)
	})
}

// RecordPayment records a payment. A bank reference counts once per order.
func (a *App) RecordPayment(ctx context.Context, c RecordPayment) (Result[exchange.Order], error) {
	return a.stepOrder(ctx, c.Meta, c.ID, c, authz.OrderPay, func(ctx context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		if err := u.newPayment(ctx, q.Order.ID, c.BankReference); err != nil {
			return exchange.Change{}, err
		}
		change, err := exchange.RecordPayment(*q.Order, u.newID(), c.AmountFen, c.BankReference, u.newID, u.at)
		if err != nil {
			return change, err
		}
		return u.dated(ctx, change, "paid_on", c.PaidOn)
	})
}

// stepOrder is what every step of an order shares. The offer is locked before
// the order, as everywhere.
func (a *App) stepOrder(ctx context.Context, meta Meta, id string, command any, action string,
	step func(ctx context.Context, u *unit, q authz.Question) (exchange.Change, error),
) (Result[exchange.Order], error) {
	return a.stepOrderOn(ctx, meta, id, command, action, nil, step)
}

// stepOrderOn is stepOrder with further facts that policy is asked on.
func (a *App) stepOrderOn(ctx context.Context, meta Meta, id string, command any, action string,
	facts func(ctx context.Context, u *unit, q *authz.Question) error,
	step func(ctx context.Context, u *unit, q authz.Question) (exchange.Change, error),
) (Result[exchange.Order], error) {
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return Result[exchange.Order]{}, err
	}
	// Which offer it is never changes, so it may be asked before the lane.
	known, err := found(a.store.Order(ctx, key))("order", key)
	if err != nil {
		return Result[exchange.Order]{}, err
	}
	return a.writeOrder(ctx, orderStep(key, known.Offer, meta, command, action, facts, step))
}

// orderStep is the write of a step of an order on an offer.
func orderStep(key, offer exchange.ID, meta Meta, command any, action string,
	facts func(ctx context.Context, u *unit, q *authz.Question) error,
	step func(ctx context.Context, u *unit, q authz.Question) (exchange.Change, error),
) orderWrite {
	return orderWrite{
		intent: intent{Meta: meta, action: action, home: key.Home, command: command}, offer: offer, order: key,
		ask: func(ctx context.Context, u *unit) (authz.Question, error) {
			q, err := u.loadOrder(ctx, offer, key, action)
			if err == nil && facts != nil {
				err = facts(ctx, u, &q)
			}
			return q, err
		},
		do: func(ctx context.Context, u *unit, q authz.Question, _ authz.Decision) (exchange.Order, error) {
			// Other orders of the batch may have given stock back since policy was asked.
			locked, err := u.LockOffer(ctx, offer)
			if err != nil {
				return exchange.Order{}, err
			}
			q.Offer = &locked
			change, err := step(ctx, u, q)
			if err != nil {
				return exchange.Order{}, err
			}
			return change.Order, u.apply(ctx, q, change)
		},
	}
}

// loadOrder locks an order and its offer and reads the facts about them. An
// order that the caller may not see does not exist for the caller.
func (u *unit) loadOrder(ctx context.Context, offer, id exchange.ID, action string) (authz.Question, error) {
	q := authz.Question{Action: action}
	o, err := found(u.LockOffer(ctx, offer))("offer", offer)
	if err != nil {
		return q, err
	}
	order, err := found(u.LockOrder(ctx, id))("order", id)
	if err != nil {
		return q, err
	}
	if err := u.app.visible(ctx, u.principal, authz.Order, orderAttributes(order), id); err != nil {
		return q, err
	}
	q.Offer, q.Order, q.Consignee = &o, &order, order.Consignee
	if err := u.loadOffered(ctx, &q, o); err != nil {
		return q, err
	}
	if err := u.loadBuyer(ctx, &q, order.Buyer); err != nil || action != authz.OrderApprove {
		return q, err
	}
	// What is approved is decided on as if it were placed now.
	if err := u.loadRoom(ctx, &q); err != nil {
		return q, err
	}
	return q, u.loadReserve(ctx, &q, uuidText(order.ReservePlan))
}

// apply queues a change. Stock given back to an offer that has ended goes on to
// the certificate's capacity, which the offer no longer holds.
func (u *unit) apply(ctx context.Context, q authz.Question, c exchange.Change) error {
	errs := []error{u.UpdateOrder(ctx, c.Order), u.post(ctx, c), u.charge(ctx, c.Order, q.Order.Charge())}
	if c.Payment != nil {
		errs = append(errs, u.InsertPayment(ctx, *c.Payment))
	}
	if c.Dispute != nil {
		errs = append(errs, u.keepDispute(ctx, *c.Dispute))
	}
	if c.Offer != nil {
		errs = append(errs, u.UpdateOffer(ctx, *c.Offer))
		if c.Offer.Closed() && c.Offer.Certificate != uuid.Nil {
			errs = append(errs, u.shrinkCapacity(ctx, *q.Offer, *c.Offer))
		}
	}
	return errors.Join(errs...)
}

func (u *unit) shrinkCapacity(ctx context.Context, before, after exchange.Offer) error {
	capacity, err := u.LockCapacity(ctx, after.ID.Home, after.Certificate, after.CapacityYear)
	if err != nil {
		return err
	}
	if capacity, err = capacity.Shrink(after, before.Taken, after.Taken); err != nil {
		return err
	}
	return u.UpdateCapacity(ctx, capacity)
}

// orderAttributes are the fields by which policy says who sees an order.
func orderAttributes(o exchange.Order) map[string]any {
	return map[string]any{
		"buyer_id": o.Buyer.String(), "seller_id": o.Seller.String(), "buyer_alliance_id": o.BuyerAlliance.String(),
		"seller_alliance_id": o.SellerAlliance.String(), "seller_division": o.SellerDivision, "consignee": o.Consignee,
		"buyer_class": string(o.BuyerClass), "state": string(o.State), "payer_id": o.Payer.String(),
	}
}

// GetOrder reads an order that the caller may see.
func (a *App) GetOrder(ctx context.Context, id string) (exchange.Order, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return exchange.Order{}, err
	}
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return exchange.Order{}, err
	}
	order, err := found(a.store.Order(ctx, key))("order", key)
	if err != nil {
		return order, err
	}
	if err := a.visible(ctx, p, authz.Order, orderAttributes(order), key); err != nil {
		return exchange.Order{}, err
	}
	return order, nil
}

// ListOrders lists the orders that the caller may see, the newest first.
func (a *App) ListOrders(ctx context.Context, c ListOrders) (Page[exchange.Order], error) {
	narrow := store.Narrow{"state": string(c.State)}
	if c.OfferID != "" {
		offer, err := exchange.ParseID("offer_id", c.OfferID)
		if err != nil {
			return Page[exchange.Order]{}, err
		}
		narrow["home"], narrow["offer_id"] = offer.Home, offer.UUID.String()
	}
	if c.ReliefID != "" {
		relief, err := exchange.ParseID("relief_id", c.ReliefID)
		if err != nil {
			return Page[exchange.Order]{}, err
		}
		narrow["home"], narrow["relief_id"] = relief.Home, relief.UUID.String()
	}
	return list(ctx, a, authz.Order, c.Paging, narrow, a.store.ListOrders, func(o exchange.Order) store.Key {
		return store.Key{At: o.CreatedAt, ID: o.ID.UUID}
	})
}
