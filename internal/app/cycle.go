package app

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store"
)

// OpenCycle opens a settlement cycle of a pair of alliances.
type OpenCycle struct {
	Meta
	SellerAllianceID, BuyerAllianceID string
	From, To                          string
}

// ListCycles narrows a list of settlement cycles.
type ListCycles struct {
	Paging
	SellerAllianceID, BuyerAllianceID string
	State                             exchange.CycleState
}

// GetMemberStatement asks for a member's part of a cycle.
type GetMemberStatement struct {
	Paging
	CycleID, MemberID string
}

// CycleView is a cycle as its caller may see it. Only who sees all of it sees the
// differences, the obligations of others and the instructions.
type CycleView struct {
	Cycle        exchange.SettlementCycle
	Obligations  []exchange.Obligation
	Instructions []exchange.Instruction
}

// StatementLine is an order of a member's statement, with its invoices.
type StatementLine struct {
	exchange.CycleOrder
	Invoices []exchange.Invoice
}

// MemberStatement (对账单) is what a member and the other side of a cycle owe each
// other, order by order.
type MemberStatement struct {
	Cycle      exchange.SettlementCycle
	Member     exchange.Member
	CarriedFen int64 // of earlier orders of the pair
	Obligation exchange.Obligation
	Lines      Page[StatementLine]
}

func cycleAttributes(c exchange.SettlementCycle) map[string]any {
	return map[string]any{"seller_alliance_id": c.SellerAlliance.String(), "buyer_alliance_id": c.BuyerAlliance.String()}
}

// OpenCycle opens a cycle.
func (a *App) OpenCycle(ctx context.Context, c OpenCycle) (Result[exchange.SettlementCycle], error) {
	var none Result[exchange.SettlementCycle]
	days, err := span("from", c.From, "to", c.To)
	if err != nil {
		return none, err
	}
	in, err := directoryIntent(ctx, c.Meta, authz.CycleOpen, c)
	if err != nil {
		return none, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.SettlementCycle, error) {
		seller, err := target(ctx, u, a.alliances(), "seller_alliance_id", c.SellerAllianceID, u.Alliance)
		if err != nil {
			return exchange.SettlementCycle{}, err
		}
		buyer, err := target(ctx, u, a.alliances(), "buyer_alliance_id", c.BuyerAllianceID, u.Alliance)
		if err != nil {
			return exchange.SettlementCycle{}, err
		}
		if _, err := u.decide(ctx, authz.Question{Action: in.action, SellerAlliance: &seller, BuyerAlliance: &buyer}); err != nil {
			return exchange.SettlementCycle{}, err
		}
		others, err := u.CyclesMeeting(ctx, seller.Home, seller.ID, buyer.ID, days)
		if err != nil {
			return exchange.SettlementCycle{}, err
		}
		cycle, err := exchange.OpenCycle(seller, buyer, days, others, u.at)
		if err != nil {
			return cycle, err
		}
		return cycle, errors.Join(u.InsertCycle(ctx, cycle), u.event(ctx, "settlement_cycle", "cycle.opened", cycle.ID.UUID, cycle))
	})
}

// stepCycle is what every step of a cycle shares.
func (a *App) stepCycle(ctx context.Context, c Step, action, kind string,
	step func(ctx context.Context, u *unit, cycle exchange.SettlementCycle) (exchange.SettlementCycle, error),
) (Result[exchange.SettlementCycle], error) {
	key, err := exchange.ParseID("id", c.ID)
	if err != nil {
		return Result[exchange.SettlementCycle]{}, err
	}
	in := intent{Meta: c.Meta, action: action, home: key.Home, command: c}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.SettlementCycle, error) {
		cycle, err := found(u.LockCycle(ctx, key))("settlement cycle", key)
		if err == nil {
			err = a.visible(ctx, u.principal, authz.Cycle, cycleAttributes(cycle), key)
		}
		if err != nil {
			return exchange.SettlementCycle{}, err
		}
		if _, err := u.decide(ctx, authz.Question{Action: action}); err != nil {
			return cycle, err
		}
		if cycle, err = step(ctx, u, cycle); err != nil {
			return cycle, err
		}
		return cycle, errors.Join(u.UpdateCycle(ctx, cycle), u.event(ctx, "settlement_cycle", kind, key.UUID, cycle))
	})
}

