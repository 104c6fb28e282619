package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// policy serves PolicyService.
type policy struct {
	pb.UnimplementedPolicyServiceServer
	app *app.App
}

func (s *policy) Explain(ctx context.Context, r *pb.ExplainRequest) (*pb.ExplainResponse, error) {
	v, err := s.app.Explain(ctx, app.Explain{
		Action: r.GetAction(), At: instant(r.GetAt()), Trace: r.GetTrace(),
		OfferID: r.GetOfferId(), OrderID: r.GetOrderId(), CertificateID: r.GetCertificateId(), ProductID: r.GetProductId(),
		MemberID: r.GetMemberId(), AllianceID: r.GetAllianceId(), AuthorityID: r.GetAuthorityId(),
		GrantID: r.GetGrantId(), MandateID: r.GetMandateId(), IssuerID: r.GetIssuerId(), AssignmentID: r.GetRoleAssignmentId(),
		SellerAllianceID: r.GetSellerAllianceId(), BuyerAllianceID: r.GetBuyerAllianceId(),
		ProducerMemberID: r.GetProducerMemberId(), AgentMemberID: r.GetAgentMemberId(), AccountOwner: r.GetAccountOwner(),
		Scheme: word[exchange.Scheme](r.GetScheme()), Quantity: r.GetQuantity(), ConsigneeCode: r.GetConsigneeCode(),
		DeliverBy: r.GetDeliverBy(), Reserve: r.GetReserve(), Purpose: word[exchange.Purpose](r.GetPurpose()),
		ReservePlanID: r.GetReservePlanId(), PeriodID: r.GetPeriodId(), LotID: r.GetLotId(), DemandID: r.GetDemandId(), QuoteID: r.GetQuoteId(), GroupID: r.GetGroupId(), StandingID: r.GetStandingOrderId(),
		ContractID: r.GetContractId(), IntentID: r.GetIntentId(), LimitID: r.GetLimitId(), ConsentID: r.GetPayerConsentId(),
		ReliefID: r.GetReliefId(), BeforeID: r.GetBeforeOfferId(), DaysOfStock: int(r.GetDaysOfStock()), Until: r.GetUntil(),
		ForOthers: forOthers(r),
	})
	return read(v, err, func(v app.Explanation) *pb.ExplainResponse {
		return &pb.ExplainResponse{
			Allow: v.Allow, Denials: reasons(ctx, v.Denials), Warnings: reasons(ctx, v.Warnings),
			Obligations: obligations(v.Obligations), PolicyRevision: v.Revision, Trace: v.Trace, TraceCut: int32(v.TraceCut),
			Day: string(v.At), Rules: each(v.Rules, func(r exchange.Rule) *pb.Rule {
				return rule(ctx, app.Rule{Rule: r, Revision: v.Revision})
			}),
		}
	})
}

func (s *policy) ListRules(ctx context.Context, r *pb.ListRulesRequest) (*pb.ListRulesResponse, error) {
	p, err := s.app.ListRules(ctx, app.ListRules{Paging: paging(r), Code: r.GetCode()})
	return read(p, err, func(p app.Page[app.Rule]) *pb.ListRulesResponse {
		return &pb.ListRulesResponse{
			Rules: each(p.Items, func(r app.Rule) *pb.Rule { return rule(ctx, r) }), NextPageToken: p.Next,
		}
	})
}

// rule is a rule with its code's text in the caller's language.
func rule(ctx context.Context, r app.Rule) *pb.Rule {
	return &pb.Rule{
		Code: string(r.Code), Title: r.Title, Binds: r.Binds, Source: r.Source, Text: fault.Text(r.Code, nil, language(ctx)),
		Policy: r.Policy, Name: r.Name, File: r.File, Line: int32(r.Line), Tests: r.Tests, PolicyRevision: r.Revision,
	}
}

func (s *policy) ListDecisions(ctx context.Context, r *pb.ListDecisionsRequest) (*pb.ListDecisionsResponse, error) {
	p, err := s.app.ListDecisions(ctx, app.ListDecisions{
		Paging: paging(r), From: instant(r.GetFrom()), To: instant(r.GetTo()), Action: r.GetAction(), ActorID: r.GetActorId(),
		DeniedOnly: r.GetDeniedOnly(), WithInput: r.GetWithInput(),
	})
	return read(p, err, func(p app.Page[app.Decision]) *pb.ListDecisionsResponse {
		return &pb.ListDecisionsResponse{
			Decisions:     each(p.Items, func(d app.Decision) *pb.Decision { return decision(ctx, d, r.GetWithInput()) }),
			NextPageToken: p.Next,
		}
	})
}

func decision(ctx context.Context, d app.Decision, withInput bool) *pb.Decision {
	out := &pb.Decision{
		Id: d.ID.String(), Time: stamp(d.At), Action: d.Action, Allow: d.Allow, Denials: reasons(ctx, d.Denials),
		PolicyRevision: d.Revision, IssuerId: idText(d.Issuer), Subject: d.Subject, ActorId: idText(d.Actor),
		InputDigest: d.InputDigest,
	}
	if d.Obligations != nil {
		out.Obligations = obligations(*d.Obligations)
	}
	if withInput {
		out.Input = string(d.Input)
	}
	return out
}
