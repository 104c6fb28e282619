package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func lotsCommand(a *app) *cobra.Command {
	block, release := &pb.BlockLotRequest{}, &pb.ReleaseLotRequest{}
	return group("lots", "Lots of products and their samplings (批次, 抽检)",
		lotsList(a),
		request(a, "get ID", "Show a lot",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.GetLot), &pb.GetLotRequest{}),
		lotsCreate(a), lotsSample(a),
		request(a, "samplings ID", "List the samplings of a lot",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.ListSamplings), &pb.ListSamplingsRequest{}),
		reasoned(a, "block ID", "Stop it: nothing of it is published, ordered, confirmed or shipped",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.BlockLot), block, &block.Reason),
		reasoned(a, "release ID", "End a block",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.ReleaseLot), release, &release.Reason))
}

func lotsList(a *app) *cobra.Command {
	in := &pb.ListLotsRequest{}
	cmd := request(a, "list", "List the lots that you may see",
		bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.ListLots), in)
	cmd.Flags().StringVar(&in.ProductId, "product", "", "only of this product")
	enumVar(cmd, &in.State, "state", "only in this state")
	return cmd
}

func lotsCreate(a *app) *cobra.Command {
	in := &pb.CreateLotRequest{}
	cmd := request(a, "create", "Record a lot of a product of yours",
		bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.CreateLot), in)
	f := cmd.Flags()
	f.StringVar(&in.ProductId, "product", "", "product that it is of")
	f.StringVar(&in.CertificateId, "certificate", "", "certificate of the product")
	f.StringVar(&in.Code, "code", "", "your name of it, once among your lots")
	f.StringVar(&in.ProducedOn, "produced-on", "", "day of harvest or production, YYYY-MM-DD")
	f.Int64Var(&in.Quantity, "quantity", 0, "base units in it")
	return require(cmd, "product", "certificate", "code", "produced-on", "quantity")
}

func lotsSample(a *app) *cobra.Command {
	in := &pb.RecordSamplingRequest{}
	cmd := request(a, "sample ID", "Record a test of a lot; one that was not passed blocks it",
		bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.RecordSampling), in)
	f := cmd.Flags()
	f.StringVar(&in.SampledOn, "sampled-on", "", "day of the sample, YYYY-MM-DD")
	f.StringVar(&in.Item, "item", "", "what was tested")
	f.BoolVar(&in.Passed, "passed", false, "it was passed (default: it was not)")
	f.StringVar(&in.ReportNumber, "report", "", "number of the report")
	return require(cmd, "sampled-on", "item", "passed", "report")
}
