package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store/db"
)

func cycleOf(r db.SettlementCycle) exchange.SettlementCycle {
	c := exchange.SettlementCycle{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, SellerAlliance: r.SellerAllianceID, BuyerAlliance: r.BuyerAllianceID,
		Span:  exchange.Span{From: exchange.Day(r.FromDay), To: exchange.Day(r.ToDay)},
		State: exchange.CycleState(r.State), StateReason: r.StateReason, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	// We wrote it; what cannot be read would be seen as no differences, and the state says there are.
	_ = json.Unmarshal(r.Differences, &c.Differences)
	return c
}

func differences(c exchange.SettlementCycle) ([]byte, error) {
	text, err := json.Marshal(c.Differences)
	if err != nil {
		return nil, fmt.Errorf("store: differences of cycle %s: %w", c.ID, err)
	}
	return text, nil
}

// Cycle reads a settlement cycle.
func (r Reader) Cycle(ctx context.Context, id exchange.ID) (exchange.SettlementCycle, error) {
	row, err := r.q.CycleGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, cycleOf)
}

// LockCycle reads a settlement cycle that is going to be changed.
func (t *Tx) LockCycle(ctx context.Context, id exchange.ID) (exchange.SettlementCycle, error) {
	row, err := t.q.CycleLock(ctx, id.Home, id.UUID)
	return mapRow(row, err, cycleOf)
}

// CyclesMeeting lists some cycles of a pair that a span meets.
func (r Reader) CyclesMeeting(ctx context.Context, home string, seller, buyer uuid.UUID, span exchange.Span) ([]exchange.SettlementCycle, error) {
	rows, err := r.q.CyclesOfPair(ctx, db.CyclesOfPairParams{
		Home: home, SellerAllianceID: seller, BuyerAllianceID: buyer, ToDay: string(span.To), FromDay: string(span.From), MaxRows: 1,
	})
	return mapRows(rows, err, cycleOf)
}

// InsertCycle queues a new cycle.
func (t *Tx) InsertCycle(ctx context.Context, c exchange.SettlementCycle) error {
	text, err := differences(c)
	if err != nil {
		return err
	}
	return t.write.CycleInsert(ctx, db.CycleInsertParams{
		Home: c.ID.Home, ID: c.ID.UUID, SellerAllianceID: c.SellerAlliance, BuyerAllianceID: c.BuyerAlliance,
		FromDay: string(c.Span.From), ToDay: string(c.Span.To), State: string(c.State), StateReason: c.StateReason, Differences: text,
		CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	})
}

// UpdateCycle queues what can change of a cycle.
func (t *Tx) UpdateCycle(ctx context.Context, c exchange.SettlementCycle) error {
	text, err := differences(c)
	if err != nil {
		return err
	}
	return t.write.CycleUpdate(ctx, db.CycleUpdateParams{
		Home: c.ID.Home, ID: c.ID.UUID, State: string(c.State), StateReason: c.StateReason, Differences: text, UpdatedAt: c.UpdatedAt,
	})
}

// bounds are the instants of a cycle's span.
func bounds(c exchange.SettlementCycle) (from, to time.Time) {
	return c.Span.From.Start(), c.Span.To.Plus(1).Start()
}

// CycleOrders lists the orders of a cycle by their acceptance.
func (r Reader) CycleOrders(ctx context.Context, c exchange.SettlementCycle, limit int) ([]exchange.CycleOrder, error) {
	from, to := bounds(c)
	rows, err := r.q.CycleOrders(ctx, db.CycleOrdersParams{
		Home: c.ID.Home, SellerAllianceID: c.SellerAlliance, BuyerAllianceID: c.BuyerAlliance, FromTime: from, ToTime: to, MaxRows: int32(limit),
	})
	return mapRows(rows, err, func(r db.CycleOrdersRow) exchange.CycleOrder {
		return exchange.CycleOrder{Order: orderOf(r.Order), AcceptedAt: r.AcceptedAt.UTC()}
	})
}

// CycleOrdersOf lists a member's orders of a cycle, after a key.
func (r Reader) CycleOrdersOf(ctx context.Context, c exchange.SettlementCycle, member uuid.UUID, after Key, limit int) ([]exchange.CycleOrder, error) {
	from, to := bounds(c)
	rows, err := r.q.CycleOrdersOf(ctx, db.CycleOrdersOfParams{
		Home: c.ID.Home, SellerAllianceID: c.SellerAlliance, BuyerAllianceID: c.BuyerAlliance, FromTime: from, ToTime: to,
		MemberID: member, AfterAt: after.At, AfterID: after.ID, MaxRows: int32(limit),
	})
	return mapRows(rows, err, func(r db.CycleOrdersOfRow) exchange.CycleOrder {
		return exchange.CycleOrder{Order: orderOf(r.Order), AcceptedAt: r.AcceptedAt.UTC()}
	})
}

// CycleObligations adds up the clearing accounts of a cycle's orders by member. A
// seller's are turned, so that what is owed to it is negative, like its account.
func (r Reader) CycleObligations(ctx context.Context, c exchange.SettlementCycle, limit int) ([]exchange.Obligation, error) {
	from, to := bounds(c)
	rows, err := r.q.CycleObligations(ctx, db.CycleObligationsParams{
		Home: c.ID.Home, SellerAllianceID: c.SellerAlliance, BuyerAllianceID: c.BuyerAlliance, FromTime: from, ToTime: to, MaxRows: int32(limit),
	})
	if err != nil {
		return nil, readError(err)
	}
	out := make([]exchange.Obligation, len(rows))
	for i, row := range rows {
		member, err := uuid.Parse(row.AccountOwner)
		if err != nil {
			return nil, fmt.Errorf("store: owner of a clearing account: %w", err)
		}
		out[i] = exchange.Obligation{
			Member: member, Buys: ledger.AccountKind(row.AccountKind) == ledger.ClearingBuyer, AcceptedFen: row.Accepted,
			PaidFen: row.Accepted - row.Net, NetFen: row.Net, Orders: row.Orders,
		}
	}
	return out, nil
}

