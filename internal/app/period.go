package app

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// closePoll is how often it is looked whether the sealer has sealed a period.
const closePoll = 50 * time.Millisecond

// ListPeriods narrows the list of periods.
type ListPeriods struct {
	Paging
	Year  int
	State exchange.PeriodState
}

// GetPeriod reads a period of the ledger. It says nothing about any trade:
// whoever has a token may have it.
func (a *App) GetPeriod(ctx context.Context, id string) (exchange.Period, error) {
	if _, err := PrincipalOf(ctx); err != nil {
		return exchange.Period{}, err
	}
	var p exchange.Period
	err := a.store.Read(ctx, func(ctx context.Context, r store.Reader) (err error) {
		p, _, err = periodOf(ctx, r, "id", id, a.Today())
		return err
	})
	return p, err
}

// periodOf reads a period of the ledger and the day on which the ledger began. A
// period that no step was taken with is open.
func periodOf(ctx context.Context, r store.Reader, field, id string, today exchange.Day) (exchange.Period, exchange.Day, error) {
	p, err := exchange.ParsePeriod(field, id)
	if err != nil {
		return p, "", err
	}
	began, err := firstDay(ctx, r)
	if err != nil {
		return p, began, err
	}
	if err := p.InTime(field, began, today); err != nil {
		return p, began, err
	}
	kept, err := r.Period(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return p, began, nil
	}
	return kept, began, err
}

// firstDay is the day on which the ledger began; empty: it has not.
func firstDay(ctx context.Context, r store.Reader) (exchange.Day, error) {
	first, err := r.LedgerBegan(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return exchange.DayOf(first), err
}

// ListPeriods lists the months and years of the ledger, the latest first, a year
// before its months.
func (a *App) ListPeriods(ctx context.Context, c ListPeriods) (Page[exchange.Period], error) {
	var page Page[exchange.Period]
	if _, err := PrincipalOf(ctx); err != nil {
		return page, err
	}
	size, err := a.pageSize(c.Size)
	if err != nil {
		return page, err
	}
	pin := pinOf("periods", store.Narrow{"year": strconv.Itoa(c.Year), "state": string(c.State)})
	after, err := readToken(c.Token, pin)
	if err != nil {
		return page, err
	}
	var all []exchange.Period
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		began, err := firstDay(ctx, r)
		if err != nil || began == "" {
			return err
		}
		all, err = kept(ctx, r, periodsSince(began, a.Today()))
		return err
	})
	if err != nil {
		return page, err
	}
	// A token has the place in the list from its beginning in time, so that what
	// is added at the other end moves nothing.
	end := len(all)
	if after != nil {
		end = min(max(after.Line, 0), end)
	}
	for i := end - 1; i >= 0; i-- {
		p := all[i]
		if (c.Year != 0 && p.Year() != c.Year) || (c.State != "" && p.State != c.State) {
			continue
		}
		if len(page.Items) == size {
			page.Next = writeToken(store.Key{Line: i + 1}, pin)
			break
		}
		page.Items = append(page.Items, p)
	}
	return page, nil
}

// periodsSince lists the periods from one day to another, the months of a year
// before it.
func periodsSince(began, today exchange.Day) []exchange.Period {
	var list []exchange.Period
	for y := exchange.YearOf(began); y.Days().From <= today; y = y.Next() {
		months := y.Months(began)
		list = append(list, slices.DeleteFunc(months, func(m exchange.Period) bool { return m.Days().From > today })...)
		list = append(list, y)
	}
	return list
}

// kept replaces periods by what is kept of them.
func kept(ctx context.Context, r store.Reader, list []exchange.Period) ([]exchange.Period, error) {
	ids := make([]string, len(list))
	for i, p := range list {
		ids[i] = p.ID
	}
	rows, err := r.Periods(ctx, ids)
	for _, p := range rows {
		list[slices.Index(ids, p.ID)] = p
	}
	return list, err
}

// SoftClosePeriod lets nothing more be dated into a period.
func (a *App) SoftClosePeriod(ctx context.Context, c Step) (Result[exchange.Period], error) {
	return a.stepPeriod(ctx, c, authz.PeriodSoftClose, "period.soft_closed", func(_ context.Context, u *unit, p exchange.Period, _ exchange.Day) (exchange.Period, error) {
		return exchange.SoftClosePeriod(p, u.principal.Person(), u.at)
	})
}

// ReopenPeriod undoes a soft close.
func (a *App) ReopenPeriod(ctx context.Context, c Step) (Result[exchange.Period], error) {
	return a.stepPeriod(ctx, c, authz.PeriodReopen, "period.reopened", func(_ context.Context, u *unit, p exchange.Period, _ exchange.Day) (exchange.Period, error) {
		return exchange.ReopenPeriod(p, c.Reason, u.at)
	})
}

