package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/seal"
	"github.com/sushaan/exchange/internal/store"
)

// PostDemand asks for quotes.
type PostDemand struct {
	Meta
	BuyerMemberID            string // empty: the caller's member
	Title                    string
	Category                 exchange.Category
	ProductID                string
	BaseUnit                 exchange.BaseUnit
	Quantity                 int64
	ConsigneeCode, DeliverBy string
	ClosesAt                 time.Time
	PublicKey                string
	Reserve                  bool
	Purpose                  exchange.Purpose
}

// AmendDemand changes what is asked for. Empty fields stay as they are.
type AmendDemand struct {
	Meta
	ID, Title string
	Quantity  int64
	DeliverBy string
	ClosesAt  time.Time
	PublicKey string
	Reason    string
}

// AmendedDemand is an amended demand, and how many quotes became void.
type AmendedDemand struct {
	Demand exchange.Demand
	Void   int
}

// ListDemands narrows a list of demands.
type ListDemands struct {
	Paging
	State    exchange.DemandState
	Category exchange.Category
}

// demandAttributes are the fields by which policy says who sees a demand.
func demandAttributes(d exchange.Demand) map[string]any {
	return map[string]any{
		"buyer_id": d.Buyer.String(), "buyer_alliance_id": d.BuyerAlliance.String(), "buyer_class": string(d.BuyerClass),
		"consignee": d.Consignee, "state": string(d.State),
	}
}

func (u *unit) demandEvent(ctx context.Context, kind string, d exchange.Demand) error {
	return u.event(ctx, string(authz.Demand), kind, d.ID.UUID, d)
}

// PostDemand asks for quotes, for the caller's member or, by a secretariat, for a
// member of its alliance. It closes by its time: the job that closes it is made
// with it.
func (a *App) PostDemand(ctx context.Context, c PostDemand) (Result[exchange.Demand], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.DemandPost, c)
	if err != nil {
		return Result[exchange.Demand]{}, err
	}
	deliverBy, err := day("deliver_by", c.DeliverBy)
	if err != nil {
		return Result[exchange.Demand]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Demand, error) {
		q, err := u.proposeDemand(ctx, c)
		if err != nil {
			return exchange.Demand{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.Demand{}, err
		}
		d := *q.Demand
		d.DeliverBy = deliverBy
		if d, err = exchange.PostDemand(d, *q.Buyer, u.at); err != nil {
			return d, err
		}
		if err := u.checkConsignee(ctx, d.Consignee); err != nil {
			return d, err
		}
		return d, errors.Join(u.InsertDemand(ctx, d), u.demandEvent(ctx, "demand.posted", d),
			u.InsertJob(ctx, exchange.Job{Home: d.ID.Home, Kind: exchange.CloseDemands, Subject: d.ID.UUID, Due: d.ClosesAt}))
	})
}

// proposeDemand gathers the facts of a demand that is posted.
func (u *unit) proposeDemand(ctx context.Context, c PostDemand) (authz.Question, error) {
	q := authz.Question{Action: authz.DemandPost}
	if u.principal.Member == nil {
		return q, nil // policy says that it needs a role
	}
	buyer, err := u.Member(ctx, u.principal.Member.ID)
	if c.BuyerMemberID != "" {
		buyer, err = target(ctx, u, u.app.members(), "buyer_member_id", c.BuyerMemberID, u.Member)
	}
	if err != nil {
		return q, err
	}
	d := exchange.Demand{
		Buyer: buyer.ID, BuyerAlliance: buyer.Alliance, BuyerClass: buyer.Class, Title: c.Title, Category: c.Category, BaseUnit: c.BaseUnit,
		Quantity: c.Quantity, Consignee: c.ConsigneeCode, ClosesAt: c.ClosesAt.UTC().Truncate(time.Microsecond), PublicKey: c.PublicKey,
		Reserve: c.Reserve, Purpose: c.Purpose, State: exchange.DemandOpen,
	}
	if c.ProductID != "" {
		p, err := target(ctx, u, u.app.products(), "product_id", c.ProductID, u.Product)
		if err != nil {
			return q, err
		}
		d.Product, d.Category, d.BaseUnit = p.ID, p.Category, p.BaseUnit
	}
	q.Buyer, q.Demand = &buyer, &d
	return q, nil
}

