package app

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// CreateOffer drafts an offer of the caller's member.
func (a *App) CreateOffer(ctx context.Context, c CreateOffer) (Result[exchange.Offer], error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return Result[exchange.Offer]{}, err
	}
	product, err := exchange.ParseUUID("product_id", c.ProductID)
	if err != nil {
		return Result[exchange.Offer]{}, err
	}
	certificate, err := optionalUUID("certificate_id", c.CertificateID)
	if err != nil {
		return Result[exchange.Offer]{}, err
	}
	season, err := span("season_from", c.SeasonFrom, "season_to", c.SeasonTo)
	if err != nil {
		return Result[exchange.Offer]{}, err
	}
	// The offer's home is its seller's province, which is the caller's own.
	in := intent{Meta: c.Meta, action: authz.OfferCreate, home: homeOf(p), command: c}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Offer, error) {
		q := authz.Question{Action: authz.OfferCreate}
		if err := u.loadGoods(ctx, &q, product, certificate, u.principal.Member); err != nil {
			return exchange.Offer{}, err
		}
		if err := u.loadNewLot(ctx, &q, c.LotID); err != nil {
			return exchange.Offer{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.Offer{}, err
		}
		offer, err := exchange.DraftOffer(exchange.NewOffer{
			ID: uuid.New(), Seller: *q.Seller, Product: *q.Product, Certificate: q.Certificate, Lot: q.Lot,
			Quantity: c.Quantity, MOQ: c.MOQQuantity, PriceBasis: c.PriceBasis, PriceFen: c.PriceFen,
			Season: season, LeadDays: c.LeadDays, AutoConfirm: c.AutoConfirm,
		}, u.at)
		if err != nil {
			return offer, err
		}
		return offer, errors.Join(u.InsertOffer(ctx, offer), u.offerEvent(ctx, "offer.created", offer))
	})
}

// loadGoods reads what policy needs to know of goods and their seller, within
// the transaction.
func (u *unit) loadGoods(ctx context.Context, q *authz.Question, product, certificate uuid.UUID, seller *exchange.Member) error {
	p, err := found(u.Product(ctx, product))("product", product)
	if err != nil {
		return err
	}
	q.Product = &p
	origin, err := found(u.Division(ctx, p.Origin))("division", p.Origin)
	if err != nil {
		return err
	}
	q.Origin = &origin
	if certificate != uuid.Nil {
		c, err := found(u.Certificate(ctx, certificate))("certificate", certificate)
		if err != nil {
			return err
		}
		q.Certificate = &c
	}
	if seller == nil {
		return nil // policy says NOT_MEMBER
	}
	return u.loadSeller(ctx, q, seller.ID)
}

// loadOffered reads what policy needs to know of an offer's goods, their lot and
// their seller.
func (u *unit) loadOffered(ctx context.Context, q *authz.Question, o exchange.Offer) error {
	if err := u.loadGoods(ctx, q, o.Product, o.Certificate, &exchange.Member{ID: o.Seller}); err != nil || o.Lot == uuid.Nil {
		return err
	}
	id := exchange.ID{Home: o.ID.Home, UUID: o.Lot}
	l, err := found(u.HoldLot(ctx, id))("lot", id)
	q.Lot = &l
	return err
}

func (u *unit) loadSeller(ctx context.Context, q *authz.Question, seller uuid.UUID) error {
	m, err := found(u.Member(ctx, seller))("member", seller)
	if err != nil {
		return err
	}
	alliance, err := found(u.Alliance(ctx, m.Alliance))("alliance", m.Alliance)
	if err != nil {
		return err
	}
	q.Seller, q.SellerAlliance = &m, &alliance
	if q.Product == nil || q.Product.Producer == m.ID {
		return nil
	}
	mandate, err := u.BestMandate(ctx, m.ID, q.Product.Producer, exchange.DayOf(u.at))
	if errors.Is(err, store.ErrNotFound) {
		return nil // policy says AGENT_NO_MANDATE
	}
	q.Mandate = &mandate
	return err
}

