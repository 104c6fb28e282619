package exchange

import (
	"time"

	"github.com/google/uuid"
)

// PayerConsent (付款授权) is that a member lets another of its alliance buy at its
// expense: charities, associations and firms that buy for villages. It lives in the
// payer's home; a pair of members has one, which is given anew with another limit.
type PayerConsent struct {
	ID        ID
	Payer     uuid.UUID
	Buyer     uuid.UUID
	Alliance  uuid.UUID
	LimitFen  int64 // of all orders, what they cost and donate
	UsedFen   int64
	Valid     Span
	RevokedAt time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// PayerConsentID is the id of the consent of a payer for a buyer.
func PayerConsentID(payer Member, buyer uuid.UUID) ID {
	return ID{Home: payer.Home(), UUID: uuid.NewSHA1(payer.ID, buyer[:])}
}

// PayerID is the member that owes what an order costs.
func (o Order) PayerID() uuid.UUID {
	if o.Payer != uuid.Nil {
		return o.Payer
	}
	return o.Buyer
}

// Charge is what an order charges its payer, the donation with it: what was ordered,
// and from the acceptance on what was kept.
func (o Order) Charge() int64 {
	switch o.State {
	case OrderPending, OrderPlaced, OrderConfirmed, OrderShipped, OrderDelivered:
		return o.AmountFen + o.DonationFen
	}
	if o.Accepted == 0 {
		return 0
	}
	return o.NetFen() + o.DonationFen
}
