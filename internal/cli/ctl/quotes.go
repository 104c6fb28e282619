package ctl

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/sealedbid"
)

func quotesCommand(a *app) *cobra.Command {
	withdraw := &pb.WithdrawQuoteRequest{}
	back := request(a, "withdraw ID", "Take a quote back before its demand closes",
		bind(pb.NewDemandServiceClient, pb.DemandServiceClient.WithdrawQuote), withdraw)
	reasonVar(back, &withdraw.Reason)
	return group("quotes", "Sealed quotes on demands (报价)",
		quotesList(a),
		request(a, "get ID", "Show a quote, without what is sealed in it",
			bind(pb.NewDemandServiceClient, pb.DemandServiceClient.GetQuote), &pb.GetQuoteRequest{}),
		quotesSeal(a), back,
		request(a, "receipt ID", "Get the proof, by the sealed log, that a quote was there, and when",
			bind(pb.NewDemandServiceClient, pb.DemandServiceClient.GetQuoteReceipt), &pb.GetQuoteReceiptRequest{}))
}

func quotesList(a *app) *cobra.Command {
	in := &pb.ListQuotesRequest{}
	cmd := request(a, "list", "List the quotes that you may see, without what is sealed in them",
		bind(pb.NewDemandServiceClient, pb.DemandServiceClient.ListQuotes), in)
	cmd.Flags().StringVar(&in.DemandId, "demand", "", "only on this demand")
	enumVar(cmd, &in.State, "state", "only in this state")
	return cmd
}

func quotesSeal(a *app) *cobra.Command {
	in := &pb.SealQuoteRequest{}
	says := sealedbid.Content{}
	basis := pb.PriceBasis_PRICE_BASIS_PER_SALES_UNIT
	var contentFile string
	cmd := command("seal", "Seal a quote to a demand's key and hand it in", in, func(ctx context.Context) error {
		says.PriceBasis = strings.TrimPrefix(basis.String(), "PRICE_BASIS_")
		if err := a.sealQuote(ctx, in, says, contentFile); err != nil {
			return err
		}
		out, err := send(ctx, a, bind(pb.NewDemandServiceClient, pb.DemandServiceClient.SealQuote), in)
		if err != nil {
			return err
		}
		return a.printer().message(out)
	})
	cmd.Long = `Seal writes what you quote, encrypts it to the demand's public key, and hands the
sealed bytes in with their goods and the digest of the content. The exchange
cannot read it, and nobody can before the demand closes. So what it would refuse of
a price is refused here: goods by catch weight are priced per kg, all others per
sales unit. Keep --content-file: it
proves what you committed to.`
	f := cmd.Flags()
	f.StringVar(&in.DemandId, "demand", "", "demand to quote on")
	f.StringVar(&in.ProductId, "product", "", "product that you quote")
	f.StringVar(&in.CertificateId, "certificate", "", "certificate under which it trades")
	f.Int64Var(&says.Quantity, "quantity", 0, "in base units, at most")
	enumVar(cmd, &basis, "price-basis", "what the price is for")
	requiredMoneyVar(cmd, &says.PriceFen, "price", "price of one sales unit or kg")
	f.IntVar(&says.LeadDays, "lead-days", 0, "days from award to delivery")
	f.StringVar(&says.Note, "note", "", "words for the buyer")
	f.StringVar(&contentFile, "content-file", "", "file in which the content is kept; one that is there is sealed again as it is")
	return require(cmd, "demand", "product", "certificate", "quantity", "content-file")
}

// sealQuote fills a request with what a seller says, sealed to the demand's key.
func (a *app) sealQuote(ctx context.Context, in *pb.SealQuoteRequest, says sealedbid.Content, file string) error {
	out, err := send(ctx, a, bind(pb.NewDemandServiceClient, pb.DemandServiceClient.GetDemand), &pb.GetDemandRequest{Id: in.GetDemandId()})
	if err != nil {
		return err
	}
	me, err := send(ctx, a, bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.WhoAmI), &pb.WhoAmIRequest{})
	if err != nil {
		return err
	}
	if err := a.quotable(ctx, in.GetProductId(), says); err != nil {
		return err
	}
	d := out.GetDemand()
	says.Demand, says.Revision, says.Seller = d.GetId(), int(d.GetRevision()), me.GetMemberId()
	says.Product, says.Certificate = in.GetProductId(), in.GetCertificateId()
	if says.Salt, err = sealedbid.NewSalt(); err != nil {
		return err
	}
	content, err := says.Encode()
	if err != nil {
		return err
	}
	if content, err = keepContent(file, content); err != nil {
		return err
	}
	if in.Sealed, err = sealedbid.Seal(content, d.GetPublicKey()); err != nil {
		return err
	}
	in.Revision, in.Commitment = d.GetRevision(), sealedbid.Digest(content)
	return nil
}

// quotable refuses a price that an award could not make an offer of. Nobody else can
// before the quotes are opened, when it is too late for another one.
func (a *app) quotable(ctx context.Context, product string, says sealedbid.Content) error {
	out, err := send(ctx, a, bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.GetProduct), &pb.GetProductRequest{Id: product})
	if err != nil {
		return err
	}
	p := exchange.Product{CatchWeight: out.GetProduct().GetCatchWeight(), UnitQuantity: out.GetProduct().GetUnitQuantity()}
	return exchange.QuotablePrice(exchange.PriceBasis(says.PriceBasis), says.PriceFen, p)
}

// keepContent keeps a content before it is handed in. A file that is there is the
// content of an earlier try, if it says the same.
func keepContent(file string, content []byte) ([]byte, error) {
	kept, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return content, os.WriteFile(file, content, 0o600)
	}
	if err != nil {
		return nil, err
	}
	before, err := sealedbid.Decode(kept)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	now, err := sealedbid.Decode(content)
	if err != nil {
		return nil, err
	}
	if now.Salt = before.Salt; now != before {
		return nil, fmt.Errorf("%s is the content of another quote: name another file", file)
	}
	return kept, nil
}
