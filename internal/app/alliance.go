package app

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// CreateAlliance makes an alliance of one side and one province.
type CreateAlliance struct {
	Meta
	NameZH, NameEN string
	Side           exchange.Side
	Home           string
}

// ListAlliances narrows a list of alliances.
type ListAlliances struct {
	Paging
	Side exchange.Side
}

func (a *App) alliances() noun[exchange.Alliance] {
	return noun[exchange.Alliance]{authz.Alliance, a.store.Alliance, a.store.ListAlliances, allianceAttributes,
		func(v exchange.Alliance) store.Key { return store.Key{At: v.CreatedAt, ID: v.ID} }}
}

func allianceAttributes(v exchange.Alliance) map[string]any {
	return map[string]any{"id": v.ID.String(), "side": string(v.Side), "home": v.Home}
}

// CreateAlliance makes an alliance.
func (a *App) CreateAlliance(ctx context.Context, c CreateAlliance) (Result[exchange.Alliance], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.AllianceCreate, c)
	if err != nil {
		return Result[exchange.Alliance]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Alliance, error) {
		v := exchange.Alliance{ID: uuid.New(), NameZH: c.NameZH, NameEN: c.NameEN, Side: c.Side, Home: c.Home, CreatedAt: u.at}
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Alliance: &v}); err != nil {
			return v, err
		}
		err := errors.Join(u.InsertAlliance(ctx, v), u.directoryEvent(ctx, "alliance.created", authz.Alliance, v.ID, v))
		return v, errors.Join(err, u.unique(ctx, "alliance", c.NameZH))
	})
}

// GetAlliance reads an alliance.
func (a *App) GetAlliance(ctx context.Context, id string) (exchange.Alliance, error) {
	return get(ctx, a, a.alliances(), id)
}

// ListAlliances lists alliances, the newest first.
func (a *App) ListAlliances(ctx context.Context, c ListAlliances) (Page[exchange.Alliance], error) {
	return listOf(ctx, a, a.alliances(), c.Paging, store.Narrow{"side": string(c.Side)})
}

// CreateGrant gives a buyer alliance sight of a seller alliance's offers.
type CreateGrant struct {
	Meta
	SellerAllianceID, BuyerAllianceID, ValidFrom, ValidTo string
}

// ListGrants pages through grants.
type ListGrants struct{ Paging }

func (a *App) grants() noun[exchange.Grant] {
	return noun[exchange.Grant]{authz.Grant, a.store.Grant, a.store.ListGrants, grantAttributes,
		func(v exchange.Grant) store.Key { return store.Key{At: v.CreatedAt, ID: v.ID} }}
}

func grantAttributes(v exchange.Grant) map[string]any {
	return map[string]any{
		"id": v.ID.String(), "seller_alliance_id": v.SellerAlliance.String(), "buyer_alliance_id": v.BuyerAlliance.String(),
	}
}

// CreateGrant gives a buyer alliance sight of a seller alliance's offers.
func (a *App) CreateGrant(ctx context.Context, c CreateGrant) (Result[exchange.Grant], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.GrantCreate, c)
	if err != nil {
		return Result[exchange.Grant]{}, err
	}
	valid, err := span("valid_from", c.ValidFrom, "valid_to", c.ValidTo)
	if err != nil {
		return Result[exchange.Grant]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Grant, error) {
		seller, err := target(ctx, u, a.alliances(), "seller_alliance_id", c.SellerAllianceID, u.Alliance)
		if err != nil {
			return exchange.Grant{}, err
		}
		buyer, err := target(ctx, u, a.alliances(), "buyer_alliance_id", c.BuyerAllianceID, u.Alliance)
		if err != nil {
			return exchange.Grant{}, err
		}
		q := authz.Question{Action: in.action, SellerAlliance: &seller, BuyerAlliance: &buyer,
			Grant: &exchange.Grant{SellerAlliance: seller.ID, BuyerAlliance: buyer.ID, Valid: valid}}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.Grant{}, err
		}
		v, err := exchange.NewGrant(seller, buyer, valid, u.at)
		if err != nil {
			return v, err
		}
		return v, errors.Join(u.InsertGrant(ctx, v), u.directoryEvent(ctx, "grant.created", authz.Grant, v.ID, v))
	})
}

// GetGrant reads a grant.
func (a *App) GetGrant(ctx context.Context, id string) (exchange.Grant, error) {
	return get(ctx, a, a.grants(), id)
}

// ListGrants lists grants, the newest first.
func (a *App) ListGrants(ctx context.Context, c ListGrants) (Page[exchange.Grant], error) {
	return listOf(ctx, a, a.grants(), c.Paging, nil)
}

// RevokeGrant ends a grant. Offers need no change: an order reads the grant.
func (a *App) RevokeGrant(ctx context.Context, c Step) (Result[exchange.Grant], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.GrantRevoke, c)
	if err != nil {
		return Result[exchange.Grant]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Grant, error) {
		v, err := target(ctx, u, a.grants(), "id", c.ID, u.LockGrant)
		if err != nil {
			return v, err
		}
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Grant: &v}); err != nil {
			return v, err
		}
		if v, err = exchange.RevokeGrant(v, c.Reason, u.at); err != nil {
			return v, err
		}
		return v, errors.Join(u.RevokeGrant(ctx, v), u.directoryEvent(ctx, "grant.revoked", authz.Grant, v.ID, v))
	})
}
