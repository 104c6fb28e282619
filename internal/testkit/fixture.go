package testkit

import (
	"testing"
	"time"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/seal"
)

// OfferOptions change the offer that Offer makes. Quantities are in sales units
// of 1,000 g.
type OfferOptions struct {
	Units       int64 // offered; 0: 100
	AnnualUnits int64 // of the certificate; 0: as many as offered
	PriceFen    int64 // 0: 6,200
	AutoConfirm bool
	CatchWeight bool
	Draft       bool // leave it a draft
	Origin      string
	Seller      *Person   // nil: the cooperative
	Authority   *Person   // nil: the county authority of the cooperative's county
	ValidTo     string    // last day of the certificate; empty: in a year
	SeasonTo    string    // empty: in 90 days
	Scheme      pb.Scheme // 0: the one of the day for the origin's province
	LeadDays    int32
	Lot         bool                // of a lot of its own
	State       pb.CertificateState // stop the certificate in this state; 0: IN_FORCE
}

// unit is the sales unit of the offers made here, in g.
const unit = 1000

// Today is the day of the exchange's clock.
func (x *Exchange) Today() exchange.Day {
	if x.Config.Now != nil {
		return exchange.DayOf(x.Config.Now())
	}
	return exchange.DayOf(time.Now())
}

// Offer has a seller make a product, an authority certify it and the seller
// publish an offer of it, all through the public API.
func (x *Exchange) Offer(tb testing.TB, o OfferOptions) *pb.Offer {
	tb.Helper()
	o = o.withDefaults(x)
	product := x.product(tb, o)
	certificate := x.certificate(tb, o, product)
	basis := pb.PriceBasis_PRICE_BASIS_PER_SALES_UNIT
	if o.CatchWeight {
		basis = pb.PriceBasis_PRICE_BASIS_PER_KG
	}
	today := x.Today()
	var lot string
	if o.Lot {
		lot = x.lot(tb, o.Seller, certificate).GetId()
	}
	offer := Must[*pb.CreateOfferResponse](tb, o.Seller, &pb.CreateOfferRequest{
		ProductId: product.GetId(), CertificateId: certificate.GetId(), LotId: lot, Quantity: o.Units * unit, PriceBasis: basis,
		PriceFen: o.PriceFen, SeasonFrom: string(today), SeasonTo: o.SeasonTo, LeadDays: o.LeadDays, AutoConfirm: o.AutoConfirm,
	}).GetOffer()
	if o.Draft {
		return offer
	}
	return Must[*pb.PublishOfferResponse](tb, o.Seller, &pb.PublishOfferRequest{Id: offer.GetId()}).GetOffer()
}

func (x *Exchange) lot(tb testing.TB, seller *Person, c *pb.Certificate) *pb.Lot {
	tb.Helper()
	return Must[*pb.CreateLotResponse](tb, seller, &pb.CreateLotRequest{
		ProductId: c.GetProductId(), CertificateId: c.GetId(), Code: "L-" + uuid.NewString(), ProducedOn: string(x.Today()),
		Quantity: c.GetAnnualQuantity(),
	}).GetLot()
}

func (x *Exchange) product(tb testing.TB, o OfferOptions) *pb.Product {
	tb.Helper()
	return Must[*pb.CreateProductResponse](tb, o.Seller, &pb.CreateProductRequest{
		NameZh: "苹果 " + uuid.NewString()[:8], NameEn: "apples", Category: pb.Category_CATEGORY_FRESH_FRUIT, OriginCode: o.Origin,
		BaseUnit: pb.BaseUnit_BASE_UNIT_G, SalesUnit: "1 kg", UnitQuantity: unit, CatchWeight: o.CatchWeight,
	}).GetProduct()
}

// Certificate has a seller make a product and takes a certificate of it to the
// state asked for.
func (x *Exchange) Certificate(tb testing.TB, o OfferOptions) *pb.Certificate {
	tb.Helper()
	o = o.withDefaults(x)
	return x.certificate(tb, o, x.product(tb, o))
}

