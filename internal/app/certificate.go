package app

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// CreateCertificate drafts a certificate for a product.
type CreateCertificate struct {
	Meta
	ProductID           string
	Scheme              exchange.Scheme
	Number              string
	AnnualQuantity      int64
	AnnualValueFen      int64
	HouseholdsBenefited int
	ValidFrom, ValidTo  string
}

// ListCertificates narrows a list of certificates.
type ListCertificates struct {
	Paging
	ProductID string
	State     exchange.CertificateState
}

// CertificateView is a certificate with this year's capacity, if it has one.
type CertificateView struct {
	exchange.Certificate
	Capacity *exchange.Capacity
}

func (a *App) certificates() noun[exchange.Certificate] {
	return noun[exchange.Certificate]{authz.Certificate, a.store.Certificate, a.store.ListCertificates, certificateAttributes,
		func(v exchange.Certificate) store.Key { return store.Key{At: v.CreatedAt, ID: v.ID} }}
}

func certificateAttributes(v exchange.Certificate) map[string]any {
	return map[string]any{
		"id": v.ID.String(), "product_id": v.Product.String(), "producer_id": v.Producer.String(), "origin": v.Origin,
		"state": string(v.State),
	}
}

// CreateCertificate drafts a certificate for a product.
func (a *App) CreateCertificate(ctx context.Context, c CreateCertificate) (Result[exchange.Certificate], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.CertificateCreate, c)
	if err != nil {
		return Result[exchange.Certificate]{}, err
	}
	valid, err := span("valid_from", c.ValidFrom, "valid_to", c.ValidTo)
	if err != nil {
		return Result[exchange.Certificate]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Certificate, error) {
		v := exchange.Certificate{
			Scheme: c.Scheme, Number: c.Number, AnnualQuantity: c.AnnualQuantity, AnnualValueFen: c.AnnualValueFen,
			Households: c.HouseholdsBenefited, Valid: valid,
		}
		if _, err := u.ownMember(ctx); err != nil {
			return v, err
		}
		product, err := target(ctx, u, a.products(), "product_id", c.ProductID, u.Product)
		if err != nil {
			return v, err
		}
		v.Product, v.Producer, v.Origin = product.ID, product.Producer, product.Origin
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Product: &product, Certificate: &v}); err != nil {
			return v, err
		}
		if v, err = exchange.NewCertificate(v, product, u.at); err != nil {
			return v, err
		}
		err = errors.Join(u.InsertCertificate(ctx, v), u.directoryEvent(ctx, "certificate.created", authz.Certificate, v.ID, v))
		return v, errors.Join(err, u.unique(ctx, "certificate", c.Number))
	})
}

// GetCertificate reads a certificate and this year's capacity.
func (a *App) GetCertificate(ctx context.Context, id string) (CertificateView, error) {
	c, err := get(ctx, a, a.certificates(), id)
	if err != nil || c.State != exchange.CertificateInForce {
		return CertificateView{Certificate: c}, err
	}
	year := exchange.DayOf(a.now()).Year()
	capacity, err := a.store.Capacity(ctx, exchange.Province(c.Origin), c.ID, year)
	if errors.Is(err, store.ErrNotFound) {
		capacity, err = untouched(c, year), nil
	}
	return CertificateView{Certificate: c, Capacity: &capacity}, err
}

// untouched is the capacity of a year in which nothing was offered yet.
func untouched(c exchange.Certificate, year int) exchange.Capacity {
	return exchange.Capacity{
		Home: exchange.Province(c.Origin), Certificate: c.ID, Year: year, Quantity: c.AnnualQuantity, ValueFen: c.AnnualValueFen,
	}
}

// ListCertificates lists certificates, the newest first.
func (a *App) ListCertificates(ctx context.Context, c ListCertificates) (Page[exchange.Certificate], error) {
	product, err := optionalUUID("product_id", c.ProductID)
	if err != nil {
		return Page[exchange.Certificate]{}, err
	}
	return listOf(ctx, a, a.certificates(), c.Paging, store.Narrow{"product_id": uuidText(product), "state": string(c.State)})
}

// SubmitCertificate hands a draft to the county authority.
func (a *App) SubmitCertificate(ctx context.Context, c Step) (Result[exchange.Certificate], error) {
	return a.stepCertificate(ctx, c, authz.CertificateSubmit, exchange.SubmitStep)
}

// ApproveCertificate is the county's decision.
func (a *App) ApproveCertificate(ctx context.Context, c Step) (Result[exchange.Certificate], error) {
	return a.stepCertificate(ctx, c, authz.CertificateApprove, exchange.ApproveStep)
}

