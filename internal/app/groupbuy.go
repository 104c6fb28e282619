package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// OpenGroup opens a group buy.
type OpenGroup struct {
	Meta
	OfferID, Title string
	Minimum        int64
	ClosesAt       time.Time
}

// JoinGroup joins a group buy for the caller's member.
type JoinGroup struct {
	Meta
	ID                       string
	Quantity                 int64
	ConsigneeCode, DeliverBy string
	Reserve                  bool
	Purpose                  exchange.Purpose
}

// JoinedGroup is a part of a group, and the group as it left it.
type JoinedGroup struct {
	Group exchange.GroupBuy
	Join  exchange.Join
}

// ListGroups narrows a list of group buys.
type ListGroups struct {
	Paging
	State exchange.GroupBuyState
}

// ListJoins narrows a list of parts of group buys.
type ListJoins struct {
	Paging
	GroupID string
	State   exchange.JoinState
}

// groupAttributes are the fields by which policy says who sees a group buy.
func groupAttributes(g exchange.GroupBuy) map[string]any {
	return map[string]any{
		"seller_id": g.Seller.String(), "organiser_id": g.Organiser.String(), "alliance_id": g.Alliance.String(), "state": string(g.State),
	}
}

func (u *unit) groupEvent(ctx context.Context, kind string, g exchange.GroupBuy) error {
	return u.event(ctx, string(authz.GroupBuy), kind, g.ID.UUID, g)
}

func (u *unit) joinEvent(ctx context.Context, j exchange.Join) error {
	return u.event(ctx, string(authz.Joining), "group."+strings.ToLower(string(j.State)), j.ID, j)
}

// OpenGroup opens a group buy on an offer that the caller may see. The job that
// closes it is made with it.
func (a *App) OpenGroup(ctx context.Context, c OpenGroup) (Result[exchange.GroupBuy], error) {
	id, err := exchange.ParseID("offer_id", c.OfferID)
	if err != nil {
		return Result[exchange.GroupBuy]{}, err
	}
	in := intent{Meta: c.Meta, action: authz.GroupOpen, home: id.Home, command: c}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.GroupBuy, error) {
		q, err := u.loadGroupOffer(ctx, id)
		if err != nil {
			return exchange.GroupBuy{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.GroupBuy{}, err
		}
		g, err := exchange.OpenGroup(exchange.GroupBuy{
			Title: c.Title, Minimum: c.Minimum, ClosesAt: c.ClosesAt.UTC().Truncate(time.Microsecond),
		}, *q.Offer, *q.Buyer, u.at)
		if err != nil {
			return g, err
		}
		return g, errors.Join(u.InsertGroupBuy(ctx, g), u.groupEvent(ctx, "group.opened", g),
			u.InsertJob(ctx, exchange.Job{Home: g.ID.Home, Kind: exchange.CloseGroups, Subject: g.ID.UUID, Due: g.ClosesAt}))
	})
}

// loadGroupOffer reads the facts of a group that is opened.
func (u *unit) loadGroupOffer(ctx context.Context, id exchange.ID) (authz.Question, error) {
	q := authz.Question{Action: authz.GroupOpen}
	offer, err := found(u.Offer(ctx, id))("offer", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Offer, offerAttributes(offer), id)
	}
	if err != nil || u.principal.Member == nil {
		return q, err
	}
	buyer, err := u.Member(ctx, u.principal.Member.ID)
	q.Offer, q.Buyer = &offer, &buyer
	return q, err
}

// GetGroup reads a group buy that the caller may see.
func (a *App) GetGroup(ctx context.Context, id string) (exchange.GroupBuy, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return exchange.GroupBuy{}, err
	}
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return exchange.GroupBuy{}, err
	}
	g, err := found(a.store.GroupBuy(ctx, key))("group", key)
	if err == nil {
		err = a.visible(ctx, p, authz.GroupBuy, groupAttributes(g), key)
	}
	if err != nil {
		return exchange.GroupBuy{}, err
	}
	return g, nil
}