// Settled trades one sales unit to its settlement.
func (x *Exchange) Settled(tb testing.TB) *pb.Order {
	tb.Helper()
	order := x.Place(tb, x.School, x.Offer(tb, OfferOptions{AutoConfirm: true}), 1)
	Must[*pb.ShipOrderResponse](tb, x.Cooperative, &pb.ShipOrderRequest{Id: order.GetId()})
	Must[*pb.AcceptOrderResponse](tb, x.School, &pb.AcceptOrderRequest{Id: order.GetId(), AcceptedQuantity: order.GetQuantity()})
	return Must[*pb.RecordPaymentResponse](tb, x.School, &pb.RecordPaymentRequest{
		Id: order.GetId(), AmountFen: order.GetAmountFen(), BankReference: uuid.NewString(),
	}).GetOrder()
}

func (o OfferOptions) withDefaults(x *Exchange) OfferOptions {
	if o.Units == 0 {
		o.Units = 100
	}
	if o.AnnualUnits == 0 {
		o.AnnualUnits = o.Units
	}
	if o.PriceFen == 0 {
		o.PriceFen = 6200
	}
	if o.Seller == nil {
		o.Seller, o.Authority, o.Origin = x.Cooperative, x.County, x.CooperativeCounty
	}
	if o.ValidTo == "" {
		o.ValidTo = string(x.Today().Plus(365))
	}
	if o.SeasonTo == "" {
		o.SeasonTo = string(x.Today().Plus(90))
	}
	if o.State == 0 {
		o.State = pb.CertificateState_CERTIFICATE_STATE_IN_FORCE
	}
	return o
}

// certificate takes a certificate through its steps, up to the state asked for.
func (x *Exchange) certificate(tb testing.TB, o OfferOptions, p *pb.Product) *pb.Certificate {
	tb.Helper()
	scheme := o.Scheme
	switch {
	case scheme != 0:
	case o.Origin[:2] == exchange.Jiangsu:
		scheme = pb.Scheme_SCHEME_JS_AID_PRODUCT
	default:
		scheme = pb.Scheme_SCHEME_CONSUMPTION_AID_2024
	}
	c := Must[*pb.CreateCertificateResponse](tb, o.Seller, &pb.CreateCertificateRequest{
		ProductId: p.GetId(), Scheme: scheme, Number: "T-" + uuid.NewString(), AnnualQuantity: o.AnnualUnits * unit,
		AnnualValueFen: o.AnnualUnits * o.PriceFen, HouseholdsBenefited: 12,
		ValidFrom: string(x.Today()), ValidTo: o.ValidTo,
	}).GetCertificate()
	if o.State >= pb.CertificateState_CERTIFICATE_STATE_SUBMITTED {
		c = Must[*pb.SubmitCertificateResponse](tb, o.Seller, &pb.SubmitCertificateRequest{Id: c.GetId()}).GetCertificate()
	}
	if o.State >= pb.CertificateState_CERTIFICATE_STATE_COUNTY_APPROVED {
		c = Must[*pb.ApproveCertificateResponse](tb, o.Authority, &pb.ApproveCertificateRequest{Id: c.GetId()}).GetCertificate()
	}
	if o.State >= pb.CertificateState_CERTIFICATE_STATE_PUBLICISED {
		c = Must[*pb.PubliciseCertificateResponse](tb, o.Authority, &pb.PubliciseCertificateRequest{Id: c.GetId()}).GetCertificate()
	}
	if o.State >= pb.CertificateState_CERTIFICATE_STATE_IN_FORCE {
		c = Must[*pb.EnforceCertificateResponse](tb, o.Authority, &pb.EnforceCertificateRequest{Id: c.GetId()}).GetCertificate()
	}
	return c
}

// Place places an order of some sales units.
func (x *Exchange) Place(tb testing.TB, p *Person, offer *pb.Offer, units int64) *pb.Order {
	tb.Helper()
	return Must[*pb.PlaceOrderResponse](tb, p, &pb.PlaceOrderRequest{
		RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: units * unit,
	}).GetOrder()
}

// CheckInvariants fails the test where the database breaks an invariant.
func (x *Exchange) CheckInvariants(tb testing.TB) {
	tb.Helper()
	results, err := x.Store.Check(tb.Context())
	if err != nil {
		tb.Fatalf("check: %v", err)
	}
	sealed, err := seal.Check(tb.Context(), x.Store)
	if err != nil {
		tb.Fatalf("check: %v", err)
	}
	results = append(results, sealed...)
	for _, r := range results {
		for _, v := range r.Violations {
			tb.Errorf("%s broken (%s): %s", r.Invariant, r.What, v)
		}
	}
}
