package rpc

import (
	"context"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
)

// ledgers serves LedgerService.
type ledgers struct {
	pb.UnimplementedLedgerServiceServer
	app *app.App
}

func homeID(home string, id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return exchange.ID{Home: home, UUID: id}.String()
}

func transaction(t ledger.Transaction) *pb.Transaction {
	out := &pb.Transaction{
		Id: homeID(t.Home, t.ID), Kind: enum[pb.TransactionKind](t.Kind), OrderId: homeID(t.Home, t.Order),
		ReversesId: homeID(t.Home, t.Reverses), Time: stamp(t.At), Memo: t.Memo,
		FactDay: t.On, Adjusts: t.Adjusts,
	}
	for line, e := range t.Entries {
		out.Entries = append(out.Entries, entry(app.Entry{
			Entry: e, Transaction: exchange.ID{Home: t.Home, UUID: t.ID}, Line: line,
			Order: exchange.ID{Home: t.Home, UUID: t.Order}, At: t.At, Adjusts: t.Adjusts, Dims: t.Dimensions,
		}))
	}
	return out
}

func entry(e app.Entry) *pb.Entry {
	return &pb.Entry{
		TransactionId: e.Transaction.String(), Line: int32(e.Line), AccountKind: enum[pb.AccountKind](e.Account.Kind),
		AccountOwner: e.Account.Owner, Currency: e.Account.Currency, AmountFen: e.AmountFen,
		Measure: enum[pb.Measure](e.Measure), MeasureFen: e.MeasureFen, MeasureQuantity: e.MeasureQuantity,
		OrderId: homeID(e.Order.Home, e.Order.UUID), Direction: enum[pb.Direction](e.Dims.Direction), SellerCounty: e.Dims.SellerCounty,
		BuyerCounty: e.Dims.BuyerCounty, Category: enum[pb.Category](e.Dims.Category),
		BuyerClass: enum[pb.MemberClass](e.Dims.BuyerClass), Channel: enum[pb.Channel](e.Dims.Channel),
		Scheme: e.Dims.Scheme, Time: stamp(e.At), Adjusts: e.Adjusts,
	}
}

func (s *ledgers) ListTransactions(ctx context.Context, r *pb.ListTransactionsRequest) (*pb.ListTransactionsResponse, error) {
	p, err := s.app.ListTransactions(ctx, app.ListTransactions{
		Paging: paging(r), OrderID: r.GetOrderId(), Kind: word[ledger.Kind](r.GetKind()),
	})
	return read(p, err, func(p app.Page[ledger.Transaction]) *pb.ListTransactionsResponse {
		return &pb.ListTransactionsResponse{Transactions: each(p.Items, transaction), NextPageToken: p.Next}
	})
}

func (s *ledgers) GetTransaction(ctx context.Context, r *pb.GetTransactionRequest) (*pb.GetTransactionResponse, error) {
	v, err := s.app.GetTransaction(ctx, r.GetId())
	return read(v, err, func(v ledger.Transaction) *pb.GetTransactionResponse {
		return &pb.GetTransactionResponse{Transaction: transaction(v)}
	})
}

func (s *ledgers) ListEntries(ctx context.Context, r *pb.ListEntriesRequest) (*pb.ListEntriesResponse, error) {
	p, err := s.app.ListEntries(ctx, app.ListEntries{
		Paging: paging(r), OrderID: r.GetOrderId(), AccountKind: word[ledger.AccountKind](r.GetAccountKind()),
		AccountOwner: r.GetAccountOwner(),
	})
	return read(p, err, func(p app.Page[app.Entry]) *pb.ListEntriesResponse {
		return &pb.ListEntriesResponse{Entries: each(p.Items, entry), NextPageToken: p.Next}
	})
}

func (s *ledgers) GetBalance(ctx context.Context, r *pb.GetBalanceRequest) (*pb.GetBalanceResponse, error) {
	b, err := s.app.GetBalance(ctx, app.GetBalance{
		AccountKind: word[ledger.AccountKind](r.GetAccountKind()), AccountOwner: r.GetAccountOwner(), AsOf: instant(r.GetAsOf()),
	})
	return read(b, err, func(b app.Balance) *pb.GetBalanceResponse {
		return &pb.GetBalanceResponse{BalanceFen: b.Fen, Currency: ledger.CNY, AsOf: stamp(b.AsOf), Entries: b.Entries}
	})
}

func (s *ledgers) GetStatement(ctx context.Context, r *pb.GetStatementRequest) (*pb.GetStatementResponse, error) {
	v, err := s.app.GetStatement(ctx, app.GetStatement{
		Paging: paging(r), AccountKind: word[ledger.AccountKind](r.GetAccountKind()), AccountOwner: r.GetAccountOwner(),
		From: instant(r.GetFrom()), To: instant(r.GetTo()),
	})
	return read(v, err, func(v app.Statement) *pb.GetStatementResponse {
		return &pb.GetStatementResponse{
			OpeningFen: v.OpeningFen, ClosingFen: v.ClosingFen, Entries: each(v.Entries.Items, entry),
			NextPageToken: v.Entries.Next, AsOf: stamp(v.AsOf),
		}
	})
}
