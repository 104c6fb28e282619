package exchange

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
)

const maxCycleDays = 366

// OpenCycle opens a cycle of a pair of alliances. A span that meets another
// cycle's of the same pair would settle an order twice.
//
//exchange:rule SIDE_INVALID | A cycle is between a seller alliance and a buyer alliance | the operator | design §2, Alliance
//exchange:rule DATES_INVALID | A cycle is of a year at most, and does not end before it begins | the operator | design §10, a clearing house
//exchange:rule CYCLE_OVERLAPS | Cycles of one pair of alliances do not overlap | the operator | invariant I10
func OpenCycle(seller, buyer Alliance, span Span, others []SettlementCycle, at time.Time) (SettlementCycle, error) {
	switch {
	case seller.Side != Seller:
		return SettlementCycle{}, fault.InField("seller_alliance_id", fault.SideInvalid, "side", Seller)
	case buyer.Side != Buyer:
		return SettlementCycle{}, fault.InField("buyer_alliance_id", fault.SideInvalid, "side", Buyer)
	case span.From == "" || span.To < span.From || span.To > span.From.Plus(maxCycleDays):
		return SettlementCycle{}, fault.InField("to", fault.DatesInvalid, "rule", "a cycle has a first and a last day, a year apart at most")
	}
	for _, o := range others {
		if o.Span.From <= span.To && span.From <= o.Span.To {
			return SettlementCycle{}, fault.New(fault.CycleOverlaps, "cycle", o.ID, "from", o.Span.From, "to", o.Span.To)
		}
	}
	return SettlementCycle{
		ID: ID{Home: seller.Home, UUID: uuid.New()}, SellerAlliance: seller.ID, BuyerAlliance: buyer.ID, Span: span,
		State: CycleOpen, CreatedAt: at, UpdatedAt: at,
	}, nil
}

var cycleSteps = map[string][]CycleState{
	"match":    {CycleOpen, CycleMismatch},
	"adjust":   {CycleMismatch},
	"instruct": {CycleMatched, CycleAdjusted},
}

//exchange:rule WRONG_STATE | A settlement cycle takes its steps in order | the operator | docs/understand/states.md
func (c SettlementCycle) mayStep(step string) error {
	if !slices.Contains(cycleSteps[step], c.State) {
		return fault.New(fault.WrongState, "noun", "settlement cycle", "id", c.ID, "state", c.State, "step", step)
	}
	return nil
}

// StrayLine is a waiting bank line that concerns a cycle: it names one of its
// orders, or comes from one of its buyers.
type StrayLine struct {
	BankLine
	Named  ID // zero: it names no order of the cycle
	Member uuid.UUID
}

// MatchCycle compares what the members of a cycle owe with what they paid. All
// paid to the fen: MATCHED; else MISMATCH, with each difference. It can be matched
// again when money has come or lines were explained.
//
//exchange:rule CYCLE_NOT_ENDED | A cycle is matched when its last day is over | the operator | design §10, a clearing house
func MatchCycle(c SettlementCycle, orders []CycleOrder, strays []StrayLine, at time.Time) (SettlementCycle, error) {
	if err := c.mayStep("match"); err != nil {
		return c, err
	}
	if next := c.Span.To.Plus(1); DayOf(at) < next {
		return c, fault.New(fault.CycleNotEnded, "cycle", c.ID, "from", next)
	}
	c.Differences = nil
	for _, o := range orders {
		due := o.BuyerDueFen()
		d := Difference{Member: o.PayerID(), Order: o.ID, AmountFen: max(due, -due)}
		switch {
		case o.State == OrderDisputed:
			d.Kind = DiffDisputed
		case due > 0:
			d.Kind = DiffUnder
		case due < 0:
			d.Kind = DiffOver
		default:
			continue
		}
		c.Differences = append(c.Differences, d)
	}
	for _, l := range strays {
		d := Difference{Kind: DiffReference, Member: l.Member, Order: l.Named, Line: l.ID, AmountFen: l.AmountFen}
		if !l.Named.IsZero() {
			d.Kind = DiffOver
		}
		c.Differences = append(c.Differences, d)
	}
	c.State, c.UpdatedAt = CycleMatched, at
	if len(c.Differences) > 0 {
		c.State = CycleMismatch
	}
	return c, nil
}