// GetDemand reads a demand that the caller may see.
func (a *App) GetDemand(ctx context.Context, id string) (exchange.Demand, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return exchange.Demand{}, err
	}
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return exchange.Demand{}, err
	}
	d, err := found(a.store.Demand(ctx, key))("demand", key)
	if err == nil {
		err = a.visible(ctx, p, authz.Demand, demandAttributes(d), key)
	}
	if err != nil {
		return exchange.Demand{}, err
	}
	return d, nil
}

// ListDemands lists the demands that the caller may see, the newest first.
func (a *App) ListDemands(ctx context.Context, c ListDemands) (Page[exchange.Demand], error) {
	narrow := store.Narrow{"state": string(c.State), "category": string(c.Category)}
	return list(ctx, a, authz.Demand, c.Paging, narrow, a.store.ListDemands, func(d exchange.Demand) store.Key {
		return store.Key{At: d.CreatedAt, ID: d.ID.UUID}
	})
}

// WatchDemands sends the changes of demands that the caller may see.
func (a *App) WatchDemands(ctx context.Context, position string, send func(Watched[exchange.Demand]) error) error {
	return watch(ctx, a, authz.Demand, position, demandAttributes, nil, send)
}

// lockDemand reads a demand that is going to be changed, and the facts about it.
// A demand that the caller may not see does not exist for the caller.
func (u *unit) lockDemand(ctx context.Context, id exchange.ID, action string) (authz.Question, error) {
	lock := u.LockDemand
	if u.looking {
		lock = u.Demand
	}
	d, err := found(lock(ctx, id))("demand", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Demand, demandAttributes(d), id)
	}
	if err != nil {
		return authz.Question{}, err
	}
	buyer, err := found(u.Member(ctx, d.Buyer))("member", d.Buyer)
	return authz.Question{Action: action, Demand: &d, Buyer: &buyer}, err
}

// stepDemand is what the steps of a demand share.
func stepDemand[T any](ctx context.Context, a *App, meta Meta, id string, command any, action string,
	step func(ctx context.Context, u *unit, d exchange.Demand) (T, error),
) (Result[T], error) {
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return Result[T]{}, err
	}
	in := intent{Meta: meta, action: action, home: key.Home, command: command}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (T, error) {
		var none T
		q, err := u.lockDemand(ctx, key, action)
		if err != nil {
			return none, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return none, err
		}
		return step(ctx, u, *q.Demand)
	})
}

// AmendDemand changes what is asked for. Quotes on it become void, each with an
// event that its seller sees.
func (a *App) AmendDemand(ctx context.Context, c AmendDemand) (Result[AmendedDemand], error) {
	deliverBy, err := day("deliver_by", c.DeliverBy)
	if err != nil {
		return Result[AmendedDemand]{}, err
	}
	return stepDemand(ctx, a, c.Meta, c.ID, c, authz.DemandAmend, func(ctx context.Context, u *unit, d exchange.Demand) (AmendedDemand, error) {
		changes := exchange.DemandChanges{
			Title: c.Title, Quantity: c.Quantity, DeliverBy: deliverBy, PublicKey: c.PublicKey, Reason: c.Reason,
		}
		if !c.ClosesAt.IsZero() {
			changes.ClosesAt = c.ClosesAt.UTC().Truncate(time.Microsecond)
		}
		d, err := exchange.AmendDemand(d, changes, u.at)
		if err != nil {
			return AmendedDemand{}, err
		}
		if err := errors.Join(u.UpdateDemand(ctx, d), u.demandEvent(ctx, "demand.amended", d)); err != nil {
			return AmendedDemand{}, err
		}
		void, err := u.stepQuotes(ctx, d, exchange.QuoteVoid, "the demand was amended: "+c.Reason, "quote.void", exchange.QuoteSealed)
		return AmendedDemand{d, len(void)}, err
	})
}

// stepQuotes changes the state of all quotes on a demand that are in some states.
func (u *unit) stepQuotes(ctx context.Context, d exchange.Demand, to exchange.QuoteState, reason, kind string, from ...exchange.QuoteState) ([]exchange.SealedQuote, error) {
	quotes, err := u.StepQuotes(ctx, d.ID, to, reason, u.at, from...)
	for _, q := range quotes {
		if err == nil {
			err = u.quoteEvent(ctx, kind, q)
		}
	}
	return quotes, err
}

