package app

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// SetStanding sets a standing order for the caller's member.
type SetStanding struct {
	Meta
	OfferID             string
	Follow, TakeShort   bool
	Quantity            int64
	ConsigneeCode       string
	DeliveryDays        int
	Reserve             bool
	Purpose             exchange.Purpose
	ReservePlanID       string
	Recurrence          exchange.Recurrence
	FirstRun, Until     string
	CapQuantity, CapFen int64
}

// AmendStanding changes what is still to come of a standing order. What is zero
// stays as it is.
type AmendStanding struct {
	Meta
	ID, OfferID         string
	Quantity            int64
	Until               string
	CapQuantity, CapFen int64
	Recurrence          *exchange.Recurrence
}

// ListStandings narrows a list of standing orders.
type ListStandings struct {
	Paging
	State exchange.StandingState
}

// ListRuns narrows a list of runs of standing orders.
type ListRuns struct {
	Paging
	StandingID string
	State      exchange.RunState
}

// standingAttributes are the fields by which policy says who sees a standing order.
func standingAttributes(s exchange.StandingOrder) map[string]any {
	return map[string]any{"buyer_id": s.Buyer.String(), "buyer_alliance_id": s.BuyerAlliance.String(), "state": string(s.State)}
}

// runAttributes are the fields by which policy says who sees a run.
func runAttributes(r exchange.StandingRun) map[string]any {
	return map[string]any{"buyer_id": r.Buyer.String(), "buyer_alliance_id": r.BuyerAlliance.String(), "state": string(r.State)}
}

func (u *unit) standingEvent(ctx context.Context, kind string, s exchange.StandingOrder) error {
	return u.event(ctx, string(authz.Standing), kind, s.ID.UUID, s)
}

func (a *App) standingBounds() exchange.StandingBounds {
	return exchange.StandingBounds{Days: a.limits.StandingDays, Runs: a.limits.StandingRuns}
}

func (a *App) standingJob(s exchange.StandingOrder) exchange.Job {
	return exchange.Job{Home: s.ID.Home, Kind: exchange.RunStanding, Subject: s.ID.UUID, Due: s.Due()}
}

// SetStanding sets a standing order on an offer that the caller may see. The job
// that makes its runs is made with it.
func (a *App) SetStanding(ctx context.Context, c SetStanding) (Result[exchange.StandingOrder], error) {
	id, err := exchange.ParseID("offer_id", c.OfferID)
	if err != nil {
		return Result[exchange.StandingOrder]{}, err
	}
	terms, err := c.terms()
	if err != nil {
		return Result[exchange.StandingOrder]{}, err
	}
	in := intent{Meta: c.Meta, action: authz.StandingSet, home: id.Home, command: c}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.StandingOrder, error) {
		q, err := u.loadNewStanding(ctx, id)
		if err != nil {
			return exchange.StandingOrder{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.StandingOrder{}, err
		}
		if err := u.loadReserve(ctx, &q, c.ReservePlanID); err != nil {
			return exchange.StandingOrder{}, err
		}
		terms.Person = u.principal.Person()
		s, err := exchange.SetStanding(terms, *q.Offer, *q.Buyer, a.standingBounds(), u.at)
		if err != nil {
			return s, err
		}
		if err := u.checkConsignee(ctx, s.Consignee); err != nil {
			return s, err
		}
		return s, errors.Join(u.InsertStandingOrder(ctx, s), u.standingEvent(ctx, "standing.set", s), u.InsertJob(ctx, a.standingJob(s)))
	})
}

// terms are what each run orders, and when.
func (c SetStanding) terms() (exchange.StandingOrder, error) {
	s := exchange.StandingOrder{
		Follow: c.Follow, TakeShort: c.TakeShort, Quantity: c.Quantity, Consignee: c.ConsigneeCode, DeliveryDays: c.DeliveryDays,
		Reserve: c.Reserve, Purpose: c.Purpose, Recurrence: c.Recurrence, CapQuantity: c.CapQuantity, CapFen: c.CapFen,
	}
	var err error
	if s.ReservePlan, err = optionalUUID("reserve_plan_id", c.ReservePlanID); err != nil {
		return s, err
	}
	s.Span, err = span("first_run", c.FirstRun, "until", c.Until)
	return s, err
}

