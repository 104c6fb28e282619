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

// CreateAuthority makes an authority with its jurisdiction.
type CreateAuthority struct {
	Meta
	NameZH, NameEN    string
	JurisdictionKind  exchange.JurisdictionKind
	JurisdictionCodes []string
}

// ListAuthorities pages through authorities.
type ListAuthorities struct{ Paging }

func (a *App) authorities() noun[exchange.Authority] {
	return noun[exchange.Authority]{authz.Authority, a.store.Authority, a.store.ListAuthorities,
		func(v exchange.Authority) map[string]any { return map[string]any{"id": v.ID.String()} },
		func(v exchange.Authority) store.Key { return store.Key{At: v.CreatedAt, ID: v.ID} }}
}

// CreateAuthority makes an authority.
func (a *App) CreateAuthority(ctx context.Context, c CreateAuthority) (Result[exchange.Authority], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.AuthorityCreate, c)
	if err != nil {
		return Result[exchange.Authority]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Authority, error) {
		v := exchange.Authority{
			ID: uuid.New(), NameZH: c.NameZH, NameEN: c.NameEN, CreatedAt: u.at,
			Jurisdiction: exchange.Jurisdiction{Kind: c.JurisdictionKind, Codes: c.JurisdictionCodes},
		}
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Authority: &v}); err != nil {
			return v, err
		}
		if err := u.checkJurisdiction(ctx, v.Jurisdiction); err != nil {
			return v, err
		}
		err := errors.Join(u.InsertAuthority(ctx, v), u.directoryEvent(ctx, "authority.created", authz.Authority, v.ID, v))
		return v, errors.Join(err, u.unique(ctx, "authority", c.NameZH))
	})
}

func (u *unit) checkJurisdiction(ctx context.Context, j exchange.Jurisdiction) error {
	var divisions []exchange.Division
	for _, code := range j.Codes {
		d, err := u.division(ctx, "jurisdiction_codes", code)
		if err != nil {
			return err
		}
		divisions = append(divisions, d)
	}
	if err := exchange.CheckJurisdiction(j, divisions); err != nil || j.Kind != exchange.PairJurisdiction {
		return err
	}
	js, sn := j.Codes[0], j.Codes[1]
	if exchange.Province(js) != exchange.Jiangsu {
		js, sn = sn, js
	}
	paired, err := u.CitiesPaired(ctx, js, sn)
	if err == nil && !paired {
		err = fault.InField("jurisdiction_codes", fault.JurisdictionInvalid, "rule", "the two cities are not paired")
	}
	return err
}

// GetAuthority reads an authority.
func (a *App) GetAuthority(ctx context.Context, id string) (exchange.Authority, error) {
	return get(ctx, a, a.authorities(), id)
}

// ListAuthorities lists authorities, the newest first.
func (a *App) ListAuthorities(ctx context.Context, c ListAuthorities) (Page[exchange.Authority], error) {
	return listOf(ctx, a, a.authorities(), c.Paging, nil)
}