// ListGroups lists the group buys that the caller may see, the newest first.
func (a *App) ListGroups(ctx context.Context, c ListGroups) (Page[exchange.GroupBuy], error) {
	return list(ctx, a, authz.GroupBuy, c.Paging, store.Narrow{"state": string(c.State)}, a.store.ListGroupBuys, func(g exchange.GroupBuy) store.Key {
		return store.Key{At: g.CreatedAt, ID: g.ID.UUID}
	})
}

// ListJoins lists the parts of group buys that the caller may see, the newest first.
func (a *App) ListJoins(ctx context.Context, c ListJoins) (Page[exchange.Join], error) {
	narrow := store.Narrow{"state": string(c.State)}
	if c.GroupID != "" {
		g, err := exchange.ParseID("group_id", c.GroupID)
		if err != nil {
			return Page[exchange.Join]{}, err
		}
		narrow["home"], narrow["group_id"] = g.Home, g.UUID.String()
	}
	return list(ctx, a, authz.Joining, c.Paging, narrow, a.store.ListJoins, func(j exchange.Join) store.Key {
		return store.Key{At: j.CreatedAt, ID: j.ID}
	})
}

// stepGroup is what the steps of a group share. The offer is locked before the
// group, as everywhere, and its lane is entered.
func stepGroup[T any](ctx context.Context, a *App, meta Meta, id string, command any, action string,
	step func(ctx context.Context, u *unit, q authz.Question) (T, error),
) (Result[T], error) {
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return Result[T]{}, err
	}
	// Which offer it is on never changes, so it may be asked before the lane.
	known, err := found(a.store.GroupBuy(ctx, key))("group", key)
	if err != nil {
		return Result[T]{}, err
	}
	in := intent{Meta: meta, action: action, home: key.Home, command: command, lanes: []string{known.Offer.String()}}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (T, error) {
		var none T
		q, err := u.lockGroup(ctx, known, action)
		if err != nil {
			return none, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return none, err
		}
		return step(ctx, u, q)
	})
}

// lockGroup reads a group that is going to be changed, and the facts about it. One
// that the caller may not see does not exist for the caller.
func (u *unit) lockGroup(ctx context.Context, known exchange.GroupBuy, action string) (authz.Question, error) {
	q := authz.Question{Action: action}
	offer, err := found(u.LockOffer(ctx, known.Offer))("offer", known.Offer)
	if err != nil {
		return q, err
	}
	lock := u.LockGroupBuy
	if u.looking {
		lock = u.GroupBuy
	}
	g, err := found(lock(ctx, known.ID))("group", known.ID)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.GroupBuy, groupAttributes(g), known.ID)
	}
	if err != nil {
		return q, err
	}
	q.Offer, q.Group = &offer, &g
	if u.principal.Member == nil {
		return q, nil
	}
	buyer, err := u.Member(ctx, u.principal.Member.ID)
	q.Buyer = &buyer
	return q, err
}

// JoinGroup holds a quantity on the group's offer for the caller's member.
func (a *App) JoinGroup(ctx context.Context, c JoinGroup) (Result[JoinedGroup], error) {
	deliverBy, err := day("deliver_by", c.DeliverBy)
	if err != nil {
		return Result[JoinedGroup]{}, err
	}
	return stepGroup(ctx, a, c.Meta, c.ID, c, authz.GroupJoin, func(ctx context.Context, u *unit, q authz.Question) (JoinedGroup, error) {
		if c.ConsigneeCode == "" {
			c.ConsigneeCode = q.Buyer.Division
		}
		if err := u.checkConsignee(ctx, c.ConsigneeCode); err != nil {
			return JoinedGroup{}, err
		}
		if err := u.app.visible(ctx, u.principal, authz.Offer, offerAttributes(*q.Offer), q.Offer.ID); err != nil {
			return JoinedGroup{}, err
		}
		g, j, offer, err := exchange.JoinGroup(*q.Group, *q.Offer, exchange.Join{
			Member: q.Buyer.ID, Alliance: q.Buyer.Alliance, Quantity: c.Quantity, Consignee: c.ConsigneeCode, DeliverBy: deliverBy,
			Reserve: c.Reserve, Purpose: c.Purpose, Person: u.principal.Person(),
		}, a.limits.GroupMembers, u.at)
		if err != nil {
			return JoinedGroup{}, err
		}
		err = errors.Join(u.UpdateOffer(ctx, offer), u.UpdateGroupBuy(ctx, g), u.InsertJoin(ctx, j), u.joinEvent(ctx, j))
		return JoinedGroup{g, j}, errors.Join(err, u.unique(ctx, "part of group", g.ID))
	})
}

