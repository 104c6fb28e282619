package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func productsCommand(a *app) *cobra.Command {
	return group("products", "Products and their sales units (产品, 规格)",
		productsList(a),
		request(a, "get ID", "Show a product",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.GetProduct), &pb.GetProductRequest{}),
		productsCreate(a))
}

func productsList(a *app) *cobra.Command {
	in := &pb.ListProductsRequest{}
	cmd := request(a, "list", "List products",
		bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.ListProducts), in)
	cmd.Flags().StringVar(&in.ProducerMemberId, "producer", "", "only of this member")
	searchVar(cmd, &in.Query)
	return cmd
}

func productsCreate(a *app) *cobra.Command {
	in := &pb.CreateProductRequest{}
	cmd := request(a, "create", "Create a product of your member",
		bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.CreateProduct), in)
	nameVars(cmd, &in.NameZh, &in.NameEn)
	enumVar(cmd, &in.Category, "category", "category of goods")
	enumVar(cmd, &in.BaseUnit, "base-unit", "unit in which quantities are counted")
	f := cmd.Flags()
	f.StringVar(&in.OriginCode, "origin", "", "county of origin, GB/T 2260")
	f.StringVar(&in.SalesUnit, "sales-unit", "", `name of one sales unit, such as "10 kg carton"`)
	f.Int64Var(&in.UnitQuantity, "unit-quantity", 0, "base units in one sales unit; for catch weight the nominal weight")
	f.BoolVar(&in.CatchWeight, "catch-weight", false, "weighed at acceptance and priced per kg")
	f.StringVar(&in.Storage, "storage", "", "how to store it")
	moneyVar(cmd, &in.ReferencePriceFen, "reference-price", "mean price of the same specification per sales unit")
	return require(cmd, "category", "origin", "base-unit", "sales-unit", "unit-quantity")
}
