package app

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/store"
)

// RegisterIssuer registers whose tokens are accepted and for whom they speak.
type RegisterIssuer struct {
	Meta
	URL, AllianceID, AuthorityID, JWKS, JWKSURL string
}

// ReplaceIssuerKeys rotates an issuer's keys.
type ReplaceIssuerKeys struct {
	Meta
	ID, JWKS, JWKSURL string
}

// ListIssuers pages through issuers.
type ListIssuers struct{ Paging }

func (a *App) issuers() noun[exchange.Issuer] {
	return noun[exchange.Issuer]{authz.Issuer, a.store.Issuer, a.store.ListIssuers, issuerAttributes,
		func(v exchange.Issuer) store.Key { return store.Key{At: v.CreatedAt, ID: v.ID} }}
}

func issuerAttributes(v exchange.Issuer) map[string]any {
	return map[string]any{"id": v.ID.String(), "alliance_id": uuidText(v.Alliance), "authority_id": uuidText(v.Authority)}
}

// RegisterIssuer registers an issuer.
func (a *App) RegisterIssuer(ctx context.Context, c RegisterIssuer) (Result[exchange.Issuer], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.IssuerRegister, c)
	if err != nil {
		return Result[exchange.Issuer]{}, err
	}
	if (c.AllianceID == "") == (c.AuthorityID == "") {
		return Result[exchange.Issuer]{}, fault.InField("alliance_id", fault.InvalidArgument,
			"detail", "an issuer speaks for one alliance or one authority")
	}
	if err := identity.ValidateKeys(c.JWKS, c.JWKSURL); err != nil {
		return Result[exchange.Issuer]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Issuer, error) {
		v := exchange.Issuer{ID: uuid.New(), URL: c.URL, JWKS: c.JWKS, JWKSURL: c.JWKSURL, CreatedAt: u.at}
		if c.AllianceID != "" {
			alliance, err := target(ctx, u, a.alliances(), "alliance_id", c.AllianceID, u.Alliance)
			if err != nil {
				return v, err
			}
			v.Alliance = alliance.ID
		} else {
			authority, err := target(ctx, u, a.authorities(), "authority_id", c.AuthorityID, u.Authority)
			if err != nil {
				return v, err
			}
			v.Authority = authority.ID
		}
		var err error
		if v.Founding, err = u.founding(ctx, v); err != nil {
			return v, err
		}
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Issuer: &v}); err != nil {
			return v, err
		}
		err = errors.Join(u.InsertIssuer(ctx, v), u.directoryEvent(ctx, "issuer.registered", authz.Issuer, v.ID, v))
		return v, errors.Join(err, u.unique(ctx, "issuer", c.URL))
	})
}

// founding says whether an issuer would be the first of its alliance or authority.
func (u *unit) founding(ctx context.Context, v exchange.Issuer) (bool, error) {
	narrow := store.Narrow{"alliance_id": uuidText(v.Alliance), "authority_id": uuidText(v.Authority)}
	others, err := u.ListIssuers(ctx, store.List{Filter: exchange.AllowAll{}, Narrow: narrow, Limit: 1})
	return len(others) == 0, err
}

// GetIssuer reads an issuer.
func (a *App) GetIssuer(ctx context.Context, id string) (exchange.Issuer, error) {
	return get(ctx, a, a.issuers(), id)
}

// ListIssuers lists issuers, the newest first.
func (a *App) ListIssuers(ctx context.Context, c ListIssuers) (Page[exchange.Issuer], error) {
	return listOf(ctx, a, a.issuers(), c.Paging, nil)
}

// ReplaceIssuerKeys rotates an issuer's keys.
func (a *App) ReplaceIssuerKeys(ctx context.Context, c ReplaceIssuerKeys) (Result[exchange.Issuer], error) {
	if err := identity.ValidateKeys(c.JWKS, c.JWKSURL); err != nil {
		return Result[exchange.Issuer]{}, err
	}
	return a.stepIssuer(ctx, c.Meta, c.ID, c, authz.IssuerReplaceKeys, "issuer.keys_replaced", func(v *exchange.Issuer) {
		v.JWKS, v.JWKSURL = c.JWKS, c.JWKSURL
	})
}

// DisableIssuer refuses an issuer's tokens from now on.
func (a *App) DisableIssuer(ctx context.Context, c Step) (Result[exchange.Issuer], error) {
	return a.stepIssuer(ctx, c.Meta, c.ID, c, authz.IssuerDisable, "issuer.disabled", func(v *exchange.Issuer) { v.Disabled = true })
}

func (a *App) stepIssuer(ctx context.Context, meta Meta, id string, command any, action, kind string,
	change func(*exchange.Issuer),
) (Result[exchange.Issuer], error) {
	in, err := directoryIntent(ctx, meta, action, command)
	if err != nil {
		return Result[exchange.Issuer]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Issuer, error) {
		v, err := target(ctx, u, a.issuers(), "id", id, u.LockIssuer)
		if err != nil {
			return v, err
		}
		if _, err := u.decide(ctx, authz.Question{Action: action, Issuer: &v}); err != nil {
			return v, err
		}
		if v.Disabled {
			return v, fault.New(fault.WrongState, "noun", "issuer", "id", v.ID, "state", "DISABLED", "step", action)
		}
		change(&v)
		return v, errors.Join(u.UpdateIssuer(ctx, v), u.directoryEvent(ctx, kind, authz.Issuer, v.ID, v))
	})
}
