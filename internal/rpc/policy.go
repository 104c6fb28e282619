package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
)

// policy serves PolicyService.
type policy struct {
	pb.UnimplementedPolicyServiceServer
	app *app.App
}

func (s *policy) Explain(ctx context.Context, r *pb.ExplainRequest) (*pb.ExplainResponse, error) {
	v, err := s.app.Explain(ctx, app.Explain{
		Action: r.GetAction(), OfferID: r.GetOfferId(), OrderID: r.GetOrderId(), CertificateID: r.GetCertificateId(),
		Quantity: r.GetQuantity(), ConsigneeCode: r.GetConsigneeCode(), DeliverBy: r.GetDeliverBy(), Reserve: r.GetReserve(),
	})
	return read(v, err, func(v app.Explanation) *pb.ExplainResponse {
		return &pb.ExplainResponse{
			Allow: v.Allow, Denials: reasons(ctx, v.Denials), Warnings: reasons(ctx, v.Warnings),
			Obligations: obligations(v.Obligations), PolicyRevision: v.Revision,
		}
	})
}
