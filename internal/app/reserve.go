package app

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// FileReserve files the reserve plan of the caller's unit for a year.
type FileReserve struct {
	Meta
	Year              int
	Canteen           exchange.Canteen
	BudgetFen, RateBP int64
	Covered, Buyers   []string // member ids
	Note              string
}

// ListReserves narrows a list of reserve plans.
type ListReserves struct {
	Paging
	Year  int
	State exchange.ReservePlanState
}

func (a *App) reserves() noun[exchange.ReservePlan] {
	return noun[exchange.ReservePlan]{authz.Reserve, a.store.ReservePlan, a.store.ListReservePlans, reserveAttributes,
		func(v exchange.ReservePlan) store.Key { return store.Key{At: v.CreatedAt, ID: v.ID} }}
}

// reserveAttributes are the fields by which policy says who sees a plan.
func reserveAttributes(v exchange.ReservePlan) map[string]any {
	return map[string]any{
		"unit_id": v.Unit.String(), "alliance_id": v.Alliance.String(), "unit_class": string(v.UnitClass), "division": v.Division,
	}
}

// FileReserve files a plan. A unit is in one plan of a year, its own or one that
// covers it.
func (a *App) FileReserve(ctx context.Context, c FileReserve) (Result[exchange.ReservePlan], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.ReserveFile, c)
	if err != nil {
		return Result[exchange.ReservePlan]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.ReservePlan, error) {
		q, err := u.proposeReserve(ctx, c)
		if err != nil {
			return exchange.ReservePlan{}, err
		}
		d, err := u.decide(ctx, q)
		if err != nil {
			return exchange.ReservePlan{}, err
		}
		p := *q.Reserve
		p.PolicyRevision = d.Revision
		if err := errors.Join(u.InsertReservePlan(ctx, p, exchange.AskConsents(p, u.at)), u.directoryEvent(ctx, "reserve.filed", authz.Reserve, p.ID, p)); err != nil {
			return p, err
		}
		return p, u.unique(ctx, "reserve plan", strconv.Itoa(p.Year))
	})
}

// proposeReserve gathers the facts of a filing and the plan that it would be.
// Who acts for no member has nothing to file; policy says so.
func (u *unit) proposeReserve(ctx context.Context, c FileReserve) (authz.Question, error) {
	q := authz.Question{Action: authz.ReserveFile}
	if u.principal.Member == nil {
		return q, nil
	}
	filing := exchange.ReserveFiling{Year: c.Year, Canteen: c.Canteen, BudgetFen: c.BudgetFen, RateBP: c.RateBP, Note: c.Note}
	var err error
	if filing.Unit, err = found(u.Member(ctx, u.principal.Member.ID))("member", u.principal.Member.ID); err != nil {
		return q, err
	}
	if filing.Covered, err = u.membersNamed(ctx, "covered_member_ids", c.Covered); err != nil {
		return q, err
	}
	if filing.Buyers, err = u.membersNamed(ctx, "buyer_member_ids", c.Buyers); err != nil {
		return q, err
	}
	plan, err := exchange.FileReserve(filing, u.at)
	if err != nil {
		return q, err
	}
	q.Buyer, q.Reserve = &filing.Unit, &plan
	return q, nil
}

func (u *unit) membersNamed(ctx context.Context, field string, ids []string) ([]exchange.Member, error) {
	var out []exchange.Member
	for _, id := range ids {
		m, err := target(ctx, u, u.app.members(), field, id, u.Member)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// GetReserve reads a plan that the caller may see.
func (a *App) GetReserve(ctx context.Context, id string) (exchange.ReservePlan, error) {
	return get(ctx, a, a.reserves(), id)
}

// ListReserves lists the plans that the caller may see, the newest first.
func (a *App) ListReserves(ctx context.Context, c ListReserves) (Page[exchange.ReservePlan], error) {
	narrow := store.Narrow{"state": string(c.State)}
	if c.Year != 0 {
		narrow["year"] = strconv.Itoa(c.Year)
	}
	return listOf(ctx, a, a.reserves(), c.Paging, narrow)
}

// WithdrawReserve takes a plan back.
func (a *App) WithdrawReserve(ctx context.Context, c Step) (Result[exchange.ReservePlan], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.ReserveWithdraw, c)
	if err != nil {
		return Result[exchange.ReservePlan]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.ReservePlan, error) {
		p, err := target(ctx, u, a.reserves(), "id", c.ID, u.LockReservePlan)
		if err != nil {
			return p, err
		}
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Reserve: &p}); err != nil {
			return p, err
		}
		if p, err = exchange.WithdrawReserve(p, c.Reason, u.at); err != nil {
			return p, err
		}
		return p, errors.Join(u.EndReservePlan(ctx, p), u.directoryEvent(ctx, "reserve.withdrawn", authz.Reserve, p.ID, p))
	})
}

// AnswerReserve is the consent of a unit that a plan covers, or its refusal.
type AnswerReserve struct {
	Meta
	ID, Reason string
	Consents   bool
}

// AnsweredReserve is a unit's word and the plan as it is with it.
type AnsweredReserve struct {
	Consent exchange.ReserveConsent
	Plan    exchange.ReservePlan
}

