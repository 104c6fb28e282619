package ctl

import (
	"context"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func offersCommand(a *app) *cobra.Command {
	return group("offers", "What sellers offer (供货挂牌)",
		offersList(a),
		request(a, "get ID", "Show an offer",
			bind(pb.NewOfferServiceClient, pb.OfferServiceClient.GetOffer), &pb.GetOfferRequest{}),
		offersCreate(a),
		request(a, "publish ID", "Make a draft visible and take its capacity from the certificate",
			bind(pb.NewOfferServiceClient, pb.OfferServiceClient.PublishOffer), &pb.PublishOfferRequest{}),
		offersPause(a),
		request(a, "resume ID", "Publish a paused offer again, if policy still allows it",
			bind(pb.NewOfferServiceClient, pb.OfferServiceClient.ResumeOffer), &pb.ResumeOfferRequest{}),
		offersWithdraw(a),
		offersWatch(a))
}

func offersList(a *app) *cobra.Command {
	in := &pb.ListOffersRequest{}
	cmd := request(a, "list", "List the offers that you may see",
		bind(pb.NewOfferServiceClient, pb.OfferServiceClient.ListOffers), in)
	enumVar(cmd, &in.State, "state", "only in this state")
	enumVar(cmd, &in.Category, "category", "only of this category")
	cmd.Flags().StringVar(&in.OriginCode, "origin", "", "only from this county")
	cmd.Flags().StringVar(&in.SellerMemberId, "seller", "", "only of this member")
	searchVar(cmd, &in.Query)
	return cmd
}

func offersPause(a *app) *cobra.Command {
	in := &pb.PauseOfferRequest{}
	cmd := request(a, "pause ID", "Stop an offer from being ordered until it is resumed",
		bind(pb.NewOfferServiceClient, pb.OfferServiceClient.PauseOffer), in)
	reasonVar(cmd, &in.Reason)
	return cmd
}

func offersWithdraw(a *app) *cobra.Command {
	in := &pb.WithdrawOfferRequest{}
	cmd := request(a, "withdraw ID", "End an offer and give the unsold part back to the certificate",
		bind(pb.NewOfferServiceClient, pb.OfferServiceClient.WithdrawOffer), in)
	reasonVar(cmd, &in.Reason)
	return cmd
}

func offersWatch(a *app) *cobra.Command {
	in := &pb.WatchOffersRequest{}
	return watch(a, "Print the changes of the offers that you may see, as they happen",
		bindStream(pb.NewOfferServiceClient, pb.OfferServiceClient.WatchOffers), in, &in.Position)
}

func offersCreate(a *app) *cobra.Command {
	in := &pb.CreateOfferRequest{}
	var publish bool
	cmd := command("create", "Draft an offer, and publish it with --publish", in, func(ctx context.Context) error {
		if publish {
			return createAndPublish(ctx, a, in)
		}
		out, err := createOffer(ctx, a, in)
		if err != nil {
			return err
		}
		return a.printer().message(out)
	})
	f := cmd.Flags()
	f.BoolVar(&publish, "publish", false, "publish it too, as a second step")
	f.StringVar(&in.ProductId, "product", "", "product to offer")
	f.StringVar(&in.CertificateId, "certificate", "", "certificate under which it trades")
	f.StringVar(&in.LotId, "lot", "", "lot that the goods are of")
	f.Int64Var(&in.Quantity, "quantity", 0, "in base units, a multiple of the sales unit")
	f.Int64Var(&in.MoqQuantity, "moq", 0, "minimum order in base units (default one sales unit)")
	in.PriceBasis = pb.PriceBasis_PRICE_BASIS_PER_SALES_UNIT
	enumVar(cmd, &in.PriceBasis, "price-basis", "what the price is for")
	requiredMoneyVar(cmd, &in.PriceFen, "price", "price of one sales unit or kg")
	f.StringVar(&in.SeasonFrom, "season-from", "", "first day on which it can be ordered, YYYY-MM-DD")
	f.StringVar(&in.SeasonTo, "season-to", "", "last day on which it can be ordered, YYYY-MM-DD")
	f.Int32Var(&in.LeadDays, "lead-days", 0, "days from order to promised delivery")
	f.BoolVar(&in.AutoConfirm, "auto-confirm", false, "confirm orders as they are placed")
	return require(cmd, "product", "quantity", "season-from", "season-to")
}

func createOffer(ctx context.Context, a *app, in *pb.CreateOfferRequest) (*pb.CreateOfferResponse, error) {
	return send(ctx, a, bind(pb.NewOfferServiceClient, pb.OfferServiceClient.CreateOffer), in)
}

// createAndPublish takes two writes. The second's request id follows from the
// first's, so that repeating the command with --request-id repeats both safely.
func createAndPublish(ctx context.Context, a *app, in *pb.CreateOfferRequest) error {
	if a.flags.dryRun {
		return usagef("--publish cannot be tried with --dry-run: there would be no offer to publish")
	}
	created, err := createOffer(ctx, a, in)
	if err != nil {
		return err
	}
	id := created.GetOffer().GetId()
	out, err := send(ctx, a, bind(pb.NewOfferServiceClient, pb.OfferServiceClient.PublishOffer), &pb.PublishOfferRequest{
		RequestId: uuid.NewSHA1(uuid.Nil, []byte(in.GetRequestId()+" publish")).String(),
		Id:        id,
	})
	if err != nil {
		a.note("note: the offer is drafted as %s but not published", id)
		return err
	}
	return a.printer().message(out)
}