// CancelDemand ends a demand that nothing was awarded on.
func (a *App) CancelDemand(ctx context.Context, c Step) (Result[exchange.Demand], error) {
	return stepDemand(ctx, a, c.Meta, c.ID, c, authz.DemandCancel, func(ctx context.Context, u *unit, d exchange.Demand) (exchange.Demand, error) {
		d, err := exchange.CancelDemand(d, c.Reason, u.at)
		if err != nil {
			return d, err
		}
		if err := errors.Join(u.UpdateDemand(ctx, d), u.demandEvent(ctx, "demand.cancelled", d)); err != nil {
			return d, err
		}
		// What was sealed when an open demand ended stays sealed for good.
		if _, err := u.stepQuotes(ctx, d, exchange.QuoteVoid, "the demand was cancelled", "quote.void", exchange.QuoteSealed); err != nil {
			return d, err
		}
		_, err = u.stepQuotes(ctx, d, exchange.QuoteLost, "the demand was cancelled", "quote.lost", exchange.QuoteOpened)
		return d, err
	})
}

// allQuotes is no limit: as many stand as were let in by the limit that held then.
const allQuotes = math.MaxInt32

// closeDemand does the job of a demand's closing: what stands is stated, and the
// statement's digest goes into the demand, its event and the log, in one
// transaction. A demand that was amended since closes at its new time; one that
// was cancelled, or closed by another server, has nothing left to do.
func closeDemand(ctx context.Context, a *App, j exchange.Job) (time.Time, error) {
	id := exchange.ID{Home: j.Home, UUID: j.Subject}
	d, err := a.store.Demand(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, err
	case d.State != exchange.DemandOpen:
		return time.Time{}, nil
	case a.now().Before(d.ClosesAt):
		return d.ClosesAt, nil
	}
	_, err = stepDemand(ctx, a, Meta{}, id.String(), id, authz.DemandClose, func(ctx context.Context, u *unit, d exchange.Demand) (exchange.Demand, error) {
		standing, err := u.QuotesOf(ctx, d.ID, allQuotes, exchange.QuoteSealed)
		if err != nil {
			return d, err
		}
		d, notice, err := exchange.CloseDemand(d, standing, u.at)
		if err != nil {
			return d, err
		}
		err = errors.Join(u.UpdateDemand(ctx, d), u.demandEvent(ctx, "demand.closed", d), u.InsertNotice(ctx, notice))
		if err != nil {
			return d, err
		}
		opened, err := u.stepQuotes(ctx, d, exchange.QuoteOpened, "", "quote.opened", exchange.QuoteSealed)
		if err == nil && len(opened) != len(standing) {
			err = fmt.Errorf("app: demand %s closes with %d quotes, and %d stand", d.ID, len(standing), len(opened))
		}
		return d, err
	})
	if fault.Is(err, fault.WrongState) {
		return a.now(), nil // it took another step since it was read: it is looked at again
	}
	return time.Time{}, err
}

// GetDemandReceipt proves by the log what was there when a demand closed.
func (a *App) GetDemandReceipt(ctx context.Context, id string) (proof.Receipt, error) {
	d, err := a.GetDemand(ctx, id)
	if err != nil {
		return proof.Receipt{}, err
	}
	if err := d.Openable(); err != nil {
		return proof.Receipt{}, err
	}
	return a.receipt(ctx, d.ID)
}

func (a *App) receipt(ctx context.Context, id exchange.ID) (proof.Receipt, error) {
	var receipt proof.Receipt
	err := a.store.Read(ctx, func(ctx context.Context, r store.Reader) (err error) {
		receipt, err = seal.Receipt(ctx, r, id)
		return err
	})
	return receipt, err
}

// explainNewDemand asks about a demand of the caller's member, or of another.
func explainNewDemand(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	return u.proposeDemand(ctx, PostDemand{BuyerMemberID: c.MemberID, ProductID: c.ProductID})
}

func explainDemand(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("demand_id", c.DemandID)
	if err != nil {
		return authz.Question{}, err
	}
	return u.lockDemand(ctx, id, c.Action)
}
