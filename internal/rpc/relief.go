package rpc

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// reliefs serves ReliefService.
type reliefs struct {
	pb.UnimplementedReliefServiceServer
	app *app.App
}

// reliefText is the id of the declaration of an offer or order; empty: none.
func reliefText(home string, id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return exchange.ID{Home: home, UUID: id}.String()
}

func reliefDeclaration(r exchange.Relief) *pb.ReliefDeclaration {
	return &pb.ReliefDeclaration{
		Id: r.ID.String(), OfferId: r.Offer.String(), SellerMemberId: idText(r.Seller), SellerAllianceId: idText(r.SellerAlliance),
		ZoneCode: r.SellerDivision, Category: enum[pb.Category](r.Category), OriginCode: r.Origin, BaseUnit: enum[pb.BaseUnit](r.BaseUnit),
		DaysOfStock: int32(r.DaysOfStock), BeforeOfferId: r.Before.String(), BeforePriceFen: r.BeforeFen, BeforeDays: int32(r.BeforeDays),
		PriceFen: r.PriceFen, DropBasisPoints: int32(r.DropBP), From: string(r.Span.From), Until: string(r.Span.To),
		State: enum[pb.ReliefState](r.State), StateReason: r.StateReason, ReplacesId: reliefText(r.ID.Home, r.Replaces),
		OpenTime: stamp(r.OpenedAt), EndTime: stamp(r.EndedAt),
	}
}

func (s *reliefs) DeclareRelief(ctx context.Context, r *pb.DeclareReliefRequest) (*pb.DeclareReliefResponse, error) {
	v, err := s.app.DeclareRelief(ctx, app.DeclareRelief{
		Meta: meta(r), OfferID: r.GetOfferId(), BeforeID: r.GetBeforeOfferId(), DaysOfStock: int(r.GetDaysOfStock()),
		From: r.GetFrom(), Until: r.GetUntil(),
	})
	return answer(ctx, v, err, func(v exchange.Relief) *pb.DeclareReliefResponse {
		return &pb.DeclareReliefResponse{Declaration: reliefDeclaration(v)}
	})
}

func (s *reliefs) GetReliefDeclaration(ctx context.Context, r *pb.GetReliefDeclarationRequest) (*pb.GetReliefDeclarationResponse, error) {
	v, err := s.app.GetRelief(ctx, r.GetId())
	return read(v, err, func(v exchange.Relief) *pb.GetReliefDeclarationResponse {
		return &pb.GetReliefDeclarationResponse{Declaration: reliefDeclaration(v)}
	})
}

func (s *reliefs) ListReliefDeclarations(ctx context.Context, r *pb.ListReliefDeclarationsRequest) (*pb.ListReliefDeclarationsResponse, error) {
	p, err := s.app.ListReliefs(ctx, app.ListReliefs{Paging: paging(r), OfferID: r.GetOfferId(), InForce: r.GetInForce()})
	return read(p, err, func(p app.Page[exchange.Relief]) *pb.ListReliefDeclarationsResponse {
		return &pb.ListReliefDeclarationsResponse{Declarations: each(p.Items, reliefDeclaration), NextPageToken: p.Next}
	})
}

func (s *reliefs) AmendRelief(ctx context.Context, r *pb.AmendReliefRequest) (*pb.AmendReliefResponse, error) {
	v, err := s.app.AmendRelief(ctx, app.AmendRelief{
		Meta: meta(r), ID: r.GetId(), DaysOfStock: int(r.GetDaysOfStock()), Until: r.GetUntil(),
	})
	return answer(ctx, v, err, func(v exchange.Relief) *pb.AmendReliefResponse {
		return &pb.AmendReliefResponse{Declaration: reliefDeclaration(v)}
	})
}

func (s *reliefs) WithdrawRelief(ctx context.Context, r *pb.WithdrawReliefRequest) (*pb.WithdrawReliefResponse, error) {
	v, err := s.app.WithdrawRelief(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Relief) *pb.WithdrawReliefResponse {
		return &pb.WithdrawReliefResponse{Declaration: reliefDeclaration(v)}
	})
}

func (s *reliefs) WatchReliefDeclarations(r *pb.WatchReliefDeclarationsRequest, stream grpc.ServerStreamingServer[pb.WatchReliefDeclarationsResponse]) error {
	return s.app.WatchReliefs(stream.Context(), r.GetPosition(), func(w app.Watched[exchange.Relief]) error {
		m := &pb.WatchReliefDeclarationsResponse{Position: w.Position}
		if e := w.Event; e != nil {
			m.Event = &pb.ReliefEvent{Id: e.ID, Kind: e.Kind, Time: stamp(e.At), Declaration: reliefDeclaration(e.State)}
		}
		return stream.Send(m)
	})
}

func (s *reliefs) GetReliefZones(ctx context.Context, r *pb.GetReliefZonesRequest) (*pb.GetReliefZonesResponse, error) {
	v, err := s.app.ReliefZones(ctx, app.ReliefZones{
		From: r.GetFrom(), Until: r.GetUntil(), Province: r.GetLevel() == pb.ReliefZoneLevel_RELIEF_ZONE_LEVEL_PROVINCE,
	})
	return read(v, err, func(v app.ReliefFigures) *pb.GetReliefZonesResponse {
		return &pb.GetReliefZonesResponse{From: string(v.Span.From), Until: string(v.Span.To), Zones: each(v.Zones, reliefZone)}
	})
}

func reliefZone(z exchange.ReliefZone) *pb.ReliefZone {
	return &pb.ReliefZone{
		ZoneCode: z.Zone, BaseUnit: enum[pb.BaseUnit](z.BaseUnit), Declared: z.Declared, InForce: z.InForce, Orders: z.Orders,
		Quantity: z.Quantity, AmountFen: z.Fen, AcceptedQuantity: z.AcceptedQuantity, AcceptedFen: z.AcceptedFen,
	}
}