// LeaveGroup gives the caller's member's part back.
func (a *App) LeaveGroup(ctx context.Context, c Step) (Result[JoinedGroup], error) {
	return stepGroup(ctx, a, c.Meta, c.ID, c, authz.GroupLeave, func(ctx context.Context, u *unit, q authz.Question) (JoinedGroup, error) {
		joins, err := u.partsOf(ctx, *q.Group)
		if err != nil {
			return JoinedGroup{}, err
		}
		at := slices.IndexFunc(joins, func(j exchange.Join) bool { return j.Member == q.Buyer.ID })
		if at < 0 {
			// After the closing there are no parts to leave: that is what is told then.
			if _, _, _, err := exchange.LeaveGroup(*q.Group, exchange.Join{}, *q.Offer, u.at); fault.Is(err, fault.GroupClosed) {
				return JoinedGroup{}, err
			}
			return JoinedGroup{}, fault.New(fault.ResourceNotFound, "noun", "part of group", "id", q.Group.ID)
		}
		g, j, offer, err := exchange.LeaveGroup(*q.Group, joins[at], *q.Offer, u.at)
		if err != nil {
			return JoinedGroup{}, err
		}
		return JoinedGroup{g, j}, errors.Join(u.giveBack(ctx, *q.Offer, offer), u.UpdateGroupBuy(ctx, g), u.UpdateJoin(ctx, j), u.joinEvent(ctx, j))
	})
}

// partsOf are the parts that a group holds. They are all of them: another limit may
// have held when the members were let in than holds now.
func (u *unit) partsOf(ctx context.Context, g exchange.GroupBuy) ([]exchange.Join, error) {
	return u.StandingJoins(ctx, g.ID, g.Members)
}

// giveBack queues an offer that stock was given back to. Of one that has ended it
// goes on to the certificate's capacity, which the offer no longer holds.
func (u *unit) giveBack(ctx context.Context, before, after exchange.Offer) error {
	if err := u.UpdateOffer(ctx, after); err != nil || !after.Closed() || after.Certificate == uuid.Nil {
		return err
	}
	return u.shrinkCapacity(ctx, before, after)
}

// CancelGroup ends a group before its closing.
func (a *App) CancelGroup(ctx context.Context, c Step) (Result[exchange.GroupBuy], error) {
	return stepGroup(ctx, a, c.Meta, c.ID, c, authz.GroupCancel, func(ctx context.Context, u *unit, q authz.Question) (exchange.GroupBuy, error) {
		joins, err := u.partsOf(ctx, *q.Group)
		if err != nil {
			return exchange.GroupBuy{}, err
		}
		g, joins, err := u.endGroup(ctx, q, joins, exchange.GroupCancelled, c.Reason)
		if err != nil {
			return g, err
		}
		return g, u.keepGroup(ctx, g, joins)
	})
}

// endGroup gives back what a group held.
func (u *unit) endGroup(ctx context.Context, q authz.Question, joins []exchange.Join, to exchange.GroupBuyState, reason string) (exchange.GroupBuy, []exchange.Join, error) {
	g, released, offer, err := exchange.EndGroup(*q.Group, joins, *q.Offer, to, reason, u.at)
	if err != nil {
		return g, joins, err
	}
	return g, released, u.giveBack(ctx, *q.Offer, offer)
}

// keepGroup queues a group that has ended with its parts.
func (u *unit) keepGroup(ctx context.Context, g exchange.GroupBuy, joins []exchange.Join) error {
	err := errors.Join(u.UpdateGroupBuy(ctx, g), u.groupEvent(ctx, "group."+strings.ToLower(string(g.State)), g))
	for _, j := range joins {
		err = errors.Join(err, u.UpdateJoin(ctx, j), u.joinEvent(ctx, j))
	}
	return err
}

