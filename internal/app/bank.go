package app

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/bankfile"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store"
)

// ImportStatement imports a file of a bank.
type ImportStatement struct {
	Meta
	Format  string // CSV or CAMT053
	Content []byte
}

// MatchBankLine counts a waiting line for an order.
type MatchBankLine struct {
	Meta
	ID      string
	OrderID string // empty: the one that its text names
}

// ReturnBankLine notes that what came in by a line was sent back by another.
type ReturnBankLine struct {
	Meta
	ID, ByID, Reason string
}

// ListBankStatements narrows a list of statements.
type ListBankStatements struct {
	Paging
	Account string
}

// ListBankLines narrows a list of bank lines.
type ListBankLines struct {
	Paging
	StatementID string
	State       exchange.BankLineState
	OrderID     string
}

// Imported is what an import did.
type Imported struct {
	Statement exchange.BankStatement
	New       int64 // lines that were not there yet
	Repeated  int64 // lines that were
	Matched   int64 // of all its lines, as it stands now
	Waiting   int64 // in suspense
}

// ComparedLine is a bank line and why it waits.
type ComparedLine struct {
	exchange.BankLine
	Named       exchange.ID // the order or the instruction that its text names; zero: none or several
	Instruction bool        // it is an instruction
	Contract    bool        // it is a contract
	Mismatch    exchange.Mismatch
}

// MatchedLine is a line and the order that it was counted for.
type MatchedLine struct {
	Line  exchange.BankLine
	Order exchange.Order
}

// matchedAtOnce bounds how many lines are matched at the same time, each in a
// transaction with its order.
const matchedAtOnce = 16

// ImportStatement imports a statement of one of the exchange's accounts. Every
// line stands in suspense with the import, in one transaction; then each that
// names an order and fits it to the fen is matched, in the order's own. A server
// that dies between leaves lines waiting, and importing the file again goes on.
// The same statement, and the same line in any statement, is counted once.
func (a *App) ImportStatement(ctx context.Context, c ImportStatement) (Result[Imported], error) {
	var none Result[Imported]
	f, err := bankfile.Read(bankfile.Format(c.Format), c.Content, a.limits.BankLines)
	if err != nil {
		return none, err
	}
	home, ok := a.limits.BankAccounts[f.Account]
	if !ok {
		return none, fault.InField("content", fault.BankAccountUnknown, "account", f.Account)
	}
	in := intent{Meta: c.Meta, action: authz.BankImport, home: home, command: c, lanes: []string{"bank " + f.Account}}
	r, err := write(ctx, a, in, func(ctx context.Context, u *unit) (Imported, error) { return u.importStatement(ctx, f) })
	if err != nil || c.DryRun {
		return r, err
	}
	if err := a.matchStatement(ctx, r.Value.Statement); err != nil {
		return none, err
	}
	r.Value.Matched, r.Value.Waiting, err = a.countLines(ctx, r.Value.Statement, f)
	r.Committed = store.Surely() // the lines were matched by transactions of their own
	return r, err
}

// importStatement writes the lines that were not there yet, and their receipts.
func (u *unit) importStatement(ctx context.Context, f exchange.BankFile) (Imported, error) {
	s := exchange.ImportedStatement(u.home, f, u.at)
	out := Imported{Statement: s}
	if _, err := u.decide(ctx, authz.Question{Action: authz.BankImport}); err != nil {
		return out, err
	}
	lines, receipts := exchange.ImportedLines(s, f, u.newID, u.at)
	fresh, receipts, err := u.freshLines(ctx, lines, receipts)
	if err != nil {
		return out, err
	}
	out.New, out.Repeated = int64(len(fresh)), int64(len(lines)-len(fresh))
	kept, err := u.BankStatement(ctx, s.ID)
	switch {
	case err == nil:
		out.Statement = kept
		if err := exchange.SameStatement(kept, s); err != nil {
			return out, err
		}
	case errors.Is(err, store.ErrNotFound):
		err = errors.Join(u.InsertStatement(ctx, s), u.event(ctx, "bank_statement", "bank.imported", s.ID.UUID, s))
		if err != nil {
			return out, err
		}
	default:
		return out, err
	}
	if err := errors.Join(u.InsertBankLines(ctx, fresh), u.postAll(ctx, receipts)); err != nil {
		return out, err
	}
	return out, u.unique(ctx, "bank statement", f.Statement)
}

// freshLines leaves out the lines that were imported before, which must say the
// same now.
func (u *unit) freshLines(ctx context.Context, lines []exchange.BankLine, receipts []ledger.Transaction) ([]exchange.BankLine, []ledger.Transaction, error) {
	ids := make([]uuid.UUID, len(lines))
	for i, l := range lines {
		ids[i] = l.ID.UUID
	}
	list, err := u.BankLines(ctx, u.home, ids)
	if err != nil {
		return nil, nil, err
	}
	kept := make(map[exchange.ID]exchange.BankLine, len(list))
	for _, l := range list {
		kept[l.ID] = l
	}
	var fresh []exchange.BankLine
	var posted []ledger.Transaction
	for i, l := range lines {
		if k, ok := kept[l.ID]; !ok {
			fresh, posted = append(fresh, l), append(posted, receipts[i])
		} else if err := exchange.SameLine(k, l); err != nil {
			return nil, nil, err
		}
	}
	return fresh, posted, nil
}

