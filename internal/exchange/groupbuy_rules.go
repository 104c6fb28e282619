package exchange

import (
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// maxGathering bounds how long a group gathers, with its stock held.
const maxGathering = 60 * 24 * time.Hour

// OpenGroup opens a group buy on an offer.
//
//exchange:rule GROUP_INVALID | A group's minimum is of whole sales units and can be had on the offer | buyers | docs/use/groups.md
//exchange:rule DATES_INVALID | A group closes in the future, within 60 days and the offer's season | buyers | docs/use/groups.md
func OpenGroup(g GroupBuy, offer Offer, organiser Member, at time.Time) (GroupBuy, error) {
	wrong := func(field, rule string) error { return fault.InField(field, fault.GroupInvalid, "rule", rule) }
	switch {
	case offer.ReservedFor != uuid.Nil:
		return g, wrong("offer_id", "the offer is for one buyer")
	case offer.State != OfferPublished:
		return g, wrongOfferState(offer, "open a group")
	case g.Minimum <= 0 || g.Minimum%offer.UnitQuantity != 0:
		return g, wrong("minimum_quantity", "more than 0, in whole sales units")
	case g.Minimum > offer.Remaining():
		return g, wrong("minimum_quantity", "no more than is left on the offer")
	case !g.ClosesAt.After(at) || g.ClosesAt.After(at.Add(maxGathering)) || DayOf(g.ClosesAt) > offer.Season.To:
		return g, fault.InField("close_time", fault.DatesInvalid, "rule", "a group closes in the future, within 60 days and the offer's season")
	}
	g.ID, g.Offer = ID{Home: offer.ID.Home, UUID: uuid.New()}, offer.ID
	g.Seller, g.Organiser, g.Alliance = offer.Seller, organiser.ID, organiser.Alliance
	g.State, g.CreatedAt, g.UpdatedAt = GroupOpen, at, at
	return g, nil
}

// gathering says whether members may still join and leave: that ends with the
// group's time, whether or not the exchange has come to close it.
//
//exchange:rule GROUP_CLOSED | Nobody joins or leaves after the closing | buyers | docs/use/groups.md
//exchange:rule WRONG_STATE | A group takes its steps in order, and is closed by its time alone | buyers | docs/understand/states.md
func (g GroupBuy) gathering(step string, at time.Time) error {
	switch {
	case g.State == GroupOpen && at.Before(g.ClosesAt):
		return nil
	case g.State == GroupCancelled:
		return fault.New(fault.WrongState, "noun", "group", "id", g.ID, "state", g.State, "step", step)
	}
	return fault.New(fault.GroupClosed, "group", g.ID, "at", g.ClosesAt.Format(time.RFC3339), "step", step)
}

// JoinGroup holds a member's quantity on the group's offer.
//
//exchange:rule GROUP_FULL | A group takes a limited number of members | buyers | its orders are one transaction
func JoinGroup(g GroupBuy, offer Offer, j Join, most int, at time.Time) (GroupBuy, Join, Offer, error) {
	if err := g.gathering("join", at); err != nil {
		return g, j, offer, err
	}
	if g.Members >= most {
		return g, j, offer, fault.New(fault.GroupFull, "group", g.ID, "limit", most)
	}
	if err := orderableQuantity(offer, j.Quantity); err != nil {
		return g, j, offer, err
	}
	offer, err := TakeStock(offer, Order{Quantity: j.Quantity}, at)
	if err != nil {
		return g, j, offer, err
	}
	j.Organiser, j.Group, j.ID, j.State, j.CreatedAt, j.UpdatedAt = g.Organiser, g.ID, uuid.New(), Joined, at, at
	g.Joined, g.Members, g.UpdatedAt = g.Joined+j.Quantity, g.Members+1, at
	return g, j, offer, nil
}

// LeaveGroup gives a member's quantity back before the closing.
func LeaveGroup(g GroupBuy, j Join, offer Offer, at time.Time) (GroupBuy, Join, Offer, error) {
	if err := g.gathering("leave", at); err != nil {
		return g, j, offer, err
	}
	return g.release(j, offer, JoinLeft, "", at)
}

// release ends a member's part without an order.
//
//exchange:rule WRONG_STATE | A member leaves a group that it is in, once | buyers | docs/understand/states.md
func (g GroupBuy) release(j Join, offer Offer, to JoinState, reason string, at time.Time) (GroupBuy, Join, Offer, error) {
	if j.State != Joined {
		return g, j, offer, fault.New(fault.WrongState, "noun", "join", "id", j.ID, "state", j.State, "step", "leave")
	}
	offer, err := giveBack(offer, j.Quantity, at)
	if err != nil {
		return g, j, offer, err
	}
	j.State, j.StateReason, j.UpdatedAt = to, reason, at
	g.Joined, g.Members, g.UpdatedAt = g.Joined-j.Quantity, g.Members-1, at
	return g, j, offer, nil
}

// EndGroup ends a group: every part is given back, to be ordered by those who get
// an order in the same transaction. To says how it ended.
func EndGroup(g GroupBuy, joins []Join, offer Offer, to GroupBuyState, reason string, at time.Time) (GroupBuy, []Join, Offer, error) {
	if err := g.mayEnd(to, at); err != nil {
		return g, joins, offer, err
	}
	released := make([]Join, len(joins))
	for i, j := range joins {
		var err error
		if g, released[i], offer, err = g.release(j, offer, JoinReleased, reason, at); err != nil {
			return g, joins, offer, err
		}
	}
	g.State, g.StateReason, g.UpdatedAt = to, reason, at
	return g, released, offer, nil
}

//exchange:rule WRONG_STATE | A group is cancelled while it is open, and ends otherwise when its time is over | buyers | docs/understand/states.md
func (g GroupBuy) mayEnd(to GroupBuyState, at time.Time) error {
	if g.State == GroupOpen && (to == GroupCancelled) == at.Before(g.ClosesAt) {
		return nil
	}
	return fault.New(fault.WrongState, "noun", "group", "id", g.ID, "state", g.State, "step", "end as "+string(to))
}

// Missed is a group that some orders were refused to, so that the rest does not
// reach the minimum.
func (g GroupBuy) Missed(reason string) GroupBuy {
	g.State, g.StateReason = GroupMissed, reason
	return g
}

// Reached says whether parts of a group, together, reach its minimum.
func (g GroupBuy) Reached(joins []Join) bool {
	var sum int64
	for _, j := range joins {
		sum += j.Quantity
	}
	return sum >= g.Minimum
}

// Ordered is a part that became an order.
func (j Join) Ordered(order ID, at time.Time) Join {
	j.State, j.StateReason, j.Order, j.UpdatedAt = JoinOrdered, "", order, at
	return j
}

// Released is a part that would have been ordered, had the group not missed its
// minimum.
func (j Join) Released(reason string) Join {
	j.State, j.StateReason, j.Order = JoinReleased, reason, ID{}
	return j
}

// Denied is a part whose order was refused at the closing.
func (j Join) Denied(reason string, at time.Time) Join {
	j.State, j.StateReason, j.UpdatedAt = JoinDenied, reason, at
	return j
}
