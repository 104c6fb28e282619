package ledger

import (
	"time"

	"github.com/google/uuid"
)

// A donation (以购代捐) is what the payer of an order gives beside its amount. It has
// accounts of its own and no measure: it is neither volume nor reserve.

// DonationIsDue posts the donation of an order whose goods were accepted: the payer
// owes it, the seller is to have it.
func DonationIsDue(o Order, id uuid.UUID, at time.Time, fen int64) Transaction {
	return o.transaction(id, DonationDue, at, Move{
		Debit:     account(Donation, o.owing()),
		Credit:    account(Donation, o.Parties.Seller.String()),
		AmountFen: fen,
	})
}

// DonationPays posts a donation that came in from the payer.
func DonationPays(o Order, id uuid.UUID, at time.Time, fen int64, bankReference string) Transaction {
	t := o.transaction(id, DonationPaid, at, Move{
		Debit:     account(Bank, Exchange),
		Credit:    account(Donation, o.owing()),
		AmountFen: fen,
	})
	t.Memo = bankReference
	return t
}

// DonationIsPassedOn posts a donation that went out to the seller.
func DonationIsPassedOn(o Order, id uuid.UUID, at time.Time, fen int64, bankReference string) Transaction {
	t := o.transaction(id, DonationPassedOn, at, Move{
		Debit:     account(Donation, o.Parties.Seller.String()),
		Credit:    account(Bank, Exchange),
		AmountFen: fen,
	})
	t.Memo = bankReference
	return t
}
