package ledger

import (
	"time"

	"github.com/google/uuid"
)

// The transactions of a deposit carry the id of their contract where others carry
// their order's, and count no volume: a contract is not trade before it is called
// off.

// DepositPays posts a deposit that came in from the buyer of a contract.
func DepositPays(contract Order, id uuid.UUID, at time.Time, fen int64, bankReference string) Transaction {
	t := contract.transaction(id, DepositPaid, at, Move{
		Debit:     account(Bank, Exchange),
		Credit:    account(DepositBuyer, contract.Parties.Buyer.String()),
		AmountFen: fen,
	})
	t.Memo = bankReference
	return t
}

// DepositIsReleased reverses the part of a deposit that pays an order, which is
// posted beside it as any payment of the order.
func DepositIsReleased(contract Order, id uuid.UUID, at time.Time, fen int64, deposit uuid.UUID, order string) Transaction {
	t := contract.transaction(id, DepositReleased, at, Move{
		Debit:     account(DepositBuyer, contract.Parties.Buyer.String()),
		Credit:    account(Bank, Exchange),
		AmountFen: fen,
	})
	t.Reverses, t.Memo = deposit, order
	return t
}

// DepositGoes posts whose the rest of a deposit is when the contract ends: the
// buyer's again, or the seller's. It is payable from then on.
func DepositGoes(contract Order, id uuid.UUID, at time.Time, kind Kind, to string, fen int64, deposit uuid.UUID, reason string) Transaction {
	t := contract.transaction(id, kind, at, Move{
		Debit:     account(DepositBuyer, contract.Parties.Buyer.String()),
		Credit:    account(Payable, to),
		AmountFen: fen,
	})
	t.Reverses, t.Memo = deposit, reason
	return t
}

// PayableIsPaid posts that what was payable of a deposit went out.
func PayableIsPaid(contract Order, id uuid.UUID, at time.Time, to string, fen int64, bankReference string) Transaction {
	t := contract.transaction(id, DepositPaidOut, at, Move{
		Debit:     account(Payable, to),
		Credit:    account(Bank, Exchange),
		AmountFen: fen,
	})
	t.Memo = bankReference
	return t
}
