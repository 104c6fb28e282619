package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func ledgerCommand(a *app) *cobra.Command {
	return group("ledger", "Read the ledger: transactions, entries, balances, statements, volumes; and prove it",
		ledgerTransactions(a),
		request(a, "transaction ID", "Show a ledger transaction (记账凭证) and its entries",
			bind(pb.NewLedgerServiceClient, pb.LedgerServiceClient.GetTransaction), &pb.GetTransactionRequest{}),
		ledgerEntries(a), ledgerBalance(a), ledgerStatement(a), ledgerVolumes(a), ledgerReceipt(a), ledgerCheckpoint(a),
		ledgerConsistency(a), ledgerVerify(a))
}

func ledgerTransactions(a *app) *cobra.Command {
	in := &pb.ListTransactionsRequest{}
	cmd := request(a, "transactions", "List ledger transactions (记账凭证)",
		bind(pb.NewLedgerServiceClient, pb.LedgerServiceClient.ListTransactions), in)
	cmd.Flags().StringVar(&in.OrderId, "order", "", "only of this order")
	enumVar(cmd, &in.Kind, "kind", "only of this kind")
	return cmd
}

func ledgerEntries(a *app) *cobra.Command {
	in := &pb.ListEntriesRequest{}
	cmd := request(a, "entries", "List ledger entries (分录)",
		bind(pb.NewLedgerServiceClient, pb.LedgerServiceClient.ListEntries), in)
	cmd.Flags().StringVar(&in.OrderId, "order", "", "only of this order")
	accountVars(cmd, &in.AccountKind, &in.AccountOwner, "only of this member's account")
	return cmd
}

func ledgerBalance(a *app) *cobra.Command {
	in := &pb.GetBalanceRequest{}
	cmd := request(a, "balance", "Show the balance of an account, debit positive",
		bind(pb.NewLedgerServiceClient, pb.LedgerServiceClient.GetBalance), in)
	accountVars(cmd, &in.AccountKind, &in.AccountOwner, ownerUsage)
	instantVar(cmd, &in.AsOf, "as-of", "instant to read as of (default now)")
	return require(cmd, "account")
}

func ledgerStatement(a *app) *cobra.Command {
	in := &pb.GetStatementRequest{}
	cmd := request(a, "statement", "Show an account's entries over a span, with opening and closing balance",
		bind(pb.NewLedgerServiceClient, pb.LedgerServiceClient.GetStatement), in)
	accountVars(cmd, &in.AccountKind, &in.AccountOwner, ownerUsage)
	instantVar(cmd, &in.From, "from", "start of the span, inclusive (default the account's first entry)")
	instantVar(cmd, &in.To, "to", "end of the span, exclusive (default now)")
	return require(cmd, "account")
}

const ownerUsage = "member that owns the account (default your own)"

// accountVars gives a command the flags that name an account.
func accountVars(cmd *cobra.Command, kind *pb.AccountKind, owner *string, ownerUsage string) {
	enumVar(cmd, kind, "account", "kind of account")
	cmd.Flags().StringVar(owner, "owner", "", ownerUsage)
}
