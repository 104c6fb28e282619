package app

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// purchase is an order that is going to be placed, by whichever way of buying.
// All ways place their orders here, so that stock, certificates, policy, limits,
// requests and the ledger are the same for all (invariants I2, I3, I6, I7, I10).
type purchase struct {
	PlaceOrder
	way   exchange.Way
	wayID uuid.UUID
	// command is what the request id is compared by.
	command any
	// facts, if there are any, adds what policy is asked on beside an order's own.
	facts func(ctx context.Context, u *unit, q *authz.Question) error
	// then, if there is one, changes what the order changes beside its offer, in the
	// same transaction.
	then func(ctx context.Context, u *unit, order exchange.Order) error
}

// spot is the purchase of a buyer who orders from an offer.
func spot(c PlaceOrder) purchase {
	return purchase{PlaceOrder: c, way: exchange.Spot, command: c}
}

// buy places one order.
func (a *App) buy(ctx context.Context, p purchase) (Result[exchange.Order], error) {
	w, err := a.placement(p)
	if err != nil {
		return Result[exchange.Order]{}, err
	}
	return a.writeOrder(ctx, w)
}

// runID is the request id of the nth order that follows from a contract, demand,
// group or standing order: a run that is repeated after a crash, or by another
// server, meets what the first one did (invariant I6).
func runID(way exchange.Way, id uuid.UUID, n int) string {
	return uuid.NewSHA1(id, fmt.Appendf(nil, "%s %d", way, n)).String()
}

// actingFor is the principal for whom a plan made earlier is carried out: the
// person who made it, as a member's. The roles are those of today.
func (a *App) actingFor(ctx context.Context, member uuid.UUID, person exchange.Person) (exchange.Principal, error) {
	m, err := a.store.Member(ctx, member)
	if err != nil {
		return exchange.Principal{}, err
	}
	return a.Principal(ctx, exchange.Issuer{ID: person.Issuer, Alliance: m.Alliance}, person.Subject, m.ID.String())
}

// bought is what became of a purchase.
type bought struct {
	Result[exchange.Order]
	Err error // of this purchase alone; nil: it is an order
}

// buyAs places an order for a principal within another write's transaction. The
// writes of one that fails by its own fault are dropped; an error besides is the
// transaction's. Whoever writes so has the offer's lane.
func (u *unit) buyAs(ctx context.Context, buyer exchange.Principal, p purchase) (bought, error) {
	w, err := u.app.placement(p)
	if err != nil {
		return bought{Err: err}, nil //nolint:nilerr // it is this purchase's
	}
	request, _, err := requestOf(w.intent, buyer)
	if err != nil {
		return bought{Err: err}, nil //nolint:nilerr // it is this purchase's
	}
	j := &job{orderWrite: w, ctx: ctx, principal: buyer, request: request}
	j.unit = &unit{Tx: u.Tx, app: u.app, principal: buyer, at: u.at, home: w.home, dryRun: u.dryRun}
	mark := u.Mark()
	if err := j.byItself(ctx); err != nil {
		if !own(err) {
			return bought{}, err
		}
		u.Back(mark)
		return bought{Err: err}, u.keepDenial(ctx, j.unit.denied)
	}
	u.made = append(u.made, j.unit.made...)
	return bought{Result: j.result}, nil
}

// byItself asks policy about a job and does it.
func (j *job) byItself(ctx context.Context) error {
	if err := j.unit.refreshRoles(ctx); err != nil {
		return err
	}
	q, err := j.ask(ctx, j.unit)
	if err != nil {
		return err
	}
	q.At, q.Principal = j.unit.at, j.unit.principal
	d, err := j.unit.app.policy.Decide(ctx, &q)
	if err != nil {
		return err
	}
	return j.finish(ctx, q, d)
}

// keepDenial logs the denial of one purchase with what the transaction does
// about it, and keeps it for the log should the transaction end for that.
func (u *unit) keepDenial(ctx context.Context, denied *store.Decision) error {
	if denied == nil {
		return nil
	}
	u.denied = denied
	return u.InsertDecision(ctx, *denied)
}