// PublishOffer makes a draft visible and takes its capacity.
func (a *App) PublishOffer(ctx context.Context, c StepOffer) (Result[exchange.Offer], error) {
	return a.stepOffer(ctx, c, authz.OfferPublish, func(ctx context.Context, u *unit, q authz.Question) (exchange.Offer, error) {
		offer, capacity, err := exchange.PublishOffer(*q.Offer, q.Capacity, u.at)
		if err != nil || capacity == nil {
			return offer, err
		}
		return offer, u.UpdateCapacity(ctx, *capacity)
	})
}

// ResumeOffer publishes a paused offer again, if policy still allows it.
func (a *App) ResumeOffer(ctx context.Context, c StepOffer) (Result[exchange.Offer], error) {
	return a.stepOffer(ctx, c, authz.OfferResume, func(_ context.Context, u *unit, q authz.Question) (exchange.Offer, error) {
		return exchange.ResumeOffer(*q.Offer, u.at)
	})
}

// PauseOffer hides an offer from new orders.
func (a *App) PauseOffer(ctx context.Context, c StepOffer) (Result[exchange.Offer], error) {
	return a.stepOffer(ctx, c, authz.OfferPause, func(_ context.Context, u *unit, q authz.Question) (exchange.Offer, error) {
		if err := exchange.MayBeStopped(*q.Offer); err != nil {
			return *q.Offer, err
		}
		return exchange.PauseOffer(*q.Offer, c.Reason, u.at)
	})
}

// WithdrawOffer ends an offer and gives the unsold part back.
func (a *App) WithdrawOffer(ctx context.Context, c StepOffer) (Result[exchange.Offer], error) {
	return a.stepOffer(ctx, c, authz.OfferWithdraw, func(ctx context.Context, u *unit, q authz.Question) (exchange.Offer, error) {
		if err := exchange.MayBeStopped(*q.Offer); err != nil {
			return *q.Offer, err
		}
		return u.endOffer(ctx, q, exchange.OfferWithdrawn, c.Reason)
	})
}

func (u *unit) endOffer(ctx context.Context, q authz.Question, to exchange.OfferState, reason string) (exchange.Offer, error) {
	offer, capacity, err := exchange.EndOffer(*q.Offer, q.Capacity, to, reason, u.at)
	if err != nil {
		return offer, err
	}
	if offer, err = u.endRelief(ctx, offer); err != nil || capacity == nil {
		return offer, err
	}
	return offer, u.UpdateCapacity(ctx, *capacity)
}

// offerEvents are the kinds of event by action.
var offerEvents = map[string]string{
	authz.OfferPublish: "offer.published", authz.OfferResume: "offer.resumed", authz.OfferPause: "offer.paused",
	authz.OfferWithdraw: "offer.withdrawn", authz.OfferExpire: "offer.expired",
}

// stepOffer is what every step of an offer shares.
func (a *App) stepOffer(ctx context.Context, c StepOffer, action string,
	step func(ctx context.Context, u *unit, q authz.Question) (exchange.Offer, error),
) (Result[exchange.Offer], error) {
	id, err := exchange.ParseID("id", c.ID)
	if err != nil {
		return Result[exchange.Offer]{}, err
	}
	in := intent{Meta: c.Meta, action: action, home: id.Home, command: c, lanes: []string{id.String()}}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Offer, error) {
		q, err := u.loadOffer(ctx, id, action)
		if err != nil {
			return exchange.Offer{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.Offer{}, err
		}
		offer, err := step(ctx, u, q)
		if err != nil {
			return offer, err
		}
		return offer, errors.Join(u.UpdateOffer(ctx, offer), u.offerEvent(ctx, offerEvents[action], offer))
	})
}

