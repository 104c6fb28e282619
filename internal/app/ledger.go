package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store"
)

// GetTransaction reads a ledger transaction that the caller may see.
func (a *App) GetTransaction(ctx context.Context, id string) (ledger.Transaction, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return ledger.Transaction{}, err
	}
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return ledger.Transaction{}, err
	}
	t, err := found(a.store.Transaction(ctx, key))("transaction", key)
	if err != nil {
		return t, err
	}
	if err := a.visible(ctx, p, authz.Transaction, transactionAttributes(t), key); err != nil {
		return ledger.Transaction{}, err
	}
	return t, nil
}

// transactionAttributes are the fields by which policy says who sees a ledger
// transaction.
func transactionAttributes(t ledger.Transaction) map[string]any {
	return map[string]any{
		"buyer_id": t.Buyer.String(), "seller_id": t.Seller.String(), "buyer_alliance_id": t.BuyerAlliance.String(),
		"seller_alliance_id": t.SellerAlliance.String(), "seller_county": t.SellerCounty, "buyer_county": t.BuyerCounty,
		"buyer_class": t.BuyerClass,
	}
}

// ListTransactions lists ledger transactions that the caller may see.
func (a *App) ListTransactions(ctx context.Context, c ListTransactions) (Page[ledger.Transaction], error) {
	narrow, err := narrowToOrder(store.Narrow{"kind": string(c.Kind)}, c.OrderID)
	if err != nil {
		return Page[ledger.Transaction]{}, err
	}
	return list(ctx, a, authz.Transaction, c.Paging, narrow, a.store.ListTransactions, func(t ledger.Transaction) store.Key {
		return store.Key{At: t.At, ID: t.ID}
	})
}

// ListEntries lists ledger entries that the caller may see.
func (a *App) ListEntries(ctx context.Context, c ListEntries) (Page[Entry], error) {
	narrow, err := narrowToOrder(store.Narrow{"account_kind": string(c.AccountKind), "account_owner": c.AccountOwner}, c.OrderID)
	if err != nil {
		return Page[Entry]{}, err
	}
	page, err := list(ctx, a, authz.Entry, c.Paging, narrow, a.store.ListEntries, entryKey)
	return entriesOf(page), err
}

func entryKey(e store.Entry) store.Key { return store.Key{At: e.At, ID: e.Transaction, Line: e.Line} }

func narrowToOrder(narrow store.Narrow, order string) (store.Narrow, error) {
	if order == "" {
		return narrow, nil
	}
	id, err := exchange.ParseID("order_id", order)
	if err != nil {
		return nil, err
	}
	narrow["home"], narrow["order_id"] = id.Home, id.UUID.String()
	return narrow, nil
}

func entriesOf(p Page[store.Entry]) Page[Entry] {
	out := Page[Entry]{Next: p.Next, Items: make([]Entry, len(p.Items))}
	for i, e := range p.Items {
		out.Items[i] = Entry{
			Entry: e.Entry, Transaction: exchange.ID{Home: e.Home, UUID: e.Transaction}, Line: e.Line,
			Order: exchange.ID{Home: e.Home, UUID: e.Dims.Order}, At: e.At, Adjusts: e.Adjusts, Dims: e.Dims,
		}
	}
	return out
}

// GetBalance adds up an account as of a time. A time before the account's first
// entry is an error: there is nothing there that could be zero.
func (a *App) GetBalance(ctx context.Context, c GetBalance) (Balance, error) {
	account, err := a.openAccount(ctx, c.AccountKind, c.AccountOwner)
	if err != nil {
		return Balance{}, err
	}
	asOf, err := a.asOf(ctx, "as_of", c.AsOf)
	if err != nil {
		return Balance{}, err
	}
	fen, count, err := a.store.Balance(ctx, account.Account, after(asOf), account.civil)
	if err == nil && count == 0 {
		err = fault.InField("as_of", fault.AsOfInvalid, "at", asOf.Format(time.RFC3339), "rule", "the account had no entry yet")
	}
	return Balance{Fen: fen, AsOf: asOf, Entries: count}, err
}

// after is the first instant that no longer belongs to a time as of which
// something is asked: the database keeps microseconds.
func after(t time.Time) time.Time { return t.Add(time.Microsecond) }

// asOf is the time as of which is asked: unless one is given, that as of which the
// call reads. The future has no answer yet.
func (a *App) asOf(ctx context.Context, field string, t time.Time) (time.Time, error) {
	now := a.now()
	switch {
	case t.IsZero():
		return a.readAsOf(ctx), nil
	case t.After(now):
		return t, fault.InField(field, fault.AsOfInvalid, "at", t.Format(time.RFC3339), "rule", "it lies in the future")
	default:
		return t.UTC().Truncate(time.Microsecond), nil
	}
}

