package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store/db"
)

// InsertTransaction queues a ledger transaction, its entries, and the row that
// lets it wait to be sealed. The caller has validated it.
func (t *Tx) InsertTransaction(_ context.Context, l ledger.Transaction) error {
	t.rows.unsealed = append(t.rows.unsealed, db.Unsealed{Home: l.Home, At: l.At, ID: l.ID})
	t.rows.transactions = append(t.rows.transactions, db.LedgerTransaction{
		Home: l.Home, ID: l.ID, Kind: string(l.Kind), OrderID: l.Order, Reverses: nullUUID(l.Reverses), At: l.At, Memo: l.Memo,
		BuyerID: l.Buyer, SellerID: l.Seller, BuyerAllianceID: l.BuyerAlliance, SellerAllianceID: l.SellerAlliance,
		SellerCounty: l.SellerCounty, BuyerCounty: l.BuyerCounty, BuyerClass: l.BuyerClass, FactDay: l.On, Adjusts: l.Adjusts,
	})
	entries := make([]db.LedgerEntry, len(l.Entries))
	for line, e := range l.Entries {
		entries[line] = db.LedgerEntry{
			Home: l.Home, TransactionID: l.ID, Line: line, AccountKind: string(e.Account.Kind), AccountOwner: e.Account.Owner,
			Currency: e.Account.Currency, AmountFen: e.AmountFen, Measure: string(e.Measure), MeasureFen: e.MeasureFen,
			MeasureQuantity: e.MeasureQuantity, OrderID: l.Order, Direction: l.Direction, SellerCounty: l.SellerCounty,
			BuyerCounty: l.BuyerCounty, Category: l.Category, BuyerClass: l.BuyerClass, Channel: l.Channel, Scheme: l.Scheme,
			BuyerID: l.Buyer, SellerID: l.Seller, BuyerAllianceID: l.BuyerAlliance, SellerAllianceID: l.SellerAlliance, At: l.At,
			Adjusts: l.Adjusts,
		}
	}
	t.rows.entries = append(t.rows.entries, entries...)
	return nil
}

// Entry is a ledger entry as it is kept, with its place in its transaction.
type Entry struct {
	ledger.Entry
	Home        string
	Transaction uuid.UUID
	Line        int
	At          time.Time
	Adjusts     string
	Parties     ledger.Parties
	Dims        ledger.Dimensions
}

func entryOf(r db.LedgerEntry) Entry {
	return Entry{
		Entry: ledger.Entry{
			Account:   ledger.Account{Kind: ledger.AccountKind(r.AccountKind), Owner: r.AccountOwner, Currency: r.Currency},
			AmountFen: r.AmountFen, Measure: ledger.Measure(r.Measure), MeasureFen: r.MeasureFen, MeasureQuantity: r.MeasureQuantity,
		},
		Home: r.Home, Transaction: r.TransactionID, Line: r.Line, At: r.At.UTC(), Adjusts: r.Adjusts,
		Parties: ledger.Parties{
			Buyer: r.BuyerID, Seller: r.SellerID, BuyerAlliance: r.BuyerAllianceID, SellerAlliance: r.SellerAllianceID,
		},
		Dims: ledger.Dimensions{
			Order: r.OrderID, Direction: r.Direction, SellerCounty: r.SellerCounty, BuyerCounty: r.BuyerCounty,
			Category: r.Category, BuyerClass: r.BuyerClass, Channel: r.Channel, Scheme: r.Scheme,
		},
	}
}

func transactionOf(r db.LedgerTransaction) ledger.Transaction {
	return ledger.Transaction{
		Home: r.Home, ID: r.ID, Kind: ledger.Kind(r.Kind), Reverses: r.Reverses.UUID, At: r.At.UTC(), Memo: r.Memo,
		On: r.FactDay, Adjusts: r.Adjusts,
		Parties: ledger.Parties{
			Buyer: r.BuyerID, Seller: r.SellerID, BuyerAlliance: r.BuyerAllianceID, SellerAlliance: r.SellerAllianceID,
		},
		Dimensions: ledger.Dimensions{
			Order: r.OrderID, SellerCounty: r.SellerCounty, BuyerCounty: r.BuyerCounty, BuyerClass: r.BuyerClass,
		},
	}
}

