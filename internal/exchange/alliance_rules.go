package exchange

import (
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// NewGrant gives a buyer alliance sight of a seller alliance's offers.
//
//exchange:rule SIDE_INVALID | A grant goes from a seller alliance to a buyer alliance | secretaries | design §2, Grant
func NewGrant(seller, buyer Alliance, valid Span, at time.Time) (Grant, error) {
	if seller.Side != Seller {
		return Grant{}, fault.InField("seller_alliance_id", fault.SideInvalid, "side", Seller)
	}
	if buyer.Side != Buyer {
		return Grant{}, fault.InField("buyer_alliance_id", fault.SideInvalid, "side", Buyer)
	}
	if valid.From == "" {
		valid.From = DayOf(at)
	}
	if err := notOver(valid, at); err != nil {
		return Grant{}, err
	}
	return Grant{ID: uuid.New(), SellerAlliance: seller.ID, BuyerAlliance: buyer.ID, Valid: valid, CreatedAt: at}, nil
}

//exchange:rule DATES_INVALID | A grant or mandate does not end before it begins, nor in the past | secretaries, producers | design §2, Grant
func notOver(valid Span, at time.Time) error {
	if valid.To != "" && (valid.To < valid.From || valid.To < DayOf(at)) {
		return fault.InField("valid_to", fault.DatesInvalid, "rule", "the last day is not before the first, and not in the past")
	}
	return nil
}

// RevokeGrant ends a grant for good.
//
//exchange:rule WRONG_STATE | A revoked grant stays revoked | secretaries | design §2, Grant
func RevokeGrant(g Grant, reason string, at time.Time) (Grant, error) {
	if !g.RevokedAt.IsZero() {
		return g, fault.New(fault.WrongState, "noun", "grant", "id", g.ID, "state", "REVOKED", "step", "revoke")
	}
	g.RevokedAt, g.RevokeReason = at, reason
	return g, nil
}

// NewMandate lets an agent sell a producer's goods.
//
//exchange:rule SIDE_INVALID | A mandate goes from a producer to an agent, both of the selling side | producers, agents | admission rule of the national platform
func NewMandate(producer, agent Member, valid Span, at time.Time) (Mandate, error) {
	if producer.Side != Seller || producer.Class == TradeAgent {
		return Mandate{}, fault.InField("producer_member_id", fault.SideInvalid, "side", "SELLER, a producer")
	}
	if agent.Side != Seller || agent.Class != TradeAgent {
		return Mandate{}, fault.InField("agent_member_id", fault.SideInvalid, "side", "SELLER, an agent")
	}
	if valid.From == "" {
		valid.From = DayOf(at)
	}
	if err := notOver(valid, at); err != nil {
		return Mandate{}, err
	}
	return Mandate{ID: uuid.New(), Producer: producer.ID, Agent: agent.ID, Valid: valid, CreatedAt: at}, nil
}

// RevokeMandate ends a mandate for good.
//
//exchange:rule WRONG_STATE | A revoked mandate stays revoked | producers | admission rule of the national platform
func RevokeMandate(m Mandate, reason string, at time.Time) (Mandate, error) {
	if !m.RevokedAt.IsZero() {
		return m, fault.New(fault.WrongState, "noun", "mandate", "id", m.ID, "state", "REVOKED", "step", "revoke")
	}
	m.RevokedAt, m.RevokeReason = at, reason
	return m, nil
}
