package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// catalog serves CatalogService.
type catalog struct {
	pb.UnimplementedCatalogServiceServer
	app *app.App
}

func product(p exchange.Product) *pb.Product {
	return &pb.Product{
		Id: p.ID.String(), ProducerMemberId: p.Producer.String(), NameZh: p.NameZH, NameEn: p.NameEN,
		Category: enum[pb.Category](p.Category), OriginCode: p.Origin, BaseUnit: enum[pb.BaseUnit](p.BaseUnit),
		SalesUnit: p.SalesUnit, UnitQuantity: p.UnitQuantity, CatchWeight: p.CatchWeight, ReferencePriceFen: p.ReferenceFen,
		Storage: p.Storage, CreateTime: stamp(p.CreatedAt),
	}
}

func (s *catalog) CreateProduct(ctx context.Context, r *pb.CreateProductRequest) (*pb.CreateProductResponse, error) {
	v, err := s.app.CreateProduct(ctx, app.CreateProduct{
		Meta: meta(r), NameZH: r.GetNameZh(), NameEN: r.GetNameEn(), Category: word[exchange.Category](r.GetCategory()),
		OriginCode: r.GetOriginCode(), BaseUnit: word[exchange.BaseUnit](r.GetBaseUnit()), SalesUnit: r.GetSalesUnit(),
		UnitQuantity: r.GetUnitQuantity(), CatchWeight: r.GetCatchWeight(), ReferencePriceFen: r.GetReferencePriceFen(),
		Storage: r.GetStorage(),
	})
	return answer(ctx, v, err, func(v exchange.Product) *pb.CreateProductResponse {
		return &pb.CreateProductResponse{Product: product(v)}
	})
}

func (s *catalog) GetProduct(ctx context.Context, r *pb.GetProductRequest) (*pb.GetProductResponse, error) {
	v, err := s.app.GetProduct(ctx, r.GetId())
	return read(v, err, func(v exchange.Product) *pb.GetProductResponse { return &pb.GetProductResponse{Product: product(v)} })
}

func (s *catalog) ListProducts(ctx context.Context, r *pb.ListProductsRequest) (*pb.ListProductsResponse, error) {
	p, err := s.app.ListProducts(ctx, app.ListProducts{Paging: paging(r), ProducerMemberID: r.GetProducerMemberId(), Query: r.GetQuery()})
	return read(p, err, func(p app.Page[exchange.Product]) *pb.ListProductsResponse {
		return &pb.ListProductsResponse{Products: each(p.Items, product), NextPageToken: p.Next}
	})
}
