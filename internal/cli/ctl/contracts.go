package ctl

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func contractsCommand(a *app) *cobra.Command {
	decline := &pb.DeclineContractRequest{}
	return group("contracts", "Forward contracts: a season's quantity at no less than a floor price (订单农业)",
		contractsList(a),
		request(a, "get ID", "Show a contract",
			bind(pb.NewContractServiceClient, pb.ContractServiceClient.GetContract), &pb.GetContractRequest{}),
		contractsPropose(a),
		request(a, "sign ID", "Sign what the other side proposed",
			bind(pb.NewContractServiceClient, pb.ContractServiceClient.SignContract), &pb.SignContractRequest{}),
		reasoned(a, "decline ID", "Refuse a proposal, or take your own back",
			bind(pb.NewContractServiceClient, pb.ContractServiceClient.DeclineContract), decline, &decline.Reason),
		contractsCallOff(a), contractsRecordIndex(a),
		request(a, "index-prices ID", "List the index prices of a contract, the latest day first",
			bind(pb.NewContractServiceClient, pb.ContractServiceClient.ListIndexPrices), &pb.ListIndexPricesRequest{}),
		contractsClaim(a), contractsResolve(a))
}

func contractsList(a *app) *cobra.Command {
	in := &pb.ListContractsRequest{}
	cmd := request(a, "list", "List the contracts that you may see",
		bind(pb.NewContractServiceClient, pb.ContractServiceClient.ListContracts), in)
	enumVar(cmd, &in.State, "state", "only in this state")
	return cmd
}

func contractsPropose(a *app) *cobra.Command {
	in := &pb.ProposeContractRequest{}
	var schedule []string
	read := func(context.Context) (err error) {
		in.Schedule, err = readSchedule(schedule)
		return err
	}
	cmd := requestThen(a, "propose", "Propose a contract, as its buyer or as its seller",
		bind(pb.NewContractServiceClient, pb.ContractServiceClient.ProposeContract), in, read,
		func(out *pb.ProposeContractResponse) error { return a.printer().message(out) })
	f := cmd.Flags()
	f.StringVar(&in.BuyerMemberId, "buyer", "", "member that buys (default your own)")
	f.StringVar(&in.SellerMemberId, "seller", "", "member that sells (default your own)")
	f.StringVar(&in.ProductId, "product", "", "product that it is of")
	f.StringVar(&in.CertificateId, "certificate", "", "certificate of the product")
	f.StringVar(&in.Variety, "variety", "", "variety and grade")
	f.StringVar(&in.SeasonFrom, "season-from", "", "first day of the season, YYYY-MM-DD")
	f.StringVar(&in.SeasonTo, "season-to", "", "last day of the season, YYYY-MM-DD")
	f.Int32Var(&in.LeadDays, "lead-days", 0, "days from a call-off to its delivery, at least")
	f.StringSliceVar(&schedule, "deliver", nil, "line of the schedule, YYYY-MM-DD=QUANTITY in base units; give it once a delivery")
	f.Int32Var(&in.ToleranceBasisPoints, "tolerance", 0, "more or less than the quantity, in basis points, 500 being 5 %")
	requiredMoneyVar(cmd, &in.FloorPriceFen, "floor-price", "the least that is paid, a sales unit or kg")
	f.StringVar(&in.Index, "index", "", "index whose price is paid where it is above the floor")
	moneyVar(cmd, &in.DepositFen, "deposit", "deposit (定金), a fifth of the value at most")
	enumVar(cmd, &in.DepositRelease, "deposit-release", "when the deposit becomes a part of the price (default PRO_RATA)")
	return require(cmd, "product", "variety", "season-from", "season-to", "deliver")
}

