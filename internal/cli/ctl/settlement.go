package ctl

import (
	"bytes"
	"context"

	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func settlementCommand(a *app) *cobra.Command {
	return group("settlement", "Bank statements and who owes whom (结算)",
		settlementImport(a), settlementStatements(a), settlementLines(a), settlementMatch(a), settlementReturn(a),
		cyclesCommand(a), settlementAgeing(a))
}

func settlementImport(a *app) *cobra.Command {
	in := &pb.ImportStatementRequest{}
	var file string
	cmd := requestThen(a, "import", "Import a bank statement and match what fits",
		bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.ImportStatement), in,
		func(context.Context) (err error) {
			if in.Content, err = a.open(file); err != nil {
				return err
			}
			if in.GetFormat() == pb.BankFileFormat_BANK_FILE_FORMAT_UNSPECIFIED {
				in.Format = formatOf(in.GetContent())
			}
			return nil
		}, func(out *pb.ImportStatementResponse) error { return a.printer().message(out) })
	cmd.Flags().StringVar(&file, "file", "", `the statement's file; "-" is stdin`)
	enumVar(cmd, &in.Format, "format", "csv or camt053 (default by the file's first sign)")
	return require(cmd, "file")
}

// formatOf tells XML from CSV.
func formatOf(content []byte) pb.BankFileFormat {
	if bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")), " \t\r\n"), []byte("<")) {
		return pb.BankFileFormat_BANK_FILE_FORMAT_CAMT053
	}
	return pb.BankFileFormat_BANK_FILE_FORMAT_CSV
}

func settlementStatements(a *app) *cobra.Command {
	in := &pb.ListBankStatementsRequest{}
	cmd := request(a, "bank-statements", "List the bank statements that were imported",
		bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.ListBankStatements), in)
	cmd.Flags().StringVar(&in.Account, "account", "", "only of this account")
	return cmd
}

func settlementLines(a *app) *cobra.Command {
	in := &pb.ListBankLinesRequest{}
	cmd := request(a, "lines", "List bank lines, those that wait with the reason",
		bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.ListBankLines), in)
	f := cmd.Flags()
	enumVar(cmd, &in.State, "state", "only in this state")
	f.StringVar(&in.StatementId, "bank-statement", "", "only of this statement, by its id here")
	f.StringVar(&in.OrderId, "order", "", "only those matched to this order")
	return cmd
}

func settlementMatch(a *app) *cobra.Command {
	in := &pb.MatchBankLineRequest{}
	cmd := request(a, "match ID", "Count a waiting bank line for an order",
		bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.MatchBankLine), in)
	cmd.Flags().StringVar(&in.OrderId, "order", "", "the order (default the one that the line names)")
	return cmd
}

func settlementReturn(a *app) *cobra.Command {
	in := &pb.ReturnBankLineRequest{}
	cmd := request(a, "return ID", "Note that what came in by a line was sent back by another",
		bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.ReturnBankLine), in)
	cmd.Flags().StringVar(&in.ById, "by", "", "the line by which it was sent back")
	cmd.Flags().StringVar(&in.Reason, "reason", "", "why")
	return require(cmd, "by", "reason")
}
