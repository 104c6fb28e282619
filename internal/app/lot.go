package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// maxSamplings bounds the samplings of one lot that are listed: the newest.
const maxSamplings = 1000

// CreateLot records a lot of the caller's own product.
type CreateLot struct {
	Meta
	ProductID, CertificateID string
	Code, ProducedOn         string
	Quantity                 int64
}

// RecordSampling records one test of a lot.
type RecordSampling struct {
	Meta
	ID              string // of the lot
	SampledOn, Item string
	Passed          bool
	ReportNumber    string
}

// Sampled is a sampling, and the lot as it left it.
type Sampled struct {
	Sampling exchange.Sampling
	Lot      exchange.Lot
}

// ListLots narrows a list of lots.
type ListLots struct {
	Paging
	ProductID string
	State     exchange.LotState
}

// lotAttributes are the fields by which policy says who sees a lot.
func lotAttributes(l exchange.Lot) map[string]any {
	return map[string]any{"seller_id": l.Seller.String(), "seller_alliance_id": l.SellerAlliance.String(), "origin": l.Origin}
}

// CreateLot records a lot of the caller's own product, in the seller's province.
func (a *App) CreateLot(ctx context.Context, c CreateLot) (Result[exchange.Lot], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.LotCreate, c)
	if err != nil {
		return Result[exchange.Lot]{}, err
	}
	produced, err := day("produced_on", c.ProducedOn)
	if err != nil {
		return Result[exchange.Lot]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Lot, error) {
		v := exchange.Lot{Code: c.Code, ProducedOn: produced, Quantity: c.Quantity, State: exchange.LotOpen}
		seller, err := u.ownMember(ctx)
		if err != nil {
			return v, err
		}
		product, err := target(ctx, u, a.products(), "product_id", c.ProductID, u.Product)
		if err != nil {
			return v, err
		}
		certificate, err := target(ctx, u, a.certificates(), "certificate_id", c.CertificateID, u.Certificate)
		if err != nil {
			return v, err
		}
		v.Product, v.Origin = product.ID, product.Origin
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Product: &product, Certificate: &certificate, Lot: &v}); err != nil {
			return v, err
		}
		if v, err = exchange.NewLot(v, seller, product, certificate, u.at); err != nil {
			return v, err
		}
		err = errors.Join(u.InsertLot(ctx, v), u.lotEvent(ctx, "lot.created", v))
		return v, errors.Join(err, u.unique(ctx, "lot", v.Code))
	})
}

func (u *unit) lotEvent(ctx context.Context, kind string, l exchange.Lot) error {
	return u.event(ctx, "lot", kind, l.ID.UUID, l)
}

// GetLot reads a lot that the caller may see.
func (a *App) GetLot(ctx context.Context, id string) (exchange.Lot, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return exchange.Lot{}, err
	}
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return exchange.Lot{}, err
	}
	l, err := found(a.store.Lot(ctx, key))("lot", key)
	if err == nil {
		err = a.visible(ctx, p, authz.Lot, lotAttributes(l), key)
	}
	if err != nil {
		return exchange.Lot{}, err
	}
	return l, nil
}

// ListLots lists the lots that the caller may see, the newest first.
func (a *App) ListLots(ctx context.Context, c ListLots) (Page[exchange.Lot], error) {
	product, err := optionalUUID("product_id", c.ProductID)
	if err != nil {
		return Page[exchange.Lot]{}, err
	}
	narrow := store.Narrow{"product_id": uuidText(product), "state": string(c.State)}
	return list(ctx, a, authz.Lot, c.Paging, narrow, a.store.ListLots, func(l exchange.Lot) store.Key {
		return store.Key{At: l.CreatedAt, ID: l.ID.UUID}
	})
}

// ListSamplings lists the samplings of a lot that the caller may see.
func (a *App) ListSamplings(ctx context.Context, lot string) ([]exchange.Sampling, error) {
	l, err := a.GetLot(ctx, lot)
	if err != nil {
		return nil, err
	}
	return a.store.Samplings(ctx, l.ID, maxSamplings)
}

// seenLot reads a lot. What the caller may not see does not exist for the caller.
func (u *unit) seenLot(ctx context.Context, id exchange.ID, read func(context.Context, exchange.ID) (exchange.Lot, error)) (exchange.Lot, error) {
	l, err := found(read(ctx, id))("lot", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Lot, lotAttributes(l), id)
	}
	return l, err
}

