package ctl

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/sealedbid"
)

func demandsCommand(a *app) *cobra.Command {
	cancel := &pb.CancelDemandRequest{}
	watched := &pb.WatchDemandsRequest{}
	receipt := request(a, "receipt ID", "Get the proof, by the sealed log, of what was there when a demand closed",
		bind(pb.NewDemandServiceClient, pb.DemandServiceClient.GetDemandReceipt), &pb.GetDemandReceiptRequest{})
	receipt.Example = "  sushaanctl demands receipt 32-… -o json > closing.json\n  sushaanctl verify closing.json --key verifier.key"
	return group("demands", "What buyers ask sealed quotes for (询价)",
		demandsList(a),
		request(a, "get ID", "Show a demand",
			bind(pb.NewDemandServiceClient, pb.DemandServiceClient.GetDemand), &pb.GetDemandRequest{}),
		demandsPost(a), demandsAmend(a),
		reasoned(a, "cancel ID", "End a demand on which nothing is awarded",
			bind(pb.NewDemandServiceClient, pb.DemandServiceClient.CancelDemand), cancel, &cancel.Reason),
		demandsOpen(a), demandsAward(a), receipt,
		watch(a, "Print the changes of the demands that you may see, as they happen",
			bindStream(pb.NewDemandServiceClient, pb.DemandServiceClient.WatchDemands), watched, &watched.Position))
}

func demandsList(a *app) *cobra.Command {
	in := &pb.ListDemandsRequest{}
	cmd := request(a, "list", "List the demands that you may see",
		bind(pb.NewDemandServiceClient, pb.DemandServiceClient.ListDemands), in)
	enumVar(cmd, &in.State, "state", "only in this state")
	enumVar(cmd, &in.Category, "category", "only of this category")
	return cmd
}

// demandsPost makes the demand's key before it is posted: a key that is lost
// leaves quotes that nobody ever opens.
func demandsPost(a *app) *cobra.Command {
	in := &pb.PostDemandRequest{}
	var keyFile string
	cmd := command("post", "Ask for sealed quotes; the key that opens them stays in --key-file", in, func(ctx context.Context) error {
		var err error
		if in.PublicKey, err = makeKey(keyFile); err != nil {
			return err
		}
		out, err := send(ctx, a, bind(pb.NewDemandServiceClient, pb.DemandServiceClient.PostDemand), in)
		if err != nil {
			return err
		}
		return a.printer().message(out)
	})
	f := cmd.Flags()
	f.StringVar(&keyFile, "key-file", "", "file of the private key: a new one is made there, one that is there is used")
	f.StringVar(&in.BuyerMemberId, "buyer", "", "member that will buy (default yours); a secretariat asks for its members")
	f.StringVar(&in.Title, "title", "", "what is asked for, in words")
	enumVar(cmd, &in.Category, "category", "category of the goods")
	f.StringVar(&in.ProductId, "product", "", "only this product")
	in.BaseUnit = pb.BaseUnit_BASE_UNIT_G
	enumVar(cmd, &in.BaseUnit, "base-unit", "unit of the quantity")
	f.Int64Var(&in.Quantity, "quantity", 0, "in base units")
	f.StringVar(&in.ConsigneeCode, "consignee", "", "county that the goods go to (default the buyer's)")
	f.StringVar(&in.DeliverBy, "deliver-by", "", "promised day of delivery, YYYY-MM-DD")
	instantVar(cmd, &in.CloseTime, "closes", "when quoting ends")
	f.BoolVar(&in.Reserve, "reserve", false, "the orders of the award are to fill the buyer's reserve")
	enumVar(cmd, &in.Purpose, "purpose", "what the goods are bought for")
	return require(cmd, "key-file", "title", "category", "quantity", "deliver-by", "closes")
}

// makeKey gives the public key of a file of a private key, and makes the file if
// it is not there.
func makeKey(file string) (public string, err error) {
	private, public, err := sealedbid.NewKey()
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		kept, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		return sealedbid.PublicOf(string(kept))
	}
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintln(f, private)
	return public, errors.Join(err, f.Close())
}

func demandsAmend(a *app) *cobra.Command {
	in := &pb.AmendDemandRequest{}
	cmd := request(a, "amend ID", "Change what is asked for; quotes on it become void",
		bind(pb.NewDemandServiceClient, pb.DemandServiceClient.AmendDemand), in)
	f := cmd.Flags()
	f.StringVar(&in.Title, "title", "", "what is asked for, in words")
	f.Int64Var(&in.Quantity, "quantity", 0, "in base units")
	f.StringVar(&in.DeliverBy, "deliver-by", "", "promised day of delivery, YYYY-MM-DD")
	instantVar(cmd, &in.CloseTime, "closes", "when quoting ends, no earlier than it did")
	f.StringVar(&in.PublicKey, "public-key", "", "another key to seal quotes to")
	f.StringVar(&in.Reason, "reason", "", "why; the sellers read it")
	return require(cmd, "reason")
}

func demandsOpen(a *app) *cobra.Command {
	in := &pb.OpenQuotesRequest{}
	var keyFile, out string
	var verifier []string
	cmd := command("open ID", "Open the quotes on a demand that has closed, check them, and compare", in, func(ctx context.Context) error {
		found, err := a.openQuotes(ctx, in, keyFile, verifier)
		if err != nil {
			return err
		}
		if out != "" {
			if err := writeOpened(out, found); err != nil {
				return err
			}
		}
		return a.printer().opened(found)
	})
	cmd.Long = `Open fetches the sealed quotes of a demand that has closed and opens them by the
private key. It computes each digest and the closing's itself: what was
exchanged, added or taken away since the closing is an error. With --verifier it
also proves the closing by its receipt from the sealed log.`
	f := cmd.Flags()
	f.StringVar(&keyFile, "key-file", "", "file of the demand's private key")
	f.StringVar(&out, "out", "", "write what was opened to this file, for demands award --opened")
	f.StringArrayVar(&verifier, "verifier", nil, "file with the exchange's public keys (verifier.key): prove the closing by the sealed log; may be given more than once")
	return require(cmd, "key-file")
}

func demandsAward(a *app) *cobra.Command {
	in := &pb.AwardDemandRequest{}
	var keyFile, openedFile string
	var awards []string
	var all bool
	cmd := command("award ID", "Make an order for each quote that is awarded a quantity", in, func(ctx context.Context) error {
		found, err := a.openedOrOpen(ctx, in.GetId(), keyFile, openedFile)
		if err != nil {
			return err
		}
		if in.Lines, err = awardLines(found, awards, all); err != nil {
			return err
		}
		out, err := send(ctx, a, bind(pb.NewDemandServiceClient, pb.DemandServiceClient.AwardDemand), in)
		if err != nil {
			return err
		}
		return a.printer().message(out)
	})
	cmd.Example = "  sushaanctl demands award 32-… --key-file demand.key --quote 32-…=60000 --quote 32-…=40000"
	f := cmd.Flags()
	f.StringVar(&keyFile, "key-file", "", "file of the demand's private key")
	f.StringVar(&openedFile, "opened", "", "file of demands open --out, instead of the key")
	f.StringArrayVar(&awards, "quote", nil, "QUOTE=QUANTITY in base units; give it once a winner")
	f.BoolVar(&all, "publish-all", false, "publish what the quotes that win nothing said, too")
	cmd.MarkFlagsOneRequired("key-file", "opened")
	return require(cmd, "quote")
}
