package store

import (
	"context"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func groupBuyOf(r db.GroupBuy) exchange.GroupBuy {
	return exchange.GroupBuy{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Offer: exchange.ID{Home: r.Home, UUID: r.OfferID}, Seller: r.SellerID, Organiser: r.OrganiserID,
		Alliance: r.AllianceID, Title: r.Title, Minimum: r.Minimum, ClosesAt: r.ClosesAt.UTC(), State: exchange.GroupBuyState(r.State),
		StateReason: r.StateReason, Joined: r.Joined, Members: r.Members, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

// GroupBuy reads a group buy.
func (r Reader) GroupBuy(ctx context.Context, id exchange.ID) (exchange.GroupBuy, error) {
	row, err := r.q.GroupBuyGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, groupBuyOf)
}

// LockGroupBuy reads a group buy that is going to be changed. Its offer is locked
// first, everywhere.
func (t *Tx) LockGroupBuy(ctx context.Context, id exchange.ID) (exchange.GroupBuy, error) {
	row, err := t.q.GroupBuyLock(ctx, id.Home, id.UUID)
	return mapRow(row, err, groupBuyOf)
}

// InsertGroupBuy queues a new group buy.
func (t *Tx) InsertGroupBuy(ctx context.Context, g exchange.GroupBuy) error {
	return t.write.GroupBuyInsert(ctx, db.GroupBuyInsertParams{
		Home: g.ID.Home, ID: g.ID.UUID, OfferID: g.Offer.UUID, SellerID: g.Seller, OrganiserID: g.Organiser, AllianceID: g.Alliance, Title: g.Title,
		Minimum: g.Minimum, ClosesAt: g.ClosesAt, State: string(g.State), StateReason: g.StateReason, Joined: g.Joined, Members: g.Members,
		CreatedAt: g.CreatedAt, UpdatedAt: g.UpdatedAt,
	})
}

// UpdateGroupBuy queues what can change of a group buy.
func (t *Tx) UpdateGroupBuy(ctx context.Context, g exchange.GroupBuy) error {
	return t.write.GroupBuyUpdate(ctx, db.GroupBuyUpdateParams{
		Home: g.ID.Home, ID: g.ID.UUID, State: string(g.State), StateReason: g.StateReason, Joined: g.Joined, Members: g.Members, UpdatedAt: g.UpdatedAt,
	})
}

func groupJoinOf(r db.GroupJoin) exchange.Join {
	j := exchange.Join{
		Group: exchange.ID{Home: r.Home, UUID: r.GroupID}, ID: r.ID, Organiser: r.OrganiserID, Member: r.MemberID, Alliance: r.AllianceID,
		Quantity: r.Quantity, Consignee: r.Consignee, DeliverBy: exchange.Day(r.DeliverBy), Reserve: r.Reserve, Purpose: exchange.Purpose(r.Purpose),
		Person: exchange.Person{Issuer: r.Issuer, Subject: r.Subject}, State: exchange.JoinState(r.State), StateReason: r.StateReason,
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if r.OrderID.Valid {
		j.Order = exchange.ID{Home: r.Home, UUID: r.OrderID.UUID}
	}
	return j
}

// StandingJoins lists the parts of a group that are held, by member.
func (r Reader) StandingJoins(ctx context.Context, group exchange.ID, limit int) ([]exchange.Join, error) {
	rows, err := r.q.GroupJoinsStanding(ctx, group.Home, group.UUID, int32(limit))
	return mapRows(rows, err, groupJoinOf)
}

// InsertJoin queues a new part of a group.
func (t *Tx) InsertJoin(ctx context.Context, j exchange.Join) error {
	return t.write.GroupJoinInsert(ctx, db.GroupJoinInsertParams{
		Home: j.Group.Home, ID: j.ID, GroupID: j.Group.UUID, OrganiserID: j.Organiser, MemberID: j.Member, AllianceID: j.Alliance, Quantity: j.Quantity,
		Consignee: j.Consignee, DeliverBy: string(j.DeliverBy), Reserve: j.Reserve, Purpose: string(j.Purpose), Issuer: j.Person.Issuer,
		Subject: j.Person.Subject, State: string(j.State), StateReason: j.StateReason, OrderID: nullUUID(j.Order.UUID), CreatedAt: j.CreatedAt, UpdatedAt: j.UpdatedAt,
	})
}

// UpdateJoin queues what can change of a part of a group.
func (t *Tx) UpdateJoin(ctx context.Context, j exchange.Join) error {
	return t.write.GroupJoinUpdate(ctx, db.GroupJoinUpdateParams{
		Home: j.Group.Home, ID: j.ID, State: string(j.State), StateReason: j.StateReason, OrderID: nullUUID(j.Order.UUID), UpdatedAt: j.UpdatedAt,
	})
}

var groupBuys = table{
	from: "group_buys", time: "created_at", id: "id",
	filters: same("home", "seller_id", "organiser_id", "alliance_id", "state"),
}

// ListGroupBuys lists group buys, the newest first.
func (r Reader) ListGroupBuys(ctx context.Context, l List) ([]exchange.GroupBuy, error) {
	return list(ctx, r, groupBuys, l, groupBuyOf)
}

var groupJoins = table{
	from: "group_joins", time: "created_at", id: "id",
	filters: same("home", "group_id", "organiser_id", "member_id", "alliance_id", "state"),
}

// ListJoins lists parts of groups, the newest first.
func (r Reader) ListJoins(ctx context.Context, l List) ([]exchange.Join, error) {
	return list(ctx, r, groupJoins, l, groupJoinOf)
}
