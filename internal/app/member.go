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

// AdmitMember takes an organisation into an alliance.
type AdmitMember struct {
	Meta
	AllianceID, CreditCode, NameZH, NameEN string
	Class                                  exchange.MemberClass
	DivisionCode                           string
}

// ListMembers narrows a list of members.
type ListMembers struct {
	Paging
	AllianceID string
}

func (a *App) members() noun[exchange.Member] {
	return noun[exchange.Member]{authz.Member, a.store.Member, a.store.ListMembers, memberAttributes,
		func(v exchange.Member) store.Key { return store.Key{At: v.AdmittedAt, ID: v.ID} }}
}

func memberAttributes(v exchange.Member) map[string]any {
	return map[string]any{
		"id": v.ID.String(), "alliance_id": v.Alliance.String(), "side": string(v.Side), "class": string(v.Class),
		"division": v.Division,
	}
}

// AdmitMember takes an organisation into an alliance.
func (a *App) AdmitMember(ctx context.Context, c AdmitMember) (Result[exchange.Member], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.MemberAdmit, c)
	if err != nil {
		return Result[exchange.Member]{}, err
	}
	if err := exchange.CheckCreditCode("credit_code", c.CreditCode); err != nil {
		return Result[exchange.Member]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Member, error) {
		v := exchange.Member{CreditCode: c.CreditCode, NameZH: c.NameZH, NameEN: c.NameEN, Class: c.Class, Division: c.DivisionCode}
		alliance, err := target(ctx, u, a.alliances(), "alliance_id", c.AllianceID, u.Alliance)
		if err != nil {
			return v, err
		}
		v.Alliance, v.Side = alliance.ID, alliance.Side
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Member: &v, Alliance: &alliance}); err != nil {
			return v, err
		}
		division, err := u.division(ctx, "division_code", c.DivisionCode)
		if err != nil {
			return v, err
		}
		if v, err = exchange.AdmitMember(v, alliance, division, u.at); err != nil {
			return v, err
		}
		err = errors.Join(u.InsertMember(ctx, v), u.directoryEvent(ctx, "member.admitted", authz.Member, v.ID, v))
		return v, errors.Join(err, u.unique(ctx, "member", c.CreditCode))
	})
}

// division reads a division by its code, within the transaction.
func (u *unit) division(ctx context.Context, field, code string) (exchange.Division, error) {
	d, err := u.Division(ctx, code)
	if errors.Is(err, store.ErrNotFound) {
		return d, fault.InField(field, fault.DivisionNotValid, "code", code, "date", exchange.DayOf(u.at))
	}
	return d, err
}

// GetMember reads a member.
func (a *App) GetMember(ctx context.Context, id string) (exchange.Member, error) {
	return get(ctx, a, a.members(), id)
}

// ListMembers lists members, the latest admitted first.
func (a *App) ListMembers(ctx context.Context, c ListMembers) (Page[exchange.Member], error) {
	alliance, err := optionalUUID("alliance_id", c.AllianceID)
	if err != nil {
		return Page[exchange.Member]{}, err
	}
	return listOf(ctx, a, a.members(), c.Paging, store.Narrow{"alliance_id": uuidText(alliance)})
}

// SuspendMember stops a member from trading and pauses its offers.
func (a *App) SuspendMember(ctx context.Context, c Step) (Result[exchange.Member], error) {
	return a.stepMember(ctx, c, authz.MemberSuspend, "member.suspended", exchange.SuspendMember)
}

// ReinstateMember lets a suspended member trade again. Its offers stay paused.
func (a *App) ReinstateMember(ctx context.Context, c Step) (Result[exchange.Member], error) {
	return a.stepMember(ctx, c, authz.MemberReinstate, "member.reinstated", exchange.ReinstateMember)
}

func (a *App) stepMember(ctx context.Context, c Step, action, kind string,
	step func(exchange.Member, string) (exchange.Member, error),
) (Result[exchange.Member], error) {
	in, err := directoryIntent(ctx, c.Meta, action, c)
	if err != nil {
		return Result[exchange.Member]{}, err
	}
	id, err := exchange.ParseUUID("id", c.ID)
	if err != nil {
		return Result[exchange.Member]{}, err
	}
	if in.lanes, err = a.relying(ctx, uuid.Nil, id); err != nil {
		return Result[exchange.Member]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Member, error) {
		v, err := target(ctx, u, a.members(), "id", c.ID, u.LockMember)
		if err != nil {
			return v, err
		}
		if _, err := u.decide(ctx, authz.Question{Action: action, Member: &v}); err != nil {
			return v, err
		}
		if v, err = step(v, c.Reason); err != nil {
			return v, err
		}
		if v.State == exchange.MemberSuspended && v.Side == exchange.Seller {
			offers, err := u.PauseOffersOf(ctx, v.ID, "the seller was suspended", u.at)
			if err := u.paused(ctx, offers, err); err != nil {
				return v, err
			}
		}
		return v, errors.Join(u.UpdateMember(ctx, v), u.directoryEvent(ctx, kind, authz.Member, v.ID, v))
	})
}
