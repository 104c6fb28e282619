package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// runStanding does the job of a standing order's next run, in one transaction: the
// order, the row of the run and what the run leaves of the standing order. The row
// is locked first, so that of several servers one makes the run, and the others find
// it made. What a run is refused for is in its row; the next one comes as planned.
func runStanding(ctx context.Context, a *App, j exchange.Job) (time.Time, error) {
	id := exchange.ID{Home: j.Home, UUID: j.Subject}
	s, err := a.store.StandingOrder(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, err
	case !s.Live() || a.now().Before(s.Due()):
		return s.Due(), nil
	}
	offers, err := a.runsFrom(ctx, a.store.Reader, s)
	if err != nil {
		return time.Time{}, err
	}
	in := intent{action: authz.StandingRun, command: id, lanes: lanesOf(offers)}
	r, err := a.stepStanding(ctx, in, id, "", func(ctx context.Context, u *unit, s exchange.StandingOrder) (exchange.StandingOrder, []exchange.StandingRun, error) {
		s, runs, run, err := exchange.BeginRun(s, u.at)
		if err != nil || run == nil {
			return s, named(runs), err
		}
		made, err := u.makeRun(ctx, s, *run)
		if err != nil {
			return s, nil, err
		}
		return exchange.EndRun(s, made, u.at), named(append(runs, made)), nil
	})
	if fault.Is(err, fault.WrongState) {
		return a.now(), nil // it took another step since it was read: it is looked at again
	}
	return r.Value.Due(), err
}

// runsFrom are the offers that a run may order from: the one that is named, or the
// open ones of its seller's product.
func (a *App) runsFrom(ctx context.Context, r store.Reader, s exchange.StandingOrder) ([]exchange.Offer, error) {
	if s.Follow {
		return r.OpenOffersOf(ctx, s.ID.Home, s.Seller, s.Product, exchange.DayOf(a.now()), a.limits.StandingOffers)
	}
	offer, err := r.Offer(ctx, s.Offer)
	return []exchange.Offer{offer}, err
}

// lanesOf are the lanes of offers, in the order of their ids.
func lanesOf(offers []exchange.Offer) []string {
	lanes := make([]string, len(offers))
	for i, o := range offers {
		lanes[i] = o.ID.String()
	}
	slices.Sort(lanes)
	return lanes
}

// makeRun tries what a run may order, one after the other, until one is an order.
// Where none is, the run was refused for what the first was refused for.
func (u *unit) makeRun(ctx context.Context, s exchange.StandingOrder, run exchange.StandingRun) (exchange.StandingRun, error) {
	offers, err := u.app.runsFrom(ctx, u.Reader, s)
	if err != nil {
		return run, err
	}
	buyer, err := u.app.actingFor(ctx, s.Buyer, s.Person)
	if err != nil {
		return refusedRun(run, err)
	}
	attempts, err := s.Attempts(offers)
	if err != nil {
		return refusedRun(run, err)
	}
	var refused error
	for _, attempt := range attempts {
		got, err := u.buyAs(ctx, buyer, runPurchase(s, run, attempt))
		u.denied = nil // it is logged with the transaction
		if err != nil {
			return run, err
		}
		if got.Err == nil {
			return run.BecameOrder(got.Value), nil
		}
		if refused == nil {
			refused = got.Err
		}
		if !ofTheGoods(got.Err) {
			break
		}
	}
	return refusedRun(run, refused)
}

// runPurchase is the order that a run places.
func runPurchase(s exchange.StandingOrder, run exchange.StandingRun, attempt exchange.Attempt) purchase {
	p := purchase{
		PlaceOrder: PlaceOrder{
			Meta: Meta{RequestID: runID(exchange.Standing, s.ID.UUID, run.N)}, OfferID: attempt.Offer.String(), Quantity: attempt.Quantity,
			ConsigneeCode: s.Consignee, Reserve: s.Reserve, Purpose: s.Purpose, ReservePlanID: uuidText(s.ReservePlan),
		},
		way: exchange.Standing, wayID: s.ID.UUID,
		then: func(_ context.Context, _ *unit, o exchange.Order) error { return s.Takes(o) },
	}
	if s.DeliveryDays > 0 {
		p.DeliverBy = string(run.MadeOn.Plus(s.DeliveryDays))
	}
	p.command = p.PlaceOrder
	return p
}

// refusedRun is a run that was refused by a rule or by policy; another error is the
// transaction's.
func refusedRun(run exchange.StandingRun, why error) (exchange.StandingRun, error) {
	f, ok := fault.As(why)
	if !ok || (!own(why) && f.Code != fault.TokenInvalid) {
		return run, why
	}
	if len(f.Denials) > 0 {
		return run.Refused(f.Denials), nil
	}
	return run.Refused([]fault.Reason{f.Reason}), nil
}

// ofTheGoods says whether an order was refused for what it is of, so that another
// offer may do.
func ofTheGoods(err error) bool {
	f, ok := fault.As(err)
	return ok && !slices.ContainsFunc(append(slices.Clone(f.Denials), f.Reason), func(r fault.Reason) bool {
		return slices.Contains(ofTheBuyer, r.Code)
	})
}
