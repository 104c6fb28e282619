package authz

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// proveDecisions asks about every action, with facts that fit and with none, so
// that rules which contradict each other, never end, or give no decision are
// refused when they are loaded. What only other facts bring out is a denial at
// the request (Decide).
func (r *revision) proveDecisions(ctx context.Context, limit time.Duration, steps int) error {
	run, err := r.begin(ctx, limit)
	if err != nil {
		return err
	}
	defer run.end()
	for _, action := range Actions() {
		for _, q := range []Question{sampleQuestion(), {}} {
			q.Action, q.At = action, time.Now()
			m := &meter{most: steps, cancel: run.cancel}
			d, err := run.decide(q.term(nil, nil), action, m)
			if err != nil {
				return fmt.Errorf("authz: the decision on %s: %w", action, m.explain(err))
			}
			if len(d.Denials) == 1 && d.Denials[0].Code == fault.PolicyUndefined {
				return fmt.Errorf("authz: the decision on %s is undefined, is not of the shape or contradicts itself", action)
			}
		}
	}
	return nil
}

// sampleQuestion has every fact there is, all of them about one seller's goods
// and one buyer.
func sampleQuestion() Question {
	id := uuid.New()
	seller := exchange.Member{ID: id, Alliance: id, Side: exchange.Seller, Class: exchange.Cooperative, Division: "610621", State: exchange.MemberActive}
	buyer := exchange.Member{ID: id, Alliance: id, Side: exchange.Buyer, Class: exchange.BudgetUnitSchool, Division: "320115", State: exchange.MemberActive}
	alliance := exchange.Alliance{ID: id, Side: exchange.Buyer, Home: exchange.Jiangsu}
	return Question{
		Principal: exchange.Principal{Subject: "s", Member: &buyer, Alliance: &alliance, Roles: []exchange.Role{exchange.BuyerMember}},
		Buyer:     &buyer, Seller: &seller, BuyerAlliance: &alliance, SellerAlliance: &alliance, Consignee: buyer.Division,
		Offer: &exchange.Offer{
			Seller: id, SellerAlliance: id, Product: id, Certificate: id, State: exchange.OfferPublished, Quantity: 1, UnitQuantity: 1,
			PriceFen: 2, PriceBasis: exchange.PerSalesUnit,
		},
		Product: &exchange.Product{ID: id, Producer: id, Category: exchange.FreshFruit, Origin: seller.Division, UnitQuantity: 1, ReferenceFen: 1},
		Origin:  &exchange.Division{Code: seller.Division, Poverty56: true},
		Certificate: &exchange.Certificate{
			ID: id, Product: id, Producer: id, Scheme: exchange.ConsumptionAid2024, Origin: seller.Division, State: exchange.CertificateInForce,
		},
		Lot:      &exchange.Lot{Seller: id, Product: id, Origin: seller.Division, State: exchange.LotOpen},
		Capacity: &exchange.Capacity{Quantity: 1, ValueFen: 2}, Grant: &exchange.Grant{ID: id, SellerAlliance: id, BuyerAlliance: id},
		Mandate: &exchange.Mandate{ID: id, Producer: id, Agent: id}, Pairing: &exchange.Pairing{},
		Order:    &exchange.Order{Buyer: id, Seller: id, State: exchange.OrderPlaced, Quantity: 1, DeliverBy: "2026-12-01"},
		Alliance: &alliance, Member: &buyer, Authority: &exchange.Authority{ID: id}, Issuer: &exchange.Issuer{ID: id, Alliance: id},
		Assignment: &exchange.RoleAssignment{ID: id, Issuer: id, Role: exchange.BuyerMember},
		Reserve:    &exchange.ReservePlan{ID: id, Unit: id, UnitClass: buyer.Class, Alliance: id, Division: buyer.Division, Year: 2026},
		Room:       &exchange.Room{Left: 1, ApprovalAbove: 1}, Limit: &exchange.SpendingLimit{Member: id, Alliance: id},
		Demand:   &exchange.Demand{Buyer: id, BuyerAlliance: id, State: exchange.DemandOpen},
		Standing: &exchange.StandingOrder{Buyer: id, State: exchange.StandingActive},
		Relief:   &exchange.Relief{Seller: id, SellerAlliance: id, DaysOfStock: 1, State: exchange.ReliefOpen},
		Group:    &exchange.GroupBuy{Organiser: id, Alliance: id, State: exchange.GroupOpen},
		Quote:    &exchange.SealedQuote{Seller: id, State: exchange.QuoteSealed},
		Dispute:  &exchange.Dispute{AmountFen: 1}, Period: &exchange.Period{ID: "2026-11"},
		Payer: &buyer, PayerConsent: &exchange.PayerConsent{Payer: id, Buyer: id},
		Intent:   &exchange.Intent{Buyer: id, Seller: id, State: exchange.IntentRecorded},
		Contract: &exchange.Contract{Buyer: id, Seller: id, ProposedBy: exchange.Seller, State: exchange.ContractProposed},
	}
}
