package app

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// Step is a step of something that needs no more than its id and a reason.
type Step struct {
	Meta
	ID, Reason string
}

// directoryIntent is the intent of a write to the directory or the catalogue.
func directoryIntent(ctx context.Context, meta Meta, action string, command any) (intent, error) {
	p, err := PrincipalOf(ctx)
	return intent{Meta: meta, action: action, home: homeOf(p), command: command}, err
}

// noun is what gets and lists of a noun of the directory share.
type noun[T any] struct {
	name       authz.Noun
	read       func(context.Context, uuid.UUID) (T, error)
	list       func(context.Context, store.List) ([]T, error)
	attributes func(T) map[string]any
	key        func(T) store.Key
}

// get reads a thing that the caller may see.
func get[T any](ctx context.Context, a *App, n noun[T], id string) (T, error) {
	var none T
	p, err := PrincipalOf(ctx)
	if err != nil {
		return none, err
	}
	key, err := exchange.ParseUUID("id", id)
	if err != nil {
		return none, err
	}
	value, err := found(n.read(ctx, key))(string(n.name), key)
	if err != nil {
		return none, err
	}
	if err := a.visible(ctx, p, n.name, n.attributes(value), key); err != nil {
		return none, err
	}
	return value, nil
}

// listOf pages through the things of a noun that the caller may see.
func listOf[T any](ctx context.Context, a *App, n noun[T], paging Paging, narrow store.Narrow) (Page[T], error) {
	return list(ctx, a, n.name, paging, narrow, n.list, n.key)
}

// target reads what a step is about, within its transaction. What the caller
// may not see does not exist for the caller.
func target[T any](ctx context.Context, u *unit, n noun[T], field, id string,
	lock func(context.Context, uuid.UUID) (T, error),
) (T, error) {
	var none T
	key, err := exchange.ParseUUID(field, id)
	if err != nil {
		return none, err
	}
	value, err := found(lock(ctx, key))(string(n.name), key)
	if err != nil {
		return none, err
	}
	if err := u.app.visible(ctx, u.principal, n.name, n.attributes(value), key); err != nil {
		return none, err
	}
	return value, nil
}

// directoryEvent queues an event about something of the directory.
func (u *unit) directoryEvent(ctx context.Context, kind string, n authz.Noun, id uuid.UUID, state any) error {
	return u.event(ctx, string(n), kind, id, state)
}

// maxLanes bounds the lanes that one write enters. More offers than that can
// still be paused; the write then competes with orders for the others.
const maxLanes = 1000

// relying are the lanes of the offers that rely on a certificate or a seller.
// What stops them must not lose, again and again, against a stream of orders.
func (a *App) relying(ctx context.Context, certificate, seller uuid.UUID) ([]string, error) {
	ids, err := a.store.OffersRelying(ctx, certificate, seller, maxLanes)
	lanes := make([]string, len(ids))
	for i, id := range ids {
		lanes[i] = id.String()
	}
	slices.Sort(lanes)
	return lanes, err
}

// paused queues the events of offers that were paused with what they rely on.
func (u *unit) paused(ctx context.Context, offers []exchange.Offer, err error) error {
	for _, o := range offers {
		if err != nil {
			return err
		}
		err = u.InsertEvent(ctx, exchange.Event{
			Home: o.ID.Home, ID: u.newID(), Noun: "offer", NounID: o.ID.UUID, Kind: "offer.paused", At: u.at, State: o,
		})
	}
	return err
}
