// Package sample fills an exchange with the invented organisations of the
// reference data, for the demo and the tests: alliances, members, authorities,
// issuers, roles, grants and goods. It goes through the application like
// everybody, and may be run again: what is there stays as it is.
package sample

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/reference"
)

// Keys gives an issuer its URL and its public key set.
type Keys func(issuer string) (url, jwks string, err error)

// Persona is somebody of the sample who can have a token.
type Persona struct {
	Name    string // such as jiangsu-school-buyer
	Issuer  string // name of the issuer that signs for it
	Subject string
	Member  string // sample id of the member acted for; empty for an authority
	Role    exchange.Role
}

// Names of the alliances; their issuers have the same names.
const (
	JiangsuBuyers  = "jiangsu-buyers"
	JiangsuSellers = "jiangsu-sellers"
	ShaanxiBuyers  = "shaanxi-buyers"
	ShaanxiSellers = "shaanxi-sellers"
)

type allianceSpec struct {
	name, zh, en, home string
	side               exchange.Side
}

var allianceSpecs = []allianceSpec{
	{JiangsuBuyers, "江苏买方联盟", "Jiangsu Buyer Alliance", exchange.Jiangsu, exchange.Buyer},
	{JiangsuSellers, "江苏卖方联盟", "Jiangsu Seller Alliance", exchange.Jiangsu, exchange.Seller},
	{ShaanxiBuyers, "陕西买方联盟", "Shaanxi Buyer Alliance", exchange.Shaanxi, exchange.Buyer},
	{ShaanxiSellers, "陕西卖方联盟", "Shaanxi Seller Alliance", exchange.Shaanxi, exchange.Seller},
}

type authoritySpec struct {
	name, zh, en string
	jurisdiction exchange.Jurisdiction
}

func countyOf(code string) exchange.Jurisdiction {
	return exchange.Jurisdiction{Kind: exchange.CountyJurisdiction, Codes: []string{code}}
}

var authoritySpecs = []authoritySpec{
	{"yanchang-county", "延长县乡村振兴局(示例)", "Yanchang county authority", countyOf("610621")},
	{"zhouzhi-county", "周至县乡村振兴局(示例)", "Zhouzhi county authority", countyOf("610124")},
	{"luochuan-county", "洛川县农业农村局(示例)", "Luochuan county authority", countyOf("610629")},
	{"baoying-county", "宝应县农业农村局(示例)", "Baoying county authority", countyOf("321023")},
	{"yanan-market", "延安市市场监督管理局(示例)", "Yan'an market regulation",
		exchange.Jurisdiction{Kind: exchange.CityJurisdiction, Codes: []string{"610600"}}},
	{"zhouzhi-market", "周至县市场监督管理局(示例)", "Zhouzhi market regulation", countyOf("610124")},
	{"wuxi-yanan-team", "无锡—延安协作工作队(示例)", "Wuxi–Yan'an coordination team",
		exchange.Jurisdiction{Kind: exchange.PairJurisdiction, Codes: []string{"320200", "610600"}}},
	{"sushaan-team", "苏陕协作工作总队(示例)", "Su–Shaan coordination team", exchange.Jurisdiction{Kind: exchange.AllJurisdiction}},
	{"reform-commission", "发展和改革委员会(示例)", "Development and reform commission", exchange.Jurisdiction{Kind: exchange.AllJurisdiction}},
	{"jiangsu-finance", "江苏省财政厅(示例)", "Jiangsu finance", exchange.Jurisdiction{Kind: exchange.ProvinceJurisdiction, Codes: []string{"320000"}}},
	{"audit-office", "审计机关(示例)", "Audit office", exchange.Jurisdiction{Kind: exchange.AllJurisdiction}},
	{"operator", "平台运营方(示例)", "Operator of the exchange", exchange.Jurisdiction{Kind: exchange.AllJurisdiction}},
}

