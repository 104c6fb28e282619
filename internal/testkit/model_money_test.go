package testkit_test

import (
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
)

// The steps of the model in which money is claimed, given and paid back.

func (m *model) dispute(t *rapid.T) {
	i := m.one(t)
	o := m.orders[i]
	claim := exchange.Claim{Reason: "bruised"}
	claim.Quantity = rapid.Int64Range(0, o.Accepted/o.UnitQuantity).Draw(t, "claimed") * o.UnitQuantity
	claim.AmountFen = rapid.Int64Range(0, o.AcceptedFen+1).Draw(t, "claimed fen")
	c, err := exchange.DisputeOrder(o, claim, m.clock.Now(), time.Hour, uuid.New(), m.clock.Now())
	m.ask(m.buyers[i], &pb.DisputeOrderRequest{Id: m.ids[i], Quantity: claim.Quantity, AmountFen: claim.AmountFen, Reason: claim.Reason}, err)
	m.change(i, c, err)
}

func (m *model) resolve(t *rapid.T) {
	i := m.one(t)
	o, d := m.orders[i], m.disputes[i]
	r := exchange.Resolution{Outcome: rapid.SampledFrom([]exchange.DisputeState{
		exchange.DisputeForBuyer, exchange.DisputeForSeller, exchange.DisputeSplit,
	}).Draw(t, "outcome"), Reason: "inspected"}
	r.RefundedFen = rapid.Int64Range(0, d.AmountFen).Draw(t, "refund")
	r.Refunded = rapid.Int64Range(0, d.Quantity/o.UnitQuantity).Draw(t, "refunded") * o.UnitQuantity
	c, err := exchange.ResolveDispute(o, d, r, uuid.New(), uuid.New, m.clock.Now())
	m.ask(m.x.Operator, &pb.ResolveDisputeRequest{
		Id: m.ids[i], Outcome: pb.DisputeState(pb.DisputeState_value["DISPUTE_STATE_"+string(r.Outcome)]),
		RefundQuantity: r.Refunded, RefundFen: r.RefundedFen, Reason: r.Reason,
	}, err)
	m.change(i, c, err)
}

func (m *model) repay(t *rapid.T) {
	i := m.one(t)
	fen := rapid.Int64Range(1, max(-m.orders[i].BuyerDueFen(), 0)+1).Draw(t, "fen")
	reference := uuid.NewString()
	c, err := exchange.RecordRefund(m.orders[i], uuid.New(), fen, reference, uuid.New, m.clock.Now())
	m.ask(m.x.Cooperative, &pb.RecordRefundRequest{Id: m.ids[i], AmountFen: fen, BankReference: reference}, err)
	m.change(i, c, err)
}
