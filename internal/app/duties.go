package app

import (
	"context"
	"errors"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// System is the exchange itself, acting on time alone.
func System() exchange.Principal { return exchange.Principal{Subject: "exchange", System: true} }

// RunDuties does what is due by time, every interval, until the context ends.
// Any number of servers may run it: each duty checks the state it changes in
// the transaction that changes it, so that nothing is done twice.
func (a *App) RunDuties(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if err := a.DoDuties(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "a timed duty failed; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// DoDuties does once what is due now.
func (a *App) DoDuties(ctx context.Context) error {
	ctx = WithPrincipal(ctx, System())
	_, orders := a.ExpireOrders(ctx)
	_, offers := a.ExpireOffers(ctx)
	_, certificates := a.ExpireCertificates(ctx)
	_, decisions := a.ForgetDecisions(ctx)
	return errors.Join(orders, offers, certificates, decisions)
}

// ExpireOrders ends placed orders whose hold has run out and gives their stock
// back. It tells how many.
func (a *App) ExpireOrders(ctx context.Context) (int, error) {
	due, err := a.store.OrdersPastHold(ctx, a.now(), a.limits.SweepBatch)
	if err != nil {
		return 0, err
	}
	return each(due, func(id exchange.ID) error {
		step := StepOrder{ID: id.String()}
		_, err := a.stepOrder(ctx, step.Meta, step.ID, step, authz.OrderExpire,
			func(_ context.Context, u *unit, q authz.Question) (exchange.Change, error) {
				return exchange.ExpireOrder(*q.Order, *q.Offer, u.at)
			})
		return err
	})
}

// ExpireOffers ends offers whose season is over and gives the unsold part back
// to the certificate. It tells how many.
func (a *App) ExpireOffers(ctx context.Context) (int, error) {
	due, err := a.store.OffersOverSeason(ctx, exchange.DayOf(a.now()), a.limits.SweepBatch)
	if err != nil {
		return 0, err
	}
	return each(due, func(id exchange.ID) error {
		_, err := a.stepOffer(ctx, StepOffer{ID: id.String()}, authz.OfferExpire,
			func(ctx context.Context, u *unit, q authz.Question) (exchange.Offer, error) {
				return u.endOffer(ctx, q, exchange.OfferExpired, "the season is over")
			})
		return err
	})
}

// each does a duty for every thing that is due. One that meanwhile took another
// step is no longer due; one that fails does not keep the others waiting.
func each[T any](due []T, do func(T) error) (int, error) {
	var errs []error
	done := 0
	for _, id := range due {
		switch err := do(id); {
		case err == nil:
			done++
		case !fault.Is(err, fault.WrongState):
			errs = append(errs, err)
		}
	}
	return done, errors.Join(errs...)
}
