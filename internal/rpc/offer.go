package rpc

import (
	"context"

	"google.golang.org/grpc"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// offers serves OfferService.
type offers struct {
	pb.UnimplementedOfferServiceServer
	app *app.App
}

func offer(o exchange.Offer) *pb.Offer {
	return &pb.Offer{
		Id: o.ID.String(), SellerMemberId: idText(o.Seller), SellerAllianceId: idText(o.SellerAlliance),
		ProductId: idText(o.Product), CertificateId: idText(o.Certificate), NameZh: o.NameZH, NameEn: o.NameEN,
		Category: enum[pb.Category](o.Category), OriginCode: o.Origin, BaseUnit: enum[pb.BaseUnit](o.BaseUnit),
		SalesUnit: o.SalesUnit, UnitQuantity: o.UnitQuantity, Quantity: o.Quantity, TakenQuantity: o.Taken,
		RemainingQuantity: o.Remaining(), MoqQuantity: o.MOQ, PriceBasis: enum[pb.PriceBasis](o.PriceBasis),
		PriceFen: o.PriceFen, SeasonFrom: string(o.Season.From), SeasonTo: string(o.Season.To), LeadDays: int32(o.LeadDays),
		AutoConfirm: o.AutoConfirm, State: enum[pb.OfferState](o.State), StateReason: o.StateReason,
		CreateTime: stamp(o.CreatedAt), UpdateTime: stamp(o.UpdatedAt), LotId: lotOfOffer(o),
		ReservedForMemberId: idText(o.ReservedFor), Way: enum[pb.Way](o.Way), WayId: idText(o.WayID),
		ReliefId: reliefText(o.ID.Home, o.Relief), ReliefFrom: string(o.ReliefSpan.From), ReliefUntil: string(o.ReliefSpan.To),
	}
}

func offerStep(s step) app.StepOffer {
	return app.StepOffer(stepOf(s))
}

func (s *offers) CreateOffer(ctx context.Context, r *pb.CreateOfferRequest) (*pb.CreateOfferResponse, error) {
	v, err := s.app.CreateOffer(ctx, app.CreateOffer{
		Meta: meta(r), ProductID: r.GetProductId(), CertificateID: r.GetCertificateId(), LotID: r.GetLotId(), Quantity: r.GetQuantity(),
		MOQQuantity: r.GetMoqQuantity(), PriceBasis: word[exchange.PriceBasis](r.GetPriceBasis()), PriceFen: r.GetPriceFen(),
		SeasonFrom: r.GetSeasonFrom(), SeasonTo: r.GetSeasonTo(), LeadDays: int(r.GetLeadDays()), AutoConfirm: r.GetAutoConfirm(),
	})
	return answer(ctx, v, err, func(v exchange.Offer) *pb.CreateOfferResponse { return &pb.CreateOfferResponse{Offer: offer(v)} })
}

func (s *offers) GetOffer(ctx context.Context, r *pb.GetOfferRequest) (*pb.GetOfferResponse, error) {
	v, err := s.app.GetOffer(ctx, r.GetId())
	return read(v, err, func(v exchange.Offer) *pb.GetOfferResponse { return &pb.GetOfferResponse{Offer: offer(v)} })
}

func (s *offers) ListOffers(ctx context.Context, r *pb.ListOffersRequest) (*pb.ListOffersResponse, error) {
	p, err := s.app.ListOffers(ctx, app.ListOffers{
		Paging: paging(r), State: word[exchange.OfferState](r.GetState()), Category: word[exchange.Category](r.GetCategory()),
		OriginCode: r.GetOriginCode(), SellerMemberID: r.GetSellerMemberId(), Query: r.GetQuery(),
	})
	return read(p, err, func(p app.Page[exchange.Offer]) *pb.ListOffersResponse {
		return &pb.ListOffersResponse{Offers: each(p.Items, offer), NextPageToken: p.Next}
	})
}

func (s *offers) PublishOffer(ctx context.Context, r *pb.PublishOfferRequest) (*pb.PublishOfferResponse, error) {
	v, err := s.app.PublishOffer(ctx, offerStep(r))
	return answer(ctx, v, err, func(o exchange.Offer) *pb.PublishOfferResponse {
		return &pb.PublishOfferResponse{Offer: offer(o), Warnings: reasons(ctx, v.Warnings)}
	})
}

func (s *offers) ResumeOffer(ctx context.Context, r *pb.ResumeOfferRequest) (*pb.ResumeOfferResponse, error) {
	v, err := s.app.ResumeOffer(ctx, offerStep(r))
	return answer(ctx, v, err, func(o exchange.Offer) *pb.ResumeOfferResponse {
		return &pb.ResumeOfferResponse{Offer: offer(o), Warnings: reasons(ctx, v.Warnings)}
	})
}

func (s *offers) PauseOffer(ctx context.Context, r *pb.PauseOfferRequest) (*pb.PauseOfferResponse, error) {
	v, err := s.app.PauseOffer(ctx, offerStep(r))
	return answer(ctx, v, err, func(v exchange.Offer) *pb.PauseOfferResponse { return &pb.PauseOfferResponse{Offer: offer(v)} })
}

func (s *offers) WithdrawOffer(ctx context.Context, r *pb.WithdrawOfferRequest) (*pb.WithdrawOfferResponse, error) {
	v, err := s.app.WithdrawOffer(ctx, offerStep(r))
	return answer(ctx, v, err, func(v exchange.Offer) *pb.WithdrawOfferResponse {
		return &pb.WithdrawOfferResponse{Offer: offer(v)}
	})
}

func (s *offers) WatchOffers(r *pb.WatchOffersRequest, stream grpc.ServerStreamingServer[pb.WatchOffersResponse]) error {
	return s.app.WatchOffers(stream.Context(), r.GetPosition(), func(w app.Watched[exchange.Offer]) error {
		m := &pb.WatchOffersResponse{Position: w.Position}
		if e := w.Event; e != nil {
			m.Event = &pb.OfferEvent{Id: e.ID, Kind: e.Kind, Time: stamp(e.At), Offer: offer(e.State)}
		}
		return stream.Send(m)
	})
}