// AdjustCycle takes the differences of a cycle as they are, with the reason. What
// is unpaid stays owed, and ages.
func AdjustCycle(c SettlementCycle, reason string, at time.Time) (SettlementCycle, error) {
	if err := c.mayStep("adjust"); err != nil {
		return c, err
	}
	c.State, c.StateReason, c.UpdatedAt = CycleAdjusted, reason, at
	return c, nil
}

// InstructCycle makes a transfer for each member that the exchange holds money
// for: sellers what their orders were paid, buyers what is to go back. Where
// nothing is held, since members paid each other, the cycle is confirmed at once.
func InstructCycle(c SettlementCycle, orders []CycleOrder, at time.Time) (SettlementCycle, []Instruction, error) {
	if err := c.mayStep("instruct"); err != nil {
		return c, nil, err
	}
	byMember := map[uuid.UUID]*Instruction{}
	for _, o := range orders {
		fen, kind := o.expected(MoneyOut)
		if fen <= 0 {
			continue
		}
		to := o.Seller
		if kind == ledger.BuyerRepaid {
			to = o.PayerID()
		}
		i := byMember[to]
		if i == nil {
			i = &Instruction{ID: ID{Home: c.ID.Home, UUID: uuid.New()}, Cycle: c.ID.UUID, Member: to, State: InstructionIssued, At: at}
			byMember[to] = i
		}
		var err error
		if i.AmountFen, err = ledger.Add(i.AmountFen, fen); err != nil {
			return c, nil, err
		}
		i.Parts = append(i.Parts, InstructionPart{Order: o.ID.UUID, AmountFen: fen})
	}
	c.State, c.UpdatedAt = CycleInstructed, at
	if len(byMember) == 0 {
		c.State = CycleConfirmed
	}
	var out []Instruction
	for _, id := range slices.SortedFunc(maps.Keys(byMember), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }) {
		out = append(out, *byMember[id])
	}
	return c, out, nil
}

// ConfirmCycle ends a cycle with its last instruction.
func ConfirmCycle(c SettlementCycle, at time.Time) SettlementCycle {
	c.State, c.UpdatedAt = CycleConfirmed, at
	return c
}

// Compare says whether a line executes an instruction.
func (i Instruction) Compare(l BankFileLine) Mismatch {
	switch {
	case i.State != InstructionIssued || l.Flow != MoneyOut:
		return NothingDue
	case l.AmountFen > i.AmountFen:
		return Over
	case l.AmountFen < i.AmountFen:
		return Under
	}
	return Fits
}

// ExecuteInstruction counts a line for an instruction: each of its orders is paid
// its part. What an order no longer waits for cannot have been paid for it.
//
//exchange:rule LINE_MISMATCH | An instruction is executed to the fen, once, while its orders still wait for it | the operator | invariant I10
func ExecuteInstruction(i Instruction, orders map[uuid.UUID]Order, l BankLine, ids func() uuid.UUID, at time.Time) ([]Change, Instruction, BankLine, error) {
	if err := l.mayEnd("match"); err != nil {
		return nil, i, l, err
	}
	mismatch := i.Compare(l.BankFileLine)
	var changes []Change
	for _, p := range i.Parts {
		o := orders[p.Order]
		fen, kind := o.expected(MoneyOut)
		if mismatch == Fits && fen < p.AmountFen {
			mismatch = NothingDue
		}
		if mismatch != Fits {
			return nil, i, l, fault.New(fault.LineMismatch, "line", l.ID, "order", "instruction "+i.ID.String(), "mismatch", mismatch)
		}
		changes = append(changes, o.move(kind, p.AmountFen, l.Reference, ids, at))
	}
	release := ledger.ReleaseSuspense(l.ID.Home, ids(), at, false, l.AmountFen, l.Transaction, l.Reference)
	if len(changes) > 0 {
		changes[0].Transactions = append([]ledger.Transaction{release}, changes[0].Transactions...)
	}
	i.State, i.Line = InstructionExecuted, l.ID
	l.State, l.Instruction = LineMatched, i.ID
	return changes, i, l, nil
}
