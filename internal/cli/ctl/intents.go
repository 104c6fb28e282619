package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func intentsCommand(a *app) *cobra.Command {
	withdraw := &pb.WithdrawIntentRequest{}
	return group("intents", "What buyers and sellers of a fair mean to trade, and what came of it (意向)",
		intentsList(a), intentsRecord(a),
		request(a, "get ID", "Show an intent",
			bind(pb.NewIntentServiceClient, pb.IntentServiceClient.GetIntent), &pb.GetIntentRequest{}),
		intentsMatch(a),
		reasoned(a, "withdraw ID", "Note that nothing came of it",
			bind(pb.NewIntentServiceClient, pb.IntentServiceClient.WithdrawIntent), withdraw, &withdraw.Reason))
}

func intentsList(a *app) *cobra.Command {
	in := &pb.ListIntentsRequest{}
	cmd := request(a, "list", "List the intents that you may see",
		bind(pb.NewIntentServiceClient, pb.IntentServiceClient.ListIntents), in)
	enumVar(cmd, &in.State, "state", "only in this state")
	cmd.Flags().StringVar(&in.Fair, "fair", "", "only of this fair")
	return cmd
}

func intentsRecord(a *app) *cobra.Command {
	in := &pb.RecordIntentRequest{}
	cmd := request(a, "record", "Record an intent, as one of its sides or as a coordination team",
		bind(pb.NewIntentServiceClient, pb.IntentServiceClient.RecordIntent), in)
	f := cmd.Flags()
	f.StringVar(&in.Fair, "fair", "", "name of the fair")
	f.StringVar(&in.Day, "day", "", "day of the fair, YYYY-MM-DD")
	f.StringVar(&in.BuyerMemberId, "buyer", "", "member that means to buy (default your own)")
	f.StringVar(&in.SellerMemberId, "seller", "", "member that means to sell (default your own)")
	f.StringVar(&in.ProductId, "product", "", "product that it is about")
	f.Int64Var(&in.Quantity, "quantity", 0, "in base units")
	requiredMoneyVar(cmd, &in.ValueFen, "value", "what it would be worth")
	f.StringVar(&in.Note, "note", "", "anything else that was said")
	return require(cmd, "fair", "day", "product", "quantity")
}

func intentsMatch(a *app) *cobra.Command {
	in := &pb.MatchIntentRequest{}
	cmd := request(a, "match ID", "Note which forward contract came of an intent, once",
		bind(pb.NewIntentServiceClient, pb.IntentServiceClient.MatchIntent), in)
	cmd.Flags().StringVar(&in.ContractId, "contract", "", "contract that came of it")
	return require(cmd, "contract")
}
