package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func bankStatementOf(r db.BankStatement) exchange.BankStatement {
	return exchange.BankStatement{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Account: r.Account, Statement: r.Statement, OpeningFen: r.OpeningFen,
		ClosingFen: r.ClosingFen, Lines: r.Lines, ImportedAt: r.ImportedAt.UTC(),
	}
}

func bankLineRow(l exchange.BankLine) db.BankLine {
	return db.BankLine{
		Home: l.ID.Home, ID: l.ID.UUID, StatementID: l.Statement, Account: l.Account, Reference: l.Reference, Flow: string(l.Flow),
		AmountFen: l.AmountFen, Booked: string(l.Booked), Counterparty: l.Counterparty, Remittance: l.Remittance,
		State: string(l.State), StateReason: l.StateReason, OrderHome: l.Order.Home, OrderID: nullUUID(l.Order.UUID),
		PartnerID: nullUUID(l.Partner), TransactionID: l.Transaction, At: l.At,
		InstructionHome: l.Instruction.Home, InstructionID: nullUUID(l.Instruction.UUID),
		ContractHome: l.Contract.Home, ContractID: nullUUID(l.Contract.UUID),
	}
}

func bankLineOf(r db.BankLine) exchange.BankLine {
	return exchange.BankLine{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Statement: r.StatementID, Account: r.Account,
		BankFileLine: exchange.BankFileLine{
			Reference: r.Reference, Flow: exchange.BankFlow(r.Flow), AmountFen: r.AmountFen, Booked: exchange.Day(r.Booked),
			Counterparty: r.Counterparty, Remittance: r.Remittance,
		},
		State: exchange.BankLineState(r.State), StateReason: r.StateReason,
		Order: exchange.ID{Home: r.OrderHome, UUID: r.OrderID.UUID}, Partner: r.PartnerID.UUID,
		Instruction: exchange.ID{Home: r.InstructionHome, UUID: r.InstructionID.UUID},
		Contract:    exchange.ID{Home: r.ContractHome, UUID: r.ContractID.UUID}, Transaction: r.TransactionID, At: r.At.UTC(),
	}
}

var bankLinesInsert = listsOf[db.BankLinesInsertParams, db.BankLine]()

// BankStatement reads an imported statement.
func (r Reader) BankStatement(ctx context.Context, id exchange.ID) (exchange.BankStatement, error) {
	row, err := r.q.BankStatementGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, bankStatementOf)
}

// BankLine reads a bank line.
func (r Reader) BankLine(ctx context.Context, id exchange.ID) (exchange.BankLine, error) {
	row, err := r.q.BankLineGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, bankLineOf)
}

// BankLines reads those bank lines that are there of some.
func (r Reader) BankLines(ctx context.Context, home string, ids []uuid.UUID) ([]exchange.BankLine, error) {
	rows, err := r.q.BankLinesGet(ctx, homesOf(home, ids), ids)
	return mapRows(rows, err, bankLineOf)
}

// WaitingLines lists the lines of a statement that wait in suspense.
func (r Reader) WaitingLines(ctx context.Context, statement exchange.ID, limit int) ([]exchange.BankLine, error) {
	rows, err := r.q.BankLinesWaiting(ctx, statement.Home, statement.UUID, int32(limit))
	return mapRows(rows, err, bankLineOf)
}

// OrdersOf reads those orders that are there of some.
func (r Reader) OrdersOf(ctx context.Context, ids []exchange.ID) (map[exchange.ID]exchange.Order, error) {
	homes, keys := make([]string, len(ids)), make([]uuid.UUID, len(ids))
	for i, id := range ids {
		homes[i], keys[i] = id.Home, id.UUID
	}
	rows, err := r.q.OrdersByIDs(ctx, homes, keys)
	if err != nil {
		return nil, readError(err)
	}
	out := make(map[exchange.ID]exchange.Order, len(rows))
	for _, row := range rows {
		o := orderOf(row)
		out[o.ID] = o
	}
	return out, nil
}

// InsertStatement queues a new statement.
func (t *Tx) InsertStatement(ctx context.Context, s exchange.BankStatement) error {
	return t.write.BankStatementInsert(ctx, db.BankStatementInsertParams{
		Home: s.ID.Home, ID: s.ID.UUID, Account: s.Account, Statement: s.Statement, OpeningFen: s.OpeningFen,
		ClosingFen: s.ClosingFen, Lines: s.Lines, ImportedAt: s.ImportedAt,
	})
}

// InsertBankLines queues new lines, all in one statement.
func (t *Tx) InsertBankLines(ctx context.Context, lines []exchange.BankLine) error {
	if len(lines) == 0 {
		return nil
	}
	rows := make([]db.BankLine, len(lines))
	for i, l := range lines {
		rows[i] = bankLineRow(l)
	}
	return t.write.BankLinesInsert(ctx, bankLinesInsert(rows))
}

// LockBankLine reads a bank line that is going to be ended.
func (t *Tx) LockBankLine(ctx context.Context, id exchange.ID) (exchange.BankLine, error) {
	return locked(t, id, t.memory.lines, func() (exchange.BankLine, error) {
		row, err := t.q.BankLineLock(ctx, id.Home, id.UUID)
		return mapRow(row, err, bankLineOf)
	})
}

// EndBankLine queues the end of a line that was locked.
func (t *Tx) EndBankLine(ctx context.Context, l exchange.BankLine) error {
	remember(t, t.memory.lines, l.ID, l)
	return t.write.BankLineEnd(ctx, db.BankLineEndParams{
		Home: l.ID.Home, ID: l.ID.UUID, State: string(l.State), StateReason: l.StateReason, OrderHome: l.Order.Home,
		OrderID: nullUUID(l.Order.UUID), PartnerID: nullUUID(l.Partner),
		InstructionHome: l.Instruction.Home, InstructionID: nullUUID(l.Instruction.UUID),
		ContractHome: l.Contract.Home, ContractID: nullUUID(l.Contract.UUID),
	})
}

var bankStatements = table{
	from: "bank_statements", time: "imported_at", id: "id", filters: same("home", "account"),
}

// ListBankStatements lists imported statements, the newest first.
func (r Reader) ListBankStatements(ctx context.Context, l List) ([]exchange.BankStatement, error) {
	return list(ctx, r, bankStatements, l, bankStatementOf)
}

var bankLines = table{
	from: "bank_lines", time: "at", id: "id", filters: same("home", "account", "statement_id", "state", "order_home", "order_id", "reference"),
}

// ListBankLines lists bank lines, the newest first.
func (r Reader) ListBankLines(ctx context.Context, l List) ([]exchange.BankLine, error) {
	return list(ctx, r, bankLines, l, bankLineOf)
}
