package sample

import (
	"context"

	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/reference"
)

const (
	offeredUnits   = 2_000
	certifiedUnits = 100_000
	seasonDays     = 300
)

// goods records the sample's products of producers that are members, and puts
// Luochuan's apples up for sale: certified and countable, but no goods of the
// 832 counties.
func (s *Sample) goods(ctx context.Context, a *app.App) error {
	products, err := reference.Products()
	if err != nil {
		return err
	}
	_, err = each(ctx, products, func(ctx context.Context, p reference.Product) (struct{}, error) {
		producer, ok := s.producerOf(p)
		if !ok {
			return struct{}{}, nil // no member of the sample produces it
		}
		made, created, err := s.product(s.seller(ctx, producer), a, producer, p)
		if err == nil && created && p.SampleID == "SN-0001" {
			err = s.offer(ctx, a, producer, made, p.PriceFen)
		}
		return struct{}{}, err
	})
	return err
}

// producerOf is the member that sits in the county of origin and may produce.
func (s *Sample) producerOf(p reference.Product) (exchange.Member, bool) {
	for _, m := range s.Members {
		if m.Side == exchange.Seller && m.Division == p.Origin && m.Class != exchange.TradeAgent {
			return m, true
		}
	}
	return exchange.Member{}, false
}

// seller acts as a member that sells.
func (s *Sample) seller(ctx context.Context, m exchange.Member) context.Context {
	for _, v := range s.Alliances {
		if v.ID == m.Alliance {
			return app.WithPrincipal(ctx, exchange.Principal{
				Subject: "sample", Member: &m, Alliance: &v, Roles: []exchange.Role{exchange.SellerMember},
			})
		}
	}
	return ctx
}

func (s *Sample) product(ctx context.Context, a *app.App, producer exchange.Member, p reference.Product) (v exchange.Product, created bool, err error) {
	known := false
	err = pages(func(paging app.Paging) (app.Page[exchange.Product], error) {
		return a.ListProducts(ctx, app.ListProducts{Paging: paging, ProducerMemberID: producer.ID.String()})
	}, func(old exchange.Product) {
		if old.NameZH == p.NameZH {
			v, known = old, true
		}
	})
	if err != nil || known {
		return v, false, err
	}
	r, err := a.CreateProduct(ctx, app.CreateProduct{
		NameZH: p.NameZH, NameEN: p.NameEN, Category: p.Category, OriginCode: p.Origin, BaseUnit: p.BaseUnit,
		SalesUnit: p.SalesUnit, UnitQuantity: p.UnitQuantity, CatchWeight: p.CatchWeight, ReferencePriceFen: p.PriceFen,
		Storage: p.Storage,
	})
	return r.Value, true, err
}

// offer certifies a product and puts it up for sale.
func (s *Sample) offer(ctx context.Context, a *app.App, producer exchange.Member, p exchange.Product, priceFen int64) error {
	seller := s.seller(ctx, producer)
	county := s.Authorities["luochuan-county"]
	authority := app.WithPrincipal(ctx, exchange.Principal{
		Subject: "sample", Authority: &county, Roles: []exchange.Role{exchange.CountyAuthority},
	})
	from := a.Today()
	c, err := a.CreateCertificate(seller, app.CreateCertificate{
		ProductID: p.ID.String(), Scheme: exchange.ConsumptionAid2024, Number: "SN-610629-SAMPLE",
		AnnualQuantity: certifiedUnits * p.UnitQuantity, AnnualValueFen: certifiedUnits * priceFen, HouseholdsBenefited: 310,
		ValidFrom: string(from), ValidTo: string(from.Plus(3 * 365)),
	})
	if err != nil {
		return err
	}
	id := app.Step{ID: c.Value.ID.String()}
	for _, step := range []struct {
		as context.Context
		do func(context.Context, app.Step) (app.Result[exchange.Certificate], error)
	}{{seller, a.SubmitCertificate}, {authority, a.ApproveCertificate}, {authority, a.PubliciseCertificate}, {authority, a.EnforceCertificate}} {
		if _, err := step.do(step.as, id); err != nil {
			return err
		}
	}
	o, err := a.CreateOffer(seller, app.CreateOffer{
		ProductID: p.ID.String(), CertificateID: c.Value.ID.String(), Quantity: offeredUnits * p.UnitQuantity,
		PriceBasis: exchange.PerSalesUnit, PriceFen: priceFen, SeasonFrom: string(from), SeasonTo: string(from.Plus(seasonDays)), LeadDays: 5,
	})
	if err != nil {
		return err
	}
	_, err = a.PublishOffer(seller, app.StepOffer{ID: o.Value.ID.String()})
	return err
}
