package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func periodsCommand(a *app) *cobra.Command {
	reopen := &pb.ReopenPeriodRequest{}
	return group("periods", "Months and years of the ledger (统计期), and their closing",
		periodsList(a),
		request(a, "get ID", "Show a period: 2026-11, or 2026",
			bind(pb.NewPeriodServiceClient, pb.PeriodServiceClient.GetPeriod), &pb.GetPeriodRequest{}),
		request(a, "soft-close ID", "Let nothing more be dated into a period",
			bind(pb.NewPeriodServiceClient, pb.PeriodServiceClient.SoftClosePeriod), &pb.SoftClosePeriodRequest{}),
		reasoned(a, "reopen ID", "Undo a soft close",
			bind(pb.NewPeriodServiceClient, pb.PeriodServiceClient.ReopenPeriod), reopen, &reopen.Reason),
		request(a, "close ID", "Freeze a period at the log's position, for ever",
			bind(pb.NewPeriodServiceClient, pb.PeriodServiceClient.ClosePeriod), &pb.ClosePeriodRequest{}))
}

func periodsList(a *app) *cobra.Command {
	in := &pb.ListPeriodsRequest{}
	cmd := request(a, "list", "List the periods since the ledger began",
		bind(pb.NewPeriodServiceClient, pb.PeriodServiceClient.ListPeriods), in)
	cmd.Flags().Int32Var(&in.Year, "year", 0, "only of this year")
	enumVar(cmd, &in.State, "state", "only in this state")
	return cmd
}
