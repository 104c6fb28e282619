package demo

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/sealedbid"
)

const (
	// open is for how long the demo lets sellers quote and buyers join.
	open = 6 * time.Second
	// closingTime bounds the wait for a closing after its time.
	closingTime = time.Minute
	closingPoll = 250 * time.Millisecond
)

// ways shows the ways of buying beside an order from an offer, all with the
// apples of the first trade.
func (s *stage) ways(ctx context.Context, apples *pb.Offer) error {
	for _, way := range []struct {
		title string
		tell  func(context.Context, *pb.Offer) error
	}{
		{"The relief zone 保供给防滞销", s.relief},
		{"A reserve that reaches its share 预留份额", s.reserve},
		{"A forward contract 订单农业", s.forward},
		{"A sealed demand 询价", s.sealed},
		{"A group buy 团购", s.together},
		{"The relief zone comes first", s.zoneFirst},
	} {
		s.chapter(way.title)
		if err := way.tell(ctx, apples); err != nil {
			return err
		}
	}
	return nil
}

// reserve files the school's plan for the year, whose share the apples that it
// has accepted fill.
func (s *stage) reserve(ctx context.Context, _ *pb.Offer) error {
	const budgetFen, rateBP, reached = 5_000_000, 1_000, 10_000
	plan, err := s.plan(ctx, &pb.FileReservePlanRequest{
		Year: int32(s.today().Year()), Canteen: pb.Canteen_CANTEEN_OWN, BudgetFen: budgetFen, RateBasisPoints: rateBP,
	})
	if err != nil {
		return err
	}
	_, err = act(ctx, s, school, &pb.GetReserveProgressRequest{Id: plan.GetId()}, func(out *pb.GetReserveProgressResponse) (string, error) {
		p := out.GetProgress()
		if p.GetReachedBasisPoints() < reached {
			return "", fmt.Errorf("accepted %s of %s", yuan(p.GetAcceptedFen()), yuan(p.GetTargetFen()))
		}
		return fmt.Sprintf("accepted %s in %d orders of the 832 counties, of %s to reach: %d %%", yuan(p.GetAcceptedFen()), p.GetOrders(),
			yuan(p.GetTargetFen()), p.GetReachedBasisPoints()/100), nil
	})
	return err
}

// plan finds the plan of an earlier start, or files one: a unit has one a year.
func (s *stage) plan(ctx context.Context, in *pb.FileReservePlanRequest) (*pb.ReservePlan, error) {
	line := func(p *pb.ReservePlan) string {
		return fmt.Sprintf("plan of %d: %s of a food budget of %s for goods of the 832 counties", p.GetYear(), yuan(p.GetTargetFen()), yuan(p.GetBudgetFen()))
	}
	var known *pb.ReservePlan
	_, err := act(ctx, s, school, &pb.ListReservePlansRequest{Year: in.GetYear(), State: pb.ReservePlanState_RESERVE_PLAN_STATE_FILED},
		func(out *pb.ListReservePlansResponse) (string, error) {
			for _, p := range out.GetReservePlans() {
				if p.GetUnitMemberId() == s.people[school].member {
					known = p
					return "of an earlier start: " + line(p), nil
				}
			}
			return "no plan is filed for " + strconv.Itoa(int(in.GetYear())), nil
		})
	if err != nil || known != nil {
		return known, err
	}
	filed, err := act(ctx, s, school, in, func(out *pb.FileReservePlanResponse) (string, error) { return line(out.GetReservePlan()), nil })
	return filed.GetReservePlan(), err
}

// forward is a contract for next month's apples, and an order that is called off it.
func (s *stage) forward(ctx context.Context, apples *pb.Offer) error {
	const seasonDays, contracted, calledOff = 60, 100, 40
	unit := apples.GetUnitQuantity()
	out, err := act(ctx, s, cooperative, &pb.ProposeContractRequest{
		BuyerMemberId: s.people[school].member, ProductId: apples.GetProductId(), CertificateId: apples.GetCertificateId(),
		Variety: "富士 80 mm", SeasonFrom: string(s.today()), SeasonTo: string(s.today().Plus(seasonDays)), LeadDays: leadDays,
		Schedule:             []*pb.Delivery{{Day: string(s.today().Plus(seasonDays / 2)), Quantity: contracted * unit}},
		ToleranceBasisPoints: 1_000, FloorPriceFen: apples.GetPriceFen(),
	}, func(out *pb.ProposeContractResponse) (string, error) { return contractLine(out.GetContract()), nil })
	if err != nil {
		return err
	}
	id := out.GetContract().GetId()
	_, err = act(ctx, s, school, &pb.SignContractRequest{Id: id},
		func(out *pb.SignContractResponse) (string, error) { return contractLine(out.GetContract()), nil })
	if err != nil {
		return err
	}
	_, err = act(ctx, s, school, &pb.CallOffContractRequest{Id: id, Quantity: calledOff * unit},
		func(out *pb.CallOffContractResponse) (string, error) {
			return inState(out.GetOrder(), pb.OrderState_ORDER_STATE_CONFIRMED)
		})
	if err != nil {
		return err
	}
	s.say("     More than the contract and its tolerance of a tenth:")
	return denied[*pb.CallOffContractResponse](ctx, s, school,
		&pb.CallOffContractRequest{Id: id, Quantity: contracted * unit}, fault.ContractExceeded)
}