// closeGroup does the job of a group's closing, in one transaction: all parts are
// given back; if they reached the minimum, each is ordered, as policy decides then.
// Who is refused is reported; where the others then miss the minimum, nobody
// orders. One that was closed or cancelled before has nothing left to do.
func closeGroup(ctx context.Context, a *App, j exchange.Job) (time.Time, error) {
	id := exchange.ID{Home: j.Home, UUID: j.Subject}
	g, err := a.store.GroupBuy(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, err
	case g.State != exchange.GroupOpen:
		return time.Time{}, nil
	case a.now().Before(g.ClosesAt):
		return g.ClosesAt, nil
	}
	_, err = stepGroup(ctx, a, Meta{}, id.String(), id, authz.GroupClose, func(ctx context.Context, u *unit, q authz.Question) (exchange.GroupBuy, error) {
		joins, err := u.partsOf(ctx, *q.Group)
		if err != nil {
			return exchange.GroupBuy{}, err
		}
		if !q.Group.Reached(joins) {
			g, joins, err := u.endGroup(ctx, q, joins, exchange.GroupMissed, "the minimum was not reached")
			return g, errors.Join(err, u.keepGroup(ctx, g, joins))
		}
		g, released, err := u.endGroup(ctx, q, joins, exchange.GroupOrdered, "")
		if err != nil {
			return g, err
		}
		return u.orderTogether(ctx, g, released)
	})
	if fault.Is(err, fault.WrongState) {
		return a.now(), nil // it took another step since it was read: it is looked at again
	}
	return time.Time{}, err
}

// orderTogether places an order for each part of a group that reached its minimum.
func (u *unit) orderTogether(ctx context.Context, g exchange.GroupBuy, parts []exchange.Join) (exchange.GroupBuy, error) {
	mark, made := u.Mark(), u.made
	var ordered []exchange.Join
	var denials []store.Decision
	for i, j := range parts {
		u.denied = nil
		order, why, err := u.orderPart(ctx, g, j)
		if u.denied != nil {
			denials = append(denials, *u.denied)
		}
		switch {
		case err != nil:
			return g, err
		case why != nil:
			parts[i] = j.Denied(why.Error(), u.at)
		default:
			parts[i] = j.Ordered(order.ID, u.at)
			ordered = append(ordered, parts[i])
		}
	}
	u.denied = nil // they are logged with the transaction
	if !g.Reached(ordered) {
		u.Back(mark)
		u.made = made
		for _, d := range denials {
			if err := u.InsertDecision(ctx, d); err != nil {
				return g, err
			}
		}
		const reason = "the minimum was not reached without those who were refused"
		g = g.Missed(reason)
		for i, j := range parts {
			if j.State == exchange.JoinOrdered {
				parts[i] = j.Released(reason)
			}
		}
	}
	return g, u.keepGroup(ctx, g, parts)
}

// orderPart places the order of a part in the name of who joined. Why says what it
// was refused for.
func (u *unit) orderPart(ctx context.Context, g exchange.GroupBuy, j exchange.Join) (order exchange.Order, why, err error) {
	buyer, err := u.app.actingFor(ctx, j.Member, j.Person)
	if err != nil {
		if !own(err) && !fault.Is(err, fault.TokenInvalid) {
			return order, nil, err
		}
		return order, err, nil
	}
	p := purchase{
		PlaceOrder: PlaceOrder{
			Meta: Meta{RequestID: runID(exchange.Group, j.ID, 0)}, OfferID: g.Offer.String(), Quantity: j.Quantity, ConsigneeCode: j.Consignee,
			DeliverBy: string(j.DeliverBy), Reserve: j.Reserve, Purpose: j.Purpose,
		},
		way: exchange.Group, wayID: g.ID.UUID,
	}
	p.command = p.PlaceOrder
	got, err := u.buyAs(ctx, buyer, p)
	return got.Value, got.Err, err
}

// explainNewGroup asks about opening a group on an offer.
func explainNewGroup(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("offer_id", c.OfferID)
	if err != nil {
		return authz.Question{}, err
	}
	return u.loadGroupOffer(ctx, id)
}

func explainGroup(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("group_id", c.GroupID)
	if err != nil {
		return authz.Question{}, err
	}
	known, err := found(u.GroupBuy(ctx, id))("group", id)
	if err != nil {
		return authz.Question{}, err
	}
	return u.lockGroup(ctx, known, c.Action)
}