// loadNewStanding reads the facts of a standing order that is set.
func (u *unit) loadNewStanding(ctx context.Context, id exchange.ID) (authz.Question, error) {
	q := authz.Question{Action: authz.StandingSet}
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

// GetStanding reads a standing order that the caller may see.
func (a *App) GetStanding(ctx context.Context, id string) (exchange.StandingOrder, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return exchange.StandingOrder{}, err
	}
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return exchange.StandingOrder{}, err
	}
	s, err := found(a.store.StandingOrder(ctx, key))("standing order", key)
	if err == nil {
		err = a.visible(ctx, p, authz.Standing, standingAttributes(s), key)
	}
	if err != nil {
		return exchange.StandingOrder{}, err
	}
	return s, nil
}

// ListStandings lists the standing orders that the caller may see, the newest first.
func (a *App) ListStandings(ctx context.Context, c ListStandings) (Page[exchange.StandingOrder], error) {
	narrow := store.Narrow{"state": string(c.State)}
	return list(ctx, a, authz.Standing, c.Paging, narrow, a.store.ListStandingOrders, func(s exchange.StandingOrder) store.Key {
		return store.Key{At: s.CreatedAt, ID: s.ID.UUID}
	})
}

// ListRuns lists the runs of standing orders that the caller may see, the latest
// first.
func (a *App) ListRuns(ctx context.Context, c ListRuns) (Page[exchange.StandingRun], error) {
	narrow := store.Narrow{"state": string(c.State)}
	if c.StandingID != "" {
		s, err := exchange.ParseID("standing_order_id", c.StandingID)
		if err != nil {
			return Page[exchange.StandingRun]{}, err
		}
		narrow["home"], narrow["standing_id"] = s.Home, s.UUID.String()
	}
	return list(ctx, a, authz.Run, c.Paging, narrow, a.store.ListStandingRuns, func(r exchange.StandingRun) store.Key {
		return store.Key{At: r.CreatedAt, ID: r.ID}
	})
}

// WatchRuns sends the runs of standing orders that the caller may see.
func (a *App) WatchRuns(ctx context.Context, position string, send func(Watched[exchange.StandingRun]) error) error {
	return watch(ctx, a, authz.Run, position, runAttributes, nil, send)
}

// stepStanding is what the steps of a standing order share. The step gives the
// runs that it made or missed with it.
func (a *App) stepStanding(ctx context.Context, in intent, id exchange.ID, kind string,
	step func(ctx context.Context, u *unit, s exchange.StandingOrder) (exchange.StandingOrder, []exchange.StandingRun, error),
) (Result[exchange.StandingOrder], error) {
	in.home = id.Home
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.StandingOrder, error) {
		q, err := u.lockStanding(ctx, id, in.action)
		if err != nil {
			return exchange.StandingOrder{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.StandingOrder{}, err
		}
		s, runs, err := step(ctx, u, *q.Standing)
		if err != nil {
			return s, err
		}
		return s, u.keepStanding(ctx, kind, *q.Standing, s, runs)
	})
}

// keepStanding queues a standing order as a step left it, with its runs. It tells
// of its end, and of a step that somebody took.
func (u *unit) keepStanding(ctx context.Context, kind string, before, s exchange.StandingOrder, runs []exchange.StandingRun) error {
	errs := []error{u.UpdateStandingOrder(ctx, s)}
	for _, r := range runs {
		errs = append(errs, u.InsertStandingRun(ctx, r), u.event(ctx, string(authz.Run), "standing."+strings.ToLower(string(r.State)), r.ID, r))
	}
	if s.State == exchange.StandingEnded && before.State != s.State {
		kind = "standing.ended"
	}
	if kind != "" {
		errs = append(errs, u.standingEvent(ctx, kind, s))
	}
	return errors.Join(errs...)
}

// named are runs with their ids: a run that is made again has the same.
func named(runs []exchange.StandingRun) []exchange.StandingRun {
	for i, r := range runs {
		runs[i].ID = uuid.MustParse(runID(exchange.Standing, r.Standing.UUID, r.N))
	}
	return runs
}

// lockStanding reads a standing order that is going to be changed, and the facts
// about it. One that the caller may not see does not exist for the caller.
func (u *unit) lockStanding(ctx context.Context, id exchange.ID, action string) (authz.Question, error) {
	lock := u.LockStandingOrder
	if u.looking {
		lock = u.StandingOrder
	}
	s, err := found(lock(ctx, id))("standing order", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Standing, standingAttributes(s), id)
	}
	if err != nil {
		return authz.Question{}, err
	}
	buyer, err := found(u.Member(ctx, s.Buyer))("member", s.Buyer)
	return authz.Question{Action: action, Standing: &s, Buyer: &buyer}, err
}