func contractLine(c *pb.Contract) string {
	return fmt.Sprintf("contract %s is %s: %d × %s at no less than %s, %s to %s", c.GetId(), nameOf(c.GetState()),
		units(c.GetQuantity(), c.GetUnitQuantity()), c.GetVariety(), yuan(c.GetFloorPriceFen()), c.GetSeasonFrom(), c.GetSeasonTo())
}

// sealed is a demand with one quote, which nobody can read before the closing.
func (s *stage) sealed(ctx context.Context, apples *pb.Offer) error {
	private, public, err := sealedbid.NewKey()
	if err != nil {
		return err
	}
	const wanted = 50
	out, err := act(ctx, s, school, &pb.PostDemandRequest{
		Title: "apples for the canteen / 食堂用苹果", Category: apples.GetCategory(), BaseUnit: apples.GetBaseUnit(),
		Quantity: wanted * apples.GetUnitQuantity(), DeliverBy: string(s.today().Plus(2 * leadDays)), PublicKey: public,
		CloseTime: timestamppb.New(time.Now().Add(open)),
	}, func(out *pb.PostDemandResponse) (string, error) {
		return fmt.Sprintf("demand %s is %s; the key that opens its quotes stays with the school", out.GetDemand().GetId(), nameOf(out.GetDemand().GetState())), nil
	})
	if err != nil {
		return err
	}
	demand := out.GetDemand()
	if err := s.quote(ctx, demand, apples); err != nil {
		return err
	}
	s.say("     The school wants to look before the closing:")
	if err := denied[*pb.OpenQuotesResponse](ctx, s, school, &pb.OpenQuotesRequest{Id: demand.GetId()}, fault.QuotesSealed); err != nil {
		return err
	}
	if err := s.until(ctx, demand.GetCloseTime().AsTime(), "the demand", func() (bool, error) {
		out, _, err := call[*pb.GetDemandResponse](ctx, s.client, s.as(school), &pb.GetDemandRequest{Id: demand.GetId()})
		return out.GetDemand().GetState() == pb.DemandState_DEMAND_STATE_CLOSED, err
	}); err != nil {
		return err
	}
	return s.award(ctx, demand, private)
}

// quote seals the cooperative's quote to a demand's key and hands it in.
func (s *stage) quote(ctx context.Context, d *pb.Demand, apples *pb.Offer) error {
	salt, err := sealedbid.NewSalt()
	if err != nil {
		return err
	}
	content, err := sealedbid.Content{
		Demand: d.GetId(), Revision: int(d.GetRevision()), Seller: s.people[cooperative].member, Product: apples.GetProductId(),
		Certificate: apples.GetCertificateId(), Quantity: d.GetQuantity(), PriceBasis: nameOf(apples.GetPriceBasis()),
		PriceFen: apples.GetPriceFen() - 100, LeadDays: leadDays, Salt: salt,
	}.Encode()
	if err != nil {
		return err
	}
	sealed, err := sealedbid.Seal(content, d.GetPublicKey())
	if err != nil {
		return err
	}
	_, err = act(ctx, s, cooperative, &pb.SealQuoteRequest{
		DemandId: d.GetId(), Revision: d.GetRevision(), ProductId: apples.GetProductId(), CertificateId: apples.GetCertificateId(),
		Sealed: sealed, Commitment: sealedbid.Digest(content),
	}, func(out *pb.SealQuoteResponse) (string, error) {
		return fmt.Sprintf("quote %s is %s: %d bytes that only the school's key opens", out.GetQuote().GetId(), nameOf(out.GetQuote().GetState()), len(sealed)), nil
	})
	return err
}

