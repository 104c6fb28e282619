package demo

import (
	"cmp"
	"context"
	"fmt"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
)

const (
	// certificateYears is how long the demo's certificates are valid.
	certificateYears = 3
	// spareDays: a certificate or season that ends sooner is not used again.
	spareDays = 30
	// unitsOffered is the quantity of one offer and unitsCertified that of one
	// certificate, in sales units. A demo that is started again and again does
	// not run out within the year.
	unitsOffered   = 1_000
	unitsCertified = 500_000
	leadDays       = 5
	seasonDays     = 300
	pageSize       = 200
)

// goods is what the scripted trades sell. What an earlier start of the demo has
// made is found again and used on.
type goods struct {
	seller, authority string // people
	product           string // name in English
	number            string // of the certificate, before its year
	scheme            pb.Scheme
	priceFen          int64 // a sales unit
	autoConfirm       bool
	certified         int64 // sales units of its certificate; 0: unitsCertified
}

// yanchang are the apples that most of the story is about.
func yanchang() goods {
	return goods{
		seller: cooperative, authority: county, product: "Yanchang apple, Fuji 80mm", number: "SN-610621-DEMO",
		scheme: pb.Scheme_SCHEME_CONSUMPTION_AID_2024, priceFen: 6_200,
	}
}

// findProduct finds the seller's product by its name.
func (s *stage) findProduct(ctx context.Context, g goods) (*pb.Product, error) {
	var found *pb.Product
	_, err := act(ctx, s, g.seller, &pb.ListProductsRequest{ProducerMemberId: s.people[g.seller].member, PageSize: pageSize},
		func(out *pb.ListProductsResponse) (string, error) {
			for _, p := range out.GetProducts() {
				if p.GetNameEn() == g.product {
					found = p
					return fmt.Sprintf("own product %q (%s), %s, from %s", p.GetNameZh(), p.GetNameEn(), p.GetSalesUnit(), p.GetOriginCode()), nil
				}
			}
			return "", fmt.Errorf("%q is not among %d products", g.product, len(out.GetProducts()))
		})
	return found, err
}

// certify brings a certificate for the product in force: the seller creates and
// submits it, the county's authority approves, publicises and enforces it. One
// that an earlier start left half way is taken on from there.
func (s *stage) certify(ctx context.Context, g goods, product *pb.Product) (*pb.Certificate, error) {
	c, err := s.knownCertificate(ctx, g, product)
	if err == nil && c == nil {
		c, err = s.createCertificate(ctx, g, product)
	}
	for err == nil && c.GetState() != pb.CertificateState_CERTIFICATE_STATE_IN_FORCE {
		c, err = s.advance(ctx, g, c)
	}
	return c, err
}

// knownCertificate is one of an earlier start that can still be used, or nil.
func (s *stage) knownCertificate(ctx context.Context, g goods, product *pb.Product) (*pb.Certificate, error) {
	var known *pb.Certificate
	_, err := act(ctx, s, g.seller, &pb.ListCertificatesRequest{ProductId: product.GetId(), PageSize: pageSize},
		func(out *pb.ListCertificatesResponse) (string, error) {
			for _, c := range out.GetCertificates() {
				if s.usable(c) && c.GetAnnualQuantity() == cmp.Or(g.certified, unitsCertified)*product.GetUnitQuantity() {
					known = c
					return fmt.Sprintf("certificate %s of an earlier start is %s", c.GetNumber(), nameOf(c.GetState())), nil
				}
			}
			return fmt.Sprintf("%d certificates for it, none that can be used", len(out.GetCertificates())), nil
		})
	return known, err
}

func (s *stage) usable(c *pb.Certificate) bool {
	switch c.GetState() {
	case pb.CertificateState_CERTIFICATE_STATE_SUSPENDED, pb.CertificateState_CERTIFICATE_STATE_REVOKED,
		pb.CertificateState_CERTIFICATE_STATE_EXPIRED:
		return false
	default:
		return c.GetValidTo() > string(s.today().Plus(spareDays))
	}
}

func (s *stage) createCertificate(ctx context.Context, g goods, product *pb.Product) (*pb.Certificate, error) {
	from := s.today()
	units := cmp.Or(g.certified, unitsCertified)
	out, err := act(ctx, s, g.seller, &pb.CreateCertificateRequest{
		ProductId: product.GetId(), Scheme: g.scheme,
		Number:         fmt.Sprintf("%s-%s", g.number, s.now().In(exchange.China).Format("20060102-150405")),
		AnnualQuantity: units * product.GetUnitQuantity(), AnnualValueFen: units * g.priceFen, HouseholdsBenefited: 126,
		ValidFrom: string(from), ValidTo: string(exchange.DayOf(from.Start().AddDate(certificateYears, 0, -1))),
	}, func(out *pb.CreateCertificateResponse) (string, error) {
		return certificateLine(out.GetCertificate()), nil
	})
	return out.GetCertificate(), err
}

