package exchange

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
)

// Claim is what a buyer asks back of accepted goods. An amount of 0 is the price
// of the quantity; a quantity of 0 asks for the money alone.
type Claim struct {
	Quantity, AmountFen int64
	Reason              string
}

// DisputeOrder opens a dispute about accepted goods. The window is counted from
// the acceptance. No money of the order moves until it is resolved.
//
//exchange:rule DISPUTE_LATE | Accepted goods are disputed within the time for it | buyers | limit dispute-window
func DisputeOrder(o Order, c Claim, accepted time.Time, window time.Duration, id uuid.UUID, at time.Time) (Change, error) {
	if err := o.mayStep("dispute"); err != nil {
		return Change{}, err
	}
	if until := accepted.Add(window); at.After(until) {
		return Change{}, fault.New(fault.DisputeLate, "accepted", accepted.UTC().Format(time.RFC3339), "until", until.UTC().Format(time.RFC3339))
	}
	c, err := checkClaim(o, c)
	if err != nil {
		return Change{}, err
	}
	d := Dispute{
		ID: ID{Home: o.ID.Home, UUID: id}, Order: o.ID, Buyer: o.Buyer, BuyerAlliance: o.BuyerAlliance, BuyerClass: o.BuyerClass,
		Seller: o.Seller, SellerAlliance: o.SellerAlliance, SellerDivision: o.SellerDivision, Consignee: o.Consignee,
		State: DisputeOpen, Quantity: c.Quantity, AmountFen: c.AmountFen, Reason: c.Reason, OpenedAt: at,
	}
	o.Dispute = id
	return Change{Order: o.to(OrderDisputed, at, c.Reason), Dispute: &d, Kind: "order.disputed"}, nil
}

// checkClaim checks a claim and puts a price on it.
//
//exchange:rule QUANTITY_NOT_MULTIPLE | What is not catch weight is claimed in whole sales units | buyers | design §2, Sales unit
func checkClaim(o Order, c Claim) (Claim, error) {
	quantity, fen := o.Accepted-o.Refunded, o.NetFen()
	switch {
	case c.Quantity < 0 || c.Quantity > quantity:
		return c, disputeInvalid("quantity", "0 to %d base units can be claimed", quantity)
	case !o.PerKg && c.Quantity%o.UnitQuantity != 0:
		return c, fault.InField("quantity", fault.QuantityNotMultiple, "quantity", c.Quantity, "unit", o.UnitQuantity)
	}
	if c.AmountFen == 0 {
		if c.Quantity == quantity {
			c.AmountFen = fen // the whole has no rounding
		} else if priced, err := Amount(c.Quantity, o.UnitQuantity, o.PriceFen, o.PerKg); err != nil {
			return c, err
		} else {
			c.AmountFen = min(priced, fen)
		}
	}
	if c.AmountFen <= 0 || c.AmountFen > fen {
		return c, disputeInvalid("amount_fen", "1 to %d fen can be claimed", fen)
	}
	return c, nil
}

// disputeInvalid refuses a number that is out of its bounds.
//
//exchange:rule DISPUTE_INVALID | No more is claimed than was accepted and not given back, and a split gives back less than was claimed | buyers, who resolves | invariant I10
func disputeInvalid(field, rule string, most int64) error {
	return fault.InField(field, fault.DisputeInvalid, "rule", fmt.Sprintf(rule, most))
}

// Resolution is how a dispute ends. A split says how much is given back; the
// other two follow from the claim.
type Resolution struct {
	Outcome               DisputeState
	Refunded, RefundedFen int64
	Reason                string
}

// ResolveDispute ends a dispute. What is given back is a reversal of the
// acceptance in the ledger, with the reason; where it was paid, the money is to
// go back.
func ResolveDispute(o Order, d Dispute, r Resolution, acceptance uuid.UUID, ids func() uuid.UUID, at time.Time) (Change, error) {
	if err := o.mayStep("resolve"); err != nil {
		return Change{}, err
	}
	r, err := checkResolution(o, d, r)
	if err != nil {
		return Change{}, err
	}
	d.State, d.Refunded, d.RefundedFen, d.Resolution, d.ResolvedAt = r.Outcome, r.Refunded, r.RefundedFen, r.Reason, at
	before, posting := o.settledQuantity(), o.posting()
	o.Refunded += r.Refunded
	o.RefundedFen += r.RefundedFen
	c := Change{Order: o.standing(at, r.Reason), Dispute: &d, Kind: "order.resolved"}
	if r.RefundedFen > 0 {
		c.Transactions = []ledger.Transaction{ledger.RefundAcceptance(posting, ids(), at, ledger.Refund{
			AmountFen: r.RefundedFen, Quantity: r.Refunded, Settled: o.settledQuantity() - before, Acceptance: acceptance, Reason: r.Reason,
		})}
	}
	return c, nil
}

// checkResolution checks an outcome and says what it gives back.
//
//exchange:rule QUANTITY_NOT_MULTIPLE | What is not catch weight is given back in whole sales units | who resolves | design §2, Sales unit
//exchange:rule DISPUTE_INVALID | A dispute ends for the buyer, for the seller or by a split | who resolves | design §10, refund after acceptance
func checkResolution(o Order, d Dispute, r Resolution) (Resolution, error) {
	switch r.Outcome {
	case DisputeForBuyer:
		r.Refunded, r.RefundedFen = d.Quantity, d.AmountFen
	case DisputeForSeller:
		r.Refunded, r.RefundedFen = 0, 0
	case DisputeSplit:
		if r.RefundedFen <= 0 || r.RefundedFen >= d.AmountFen {
			return r, disputeInvalid("refund_fen", "a split gives back 1 to %d fen", d.AmountFen-1)
		}
		if r.Refunded < 0 || r.Refunded > d.Quantity {
			return r, disputeInvalid("refund_quantity", "a split gives back 0 to %d base units", d.Quantity)
		}
		if !o.PerKg && r.Refunded%o.UnitQuantity != 0 {
			return r, fault.InField("refund_quantity", fault.QuantityNotMultiple, "quantity", r.Refunded, "unit", o.UnitQuantity)
		}
	default:
		return r, fault.InField("outcome", fault.DisputeInvalid, "rule", "FOR_BUYER, FOR_SELLER or SPLIT")
	}
	return r, nil
}

// RecordRefund posts money that the seller paid back to the buyer. The last fen
// brings the clearing accounts back to zero.
func RecordRefund(o Order, id uuid.UUID, fen int64, bankReference string, ids func() uuid.UUID, at time.Time) (Change, error) {
	if err := o.mayStep("repay"); err != nil {
		return Change{}, err
	}
	if most := min(-o.BuyerDueFen(), -o.SellerDueFen()); fen <= 0 || fen > most {
		return Change{}, wrongAmount("%d fen are to go back from the seller to the buyer", most)
	}
	o.RepaidFen += fen
	posting := o.posting()
	o = o.standing(at, o.StateReason)
	return Change{
		Order: o, Kind: o.moneyKind("order.repaid"),
		Payment: &Payment{Kind: PaidBack, Home: o.ID.Home, ID: id, Order: o.ID, AmountFen: fen, BankReference: bankReference, At: at},
		Transactions: []ledger.Transaction{
			ledger.SellerRepays(posting, ids(), at, fen, bankReference),
			ledger.BuyerIsRepaid(posting, ids(), at, fen, bankReference),
		},
	}, nil
}
