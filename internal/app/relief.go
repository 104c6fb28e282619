package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// DeclareRelief declares an offer for the relief zone of its seller's county.
type DeclareRelief struct {
	Meta
	OfferID, BeforeID string
	DaysOfStock       int
	From, Until       string
}

// AmendRelief changes a declaration. What is zero stays as it was.
type AmendRelief struct {
	Meta
	ID          string
	DaysOfStock int
	Until       string
}

// ListReliefs narrows a list of declarations.
type ListReliefs struct {
	Paging
	OfferID string
	InForce bool // today
}

// reliefAttributes are the fields by which policy says who sees a declaration.
func reliefAttributes(r exchange.Relief) map[string]any {
	return map[string]any{
		"home": r.ID.Home, "seller_id": r.Seller.String(), "seller_alliance_id": r.SellerAlliance.String(),
		"seller_division": r.SellerDivision, "origin": r.Origin, "category": string(r.Category),
	}
}

func (u *unit) reliefEvent(ctx context.Context, kind string, r exchange.Relief) error {
	return u.event(ctx, string(authz.Relief), kind, r.ID.UUID, r)
}

// declaration is what a step of a declaration would make of it and of its offer.
type declaration struct {
	kind  string
	ended *exchange.Relief // the one before; nil: none ended
	fresh *exchange.Relief // nil: none was opened
}

// last is what is answered.
func (d declaration) last() exchange.Relief {
	if d.fresh != nil {
		return *d.fresh
	}
	return *d.ended
}

// DeclareRelief opens a declaration. The offer is locked, as for orders: an order
// is placed before or after, never beside.
func (a *App) DeclareRelief(ctx context.Context, c DeclareRelief) (Result[exchange.Relief], error) {
	offer, err := exchange.ParseID("offer_id", c.OfferID)
	if err != nil {
		return Result[exchange.Relief]{}, err
	}
	in := intent{Meta: c.Meta, action: authz.ReliefDeclare, home: offer.Home, command: c, lanes: []string{offer.String()}}
	return a.writeRelief(ctx, in, func(ctx context.Context, u *unit) (authz.Question, declaration, error) {
		return u.loadDeclaration(ctx, offer, c)
	})
}

// AmendRelief ends a declaration and opens another one in its place.
func (a *App) AmendRelief(ctx context.Context, c AmendRelief) (Result[exchange.Relief], error) {
	return a.stepRelief(ctx, c.Meta, c.ID, authz.ReliefAmend, c, func(ctx context.Context, u *unit, id, offer exchange.ID) (authz.Question, declaration, error) {
		return u.loadAmendment(ctx, id, offer, c)
	})
}

// WithdrawRelief ends a declaration before its last day.
func (a *App) WithdrawRelief(ctx context.Context, c Step) (Result[exchange.Relief], error) {
	return a.stepRelief(ctx, c.Meta, c.ID, authz.ReliefWithdraw, c, func(ctx context.Context, u *unit, id, offer exchange.ID) (authz.Question, declaration, error) {
		return u.loadWithdrawal(ctx, id, offer, c.Reason)
	})
}

// stepRelief is what the steps of a declaration share.
func (a *App) stepRelief(ctx context.Context, meta Meta, text, action string, command any,
	load func(ctx context.Context, u *unit, id, offer exchange.ID) (authz.Question, declaration, error),
) (Result[exchange.Relief], error) {
	id, err := exchange.ParseID("id", text)
	if err != nil {
		return Result[exchange.Relief]{}, err
	}
	// Which offer it is of never changes, so it may be asked before the lane.
	known, err := found(a.store.Relief(ctx, id))("relief declaration", id)
	if err != nil {
		return Result[exchange.Relief]{}, err
	}
	in := intent{Meta: meta, action: action, home: id.Home, command: command, lanes: []string{known.Offer.String()}}
	return a.writeRelief(ctx, in, func(ctx context.Context, u *unit) (authz.Question, declaration, error) {
		return load(ctx, u, id, known.Offer)
	})
}

