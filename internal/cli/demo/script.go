package demo

import (
	"context"
	"fmt"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
)

// The people of the story; each has a context of this name.
const (
	school      = "jiangsu-school-buyer"
	cooperative = "shaanxi-cooperative"
	county      = "county-authority"
	producer    = "jiangsu-producer"
	retailer    = "shaanxi-retail-buyer"
	team        = "coordination-team"
	riceCounty  = "baoying-authority"
	hospital    = "jiangsu-hospital-buyer"
	secretariat = "jiangsu-secretary"
)

// luochuan is the county whose apples are certified and countable but fill no
// reserve: it is not among the 832.
const luochuan = "610629"

// play runs the whole story: a trade in each direction, what is denied on the
// way, the figures that come of it, and the other ways of buying. An error says what did not come out as
// expected.
func (s *stage) play(ctx context.Context) error {
	s.chapter("Who is who 谁是谁")
	if err := s.introduce(ctx, s.names); err != nil {
		return err
	}
	volumes, _, err := s.volumesBy(ctx, team)
	if err != nil {
		return err
	}
	before := totals(volumes)
	accounts := clearingAccounts(deal{seller: cooperative, buyer: school}, deal{seller: producer, buyer: retailer})
	if err := s.standing(ctx, accounts); err != nil {
		return err
	}
	west, err := s.westToEast(ctx)
	if err != nil {
		return err
	}
	east, err := s.eastToWest(ctx)
	if err != nil {
		return err
	}
	s.chapter("The figures 协作量")
	if err := s.showVolumes(ctx, team, before, []*pb.Order{west, east}); err != nil {
		return err
	}
	if err := s.showClearing(ctx, accounts); err != nil {
		return err
	}
	return s.ways(ctx, s.apples)
}

// westToEast is the trade 陕货进苏: a school in Jiangsu buys apples of Yanchang.
func (s *stage) westToEast(ctx context.Context) (*pb.Order, error) {
	g := yanchang()
	d := deal{
		seller: cooperative, buyer: school, units: 100, rejected: 2, direction: pb.Direction_DIRECTION_SN_TO_JS,
		reserve: true, waybill: "SF1390061210621",
	}
	s.chapter("Shaanxi to Jiangsu 陕货进苏: the goods")
	var err error
	if d.offer, err = s.bring(ctx, g, d.units); err != nil {
		return nil, err
	}
	s.offer, s.apples = d.offer.GetId(), d.offer
	s.chapter("What policy denies 策略拒绝的")
	if err := s.denials(ctx, d.offer); err != nil {
		return nil, err
	}
	s.chapter("Shaanxi to Jiangsu 陕货进苏: the order")
	return s.trade(ctx, d)
}

// eastToWest is the trade 苏货入陕: a shop in Dingbian buys rice of Baoying, on
// an offer that confirms by itself.
func (s *stage) eastToWest(ctx context.Context) (*pb.Order, error) {
	g := goods{
		seller: producer, authority: riceCounty, product: "Baoying organic rice", number: "JS-321023-DEMO",
		scheme: pb.Scheme_SCHEME_JS_AID_PRODUCT, priceFen: 6_000, autoConfirm: true,
	}
	d := deal{
		seller: producer, buyer: retailer, units: 200, direction: pb.Direction_DIRECTION_JS_TO_SN, waybill: "YT3210230825",
	}
	s.chapter("Jiangsu to Shaanxi 苏货入陕")
	var err error
	if d.offer, err = s.bring(ctx, g, d.units); err != nil {
		return nil, err
	}
	s.rice = d.offer.GetId()
	return s.trade(ctx, d)
}

// bring puts goods up for sale: product, certificate, offer.
func (s *stage) bring(ctx context.Context, g goods, units int64) (*pb.Offer, error) {
	product, err := s.findProduct(ctx, g)
	if err != nil {
		return nil, err
	}
	certificate, err := s.certify(ctx, g, product)
	if err != nil {
		return nil, err
	}
	return s.putUp(ctx, g, product, certificate, units*product.GetUnitQuantity())
}

// denials are two orders that must not be placed: apples of Luochuan against
// the school's reserve, and an order by a buyer whose alliance has no grant.
func (s *stage) denials(ctx context.Context, granted *pb.Offer) error {
	var apples *pb.Offer
	_, err := act(ctx, s, school, &pb.ListOffersRequest{OriginCode: luochuan, State: pb.OfferState_OFFER_STATE_PUBLISHED},
		func(out *pb.ListOffersResponse) (string, error) {
			if len(out.GetOffers()) == 0 {
				return "", fmt.Errorf("the school sees no offer from %s", luochuan)
			}
			apples = out.GetOffers()[0]
			return fmt.Sprintf("%s (%s): %s", apples.GetNameZh(), apples.GetNameEn(), offerLine(apples)), nil
		})
	if err != nil {
		return err
	}
	s.say("     The school wants them to fill its reserve (预留份额):")
	err = denied[*pb.PlaceOrderResponse](ctx, s, school,
		&pb.PlaceOrderRequest{OfferId: apples.GetId(), Quantity: apples.GetMoqQuantity(), Reserve: true}, fault.Not832Origin)
	if err != nil {
		return err
	}
	s.say("     A shop whose alliance has no grant of the Shaanxi sellers wants the apples of Yanchang:")
	return denied[*pb.PlaceOrderResponse](ctx, s, retailer,
		&pb.PlaceOrderRequest{OfferId: granted.GetId(), Quantity: granted.GetMoqQuantity()}, fault.NoGrant)
}
