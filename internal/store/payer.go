package store

import (
	"context"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func payerConsentOf(r db.PayerConsent) exchange.PayerConsent {
	return exchange.PayerConsent{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Payer: r.PayerID, Buyer: r.BuyerID, Alliance: r.AllianceID, LimitFen: r.LimitFen,
		UsedFen: r.UsedFen, Valid: exchange.Span{From: exchange.Day(r.ValidFrom), To: exchange.Day(r.ValidTo)},
		RevokedAt: timeOf(r.RevokedAt), CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

// PayerConsent reads a payer's consent.
func (r Reader) PayerConsent(ctx context.Context, id exchange.ID) (exchange.PayerConsent, error) {
	row, err := r.q.PayerConsentGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, payerConsentOf)
}

// LockPayerConsent reads a payer's consent that is going to be changed, after the
// order whose charge changes it.
func (t *Tx) LockPayerConsent(ctx context.Context, id exchange.ID) (exchange.PayerConsent, error) {
	return locked(t, id, t.memory.consents, func() (exchange.PayerConsent, error) {
		row, err := t.q.PayerConsentLock(ctx, id.Home, id.UUID)
		return mapRow(row, err, payerConsentOf)
	})
}

// PutPayerConsent queues a consent, new or changed.
func (t *Tx) PutPayerConsent(ctx context.Context, c exchange.PayerConsent) error {
	remember(t, t.memory.consents, c.ID, c)
	return t.write.PayerConsentPut(ctx, db.PayerConsentPutParams{
		Home: c.ID.Home, ID: c.ID.UUID, PayerID: c.Payer, BuyerID: c.Buyer, AllianceID: c.Alliance, LimitFen: c.LimitFen, UsedFen: c.UsedFen,
		ValidFrom: string(c.Valid.From), ValidTo: string(c.Valid.To), RevokedAt: optionalTime(c.RevokedAt), CreatedAt: c.CreatedAt,
		UpdatedAt: c.UpdatedAt,
	})
}

// DonationPaid says whether the donation of an order was paid.
func (r Reader) DonationPaid(ctx context.Context, order exchange.ID) (bool, error) {
	n, err := r.q.DonationPaid(ctx, order.Home, order.UUID)
	return n > 0, readError(err)
}

var payerConsents = table{
	from: "payer_consents", time: "created_at", id: "id", filters: same("home", "payer_id", "buyer_id", "alliance_id"),
}

// ListPayerConsents lists payers' consents, the newest first.
func (r Reader) ListPayerConsents(ctx context.Context, l List) ([]exchange.PayerConsent, error) {
	return list(ctx, r, payerConsents, l, payerConsentOf)
}