// MatchCycle compares what is owed in a cycle with what was paid.
func (a *App) MatchCycle(ctx context.Context, c Step) (Result[exchange.SettlementCycle], error) {
	return a.stepCycle(ctx, c, authz.CycleMatch, "cycle.matched", func(ctx context.Context, u *unit, cycle exchange.SettlementCycle) (exchange.SettlementCycle, error) {
		orders, err := u.cycleOrders(ctx, cycle)
		if err != nil {
			return cycle, err
		}
		strays, err := u.strays(ctx, cycle, orders)
		if err != nil {
			return cycle, err
		}
		return exchange.MatchCycle(cycle, orders, strays, u.at)
	})
}

// AdjustCycle takes a cycle's differences as they are.
func (a *App) AdjustCycle(ctx context.Context, c Step) (Result[exchange.SettlementCycle], error) {
	return a.stepCycle(ctx, c, authz.CycleAdjust, "cycle.adjusted", func(_ context.Context, u *unit, cycle exchange.SettlementCycle) (exchange.SettlementCycle, error) {
		return exchange.AdjustCycle(cycle, c.Reason, u.at)
	})
}

// InstructCycle makes the transfers that settle a cycle.
func (a *App) InstructCycle(ctx context.Context, c Step) (Result[exchange.SettlementCycle], error) {
	return a.stepCycle(ctx, c, authz.CycleInstruct, "cycle.instructed", func(ctx context.Context, u *unit, cycle exchange.SettlementCycle) (exchange.SettlementCycle, error) {
		orders, err := u.cycleOrders(ctx, cycle)
		if err != nil {
			return cycle, err
		}
		cycle, instructions, err := exchange.InstructCycle(cycle, orders, u.at)
		for _, i := range instructions {
			err = errors.Join(err, u.InsertInstruction(ctx, i))
		}
		return cycle, err
	})
}

// cycleOrders reads all orders of a cycle, up to a limit.
func (u *unit) cycleOrders(ctx context.Context, c exchange.SettlementCycle) ([]exchange.CycleOrder, error) {
	limit := u.app.limits.CycleOrders
	orders, err := u.CycleOrders(ctx, c, limit+1)
	if err == nil && len(orders) > limit {
		err = fault.New(fault.CycleTooLarge, "cycle", c.ID, "limit", limit)
	}
	return orders, err
}

// strays are the waiting lines that concern a cycle: they name one of its orders,
// or carry the name of one of its buyers and no order at all.
func (u *unit) strays(ctx context.Context, c exchange.SettlementCycle, orders []exchange.CycleOrder) ([]exchange.StrayLine, error) {
	limit := u.app.limits.CycleOrders
	lines, err := u.StrayLines(ctx, c.BuyerAlliance, limit+1)
	if err != nil {
		return nil, err
	}
	if len(lines) > limit {
		return nil, fault.New(fault.CycleTooLarge, "cycle", c.ID, "limit", limit)
	}
	byID, buyers := map[exchange.ID]exchange.Order{}, map[uuid.UUID]bool{}
	for _, o := range orders {
		byID[o.ID], buyers[o.PayerID()] = o.Order, true
	}
	seen := map[exchange.ID]bool{}
	var out []exchange.StrayLine
	for _, l := range lines {
		named, _ := l.OrderNamed()
		o, ours := byID[named]
		switch {
		case seen[l.ID]:
			continue
		case ours:
			l.Named, l.Member = named, o.PayerID()
		case !named.IsZero() || !buyers[l.Member]:
			continue // another cycle's, or nobody's whom we know
		}
		seen[l.ID] = true
		out = append(out, l)
	}
	return out, nil
}

// GetCycle reads a cycle that the caller may see.
func (a *App) GetCycle(ctx context.Context, id string) (CycleView, error) {
	p, cycle, err := a.visibleCycle(ctx, "id", id)
	if err != nil {
		return CycleView{}, err
	}
	v := CycleView{Cycle: cycle}
	if v.Obligations, err = a.store.CycleObligations(ctx, cycle, a.limits.CycleOrders); err != nil {
		return CycleView{}, err
	}
	whole, err := a.policy.Visible(ctx, authz.CycleDetail, p, a.now(), cycleAttributes(cycle))
	if err != nil {
		return CycleView{}, err
	}
	if !whole {
		v.Cycle.Differences = nil
		v.Obligations = slices.DeleteFunc(v.Obligations, func(o exchange.Obligation) bool { return p.Member == nil || o.Member != p.Member.ID })
		return v, nil
	}
	v.Instructions, err = a.store.Instructions(ctx, cycle.ID, a.limits.CycleOrders)
	return v, err
}

