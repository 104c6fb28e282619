package testkit_test

import (
	"strings"
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

// bank imports a statement about some orders, with lines that fit, that do not,
// and that were there before, and wants each to end as the rules say.
func (m *model) bank(t *rapid.T) {
	var lines []booked
	var about []int
	for range rapid.IntRange(1, 4).Draw(t, "lines") {
		i := m.one(t)
		due, flow := m.orders[i].BuyerDueFen(), int64(1)
		if rapid.Bool().Draw(t, "out") {
			due, flow = m.orders[i].HeldFen, -1
		}
		fen := max(due, -due, 1)
		if rapid.IntRange(0, 4).Draw(t, "wrong") == 0 {
			fen++
		}
		about = append(about, i)
		lines = append(lines, booked{uuid.NewString(), "for " + strings.ReplaceAll(m.ids[i], "-", ""), flow * fen})
	}
	in := bankCSV(uuid.NewString(), lines...)
	times := rapid.IntRange(1, 2).Draw(t, "times")
	for range times {
		m.ask(m.x.Operator, in, nil)
		m.matched(lines, about)
	}
}

// matched does what the rules say of the lines that still wait: what comes in
// first. Lines of one order must not depend on their order here, so that only one
// of each flow is taken.
func (m *model) matched(lines []booked, about []int) {
	for _, in := range []bool{true, false} {
		for n, l := range lines {
			if m.counted[l.reference] || (l.fen > 0) != in {
				continue
			}
			line := exchange.BankLine{ID: exchange.ID{Home: exchange.Shaanxi, UUID: uuid.New()}, State: exchange.LineWaiting}
			line.Reference, line.Flow, line.AmountFen = l.reference, exchange.MoneyIn, l.fen
			if !in {
				line.Flow, line.AmountFen = exchange.MoneyOut, -l.fen
			}
			c, _, err := exchange.MatchLine(m.orders[about[n]], line, false, uuid.New, m.clock.Now())
			m.change(about[n], c, err)
			m.counted[l.reference] = err == nil
		}
	}
}