// AnswerReserve keeps what a unit says to the plan that covers it. One that
// consents while it is in another plan of the year is refused: a unit is in one.
func (a *App) AnswerReserve(ctx context.Context, c AnswerReserve) (Result[AnsweredReserve], error) {
	action, kind := authz.ReserveDecline, "reserve.declined"
	if c.Consents {
		action, kind = authz.ReserveConsent, "reserve.consented"
	}
	in, err := directoryIntent(ctx, c.Meta, action, c)
	if err != nil {
		return Result[AnsweredReserve]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (AnsweredReserve, error) {
		var v AnsweredReserve
		q, err := u.loadCovering(ctx, "id", c.ID, u.LockReservePlan)
		if err != nil {
			return v, err
		}
		q.Action = action
		if _, err := u.decide(ctx, q); err != nil {
			return v, err
		}
		v.Plan = *q.Reserve
		if v.Consent, err = found(u.LockReserveConsent(ctx, v.Plan, q.Buyer.ID))("reserve plan", v.Plan.ID); err != nil {
			return v, err
		}
		if v.Plan, v.Consent, err = exchange.AnswerConsent(v.Plan, v.Consent, c.Consents, c.Reason, u.at); err != nil {
			return v, err
		}
		err = errors.Join(u.UpdateReserveConsent(ctx, v.Plan, v.Consent), u.directoryEvent(ctx, kind, authz.Reserve, v.Plan.ID, v.Plan))
		if err != nil {
			return v, err
		}
		return v, u.unique(ctx, "reserve plan", strconv.Itoa(v.Plan.Year))
	})
}

// loadCovering reads a plan that the caller may see, or that covers its unit, and
// the caller's unit.
func (u *unit) loadCovering(ctx context.Context, field, id string,
	read func(context.Context, uuid.UUID) (exchange.ReservePlan, error),
) (authz.Question, error) {
	var q authz.Question
	key, err := exchange.ParseUUID(field, id)
	if err != nil {
		return q, err
	}
	plan, err := found(read(ctx, key))("reserve plan", key)
	if err != nil {
		return q, err
	}
	m := u.principal.Member
	if m == nil || !slices.Contains(plan.Covered, m.ID) {
		if err := u.app.visible(ctx, u.principal, authz.Reserve, reserveAttributes(plan), key); err != nil {
			return q, err
		}
	}
	q.Reserve = &plan
	if m == nil {
		return q, nil // policy says NOT_MEMBER
	}
	unit, err := found(u.Member(ctx, m.ID))("member", m.ID)
	q.Buyer = &unit
	return q, err
}

// ListReserveConsents narrows a list of what units said to plans.
type ListReserveConsents struct {
	Paging
	PlanID string
	State  exchange.ConsentState
}

// ListReserveConsents lists what units said to the plans that cover them: to the
// units themselves, and to whoever sees the plan.
func (a *App) ListReserveConsents(ctx context.Context, c ListReserveConsents) (Page[exchange.ReserveConsent], error) {
	plan, err := optionalUUID("reserve_plan_id", c.PlanID)
	if err != nil {
		return Page[exchange.ReserveConsent]{}, err
	}
	return list(ctx, a, authz.Consent, c.Paging, store.Narrow{"plan_id": uuidText(plan), "state": string(c.State)}, a.store.ListReserveConsents,
		func(v exchange.ReserveConsent) store.Key { return store.Key{At: v.AskedAt, ID: v.ID} })
}

// ReserveProgress adds up the ledger for a plan: its orders are those of its
// units and those placed on its account that policy let count.
func (a *App) ReserveProgress(ctx context.Context, id string) (exchange.ReserveProgress, error) {
	plan, err := a.GetReserve(ctx, id)
	if err != nil {
		return exchange.ReserveProgress{}, err
	}
	from := exchange.Day(strconv.Itoa(plan.Year) + "-01-01").Start()
	at := a.readAsOf(ctx)
	var out exchange.ReserveProgress
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		out, err = r.ReserveProgress(ctx, plan, from, from.In(exchange.China).AddDate(1, 0, 0))
		return err
	})
	out.AsOf = at
	return out, err
}

// loadReserve reads the plan that an order names. Policy says whether the buyer
// may name it.
func (u *unit) loadReserve(ctx context.Context, q *authz.Question, id string) error {
	if id == "" {
		return nil
	}
	key, err := exchange.ParseUUID("reserve_plan_id", id)
	if err != nil {
		return err
	}
	plan, err := found(u.ReservePlan(ctx, key))("reserve plan", key)
	if err != nil {
		return err
	}
	q.Reserve = &plan
	return plan.MayBuyOn(exchange.DayOf(u.at))
}

// planOf is the plan on whose account is bought; nil: none was named.
func planOf(q authz.Question) uuid.UUID {
	if q.Reserve == nil {
		return uuid.Nil
	}
	return q.Reserve.ID
}

// explainNewReserve asks about filing a plan for a shared or own canteen at the
// most that could be asked for: what is asked is who may file.
func explainNewReserve(ctx context.Context, u *unit, _ Explain) (authz.Question, error) {
	const everything = 10_000
	return u.proposeReserve(ctx, FileReserve{
		Year: exchange.DayOf(u.at).Year(), Canteen: exchange.OwnCanteen, BudgetFen: 1, RateBP: everything,
	})
}

func explainReserve(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	p, err := target(ctx, u, u.app.reserves(), "reserve_plan_id", c.ReservePlanID, u.ReservePlan)
	return authz.Question{Reserve: &p}, err
}

// explainCovering asks about the answer of the caller's unit to a plan.
func explainCovering(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	return u.loadCovering(ctx, "reserve_plan_id", c.ReservePlanID, u.ReservePlan)
}
