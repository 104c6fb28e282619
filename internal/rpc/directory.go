package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// directory serves DirectoryService.
type directory struct {
	pb.UnimplementedDirectoryServiceServer
	app *app.App
}

func division(d exchange.Division) *pb.Division {
	return &pb.Division{
		Code: d.Code, NameZh: d.NameZH, NameEn: d.NameEN, Level: int32(d.Level), Parent: d.Parent, Kind: d.Kind,
		ValidFrom: string(d.Valid.From), ValidTo: string(d.Valid.To), Predecessors: d.Predecessors, Poverty56: d.Poverty56,
		Note: d.Note,
	}
}

func pairing(p exchange.Pairing) *pb.Pairing {
	return &pb.Pairing{
		Id: p.ID.String(), JsCityCode: p.JSCity, JsUnitCode: p.JSUnit, SnCityCode: p.SNCity, SnCountyCode: p.SNCounty,
		ValidFrom: string(p.Valid.From), ValidTo: string(p.Valid.To), Confidence: p.Confidence,
	}
}

func alliance(a exchange.Alliance) *pb.Alliance {
	return &pb.Alliance{
		Id: a.ID.String(), NameZh: a.NameZH, NameEn: a.NameEN, Side: enum[pb.Side](a.Side), Home: a.Home,
		CreateTime: stamp(a.CreatedAt),
	}
}

func member(m exchange.Member) *pb.Member {
	return &pb.Member{
		Id: m.ID.String(), AllianceId: m.Alliance.String(), Side: enum[pb.Side](m.Side), CreditCode: m.CreditCode,
		NameZh: m.NameZH, NameEn: m.NameEN, Class: enum[pb.MemberClass](m.Class), DivisionCode: m.Division,
		State: enum[pb.MemberState](m.State), StateReason: m.StateReason, AdmitTime: stamp(m.AdmittedAt),
	}
}

func authority(a exchange.Authority) *pb.Authority {
	return &pb.Authority{
		Id: a.ID.String(), NameZh: a.NameZH, NameEn: a.NameEN, CreateTime: stamp(a.CreatedAt),
		JurisdictionKind:  enum[pb.JurisdictionKind](a.Jurisdiction.Kind),
		JurisdictionCodes: a.Jurisdiction.Codes,
	}
}

func grant(g exchange.Grant) *pb.Grant {
	return &pb.Grant{
		Id: g.ID.String(), SellerAllianceId: g.SellerAlliance.String(), BuyerAllianceId: g.BuyerAlliance.String(),
		ValidFrom: string(g.Valid.From), ValidTo: string(g.Valid.To), RevokeTime: stamp(g.RevokedAt),
		RevokeReason: g.RevokeReason, CreateTime: stamp(g.CreatedAt),
	}
}

func mandate(m exchange.Mandate) *pb.Mandate {
	return &pb.Mandate{
		Id: m.ID.String(), ProducerMemberId: m.Producer.String(), AgentMemberId: m.Agent.String(),
		ValidFrom: string(m.Valid.From), ValidTo: string(m.Valid.To), RevokeTime: stamp(m.RevokedAt),
		RevokeReason: m.RevokeReason, CreateTime: stamp(m.CreatedAt),
	}
}

func issuer(i exchange.Issuer) *pb.Issuer {
	return &pb.Issuer{
		Id: i.ID.String(), Url: i.URL, AllianceId: idText(i.Alliance), AuthorityId: idText(i.Authority), Jwks: i.JWKS,
		JwksUrl: i.JWKSURL, Disabled: i.Disabled, CreateTime: stamp(i.CreatedAt),
	}
}

func assignment(a exchange.RoleAssignment) *pb.RoleAssignment {
	return &pb.RoleAssignment{
		Id: a.ID.String(), IssuerId: a.Issuer.String(), Subject: a.Subject, MemberId: idText(a.Member),
		Role: enum[pb.Role](a.Role), CreateTime: stamp(a.CreatedAt),
	}
}

func (s *directory) WhoAmI(ctx context.Context, _ *pb.WhoAmIRequest) (*pb.WhoAmIResponse, error) {
	p, err := app.PrincipalOf(ctx)
	if err != nil {
		return nil, err
	}
	r := &pb.WhoAmIResponse{
		Subject: p.Subject, IssuerId: p.Issuer.String(),
		Roles: each(p.Roles, enum[pb.Role, exchange.Role]),
	}
	if p.Member != nil {
		r.MemberId, r.AllianceId = p.Member.ID.String(), p.Member.Alliance.String()
	}
	if p.Authority != nil {
		r.AuthorityId = p.Authority.ID.String()
	}
	return r, nil
}

func (s *directory) ListDivisions(ctx context.Context, r *pb.ListDivisionsRequest) (*pb.ListDivisionsResponse, error) {
	p, err := s.app.ListDivisions(ctx, app.ListDivisions{Paging: paging(r), Parent: r.GetParent(), On: r.GetOn()})
	return read(p, err, func(p app.Page[exchange.Division]) *pb.ListDivisionsResponse {
		return &pb.ListDivisionsResponse{Divisions: each(p.Items, division), NextPageToken: p.Next}
	})
}

func (s *directory) GetDivision(ctx context.Context, r *pb.GetDivisionRequest) (*pb.GetDivisionResponse, error) {
	v, err := s.app.GetDivision(ctx, r.GetCode())
	return read(v, err, func(v exchange.Division) *pb.GetDivisionResponse {
		return &pb.GetDivisionResponse{Division: division(v)}
	})
}

func (s *directory) ListPairings(ctx context.Context, r *pb.ListPairingsRequest) (*pb.ListPairingsResponse, error) {
	p, err := s.app.ListPairings(ctx, app.ListPairings{Paging: paging(r), On: r.GetOn()})
	return read(p, err, func(p app.Page[exchange.Pairing]) *pb.ListPairingsResponse {
		return &pb.ListPairingsResponse{Pairings: each(p.Items, pairing), NextPageToken: p.Next}
	})
}
