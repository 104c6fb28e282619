package exchange

import (
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
)

// GivePayerConsent lets a member buy at another's expense, or changes how far. What
// was charged before counts against the limit.
//
//exchange:rule SIDE_INVALID | Buyers pay for buyers | buyers | 2020 plan, item 14, charities and associations
//exchange:rule CONSENT_INVALID | A payer lets another member of its own alliance buy at its expense, up to a limit | buyers | 2020 plan, item 14, charities and associations
func GivePayerConsent(payer, buyer Member, limitFen int64, valid Span, before *PayerConsent, at time.Time) (PayerConsent, error) {
	switch {
	case payer.Side != Buyer || buyer.Side != Buyer:
		return PayerConsent{}, fault.InField("buyer_member_id", fault.SideInvalid, "side", Buyer)
	case payer.ID == buyer.ID || payer.Alliance != buyer.Alliance:
		return PayerConsent{}, fault.InField("buyer_member_id", fault.ConsentInvalid, "rule", "another member of the payer's own alliance")
	case limitFen <= 0 || limitFen > maxOfferFen:
		return PayerConsent{}, fault.InField("limit_fen", fault.ConsentInvalid, "rule", "a limit is above nothing, and 100 billion yuan at most")
	}
	if err := notOver(valid, at); err != nil {
		return PayerConsent{}, err
	}
	c := PayerConsent{ID: PayerConsentID(payer, buyer.ID), Payer: payer.ID, Buyer: buyer.ID, Alliance: payer.Alliance, CreatedAt: at}
	if before != nil {
		c = *before
	}
	c.LimitFen, c.Valid, c.RevokedAt, c.UpdatedAt = limitFen, valid, time.Time{}, at
	return c, nil
}

// RevokePayerConsent ends a consent: no further order is at the payer's expense.
// What was ordered is.
//
//exchange:rule WRONG_STATE | A consent that was taken back stays so until it is given anew | buyers | 2020 plan, item 14, charities and associations
func RevokePayerConsent(c PayerConsent, at time.Time) (PayerConsent, error) {
	if !c.RevokedAt.IsZero() {
		return c, fault.New(fault.WrongState, "noun", "payer consent", "id", c.ID, "state", "REVOKED", "step", "revoke")
	}
	c.RevokedAt, c.UpdatedAt = at, at
	return c, nil
}

// ChargePayer counts what an order charges its payer before and after a step.
//
//exchange:rule PAYER_LIMIT | What a payer is charged stays within its consent | buyers | nobody is charged without its consent
func ChargePayer(c PayerConsent, before, after int64, at time.Time) (PayerConsent, error) {
	if left := c.LimitFen - c.UsedFen; after > before && after-before > left {
		return c, fault.New(fault.PayerLimit, "payer", c.Payer, "left_fen", left)
	}
	c.UsedFen, c.UpdatedAt = c.UsedFen+after-before, at
	return c, nil
}

// OneTag is the one pair (结对) for which an order is made: none, or one.
//
//exchange:rule PAIR_TAGS_OVERLAP | An order is made for one pair at most | buyers | 2020 plan, item 8, firm–village pairs; invariant I10
func OneTag(tags []string) (string, error) {
	switch len(tags) {
	case 0:
		return "", nil
	case 1:
		return tags[0], nil
	}
	return "", fault.InField("pair_tags", fault.PairTagsOverlap, "tags", len(tags))
}

// PayDonation records the premium (以购代捐) that the payer of an order gave beside
// its amount: from the payer to the seller, once the goods are accepted.
//
//exchange:rule WRONG_STATE | A donation is paid once, when its goods are accepted | buyers | 2020 plan, item 7, 以购代捐
func PayDonation(o Order, paid bool, id uuid.UUID, bankReference string, ids func() uuid.UUID, at time.Time) (Change, error) {
	if o.DonationFen == 0 || o.Accepted == 0 || paid {
		return Change{}, fault.New(fault.WrongState, "noun", "order", "id", o.ID, "state", o.State, "step", "pay a donation")
	}
	o.UpdatedAt = at
	return Change{
		Order: o, Kind: "order.donation_paid",
		Payment: &Payment{Kind: PaidDonation, Home: o.ID.Home, ID: id, Order: o.ID, AmountFen: o.DonationFen, BankReference: bankReference, At: at},
		Transactions: []ledger.Transaction{
			ledger.DonationPays(o.posting(), ids(), at, o.DonationFen, bankReference),
			ledger.DonationIsPassedOn(o.posting(), ids(), at, o.DonationFen, bankReference),
		},
	}, nil
}
