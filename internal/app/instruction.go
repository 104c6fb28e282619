package app

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
)

// matchInstruction counts a bank line for an instruction: every order of it is
// paid its part, in one transaction. No order changes its offer by that, so that
// only orders are locked, in the order of their ids.
func (a *App) matchInstruction(ctx context.Context, meta Meta, line, instruction exchange.ID) (Result[exchange.BankLine], error) {
	command := MatchBankLine{ID: line.String(), OrderID: instruction.String()}
	in := intent{Meta: meta, action: authz.BankMatch, home: instruction.Home, command: command}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.BankLine, error) {
		i, err := found(u.LockInstruction(ctx, instruction))("instruction", instruction)
		if err != nil {
			return exchange.BankLine{}, err
		}
		if _, err := u.decide(ctx, authz.Question{Action: in.action}); err != nil {
			return exchange.BankLine{}, err
		}
		l, err := found(u.LockBankLine(ctx, line))("bank line", line)
		if err != nil {
			return l, err
		}
		slices.SortFunc(i.Parts, func(a, b exchange.InstructionPart) int { return slices.Compare(a.Order[:], b.Order[:]) })
		orders := map[uuid.UUID]exchange.Order{}
		for _, p := range i.Parts {
			id := exchange.ID{Home: instruction.Home, UUID: p.Order}
			if orders[p.Order], err = found(u.LockOrder(ctx, id))("order", id); err != nil {
				return l, err
			}
		}
		changes, i, l, err := exchange.ExecuteInstruction(i, orders, l, u.newID, u.at)
		if err != nil {
			return l, err
		}
		return l, u.executed(ctx, changes, i, l)
	})
}

// executed queues what an executed instruction changes, and with the last one of
// its cycle the cycle's end.
func (u *unit) executed(ctx context.Context, changes []exchange.Change, i exchange.Instruction, l exchange.BankLine) error {
	var errs []error
	for _, c := range changes {
		errs = append(errs, u.UpdateOrder(ctx, c.Order), u.post(ctx, c))
		if c.Payment != nil {
			errs = append(errs, u.InsertPayment(ctx, *c.Payment))
		}
	}
	errs = append(errs, u.ExecuteInstruction(ctx, i), u.EndBankLine(ctx, l), u.event(ctx, "bank_line", "bank.matched", l.ID.UUID, l))
	key := exchange.ID{Home: i.ID.Home, UUID: i.Cycle}
	cycle, err := u.LockCycle(ctx, key)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	open, err := u.OpenInstructions(ctx, key, i.ID.UUID)
	if err == nil && open == 0 {
		cycle = exchange.ConfirmCycle(cycle, u.at)
		errs = append(errs, u.UpdateCycle(ctx, cycle), u.event(ctx, "settlement_cycle", "cycle.confirmed", key.UUID, cycle))
	}
	return errors.Join(append(errs, err)...)
}
