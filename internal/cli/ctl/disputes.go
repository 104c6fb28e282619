package ctl

import (
	"context"

	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func ordersDispute(a *app) *cobra.Command {
	in := &pb.DisputeOrderRequest{}
	var units int64
	count := func(ctx context.Context) error {
		if units == 0 {
			return nil
		}
		got, err := invoke(ctx, a, bind(pb.NewOrderServiceClient, pb.OrderServiceClient.GetOrder), &pb.GetOrderRequest{Id: in.GetId()})
		if err != nil {
			return err
		}
		in.Quantity, err = baseUnits(units, got.GetOrder().GetUnitQuantity())
		return err
	}
	cmd := requestThen(a, "dispute ID", "Claim back a part of what was accepted (争议), as its buyer",
		bind(pb.NewOrderServiceClient, pb.OrderServiceClient.DisputeOrder), in,
		count, func(out *pb.DisputeOrderResponse) error { return a.printer().message(out) })
	f := cmd.Flags()
	f.Int64Var(&in.Quantity, "quantity", 0, "claimed, in base units (default the money alone)")
	unitsVar(cmd, &units, "claimed, in sales units")
	cmd.MarkFlagsMutuallyExclusive("quantity", "units")
	moneyVar(cmd, &in.AmountFen, "amount", "claimed (default the price of the quantity)")
	f.StringVar(&in.Reason, "reason", "", "why")
	return require(cmd, "reason")
}

func ordersResolve(a *app) *cobra.Command {
	in := &pb.ResolveDisputeRequest{}
	cmd := request(a, "resolve ID", "End the dispute of an order: for-buyer, for-seller or split",
		bind(pb.NewOrderServiceClient, pb.OrderServiceClient.ResolveDispute), in)
	f := cmd.Flags()
	enumVar(cmd, &in.Outcome, "outcome", "who is right: for-buyer, for-seller, or split")
	f.Int64Var(&in.RefundQuantity, "refund-quantity", 0, "base units that a split gives back")
	moneyVar(cmd, &in.RefundFen, "refund", "amount that a split gives back")
	f.StringVar(&in.Reason, "reason", "", "why")
	return require(cmd, "outcome", "reason")
}

func ordersRefund(a *app) *cobra.Command {
	in := &pb.RecordRefundRequest{}
	cmd := request(a, "refund ID", "Record money that the seller paid back to the buyer",
		bind(pb.NewOrderServiceClient, pb.OrderServiceClient.RecordRefund), in)
	requiredMoneyVar(cmd, &in.AmountFen, "amount", "amount paid back")
	cmd.Flags().StringVar(&in.BankReference, "bank-reference", "", "the bank's reference of the transfer")
	return require(cmd, "bank-reference")
}

func ordersDisputes(a *app) *cobra.Command {
	in := &pb.ListDisputesRequest{}
	cmd := request(a, "disputes", "List the disputes that you may see",
		bind(pb.NewOrderServiceClient, pb.OrderServiceClient.ListDisputes), in)
	enumVar(cmd, &in.State, "state", "only in this state")
	cmd.Flags().StringVar(&in.OrderId, "order", "", "only of this order")
	return cmd
}
