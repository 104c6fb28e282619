package store

import (
	"context"
	"time"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func reliefOf(r db.ReliefDeclaration) exchange.Relief {
	return exchange.Relief{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Offer: exchange.ID{Home: r.Home, UUID: r.OfferID}, Seller: r.SellerID,
		SellerAlliance: r.SellerAllianceID, SellerDivision: r.SellerDivision, Category: exchange.Category(r.Category), Origin: r.Origin,
		BaseUnit: exchange.BaseUnit(r.BaseUnit), OfferedAt: r.OfferedAt.UTC(), DaysOfStock: r.DaysOfStock,
		Before: exchange.ID{Home: r.Home, UUID: r.BeforeOfferID}, BeforeFen: r.BeforeFen, BeforeDays: r.BeforeDays, PriceFen: r.PriceFen,
		DropBP: r.DropBp, Span: exchange.Span{From: exchange.Day(r.FirstDay), To: exchange.Day(r.LastDay)},
		State: exchange.ReliefState(r.State), StateReason: r.StateReason, Replaces: r.ReplacesID.UUID, OpenedAt: r.OpenedAt.UTC(),
		EndedAt: timeOf(r.EndedAt),
	}
}

// Relief reads a declaration for the relief zone.
func (r Reader) Relief(ctx context.Context, id exchange.ID) (exchange.Relief, error) {
	row, err := r.q.ReliefGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, reliefOf)
}

// LockRelief reads a declaration that is going to end. Its offer is locked first.
func (t *Tx) LockRelief(ctx context.Context, id exchange.ID) (exchange.Relief, error) {
	row, err := t.q.ReliefLock(ctx, id.Home, id.UUID)
	return mapRow(row, err, reliefOf)
}

// InsertRelief queues a new declaration.
func (t *Tx) InsertRelief(ctx context.Context, v exchange.Relief) error {
	return t.write.ReliefInsert(ctx, db.ReliefInsertParams{
		Home: v.ID.Home, ID: v.ID.UUID, OfferID: v.Offer.UUID, SellerID: v.Seller, SellerAllianceID: v.SellerAlliance,
		SellerDivision: v.SellerDivision, Category: string(v.Category), Origin: v.Origin, BaseUnit: string(v.BaseUnit), OfferedAt: v.OfferedAt,
		DaysOfStock: v.DaysOfStock, BeforeOfferID: v.Before.UUID, BeforeFen: v.BeforeFen, BeforeDays: v.BeforeDays, PriceFen: v.PriceFen,
		DropBp: v.DropBP, FirstDay: string(v.Span.From), LastDay: string(v.Span.To), State: string(v.State), StateReason: v.StateReason,
		ReplacesID: nullUUID(v.Replaces), OpenedAt: v.OpenedAt, EndedAt: optionalTime(v.EndedAt),
	})
}

// EndRelief queues the end of a declaration.
func (t *Tx) EndRelief(ctx context.Context, v exchange.Relief) error {
	return t.write.ReliefEnd(ctx, db.ReliefEndParams{
		Home: v.ID.Home, ID: v.ID.UUID, State: string(v.State), StateReason: v.StateReason, EndedAt: optionalTime(v.EndedAt),
	})
}

// NameRelief queues which declaration an offer names.
func (t *Tx) NameRelief(ctx context.Context, o exchange.Offer) error {
	remember(t, t.memory.offers, o.ID, o)
	return t.write.OfferRelief(ctx, db.OfferReliefParams{
		Home: o.ID.Home, ID: o.ID.UUID, ReliefID: nullUUID(o.Relief), ReliefFrom: string(o.ReliefSpan.From), ReliefUntil: string(o.ReliefSpan.To),
	})
}

var reliefs = table{
	from: "relief_declarations", time: "opened_at", id: "id",
	filters: same("home", "offer_id", "seller_id", "seller_alliance_id", "seller_division", "origin", "category", "state", "first_day", "last_day"),
	newest:  " AND home IN ('32', '61')",
	leads: []lead{
		{columns: []string{"offer_id", "home"}}, {columns: []string{"seller_id"}}, {columns: []string{"seller_alliance_id"}},
		{columns: []string{"origin"}}, {columns: []string{"seller_division"}},
	},
	codes: []string{"origin", "seller_division"},
}

