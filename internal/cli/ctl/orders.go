package ctl

import (
	"context"
	"math"

	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func ordersCommand(a *app) *cobra.Command {
	return group("orders", "Orders from placing to settlement (订单)",
		ordersList(a),
		request(a, "get ID", "Show an order",
			bind(pb.NewOrderServiceClient, pb.OrderServiceClient.GetOrder), &pb.GetOrderRequest{}),
		ordersPlace(a), ordersImport(a), ordersImportAcceptances(a),
		request(a, "confirm ID", "Confirm an order, as its seller",
			bind(pb.NewOrderServiceClient, pb.OrderServiceClient.ConfirmOrder), &pb.ConfirmOrderRequest{}),
		request(a, "pending", "List the orders that wait for an approver",
			bind(pb.NewOrderServiceClient, pb.OrderServiceClient.ListOrders), &pb.ListOrdersRequest{State: pb.OrderState_ORDER_STATE_PENDING_APPROVAL}),
		request(a, "approve ID", "Approve an order of your unit that waits for it, as another than its placer",
			bind(pb.NewOrderServiceClient, pb.OrderServiceClient.ApproveOrder), &pb.ApproveOrderRequest{}),
		ordersDecline(a),
		ordersShip(a),
		request(a, "deliver ID", "Record the arrival at the consignee",
			bind(pb.NewOrderServiceClient, pb.OrderServiceClient.DeliverOrder), &pb.DeliverOrderRequest{}),
		ordersAccept(a), ordersCancel(a), ordersPay(a),
		ordersDispute(a), ordersResolve(a), ordersRefund(a), ordersDisputes(a), ordersInvoice(a), ordersPayDonation(a), payersCommand(a),
		request(a, "invoices ORDER_ID", "List the invoices of an order",
			bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.ListInvoices), &pb.ListInvoicesRequest{}),
		request(a, "get-dispute ID", "Show a dispute, by its own id",
			bind(pb.NewOrderServiceClient, pb.OrderServiceClient.GetDispute), &pb.GetDisputeRequest{}),
		request(a, "events ID", "Show the history of an order",
			bind(pb.NewOrderServiceClient, pb.OrderServiceClient.ListOrderEvents), &pb.ListOrderEventsRequest{}),
		ordersWatch(a))
}

func ordersList(a *app) *cobra.Command {
	in := &pb.ListOrdersRequest{}
	cmd := request(a, "list", "List the orders that you may see",
		bind(pb.NewOrderServiceClient, pb.OrderServiceClient.ListOrders), in)
	enumVar(cmd, &in.State, "state", "only in this state")
	cmd.Flags().StringVar(&in.OfferId, "offer", "", "only of this offer")
	cmd.Flags().StringVar(&in.ReliefId, "relief", "", "only those placed while this declaration for the relief zone was in force")
	return cmd
}

func ordersPlace(a *app) *cobra.Command {
	in := &pb.PlaceOrderRequest{}
	var units int64
	count := func(ctx context.Context) error {
		if units == 0 {
			return nil
		}
		offer, err := invoke(ctx, a, bind(pb.NewOfferServiceClient, pb.OfferServiceClient.GetOffer),
			&pb.GetOfferRequest{Id: in.GetOfferId()})
		if err != nil {
			return err
		}
		in.Quantity, err = baseUnits(units, offer.GetOffer().GetUnitQuantity())
		return err
	}
	cmd := requestThen(a, "place", "Place an order", bind(pb.NewOrderServiceClient, pb.OrderServiceClient.PlaceOrder), in,
		count, func(out *pb.PlaceOrderResponse) error { return a.printer().message(out) })
	f := cmd.Flags()
	f.StringVar(&in.OfferId, "offer", "", "offer to order from")
	f.Int64Var(&in.Quantity, "quantity", 0, "in base units")
	unitsVar(cmd, &units, "quantity in sales units of the offer")
	cmd.MarkFlagsOneRequired("quantity", "units")
	cmd.MarkFlagsMutuallyExclusive("quantity", "units")
	f.StringVar(&in.ConsigneeCode, "consignee", "", "county of the consignee (default the buyer's own division)")
	f.StringVar(&in.DeliverBy, "deliver-by", "", "promised day asked for, YYYY-MM-DD (default today and the offer's lead days)")
	f.BoolVar(&in.Reserve, "reserve", false, "it is to fill your reserve (预留份额); denied where it cannot")
	enumVar(cmd, &in.Channel, "channel", "how the trade came about")
	enumVar(cmd, &in.Purpose, "purpose", "what the goods are for (default CANTEEN)")
	f.StringVar(&in.ReservePlanId, "reserve-plan", "", "reserve plan on whose account you buy, as its contractor or union")
	forOthers(cmd, &in.PayerMemberId, &in.ConsigneeName, &in.DonationFen, &in.PairTags)
	return require(cmd, "offer")
}