// openAccount finds the account that is asked about and lets policy say whether
// the caller may look into it.
func (a *App) openAccount(ctx context.Context, kind ledger.AccountKind, owner string) (openedAccount, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return openedAccount{}, err
	}
	if owner == "" && p.Member != nil {
		owner = p.Member.ID.String()
	}
	q := authz.Question{Action: authz.LedgerBalance, At: a.now(), Principal: p}
	if owner != ledger.Exchange {
		id, err := exchange.ParseUUID("account_owner", owner)
		if err != nil {
			return openedAccount{}, err
		}
		m, err := found(a.store.Member(ctx, id))("member", id)
		if err == nil {
			// A member that the caller may not see does not exist for the caller.
			err = a.visible(ctx, p, authz.Member, memberAttributes(m), id)
		}
		if err != nil {
			return openedAccount{}, err
		}
		q.Member = &m
	}
	d, err := a.policy.Decide(ctx, &q)
	if err == nil {
		a.logDecision(ctx, newDecision(a.newID(), homeOf(p), q.At, p, q, d))
		if !d.Allow {
			err = fault.Deny(d.Denials)
		}
	}
	out := openedAccount{Account: ledger.Account{Kind: kind, Owner: owner, Currency: ledger.CNY}}
	if err == nil && q.Member != nil {
		out.civil, err = a.civil(ctx, p, *q.Member)
	}
	return out, err
}

// openedAccount is an account that the caller may look into.
type openedAccount struct {
	ledger.Account
	civil bool // without the trades of military buyers
}

// civil says whether the caller may not know what military buyers trade with a
// member: neither an entry nor a sum tells of it then (decision 16).
func (a *App) civil(ctx context.Context, p exchange.Principal, m exchange.Member) (bool, error) {
	t := ledger.Transaction{Dimensions: ledger.Dimensions{BuyerClass: string(exchange.Military)}}
	if m.Side == exchange.Buyer {
		t.Buyer, t.BuyerAlliance, t.BuyerCounty = m.ID, m.Alliance, m.Division
	} else {
		t.Seller, t.SellerAlliance, t.SellerCounty = m.ID, m.Alliance, m.Division
	}
	sees, err := a.policy.Visible(ctx, authz.Entry, p, a.now(), transactionAttributes(t))
	return !sees, err
}

// GetStatement lists an account's entries in [from, to) with the balance before
// and after.
func (a *App) GetStatement(ctx context.Context, c GetStatement) (Statement, error) {
	account, err := a.openAccount(ctx, c.AccountKind, c.AccountOwner)
	if err != nil {
		return Statement{}, err
	}
	size, err := a.pageSize(c.Size)
	if err != nil {
		return Statement{}, err
	}
	s := Statement{AsOf: a.now()}
	from, to := c.From, c.To
	if to.IsZero() {
		to = after(s.AsOf)
	}
	if to.Before(from) {
		return s, fault.InField("to", fault.DatesInvalid, "rule", "to is not before from")
	}
	pin := pinOf("statement", []any{account.Account, c.From, c.To})
	key, err := readToken(c.Token, pin)
	if err != nil {
		return s, err
	}
	if key == nil {
		key = &store.Key{ID: uuid.Nil, Line: -1}
	}
	var rows []store.Entry
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		if s.OpeningFen, _, err = r.Balance(ctx, account.Account, from, account.civil); err != nil {
			return err
		}
		var count int64
		if s.ClosingFen, count, err = r.Balance(ctx, account.Account, to, account.civil); err != nil {
			return err
		}
		if count == 0 {
			return fault.InField("to", fault.AsOfInvalid, "at", to.Format(time.RFC3339), "rule", "the account had no entry yet")
		}
		rows, err = r.AccountEntries(ctx, account.Account, from, to, account.civil, *key, size+1)
		return err
	})
	if err != nil {
		return s, err
	}
	page := pageOf(rows, size, pin, entryKey)
	s.Entries, err = a.masked(ctx, page)
	return s, err
}

// masked are the entries of a statement. Those of trades that the caller may not
// see keep their amounts, by which the statement adds up, and tell no more.
func (a *App) masked(ctx context.Context, page Page[store.Entry]) (Page[Entry], error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return Page[Entry]{}, err
	}
	out := entriesOf(page)
	for i, e := range page.Items {
		ok, err := a.policy.Visible(ctx, authz.Entry, p, a.now(), entryAttributes(e))
		if err != nil {
			return Page[Entry]{}, err
		}
		if !ok {
			out.Items[i].Order, out.Items[i].Dims = exchange.ID{}, ledger.Dimensions{}
		}
	}
	return out, nil
}

func entryAttributes(e store.Entry) map[string]any {
	return transactionAttributes(ledger.Transaction{Parties: e.Parties, Dimensions: e.Dims})
}