// CarriedOver is what a member's clearing account carries of the orders that the
// pair accepted before a cycle.
func (r Reader) CarriedOver(ctx context.Context, c exchange.SettlementCycle, account ledger.Account) (int64, error) {
	from, _ := bounds(c)
	fen, err := r.q.CarriedOver(ctx, db.CarriedOverParams{
		AccountKind: string(account.Kind), AccountOwner: account.Owner, Home: c.ID.Home, SellerAllianceID: c.SellerAlliance,
		BuyerAllianceID: c.BuyerAlliance, Before: from,
	})
	return fen, readError(err)
}

// StrayLines lists lines of money that came in and waits, with the member of an
// alliance whose name they carry, if any.
func (r Reader) StrayLines(ctx context.Context, buyers uuid.UUID, limit int) ([]exchange.StrayLine, error) {
	rows, err := r.q.StrayLines(ctx, buyers, int32(limit))
	return mapRows(rows, err, func(r db.StrayLinesRow) exchange.StrayLine {
		return exchange.StrayLine{BankLine: bankLineOf(r.BankLine), Member: r.MemberID.UUID}
	})
}

func instructionOf(r db.SettlementInstruction) exchange.Instruction {
	return exchange.Instruction{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Cycle: r.CycleID, Member: r.MemberID, AmountFen: r.AmountFen,
		State: exchange.InstructionState(r.State), Line: exchange.ID{Home: r.LineHome, UUID: r.LineID.UUID}, At: r.At.UTC(),
	}
}

// LockInstruction reads an instruction with its parts, to be executed.
func (t *Tx) LockInstruction(ctx context.Context, id exchange.ID) (exchange.Instruction, error) {
	row, err := t.q.InstructionLock(ctx, id.Home, id.UUID)
	i, err := mapRow(row, err, instructionOf)
	if err != nil {
		return i, err
	}
	parts, err := t.q.PartsOfInstruction(ctx, id.Home, id.UUID)
	for _, p := range parts {
		i.Parts = append(i.Parts, exchange.InstructionPart{Order: p.OrderID, AmountFen: p.AmountFen})
	}
	return i, readError(err)
}

// Instructions lists the instructions of a cycle, by member.
func (r Reader) Instructions(ctx context.Context, cycle exchange.ID, limit int) ([]exchange.Instruction, error) {
	rows, err := r.q.InstructionsOfCycle(ctx, cycle.Home, cycle.UUID, int32(limit))
	return mapRows(rows, err, instructionOf)
}

// InstructionsOf reads those instructions that are there of some.
func (r Reader) InstructionsOf(ctx context.Context, ids []exchange.ID) (map[exchange.ID]exchange.Instruction, error) {
	homes, keys := make([]string, len(ids)), make([]uuid.UUID, len(ids))
	for i, id := range ids {
		homes[i], keys[i] = id.Home, id.UUID
	}
	rows, err := r.q.InstructionsByIDs(ctx, homes, keys)
	if err != nil {
		return nil, readError(err)
	}
	out := make(map[exchange.ID]exchange.Instruction, len(rows))
	for _, row := range rows {
		i := instructionOf(row)
		out[i.ID] = i
	}
	return out, nil
}

// InsertInstruction queues a new instruction with its parts.
func (t *Tx) InsertInstruction(ctx context.Context, i exchange.Instruction) error {
	orders, amounts := make([]uuid.UUID, len(i.Parts)), make([]int64, len(i.Parts))
	for n, p := range i.Parts {
		orders[n], amounts[n] = p.Order, p.AmountFen
	}
	return errors.Join(t.write.InstructionInsert(ctx, db.InstructionInsertParams{
		Home: i.ID.Home, ID: i.ID.UUID, CycleID: i.Cycle, MemberID: i.Member, AmountFen: i.AmountFen, State: string(i.State), At: i.At,
	}), t.write.PartsInsert(ctx, i.ID.Home, i.ID.UUID, orders, amounts))
}

// ExecuteInstruction queues the end of an instruction.
func (t *Tx) ExecuteInstruction(ctx context.Context, i exchange.Instruction) error {
	return t.write.InstructionExecute(ctx, db.InstructionExecuteParams{
		Home: i.ID.Home, ID: i.ID.UUID, State: string(i.State), LineHome: i.Line.Home, LineID: nullUUID(i.Line.UUID),
	})
}

// OpenInstructions counts the instructions of a cycle that are not executed, but
// for one.
func (r Reader) OpenInstructions(ctx context.Context, cycle exchange.ID, but uuid.UUID) (int64, error) {
	n, err := r.q.InstructionsOpen(ctx, cycle.Home, cycle.UUID, but)
	return n, readError(err)
}

var cycles = table{
	from: "settlement_cycles", time: "created_at", id: "id", filters: same("home", "seller_alliance_id", "buyer_alliance_id", "state"),
}

// ListCycles lists settlement cycles, the newest first.
func (r Reader) ListCycles(ctx context.Context, l List) ([]exchange.SettlementCycle, error) {
	return list(ctx, r, cycles, l, cycleOf)
}
