package app

import (
	"context"
	"errors"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
)

// matchDeposit counts a bank line for a contract: its deposit came in, or what was
// payable of it went out. The contract is locked before the line, as orders are.
func (a *App) matchDeposit(ctx context.Context, meta Meta, line, contract exchange.ID) (Result[exchange.BankLine], error) {
	command := MatchBankLine{ID: line.String(), OrderID: contract.String()}
	in := intent{Meta: meta, action: authz.BankMatch, home: contract.Home, command: command}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.BankLine, error) {
		c, err := found(u.LockContract(ctx, contract))("contract", contract)
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
		e, l, err := exchange.MatchDeposit(c, l, u.newID, u.at)
		if err != nil {
			return l, err
		}
		return l, errors.Join(u.ended(ctx, e), u.EndBankLine(ctx, l), u.event(ctx, "bank_line", "bank.matched", l.ID.UUID, l))
	})
}
