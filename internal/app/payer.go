package app

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// ForOthers is what an order says where buyer, payer and consignee are three: left
// out where it is not given, as requests were kept before there was any.
type ForOthers struct {
	PayerID       string   `json:",omitempty"`
	ConsigneeName string   `json:",omitempty"`
	DonationFen   int64    `json:",omitempty"`
	PairTags      []string `json:",omitempty"`
}

// GivePayerConsent lets another member buy at the expense of the caller's own.
type GivePayerConsent struct {
	Meta
	BuyerID            string
	LimitFen           int64
	ValidFrom, ValidTo string
}

// PayDonation records the donation of an order.
type PayDonation struct {
	Meta
	ID, BankReference string
}

func consentAttributes(c exchange.PayerConsent) map[string]any {
	return map[string]any{"payer_id": c.Payer.String(), "buyer_id": c.Buyer.String(), "alliance_id": c.Alliance.String()}
}

// GivePayerConsent gives a consent, or changes how far it goes.
func (a *App) GivePayerConsent(ctx context.Context, c GivePayerConsent) (Result[exchange.PayerConsent], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.PayerConsent, c)
	if err != nil {
		return Result[exchange.PayerConsent]{}, err
	}
	valid, err := span("valid_from", c.ValidFrom, "valid_to", c.ValidTo)
	if err != nil {
		return Result[exchange.PayerConsent]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.PayerConsent, error) {
		payer, err := u.ownMember(ctx)
		if err != nil {
			return exchange.PayerConsent{}, err
		}
		buyer, err := target(ctx, u, a.members(), "buyer_member_id", c.BuyerID, u.Member)
		if err != nil {
			return exchange.PayerConsent{}, err
		}
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Payer: &payer, Buyer: &buyer}); err != nil {
			return exchange.PayerConsent{}, err
		}
		var before *exchange.PayerConsent
		switch kept, err := u.LockPayerConsent(ctx, exchange.PayerConsentID(payer, buyer.ID)); {
		case err == nil:
			before = &kept
		case !errors.Is(err, store.ErrNotFound):
			return kept, err
		}
		consent, err := exchange.GivePayerConsent(payer, buyer, c.LimitFen, valid, before, u.at)
		if err != nil {
			return consent, err
		}
		return consent, errors.Join(u.PutPayerConsent(ctx, consent), u.event(ctx, "payer_consent", "payer.consented", consent.ID.UUID, consent))
	})
}

// RevokePayerConsent takes a consent back.
func (a *App) RevokePayerConsent(ctx context.Context, c Step) (Result[exchange.PayerConsent], error) {
	id, err := exchange.ParseID("id", c.ID)
	if err != nil {
		return Result[exchange.PayerConsent]{}, err
	}
	in := intent{Meta: c.Meta, action: authz.PayerRevoke, home: id.Home, command: c}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.PayerConsent, error) {
		q, err := u.loadConsent(ctx, id, u.LockPayerConsent)
		if err != nil {
			return exchange.PayerConsent{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.PayerConsent{}, err
		}
		consent, err := exchange.RevokePayerConsent(*q.PayerConsent, u.at)
		if err != nil {
			return consent, err
		}
		return consent, errors.Join(u.PutPayerConsent(ctx, consent), u.event(ctx, "payer_consent", "payer.revoked", consent.ID.UUID, consent))
	})
}

// loadConsent reads a consent. One that the caller may not see does not exist for
// the caller.
func (u *unit) loadConsent(ctx context.Context, id exchange.ID, read func(context.Context, exchange.ID) (exchange.PayerConsent, error)) (authz.Question, error) {
	c, err := found(read(ctx, id))("payer consent", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Consenting, consentAttributes(c), id)
	}
	return authz.Question{Action: authz.PayerRevoke, PayerConsent: &c}, err
}

// ListPayerConsents lists the consents that the caller may see, the newest first.
func (a *App) ListPayerConsents(ctx context.Context, p Paging) (Page[exchange.PayerConsent], error) {
	return list(ctx, a, authz.Consenting, p, store.Narrow{}, a.store.ListPayerConsents,
		func(c exchange.PayerConsent) store.Key { return store.Key{At: c.CreatedAt, ID: c.ID.UUID} })
}

// loadPayer reads who is to pay for the buyer of an order, and what it has consented
// to. A buyer that names itself pays for itself.
func (u *unit) loadPayer(ctx context.Context, q *authz.Question, payer string) error {
	if payer == "" || payer == q.Buyer.ID.String() {
		return nil
	}
	m, err := target(ctx, u, u.app.members(), "payer_member_id", payer, u.Member)
	if err != nil {
		return err
	}
	q.Payer = &m
	c, err := u.consentThat(ctx, exchange.PayerConsentID(m, q.Buyer.ID))
	if errors.Is(err, store.ErrNotFound) {
		return nil // policy says PAYER_NO_CONSENT
	}
	q.PayerConsent = &c
	return err
}

// consentThat reads a consent that an order is going to be charged to, or what it was
// at the time that is asked about.
func (u *unit) consentThat(ctx context.Context, id exchange.ID) (exchange.PayerConsent, error) {
	if !u.looking {
		return u.LockPayerConsent(ctx, id)
	}
	c, err := u.PayerConsent(ctx, id)
	if err == nil && u.past && c.CreatedAt.After(u.at) {
		return c, store.ErrNotFound // it was not given yet
	}
	return asOf(ctx, u, id.UUID, c, err)
}

func payerOf(q authz.Question) uuid.UUID {
	if q.Payer == nil {
		return uuid.Nil
	}
	return q.Payer.ID
}

// charge counts against a payer's consent what an order charges now and did not
// before, or gives it back.
func (u *unit) charge(ctx context.Context, o exchange.Order, before int64) error {
	if o.Payer == uuid.Nil || o.Charge() == before {
		return nil
	}
	payer, err := u.Member(ctx, o.Payer)
	if err != nil {
		return err
	}
	c, err := u.LockPayerConsent(ctx, exchange.PayerConsentID(payer, o.Buyer))
	if err != nil {
		return err
	}
	if c, err = exchange.ChargePayer(c, before, o.Charge(), u.at); err != nil {
		return err
	}
	return u.PutPayerConsent(ctx, c)
}

// PayDonation records that the payer of an order gave its donation to the seller.
func (a *App) PayDonation(ctx context.Context, c PayDonation) (Result[exchange.Order], error) {
	return a.stepOrder(ctx, c.Meta, c.ID, c, authz.OrderDonate, func(ctx context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		if err := u.newPayment(ctx, q.Order.ID, c.BankReference); err != nil {
			return exchange.Change{}, err
		}
		paid, err := u.DonationPaid(ctx, q.Order.ID)
		if err != nil {
			return exchange.Change{}, err
		}
		return exchange.PayDonation(*q.Order, paid, u.newID(), c.BankReference, u.newID, u.at)
	})
}

func explainNewConsent(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	payer, err := u.ownMember(ctx)
	if err != nil {
		return authz.Question{}, err
	}
	buyer, err := target(ctx, u, u.app.members(), "member_id", c.MemberID, u.Member)
	return authz.Question{Payer: &payer, Buyer: &buyer}, err
}

func explainConsent(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("payer_consent_id", c.ConsentID)
	if err != nil {
		return authz.Question{}, err
	}
	return u.loadConsent(ctx, id, u.PayerConsent)
}
