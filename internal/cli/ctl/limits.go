package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func limitsCommand(a *app) *cobra.Command {
	end := &pb.EndSpendingLimitRequest{}
	return group("limits", "Spending limits of buyers and their people (采购限额)",
		limitsList(a), limitsSet(a),
		request(a, "get ID", "Show a limit and what was spent",
			bind(pb.NewPurchasingServiceClient, pb.PurchasingServiceClient.GetSpendingLimit), &pb.GetSpendingLimitRequest{}),
		reasoned(a, "end ID", "End a limit before its last day",
			bind(pb.NewPurchasingServiceClient, pb.PurchasingServiceClient.EndSpendingLimit), end, &end.Reason))
}

func limitsList(a *app) *cobra.Command {
	in := &pb.ListSpendingLimitsRequest{}
	cmd := request(a, "list", "List the limits that you may see",
		bind(pb.NewPurchasingServiceClient, pb.PurchasingServiceClient.ListSpendingLimits), in)
	cmd.Flags().StringVar(&in.MemberId, "member", "", "only of this member")
	return cmd
}

func limitsSet(a *app) *cobra.Command {
	in := &pb.SetSpendingLimitRequest{}
	cmd := request(a, "set", "Set a limit of a member, or of one of its people",
		bind(pb.NewPurchasingServiceClient, pb.PurchasingServiceClient.SetSpendingLimit), in)
	f := cmd.Flags()
	f.StringVar(&in.MemberId, "member", "", "member that it binds")
	f.StringVar(&in.IssuerId, "issuer", "", "issuer of the person's tokens (default everybody of the member)")
	f.StringVar(&in.Subject, "subject", "", "the person that it binds")
	moneyVar(cmd, &in.PerOrderFen, "per-order", "most that one order may be")
	moneyVar(cmd, &in.PerMonthFen, "per-month", "most that the orders of a month may be")
	moneyVar(cmd, &in.PerYearFen, "per-year", "most that the orders of a year may be")
	moneyVar(cmd, &in.ApprovalAboveFen, "approval-above", "above it an order waits for an approver")
	cmd.MarkFlagsRequiredTogether("issuer", "subject")
	validityVars(cmd, &in.ValidFrom, &in.ValidTo, " (default today)", " (default until it is ended)")
	return require(cmd, "member")
}
