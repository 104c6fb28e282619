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
	Payer           uuid.UUID // who owes what is accepted; nil: the buyer
}

// owing is the owner of the clearing account of who pays.
func (o Order) owing() string {
	if o.Payer != uuid.Nil {
		return o.Payer.String()
	}
	return o.Parties.Buyer.String()
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
			Debit:     account(ClearingBuyer, o.owing()),
			Credit:    account(ClearingSeller, o.Parties.Seller.String()),
			AmountFen: fen, Measure: Accepted, Sign: 1, Quantity: quantity,
		})
	t.Reverses = o.CommitmentTx
	return t
}

// Refund is the part of an acceptance that a dispute gives back.
type Refund struct {
	AmountFen int64
	Quantity  int64 // base units that are given back; 0 where the price alone is
	// Settled is by how much the quantity of settled goods changes: amounts follow
	// the money, goods are settled as soon as nothing is owed for them.
	Settled    int64
	Acceptance uuid.UUID // the DELIVERY_ACCEPTED transaction
	Reason     string
}

// RefundAcceptance reverses a part of an acceptance: the buyer owes less, the
// seller is owed less, −ACCEPTED. Where it was paid, both accounts stand on the
// other side until the money has gone back.
func RefundAcceptance(o Order, id uuid.UUID, at time.Time, r Refund) Transaction {
	t := o.transaction(id, AcceptanceRefunded, at, Move{
		Debit:     account(ClearingSeller, o.Parties.Seller.String()),
		Credit:    account(ClearingBuyer, o.owing()),
		AmountFen: r.AmountFen, Measure: Accepted, Sign: -1, Quantity: r.Quantity, CountOnDebit: true,
	})
	if r.Settled != 0 && len(t.Entries) == 2 {
		t.Entries[1].Measure, t.Entries[1].MeasureQuantity = Settled, r.Settled
	}
	t.Reverses, t.Memo = r.Acceptance, r.Reason
	return t
}

// SellerRepays posts money that the seller paid back, −SETTLED.
func SellerRepays(o Order, id uuid.UUID, at time.Time, fen int64, bankReference string) Transaction {
	t := o.transaction(id, SellerRepaid, at, Move{
		Debit:     account(Bank, Exchange),
		Credit:    account(ClearingSeller, o.Parties.Seller.String()),
		AmountFen: fen, Measure: Settled, Sign: -1,
	})
	t.Memo = bankReference
	return t
}

// BuyerIsRepaid posts money that went back to the buyer.
func BuyerIsRepaid(o Order, id uuid.UUID, at time.Time, fen int64, bankReference string) Transaction {
	t := o.transaction(id, BuyerRepaid, at, Move{
		Debit:     account(ClearingBuyer, o.owing()),
		Credit:    account(Bank, Exchange),
		AmountFen: fen,
	})
	t.Memo = bankReference
	return t
}

// BuyerPays posts money that came in from the buyer.
func BuyerPays(o Order, id uuid.UUID, at time.Time, fen int64, bankReference string) Transaction {
	t := o.transaction(id, BuyerPaid, at, Move{
		Debit:     account(Bank, Exchange),
		Credit:    account(ClearingBuyer, o.owing()),
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

// BankMoved posts a line of a bank statement before it is explained: money in
// stands as a credit in suspense, money out as a debit. It belongs to no order.
func BankMoved(home string, id uuid.UUID, at time.Time, in bool, fen int64, bankReference string) Transaction {
	kind, m := BankReceived, Move{Debit: account(Bank, Exchange), Credit: account(Suspense, Exchange), AmountFen: fen}
	if !in {
		kind, m.Debit, m.Credit = BankSent, m.Credit, m.Debit
	}
	t := Order{Home: home}.transaction(id, kind, at, m)
	t.Memo = bankReference
	return t
}

// ReleaseSuspense reverses what BankMoved posted, for an order explains it now
// and is posted beside it.
func ReleaseSuspense(home string, id uuid.UUID, at time.Time, in bool, fen int64, receipt uuid.UUID, bankReference string) Transaction {
	t := BankMoved(home, id, at, !in, fen, bankReference)
	t.Kind, t.Reverses = SuspenseReleased, receipt
	return t
}
