package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

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
	filters:     same("home", "offer_id", "seller_id", "seller_alliance_id", "seller_division", "origin", "category", "state", "first_day", "last_day"),
	newest:      " AND home IN ('32', '61')",
	newestIndex: "relief_declarations_newest",
	leads: []lead{
		{index: "relief_declarations_offer", columns: []string{"offer_id", "home"}},
		{index: "relief_declarations_seller", columns: []string{"seller_id"}},
		{index: "relief_declarations_alliance", columns: []string{"seller_alliance_id"}},
		{index: "relief_declarations_origin", columns: []string{"origin"}},
		{index: "relief_declarations_division", columns: []string{"seller_division"}},
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
	l.named, l.apart = r.named(), r.apart()
	b, err := zonedPage(columnsOf[db.Offer](), l)
	if err != nil {
		return nil, err
	}
	var row db.Offer
	var rest bool
	page, err := readPage(ctx, r, b, l.Limit, append(fieldsOf(&row), &rest), func() ZonedOffer {
		return ZonedOffer{offerOf(row), rest}
	})
	slices.SortFunc(page, zoneFirst)
	return page[:min(len(page), l.Limit)], err
}

// zoneFirst is the order of a list that has the relief zone first.
func zoneFirst(a, b ZonedOffer) int {
	switch {
	case a.Rest && !b.Rest:
		return 1
	case b.Rest && !a.Rest:
		return -1
	}
	return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), bytes.Compare(b.ID.UUID[:], a.ID.UUID[:]))
}

// zonedPage is the statement of a page, in one round trip: what is left of the zone,
// and beside it, from its beginning where the zone is not behind the page, the rest.
// Each part is a page at most; who reads them puts them in order. The database would
// copy each row of a page twice more to do so, which takes as long as reading them.
func zonedPage(columns string, l List) (*sqlBuilder, error) {
	b := &sqlBuilder{branched: l.found == nil, searched: l.found != nil}
	rest := l
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
	b.add(") o")
	return b, nil
}

// zoneColumns are the fields of offers that their declarations have as well, and that
// never change.
var zoneColumns = map[string]string{
	"home": "z.home", "seller_id": "z.seller_id", "seller_alliance_id": "z.seller_alliance_id", "seller_division": "z.seller_division",
	"origin": "z.origin", "category": "z.category",
}

// writeZone adds a page of what is in the zone. It is put together from branches, like
// the list of all offers: each reads the declarations that are open in the order of
// the list, looks their offers up and ends after a page. Those that were open as of
// the list's time and have ended since are a branch of their own, and few.
func writeZone(b *sqlBuilder, columns string, l List) error {
	b.add("(SELECT " + columns + ", false AS rest FROM (SELECT DISTINCT ON (zone_at, zone_id) zone_at, zone_id, zone_home FROM (")
	for _, one := range zoneBranches(l) {
		if err := writeZoneBranch(b, l, one, "z.ended_at IS NULL"+one.where+one.inHome("z.home")); err != nil {
			return err
		}
		b.add(" UNION ALL ")
	}
	all := branch{conditions: l.asked(), filter: l.Filter, index: "relief_declarations_ended"}
	if err := writeZoneBranch(b, l, all, "z.ended_at > "+b.bind(l.Zone)+"::timestamptz"); err != nil {
		return err
	}
	b.add(") zone ORDER BY zone_at DESC, zone_id DESC LIMIT " + b.bind(l.Limit) + ") page CROSS JOIN LATERAL (SELECT " + columns +
		" FROM offers" + l.by("offers_pkey") + " WHERE home = zone_home AND id = zone_id) o)")
	return nil
}

