package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func reliefCommand(a *app) *cobra.Command {
	withdraw, watched := &pb.WithdrawReliefRequest{}, &pb.WatchReliefDeclarationsRequest{}
	return group("relief", "The relief zone: goods that move slowly, below an earlier price (保供给防滞销)",
		reliefList(a),
		request(a, "get ID", "Show a declaration",
			bind(pb.NewReliefServiceClient, pb.ReliefServiceClient.GetReliefDeclaration), &pb.GetReliefDeclarationRequest{}),
		reliefDeclare(a), reliefAmend(a), reliefZones(a),
		reasoned(a, "withdraw ID", "End a declaration before its last day",
			bind(pb.NewReliefServiceClient, pb.ReliefServiceClient.WithdrawRelief), withdraw, &withdraw.Reason),
		watch(a, "Print the declarations that you may see, as they change",
			bindStream(pb.NewReliefServiceClient, pb.ReliefServiceClient.WatchReliefDeclarations), watched, &watched.Position))
}

func reliefList(a *app) *cobra.Command {
	in := &pb.ListReliefDeclarationsRequest{}
	cmd := request(a, "list", "List the declarations that you may see, the newest first",
		bind(pb.NewReliefServiceClient, pb.ReliefServiceClient.ListReliefDeclarations), in)
	cmd.Flags().StringVar(&in.OfferId, "offer", "", "only of this offer")
	cmd.Flags().BoolVar(&in.InForce, "in-force", false, "only those in force today")
	return cmd
}

func reliefDeclare(a *app) *cobra.Command {
	in := &pb.DeclareReliefRequest{}
	cmd := request(a, "declare", "Declare an offer for the relief zone of its seller's county",
		bind(pb.NewReliefServiceClient, pb.ReliefServiceClient.DeclareRelief), in)
	f := cmd.Flags()
	f.StringVar(&in.OfferId, "offer", "", "offer that is declared")
	f.StringVar(&in.BeforeOfferId, "before", "", "earlier offer of the same seller and product, whose price was higher")
	f.Int32Var(&in.DaysOfStock, "days-of-stock", 0, "days for which the stock lasts as it sells now")
	f.StringVar(&in.From, "from", "", "first day in the zone, YYYY-MM-DD (default today)")
	f.StringVar(&in.Until, "until", "", "last day in the zone, YYYY-MM-DD")
	return require(cmd, "offer", "before", "days-of-stock", "until")
}

func reliefAmend(a *app) *cobra.Command {
	in := &pb.AmendReliefRequest{}
	cmd := request(a, "amend ID", "End a declaration and open another one in its place",
		bind(pb.NewReliefServiceClient, pb.ReliefServiceClient.AmendRelief), in)
	f := cmd.Flags()
	f.Int32Var(&in.DaysOfStock, "days-of-stock", 0, "days for which the stock lasts as it sells now (default as before)")
	f.StringVar(&in.Until, "until", "", "last day in the zone, YYYY-MM-DD (default as before)")
	return cmd
}

func reliefZones(a *app) *cobra.Command {
	in := &pb.GetReliefZonesRequest{}
	cmd := request(a, "zones", "Add up what was declared and ordered, by zone and base unit",
		bind(pb.NewReliefServiceClient, pb.ReliefServiceClient.GetReliefZones), in)
	f := cmd.Flags()
	f.StringVar(&in.From, "from", "", "first day, YYYY-MM-DD (default the beginning of the year)")
	f.StringVar(&in.Until, "until", "", "last day, YYYY-MM-DD (default today)")
	enumVar(cmd, &in.Level, "level", "how large a zone is (default COUNTY)")
	return cmd
}