// award opens the quotes of a demand that has closed and awards the first of them.
func (s *stage) award(ctx context.Context, d *pb.Demand, private string) error {
	var line *pb.AwardLine
	_, err := act(ctx, s, school, &pb.OpenQuotesRequest{Id: d.GetId()}, func(out *pb.OpenQuotesResponse) (string, error) {
		if len(out.GetQuotes()) != 1 {
			return "", fmt.Errorf("%d quotes, wanted 1", len(out.GetQuotes()))
		}
		q := out.GetQuotes()[0]
		content, says, err := sealedbid.Open(q.GetSealed(), private, q.GetQuote().GetDigest(), q.GetQuote().GetCommitment())
		line = &pb.AwardLine{QuoteId: q.GetQuote().GetId(), Quantity: says.Quantity, Content: content}
		return fmt.Sprintf("quote %s opens to %s a unit, as its seller committed to", line.GetQuoteId(), yuan(says.PriceFen)), err
	})
	if err != nil {
		return err
	}
	_, err = act(ctx, s, school, &pb.AwardDemandRequest{Id: d.GetId(), Lines: []*pb.AwardLine{line}}, func(out *pb.AwardDemandResponse) (string, error) {
		if len(out.GetOrders()) != 1 {
			return "", fmt.Errorf("%d orders, wanted 1", len(out.GetOrders()))
		}
		return orderLine(out.GetOrders()[0]), nil
	})
	return err
}

// together is a group buy of the alliance's secretariat that two members join.
func (s *stage) together(ctx context.Context, apples *pb.Offer) error {
	const part = 20
	unit := apples.GetUnitQuantity()
	out, err := act(ctx, s, secretariat, &pb.OpenGroupBuyRequest{
		OfferId: apples.GetId(), Title: "apples for our canteens / 食堂苹果团购", MinimumQuantity: 2 * part * unit,
		CloseTime: timestamppb.New(time.Now().Add(open)),
	}, func(out *pb.OpenGroupBuyResponse) (string, error) { return groupLine(out.GetGroupBuy(), unit), nil })
	if err != nil {
		return err
	}
	group := out.GetGroupBuy()
	for _, buyer := range []string{school, hospital} {
		_, err := act(ctx, s, buyer, &pb.JoinGroupBuyRequest{Id: group.GetId(), Quantity: part * unit},
			func(out *pb.JoinGroupBuyResponse) (string, error) { return groupLine(out.GetGroupBuy(), unit), nil })
		if err != nil {
			return err
		}
	}
	if err := s.until(ctx, group.GetCloseTime().AsTime(), "the group buy", func() (bool, error) {
		out, _, err := call[*pb.GetGroupBuyResponse](ctx, s.client, s.as(school), &pb.GetGroupBuyRequest{Id: group.GetId()})
		return out.GetGroupBuy().GetState() != pb.GroupBuyState_GROUP_BUY_STATE_OPEN, err
	}); err != nil {
		return err
	}
	_, err = act(ctx, s, secretariat, &pb.ListGroupJoinsRequest{GroupId: group.GetId()}, func(out *pb.ListGroupJoinsResponse) (string, error) {
		orders := ""
		for _, j := range out.GetJoins() {
			if j.GetState() != pb.JoinState_JOIN_STATE_ORDERED {
				return "", fmt.Errorf("a part is %s: %s", nameOf(j.GetState()), j.GetStateReason())
			}
			orders += " " + j.GetOrderId()
		}
		return fmt.Sprintf("%d parts, each an order:%s", len(out.GetJoins()), orders), nil
	})
	return err
}

func groupLine(g *pb.GroupBuy, unit int64) string {
	return fmt.Sprintf("group buy %s is %s: %d of at least %d units joined by %d members", g.GetId(), nameOf(g.GetState()),
		units(g.GetJoinedQuantity(), unit), units(g.GetMinimumQuantity(), unit), g.GetMembers())
}

func (s *stage) as(who string) asked { return asked{token: s.people[who].token} }

// until waits for a closing, which the exchange does by itself at its time.
func (s *stage) until(ctx context.Context, closes time.Time, what string, closed func() (bool, error)) error {
	s.say("     Nobody acts: the exchange closes %s at %s.", what, closes.Format(time.TimeOnly))
	ctx, cancel := context.WithDeadline(ctx, closes.Add(closingTime))
	defer cancel()
	for {
		done, err := closed()
		if done || err != nil {
			// The exchange did it, later than any write whose token is known here:
			// lists of the nearest copy would not have it yet.
			s.client.seen.Store(latestRead)
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s did not close by itself: %w", what, context.Cause(ctx))
		case <-time.After(closingPoll):
		}
	}
}
