package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func nullUUID(u uuid.UUID) uuid.NullUUID { return uuid.NullUUID{UUID: u, Valid: u != uuid.Nil} }

func offerRow(o exchange.Offer) db.Offer {
	return db.Offer{
		Home: o.ID.Home, ID: o.ID.UUID, SellerID: o.Seller, SellerAllianceID: o.SellerAlliance,
		SellerDivision: o.SellerDivision, ProductID: o.Product, CertificateID: nullUUID(o.Certificate),
		Scheme: string(o.Scheme), NameZh: o.NameZH, NameEn: o.NameEN, Category: string(o.Category), Origin: o.Origin,
		BaseUnit: string(o.BaseUnit), SalesUnit: o.SalesUnit, UnitQuantity: o.UnitQuantity, Quantity: o.Quantity,
		Taken: o.Taken, Moq: o.MOQ, PriceBasis: string(o.PriceBasis), PriceFen: o.PriceFen,
		SeasonFrom: string(o.Season.From), SeasonTo: string(o.Season.To), LeadDays: o.LeadDays,
		AutoConfirm: o.AutoConfirm, State: string(o.State), StateReason: o.StateReason, CapacityYear: o.CapacityYear,
		CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt, LotID: nullUUID(o.Lot),
		Way: string(o.Way), WayID: nullUUID(o.WayID), ReservedForID: o.ReservedFor,
		ReliefID: nullUUID(o.Relief), ReliefFrom: string(o.ReliefSpan.From), ReliefUntil: string(o.ReliefSpan.To),
	}
}

func offerOf(r db.Offer) exchange.Offer {
	return exchange.Offer{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Seller: r.SellerID, SellerAlliance: r.SellerAllianceID,
		SellerDivision: r.SellerDivision, Product: r.ProductID, Certificate: r.CertificateID.UUID,
		Scheme: exchange.Scheme(r.Scheme), NameZH: r.NameZh, NameEN: r.NameEn, Category: exchange.Category(r.Category),
		Origin: r.Origin, BaseUnit: exchange.BaseUnit(r.BaseUnit), SalesUnit: r.SalesUnit, UnitQuantity: r.UnitQuantity,
		Quantity: r.Quantity, Taken: r.Taken, MOQ: r.Moq, PriceBasis: exchange.PriceBasis(r.PriceBasis), PriceFen: r.PriceFen,
		Season: exchange.Span{From: exchange.Day(r.SeasonFrom), To: exchange.Day(r.SeasonTo)}, LeadDays: r.LeadDays,
		AutoConfirm: r.AutoConfirm, State: exchange.OfferState(r.State), StateReason: r.StateReason,
		CapacityYear: r.CapacityYear, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), Lot: r.LotID.UUID,
		Way: exchange.Way(r.Way), WayID: r.WayID.UUID, ReservedFor: r.ReservedForID,
		Relief: r.ReliefID.UUID, ReliefSpan: exchange.Span{From: exchange.Day(r.ReliefFrom), To: exchange.Day(r.ReliefUntil)},
	}
}

func offersOf(rows []db.Offer, err error) ([]exchange.Offer, error) {
	return mapRows(rows, err, offerOf)
}

// mapRows turns rows into the exchange's own type.
func mapRows[R, T any](rows []R, err error, of func(R) T) ([]T, error) {
	if err != nil {
		return nil, readError(err)
	}
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = of(r)
	}
	return out, nil
}

// mapRow turns a row into the exchange's own type.
func mapRow[R, T any](row R, err error, of func(R) T) (T, error) {
	if err != nil {
		var none T
		return none, readError(err)
	}
	return of(row), nil
}

// Offer reads an offer.
func (r Reader) Offer(ctx context.Context, id exchange.ID) (exchange.Offer, error) {
	row, err := r.q.OfferGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, offerOf)
}

// LockOffer reads an offer that is going to be changed.
func (t *Tx) LockOffer(ctx context.Context, id exchange.ID) (exchange.Offer, error) {
	return locked(t, id, t.memory.offers, func() (exchange.Offer, error) {
		row, err := t.q.OfferLock(ctx, id.Home, id.UUID)
		return mapRow(row, err, offerOf)
	})
}

// locked is a locked row as this transaction has left it, or else reads it.
func locked[V any](t *Tx, id exchange.ID, kept map[exchange.ID]V, lock func() (V, error)) (V, error) {
	if v, ok := kept[id]; ok {
		return v, nil
	}
	if t.memory.absent[id] {
		var none V
		return none, ErrNotFound
	}
	v, err := lock()
	if err == nil {
		kept[id] = v
	}
	return v, err
}

// InsertOffer queues a new offer. Orders of the same transaction can be on it.
func (t *Tx) InsertOffer(ctx context.Context, o exchange.Offer) error {
	remember(t, t.memory.offers, o.ID, o)
	return errors.Join(t.write.OfferInsert(ctx, db.OfferInsertParams(offerRow(o))), t.putTerms(ctx, o.ID, o.NameZH, o.NameEN))
}

// UpdateOffer queues what can change of an offer.
func (t *Tx) UpdateOffer(_ context.Context, o exchange.Offer) error {
	remember(t, t.memory.offers, o.ID, o)
	t.rows.changedOffers = append(t.rows.changedOffers, o.ID)
	return nil
}