// ListReliefs lists declarations for the relief zone, the newest first.
func (r Reader) ListReliefs(ctx context.Context, l List) ([]exchange.Relief, error) {
	return list(ctx, r, reliefs, l, reliefOf)
}

// ZonedOffer is an offer of a list that has the relief zone first.
type ZonedOffer struct {
	exchange.Offer
	Rest bool // it is not in the zone
}

// ListOffersZoned lists offers, those first that are in the relief zone at a time,
// each part the newest first. The time must be so far back that no declaration of it
// is still on its way: then what is in the zone at it never changes, and no offer
// is in two pages or in none, whatever is declared or withdrawn meanwhile.
func (r Reader) ListOffersZoned(ctx context.Context, l List) ([]ZonedOffer, error) {
	if len(l.Terms) > 0 {
		var err error
		if l.found, err = r.offersFound(ctx, l.Terms); err != nil || l.found.none() {
			return nil, err
		}
	}
	b, err := zonedPage(columnsOf[db.Offer](), l)
	if err != nil {
		return nil, err
	}
	var row db.Offer
	var rest bool
	return readPage(ctx, r, b, l.Limit, append(fieldsOf(&row), &rest), func() ZonedOffer {
		return ZonedOffer{offerOf(row), rest}
	})
}

// zonedPage is the statement of a page, in one round trip: what is left of the zone,
// and behind it, from its beginning where the zone is not behind the page, the rest.
func zonedPage(columns string, l List) (*sqlBuilder, error) {
	b := &sqlBuilder{}
	rest := l
	b.add("SELECT " + columns + ", rest FROM (")
	if l.After == nil || !l.After.Rest {
		if err := writeZone(b, columns, l); err != nil {
			return nil, err
		}
		b.add(" UNION ALL ")
		rest.After = nil
	}
	b.add("SELECT " + columns + ", true AS rest FROM (")
	if err := offers.write(b, columns, rest); err != nil {
		return nil, err
	}
	b.add(") o) page ORDER BY rest, " + offers.order() + " LIMIT " + b.bind(l.Limit))
	return b, nil
}

// writeZone adds what is in the zone. Its declarations are few and are put in order
// first, so that of the offers no more are read than a page has.
func writeZone(b *sqlBuilder, columns string, l List) error {
	b.add("(SELECT " + columns + ", false AS rest FROM (SELECT z.home AS zone_home, z.offer_id, z.offered_at FROM relief_declarations z WHERE ")
	inZone(b, l.Zone)
	if l.After != nil {
		b.add(" AND (z.offered_at, z.offer_id) < (" + b.bind(l.After.At) + "::timestamptz, " + b.bind(l.After.ID) + "::uuid)")
	}
	b.add(" ORDER BY z.offered_at DESC, z.offer_id DESC) zone CROSS JOIN LATERAL (SELECT " + columns + " FROM offers")
	if err := offers.conditions(b, l); err != nil {
		return err
	}
	offers.searched(b, l)
	b.add(" AND home = zone.zone_home AND id = zone.offer_id) o ORDER BY zone.offered_at DESC, zone.offer_id DESC LIMIT " + b.bind(l.Limit) + ")")
	return nil
}

// inZone adds that a declaration z was in force at a time.
func inZone(b *sqlBuilder, at time.Time) {
	day, instant := b.bind(string(exchange.DayOf(at))), b.bind(at)
	b.add("z.last_day >= " + day + "::text AND z.first_day <= " + day + "::text AND z.opened_at <= " + instant +
		"::timestamptz AND (z.ended_at IS NULL OR z.ended_at > " + instant + "::timestamptz)")
}

// outside adds that a row is not in the relief zone at the time of a list that has
// that first.
func (t table) outside(b *sqlBuilder, l List) {
	if l.Zone.IsZero() {
		return
	}
	b.add(" AND NOT EXISTS (SELECT 1 FROM relief_declarations z WHERE z.home = " + t.from + ".home AND z.offer_id = " + t.from + ".id AND ")
	inZone(b, l.Zone)
	b.add(")")
}
