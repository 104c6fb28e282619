package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// System is the exchange itself, acting on time alone.
func System() exchange.Principal { return exchange.Principal{Subject: "exchange", System: true} }

// work does one job and tells when it comes again; the zero time ends it. It may
// be called again for a job that it has done.
type work func(ctx context.Context, a *App, j exchange.Job) (next time.Time, err error)

// works are what the kinds of job do.
var works = map[exchange.JobKind]work{
	exchange.SweepOrders:       sweep((*App).ExpireOrders),
	exchange.SweepOffers:       sweep((*App).ExpireOffers),
	exchange.SweepCertificates: sweep((*App).ExpireCertificates),
	exchange.SweepDecisions:    sweep((*App).ForgetDecisions),
	exchange.ContractSeason:    endSeason,
	exchange.CloseDemands:      closeDemand,
	exchange.CloseGroups:       closeGroup,
	exchange.RunStanding:       runStanding,
}

// sweeps come again for ever. Their jobs are made by whichever server is first.
var sweeps = []exchange.JobKind{exchange.SweepOrders, exchange.SweepOffers, exchange.SweepCertificates, exchange.SweepDecisions}

// sweep makes a job of an expiry. Where there is more to do than it may do at
// once, it comes again without delay.
func sweep(expire func(*App, context.Context) (int, error)) work {
	return func(ctx context.Context, a *App, _ exchange.Job) (time.Time, error) {
		began := a.now()
		n, err := expire(a, ctx)
		if n >= a.limits.SweepBatch {
			return began, err
		}
		return began.Add(a.limits.DutyInterval), err
	}
}

// RunJobs does the jobs that are due until the context ends. Any number of
// servers may run it: a lease keeps them from each other's jobs, and each job
// checks the state that it changes in the transaction that changes it, so that
// nothing is done twice.
func (a *App) RunJobs(ctx context.Context) {
	tick := time.NewTicker(a.limits.JobPoll)
	defer tick.Stop()
	for {
		if err := a.DoJobs(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "a job failed; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// clockSkew is by how much the clocks of servers may differ.
const clockSkew = time.Minute

// jobRounds bounds how often one call of DoJobs looks for more.
const jobRounds = 100

// DoJobs does the jobs that are due now, as far as no other server is at them.
func (a *App) DoJobs(ctx context.Context) error {
	a.atJobs.Lock()
	defer a.atJobs.Unlock()
	ctx = WithPrincipal(ctx, System())
	if err := a.makeSweeps(ctx); err != nil {
		return err
	}
	var errs []error
	for range jobRounds {
		now := a.now()
		jobs, err := a.store.LeaseJobs(ctx, now, now.Add(a.limits.JobLease), a.limits.JobBatch)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		for _, j := range jobs {
			errs = append(errs, a.doJob(ctx, j))
		}
		if len(jobs) == 0 {
			break
		}
	}
	return errors.Join(errs...)
}

// makeSweeps makes the jobs of the sweeps where they are not there, once, and
// lets none wait longer than a sweep ever does: a server whose clock was wrong
// may have said so.
func (a *App) makeSweeps(ctx context.Context) error {
	if a.sweeping {
		now := a.now()
		return a.store.HurryJobs(ctx, sweeps, now, now.Add(a.limits.DutyInterval+clockSkew))
	}
	err := a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		var errs []error
		for _, kind := range sweeps {
			errs = append(errs, tx.InsertJob(ctx, exchange.Job{Home: exchange.Jiangsu, Kind: kind, Due: a.now()}))
		}
		return errors.Join(errs...)
	})
	a.sweeping = err == nil
	return err
}

// doJob does one job. One that fails is put off, for ever longer up to a limit:
// what is due stays due.
func (a *App) doJob(ctx context.Context, j exchange.Job) error {
	do, ok := works[j.Kind]
	if !ok {
		// A newer server has made it, and does it.
		return a.store.PutOffJob(ctx, j, a.now().Add(j.Pause()))
	}
	next, err := do(ctx, a, j)
	if err != nil {
		return errors.Join(fmt.Errorf("app: job %s %s: %w", j.Kind, j.Subject, err), a.store.PutOffJob(ctx, j, a.now().Add(j.Pause())))
	}
	return a.store.FinishJob(ctx, j, next)
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