// PubliciseCertificate puts the decision up for objections.
func (a *App) PubliciseCertificate(ctx context.Context, c Step) (Result[exchange.Certificate], error) {
	return a.stepCertificate(ctx, c, authz.CertificatePublicise, exchange.PubliciseStep)
}

// EnforceCertificate puts a certificate in force. Its capacity opens with the
// first offer of each year.
func (a *App) EnforceCertificate(ctx context.Context, c Step) (Result[exchange.Certificate], error) {
	return a.stepCertificate(ctx, c, authz.CertificateEnforce, exchange.EnforceStep)
}

// SuspendCertificate pauses every offer under a certificate.
func (a *App) SuspendCertificate(ctx context.Context, c Step) (Result[exchange.Certificate], error) {
	return a.stepCertificate(ctx, c, authz.CertificateSuspend, exchange.SuspendStep)
}

// ReinstateCertificate ends a suspension. Offers stay paused until resumed.
func (a *App) ReinstateCertificate(ctx context.Context, c Step) (Result[exchange.Certificate], error) {
	return a.stepCertificate(ctx, c, authz.CertificateReinstate, exchange.ReinstateStep)
}

// RevokeCertificate ends a certificate for good and pauses every offer under it.
func (a *App) RevokeCertificate(ctx context.Context, c Step) (Result[exchange.Certificate], error) {
	return a.stepCertificate(ctx, c, authz.CertificateRevoke, exchange.RevokeStep)
}

// ExpireCertificates ends certificates whose last day has passed. It tells how
// many.
func (a *App) ExpireCertificates(ctx context.Context) (int, error) {
	due, err := a.store.CertificatesPastValidity(ctx, exchange.DayOf(a.now()), a.limits.SweepBatch)
	if err != nil {
		return 0, err
	}
	return each(due, func(id uuid.UUID) error {
		step := Step{ID: id.String(), Reason: "the last day has passed"}
		_, err := a.stepCertificate(ctx, step, authz.CertificateExpire, exchange.ExpireStep)
		return err
	})
}

// certificateEvents are the kinds of event by step.
var certificateEvents = map[exchange.CertificateStep]string{
	exchange.SubmitStep: "certificate.submitted", exchange.ApproveStep: "certificate.approved",
	exchange.PubliciseStep: "certificate.publicised", exchange.EnforceStep: "certificate.enforced",
	exchange.SuspendStep: "certificate.suspended", exchange.ReinstateStep: "certificate.reinstated",
	exchange.RevokeStep: "certificate.revoked", exchange.ExpireStep: "certificate.expired",
}

// stepCertificate is what every step of a certificate shares. One that stops
// trade pauses the offers that rely on it, in the same transaction.
func (a *App) stepCertificate(ctx context.Context, c Step, action string, step exchange.CertificateStep) (Result[exchange.Certificate], error) {
	in, err := directoryIntent(ctx, c.Meta, action, c)
	if err != nil {
		return Result[exchange.Certificate]{}, err
	}
	id, err := exchange.ParseUUID("id", c.ID)
	if err != nil {
		return Result[exchange.Certificate]{}, err
	}
	if in.lanes, err = a.relying(ctx, id, uuid.Nil); err != nil {
		return Result[exchange.Certificate]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Certificate, error) {
		q, err := u.loadCertificate(ctx, id, action)
		if err != nil {
			return exchange.Certificate{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.Certificate{}, err
		}
		v, err := exchange.StepCertificate(*q.Certificate, step, c.Reason, u.at)
		if err != nil {
			return v, err
		}
		if v.State.StopsTrade() {
			offers, err := u.PauseOffersUnder(ctx, v.ID, "the certificate is "+string(v.State), u.at)
			if err := u.paused(ctx, offers, err); err != nil {
				return v, err
			}
		}
		return v, errors.Join(u.UpdateCertificate(ctx, v),
			u.directoryEvent(ctx, certificateEvents[step], authz.Certificate, v.ID, v))
	})
}

// loadCertificate reads a certificate that is going to be changed, and the
// facts about it.
func (u *unit) loadCertificate(ctx context.Context, id uuid.UUID, action string) (authz.Question, error) {
	q := authz.Question{Action: action}
	if _, err := u.ownMember(ctx); err != nil {
		return q, err
	}
	c, err := target(ctx, u, u.app.certificates(), "id", id.String(), u.LockCertificate)
	if err != nil {
		return q, err
	}
	q.Certificate = &c
	product, err := found(u.Product(ctx, c.Product))("product", c.Product)
	q.Product = &product
	return q, err
}