// zoneBranches are the branches of the zone. Where an index of the declarations of a
// seller or of an alliance does not serve them, the newest of all are gone through.
// What is reserved for a buyer is not in the zone: only an offer for everybody is
// declared, and for whom it is never changes.
func zoneBranches(l List) []branch {
	all := []branch{{conditions: l.asked(), filter: l.Filter, index: "relief_declarations_zone_newest", where: " AND z.home IN ('32', '61')"}}
	if l.found != nil {
		all[0].index, all[0].where = "", "" // those found are looked up
		return all
	}
	if l.apart {
		all = perHome(all)
	}
	list := offers.branches(l)
	if len(list) == 0 {
		return all
	}
	var led []branch
	for _, one := range list {
		switch {
		case one.fixes("reserved_for_id") && !one.has("reserved_for_id", uuid.Nil.String()):
		case one.city == "" && (one.fixes("seller_id") || one.fixes("seller_alliance_id")):
			one.index, one.where = zoneIndex(one), ""
			led = append(led, one)
		default:
			return all
		}
	}
	return led
}

// zoneIndex is the index of what is declared for a branch of a seller or an alliance.
func zoneIndex(b branch) string {
	switch {
	case b.fixes("seller_id"):
		return "relief_declarations_zone_seller"
	case b.fixes("category"):
		return "relief_declarations_zone_category"
	default:
		return "relief_declarations_zone_alliance"
	}
}

// writeZoneBranch adds the keys of a page of the offers of a branch whose declarations
// are in the zone, and of a kind that an index has in order.
func writeZoneBranch(b *sqlBuilder, l List, one branch, kind string) error {
	b.add("(SELECT z.offered_at AS zone_at, z.offer_id AS zone_id, z.home AS zone_home FROM relief_declarations" + l.by(one.index) + " AS z WHERE " + kind + " AND ")
	inZone(b, l.Zone)
	for _, c := range one.conditions {
		if _, declared := zoneColumns[c.Field]; !declared {
			continue
		}
		b.add(" AND ")
		if err := b.condition(c, zoneColumns); err != nil {
			return err
		}
	}
	if l.found != nil {
		b.add(" AND (z.home, z.offer_id) IN ")
		l.found.rows(b)
	}
	if l.After != nil {
		b.add(" AND (z.offered_at, z.offer_id) < (" + b.bind(l.After.At) + "::timestamptz, " + b.bind(l.After.ID) + "::uuid)")
	}
	// Looked up one by one: CockroachDB would begin with the offers where they seem fewer.
	b.add(" AND coalesce((SELECT true FROM offers" + l.by("offers_pkey"))
	if one.filter == nil {
		one.filter = exchange.AllowAll{}
	}
	if err := b.where(one.filter, offers.filters); err != nil {
		return err
	}
	for _, c := range one.conditions {
		b.add(" AND ")
		if err := b.condition(c, offers.filters); err != nil {
			return err
		}
	}
	if l.found == nil {
		offers.searched(b, l)
	}
	b.add(" AND home = z.home AND id = z.offer_id), false) ORDER BY z.offered_at DESC, z.offer_id DESC LIMIT " + b.bind(l.Limit) + ")")
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
	b.add(" AND NOT EXISTS (SELECT 1 FROM relief_declarations" + l.by("relief_declarations_offer") + " AS z WHERE z.home = " + t.from + ".home AND z.offer_id = " + t.from + ".id AND ")
	inZone(b, l.Zone)
	b.add(")")
}

// ReliefZones are the figures of a span of days.
type ReliefZones struct {
	Seen     exchange.Filter // declarations that the caller may see
	SeenOf   exchange.Filter // orders
	Span     exchange.Span   // bounded
	Today    exchange.Day
	Province bool // zones are provinces, not counties
}

