package app

import (
	"context"
	"errors"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// CreateProduct records a product of the caller's member.
type CreateProduct struct {
	Meta
	NameZH, NameEN    string
	Category          exchange.Category
	OriginCode        string
	BaseUnit          exchange.BaseUnit
	SalesUnit         string
	UnitQuantity      int64
	CatchWeight       bool
	ReferencePriceFen int64
	Storage           string
}

// ListProducts narrows a list of products.
type ListProducts struct {
	Paging
	ProducerMemberID string
	Query            string // words of its names
}

func (a *App) products() noun[exchange.Product] {
	return noun[exchange.Product]{authz.Product, a.store.Product, a.store.ListProducts, productAttributes,
		func(v exchange.Product) store.Key { return store.Key{At: v.CreatedAt, ID: v.ID} }}
}

func productAttributes(v exchange.Product) map[string]any {
	return map[string]any{
		"id": v.ID.String(), "producer_id": v.Producer.String(), "origin": v.Origin, "category": string(v.Category),
	}
}

// CreateProduct records a product of the caller's member.
func (a *App) CreateProduct(ctx context.Context, c CreateProduct) (Result[exchange.Product], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.ProductCreate, c)
	if err != nil {
		return Result[exchange.Product]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Product, error) {
		v := exchange.Product{
			NameZH: c.NameZH, NameEN: c.NameEN, Category: c.Category, Origin: c.OriginCode, BaseUnit: c.BaseUnit,
			SalesUnit: c.SalesUnit, UnitQuantity: c.UnitQuantity, CatchWeight: c.CatchWeight,
			ReferenceFen: c.ReferencePriceFen, Storage: c.Storage,
		}
		producer, err := u.ownMember(ctx)
		if err != nil {
			return v, err
		}
		v.Producer = producer.ID
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Product: &v}); err != nil {
			return v, err
		}
		origin, err := u.division(ctx, "origin_code", c.OriginCode)
		if err != nil {
			return v, err
		}
		if v, err = exchange.NewProduct(v, producer, origin, u.at); err != nil {
			return v, err
		}
		return v, errors.Join(u.InsertProduct(ctx, v), u.directoryEvent(ctx, "product.created", authz.Product, v.ID, v))
	})
}

// ownMember reads the caller's member as it is now, so that policy decides on
// that and not on what it was when the token was checked. A caller without one
// gets the zero member, and policy's answer.
func (u *unit) ownMember(ctx context.Context) (exchange.Member, error) {
	if u.principal.Member == nil {
		return exchange.Member{}, nil
	}
	m, err := found(u.Member(ctx, u.principal.Member.ID))("member", u.principal.Member.ID)
	if err == nil {
		u.principal.Member = &m
	}
	return m, err
}

// GetProduct reads a product.
func (a *App) GetProduct(ctx context.Context, id string) (exchange.Product, error) {
	return get(ctx, a, a.products(), id)
}

// ListProducts lists products, the newest first.
func (a *App) ListProducts(ctx context.Context, c ListProducts) (Page[exchange.Product], error) {
	producer, err := optionalUUID("producer_member_id", c.ProducerMemberID)
	if err != nil {
		return Page[exchange.Product]{}, err
	}
	if c.Terms, err = exchange.QueryTerms("query", c.Query); err != nil {
		return Page[exchange.Product]{}, err
	}
	return listOf(ctx, a, a.products(), c.Paging, store.Narrow{"producer_id": uuidText(producer)})
}