// postAll queues ledger transactions.
func (u *unit) postAll(ctx context.Context, list []ledger.Transaction) error {
	for _, t := range list {
		if err := t.Validate(); err != nil {
			return err
		}
		if err := u.InsertTransaction(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// matchStatement matches what fits of a statement's waiting lines: what came in
// first, since what goes out is paid from it.
func (a *App) matchStatement(ctx context.Context, s exchange.BankStatement) error {
	for _, flow := range []exchange.BankFlow{exchange.MoneyIn, exchange.MoneyOut} {
		waiting, err := a.store.WaitingLines(ctx, s.ID, a.limits.BankLines)
		if err != nil {
			return err
		}
		waiting = slices.DeleteFunc(waiting, func(l exchange.BankLine) bool { return l.Flow != flow })
		compared, err := a.compare(ctx, waiting)
		if err != nil {
			return err
		}
		compared = slices.DeleteFunc(compared, func(l ComparedLine) bool { return l.Mismatch != exchange.Fits })
		for some := range slices.Chunk(compared, matchedAtOnce) {
			if err := a.matchAll(ctx, some); err != nil {
				return err
			}
		}
	}
	return nil
}

// matchAll matches some lines at the same time. One that its order's rules refuse
// goes on waiting.
func (a *App) matchAll(ctx context.Context, lines []ComparedLine) error {
	var wg sync.WaitGroup
	errs := make([]error, len(lines))
	for i, l := range lines {
		wg.Go(func() {
			_, err := a.matchNamed(ctx, Meta{}, l, false)
			if err != nil && (!own(err) || fault.Is(err, fault.DecisionLogAway)) {
				errs[i] = err
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// matchNamed counts a line for the order, the instruction or the contract that it
// names.
func (a *App) matchNamed(ctx context.Context, meta Meta, l ComparedLine, byHand bool) (Result[exchange.Order], error) {
	if l.Contract {
		r, err := a.matchDeposit(ctx, meta, l.ID, l.Named)
		return Result[exchange.Order]{Warnings: r.Warnings, Replayed: r.Replayed}, err
	}
	if !l.Instruction {
		return a.matchLine(ctx, meta, l.ID, l.Named, byHand)
	}
	r, err := a.matchInstruction(ctx, meta, l.ID, l.Named)
	return Result[exchange.Order]{Warnings: r.Warnings, Replayed: r.Replayed, Committed: r.Committed}, err
}

// matchLine counts a line for an order, in the order's lane.
func (a *App) matchLine(ctx context.Context, meta Meta, line, order exchange.ID, byHand bool) (Result[exchange.Order], error) {
	command := MatchBankLine{ID: line.String(), OrderID: order.String()}
	return a.stepOrder(ctx, meta, order.String(), command, authz.BankMatch, func(ctx context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		l, err := found(u.LockBankLine(ctx, line))("bank line", line)
		if err != nil {
			return exchange.Change{}, err
		}
		c, l, err := exchange.MatchLine(*q.Order, l, byHand, u.newID, u.at)
		if err == nil && c.Payment != nil {
			err = u.newPayment(ctx, q.Order.ID, l.Reference)
		}
		if err == nil {
			c, err = u.adjusting(ctx, c, l.Booked)
		}
		if err != nil {
			return exchange.Change{}, err
		}
		return c, errors.Join(u.EndBankLine(ctx, l), u.event(ctx, "bank_line", "bank.matched", l.ID.UUID, l))
	})
}

// compare says of each line which order it names and why it does not fit.
func (a *App) compare(ctx context.Context, lines []exchange.BankLine) ([]ComparedLine, error) {
	out := make([]ComparedLine, len(lines))
	var ids []exchange.ID
	for i, l := range lines {
		out[i] = ComparedLine{BankLine: l, Mismatch: exchange.WrongReference}
		if id, ok := l.OrderNamed(); ok {
			out[i].Named, ids = id, append(ids, id)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	orders, err := a.store.OrdersOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	instructions, err := a.store.InstructionsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	contracts, err := a.store.ContractsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, l := range out {
		if c, ok := contracts[l.Named]; ok {
			out[i].Contract, out[i].Mismatch = true, l.CompareContract(c)
		} else if o, ok := orders[l.Named]; ok {
			out[i].Mismatch = l.Compare(o)
		} else if v, ok := instructions[l.Named]; ok {
			out[i].Instruction, out[i].Mismatch = true, v.Compare(l.BankFileLine)
		}
	}
	return out, nil
}

func (a *App) countLines(ctx context.Context, s exchange.BankStatement, f exchange.BankFile) (matched, waiting int64, err error) {
	lines, _ := exchange.ImportedLines(s, f, a.newID, s.ImportedAt)
	ids := make([]uuid.UUID, len(lines))
	for i, l := range lines {
		ids[i] = l.ID.UUID
	}
	list, err := a.store.BankLines(ctx, s.ID.Home, ids)
	for _, l := range list {
		switch l.State {
		case exchange.LineMatched:
			matched++
		case exchange.LineWaiting:
			waiting++
		}
	}
	return matched, waiting, err
}

// MatchBankLine counts a waiting line for an order by hand: to the fen, or a part
// of what is due. Without an order it is the one, the instruction or the contract
// that the line names.
func (a *App) MatchBankLine(ctx context.Context, c MatchBankLine) (Result[MatchedLine], error) {
	var none Result[MatchedLine]
	line, err := a.visibleLine(ctx, "id", c.ID)
	if err != nil {
		return none, err
	}
	compared, err := a.compare(ctx, []exchange.BankLine{line})
	if err != nil {
		return none, err
	}
	to := compared[0]
	if c.OrderID != "" {
		to.Instruction, to.Contract = false, false
		if to.Named, err = exchange.ParseID("order_id", c.OrderID); err != nil {
			return none, err
		}
	} else if to.Named.IsZero() {
		return none, fault.New(fault.LineMismatch, "line", line.ID, "order", "order", "mismatch", exchange.WrongReference)
	}
	r, err := a.matchNamed(ctx, c.Meta, to, true)
	if err != nil {
		return none, err
	}
	if line, err = a.store.BankLine(ctx, line.ID); err != nil {
		return none, err
	}
	return Result[MatchedLine]{Value: MatchedLine{Line: line, Order: r.Value}, Warnings: r.Warnings, Replayed: r.Replayed, Committed: r.Committed}, nil
}

// ReturnBankLine notes that a waiting line was sent back by another one.
func (a *App) ReturnBankLine(ctx context.Context, c ReturnBankLine) (Result[exchange.BankLine], error) {
	var none Result[exchange.BankLine]
	line, err := a.visibleLine(ctx, "id", c.ID)
	if err != nil {
		return none, err
	}
	by, err := a.visibleLine(ctx, "by_id", c.ByID)
	if err != nil {
		return none, err
	}
	in := intent{Meta: c.Meta, action: authz.BankReturn, home: line.ID.Home, command: c}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.BankLine, error) {
		first, second := line.ID, by.ID
		if first.String() > second.String() {
			first, second = second, first // the same order everywhere, so that none waits for the other
		}
		locked := map[exchange.ID]exchange.BankLine{}
		for _, id := range []exchange.ID{first, second} {
			l, err := found(u.LockBankLine(ctx, id))("bank line", id)
			if err != nil {
				return l, err
			}
			locked[id] = l
		}
		if _, err := u.decide(ctx, authz.Question{Action: in.action}); err != nil {
			return line, err
		}
		from, back, err := exchange.ReturnLine(locked[line.ID], locked[by.ID], c.Reason)
		if err != nil {
			return from, err
		}
		return from, errors.Join(u.EndBankLine(ctx, from), u.EndBankLine(ctx, back),
			u.event(ctx, "bank_line", "bank.returned", from.ID.UUID, from))
	})
}

func bankAttributes(account string) map[string]any { return map[string]any{"account": account} }

func (a *App) visibleLine(ctx context.Context, field, id string) (exchange.BankLine, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return exchange.BankLine{}, err
	}
	key, err := exchange.ParseID(field, id)
	if err != nil {
		return exchange.BankLine{}, err
	}
	l, err := found(a.store.BankLine(ctx, key))("bank line", key)
	if err == nil {
		err = a.visible(ctx, p, authz.BankRecord, bankAttributes(l.Account), key)
	}
	if err != nil {
		return exchange.BankLine{}, err
	}
	return l, nil
}

// ListBankStatements lists the imported statements, the newest first.
func (a *App) ListBankStatements(ctx context.Context, c ListBankStatements) (Page[exchange.BankStatement], error) {
	return list(ctx, a, authz.BankRecord, c.Paging, store.Narrow{"account": c.Account}, a.store.ListBankStatements,
		func(s exchange.BankStatement) store.Key { return store.Key{At: s.ImportedAt, ID: s.ID.UUID} })
}

// ListBankLines lists bank lines, the newest first, those that wait with the
// reason.
func (a *App) ListBankLines(ctx context.Context, c ListBankLines) (Page[ComparedLine], error) {
	narrow := store.Narrow{"state": string(c.State)}
	for field, text := range map[string]string{"statement_id": c.StatementID, "order_id": c.OrderID} {
		if text == "" {
			continue
		}
		id, err := exchange.ParseID(field, text)
		if err != nil {
			return Page[ComparedLine]{}, err
		}
		narrow[field] = id.UUID.String()
	}
	page, err := list(ctx, a, authz.BankRecord, c.Paging, narrow, a.store.ListBankLines,
		func(l exchange.BankLine) store.Key { return store.Key{At: l.At, ID: l.ID.UUID} })
	if err != nil {
		return Page[ComparedLine]{}, err
	}
	items, err := a.compare(ctx, page.Items)
	return Page[ComparedLine]{Items: items, Next: page.Next}, err
}