func ordersShip(a *app) *cobra.Command {
	in := &pb.ShipOrderRequest{}
	cmd := request(a, "ship ID", "Record that an order was shipped",
		bind(pb.NewOrderServiceClient, pb.OrderServiceClient.ShipOrder), in)
	cmd.Flags().StringVar(&in.Waybill, "waybill", "", "carrier and waybill, if any")
	return cmd
}

func ordersAccept(a *app) *cobra.Command {
	in := &pb.AcceptOrderRequest{}
	var cmd *cobra.Command
	var units int64
	cmd = requestThen(a, "accept ID", "Record the buyer's acceptance (验收); by default of everything",
		bind(pb.NewOrderServiceClient, pb.OrderServiceClient.AcceptOrder), in,
		func(ctx context.Context) error {
			if cmd.Flags().Changed("accepted") {
				return nil
			}
			return countAccepted(ctx, a, in, units)
		},
		func(out *pb.AcceptOrderResponse) error { return a.printer().message(out) })
	f := cmd.Flags()
	f.Int64Var(&in.AcceptedQuantity, "accepted", 0, "base units accepted (default what is neither rejected nor short)")
	unitsVar(cmd, &units, "quantity accepted, in sales units")
	f.StringVar(&in.AcceptedOn, "accepted-on", "", "day of the acceptance, YYYY-MM-DD (default today); into a closed period it becomes an adjustment")
	f.Int64Var(&in.RejectedQuantity, "rejected", 0, "base units rejected")
	f.Int64Var(&in.ShortQuantity, "short", 0, "base units that were missing")
	cmd.MarkFlagsMutuallyExclusive("accepted", "units")
	reasonVar(cmd, &in.Reason)
	return cmd
}

// countAccepted reads the order to learn how much is accepted: so many sales
// units, or all that is neither rejected nor short.
func countAccepted(ctx context.Context, a *app, in *pb.AcceptOrderRequest, units int64) error {
	got, err := invoke(ctx, a, bind(pb.NewOrderServiceClient, pb.OrderServiceClient.GetOrder), &pb.GetOrderRequest{Id: in.GetId()})
	if err != nil {
		return err
	}
	order := got.GetOrder()
	if units > 0 {
		in.AcceptedQuantity, err = baseUnits(units, order.GetUnitQuantity())
		return err
	}
	rejected, short, all := in.GetRejectedQuantity(), in.GetShortQuantity(), order.GetQuantity()
	// Written so that no sum can overflow.
	if rejected < 0 || short < 0 || rejected > all || short > all-rejected {
		return usagef("%d rejected and %d short do not fit an order of %d", rejected, short, all)
	}
	in.AcceptedQuantity = all - rejected - short
	return nil
}

func ordersCancel(a *app) *cobra.Command {
	in := &pb.CancelOrderRequest{}
	return reasoned(a, "cancel ID", "End an order before it is shipped and give its stock back",
		bind(pb.NewOrderServiceClient, pb.OrderServiceClient.CancelOrder), in, &in.Reason)
}

func ordersDecline(a *app) *cobra.Command {
	in := &pb.DeclineOrderRequest{}
	return reasoned(a, "decline ID", "Decline an order of your unit that waits for approval, and give its stock back",
		bind(pb.NewOrderServiceClient, pb.OrderServiceClient.DeclineOrder), in, &in.Reason)
}

func ordersPay(a *app) *cobra.Command {
	in := &pb.RecordPaymentRequest{}
	cmd := request(a, "pay ID", "Record a payment; paid in full, the order is settled",
		bind(pb.NewOrderServiceClient, pb.OrderServiceClient.RecordPayment), in)
	requiredMoneyVar(cmd, &in.AmountFen, "amount", "amount paid")
	cmd.Flags().StringVar(&in.BankReference, "bank-reference", "", "the bank's reference of the transfer")
	cmd.Flags().StringVar(&in.PaidOn, "paid-on", "", "day of the payment, YYYY-MM-DD (default today); into a closed period it becomes an adjustment")
	return require(cmd, "bank-reference")
}

func ordersWatch(a *app) *cobra.Command {
	in := &pb.WatchOrdersRequest{}
	return watch(a, "Print the changes of the orders that you may see, as they happen",
		bindStream(pb.NewOrderServiceClient, pb.OrderServiceClient.WatchOrders), in, &in.Position)
}

// unitsVar gives a command the flag --units, which takes a number above 0: 0
// stands for a flag not given.
func unitsVar(cmd *cobra.Command, units *int64, usage string) {
	cmd.Flags().Var((*positive)(units), "units", usage)
}

// baseUnits turns sales units into base units.
func baseUnits(units, size int64) (int64, error) {
	if size <= 0 {
		return 0, usagef("the sales unit has no size; give the quantity in base units")
	}
	if units > math.MaxInt64/size {
		return 0, usagef("%d units of %d are more than can be counted", units, size)
	}
	return units * size, nil
}
