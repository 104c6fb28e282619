package exchange

import (
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// SetLimit makes a limit of a member of the buying side. A zero Bound binds
// everybody who orders for it.
//
//exchange:rule LIMIT_INVALID | A limit limits something, by amounts of which none is negative, and binds a member or one named person | secretaries, approvers | spending limits and approvals of buyers
//exchange:rule SIDE_INVALID | Limits are of members that buy | secretaries, approvers | spending limits and approvals of buyers
func SetLimit(l SpendingLimit, m Member, at time.Time) (SpendingLimit, error) {
	wrong := func(field, rule string) error { return fault.InField(field, fault.LimitInvalid, "rule", rule) }
	switch {
	case m.Side != Buyer:
		return l, fault.InField("member_id", fault.SideInvalid, "side", Buyer)
	case min(l.PerOrder, l.PerMonth, l.PerYear, l.ApprovalAbove) < 0:
		return l, wrong("per_order_fen", "no amount is negative")
	case max(l.PerOrder, l.PerMonth, l.PerYear, l.ApprovalAbove) == 0:
		return l, wrong("per_order_fen", "at least one amount is more than 0")
	case (l.Bound.Issuer == uuid.Nil) != (l.Bound.Subject == ""):
		return l, wrong("subject", "a person is named by issuer and subject")
	}
	if l.Valid.From == "" {
		l.Valid.From = DayOf(at)
	}
	if err := notOver(l.Valid, at); err != nil {
		return l, err
	}
	l.ID, l.Member, l.Alliance, l.CreatedAt = uuid.New(), m.ID, m.Alliance, at
	return l, nil
}

// EndLimit ends a limit for good.
//
//exchange:rule WRONG_STATE | A limit that was ended stays so | secretaries, approvers | spending limits and approvals of buyers
func EndLimit(l SpendingLimit, reason string, at time.Time) (SpendingLimit, error) {
	if !l.EndedAt.IsZero() {
		return l, fault.New(fault.WrongState, "noun", "spending limit", "id", l.ID, "state", "ENDED", "step", "end")
	}
	l.EndedAt, l.EndReason = at, reason
	return l, nil
}

// Takes says whether an amount fits into what the limits leave, the orders that
// were committed a moment before included.
//
//exchange:rule OVER_LIMIT | However many orders come at once, together they stay within the limits | buyers | spending limits and approvals of buyers
func (r Room) Takes(fen int64) error {
	if fen > r.Left {
		return fault.New(fault.OverLimit, "amount_fen", fen, "limit_fen", r.Left)
	}
	return nil
}

// AwaitApproval makes an order wait for a second person. It holds its stock until
// the deadline.
func AwaitApproval(o Order, wait time.Duration, at time.Time) Order {
	o.State, o.HoldUntil = OrderPending, at.Add(wait)
	return o
}

// ApproveOrder is the approval of a second person: the order is placed, and holds
// its stock for the seller's confirmation.
//
//exchange:rule APPROVAL_LATE | An order is approved before its deadline | approvers | spending limits and approvals of buyers
func ApproveOrder(o Order, by string, hold time.Duration, at time.Time) (Change, error) {
	if err := o.mayStep("approve"); err != nil {
		return Change{}, err
	}
	if at.After(o.HoldUntil) {
		return Change{}, fault.New(fault.ApprovalLate, "id", o.ID, "until", o.HoldUntil.In(China).Format("2006-01-02 15:04"))
	}
	o = o.to(OrderPlaced, at, "")
	o.ApprovedBy, o.HoldUntil = by, at.Add(hold)
	return Change{Order: o, Kind: "order.approved"}, nil
}

// DeclineOrder is the refusal of a second person. The stock returns.
func DeclineOrder(o Order, offer Offer, reason string, at time.Time) (Change, error) {
	if err := o.mayStep("decline"); err != nil {
		return Change{}, err
	}
	c := Change{Order: o.to(OrderCancelled, at, reason), Kind: "order.declined"}
	return c.release(offer, o.Quantity, at)
}
