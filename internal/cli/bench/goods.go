package bench

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/app"
	ex "github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/store"
)

const (
	spreadOffers = 1000
	unit         = 1000 // g, the sales unit
	priceFen     = 1000 // of a unit
	// No run comes near it, and a thousand times it is still an int64 of fen.
	stock = 1_000_000_000 * unit

	buyer  = "jiangsu-school-buyer"
	seller = "shaanxi-cooperative"
	county = "610621" // of the seller
)

// goods are what the load trades.
type goods struct {
	hot    []string // one offer
	spread []string // spreadOffers of them

	// Of the offer that distance is measured with.
	product, certificate string
}

// fill publishes an offer through the application, as anybody would, and copies
// it. All of them confirm by themselves, so that placing posts to the ledger.
func (x *exchange) fill(ctx context.Context) error {
	hot, err := x.publish(ctx, offering{quantity: stock, offers: spreadOffers + 1, autoConfirm: true})
	if err != nil {
		return err
	}
	x.goods.hot = []string{hot.String()}
	// CockroachDB takes longer over two thousand copies than a request may.
	const timeout = 10 * time.Minute
	s, err := store.Open(ctx, store.Config{URL: x.url, MaxConns: 2, StatementTimeout: timeout, TxTimeout: timeout})
	if err != nil {
		return err
	}
	defer s.Close()
	copies, err := s.CopyOffer(ctx, hot, spreadOffers)
	if err != nil {
		return err
	}
	for _, id := range copies {
		x.goods.spread = append(x.goods.spread, id.String())
	}
	listed, err := x.publish(ctx, offering{quantity: 100 * unit, offers: int64(x.o.Offers), autoConfirm: true})
	if err != nil {
		return err
	}
	if _, err := s.CopyOffer(ctx, listed, x.o.Offers-1); err != nil {
		return err
	}
	// A database plans for the tables that it has seen. Those of an exchange that
	// runs are not empty; pgbench too analyzes its tables before it measures.
	if _, err := x.place(ctx, settling, x.goods.spread); err != nil {
		return err
	}
	return s.Analyze(ctx)
}

const settling = 2_000 // orders before anything is measured

// offering is an offer, and how many more like it its certificate is good for.
type offering struct {
	quantity, offers int64
	autoConfirm      bool
}

// publish certifies a product for a number of offers and publishes the first.
func (x *exchange) publish(ctx context.Context, o offering) (ex.ID, error) {
	a, from := x.server.App(), x.server.App().Today()
	as, by := x.sellerContext(ctx), x.countyContext(ctx)
	product, err := a.CreateProduct(as, app.CreateProduct{
		NameZH: "基准苹果 " + uuid.NewString()[:8], NameEN: "apples of the benchmark", Category: ex.FreshFruit, OriginCode: county,
		BaseUnit: ex.Gram, SalesUnit: "1 kg", UnitQuantity: unit,
	})
	if err != nil {
		return ex.ID{}, fmt.Errorf("product: %w", err)
	}
	certificate, err := a.CreateCertificate(as, app.CreateCertificate{
		ProductID: product.Value.ID.String(), Scheme: ex.ConsumptionAid2024, Number: "BENCH-" + uuid.NewString(),
		AnnualQuantity: o.quantity * o.offers, AnnualValueFen: min(o.quantity/unit*priceFen*o.offers, math.MaxInt64),
		HouseholdsBenefited: 1, ValidFrom: string(from), ValidTo: string(from.Plus(365)),
	})
	if err != nil {
		return ex.ID{}, fmt.Errorf("certificate: %w", err)
	}
	step := app.Step{ID: certificate.Value.ID.String()}
	for _, s := range []struct {
		as context.Context
		do func(context.Context, app.Step) (app.Result[ex.Certificate], error)
	}{{as, a.SubmitCertificate}, {by, a.ApproveCertificate}, {by, a.PubliciseCertificate}, {by, a.EnforceCertificate}} {
		if _, err := s.do(s.as, step); err != nil {
			return ex.ID{}, fmt.Errorf("certificate: %w", err)
		}
	}
	offer, err := a.CreateOffer(as, app.CreateOffer{
		ProductID: product.Value.ID.String(), CertificateID: step.ID, Quantity: o.quantity, PriceBasis: ex.PerSalesUnit,
		PriceFen: priceFen, SeasonFrom: string(from), SeasonTo: string(from.Plus(90)), LeadDays: 5, AutoConfirm: o.autoConfirm,
	})
	if err != nil {
		return ex.ID{}, fmt.Errorf("offer: %w", err)
	}
	published, err := a.PublishOffer(as, app.StepOffer{ID: offer.Value.ID.String()})
	return published.Value.ID, err
}

func (x *exchange) sellerContext(ctx context.Context) context.Context {
	m := x.sample.Members["M-SN-03"]
	alliance := x.sample.Alliances[sample.ShaanxiSellers]
	return app.WithPrincipal(ctx, ex.Principal{Subject: "bench", Member: &m, Alliance: &alliance, Roles: []ex.Role{ex.SellerMember}})
}

func (x *exchange) countyContext(ctx context.Context) context.Context {
	authority := x.sample.Authorities["yanchang-county"]
	return app.WithPrincipal(ctx, ex.Principal{Subject: "bench", Authority: &authority, Roles: []ex.Role{ex.CountyAuthority}})
}
