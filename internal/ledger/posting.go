package ledger

import (
	"time"

	"github.com/google/uuid"
)

// Order is what the ledger must know of an order to post its events.
type Order struct {
	Home            string
	Parties         Parties
	Dims            Dimensions
	CommitmentTx    uuid.UUID // the ORDER_CONFIRMED transaction; nil before it
	CommitmentFen   int64
	OrderedQuantity int64
}

func account(kind AccountKind, owner string) Account {
	return Account{Kind: kind, Owner: owner, Currency: CNY}
}

func (o Order) transaction(id uuid.UUID, kind Kind, at time.Time, moves ...Move) Transaction {
	t := Transaction{Home: o.Home, ID: id, Kind: kind, At: at, Parties: o.Parties, Dimensions: o.Dims}
	for _, m := range moves {
		if m.AmountFen != 0 {
			t.Entries = append(t.Entries, m.Entries()...)
		}
	}
	return t
}

// Confirm posts a confirmed order: commitment of buyer against commitment of
// seller, CONTRACTED.
func Confirm(o Order, id uuid.UUID, at time.Time) Transaction {
	return o.transaction(id, OrderConfirmed, at, Move{
		Debit:     account(CommitmentBuyer, o.Parties.Buyer.String()),
		Credit:    account(CommitmentSeller, o.Parties.Seller.String()),
		AmountFen: o.CommitmentFen, Measure: Contracted, Sign: 1, Quantity: o.OrderedQuantity,
	})
}

// Release reverses the part of a commitment that will not be fulfilled:
// rejected, short or cancelled goods. It takes the part away from CONTRACTED.
func Release(o Order, id uuid.UUID, at time.Time, fen, quantity int64, memo string) Transaction {
	t := o.transaction(id, CommitmentReleased, at, Move{
		Debit:     account(CommitmentSeller, o.Parties.Seller.String()),
		Credit:    account(CommitmentBuyer, o.Parties.Buyer.String()),
		AmountFen: fen, Measure: Contracted, Sign: -1, Quantity: quantity, CountOnDebit: true,
	})
	t.Reverses, t.Memo = o.CommitmentTx, memo
	return t
}

// Accept posts accepted goods: their commitment is reversed, what was
// contracted staying contracted, and the buyer owes the seller, ACCEPTED. The
// lost quantity (base units) is what was ordered and not accepted but, by
// rounding, costs nothing: it leaves CONTRACTED as a quantity alone.
func Accept(o Order, id uuid.UUID, at time.Time, fen, quantity, lost int64) Transaction {
	reversal := Move{
		Debit:     account(CommitmentSeller, o.Parties.Seller.String()),
		Credit:    account(CommitmentBuyer, o.Parties.Buyer.String()),
		AmountFen: fen,
	}
	if lost > 0 {
		reversal.Measure, reversal.Sign, reversal.Quantity, reversal.CountOnDebit = Contracted, -1, lost, true
		reversal.QuantityAlone = true
	}
	t := o.transaction(id, DeliveryAccepted, at, reversal,
		Move{
			Debit:     account(ClearingBuyer, o.Parties.Buyer.String()),
			Credit:    account(ClearingSeller, o.Parties.Seller.String()),
			AmountFen: fen, Measure: Accepted, Sign: 1, Quantity: quantity,
		})
	t.Reverses = o.CommitmentTx
	return t
}

// BuyerPays posts money that came in from the buyer.
func BuyerPays(o Order, id uuid.UUID, at time.Time, fen int64, bankReference string) Transaction {
	t := o.transaction(id, BuyerPaid, at, Move{
		Debit:     account(Bank, Exchange),
		Credit:    account(ClearingBuyer, o.Parties.Buyer.String()),
		AmountFen: fen,
	})
	t.Memo = bankReference
	return t
}

// SellerIsPaid posts money that went out to the seller, SETTLED.
func SellerIsPaid(o Order, id uuid.UUID, at time.Time, fen, quantity int64, bankReference string) Transaction {
	t := o.transaction(id, SellerPaid, at, Move{
		Debit:     account(ClearingSeller, o.Parties.Seller.String()),
		Credit:    account(Bank, Exchange),
		AmountFen: fen, Measure: Settled, Sign: 1, Quantity: quantity, CountOnDebit: true,
	})
	t.Memo = bankReference
	return t
}
