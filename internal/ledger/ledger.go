// Package ledger is the double entry book of the exchange: accounts,
// transactions, entries and balances. It is pure: no I/O, no clock.
//
// Amounts are signed int64 fen: a debit is positive, a credit negative, and
// every transaction adds up to zero per currency (invariant I4). Entries are
// never changed; a correction is a transaction that reverses another.
package ledger

import (
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// CNY is the one currency of the exchange today.
const CNY = "CNY"

// Exchange owns the accounts that belong to no member, such as the bank.
const Exchange = "exchange"

// AccountKind names what an account holds.
type AccountKind string

// The kinds of account (design §10).
const (
	CommitmentBuyer  AccountKind = "COMMITMENT_BUYER"
	CommitmentSeller AccountKind = "COMMITMENT_SELLER"
	ClearingBuyer    AccountKind = "CLEARING_BUYER"
	ClearingSeller   AccountKind = "CLEARING_SELLER"
	Bank             AccountKind = "BANK"
	// Suspense holds what a bank statement says and no order explains yet.
	Suspense AccountKind = "SUSPENSE"
	// DepositBuyer holds what a buyer paid in as the deposit of a forward contract.
	DepositBuyer AccountKind = "DEPOSIT_BUYER"
	// Payable is what the exchange is to pay out to a member, of a deposit.
	Payable AccountKind = "PAYABLE"
	// Donation is what payers give beside what their orders cost.
	Donation AccountKind = "DONATION"
)

// Account is identified by kind, owner and currency.
type Account struct {
	Kind     AccountKind
	Owner    string // member id, or Exchange
	Currency string
}

// Kind names the event that a transaction records.
type Kind string

// The kinds of transaction (design §10).
const (
	OrderConfirmed     Kind = "ORDER_CONFIRMED"
	CommitmentReleased Kind = "COMMITMENT_RELEASED"
	DeliveryAccepted   Kind = "DELIVERY_ACCEPTED"
	BuyerPaid          Kind = "BUYER_PAID"
	SellerPaid         Kind = "SELLER_PAID"
	AcceptanceRefunded Kind = "ACCEPTANCE_REFUNDED" // a dispute gives back a part
	SellerRepaid       Kind = "SELLER_REPAID"       // the seller pays back
	BuyerRepaid        Kind = "BUYER_REPAID"        // the buyer gets it back
	BankReceived       Kind = "BANK_RECEIVED"       // money in, not yet explained
	BankSent           Kind = "BANK_SENT"           // money out, not yet explained
	SuspenseReleased   Kind = "SUSPENSE_RELEASED"   // it is explained: reverses one of the two
	DepositPaid        Kind = "DEPOSIT_PAID"        // into a forward contract
	DepositReleased    Kind = "DEPOSIT_RELEASED"    // a part pays an order: reverses a part of the one above
	DepositReturned    Kind = "DEPOSIT_RETURNED"    // the rest is the buyer's again
	DepositForfeited   Kind = "DEPOSIT_FORFEITED"   // the rest is the seller's
	DepositPaidOut     Kind = "DEPOSIT_PAID_OUT"    // to whom it was returned or forfeited
	DonationDue        Kind = "DONATION_DUE"        // beside an order's amount, once its goods are accepted
	DonationPaid       Kind = "DONATION_PAID"       // by the payer
	DonationPassedOn   Kind = "DONATION_PASSED_ON"  // to the seller
)

// Measure is a measure of volume.
type Measure string

// The measures. An entry without one moves money but counts nothing.
const (
	NoMeasure  Measure = ""
	Contracted Measure = "CONTRACTED"
	Accepted   Measure = "ACCEPTED"
	Settled    Measure = "SETTLED"
)

// Dimensions are what volumes can be grouped by. They are facts of the event's
// own day and never change afterwards.
type Dimensions struct {
	Order        uuid.UUID
	Direction    string
	SellerCounty string
	BuyerCounty  string // the consignee's county: direction follows the consignee
	Category     string
	BuyerClass   string
	Channel      string
	Scheme       string // empty: not certified
}

// Parties are the members and alliances of the order behind a transaction; who
// may see it follows from them.
type Parties struct {
	Buyer, Seller                 uuid.UUID
	BuyerAlliance, SellerAlliance uuid.UUID
}

// Entry is one line of a transaction.
type Entry struct {
	Account Account
	// AmountFen is the amount: debit positive, credit negative.
	AmountFen int64
	Measure   Measure
	// MeasureFen and MeasureQuantity (base units) are what the entry adds to
	// its measure; negative in a reversal.
	MeasureFen      int64
	MeasureQuantity int64
}

// Transaction is balanced and immutable.
type Transaction struct {
	Home     string // province of the seller, leads the key
	ID       uuid.UUID
	Kind     Kind
	Reverses uuid.UUID // the transaction reversed, wholly or in part; or nil
	At       time.Time
	Memo     string
	// On is the day of the fact where it was recorded later (YYYY-MM-DD), Adjusts
	// the closed period that it would have counted in; empty: neither.
	On, Adjusts string
	Parties
	Dimensions
	Entries []Entry
}

// Errors of a transaction that must never be written. Whoever posts one is a
// defect of ours: their codes are of kind Internal.
var (
	ErrUnbalanced error = fault.New(fault.LedgerUnbalanced)
	ErrEmpty      error = fault.New(fault.LedgerEmpty)
	ErrMeasure    error = fault.New(fault.LedgerMeasure)
	ErrOverflow   error = fault.New(fault.LedgerOverflow)
)

// Validate proves that a transaction may be written: two entries or more, zero
// sum per currency, and every measured entry counting just its own amount.
//
//exchange:rule LEDGER_EMPTY | A ledger transaction has two entries or more, none of them zero | the exchange itself | invariant I4
//exchange:rule LEDGER_UNBALANCED | A ledger transaction adds up to zero per currency | the exchange itself | invariant I4
func (t Transaction) Validate() error {
	if len(t.Entries) < 2 {
		return fmt.Errorf("%w: %s has %d", ErrEmpty, t.Kind, len(t.Entries))
	}
	sums := map[string]int64{}
	for i, e := range t.Entries {
		if e.AmountFen == 0 {
			return fmt.Errorf("%w: line %d is zero", ErrEmpty, i)
		}
		sum, err := Add(sums[e.Account.Currency], e.AmountFen)
		if err != nil {
			return err
		}
		sums[e.Account.Currency] = sum
		if err := e.validateMeasure(); err != nil {
			return fmt.Errorf("line %d: %w", i, err)
		}
	}
	for currency, sum := range sums {
		if sum != 0 {
			return fmt.Errorf("%w: %d %s over", ErrUnbalanced, sum, currency)
		}
	}
	return nil
}

//exchange:rule LEDGER_MEASURE | An entry counts just its own amount, or a quantity alone, or nothing | the exchange itself | invariant I5
func (e Entry) validateMeasure() error {
	if e.Measure == NoMeasure {
		if e.MeasureFen != 0 || e.MeasureQuantity != 0 {
			return ErrMeasure
		}
		return nil
	}
	if e.MeasureFen == 0 && e.MeasureQuantity != 0 {
		return nil
	}
	if e.MeasureFen != e.AmountFen && e.MeasureFen != -e.AmountFen {
		return ErrMeasure
	}
	return nil
}

// Add adds two amounts or fails; it never wraps around.
//
//exchange:rule LEDGER_OVERFLOW | A sum never wraps around | the exchange itself | invariant I1
func Add(a, b int64) (int64, error) {
	if (b > 0 && a > math.MaxInt64-b) || (b < 0 && a < math.MinInt64-b) {
		return 0, ErrOverflow
	}
	return a + b, nil
}

// Move is a debit of one account and a credit of another. The measure, if any,
// is counted once, on the seller's line, by sign: +1 adds, -1 takes away.
type Move struct {
	Debit, Credit Account
	AmountFen     int64
	Measure       Measure
	Sign          int64
	Quantity      int64
	// CountOnDebit puts the measure on the debit line; else on the credit line.
	CountOnDebit bool
	// QuantityAlone counts the quantity and no amount.
	QuantityAlone bool
}

// Entries are the two lines of a move.
func (m Move) Entries() []Entry {
	debit := Entry{Account: m.Debit, AmountFen: m.AmountFen}
	credit := Entry{Account: m.Credit, AmountFen: -m.AmountFen}
	if m.Measure != NoMeasure {
		counted := &credit
		if m.CountOnDebit {
			counted = &debit
		}
		counted.Measure = m.Measure
		if !m.QuantityAlone {
			counted.MeasureFen = m.Sign * m.AmountFen
		}
		counted.MeasureQuantity = m.Sign * m.Quantity
	}
	return []Entry{debit, credit}
}

// Balance adds up the entries of an account.
func Balance(entries []Entry, of Account) (int64, error) {
	var sum int64
	for _, e := range entries {
		if e.Account != of {
			continue
		}
		var err error
		if sum, err = Add(sum, e.AmountFen); err != nil {
			return 0, err
		}
	}
	return sum, nil
}
