package exchange

import (
	"time"

	"github.com/google/uuid"
)

// BankFlow is the way of the money, seen from the exchange's account.
type BankFlow string

// The ways.
const (
	MoneyIn  BankFlow = "CREDIT"
	MoneyOut BankFlow = "DEBIT"
)

// BankFile is what a file of a bank says: one statement of one account, whole
// and adding up.
type BankFile struct {
	Account, Statement     string
	OpeningFen, ClosingFen int64
	Lines                  []BankFileLine
}

// BankFileLine is a booked movement of money.
type BankFileLine struct {
	Reference    string // the bank's own; once per account
	Flow         BankFlow
	AmountFen    int64 // more than 0
	Booked       Day
	Counterparty string // name of the other side; may be empty
	Remittance   string // what the payer wrote
}

// BankStatement (银行对账单) is an imported statement. It and its lines live in the
// home of the exchange's account.
type BankStatement struct {
	ID                     ID
	Account, Statement     string
	OpeningFen, ClosingFen int64
	Lines                  int64
	ImportedAt             time.Time
}

// BankLineState is the state of a bank line.
type BankLineState string

// The states. A line that waits stands in the suspense account.
const (
	LineWaiting  BankLineState = "WAITING"
	LineMatched  BankLineState = "MATCHED"
	LineReturned BankLineState = "RETURNED"
)

// BankLine is a line of a statement, and what became of it.
type BankLine struct {
	ID        ID
	Statement uuid.UUID
	Account   string
	BankFileLine
	State       BankLineState
	StateReason string
	Order       ID        // that it was matched to
	Instruction ID        // that it executed
	Contract    ID        // whose deposit it paid, or paid out
	Partner     uuid.UUID // the line by which it was sent back
	Transaction uuid.UUID // of its receipt in the ledger
	At          time.Time // of the import
}

// Mismatch is why a waiting line does not match by itself.
type Mismatch string

// The mismatches.
const (
	Fits           Mismatch = ""
	Over           Mismatch = "OVER"
	Under          Mismatch = "UNDER"
	WrongReference Mismatch = "WRONG_REFERENCE" // it names no order, or several
	NothingDue     Mismatch = "NOTHING_DUE"     // its order has nothing to pay or to get back
)