// OffersOverSeason lists offers whose season has ended, the oldest first.
func (r Reader) OffersOverSeason(ctx context.Context, today exchange.Day, limit int) ([]exchange.ID, error) {
	rows, err := r.q.OffersOverSeason(ctx, string(today), int32(limit))
	return mapRows(rows, err, func(r db.OffersOverSeasonRow) exchange.ID { return exchange.ID{Home: r.Home, UUID: r.ID} })
}

// LockCapacity reads a capacity that is going to be changed.
func (t *Tx) LockCapacity(ctx context.Context, home string, certificate uuid.UUID, year int) (exchange.Capacity, error) {
	key := capacityKey{home, certificate, year}
	return recalled(t.memory.capacities, key, func() (exchange.Capacity, error) {
		row, err := t.q.CapacityLock(ctx, home, certificate, year)
		return mapRow(row, err, capacityOf)
	})
}

// Capacity reads a capacity.
func (r Reader) Capacity(ctx context.Context, home string, certificate uuid.UUID, year int) (exchange.Capacity, error) {
	row, err := r.q.CapacityGet(ctx, home, certificate, year)
	return mapRow(row, err, capacityOf)
}

func capacityOf(r db.CertificateCapacity) exchange.Capacity {
	return exchange.Capacity{
		Home: r.Home, Certificate: r.CertificateID, Year: r.Year, Quantity: r.Quantity, ValueFen: r.ValueFen,
		TakenQuantity: r.TakenQuantity, TakenValueFen: r.TakenValueFen,
	}
}

// OpenCapacity makes the row of a year's capacity, at once, if it is not there.
func (t *Tx) OpenCapacity(ctx context.Context, c exchange.Capacity) error {
	return readError(t.q.CapacityOpen(ctx, db.CapacityOpenParams{
		Home: c.Home, CertificateID: c.Certificate, Year: c.Year, Quantity: c.Quantity, ValueFen: c.ValueFen,
	}))
}

// UpdateCapacity queues what is taken of a capacity.
func (t *Tx) UpdateCapacity(_ context.Context, c exchange.Capacity) error {
	key := capacityKey{c.Home, c.Certificate, c.Year}
	remember(t, t.memory.capacities, key, c)
	t.rows.changedYears = append(t.rows.changedYears, key)
	return nil
}

func (t *Tx) queueCapacity(ctx context.Context, c exchange.Capacity) error {
	_, err := t.write.CapacityUpdate(ctx, db.CapacityUpdateParams{
		Home: c.Home, CertificateID: c.Certificate, Year: c.Year,
		TakenQuantity: c.TakenQuantity, TakenValueFen: c.TakenValueFen,
	})
	return err
}

// PauseOffersUnder pauses, at once, the published offers under a certificate.
func (t *Tx) PauseOffersUnder(ctx context.Context, certificate uuid.UUID, reason string, at time.Time) ([]exchange.Offer, error) {
	return offersOf(t.q.OffersPauseByCertificate(ctx, reason, at, nullUUID(certificate)))
}

// PauseOffersOf pauses, at once, the published offers of a member.
func (t *Tx) PauseOffersOf(ctx context.Context, seller uuid.UUID, reason string, at time.Time) ([]exchange.Offer, error) {
	return offersOf(t.q.OffersPauseBySeller(ctx, reason, at, seller))
}

// PauseOffersMandated pauses, at once, the published offers that an agent made
// of a producer's goods.
func (t *Tx) PauseOffersMandated(ctx context.Context, agent, producer uuid.UUID, reason string, at time.Time) ([]exchange.Offer, error) {
	return offersOf(t.q.OffersPauseByMandate(ctx, reason, at, agent, producer))
}

var offers = table{
	from: "offers", time: "created_at", id: "id", terms: "offer_terms x WHERE x.home = offers.home AND x.offer_id = offers.id",
	filters:     same("home", "seller_id", "seller_alliance_id", "seller_division", "origin", "state", "category", "reserved_for_id"),
	newest:      " AND home IN ('32', '61')",
	newestIndex: "offers_newest",
	leads: []lead{
		{index: "offers_reserved", columns: []string{"reserved_for_id"}, where: " AND reserved_for_id <> '" + uuid.Nil.String() + "'", except: uuid.Nil.String()},
		{index: "offers_seller_state", columns: []string{"seller_id", "state"}},
		{index: "offers_seller", columns: []string{"seller_id"}},
		{index: "offers_category", columns: []string{"seller_alliance_id", "state", "category"}},
		{index: "offers_alliance", columns: []string{"seller_alliance_id", "state"}},
		{index: "offers_alliance_all", columns: []string{"seller_alliance_id"}},
		{index: "offers_origin", columns: []string{"origin"}},
		{index: "offers_division", columns: []string{"seller_division"}},
	},
	codes: []string{"origin", "seller_division"},
}

// ListOffers lists offers, the newest first.
func (r Reader) ListOffers(ctx context.Context, l List) ([]exchange.Offer, error) {
	if len(l.Terms) > 0 {
		var err error
		if l.found, err = r.offersFound(ctx, l.Terms); err != nil || l.found.none() {
			return nil, err
		}
	}
	return list(ctx, r, offers, l, offerOf)
}

// OffersRelying lists published offers under a certificate or of a seller; the
// nil id stands for none.
func (r Reader) OffersRelying(ctx context.Context, certificate, seller uuid.UUID, limit int) ([]exchange.ID, error) {
	rows, err := r.q.OffersRelying(ctx, nullUUID(certificate), seller, int32(limit))
	return mapRows(rows, err, func(r db.OffersRelyingRow) exchange.ID { return exchange.ID{Home: r.Home, UUID: r.ID} })
}
