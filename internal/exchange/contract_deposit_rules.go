package exchange

import (
	"math/big"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
)

// A deposit (定金) is paid into the exchange's account and stands on the buyer's
// deposit account. With each acceptance its share leaves that account and pays the
// order (released); what is left when the contract ends is to be paid out to the
// buyer (returned) or to the seller (forfeited), and leaves by the bank.

// posting is what the ledger must know of the contract. Its transactions carry the
// contract's id where others carry their order's.
func (c Contract) posting() ledger.Order {
	direction, _ := DirectionOf(c.SellerDivision, c.BuyerDivision)
	return ledger.Order{
		Home: c.ID.Home,
		Parties: ledger.Parties{
			Buyer: c.Buyer, Seller: c.Seller, BuyerAlliance: c.BuyerAlliance, SellerAlliance: c.SellerAlliance,
		},
		Dims: ledger.Dimensions{
			Order: c.ID.UUID, Direction: string(direction), SellerCounty: c.SellerDivision, BuyerCounty: c.BuyerDivision,
			Category: string(c.Category), BuyerClass: string(c.BuyerClass), Scheme: string(c.Scheme),
		},
	}
}

// expected is what a contract waits for of a flow of money.
func (c Contract) expected(flow BankFlow) int64 {
	switch {
	case flow == MoneyIn && c.State == ContractSigned:
		return c.DepositFen
	case flow == MoneyOut:
		return c.PayableFen - c.PaidOutFen
	}
	return 0
}

// CompareContract says whether a line fits a contract to the fen.
func (l BankFileLine) CompareContract(c Contract) Mismatch {
	switch fen := c.expected(l.Flow); {
	case fen == 0:
		return NothingDue
	case l.AmountFen > fen:
		return Over
	case l.AmountFen < fen:
		return Under
	}
	return Fits
}

// MatchDeposit counts a waiting line for a contract: the deposit comes in, whole,
// and the contract is in force; or what is payable of it goes out, whole.
//
//exchange:rule LINE_MISMATCH | A deposit comes in and goes out in one bank line, to the fen | the operator | invariant I10
func MatchDeposit(c Contract, l BankLine, ids func() uuid.UUID, at time.Time) (Ending, BankLine, error) {
	if err := l.mayEnd("match"); err != nil {
		return Ending{}, l, err
	}
	if m := l.CompareContract(c); m != Fits {
		return Ending{}, l, fault.New(fault.LineMismatch, "line", l.ID, "order", "contract "+c.ID.String(), "mismatch", m)
	}
	in := l.Flow == MoneyIn
	e := Ending{Transactions: []ledger.Transaction{
		ledger.ReleaseSuspense(l.ID.Home, ids(), at, in, l.AmountFen, l.Transaction, l.Reference),
	}}
	if in {
		c.DepositTx, c.HeldFen = ids(), l.AmountFen
		e.Transactions = append(e.Transactions, ledger.DepositPays(c.posting(), c.DepositTx, at, l.AmountFen, l.Reference))
		e.Contract, e.Kind = c.to(ContractInForce, at, ""), "contract.deposit_paid"
	} else {
		e.Transactions = append(e.Transactions, ledger.PayableIsPaid(c.posting(), ids(), at, c.PayableTo.String(), l.AmountFen, l.Reference))
		c.PaidOutFen, c.UpdatedAt = c.PaidOutFen+l.AmountFen, at
		e.Contract, e.Kind = c, "contract.deposit_paid_out"
	}
	l.State, l.Contract = LineMatched, c.ID
	return e, l, nil
}

// ReleaseDeposit adds to the acceptance of a call-off its share of the deposit,
// which pays a part of the order: the accepted part of the agreed quantity, rounded
// down, and no more than the order owes.
func ReleaseDeposit(c Contract, change Change, ids func() uuid.UUID, at time.Time) (Contract, Change) {
	o := change.Order
	if c.DepositRelease != ReleaseProRata || c.HeldFen == 0 || c.Ended() {
		return c, change
	}
	fen := min(c.shareOf(o.Accepted), c.HeldFen, o.BuyerDueFen())
	if fen <= 0 {
		return c, change
	}
	paid := o.move(ledger.BuyerPaid, fen, DepositReference(c), ids, at)
	change.Order, change.Payment = paid.Order, paid.Payment
	change.Transactions = append(change.Transactions, ledger.DepositIsReleased(c.posting(), ids(), at, fen, c.DepositTx, o.ID.String()))
	change.Transactions = append(change.Transactions, paid.Transactions...)
	c.HeldFen, c.ReleasedFen, c.UpdatedAt = c.HeldFen-fen, c.ReleasedFen+fen, at
	return c, change
}

// DepositReference is the bank reference under which a deposit pays orders.
func DepositReference(c Contract) string { return "deposit " + c.PaymentReference() }

// shareOf is the deposit's share of a quantity of the agreed one, rounded down.
func (c Contract) shareOf(quantity int64) int64 {
	if quantity >= c.Quantity {
		return c.DepositFen
	}
	share := new(big.Int).Mul(big.NewInt(c.DepositFen), big.NewInt(quantity))
	return share.Div(share, big.NewInt(c.Quantity)).Int64()
}