// writeRelief asks policy about a step, and takes it. Who may not take it is told
// so first; then what cannot be.
func (a *App) writeRelief(ctx context.Context, in intent,
	load func(ctx context.Context, u *unit) (authz.Question, declaration, error),
) (Result[exchange.Relief], error) {
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Relief, error) {
		q, d, wrong := load(ctx, u)
		if q.Seller == nil {
			return exchange.Relief{}, wrong
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.Relief{}, err
		}
		if wrong != nil {
			return exchange.Relief{}, wrong
		}
		return d.last().On(exchange.DayOf(u.at)), u.keepDeclaration(ctx, *q.Offer, d)
	})
}

// keepDeclaration queues what a step made of a declaration, of its offer, and the
// events of both.
func (u *unit) keepDeclaration(ctx context.Context, offer exchange.Offer, d declaration) error {
	var errs []error
	if d.ended != nil {
		errs = append(errs, u.EndRelief(ctx, *d.ended))
	}
	if d.fresh != nil {
		errs = append(errs, u.InsertRelief(ctx, *d.fresh))
	}
	offer = offer.DeclaredBy(d.last())
	errs = append(errs, u.NameRelief(ctx, offer), u.reliefEvent(ctx, d.kind, d.last()), u.offerEvent(ctx, "offer.relief", offer))
	return errors.Join(errs...)
}

// loadReliefOffer locks the offer of a declaration and reads its seller. An offer that
// the caller may not see does not exist for the caller.
func (u *unit) loadReliefOffer(ctx context.Context, id exchange.ID, action string) (authz.Question, error) {
	q := authz.Question{Action: action}
	offer, err := found(u.LockOffer(ctx, id))("offer", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Offer, offerAttributes(offer), id)
	}
	if err != nil {
		return q, err
	}
	seller, err := found(u.Member(ctx, offer.Seller))("member", offer.Seller)
	if err != nil {
		return q, err
	}
	q.Offer, q.Seller = &offer, &seller
	return q, nil
}

// loadDeclaration gathers the facts of a new declaration.
func (u *unit) loadDeclaration(ctx context.Context, id exchange.ID, c DeclareRelief) (q authz.Question, d declaration, err error) {
	if q, err = u.loadReliefOffer(ctx, id, authz.ReliefDeclare); err != nil {
		return q, d, err
	}
	n := exchange.NewRelief{ID: uuid.New(), DaysOfStock: c.DaysOfStock}
	if n.Span, err = span("from", c.From, "until", c.Until); err != nil {
		return q, d, err
	}
	if n.Before, n.BeforeDays, err = u.offerBefore(ctx, c.BeforeID, *q.Offer); err != nil {
		return q, d, err
	}
	var last *exchange.Relief
	if q.Offer.Relief != uuid.Nil {
		named, err := u.lockRelief(ctx, exchange.ID{Home: id.Home, UUID: q.Offer.Relief})
		if err != nil {
			return q, d, err
		}
		last = &named
	}
	fresh, over, err := exchange.DeclareRelief(n, *q.Offer, last, u.at)
	if err == nil {
		q.Relief = &fresh
	}
	return q, declaration{kind: "relief.declared", ended: over, fresh: &fresh}, err
}

// offerBefore reads the earlier offer that a declaration compares with, and for how
// many days it was published before the offer was made.
func (u *unit) offerBefore(ctx context.Context, text string, offer exchange.Offer) (exchange.Offer, int, error) {
	id, err := exchange.ParseID("before_offer_id", text)
	if err != nil {
		return exchange.Offer{}, 0, err
	}
	before, err := found(u.Offer(ctx, id))("offer", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Offer, offerAttributes(before), id)
	}
	if err != nil {
		return exchange.Offer{}, 0, err
	}
	// Days that later events would add are not counted: what is said of a price that
	// changed often is less than it was.
	events, err := u.EventsOf(ctx, id, store.EventKey{}, u.app.limits.ReliefEvents)
	if err != nil {
		return before, 0, err
	}
	var history []exchange.OfferAt
	for _, e := range events {
		o, err := stateIn[exchange.Offer](e)
		if err != nil {
			return before, 0, err
		}
		history = append(history, exchange.OfferAt{At: e.At, State: o.State})
	}
	window := offer.CreatedAt.AddDate(0, 0, -u.app.limits.ReliefDays)
	return before, exchange.DaysPublished(history, window, offer.CreatedAt), nil
}