// Personas are the people of the sample.
func Personas() []Persona {
	return []Persona{
		{"jiangsu-school-buyer", JiangsuBuyers, "chen.buyer", "M-JS-02", exchange.BuyerMember},
		{"jiangsu-approver", JiangsuBuyers, "zhou.approver", "M-JS-02", exchange.BuyerApprover},
		{"jiangsu-hospital-buyer", JiangsuBuyers, "wu.buyer", "M-JS-03", exchange.BuyerMember},
		{"jiangsu-military-buyer", JiangsuBuyers, "support.buyer", "M-JS-10", exchange.BuyerMember},
		{"jiangsu-secretary", JiangsuBuyers, "lu.secretary", "M-JS-01", exchange.BuyerSecretary},
		{"shaanxi-cooperative", ShaanxiSellers, "li.cooperative", "M-SN-03", exchange.SellerMember},
		{"luochuan-producer", ShaanxiSellers, "he.producer", "M-SN-04", exchange.SellerMember},
		{"shaanxi-agent", ShaanxiSellers, "qin.agent", "M-SN-10", exchange.SellerMember},
		{"shaanxi-secretary", ShaanxiSellers, "gao.secretary", "M-SN-01", exchange.SellerSecretary},
		{"jiangsu-producer", JiangsuSellers, "he.rice", "M-JS-12", exchange.SellerMember},
		{"shaanxi-retail-buyer", ShaanxiBuyers, "ding.retail", "M-SN-11", exchange.BuyerMember},
		{"shaanxi-school-buyer", ShaanxiBuyers, "han.school", "M-SN-12", exchange.BuyerMember},
		{"county-authority", "yanchang-county", "wang.county", "", exchange.CountyAuthority},
		{"zhouzhi-authority", "zhouzhi-county", "zhao.county", "", exchange.CountyAuthority},
		{"luochuan-authority", "luochuan-county", "luo.county", "", exchange.CountyAuthority},
		{"baoying-authority", "baoying-county", "xu.county", "", exchange.CountyAuthority},
		{"yanan-sampler", "yanan-market", "liu.sampler", "", exchange.Sampler},
		{"zhouzhi-sampler", "zhouzhi-market", "tang.sampler", "", exchange.Sampler},
		{"pair-team", "wuxi-yanan-team", "sun.team", "", exchange.CoordinationTeam},
		{"coordination-team", "sushaan-team", "ma.team", "", exchange.CoordinationTeam},
		{"reform-commission", "reform-commission", "feng.drc", "", exchange.ReformCommission},
		{"finance", "jiangsu-finance", "jiang.finance", "", exchange.Finance},
		{"auditor", "audit-office", "shen.audit", "", exchange.Auditor},
		{"operator", "operator", "yan.operator", "", exchange.Operator},
	}
}

// Sample is what Seed made or found.
type Sample struct {
	Alliances   map[string]exchange.Alliance
	Authorities map[string]exchange.Authority
	Members     map[string]exchange.Member // by sample id
}

// Seed fills the exchange. Divisions and pairings must be there.
func Seed(ctx context.Context, a *app.App, keys Keys) (Sample, error) {
	ctx = app.WithPrincipal(ctx, app.System())
	s := Sample{map[string]exchange.Alliance{}, map[string]exchange.Authority{}, map[string]exchange.Member{}}
	for _, step := range []func(context.Context, *app.App) error{s.alliances, s.members, s.authorities, s.grants} {
		if err := step(ctx, a); err != nil {
			return s, fmt.Errorf("sample: %w", err)
		}
	}
	if err := s.identities(ctx, a, keys); err != nil {
		return s, fmt.Errorf("sample: %w", err)
	}
	if err := s.goods(ctx, a); err != nil {
		return s, fmt.Errorf("sample: %w", err)
	}
	return s, nil
}

// atOnce is how many of a sample's writes are under way together. Where the directory
// is near everywhere each of them waits until every region may read it.
const atOnce = 8

// each makes one thing of each item, in the order of the items. On an error what was not
// made is left empty.
func each[T, R any](ctx context.Context, items []T, one func(context.Context, T) (R, error)) ([]R, error) {
	made := make([]R, len(items))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, item := range items {
		group.Go(func() (err error) {
			made[i], err = one(ctx, item)
			return err
		})
	}
	return made, group.Wait()
}

// pages reads a list to its end, within the limit of what a sample can hold.
func pages[T any](read func(app.Paging) (app.Page[T], error), each func(T)) error {
	const most = 100
	var paging app.Paging
	for range most {
		page, err := read(paging)
		if err != nil {
			return err
		}
		for _, v := range page.Items {
			each(v)
		}
		if page.Next == "" {
			return nil
		}
		paging.Token = page.Next
	}
	return fmt.Errorf("more than %d pages: this is not a sample", most)
}

