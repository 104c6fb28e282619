package demo

import (
	"context"
	"fmt"
	"time"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
)

// rankTime bounds the wait for a declaration to rank: lists have the zone as of half a
// minute ago.
const rankTime = 2 * time.Minute

// relief offers apples a tenth below their price and declares them for the relief
// zone. Compared with the price of a moment ago that is refused: it has not stood for
// as long as the zone's terms want. Compared with an offer that has stood for ten
// days it is in force, where the database has one.
func (s *stage) relief(ctx context.Context, apples *pb.Offer) error {
	const tenths, daysOfStock, days = 9, 45, 14
	created, err := act(ctx, s, cooperative, &pb.CreateOfferRequest{
		ProductId: apples.GetProductId(), CertificateId: apples.GetCertificateId(), Quantity: apples.GetUnitQuantity(),
		PriceBasis: apples.GetPriceBasis(), PriceFen: apples.GetPriceFen() / 10 * tenths, LeadDays: leadDays,
		SeasonFrom: string(s.today()), SeasonTo: apples.GetSeasonTo(),
	}, func(out *pb.CreateOfferResponse) (string, error) { return offerLine(out.GetOffer()), nil })
	if err != nil {
		return err
	}
	cheaper := created.GetOffer()
	_, err = act(ctx, s, cooperative, &pb.PublishOfferRequest{Id: cheaper.GetId()},
		func(out *pb.PublishOfferResponse) (string, error) { return offerLine(out.GetOffer()), nil })
	if err != nil {
		return err
	}
	s.cheaper = cheaper
	s.say("     The seller says that they move slowly, and compares with the price of a moment ago:")
	declare := &pb.DeclareReliefRequest{
		OfferId: cheaper.GetId(), BeforeOfferId: apples.GetId(), DaysOfStock: daysOfStock, Until: string(s.today().Plus(days)),
	}
	if err := denied[*pb.DeclareReliefResponse](ctx, s, cooperative, declare, fault.ReliefTerms); err != nil {
		return err
	}
	before, err := s.priceBefore(ctx, apples)
	if err != nil || before == nil {
		return err
	}
	s.say("     And with the price that they had before:")
	declare.BeforeOfferId = before.GetId()
	_, err = act(ctx, s, cooperative, declare, func(out *pb.DeclareReliefResponse) (string, error) {
		r := out.GetDeclaration()
		s.declared = r.GetState() == pb.ReliefState_RELIEF_STATE_OPEN
		return fmt.Sprintf("declaration %s is %s until %s: %s was the price for %d days and is %s, %d.%02d %% less", r.GetId(), nameOf(r.GetState()),
			r.GetUntil(), yuan(r.GetBeforePriceFen()), r.GetBeforeDays(), yuan(r.GetPriceFen()), r.GetDropBasisPoints()/100, r.GetDropBasisPoints()%100), nil
	})
	return err
}

// zoneFirst looks at the school's list, which has what is declared before offers that
// are newer, and ends what relief began.
func (s *stage) zoneFirst(ctx context.Context, _ *pb.Offer) error {
	if s.declared {
		if err := s.seeZone(ctx); err != nil {
			return err
		}
	} else {
		s.say("     Nothing is declared: this database has no offer whose price has stood for a week.")
	}
	_, err := act(ctx, s, cooperative, &pb.WithdrawOfferRequest{Id: s.cheaper.GetId(), Reason: "demo"},
		func(out *pb.WithdrawOfferResponse) (string, error) { return offerLine(out.GetOffer()), nil })
	return err
}

// belowZone is the first offer that is not in the zone, which may also have what was
// declared in a story that was broken off.
func belowZone(offers []*pb.Offer) *pb.Offer {
	for _, o := range offers {
		if o.GetReliefId() == "" {
			return o
		}
	}
	return nil
}

// seeZone waits until the declaration ranks, and shows the beginning of the list.
func (s *stage) seeZone(ctx context.Context) error {
	const shown = 3
	s.say("     Lists have the zone as of half a minute ago. A school's has it first:")
	ctx, cancel := context.WithTimeout(ctx, rankTime)
	defer cancel()
	in := &pb.ListOffersRequest{PageSize: pageSize}
	for {
		out, told, err := call[*pb.ListOffersResponse](ctx, s.client, s.as(school), in)
		if err != nil {
			s.step(school, told, "NOT AS EXPECTED: "+err.Error())
			return err
		}
		offers := out.GetOffers()
		if below := belowZone(offers); len(offers) > 0 && offers[0].GetId() == s.cheaper.GetId() && below.GetCreateTime().AsTime().After(s.cheaper.GetCreateTime().AsTime()) {
			var lines []string
			for _, o := range offers[:min(len(offers), shown)] {
				zone := "        "
				if o.GetReliefId() != "" {
					zone = "in zone "
				}
				lines = append(lines, zone+o.GetCreateTime().AsTime().Format(time.TimeOnly)+" "+offerLine(o))
			}
			s.step(school, told, lines...)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the declared apples are not before what is newer: %w", context.Cause(ctx))
		case <-time.After(closingPoll):
		}
	}
}