// lockRelief reads a declaration that is going to end.
func (u *unit) lockRelief(ctx context.Context, id exchange.ID) (exchange.Relief, error) {
	lock := u.LockRelief
	if u.looking {
		lock = u.Relief
	}
	return found(lock(ctx, id))("relief declaration", id)
}

// loadRelief locks an offer and its declaration, in this order.
func (u *unit) loadRelief(ctx context.Context, id, offer exchange.ID, action string) (authz.Question, exchange.Relief, error) {
	q, err := u.loadReliefOffer(ctx, offer, action)
	if err != nil {
		return authz.Question{Action: action}, exchange.Relief{}, err
	}
	r, err := u.lockRelief(ctx, id)
	q.Relief = &r
	return q, r, err
}

func (u *unit) loadAmendment(ctx context.Context, id, offer exchange.ID, c AmendRelief) (authz.Question, declaration, error) {
	q, r, err := u.loadRelief(ctx, id, offer, authz.ReliefAmend)
	if err != nil {
		return q, declaration{}, err
	}
	until, err := day("until", c.Until)
	if err != nil {
		return q, declaration{}, err
	}
	old, fresh, err := exchange.AmendRelief(r, uuid.New(), c.DaysOfStock, until, *q.Offer, u.at)
	q.Relief = nil
	if err == nil {
		q.Relief = &fresh
	}
	return q, declaration{kind: "relief.amended", ended: &old, fresh: &fresh}, err
}

func (u *unit) loadWithdrawal(ctx context.Context, id, offer exchange.ID, reason string) (authz.Question, declaration, error) {
	q, r, err := u.loadRelief(ctx, id, offer, authz.ReliefWithdraw)
	if err != nil {
		return q, declaration{}, err
	}
	ended, err := exchange.WithdrawRelief(r, reason, u.at)
	return q, declaration{kind: "relief.withdrawn", ended: &ended}, err
}

// endRelief ends the declaration of an offer that ends.
func (u *unit) endRelief(ctx context.Context, o exchange.Offer) (exchange.Offer, error) {
	if o.Relief == uuid.Nil {
		return o, nil
	}
	r, err := u.lockRelief(ctx, exchange.ID{Home: o.ID.Home, UUID: o.Relief})
	if err != nil {
		return o, err
	}
	r = exchange.EndRelief(r, "its offer has ended", u.at)
	o = o.DeclaredBy(r)
	return o, errors.Join(u.EndRelief(ctx, r), u.NameRelief(ctx, o), u.reliefEvent(ctx, "relief.withdrawn", r))
}

// GetRelief reads a declaration that the caller may see.
func (a *App) GetRelief(ctx context.Context, id string) (exchange.Relief, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return exchange.Relief{}, err
	}
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return exchange.Relief{}, err
	}
	r, err := found(a.store.Relief(ctx, key))("relief declaration", key)
	if err == nil {
		err = a.visible(ctx, p, authz.Relief, reliefAttributes(r), key)
	}
	if err != nil {
		return exchange.Relief{}, err
	}
	return r.On(exchange.DayOf(a.now())), nil
}

// ListReliefs lists the declarations that the caller may see, the newest first.
func (a *App) ListReliefs(ctx context.Context, c ListReliefs) (Page[exchange.Relief], error) {
	narrow := store.Narrow{}
	if c.OfferID != "" {
		offer, err := exchange.ParseID("offer_id", c.OfferID)
		if err != nil {
			return Page[exchange.Relief]{}, err
		}
		narrow["home"], narrow["offer_id"] = offer.Home, offer.UUID.String()
	}
	today := exchange.DayOf(a.now())
	if c.InForce {
		narrow["state"] = string(exchange.ReliefOpen)
		c.Also = []exchange.Condition{
			{Op: exchange.OpLte, Field: "first_day", Values: []any{string(today)}},
			{Op: exchange.OpGte, Field: "last_day", Values: []any{string(today)}},
		}
	}
	page, err := list(ctx, a, authz.Relief, c.Paging, narrow, a.store.ListReliefs, func(r exchange.Relief) store.Key {
		return store.Key{At: r.OpenedAt, ID: r.ID.UUID}
	})
	for i, r := range page.Items {
		page.Items[i] = r.On(today)
	}
	return page, err
}

