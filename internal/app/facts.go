package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// The reads of a unit that are not the transaction's own. A write locks what it
// is going to change. Who only looks must not make trade wait: nothing is locked
// then, and for a past time facts are read as they were.

// LockOffer reads an offer that is going to be changed.
func (u *unit) LockOffer(ctx context.Context, id exchange.ID) (exchange.Offer, error) {
	if !u.looking {
		return u.Tx.LockOffer(ctx, id)
	}
	o, err := u.Offer(ctx, id)
	return asOf(ctx, u, id.UUID, o, err)
}

// LockOrder reads an order that is going to be changed.
func (u *unit) LockOrder(ctx context.Context, id exchange.ID) (exchange.Order, error) {
	if !u.looking {
		return u.Tx.LockOrder(ctx, id)
	}
	o, err := u.Order(ctx, id)
	return asOf(ctx, u, id.UUID, o, err)
}

// LockCertificate reads a certificate that is going to be changed.
func (u *unit) LockCertificate(ctx context.Context, id uuid.UUID) (exchange.Certificate, error) {
	if !u.looking {
		return u.Tx.LockCertificate(ctx, id)
	}
	return u.Certificate(ctx, id)
}

// Certificate reads a certificate.
func (u *unit) Certificate(ctx context.Context, id uuid.UUID) (exchange.Certificate, error) {
	c, err := u.Tx.Certificate(ctx, id)
	return asOf(ctx, u, id, c, err)
}

// LockMember reads a member that is going to be changed.
func (u *unit) LockMember(ctx context.Context, id uuid.UUID) (exchange.Member, error) {
	if !u.looking {
		return u.Tx.LockMember(ctx, id)
	}
	return u.Member(ctx, id)
}

// Member reads a member.
func (u *unit) Member(ctx context.Context, id uuid.UUID) (exchange.Member, error) {
	m, err := u.Tx.Member(ctx, id)
	return asOf(ctx, u, id, m, err)
}

// HoldLot reads the lot of an offer that is published or ordered.
func (u *unit) HoldLot(ctx context.Context, id exchange.ID) (exchange.Lot, error) {
	if !u.looking {
		return u.Tx.HoldLot(ctx, id)
	}
	l, err := u.Lot(ctx, id)
	return asOf(ctx, u, id.UUID, l, err)
}

// LockLot reads a lot that is going to be changed.
func (u *unit) LockLot(ctx context.Context, id exchange.ID) (exchange.Lot, error) {
	if !u.looking {
		return u.Tx.LockLot(ctx, id)
	}
	return u.HoldLot(ctx, id)
}

// relyOnBuyer reads the buyer of an order that is being placed.
func (u *unit) relyOnBuyer(ctx context.Context, id uuid.UUID) (exchange.Member, error) {
	if u.looking {
		return u.Member(ctx, id)
	}
	return u.HoldMember(ctx, id)
}

// relyOnGrant reads the grant under which an order is being placed.
func (u *unit) relyOnGrant(ctx context.Context, seller, buyer uuid.UUID, on exchange.Day) (exchange.Grant, error) {
	if u.looking {
		return u.BestGrant(ctx, seller, buyer, on)
	}
	return u.HoldGrant(ctx, seller, buyer, on)
}

// BestGrant reads the grant between two alliances that holds on a day.
func (u *unit) BestGrant(ctx context.Context, seller, buyer uuid.UUID, on exchange.Day) (exchange.Grant, error) {
	if !u.past {
		return u.Tx.BestGrant(ctx, seller, buyer, on)
	}
	return u.GrantAsOf(ctx, seller, buyer, u.at, on)
}

// BestMandate reads the mandate of a producer for an agent that holds on a day.
func (u *unit) BestMandate(ctx context.Context, agent, producer uuid.UUID, on exchange.Day) (exchange.Mandate, error) {
	if !u.past {
		return u.Tx.BestMandate(ctx, agent, producer, on)
	}
	return u.MandateAsOf(ctx, agent, producer, u.at, on)
}

// openCapacity reads the capacity of a year, and opens it where a write is the
// first to need it.
func (u *unit) openCapacity(ctx context.Context, home string, c exchange.Certificate, year int, open bool) (exchange.Capacity, error) {
	fresh := untouched(c, year)
	fresh.Home = home
	if u.looking {
		kept, err := u.Capacity(ctx, home, c.ID, year)
		if errors.Is(err, store.ErrNotFound) {
			return fresh, nil
		}
		return kept, err
	}
	if open {
		if err := u.OpenCapacity(ctx, fresh); err != nil {
			return fresh, err
		}
	}
	return u.LockCapacity(ctx, home, c.ID, year)
}

// asOf is what a thing was at the unit's time, if that is past. A thing without
// an event so long ago is taken as it is: that it was not there yet shows in its
// dates, by which policy decides.
func asOf[T any](ctx context.Context, u *unit, id uuid.UUID, now T, err error) (T, error) {
	if err != nil || !u.past {
		return now, err
	}
	e, err := u.EventAsOf(ctx, id, u.at)
	if errors.Is(err, store.ErrNotFound) {
		return now, nil
	}
	if err != nil {
		return now, err
	}
	return stateIn[T](e)
}

// stateIn is what an event says that something was then.
func stateIn[T any](e store.KeptEvent) (then T, err error) {
	if err := json.Unmarshal(e.State, &then); err != nil {
		return then, fault.Wrap(fmt.Errorf("app: event %s: %w", e.ID, err), fault.InternalError)
	}
	return then, nil
}

// LockContract reads a contract that is going to be changed.
func (u *unit) LockContract(ctx context.Context, id exchange.ID) (exchange.Contract, error) {
	if !u.looking {
		return u.Tx.LockContract(ctx, id)
	}
	c, err := u.Contract(ctx, id)
	return asOf(ctx, u, id.UUID, c, err)
}
