package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func reservesCommand(a *app) *cobra.Command {
	withdraw, decline := &pb.WithdrawReservePlanRequest{}, &pb.DeclineReservePlanRequest{}
	return group("reserves", "Reserve plans of budget units (预留份额)",
		reservesList(a), reservesFile(a),
		request(a, "get ID", "Show a reserve plan",
			bind(pb.NewReserveServiceClient, pb.ReserveServiceClient.GetReservePlan), &pb.GetReservePlanRequest{}),
		request(a, "progress ID", "Show how far a reserve is filled, by the ledger",
			bind(pb.NewReserveServiceClient, pb.ReserveServiceClient.GetReserveProgress), &pb.GetReserveProgressRequest{}),
		reservesConsents(a),
		request(a, "consent ID", "Consent to be part of a plan that covers your unit",
			bind(pb.NewReserveServiceClient, pb.ReserveServiceClient.ConsentReservePlan), &pb.ConsentReservePlanRequest{}),
		reasoned(a, "decline ID", "Decline to be part of a plan that covers your unit",
			bind(pb.NewReserveServiceClient, pb.ReserveServiceClient.DeclineReservePlan), decline, &decline.Reason),
		reasoned(a, "withdraw ID", "Take a plan back, so that a corrected one can be filed",
			bind(pb.NewReserveServiceClient, pb.ReserveServiceClient.WithdrawReservePlan), withdraw, &withdraw.Reason))
}

func reservesList(a *app) *cobra.Command {
	in := &pb.ListReservePlansRequest{}
	cmd := request(a, "list", "List the reserve plans that you may see",
		bind(pb.NewReserveServiceClient, pb.ReserveServiceClient.ListReservePlans), in)
	cmd.Flags().Int32Var(&in.Year, "year", 0, "only of this year")
	enumVar(cmd, &in.State, "state", "only in this state")
	return cmd
}

func reservesConsents(a *app) *cobra.Command {
	in := &pb.ListReserveConsentsRequest{}
	cmd := request(a, "consents", "List what units have said to the plans that cover them",
		bind(pb.NewReserveServiceClient, pb.ReserveServiceClient.ListReserveConsents), in)
	cmd.Flags().StringVar(&in.ReservePlanId, "plan", "", "only of this plan")
	enumVar(cmd, &in.State, "state", "only in this state")
	return cmd
}

func reservesFile(a *app) *cobra.Command {
	in := &pb.FileReservePlanRequest{}
	cmd := request(a, "file", "File your unit's reserve plan for a year",
		bind(pb.NewReserveServiceClient, pb.ReserveServiceClient.FileReservePlan), in)
	f := cmd.Flags()
	f.Int32Var(&in.Year, "year", 0, "year of the plan")
	enumVar(cmd, &in.Canteen, "canteen", "how the unit feeds its people")
	moneyVar(cmd, &in.BudgetFen, "budget", "yearly purchases of food")
	f.Int32Var(&in.RateBasisPoints, "rate", 0, "share in basis points, 1000 being 10 %")
	f.StringSliceVar(&in.CoveredMemberIds, "covered", nil, "members that share the canteen; each is asked and is part of the plan when it consents")
	f.StringSliceVar(&in.BuyerMemberIds, "buyer", nil, "members that buy on the unit's account: contractor, union")
	f.StringVar(&in.Note, "note", "", "why there is no canteen")
	return require(cmd, "year", "canteen")
}