// AmendStanding changes what is still to come of a standing order.
func (a *App) AmendStanding(ctx context.Context, c AmendStanding) (Result[exchange.StandingOrder], error) {
	id, err := exchange.ParseID("id", c.ID)
	if err != nil {
		return Result[exchange.StandingOrder]{}, err
	}
	changes := exchange.StandingChanges{Quantity: c.Quantity, CapQuantity: c.CapQuantity, CapFen: c.CapFen, Recurrence: c.Recurrence}
	if changes.Until, err = day("until", c.Until); err != nil {
		return Result[exchange.StandingOrder]{}, err
	}
	in := intent{Meta: c.Meta, action: authz.StandingAmend, command: c}
	return a.stepStanding(ctx, in, id, "standing.amended", func(ctx context.Context, u *unit, s exchange.StandingOrder) (exchange.StandingOrder, []exchange.StandingRun, error) {
		offer, err := u.Offer(ctx, s.Offer)
		if err != nil {
			return s, nil, err
		}
		if c.OfferID != "" {
			if offer, err = u.offerToName(ctx, c.OfferID); err != nil {
				return s, nil, err
			}
			changes.Offer = &offer
		}
		changes.Person = u.principal.Person()
		s, missed, err := exchange.AmendStanding(s, changes, offer, a.standingBounds(), u.at)
		if err != nil {
			return s, nil, err
		}
		return s, named(missed), u.MoveJob(ctx, a.standingJob(s))
	})
}

// offerToName reads an offer that the caller names and may see.
func (u *unit) offerToName(ctx context.Context, text string) (exchange.Offer, error) {
	id, err := exchange.ParseID("offer_id", text)
	if err != nil {
		return exchange.Offer{}, err
	}
	offer, err := found(u.Offer(ctx, id))("offer", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Offer, offerAttributes(offer), id)
	}
	return offer, err
}

// PauseStanding lets no run come until the standing order is resumed.
func (a *App) PauseStanding(ctx context.Context, c Step) (Result[exchange.StandingOrder], error) {
	id, err := exchange.ParseID("id", c.ID)
	if err != nil {
		return Result[exchange.StandingOrder]{}, err
	}
	in := intent{Meta: c.Meta, action: authz.StandingPause, command: c}
	return a.stepStanding(ctx, in, id, "standing.paused", func(ctx context.Context, u *unit, s exchange.StandingOrder) (exchange.StandingOrder, []exchange.StandingRun, error) {
		s, missed, err := exchange.PauseStanding(s, c.Reason, u.at)
		if err != nil {
			return s, nil, err
		}
		return s, named(missed), u.MoveJob(ctx, a.standingJob(s))
	})
}

// ResumeStanding lets runs come again, from today on.
func (a *App) ResumeStanding(ctx context.Context, c Step) (Result[exchange.StandingOrder], error) {
	id, err := exchange.ParseID("id", c.ID)
	if err != nil {
		return Result[exchange.StandingOrder]{}, err
	}
	in := intent{Meta: c.Meta, action: authz.StandingResume, command: c}
	return a.stepStanding(ctx, in, id, "standing.resumed", func(ctx context.Context, u *unit, s exchange.StandingOrder) (exchange.StandingOrder, []exchange.StandingRun, error) {
		s, err := exchange.ResumeStanding(s, u.at)
		if err != nil {
			return s, nil, err
		}
		return s, nil, u.MoveJob(ctx, a.standingJob(s))
	})
}

// CancelStanding ends a standing order. Its job finds nothing left to do.
func (a *App) CancelStanding(ctx context.Context, c Step) (Result[exchange.StandingOrder], error) {
	id, err := exchange.ParseID("id", c.ID)
	if err != nil {
		return Result[exchange.StandingOrder]{}, err
	}
	in := intent{Meta: c.Meta, action: authz.StandingCancel, command: c}
	return a.stepStanding(ctx, in, id, "standing.cancelled", func(_ context.Context, u *unit, s exchange.StandingOrder) (exchange.StandingOrder, []exchange.StandingRun, error) {
		s, missed, err := exchange.CancelStanding(s, c.Reason, u.at)
		return s, named(missed), err
	})
}

// explainNewStanding asks about a standing order on an offer.
func explainNewStanding(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("offer_id", c.OfferID)
	if err != nil {
		return authz.Question{}, err
	}
	return u.loadNewStanding(ctx, id)
}

func explainStanding(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("standing_order_id", c.StandingID)
	if err != nil {
		return authz.Question{}, err
	}
	return u.lockStanding(ctx, id, c.Action)
}