// advance takes a certificate one step further.
func (s *stage) advance(ctx context.Context, g goods, c *pb.Certificate) (*pb.Certificate, error) {
	switch id := c.GetId(); c.GetState() {
	case pb.CertificateState_CERTIFICATE_STATE_DRAFT:
		return actOn(ctx, s, g.seller, &pb.SubmitCertificateRequest{Id: id}, (*pb.SubmitCertificateResponse).GetCertificate)
	case pb.CertificateState_CERTIFICATE_STATE_SUBMITTED:
		return actOn(ctx, s, g.authority, &pb.ApproveCertificateRequest{Id: id}, (*pb.ApproveCertificateResponse).GetCertificate)
	case pb.CertificateState_CERTIFICATE_STATE_COUNTY_APPROVED:
		return actOn(ctx, s, g.authority, &pb.PubliciseCertificateRequest{Id: id}, (*pb.PubliciseCertificateResponse).GetCertificate)
	case pb.CertificateState_CERTIFICATE_STATE_PUBLICISED:
		return actOn(ctx, s, g.authority, &pb.EnforceCertificateRequest{Id: id}, (*pb.EnforceCertificateResponse).GetCertificate)
	default:
		return nil, fmt.Errorf("certificate %s is %s: there is no step from there", id, nameOf(c.GetState()))
	}
}

// actOn is a step of a certificate.
func actOn[Q interface {
	GetId() string
	protoMessage
}, R protoMessage](ctx context.Context, s *stage, who string, in Q, certificate func(R) *pb.Certificate) (*pb.Certificate, error) {
	out, err := act(ctx, s, who, in, func(out R) (string, error) { return certificateLine(certificate(out)), nil })
	if err != nil {
		return nil, err
	}
	return certificate(out), nil
}

// putUp finds an offer of an earlier start with enough left, or drafts and
// publishes one.
func (s *stage) putUp(ctx context.Context, g goods, product *pb.Product, c *pb.Certificate, need int64) (*pb.Offer, error) {
	o, err := s.knownOffer(ctx, g, product, c, need)
	if err != nil || o != nil {
		return o, err
	}
	created, err := act(ctx, s, g.seller, &pb.CreateOfferRequest{
		ProductId: product.GetId(), CertificateId: c.GetId(), Quantity: unitsOffered * product.GetUnitQuantity(),
		PriceBasis: pb.PriceBasis_PRICE_BASIS_PER_SALES_UNIT, PriceFen: g.priceFen, LeadDays: leadDays,
		SeasonFrom: string(s.today()), SeasonTo: string(s.today().Plus(seasonDays)), AutoConfirm: g.autoConfirm,
	}, func(out *pb.CreateOfferResponse) (string, error) { return offerLine(out.GetOffer()), nil })
	if err != nil {
		return nil, err
	}
	published, err := act(ctx, s, g.seller, &pb.PublishOfferRequest{Id: created.GetOffer().GetId()},
		func(out *pb.PublishOfferResponse) (string, error) {
			return offerLine(out.GetOffer()) + warningsOf(out.GetWarnings()), nil
		})
	return published.GetOffer(), err
}

func (s *stage) knownOffer(ctx context.Context, g goods, product *pb.Product, c *pb.Certificate, need int64) (*pb.Offer, error) {
	var known *pb.Offer
	_, err := act(ctx, s, g.seller, &pb.ListOffersRequest{
		SellerMemberId: s.people[g.seller].member, State: pb.OfferState_OFFER_STATE_PUBLISHED, PageSize: pageSize,
	}, func(out *pb.ListOffersResponse) (string, error) {
		for _, o := range out.GetOffers() {
			if o.GetProductId() == product.GetId() && o.GetCertificateId() == c.GetId() && o.GetRemainingQuantity() >= need &&
				o.GetAutoConfirm() == g.autoConfirm && o.GetPriceFen() == g.priceFen && o.GetSeasonTo() > string(s.today()) {
				known = o
				return "of an earlier start: " + offerLine(o), nil
			}
		}
		return "no offer of an earlier start has enough left", nil
	})
	return known, err
}
