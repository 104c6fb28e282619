package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// forOthers reads what an order says of its payer, consignee and pair.
func forOthers(r interface {
	GetPayerMemberId() string
	GetConsigneeName() string
	GetDonationFen() int64
	GetPairTags() []string
}) app.ForOthers {
	return app.ForOthers{
		PayerID: r.GetPayerMemberId(), ConsigneeName: r.GetConsigneeName(), DonationFen: r.GetDonationFen(), PairTags: r.GetPairTags(),
	}
}

func payerConsent(c exchange.PayerConsent) *pb.PayerConsent {
	return &pb.PayerConsent{
		Id: c.ID.String(), PayerMemberId: c.Payer.String(), BuyerMemberId: c.Buyer.String(), LimitFen: c.LimitFen, UsedFen: c.UsedFen,
		ValidFrom: string(c.Valid.From), ValidTo: string(c.Valid.To), RevokeTime: stamp(c.RevokedAt), CreateTime: stamp(c.CreatedAt),
	}
}

func (s *orders) GivePayerConsent(ctx context.Context, r *pb.GivePayerConsentRequest) (*pb.GivePayerConsentResponse, error) {
	v, err := s.app.GivePayerConsent(ctx, app.GivePayerConsent{
		Meta: meta(r), BuyerID: r.GetBuyerMemberId(), LimitFen: r.GetLimitFen(), ValidFrom: r.GetValidFrom(), ValidTo: r.GetValidTo(),
	})
	return answer(ctx, v, err, func(c exchange.PayerConsent) *pb.GivePayerConsentResponse {
		return &pb.GivePayerConsentResponse{Consent: payerConsent(c)}
	})
}

func (s *orders) RevokePayerConsent(ctx context.Context, r *pb.RevokePayerConsentRequest) (*pb.RevokePayerConsentResponse, error) {
	v, err := s.app.RevokePayerConsent(ctx, stepOf(r))
	return answer(ctx, v, err, func(c exchange.PayerConsent) *pb.RevokePayerConsentResponse {
		return &pb.RevokePayerConsentResponse{Consent: payerConsent(c)}
	})
}

func (s *orders) ListPayerConsents(ctx context.Context, r *pb.ListPayerConsentsRequest) (*pb.ListPayerConsentsResponse, error) {
	p, err := s.app.ListPayerConsents(ctx, paging(r))
	return read(p, err, func(p app.Page[exchange.PayerConsent]) *pb.ListPayerConsentsResponse {
		return &pb.ListPayerConsentsResponse{Consents: each(p.Items, payerConsent), NextPageToken: p.Next}
	})
}

func (s *orders) PayDonation(ctx context.Context, r *pb.PayDonationRequest) (*pb.PayDonationResponse, error) {
	v, err := s.app.PayDonation(ctx, app.PayDonation{Meta: meta(r), ID: r.GetId(), BankReference: r.GetBankReference()})
	return answer(ctx, v, err, func(v exchange.Order) *pb.PayDonationResponse { return &pb.PayDonationResponse{Order: order(v)} })
}
