package rpc

import (
	"context"

	"google.golang.org/grpc"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/proof"
)

// demands serves DemandService.
type demands struct {
	pb.UnimplementedDemandServiceServer
	app *app.App
}

func demand(d exchange.Demand) *pb.Demand {
	return &pb.Demand{
		Id: d.ID.String(), BuyerMemberId: idText(d.Buyer), BuyerAllianceId: idText(d.BuyerAlliance), Title: d.Title,
		Category: enum[pb.Category](d.Category), ProductId: idText(d.Product), BaseUnit: enum[pb.BaseUnit](d.BaseUnit), Quantity: d.Quantity,
		ConsigneeCode: d.Consignee, DeliverBy: string(d.DeliverBy), CloseTime: stamp(d.ClosesAt), PublicKey: d.PublicKey,
		Revision: int32(d.Revision), State: enum[pb.DemandState](d.State), StateReason: d.StateReason, Quotes: int32(d.Quotes),
		ClosingDigest: d.ClosingDigest, ClosedTime: stamp(d.ClosedAt), Reserve: d.Reserve, Purpose: enum[pb.Purpose](d.Purpose),
		CreateTime: stamp(d.CreatedAt), UpdateTime: stamp(d.UpdatedAt),
	}
}

func quote(q exchange.SealedQuote) *pb.Quote {
	return &pb.Quote{
		Id: q.ID.String(), DemandId: q.DemandID().String(), Revision: int32(q.Revision), SellerMemberId: idText(q.Seller),
		SellerAllianceId: idText(q.SellerAlliance), ProductId: idText(q.Product), CertificateId: idText(q.Certificate), Digest: q.Digest,
		Commitment: q.Commitment, State: enum[pb.QuoteState](q.State), StateReason: q.StateReason, AwardedQuantity: q.Awarded,
		Content: q.Content, OrderId: q.Order.String(), CreateTime: stamp(q.CreatedAt), UpdateTime: stamp(q.UpdatedAt),
	}
}

func receipt(v proof.Receipt) *pb.Receipt {
	return &pb.Receipt{
		Format: v.Format, TransactionId: v.TransactionID, Position: v.Position, Leaf: v.Leaf, Proof: hashes(v.Proof), Checkpoint: v.Checkpoint,
	}
}

func (s *demands) PostDemand(ctx context.Context, r *pb.PostDemandRequest) (*pb.PostDemandResponse, error) {
	v, err := s.app.PostDemand(ctx, app.PostDemand{
		Meta: meta(r), BuyerMemberID: r.GetBuyerMemberId(), Title: r.GetTitle(), Category: word[exchange.Category](r.GetCategory()),
		ProductID: r.GetProductId(), BaseUnit: word[exchange.BaseUnit](r.GetBaseUnit()), Quantity: r.GetQuantity(),
		ConsigneeCode: r.GetConsigneeCode(), DeliverBy: r.GetDeliverBy(), ClosesAt: instant(r.GetCloseTime()), PublicKey: r.GetPublicKey(),
		Reserve: r.GetReserve(), Purpose: word[exchange.Purpose](r.GetPurpose()),
	})
	return answer(ctx, v, err, func(d exchange.Demand) *pb.PostDemandResponse {
		return &pb.PostDemandResponse{Demand: demand(d), Warnings: reasons(ctx, v.Warnings)}
	})
}

func (s *demands) GetDemand(ctx context.Context, r *pb.GetDemandRequest) (*pb.GetDemandResponse, error) {
	v, err := s.app.GetDemand(ctx, r.GetId())
	return read(v, err, func(v exchange.Demand) *pb.GetDemandResponse { return &pb.GetDemandResponse{Demand: demand(v)} })
}

func (s *demands) ListDemands(ctx context.Context, r *pb.ListDemandsRequest) (*pb.ListDemandsResponse, error) {
	p, err := s.app.ListDemands(ctx, app.ListDemands{
		Paging: paging(r), State: word[exchange.DemandState](r.GetState()), Category: word[exchange.Category](r.GetCategory()),
	})
	return read(p, err, func(p app.Page[exchange.Demand]) *pb.ListDemandsResponse {
		return &pb.ListDemandsResponse{Demands: each(p.Items, demand), NextPageToken: p.Next}
	})
}

func (s *demands) AmendDemand(ctx context.Context, r *pb.AmendDemandRequest) (*pb.AmendDemandResponse, error) {
	v, err := s.app.AmendDemand(ctx, app.AmendDemand{
		Meta: meta(r), ID: r.GetId(), Title: r.GetTitle(), Quantity: r.GetQuantity(), DeliverBy: r.GetDeliverBy(),
		ClosesAt: instant(r.GetCloseTime()), PublicKey: r.GetPublicKey(), Reason: r.GetReason(),
	})
	return answer(ctx, v, err, func(v app.AmendedDemand) *pb.AmendDemandResponse {
		return &pb.AmendDemandResponse{Demand: demand(v.Demand), VoidQuotes: int32(v.Void)}
	})
}