func (a *App) visibleCycle(ctx context.Context, field, id string) (exchange.Principal, exchange.SettlementCycle, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return p, exchange.SettlementCycle{}, err
	}
	key, err := exchange.ParseID(field, id)
	if err != nil {
		return p, exchange.SettlementCycle{}, err
	}
	cycle, err := found(a.store.Cycle(ctx, key))("settlement cycle", key)
	if err == nil {
		err = a.visible(ctx, p, authz.Cycle, cycleAttributes(cycle), key)
	}
	if err != nil {
		return p, exchange.SettlementCycle{}, err
	}
	return p, cycle, nil
}

// ListCycles lists the cycles that the caller may see, without their differences.
func (a *App) ListCycles(ctx context.Context, c ListCycles) (Page[exchange.SettlementCycle], error) {
	narrow := store.Narrow{"state": string(c.State)}
	for field, text := range map[string]string{"seller_alliance_id": c.SellerAllianceID, "buyer_alliance_id": c.BuyerAllianceID} {
		id, err := optionalUUID(field, text)
		if err != nil {
			return Page[exchange.SettlementCycle]{}, err
		}
		narrow[field] = uuidText(id)
	}
	page, err := list(ctx, a, authz.Cycle, c.Paging, narrow, a.store.ListCycles,
		func(c exchange.SettlementCycle) store.Key { return store.Key{At: c.CreatedAt, ID: c.ID.UUID} })
	for i := range page.Items {
		page.Items[i].Differences = nil
	}
	return page, err
}

// GetMemberStatement is a member's statement of a cycle. Who may look into the
// member's account may see it.
func (a *App) GetMemberStatement(ctx context.Context, c GetMemberStatement) (MemberStatement, error) {
	var none MemberStatement
	_, cycle, err := a.visibleCycle(ctx, "cycle_id", c.CycleID)
	if err != nil {
		return none, err
	}
	id, err := exchange.ParseUUID("member_id", c.MemberID)
	if err != nil {
		return none, err
	}
	account, err := a.openAccount(ctx, ledger.ClearingBuyer, id.String())
	if err != nil {
		return none, err
	}
	member, err := found(a.store.Member(ctx, id))("member", id)
	if err != nil {
		return none, err
	}
	if account.civil {
		// A statement is whole: nobody gets one with what military buyers trade, who
		// may not know of it, and nobody one without.
		return none, fault.New(fault.ResourceNotFound, "noun", "statement", "id", id)
	}
	if member.Side == exchange.Seller {
		account.Kind = ledger.ClearingSeller
	}
	size, err := a.pageSize(c.Size)
	if err != nil {
		return none, err
	}
	pin := pinOf("member statement", []any{cycle.ID, id})
	after, err := readToken(c.Token, pin)
	if err != nil {
		return none, err
	}
	if after == nil {
		after = &store.Key{}
	}
	s := MemberStatement{Cycle: cycle, Member: member}
	s.Cycle.Differences = nil
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		return s.read(ctx, r, account.Account, *after, size, pin, a.limits.CycleOrders)
	})
	return s, err
}

// read reads all of a statement on one snapshot.
func (s *MemberStatement) read(ctx context.Context, r store.Reader, account ledger.Account, after store.Key, size int, pin string, limit int) (err error) {
	if s.CarriedFen, err = r.CarriedOver(ctx, s.Cycle, account); err != nil {
		return err
	}
	obligations, err := r.CycleObligations(ctx, s.Cycle, limit)
	if err != nil {
		return err
	}
	s.Obligation = exchange.Obligation{Member: s.Member.ID, Buys: s.Member.Side == exchange.Buyer}
	for _, o := range obligations {
		if o.Member == s.Member.ID {
			s.Obligation = o
		}
	}
	orders, err := r.CycleOrdersOf(ctx, s.Cycle, s.Member.ID, after, size+1)
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(orders))
	for i, o := range orders {
		ids[i] = o.ID.UUID
	}
	invoices, err := r.InvoicesOf(ctx, s.Cycle.ID.Home, ids)
	if err != nil {
		return err
	}
	lines := make([]StatementLine, len(orders))
	for i, o := range orders {
		lines[i] = StatementLine{CycleOrder: o, Invoices: invoices[o.ID.UUID]}
	}
	s.Lines = pageOf(lines, size, pin, func(l StatementLine) store.Key { return store.Key{At: l.AcceptedAt, ID: l.ID.UUID} })
	return nil
}