// WatchReliefs sends the changes of declarations that the caller may see.
func (a *App) WatchReliefs(ctx context.Context, position string, send func(Watched[exchange.Relief]) error) error {
	return watch(ctx, a, authz.Relief, position, reliefAttributes, nil, send)
}

// ReliefZones are the figures of the relief zones.
type ReliefZones struct {
	From, Until string
	Province    bool // zones are provinces, not counties
}

// ReliefFigures are the figures of a span of days.
type ReliefFigures struct {
	Span  exchange.Span
	Zones []exchange.ReliefZone
}

// ReliefZones adds up what the caller may see of declarations and of their orders.
func (a *App) ReliefZones(ctx context.Context, c ReliefZones) (ReliefFigures, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return ReliefFigures{}, err
	}
	now := a.now()
	today := exchange.DayOf(now)
	of, err := span("from", c.From, "until", c.Until)
	if err != nil {
		return ReliefFigures{}, err
	}
	of.To = cmp.Or(of.To, today)
	of.From = cmp.Or(of.From, exchange.Day(fmt.Sprintf("%04d-01-01", of.To.Year())))
	q := store.ReliefZones{Span: of, Today: today, Province: c.Province}
	if q.Seen, err = a.policy.Filter(ctx, authz.Relief, p, now); err != nil {
		return ReliefFigures{}, err
	}
	if q.SeenOf, err = a.policy.Filter(ctx, authz.Order, p, now); err != nil {
		return ReliefFigures{}, err
	}
	zones, err := a.store.ReliefZones(ctx, q)
	return ReliefFigures{Span: of, Zones: zones}, err
}

// reliefFirst says as of when the caller's list of offers has the relief zone first;
// zero: it has not. The pages of a list agree with the first one. That is as of so
// long ago that no declaration is on its way any more, on whichever server.
func (a *App) reliefFirst(ctx context.Context, token string) (time.Time, error) {
	if token != "" {
		return zoneIn(token), nil
	}
	p, err := PrincipalOf(ctx)
	if err != nil {
		return time.Time{}, err
	}
	first, err := a.policy.Filter(ctx, authz.ReliefFirst, p, a.now())
	if _, all := first.(exchange.AllowAll); err != nil || !all {
		return time.Time{}, err
	}
	return a.now().Add(-a.limits.WatchOverlap).Truncate(time.Microsecond), nil
}

// listZoned lists offers, those in the relief zone first.
func (a *App) listZoned(ctx context.Context, paging Paging, narrow store.Narrow, zone time.Time) (Page[exchange.Offer], error) {
	query := func(ctx context.Context, l store.List) ([]store.ZonedOffer, error) {
		l.Zone = zone
		return a.store.ListOffersZoned(ctx, l)
	}
	page, err := list(ctx, a, authz.Offer, paging, narrow, query, func(o store.ZonedOffer) store.Key {
		return store.Key{At: o.CreatedAt, ID: o.ID.UUID, Zone: zone, Rest: o.Rest}
	})
	offers := make([]exchange.Offer, len(page.Items))
	for i, o := range page.Items {
		offers[i] = o.Offer
	}
	return Page[exchange.Offer]{Items: offers, Next: page.Next}, err
}

// explainDeclaration asks about declaring an offer.
func explainDeclaration(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("offer_id", c.OfferID)
	if err != nil {
		return authz.Question{}, err
	}
	q, _, err := u.loadDeclaration(ctx, id, DeclareRelief{BeforeID: c.BeforeID, DaysOfStock: c.DaysOfStock, Until: c.Until})
	return q, err
}

// explainRelief asks about amending or withdrawing a declaration that the caller may
// see.
func explainRelief(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("relief_id", c.ReliefID)
	if err != nil {
		return authz.Question{}, err
	}
	known, err := found(u.Relief(ctx, id))("relief declaration", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Relief, reliefAttributes(known), id)
	}
	if err != nil {
		return authz.Question{}, err
	}
	if c.Action == authz.ReliefAmend {
		q, _, err := u.loadAmendment(ctx, id, known.Offer, AmendRelief{DaysOfStock: c.DaysOfStock, Until: c.Until})
		return q, err
	}
	q, _, err := u.loadWithdrawal(ctx, id, known.Offer, "")
	return q, err
}
