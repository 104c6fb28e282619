package exchange

import (
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// RecordIntent makes an intent of what was said at a fair.
//
//exchange:rule INTENT_INVALID | An intent names its fair, a quantity and a value | buyers, sellers, coordination teams | 2020 plan, item 19, fairs
//exchange:rule DATES_INVALID | A fair is not of a day to come | buyers, sellers, coordination teams | 2020 plan, item 19, fairs
func RecordIntent(v Intent, buyer, seller Member, product Product, at time.Time) (Intent, error) {
	switch {
	case v.Fair == "" || v.Quantity <= 0 || v.ValueFen <= 0 || v.ValueFen > maxOfferFen:
		return v, fault.InField("fair", fault.IntentInvalid, "rule", "it names its fair, a quantity and a value of 100 billion yuan at most")
	case v.Day == "" || v.Day > DayOf(at):
		return v, fault.InField("day", fault.DatesInvalid, "rule", "not a day to come")
	}
	v.ID = ID{Home: seller.Home(), UUID: uuid.New()}
	v.Buyer, v.BuyerAlliance, v.BuyerClass, v.BuyerDivision = buyer.ID, buyer.Alliance, buyer.Class, buyer.Division
	v.Seller, v.SellerAlliance, v.SellerDivision = seller.ID, seller.Alliance, seller.Division
	v.Product, v.State, v.CreatedAt, v.UpdatedAt = product.ID, IntentRecorded, at, at
	return v, nil
}

// MatchIntent notes which contract came of an intent: a later one of the same two
// sides and the same product, that both have signed. An intent is matched once, and
// a contract comes of one intent.
//
//exchange:rule INTENT_INVALID | An intent is matched to a later, signed contract of its own sides and product | buyers, sellers, coordination teams | invariant I10
func MatchIntent(v Intent, c Contract, at time.Time) (Intent, error) {
	if err := v.mayStep("match"); err != nil {
		return v, err
	}
	signed := c.State != ContractProposed && c.State != ContractDeclined
	if !signed || c.Buyer != v.Buyer || c.Seller != v.Seller || c.Product != v.Product || DayOf(c.CreatedAt) < v.Day {
		return v, fault.InField("contract_id", fault.IntentInvalid, "rule", "a later, signed contract of the same sides and product")
	}
	v.Contract, v.State, v.UpdatedAt = c.ID.UUID, IntentMatched, at
	return v, nil
}

// WithdrawIntent notes that nothing came of an intent.
func WithdrawIntent(v Intent, reason string, at time.Time) (Intent, error) {
	if err := v.mayStep("withdraw"); err != nil {
		return v, err
	}
	v.State, v.StateReason, v.UpdatedAt = IntentWithdrawn, reason, at
	return v, nil
}

//exchange:rule WRONG_STATE | An intent is matched once, or withdrawn | buyers, sellers, coordination teams | invariant I10
func (v Intent) mayStep(step string) error {
	if v.State != IntentRecorded {
		return fault.New(fault.WrongState, "noun", "intent", "id", v.ID, "state", v.State, "step", step)
	}
	return nil
}
