package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func groupsCommand(a *app) *cobra.Command {
	cancel := &pb.CancelGroupBuyRequest{}
	return group("groups", "What members of an alliance buy together (团购)",
		groupsList(a),
		request(a, "get ID", "Show a group buy",
			bind(pb.NewGroupBuyServiceClient, pb.GroupBuyServiceClient.GetGroupBuy), &pb.GetGroupBuyRequest{}),
		groupsOpen(a), groupsJoin(a),
		request(a, "leave ID", "Give your part back before the closing",
			bind(pb.NewGroupBuyServiceClient, pb.GroupBuyServiceClient.LeaveGroupBuy), &pb.LeaveGroupBuyRequest{}),
		groupsJoins(a),
		reasoned(a, "cancel ID", "End a group before its closing and release everything",
			bind(pb.NewGroupBuyServiceClient, pb.GroupBuyServiceClient.CancelGroupBuy), cancel, &cancel.Reason))
}

func groupsList(a *app) *cobra.Command {
	in := &pb.ListGroupBuysRequest{}
	cmd := request(a, "list", "List the group buys that you may see",
		bind(pb.NewGroupBuyServiceClient, pb.GroupBuyServiceClient.ListGroupBuys), in)
	enumVar(cmd, &in.State, "state", "only in this state")
	return cmd
}

func groupsJoins(a *app) *cobra.Command {
	in := &pb.ListGroupJoinsRequest{}
	cmd := request(a, "joins", "List who joined, as far as you may see it",
		bind(pb.NewGroupBuyServiceClient, pb.GroupBuyServiceClient.ListGroupJoins), in)
	cmd.Flags().StringVar(&in.GroupId, "group", "", "only of this group")
	enumVar(cmd, &in.State, "state", "only in this state")
	return cmd
}

func groupsOpen(a *app) *cobra.Command {
	in := &pb.OpenGroupBuyRequest{}
	cmd := request(a, "open", "Open a group buy on an offer",
		bind(pb.NewGroupBuyServiceClient, pb.GroupBuyServiceClient.OpenGroupBuy), in)
	f := cmd.Flags()
	f.StringVar(&in.OfferId, "offer", "", "offer that is bought together")
	f.StringVar(&in.Title, "title", "", "what it is for, in words")
	f.Int64Var(&in.MinimumQuantity, "minimum", 0, "base units without which nobody orders")
	instantVar(cmd, &in.CloseTime, "closes", "until when members join")
	return require(cmd, "offer", "title", "minimum", "closes")
}

func groupsJoin(a *app) *cobra.Command {
	in := &pb.JoinGroupBuyRequest{}
	cmd := request(a, "join ID", "Join a group buy; what you join with is held on the offer",
		bind(pb.NewGroupBuyServiceClient, pb.GroupBuyServiceClient.JoinGroupBuy), in)
	f := cmd.Flags()
	f.Int64Var(&in.Quantity, "quantity", 0, "in base units")
	f.StringVar(&in.ConsigneeCode, "consignee", "", "county that the goods go to (default yours)")
	f.StringVar(&in.DeliverBy, "deliver-by", "", "promised day of delivery, YYYY-MM-DD (default as soon as the offer allows)")
	f.BoolVar(&in.Reserve, "reserve", false, "the order is to fill your reserve")
	enumVar(cmd, &in.Purpose, "purpose", "what the goods are bought for")
	return require(cmd, "quantity")
}
