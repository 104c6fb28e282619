package app

import (
	"context"
	"errors"
	"math"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// SetLimit sets a spending limit.
type SetLimit struct {
	Meta
	MemberID, IssuerID, Subject string
	PerOrderFen, PerMonthFen, PerYearFen,
	ApprovalAboveFen int64
	ValidFrom, ValidTo string
}

// ListLimits narrows a list of spending limits.
type ListLimits struct {
	Paging
	MemberID string
}

// LimitSpent is a limit and what those whom it binds have spent, in fen.
type LimitSpent struct {
	Limit       exchange.SpendingLimit
	Month, Year int64
}

func (a *App) spendingLimits() noun[exchange.SpendingLimit] {
	return noun[exchange.SpendingLimit]{authz.Limit, a.store.SpendingLimit, a.store.ListSpendingLimits, limitAttributes,
		func(l exchange.SpendingLimit) store.Key { return store.Key{At: l.CreatedAt, ID: l.ID} }}
}

// limitAttributes are the fields by which policy says who sees a limit.
func limitAttributes(l exchange.SpendingLimit) map[string]any {
	return map[string]any{"member_id": l.Member.String(), "alliance_id": l.Alliance.String()}
}

// SetLimit sets a limit. It binds every order that is committed after it.
func (a *App) SetLimit(ctx context.Context, c SetLimit) (Result[exchange.SpendingLimit], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.LimitSet, c)
	if err != nil {
		return Result[exchange.SpendingLimit]{}, err
	}
	valid, err := span("valid_from", c.ValidFrom, "valid_to", c.ValidTo)
	if err != nil {
		return Result[exchange.SpendingLimit]{}, err
	}
	issuer, err := optionalUUID("issuer_id", c.IssuerID)
	if err != nil {
		return Result[exchange.SpendingLimit]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.SpendingLimit, error) {
		m, err := target(ctx, u, a.members(), "member_id", c.MemberID, u.LockMember)
		if err != nil {
			return exchange.SpendingLimit{}, err
		}
		// The time is that at which no order of the member can be on its way any more.
		l, err := exchange.SetLimit(exchange.SpendingLimit{
			Bound: exchange.Person{Issuer: issuer, Subject: c.Subject}, PerOrder: c.PerOrderFen, PerMonth: c.PerMonthFen,
			PerYear: c.PerYearFen, ApprovalAbove: c.ApprovalAboveFen, Valid: valid, SetBy: u.principal.Subject,
		}, m, a.now())
		if err != nil {
			return l, err
		}
		d, err := u.decide(ctx, authz.Question{Action: in.action, Limit: &l})
		if err != nil {
			return l, err
		}
		l.PolicyRevision = d.Revision
		// Writing the member, as it is, makes orders that were placed meanwhile begin
		// again and see the limit: they hold the member.
		return l, errors.Join(u.InsertSpendingLimit(ctx, l), u.UpdateMember(ctx, m),
			u.directoryEvent(ctx, "limit.set", authz.Limit, l.ID, l))
	})
}

// EndLimit ends a limit.
func (a *App) EndLimit(ctx context.Context, c Step) (Result[exchange.SpendingLimit], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.LimitEnd, c)
	if err != nil {
		return Result[exchange.SpendingLimit]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.SpendingLimit, error) {
		l, err := target(ctx, u, a.spendingLimits(), "id", c.ID, u.LockSpendingLimit)
		if err != nil {
			return l, err
		}
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Limit: &l}); err != nil {
			return l, err
		}
		if l, err = exchange.EndLimit(l, c.Reason, u.at); err != nil {
			return l, err
		}
		return l, errors.Join(u.EndSpendingLimit(ctx, l), u.directoryEvent(ctx, "limit.ended", authz.Limit, l.ID, l))
	})
}

// GetLimit reads a limit that the caller may see, and what was spent.
func (a *App) GetLimit(ctx context.Context, id string) (LimitSpent, error) {
	l, err := get(ctx, a, a.spendingLimits(), id)
	if err != nil {
		return LimitSpent{}, err
	}
	spent, err := a.store.SpentBy(ctx, l.Member, l.Bound, a.now())
	if l.Bound != (exchange.Person{}) {
		spent.Month, spent.Year = spent.OwnMonth, spent.OwnYear
	}
	return LimitSpent{Limit: l, Month: spent.Month, Year: spent.Year}, err
}

// ListLimits lists the limits that the caller may see, the latest first.
func (a *App) ListLimits(ctx context.Context, c ListLimits) (Page[exchange.SpendingLimit], error) {
	member, err := optionalUUID("member_id", c.MemberID)
	if err != nil {
		return Page[exchange.SpendingLimit]{}, err
	}
	return listOf(ctx, a, a.spendingLimits(), c.Paging, store.Narrow{"member_id": uuidText(member)})
}

// room is what the limits leave an order, itself apart if it is there already.
func (u *unit) room(ctx context.Context, o exchange.Order) (exchange.Room, error) {
	none := exchange.Room{Left: math.MaxInt64, ApprovalAbove: math.MaxInt64}
	limits, err := u.LimitsOf(ctx, o.Buyer)
	if err != nil || len(limits) == 0 {
		return none, err
	}
	var spent exchange.Spent
	if today := exchange.DayOf(u.at); exchange.BindsPeriod(limits, o.Placer, today) {
		sum := u.SpentBy
		if u.looking {
			sum = u.Reader.SpentBy
		}
		if spent, err = sum(ctx, o.Buyer, o.Placer, u.at); err != nil {
			return none, err
		}
		spent = exchange.WithoutPending(spent, o, today)
	}
	return exchange.RoomFor(limits, spent, o.Placer, exchange.DayOf(u.at)), nil
}

// explainNewLimit asks about a limit of a member, of all of it.
func explainNewLimit(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	m, err := target(ctx, u, u.app.members(), "member_id", c.MemberID, u.LockMember)
	return authz.Question{Limit: &exchange.SpendingLimit{Member: m.ID, Alliance: m.Alliance}}, err
}

func explainLimit(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	l, err := target(ctx, u, u.app.spendingLimits(), "limit_id", c.LimitID, u.SpendingLimit)
	return authz.Question{Limit: &l}, err
}