// Transaction reads a ledger transaction with its entries.
func (r Reader) Transaction(ctx context.Context, id exchange.ID) (ledger.Transaction, error) {
	row, err := r.q.TransactionGet(ctx, id.Home, id.UUID)
	if err != nil {
		return ledger.Transaction{}, readError(err)
	}
	t, err := r.withEntries(ctx, []ledger.Transaction{transactionOf(row)})
	if err != nil {
		return ledger.Transaction{}, err
	}
	return t[0], nil
}

// withEntries reads the entries of transactions, in one statement.
func (r Reader) withEntries(ctx context.Context, ts []ledger.Transaction) ([]ledger.Transaction, error) {
	homes, ids := make([]string, len(ts)), make([]uuid.UUID, len(ts))
	place := make(map[uuid.UUID]int, len(ts))
	for i, t := range ts {
		homes[i], ids[i], place[t.ID] = t.Home, t.ID, i
	}
	rows, err := r.q.EntriesOfTransactions(ctx, homes, ids)
	if err != nil {
		return nil, readError(err)
	}
	for _, row := range rows {
		e, t := entryOf(row), &ts[place[row.TransactionID]]
		t.Entries = append(t.Entries, e.Entry)
		t.Dimensions = e.Dims
	}
	return ts, nil
}

var transactions = table{
	from: "ledger_transactions", time: "at", id: "id",
	filters: same("home", "order_id", "kind", "buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id",
		"seller_county", "buyer_county", "buyer_class"),
}

// ListTransactions lists ledger transactions with their entries, newest first.
func (r Reader) ListTransactions(ctx context.Context, l List) ([]ledger.Transaction, error) {
	ts, err := list(ctx, r, transactions, l, transactionOf)
	if err != nil || len(ts) == 0 {
		return ts, err
	}
	return r.withEntries(ctx, ts)
}

var entries = table{
	from: "ledger_entries", time: "at", id: "transaction_id", line: "line",
	filters: same("home", "order_id", "account_kind", "account_owner", "buyer_id", "seller_id", "buyer_alliance_id",
		"seller_alliance_id", "seller_county", "buyer_county", "buyer_class"),
}

// ListEntries lists ledger entries, the newest first.
func (r Reader) ListEntries(ctx context.Context, l List) ([]Entry, error) {
	return list(ctx, r, entries, l, entryOf)
}

// Balance adds up an account's entries before a time: the sum in fen, debit
// positive, and the number of entries. A civil one is without the trades of
// military buyers, for those who may not know of them.
func (r Reader) Balance(ctx context.Context, of ledger.Account, before time.Time, civil bool) (fen, count int64, err error) {
	if civil {
		row, err := r.q.CivilBalance(ctx, string(of.Kind), of.Owner, before)
		return row.Balance, row.Entries, readError(err)
	}
	row, err := r.q.AccountBalance(ctx, string(of.Kind), of.Owner, before)
	return row.Balance, row.Entries, readError(err)
}

// AccountEntries lists an account's entries in [from, to), the oldest first.
func (r Reader) AccountEntries(ctx context.Context, of ledger.Account, from, to time.Time, civil bool, after Key, limit int) ([]Entry, error) {
	p := db.AccountEntriesParams{
		AccountKind: string(of.Kind), AccountOwner: of.Owner, FromTime: from, ToTime: to,
		AfterAt: after.At, AfterID: after.ID, AfterLine: after.Line, MaxRows: int32(limit),
	}
	if civil {
		rows, err := r.q.CivilEntries(ctx, db.CivilEntriesParams(p))
		return mapRows(rows, err, entryOf)
	}
	rows, err := r.q.AccountEntries(ctx, p)
	return mapRows(rows, err, entryOf)
}