func (s *demands) CancelDemand(ctx context.Context, r *pb.CancelDemandRequest) (*pb.CancelDemandResponse, error) {
	v, err := s.app.CancelDemand(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.Demand) *pb.CancelDemandResponse { return &pb.CancelDemandResponse{Demand: demand(v)} })
}

func (s *demands) SealQuote(ctx context.Context, r *pb.SealQuoteRequest) (*pb.SealQuoteResponse, error) {
	v, err := s.app.SealQuote(ctx, app.SealQuote{
		Meta: meta(r), DemandID: r.GetDemandId(), Revision: int(r.GetRevision()), ProductID: r.GetProductId(),
		CertificateID: r.GetCertificateId(), Sealed: r.GetSealed(), Commitment: r.GetCommitment(),
	})
	return answer(ctx, v, err, func(v exchange.SealedQuote) *pb.SealQuoteResponse { return &pb.SealQuoteResponse{Quote: quote(v)} })
}

func (s *demands) WithdrawQuote(ctx context.Context, r *pb.WithdrawQuoteRequest) (*pb.WithdrawQuoteResponse, error) {
	v, err := s.app.WithdrawQuote(ctx, stepOf(r))
	return answer(ctx, v, err, func(v exchange.SealedQuote) *pb.WithdrawQuoteResponse {
		return &pb.WithdrawQuoteResponse{Quote: quote(v)}
	})
}

func (s *demands) GetQuote(ctx context.Context, r *pb.GetQuoteRequest) (*pb.GetQuoteResponse, error) {
	v, err := s.app.GetQuote(ctx, r.GetId())
	return read(v, err, func(v exchange.SealedQuote) *pb.GetQuoteResponse { return &pb.GetQuoteResponse{Quote: quote(v)} })
}

func (s *demands) ListQuotes(ctx context.Context, r *pb.ListQuotesRequest) (*pb.ListQuotesResponse, error) {
	p, err := s.app.ListQuotes(ctx, app.ListQuotes{
		Paging: paging(r), DemandID: r.GetDemandId(), State: word[exchange.QuoteState](r.GetState()),
	})
	return read(p, err, func(p app.Page[exchange.SealedQuote]) *pb.ListQuotesResponse {
		return &pb.ListQuotesResponse{Quotes: each(p.Items, quote), NextPageToken: p.Next}
	})
}

func (s *demands) OpenQuotes(ctx context.Context, r *pb.OpenQuotesRequest) (*pb.OpenQuotesResponse, error) {
	v, err := s.app.OpenQuotes(ctx, r.GetId())
	return read(v, err, func(v app.OpenedQuotes) *pb.OpenQuotesResponse {
		return &pb.OpenQuotesResponse{Demand: demand(v.Demand), Quotes: each(v.Quotes, func(q exchange.SealedQuote) *pb.SealedQuote {
			return &pb.SealedQuote{Quote: quote(q), Sealed: v.Sealed[q.ID]}
		})}
	})
}

func (s *demands) AwardDemand(ctx context.Context, r *pb.AwardDemandRequest) (*pb.AwardDemandResponse, error) {
	v, err := s.app.AwardDemand(ctx, app.AwardDemand{Meta: meta(r), ID: r.GetId(), Lines: each(r.GetLines(), func(l *pb.AwardLine) app.AwardLine {
		return app.AwardLine{QuoteID: l.GetQuoteId(), Quantity: l.GetQuantity(), Content: l.GetContent()}
	})})
	return answer(ctx, v, err, func(w app.Awarded) *pb.AwardDemandResponse {
		return &pb.AwardDemandResponse{
			Demand: demand(w.Demand), Quotes: each(w.Quotes, quote), Orders: each(w.Orders, order), Warnings: reasons(ctx, v.Warnings),
		}
	})
}

func (s *demands) GetDemandReceipt(ctx context.Context, r *pb.GetDemandReceiptRequest) (*pb.GetDemandReceiptResponse, error) {
	v, err := s.app.GetDemandReceipt(ctx, r.GetId())
	return read(v, err, func(v proof.Receipt) *pb.GetDemandReceiptResponse {
		return &pb.GetDemandReceiptResponse{Receipt: receipt(v)}
	})
}

func (s *demands) GetQuoteReceipt(ctx context.Context, r *pb.GetQuoteReceiptRequest) (*pb.GetQuoteReceiptResponse, error) {
	v, err := s.app.GetQuoteReceipt(ctx, r.GetId())
	return read(v, err, func(v proof.Receipt) *pb.GetQuoteReceiptResponse {
		return &pb.GetQuoteReceiptResponse{Receipt: receipt(v)}
	})
}

func (s *demands) WatchDemands(r *pb.WatchDemandsRequest, stream grpc.ServerStreamingServer[pb.WatchDemandsResponse]) error {
	return s.app.WatchDemands(stream.Context(), r.GetPosition(), func(w app.Watched[exchange.Demand]) error {
		m := &pb.WatchDemandsResponse{Position: w.Position}
		if e := w.Event; e != nil {
			m.Event = &pb.DemandEvent{Id: e.ID, Kind: e.Kind, Time: stamp(e.At), Demand: demand(e.State)}
		}
		return stream.Send(m)
	})
}