// loadOffer reads an offer that is going to be changed, and the facts about it.
// An offer that the caller may not see does not exist for the caller.
func (u *unit) loadOffer(ctx context.Context, id exchange.ID, action string) (authz.Question, error) {
	q := authz.Question{Action: action}
	offer, err := found(u.LockOffer(ctx, id))("offer", id)
	if err != nil {
		return q, err
	}
	if err := u.app.visible(ctx, u.principal, authz.Offer, offerAttributes(offer), id); err != nil {
		return q, err
	}
	q.Offer = &offer
	if err := u.loadOffered(ctx, &q, offer); err != nil {
		return q, err
	}
	return q, u.loadCapacity(ctx, &q)
}

// loadCapacity locks the capacity that an offer takes from or gives back to.
// The first offer of a year opens that year's capacity.
func (u *unit) loadCapacity(ctx context.Context, q *authz.Question) error {
	if q.Certificate == nil {
		return nil
	}
	year, first := q.Offer.CapacityYear, false
	if year == 0 {
		year, first = exchange.DayOf(u.at).Year(), true
	}
	capacity, err := u.openCapacity(ctx, q.Offer.ID.Home, *q.Certificate, year, first)
	q.Capacity = &capacity
	return err
}

// offerAttributes are the fields by which policy says who sees an offer.
func offerAttributes(o exchange.Offer) map[string]any {
	return map[string]any{
		"home": o.ID.Home, "seller_id": o.Seller.String(), "seller_alliance_id": o.SellerAlliance.String(),
		"seller_division": o.SellerDivision, "origin": o.Origin, "state": string(o.State), "category": string(o.Category),
		"reserved_for_id": o.ReservedFor.String(),
	}
}

func (u *unit) offerEvent(ctx context.Context, kind string, o exchange.Offer) error {
	return u.event(ctx, "offer", kind, o.ID.UUID, o)
}

// visible answers not-found for a row that the principal may not see.
func (a *App) visible(ctx context.Context, p exchange.Principal, noun authz.Noun, row map[string]any, id any) error {
	ok, err := a.policy.Visible(ctx, noun, p, a.now(), row)
	if err == nil && !ok {
		err = fault.New(fault.ResourceNotFound, "noun", noun, "id", id)
	}
	return err
}

// GetOffer reads an offer that the caller may see.
func (a *App) GetOffer(ctx context.Context, id string) (exchange.Offer, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return exchange.Offer{}, err
	}
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return exchange.Offer{}, err
	}
	offer, err := found(a.store.Offer(ctx, key))("offer", key)
	if err != nil {
		return offer, err
	}
	if err := a.visible(ctx, p, authz.Offer, offerAttributes(offer), key); err != nil {
		return exchange.Offer{}, err
	}
	return offer, nil
}

// ListOffers lists the offers that the caller may see, the newest first; where policy
// says so of the caller, those in the relief zone before the others.
func (a *App) ListOffers(ctx context.Context, c ListOffers) (Page[exchange.Offer], error) {
	seller, err := optionalUUID("seller_member_id", c.SellerMemberID)
	if err != nil {
		return Page[exchange.Offer]{}, err
	}
	terms, err := exchange.QueryTerms("query", c.Query)
	if err != nil {
		return Page[exchange.Offer]{}, err
	}
	narrow := store.Narrow{
		"state": string(c.State), "category": string(c.Category), "origin": c.OriginCode, "seller_id": uuidText(seller),
	}
	c.Terms = terms
	zone, err := a.reliefFirst(ctx, c.Token)
	if err != nil {
		return Page[exchange.Offer]{}, err
	}
	if !zone.IsZero() {
		return a.listZoned(ctx, c.Paging, narrow, zone)
	}
	return list(ctx, a, authz.Offer, c.Paging, narrow, a.store.ListOffers, func(o exchange.Offer) store.Key {
		return store.Key{At: o.CreatedAt, ID: o.ID.UUID}
	})
}