// ReliefZones adds up declarations and orders by zone and base unit, on one snapshot.
func (s *Store) ReliefZones(ctx context.Context, q ReliefZones) (zones []exchange.ReliefZone, err error) {
	err = s.Read(ctx, func(ctx context.Context, r Reader) error {
		zones = nil
		declared, err := q.declared()
		if err != nil {
			return err
		}
		var z exchange.ReliefZone
		fields := []any{&z.Zone, &z.BaseUnit, &z.Declared, &z.InForce}
		if zones, err = readPage(ctx, r, declared, usualPage, fields, func() exchange.ReliefZone { return z }); err != nil {
			return err
		}
		ordered, err := q.ordered()
		if err != nil {
			return err
		}
		z = exchange.ReliefZone{}
		fields = []any{&z.Zone, &z.BaseUnit, &z.Orders, &z.Quantity, &z.Fen, &z.AcceptedQuantity, &z.AcceptedFen}
		of, err := readPage(ctx, r, ordered, usualPage, fields, func() exchange.ReliefZone { return z })
		for _, o := range of {
			zones = withOrders(zones, o)
		}
		return err
	})
	slices.SortFunc(zones, func(a, b exchange.ReliefZone) int {
		return cmp.Or(strings.Compare(a.Zone, b.Zone), strings.Compare(string(a.BaseUnit), string(b.BaseUnit)))
	})
	return zones, err
}

// withOrders adds the orders of a zone to its declarations. There are none where
// these were opened before the span and are over.
func withOrders(zones []exchange.ReliefZone, of exchange.ReliefZone) []exchange.ReliefZone {
	for i, z := range zones {
		if z.Zone == of.Zone && z.BaseUnit == of.BaseUnit {
			of.Declared, of.InForce = z.Declared, z.InForce
			zones[i] = of
			return zones
		}
	}
	return append(zones, of)
}

// zone is the column by which figures are of a zone.
func (q ReliefZones) zone(column string) string {
	if q.Province {
		return "left(" + column + ", 2)"
	}
	return column
}

// within adds that a time is within the span.
func (q ReliefZones) within(b *sqlBuilder, column string) {
	b.add(column + " >= " + b.bind(q.Span.From.Start()) + "::timestamptz AND " + column + " < " + b.bind(q.Span.To.Plus(1).Start()) + "::timestamptz")
}

func (q ReliefZones) declared() (*sqlBuilder, error) {
	b := &sqlBuilder{}
	today := b.bind(string(q.Today)) + "::text"
	b.add("SELECT zone, base_unit, sum(declared)::bigint, sum(in_force)::bigint FROM (SELECT " + q.zone("seller_division") +
		" AS zone, base_unit, CASE WHEN replaces_id IS NULL AND ")
	q.within(b, "opened_at")
	b.add(" THEN 1 ELSE 0 END AS declared, CASE WHEN state = 'OPEN' AND " + today + " BETWEEN first_day AND last_day THEN 1 ELSE 0 END AS in_force FROM relief_declarations")
	if err := b.where(q.Seen, reliefs.filters); err != nil {
		return nil, err
	}
	b.add(reliefs.newest + ") d GROUP BY zone, base_unit HAVING sum(declared + in_force) > 0")
	return b, nil
}

func (q ReliefZones) ordered() (*sqlBuilder, error) {
	b := &sqlBuilder{}
	columns := map[string]string{}
	for field, column := range orders.filters {
		columns[field] = "o." + column
	}
	b.add("SELECT " + q.zone("r.seller_division") + " AS zone, r.base_unit, count(*), sum(o.quantity)::bigint, sum(o.amount_fen)::bigint, " +
		"coalesce(sum(l.quantity), 0)::bigint, coalesce(sum(l.fen), 0)::bigint FROM orders o " +
		"JOIN relief_declarations r ON r.home = o.home AND r.id = o.relief_id " +
		"LEFT JOIN LATERAL (SELECT sum(e.measure_quantity) AS quantity, sum(e.measure_fen) AS fen FROM ledger_entries e " +
		"WHERE e.home = o.home AND e.order_id = o.id AND e.measure = 'ACCEPTED') l ON true")
	if err := b.where(q.SeenOf, columns); err != nil {
		return nil, err
	}
	b.add(" AND o.relief_id IS NOT NULL AND o.state NOT IN ('CANCELLED', 'EXPIRED') AND ")
	q.within(b, "o.created_at")
	b.add(" GROUP BY 1, 2")
	return b, nil
}
