package exchange

import (
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
)

// Fulfilment is how far a contract has come, by its orders.
type Fulfilment struct {
	Accepted int64 // base units that were accepted and kept
	OnTheWay int64 // of orders that are neither accepted nor ended
}

// Ending is what a step that may end a contract does: the contract, its offer
// where that ends with it, and the ledger transactions.
type Ending struct {
	Contract     Contract
	CloseOffer   bool
	Transactions []ledger.Transaction
	Kind         string // of the event; empty: nothing has changed
	Next         time.Time
}

// EndSeason is what time does to a contract. One that was never signed is declined
// when its season is over. One in force ends its call-offs; where enough was
// accepted it is fulfilled, and else its sides have until the window is over to
// claim a default. While a claim is open nothing ends. It may be asked at any time,
// and says when to ask again; the zero time: never.
func EndSeason(c Contract, f Fulfilment, window time.Duration, ids func() uuid.UUID, at time.Time) Ending {
	if c.Ended() {
		return Ending{Contract: c}
	}
	over := c.Season.To.Plus(1).Start()
	if at.Before(over) {
		return Ending{Contract: c, Next: over}
	}
	if c.State == ContractProposed {
		return Ending{Contract: c.to(ContractDeclined, at, "not signed before its season was over"), Kind: "contract.declined"}
	}
	closes := over.Add(window)
	e := Ending{Contract: c, Next: closes}
	if c.State != ContractOver {
		e.Contract, e.CloseOffer, e.Kind = c.to(ContractOver, at, "the season is over"), true, "contract.over"
	}
	switch {
	case c.Claim.State == ClaimOpen:
		// Whoever resolves it ends the contract, or has time go on.
		e.Next = at.Add(untilNextLook)
	case f.OnTheWay == 0 && f.Accepted >= c.Quantity-c.Tolerance():
		return e.end(ContractFulfilled, c.Buyer, "", ids, at)
	case !at.Before(closes):
		return e.end(ContractClosed, c.Buyer, "no default was claimed", ids, at)
	case f.OnTheWay > 0:
		if next := at.Add(untilNextLook); next.Before(closes) {
			e.Next = next
		}
	}
	return e
}

// untilNextLook is how long a contract whose season is over waits for its orders,
// or for an open claim.
const untilNextLook = 24 * time.Hour

// end ends a contract in a state. What is held of the deposit goes to a member.
func (e Ending) end(s ContractState, to uuid.UUID, reason string, ids func() uuid.UUID, at time.Time) Ending {
	c := e.Contract.to(s, at, reason)
	e.CloseOffer, e.Kind, e.Next = true, contractEvents[s], time.Time{}
	if c.HeldFen > 0 {
		kind := ledger.DepositReturned
		if to == c.Seller {
			kind = ledger.DepositForfeited
		}
		e.Transactions = append(e.Transactions, ledger.DepositGoes(c.posting(), ids(), at, kind, to.String(), c.HeldFen, c.DepositTx, reason))
		c.PayableFen, c.PayableTo, c.HeldFen = c.HeldFen, to, 0
	}
	e.Contract = c
	return e
}

var contractEvents = map[ContractState]string{
	ContractFulfilled: "contract.fulfilled", ContractClosed: "contract.closed", ContractForceMajeure: "contract.ended_by_force_majeure",
	ContractBuyerDefault: "contract.buyer_defaulted", ContractSellerDefault: "contract.seller_defaulted",
}

// ClaimOn is a side's claim: force majeure, which would end what is left, or the
// other side's default. A claim alone changes nothing.
//
//exchange:rule CLAIM_OPEN | A contract has one open claim at a time | buyers, sellers | docs/understand/states.md
//exchange:rule CLAIM_LATE | A default is claimed while the time for it lasts | buyers, sellers | docs/understand/states.md
func ClaimOn(c Contract, kind ClaimKind, by Side, reason string, window time.Duration, at time.Time) (Contract, error) {
	if err := c.mayStep("claim " + string(kind)); err != nil {
		return c, err
	}
	if c.Claim.State == ClaimOpen {
		return c, fault.New(fault.ClaimOpen, "contract", c.ID, "kind", c.Claim.Kind, "by", c.Claim.By)
	}
	if until := c.Season.To.Plus(1).Start().Add(window); at.After(until) {
		return c, fault.New(fault.ClaimLate, "contract", c.ID, "until", until.Format(time.RFC3339))
	}
	c.Claim = ContractClaim{Kind: kind, By: by, Reason: reason, At: at, State: ClaimOpen}
	c.UpdatedAt = at
	return c, nil
}

// ResolveClaim ends a claim. Upheld, force majeure ends what is left of the
// contract and the deposit goes back; a buyer's default forfeits the deposit to the
// seller, and a seller's gives it back. Dismissed, the contract goes on.
//
//exchange:rule WRONG_STATE | What is resolved is an open claim | buyers, sellers, arbiters | docs/understand/states.md
func ResolveClaim(c Contract, outcome ClaimState, resolution string, ids func() uuid.UUID, at time.Time) (Ending, error) {
	if c.Claim.State != ClaimOpen {
		return Ending{}, fault.New(fault.WrongState, "noun", "contract", "id", c.ID, "state", c.State, "step", "resolve a claim")
	}
	if err := c.mayStep("resolve"); err != nil {
		return Ending{}, err
	}
	c.Claim.State, c.Claim.Resolution, c.Claim.ResolvedAt, c.UpdatedAt = outcome, resolution, at, at
	e := Ending{Contract: c}
	switch {
	case outcome == ClaimDismissed:
		e.Kind = "contract.claim_dismissed"
		return e, nil
	case c.Claim.Kind == ClaimForceMajeure:
		return e.end(ContractForceMajeure, c.Buyer, resolution, ids, at), nil
	case c.Claim.By == Seller:
		return e.end(ContractBuyerDefault, c.Seller, resolution, ids, at), nil
	default:
		return e.end(ContractSellerDefault, c.Buyer, resolution, ids, at), nil
	}
}