// readSchedule reads lines YYYY-MM-DD=QUANTITY.
func readSchedule(lines []string) ([]*pb.Delivery, error) {
	out := make([]*pb.Delivery, len(lines))
	for i, line := range lines {
		day, quantity, ok := strings.Cut(line, "=")
		n, err := strconv.ParseInt(quantity, 10, 64)
		if !ok || err != nil {
			return nil, usagef("--deliver %s: write YYYY-MM-DD=QUANTITY", line)
		}
		out[i] = &pb.Delivery{Day: day, Quantity: n}
	}
	return out, nil
}

func contractsCallOff(a *app) *cobra.Command {
	in := &pb.CallOffContractRequest{}
	var units int64
	count := func(ctx context.Context) error {
		if units == 0 {
			return nil
		}
		got, err := invoke(ctx, a, bind(pb.NewContractServiceClient, pb.ContractServiceClient.GetContract), &pb.GetContractRequest{Id: in.GetId()})
		if err != nil {
			return err
		}
		in.Quantity, err = baseUnits(units, got.GetContract().GetUnitQuantity())
		return err
	}
	cmd := requestThen(a, "call-off ID", "Order a part of a contract, at the price of the day",
		bind(pb.NewContractServiceClient, pb.ContractServiceClient.CallOffContract), in, count,
		func(out *pb.CallOffContractResponse) error { return a.printer().message(out) })
	f := cmd.Flags()
	f.Int64Var(&in.Quantity, "quantity", 0, "in base units")
	unitsVar(cmd, &units, "quantity in sales units of the product")
	cmd.MarkFlagsOneRequired("quantity", "units")
	cmd.MarkFlagsMutuallyExclusive("quantity", "units")
	f.StringVar(&in.ConsigneeCode, "consignee", "", "county of the consignee (default the buyer's own division)")
	f.StringVar(&in.DeliverBy, "deliver-by", "", "promised day asked for, YYYY-MM-DD (default today and the contract's lead days)")
	f.BoolVar(&in.Reserve, "reserve", false, "it is to fill your reserve (预留份额); denied where it cannot")
	enumVar(cmd, &in.Purpose, "purpose", "what the goods are for (default CANTEEN)")
	f.StringVar(&in.ReservePlanId, "reserve-plan", "", "reserve plan on whose account you buy, as its contractor or union")
	forOthers(cmd, &in.PayerMemberId, &in.ConsigneeName, &in.DonationFen, &in.PairTags)
	return cmd
}

func contractsRecordIndex(a *app) *cobra.Command {
	in := &pb.RecordIndexPriceRequest{}
	cmd := request(a, "record-index ID", "Record what the contract's index said on a day, as an authority",
		bind(pb.NewContractServiceClient, pb.ContractServiceClient.RecordIndexPrice), in)
	cmd.Flags().StringVar(&in.Day, "day", "", "day of the observation, YYYY-MM-DD")
	requiredMoneyVar(cmd, &in.PriceFen, "price", "a sales unit or kg, as the contract's price")
	cmd.Flags().StringVar(&in.Source, "source", "", "where it was published")
	return require(cmd, "day", "source")
}

func contractsClaim(a *app) *cobra.Command {
	in := &pb.ClaimContractRequest{}
	cmd := request(a, "claim ID", "Claim force majeure, or after the season the other side's default",
		bind(pb.NewContractServiceClient, pb.ContractServiceClient.ClaimContract), in)
	enumVar(cmd, &in.Kind, "kind", "what is claimed")
	cmd.Flags().StringVar(&in.Reason, "reason", "", "why")
	return require(cmd, "kind", "reason")
}

func contractsResolve(a *app) *cobra.Command {
	in := &pb.ResolveContractClaimRequest{}
	cmd := request(a, "resolve ID", "End a claim: uphold the other side's, take your own back, or decide as an arbiter",
		bind(pb.NewContractServiceClient, pb.ContractServiceClient.ResolveContractClaim), in)
	enumVar(cmd, &in.Outcome, "outcome", "upheld or dismissed")
	cmd.Flags().StringVar(&in.Reason, "reason", "", "why")
	return require(cmd, "outcome", "reason")
}