// loadLot reads a lot that is going to be changed.
func (u *unit) loadLot(ctx context.Context, id exchange.ID, action string) (authz.Question, error) {
	l, err := u.seenLot(ctx, id, u.LockLot)
	return authz.Question{Action: action, Lot: &l}, err
}

// loadNewLot reads the lot that an offer is to be of, if it names one.
func (u *unit) loadNewLot(ctx context.Context, q *authz.Question, lot string) error {
	if lot == "" {
		return nil
	}
	id, err := exchange.ParseID("lot_id", lot)
	if err != nil {
		return err
	}
	l, err := u.seenLot(ctx, id, u.HoldLot)
	q.Lot = &l
	return err
}

// BlockLot stops a lot.
func (a *App) BlockLot(ctx context.Context, c Step) (Result[exchange.Lot], error) {
	return a.stepLot(ctx, c, authz.LotBlock, "lot.blocked", exchange.BlockLot)
}

// ReleaseLot ends a block.
func (a *App) ReleaseLot(ctx context.Context, c Step) (Result[exchange.Lot], error) {
	return a.stepLot(ctx, c, authz.LotRelease, "lot.released", exchange.ReleaseLot)
}

func (a *App) stepLot(ctx context.Context, c Step, action, kind string,
	step func(exchange.Lot, string, time.Time) (exchange.Lot, error),
) (Result[exchange.Lot], error) {
	in, id, err := a.lotIntent(ctx, c.Meta, c.ID, action, c)
	if err != nil {
		return Result[exchange.Lot]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Lot, error) {
		q, err := u.loadLot(ctx, id, action)
		if err != nil {
			return exchange.Lot{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.Lot{}, err
		}
		l, err := step(*q.Lot, c.Reason, u.at)
		if err != nil {
			return l, err
		}
		return l, errors.Join(u.UpdateLot(ctx, l), u.lotEvent(ctx, kind, l))
	})
}

// lotIntent is the intent of a write to a lot. It enters the lanes of the lot's
// offers: it must not lose, again and again, against a stream of orders.
func (a *App) lotIntent(ctx context.Context, meta Meta, lot, action string, command any) (intent, exchange.ID, error) {
	id, err := exchange.ParseID("id", lot)
	if err != nil {
		return intent{}, id, err
	}
	offers, err := a.store.OffersOfLot(ctx, id, maxLanes)
	lanes := make([]string, len(offers))
	for i, o := range offers {
		lanes[i] = o.String()
	}
	slices.Sort(lanes)
	return intent{Meta: meta, action: action, home: id.Home, command: command, lanes: lanes}, id, err
}

// RecordSampling records one test of a lot, and blocks the lot in the same
// transaction if it was not passed.
func (a *App) RecordSampling(ctx context.Context, c RecordSampling) (Result[Sampled], error) {
	in, id, err := a.lotIntent(ctx, c.Meta, c.ID, authz.LotSample, c)
	if err != nil {
		return Result[Sampled]{}, err
	}
	sampled, err := day("sampled_on", c.SampledOn)
	if err != nil {
		return Result[Sampled]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (Sampled, error) {
		q, err := u.loadLot(ctx, id, in.action)
		if err != nil {
			return Sampled{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return Sampled{}, err
		}
		if u.principal.Authority == nil {
			// Policy allowed what cannot be done: it is at fault, not the caller.
			return Sampled{}, fault.New(fault.PolicyUndefined, "action", in.action)
		}
		lot, s, err := exchange.RecordSampling(*q.Lot, exchange.Sampling{
			Authority: u.principal.Authority.ID, SampledOn: sampled, Item: c.Item, Passed: c.Passed, Report: c.ReportNumber,
		}, u.at)
		if err != nil {
			return Sampled{}, err
		}
		errs := []error{u.InsertSampling(ctx, s), u.event(ctx, "sampling", "sampling.recorded", s.ID.UUID, s)}
		if lot.State != q.Lot.State {
			errs = append(errs, u.UpdateLot(ctx, lot), u.lotEvent(ctx, "lot.blocked", lot))
		}
		return Sampled{s, lot}, errors.Join(append(errs, u.unique(ctx, "sampling", s.Report))...)
	})
}
