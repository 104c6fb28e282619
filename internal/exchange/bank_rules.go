package exchange

import (
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
)

// bankSpace makes the ids of statements and lines, so that the same statement,
// and the same line in any statement, is one row.
var bankSpace = uuid.MustParse("6f1d1c52-2f8f-4b8e-9d7d-61320a053001")

// bankID is the id of what an account's bank names by a reference.
func bankID(kind, account, reference string) uuid.UUID {
	return uuid.NewSHA1(bankSpace, []byte(kind+"\x00"+account+"\x00"+reference))
}

// ImportedStatement is the statement of a file, in the home of its account.
func ImportedStatement(home string, f BankFile, at time.Time) BankStatement {
	return BankStatement{
		ID: ID{Home: home, UUID: bankID("statement", f.Account, f.Statement)}, Account: f.Account, Statement: f.Statement,
		OpeningFen: f.OpeningFen, ClosingFen: f.ClosingFen, Lines: int64(len(f.Lines)), ImportedAt: at,
	}
}

// ImportedLines are the lines of a file. Each has a receipt in the ledger: what
// came in or went out stands in suspense until an order explains it.
func ImportedLines(s BankStatement, f BankFile, ids func() uuid.UUID, at time.Time) ([]BankLine, []ledger.Transaction) {
	lines, receipts := make([]BankLine, len(f.Lines)), make([]ledger.Transaction, len(f.Lines))
	for i, l := range f.Lines {
		lines[i] = BankLine{
			ID: ID{Home: s.ID.Home, UUID: bankID("line", f.Account, l.Reference)}, Statement: s.ID.UUID, Account: f.Account,
			BankFileLine: l, State: LineWaiting, Transaction: ids(), At: at,
		}
		receipts[i] = ledger.BankMoved(s.ID.Home, lines[i].Transaction, at, l.Flow == MoneyIn, l.AmountFen, l.Reference)
	}
	return lines, receipts
}

// SameStatement refuses a statement that says something else than when it was
// imported before.
//
//exchange:rule STATEMENT_DIFFERS | A statement that was imported before says the same again | the operator | invariant I10
func SameStatement(kept, now BankStatement) error {
	if kept.OpeningFen != now.OpeningFen || kept.ClosingFen != now.ClosingFen || kept.Lines != now.Lines {
		return fault.New(fault.StatementDiffers, "what", "statement "+now.Statement)
	}
	return nil
}

// SameLine refuses a line that says something else than when it was imported
// before.
//
//exchange:rule STATEMENT_DIFFERS | A line that was imported before says the same again | the operator | invariant I10
func SameLine(kept, now BankLine) error {
	if kept.BankFileLine != now.BankFileLine {
		return fault.New(fault.StatementDiffers, "what", "entry "+now.Reference)
	}
	return nil
}

// A reference to an order fits into the 35 characters of a bank: the province
// and the id, with its dashes or without.
var orderReference = regexp.MustCompile(`(?i)\b(32|61)-?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\b`)

// PaymentReference is what a payer writes so that a payment finds its order: 34
// characters.
func (o Order) PaymentReference() string {
	return o.ID.Home + strings.ReplaceAll(o.ID.UUID.String(), "-", "")
}

// OrderNamed is the one order that a line's text names.
func (l BankFileLine) OrderNamed() (ID, bool) {
	var named ID
	for _, m := range orderReference.FindAllStringSubmatch(l.Remittance, -1) {
		u, err := uuid.Parse(strings.Join(m[2:], ""))
		id := ID{Home: m[1], UUID: u}
		if err != nil || (!named.IsZero() && named != id) {
			return ID{}, false
		}
		named = id
	}
	return named, !named.IsZero()
}

// expected is what an order waits for of a flow of money: how much, and from or
// to whom.
func (o Order) expected(flow BankFlow) (fen int64, kind ledger.Kind) {
	buyer, seller := o.BuyerDueFen(), o.SellerDueFen()
	open := o.mayStep("pay") == nil || o.mayStep("repay") == nil
	switch {
	case !open:
		return 0, ""
	case flow == MoneyIn && buyer > 0:
		return buyer, ledger.BuyerPaid
	case flow == MoneyIn && seller < 0:
		return -seller, ledger.SellerRepaid
	case flow == MoneyOut && buyer < 0:
		return min(-buyer, o.HeldFen), ledger.BuyerRepaid
	case flow == MoneyOut && seller > 0:
		return min(seller, o.HeldFen), ledger.SellerPaid
	}
	return 0, ""
}