func (s *Sample) alliances(ctx context.Context, a *app.App) error {
	there := map[string]exchange.Alliance{}
	err := pages(func(p app.Paging) (app.Page[exchange.Alliance], error) {
		return a.ListAlliances(ctx, app.ListAlliances{Paging: p})
	}, func(v exchange.Alliance) { there[v.NameZH] = v })
	if err != nil {
		return err
	}
	made, err := each(ctx, allianceSpecs, func(ctx context.Context, spec allianceSpec) (exchange.Alliance, error) {
		if v, ok := there[spec.zh]; ok {
			return v, nil
		}
		r, err := a.CreateAlliance(ctx, app.CreateAlliance{NameZH: spec.zh, NameEN: spec.en, Side: spec.side, Home: spec.home})
		return r.Value, err
	})
	for i, spec := range allianceSpecs {
		s.Alliances[spec.name] = made[i]
	}
	return err
}

func (s *Sample) members(ctx context.Context, a *app.App) error {
	there := map[string]exchange.Member{}
	err := pages(func(p app.Paging) (app.Page[exchange.Member], error) {
		return a.ListMembers(ctx, app.ListMembers{Paging: p})
	}, func(v exchange.Member) { there[v.CreditCode] = v })
	if err != nil {
		return err
	}
	members, err := reference.Members()
	if err != nil {
		return err
	}
	made, err := each(ctx, members, func(ctx context.Context, m reference.Member) (exchange.Member, error) {
		if v, ok := there[m.CreditCode]; ok {
			return v, nil
		}
		r, err := a.AdmitMember(ctx, app.AdmitMember{
			AllianceID: s.allianceOf(m).ID.String(), CreditCode: m.CreditCode, NameZH: m.NameZH, NameEN: m.NameEN,
			Class: m.Class, DivisionCode: m.Division,
		})
		return r.Value, err
	})
	for i, m := range members {
		s.Members[m.SampleID] = made[i]
	}
	return err
}

// allianceOf is the alliance of a member's province and side.
func (s *Sample) allianceOf(m reference.Member) exchange.Alliance {
	for _, spec := range allianceSpecs {
		if spec.side == m.Side && spec.home == exchange.Province(m.Division) {
			return s.Alliances[spec.name]
		}
	}
	return exchange.Alliance{}
}

func (s *Sample) authorities(ctx context.Context, a *app.App) error {
	there := map[string]exchange.Authority{}
	err := pages(func(p app.Paging) (app.Page[exchange.Authority], error) {
		return a.ListAuthorities(ctx, app.ListAuthorities{Paging: p})
	}, func(v exchange.Authority) { there[v.NameZH] = v })
	if err != nil {
		return err
	}
	made, err := each(ctx, authoritySpecs, func(ctx context.Context, spec authoritySpec) (exchange.Authority, error) {
		if v, ok := there[spec.zh]; ok {
			return v, nil
		}
		r, err := a.CreateAuthority(ctx, app.CreateAuthority{
			NameZH: spec.zh, NameEN: spec.en, JurisdictionKind: spec.jurisdiction.Kind, JurisdictionCodes: spec.jurisdiction.Codes,
		})
		return r.Value, err
	})
	for i, spec := range authoritySpecs {
		s.Authorities[spec.name] = made[i]
	}
	return err
}

// grants lets each province's buyers see the other's offers.
func (s *Sample) grants(ctx context.Context, a *app.App) error {
	there := map[[2]uuid.UUID]bool{}
	err := pages(func(p app.Paging) (app.Page[exchange.Grant], error) {
		return a.ListGrants(ctx, app.ListGrants{Paging: p})
	}, func(v exchange.Grant) { there[[2]uuid.UUID{v.SellerAlliance, v.BuyerAlliance}] = true })
	for _, pair := range [][2]string{{ShaanxiSellers, JiangsuBuyers}, {JiangsuSellers, ShaanxiBuyers}} {
		seller, buyer := s.Alliances[pair[0]].ID, s.Alliances[pair[1]].ID
		if err == nil && !there[[2]uuid.UUID{seller, buyer}] {
			_, err = a.CreateGrant(ctx, app.CreateGrant{SellerAllianceID: seller.String(), BuyerAllianceID: buyer.String()})
		}
	}
	return err
}

// BankAccounts are invented accounts of the exchange, one in each province.
const BankAccounts = "61=6222000011112222,32=6222000033334444"
