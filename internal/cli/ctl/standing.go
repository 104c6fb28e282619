package ctl

import (
	"context"

	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func standingCommand(a *app) *cobra.Command {
	pause, cancel, watched := &pb.PauseStandingOrderRequest{}, &pb.CancelStandingOrderRequest{}, &pb.WatchStandingRunsRequest{}
	return group("standing", "Standing orders: the same goods again and again (常态化采购)",
		standingList(a),
		request(a, "get ID", "Show a standing order",
			bind(pb.NewStandingOrderServiceClient, pb.StandingOrderServiceClient.GetStandingOrder), &pb.GetStandingOrderRequest{}),
		standingSet(a), standingAmend(a),
		reasoned(a, "pause ID", "Let no run come until it is resumed",
			bind(pb.NewStandingOrderServiceClient, pb.StandingOrderServiceClient.PauseStandingOrder), pause, &pause.Reason),
		request(a, "resume ID", "Let runs come again, from today on",
			bind(pb.NewStandingOrderServiceClient, pb.StandingOrderServiceClient.ResumeStandingOrder), &pb.ResumeStandingOrderRequest{}),
		reasoned(a, "cancel ID", "End a standing order; the orders that it made stay",
			bind(pb.NewStandingOrderServiceClient, pb.StandingOrderServiceClient.CancelStandingOrder), cancel, &cancel.Reason),
		standingRuns(a),
		watch(a, "Print the runs of the standing orders that you may see, as they are made",
			bindStream(pb.NewStandingOrderServiceClient, pb.StandingOrderServiceClient.WatchStandingRuns), watched, &watched.Position))
}

func standingList(a *app) *cobra.Command {
	in := &pb.ListStandingOrdersRequest{}
	cmd := request(a, "list", "List the standing orders that you may see",
		bind(pb.NewStandingOrderServiceClient, pb.StandingOrderServiceClient.ListStandingOrders), in)
	enumVar(cmd, &in.State, "state", "only in this state")
	return cmd
}

func standingRuns(a *app) *cobra.Command {
	in := &pb.ListStandingRunsRequest{}
	cmd := request(a, "runs", "List the runs that were made or missed, the latest first",
		bind(pb.NewStandingOrderServiceClient, pb.StandingOrderServiceClient.ListStandingRuns), in)
	cmd.Flags().StringVar(&in.StandingOrderId, "standing", "", "only of this standing order")
	enumVar(cmd, &in.State, "state", "only in this state")
	return cmd
}

func standingSet(a *app) *cobra.Command {
	in := &pb.SetStandingOrderRequest{Recurrence: &pb.Recurrence{}}
	cmd := request(a, "set", "Set a standing order on an offer",
		bind(pb.NewStandingOrderServiceClient, pb.StandingOrderServiceClient.SetStandingOrder), in)
	f := cmd.Flags()
	f.StringVar(&in.OfferId, "offer", "", "offer that each run orders from")
	f.BoolVar(&in.Follow, "follow", false, "take any open offer of its seller's product, the oldest first")
	f.BoolVar(&in.TakeShort, "take-short", false, "take what is left where that is less")
	f.Int64Var(&in.Quantity, "quantity", 0, "of each run, in base units")
	f.StringVar(&in.ConsigneeCode, "consignee", "", "county that the goods go to (default yours)")
	f.Int32Var(&in.DeliveryDays, "delivery-days", 0, "days from a run to its delivery (default the offer's lead days)")
	f.BoolVar(&in.Reserve, "reserve", false, "the orders are to fill your reserve")
	enumVar(cmd, &in.Purpose, "purpose", "what the goods are for (default CANTEEN)")
	f.StringVar(&in.ReservePlanId, "reserve-plan", "", "reserve plan on whose account you buy, as its contractor or union")
	recurrenceVar(cmd, in.GetRecurrence())
	cmd.MarkFlagsOneRequired("every-days", "weekdays", "day-of-month")
	f.StringVar(&in.FirstRun, "first-run", "", "first day on which there may be a run, YYYY-MM-DD (default today)")
	f.StringVar(&in.Until, "until", "", "last day on which there may be a run, YYYY-MM-DD")
	f.Int64Var(&in.CapQuantity, "cap-quantity", 0, "of all runs together, in base units")
	moneyVar(cmd, &in.CapFen, "cap", "of all runs together")
	return require(cmd, "offer", "quantity")
}

// recurrenceVar gives a command the flags of a recurrence, of which one is given.
func recurrenceVar(cmd *cobra.Command, r *pb.Recurrence) {
	f := cmd.Flags()
	f.Int32Var(&r.EveryDays, "every-days", 0, "a run every so many days, 1 to 366")
	f.Int32SliceVar(&r.Weekdays, "weekdays", nil, "a run on these days of each week, 1 for Monday to 7 for Sunday, such as 1,4")
	f.Int32Var(&r.DayOfMonth, "day-of-month", 0, "a run on this day of each month, 1 to 31; in a shorter month on its last day")
	cmd.MarkFlagsMutuallyExclusive("every-days", "weekdays", "day-of-month")
}

func standingAmend(a *app) *cobra.Command {
	in, again := &pb.AmendStandingOrderRequest{}, &pb.Recurrence{}
	given := func(context.Context) error {
		if again.GetEveryDays() != 0 || len(again.GetWeekdays()) > 0 || again.GetDayOfMonth() != 0 {
			in.Recurrence = again
		}
		return nil
	}
	cmd := requestThen(a, "amend ID", "Change what is still to come; it orders in your name from then on",
		bind(pb.NewStandingOrderServiceClient, pb.StandingOrderServiceClient.AmendStandingOrder), in, given,
		func(out *pb.AmendStandingOrderResponse) error { return a.printer().message(out) })
	f := cmd.Flags()
	f.StringVar(&in.OfferId, "offer", "", "offer of the same seller and product that each run orders from")
	f.Int64Var(&in.Quantity, "quantity", 0, "of each run, in base units")
	recurrenceVar(cmd, again)
	f.StringVar(&in.Until, "until", "", "last day on which there may be a run, YYYY-MM-DD")
	f.Int64Var(&in.CapQuantity, "cap-quantity", 0, "of all runs together, in base units")
	moneyVar(cmd, &in.CapFen, "cap", "of all runs together")
	return cmd
}