// Compare says whether a line fits an order to the fen.
func (l BankFileLine) Compare(o Order) Mismatch {
	switch fen, _ := o.expected(l.Flow); {
	case fen == 0:
		return NothingDue
	case l.AmountFen > fen:
		return Over
	case l.AmountFen < fen:
		return Under
	}
	return Fits
}

// MatchLine counts a waiting line for an order: its receipt is reversed, and the
// money is the order's. By itself only what fits to the fen is matched; by hand a
// part is too, and never more than is due.
//
//exchange:rule LINE_MISMATCH | A bank line is matched to what its order waits for, by itself to the fen, by hand up to it | the operator | invariant I10
func MatchLine(o Order, l BankLine, byHand bool, ids func() uuid.UUID, at time.Time) (Change, BankLine, error) {
	if err := l.mayEnd("match"); err != nil {
		return Change{}, l, err
	}
	if m := l.Compare(o); m != Fits && (!byHand || m != Under) {
		return Change{}, l, fault.New(fault.LineMismatch, "line", l.ID, "order", o.ID, "mismatch", m)
	}
	_, kind := o.expected(l.Flow)
	c := o.move(kind, l.AmountFen, l.Reference, ids, at)
	release := ledger.ReleaseSuspense(l.ID.Home, ids(), at, l.Flow == MoneyIn, l.AmountFen, l.Transaction, l.Reference)
	c.Transactions = append([]ledger.Transaction{release}, c.Transactions...)
	l.State, l.Order = LineMatched, o.ID
	return c, l, nil
}

// move is money of an order that the exchange's account took in or paid out.
func (o Order) move(kind ledger.Kind, fen int64, reference string, ids func() uuid.UUID, at time.Time) Change {
	before, posting := o.settledQuantity(), o.posting()
	payment := Payment{Home: o.ID.Home, ID: ids(), Order: o.ID, AmountFen: fen, BankReference: reference, At: at}
	var c Change
	var moved ledger.Transaction
	switch kind {
	case ledger.BuyerPaid:
		o.PaidFen, o.HeldFen = o.PaidFen+fen, o.HeldFen+fen
		payment.Kind, c.Payment = PaidIn, &payment
		moved = ledger.BuyerPays(posting, ids(), at, fen, reference)
	case ledger.SellerRepaid:
		o.HeldFen += fen
		moved = ledger.SellerRepays(posting, ids(), at, fen, reference)
	case ledger.BuyerRepaid:
		o.RepaidFen, o.HeldFen = o.RepaidFen+fen, o.HeldFen-fen
		payment.Kind, c.Payment = PaidBack, &payment
		moved = ledger.BuyerIsRepaid(posting, ids(), at, fen, reference)
	default:
		o.HeldFen -= fen
		moved = ledger.SellerIsPaid(posting, ids(), at, fen, o.settledQuantity()-before, reference)
	}
	c.Order = o.standing(at, o.StateReason)
	c.Kind, c.Transactions = c.Order.moneyKind("order.paid"), []ledger.Transaction{moved}
	return c
}

// ReturnLine notes that the money of a line was sent back by another line of the
// same account: together they stand at zero in suspense.
//
//exchange:rule LINE_MISMATCH | What is sent back is just what came in, over the same account | the operator | invariant I10
func ReturnLine(in, back BankLine, reason string) (BankLine, BankLine, error) {
	for _, l := range []BankLine{in, back} {
		if err := l.mayEnd("return"); err != nil {
			return in, back, err
		}
	}
	if in.Account != back.Account || in.Flow == back.Flow || in.AmountFen != back.AmountFen {
		return in, back, fault.New(fault.LineMismatch, "line", in.ID, "order", back.ID, "mismatch", "NOT_ITS_RETURN")
	}
	in.State, in.StateReason, in.Partner = LineReturned, reason, back.ID.UUID
	back.State, back.StateReason, back.Partner = LineReturned, reason, in.ID.UUID
	return in, back, nil
}

//exchange:rule WRONG_STATE | A bank line is counted or sent back once | the operator | invariant I10
func (l BankLine) mayEnd(step string) error {
	if l.State != LineWaiting {
		return fault.New(fault.WrongState, "noun", "bank line", "id", l.ID, "state", l.State, "step", step)
	}
	return nil
}