// ClosePeriod freezes a period at the log's position. It waits a while for the
// sealer; what is not sealed then is an error.
func (a *App) ClosePeriod(ctx context.Context, c Step) (Result[exchange.Period], error) {
	r, err := a.closePeriod(ctx, c)
	if !fault.Is(err, fault.NotSealed) {
		return r, err
	}
	p, parseErr := exchange.ParsePeriod("id", c.ID)
	if parseErr != nil {
		return r, parseErr
	}
	if err := a.waitSealed(ctx, p.End()); err != nil {
		return r, err
	}
	return a.closePeriod(ctx, c)
}

func (a *App) closePeriod(ctx context.Context, c Step) (Result[exchange.Period], error) {
	return a.stepPeriod(ctx, c, authz.PeriodClose, "period.closed", func(ctx context.Context, u *unit, p exchange.Period, began exchange.Day) (exchange.Period, error) {
		f := exchange.Freezing{By: u.principal.Person(), OnItsWay: a.limits.WatchOverlap}
		var err error
		if f.Before, err = kept(ctx, u.Reader, append(p.Since(began), p.Months(began)...)); err != nil {
			return p, err
		}
		closed, err := exchange.ClosePeriod(p, f, u.at)
		if err != nil {
			return p, err
		}
		closed.Position, closed.Checkpoint, err = u.sealedBefore(ctx, p)
		return closed, err
	})
}

// waitSealed waits until everything before an instant is sealed, for a while.
// Whether it is, the transaction that closes sees for itself.
func (a *App) waitSealed(ctx context.Context, before time.Time) error {
	for end := time.Now().Add(a.limits.CloseWait); time.Now().Before(end); {
		waits, err := a.store.UnsealedBefore(ctx, before)
		if err != nil || !waits {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(closePoll):
		}
	}
	return nil
}

// sealedBefore is the log's position once all of a period is in it.
func (u *unit) sealedBefore(ctx context.Context, p exchange.Period) (position int64, checkpoint string, err error) {
	waits, err := u.UnsealedBefore(ctx, p.End())
	if err != nil {
		return 0, "", err
	}
	if waits {
		return 0, "", notSealed(p)
	}
	last, err := u.LastCheckpoint(ctx)
	if errors.Is(err, store.ErrNotFound) {
		err = notSealed(p)
	}
	return last.Size, last.Note, err
}

func notSealed(p exchange.Period) error {
	e := fault.New(fault.NotSealed, "what", p.String())
	e.Retry = closePoll
	return e
}

// stepPeriod is what the steps of a period share.
func (a *App) stepPeriod(ctx context.Context, c Step, action, event string,
	step func(ctx context.Context, u *unit, p exchange.Period, began exchange.Day) (exchange.Period, error),
) (Result[exchange.Period], error) {
	in, err := directoryIntent(ctx, c.Meta, action, c)
	if err != nil {
		return Result[exchange.Period]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Period, error) {
		p, began, err := periodOf(ctx, u.Reader, "id", c.ID, exchange.DayOf(u.at))
		if err != nil {
			return p, err
		}
		d, err := u.decide(ctx, authz.Question{Action: action, Period: &p})
		if err != nil {
			return p, err
		}
		// The row, if there is one, is locked from here on.
		switch locked, err := u.LockPeriod(ctx, p.ID); {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return p, err
		default:
			p = locked
		}
		if p, err = step(ctx, u, p, began); err != nil {
			return p, err
		}
		p.PolicyRevision = d.Revision
		return p, errors.Join(u.SavePeriod(ctx, p), u.event(ctx, "period", event, p.Key(), p))
	})
}

// dated gives a change's ledger transactions the date of their fact. A day that
// is not given is today.
func (u *unit) dated(ctx context.Context, c exchange.Change, field, on string) (exchange.Change, error) {
	d, err := day(field, on)
	if err != nil || d == "" {
		return c, err
	}
	months, err := kept(ctx, u.Reader, []exchange.Period{exchange.MonthOf(d)})
	if err != nil {
		return c, err
	}
	date, err := exchange.DateFact(field, c.Order, d, months[0], u.at)
	if err != nil {
		return c, err
	}
	return c.Dated(date), nil
}

// adjusting marks a change whose fact is of a day of a closed month: it counts now,
// as an adjustment of that month. What the bank booked in a month that is still
// open counts when it is matched.
func (u *unit) adjusting(ctx context.Context, c exchange.Change, on exchange.Day) (exchange.Change, error) {
	months, err := kept(ctx, u.Reader, []exchange.Period{exchange.MonthOf(on)})
	if err != nil || months[0].State == exchange.PeriodOpen {
		return c, err
	}
	return c.Dated(exchange.FactDate{At: u.at, On: on, Adjusts: months[0].ID}), nil
}

func explainPeriod(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	p, _, err := periodOf(ctx, u.Reader, "period_id", c.PeriodID, exchange.DayOf(u.at))
	return authz.Question{Period: &p}, err
}
