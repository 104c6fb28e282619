package exchange

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// CycleState is the state of a settlement cycle.
type CycleState string

// The states.
const (
	CycleOpen       CycleState = "OPEN"
	CycleMatched    CycleState = "MATCHED"
	CycleMismatch   CycleState = "MISMATCH"
	CycleAdjusted   CycleState = "ADJUSTED"
	CycleInstructed CycleState = "INSTRUCTED"
	CycleConfirmed  CycleState = "CONFIRMED"
)

// DifferenceKind is what does not match in a cycle.
type DifferenceKind string

// The kinds.
const (
	DiffUnder     DifferenceKind = "UNDER"           // less was paid than is owed
	DiffOver      DifferenceKind = "OVER"            // more was
	DiffReference DifferenceKind = "WRONG_REFERENCE" // a buyer's money names no order
	DiffDisputed  DifferenceKind = "DISPUTED"        // an order is in dispute
)

// Difference is one thing that does not match in a cycle.
type Difference struct {
	Kind      DifferenceKind
	Member    uuid.UUID
	Order     ID // of the three that are about an order
	Line      ID // the bank line that waits, if any
	AmountFen int64
}

// SettlementCycle (结算周期) settles what the members of two alliances accepted in a
// span of days. It lives in the seller alliance's home, as its orders do.
type SettlementCycle struct {
	ID                            ID
	SellerAlliance, BuyerAlliance uuid.UUID
	Span                          Span // of acceptance, both days included
	State                         CycleState
	StateReason                   string
	Differences                   []Difference // found when it was last matched
	CreatedAt, UpdatedAt          time.Time
}

// InstructionState is the state of a payment instruction.
type InstructionState string

// The states.
const (
	InstructionIssued   InstructionState = "ISSUED"
	InstructionExecuted InstructionState = "EXECUTED"
)

// Instruction is one transfer of the exchange to a member: all that a cycle owes
// it. It is executed when the bank's statement says so.
type Instruction struct {
	ID        ID // in its cycle's home
	Cycle     uuid.UUID
	Member    uuid.UUID
	AmountFen int64
	Parts     []InstructionPart
	State     InstructionState
	Line      ID // the bank line that executed it
	At        time.Time
}

// InstructionPart is what of an instruction is an order's.
type InstructionPart struct {
	Order     uuid.UUID
	AmountFen int64
}

// PaymentReference is what the transfer's text names it by.
func (i Instruction) PaymentReference() string {
	return i.ID.Home + strings.ReplaceAll(i.ID.UUID.String(), "-", "")
}

// CycleOrder is an order of a cycle and when it was accepted.
type CycleOrder struct {
	Order
	AcceptedAt time.Time
}

// Obligation is what a member owes in a cycle by its clearing accounts, or is
// owed: negative.
type Obligation struct {
	Member      uuid.UUID
	Buys        bool
	AcceptedFen int64 // less what was given back
	PaidFen     int64 // less what was paid back
	NetFen      int64
	Orders      int64
}
