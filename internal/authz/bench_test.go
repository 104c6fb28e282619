package authz_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
)

// freshIDs are those of one allowed order.
type freshIDs struct{ sellers, seller, product, certificate, offer uuid.UUID }

// allowedOffer has the facts of an offer that may be bought: certified apples of
// a cooperative in Yanchang.
func allowedOffer() (authz.Question, freshIDs) {
	ids := freshIDs{uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()}
	seller := exchange.Member{
		ID: ids.seller, Alliance: ids.sellers, Side: exchange.Seller, Class: exchange.Cooperative, Division: "610621", State: exchange.MemberActive,
	}
	return authz.Question{
		Action: authz.OrderPlace, At: day, Seller: &seller,
		SellerAlliance: &exchange.Alliance{ID: ids.sellers, Side: exchange.Seller, Home: exchange.Shaanxi},
		Offer: &exchange.Offer{
			ID: exchange.ID{Home: "61", UUID: ids.offer}, Seller: ids.seller, SellerAlliance: ids.sellers, SellerDivision: "610621",
			Product: ids.product, Certificate: ids.certificate, Scheme: exchange.ConsumptionAid2024, Category: exchange.FreshFruit,
			Origin: "610621", UnitQuantity: 10000, Quantity: 10_000_000, PriceFen: 6200, PriceBasis: exchange.PerSalesUnit,
			State: exchange.OfferPublished, Season: exchange.Span{From: "2026-09-01", To: "2027-03-31"},
		},
		Product: &exchange.Product{
			ID: ids.product, Producer: ids.seller, Category: exchange.FreshFruit, Origin: "610621", UnitQuantity: 10000, ReferenceFen: 6200,
		},
		Origin: &exchange.Division{Code: "610621", Poverty56: true},
		Certificate: &exchange.Certificate{
			ID: ids.certificate, Product: ids.product, Producer: ids.seller, Scheme: exchange.ConsumptionAid2024, Origin: "610621",
			State: exchange.CertificateInForce, Valid: exchange.Span{From: "2026-01-01", To: "2027-12-31"},
		},
	}, ids
}

// ordered adds an order by a school of its own.
func ordered(q authz.Question, ids freshIDs) authz.Question {
	buyers, buyer := uuid.New(), uuid.New()
	alliance := &exchange.Alliance{ID: buyers, Side: exchange.Buyer, Home: exchange.Jiangsu}
	q.Buyer = &exchange.Member{
		ID: buyer, Alliance: buyers, Side: exchange.Buyer, Class: exchange.BudgetUnitSchool, Division: "320115", State: exchange.MemberActive,
	}
	q.BuyerAlliance, q.Consignee = alliance, "320115"
	q.Principal = exchange.Principal{
		Issuer: uuid.New(), Subject: "chen", Member: q.Buyer, Alliance: alliance, Roles: []exchange.Role{exchange.BuyerMember},
		GrantedBy: []uuid.UUID{ids.sellers},
	}
	q.Grant = &exchange.Grant{ID: uuid.New(), SellerAlliance: ids.sellers, BuyerAlliance: buyers, Valid: exchange.Span{From: "2026-01-01"}}
	q.Order = &exchange.Order{
		Purpose: exchange.ForCanteen,
		ID:      exchange.ID{Home: "61", UUID: uuid.New()}, Offer: q.Offer.ID, Buyer: buyer, Seller: ids.seller, State: exchange.OrderPlaced,
		Quantity: 100_000, AmountFen: 62000, DeliverBy: "2026-11-30", Reserve: true, Channel: exchange.Platform,
	}
	return q
}

// orders256 are orders of different schools on one offer.
func orders256() []authz.Question {
	offer, ids := allowedOffer()
	list := make([]authz.Question, 256)
	for i := range list {
		list[i] = ordered(offer, ids)
	}
	return list
}

// cpu is the processor time that the program has used. On a machine that others
// use as well it tells more than the clock.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkDecisionFull(b *testing.B) {
	e, q := engine(b), ordered(allowedOffer())
	b.ReportAllocs()
	begin := cpu(b)
	for b.Loop() {
		if d, err := e.Decide(b.Context(), q); err != nil || !d.Allow {
			b.Fatal(d, err)
		}
	}
	b.ReportMetric(float64(cpu(b)-begin)/float64(b.N), "cpu-ns/op")
}

func BenchmarkDecisionBatch256(b *testing.B) {
	e, questions := engine(b), orders256()
	b.ReportAllocs()
	begin, started := time.Now(), cpu(b)
	for b.Loop() {
		decisions, err := e.DecideBatch(b.Context(), questions)
		if err != nil || !decisions[255].Allow {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(begin).Nanoseconds())/float64(b.N*len(questions)), "ns/order")
	b.ReportMetric(float64(cpu(b)-started)/float64(b.N*len(questions)), "cpu-ns/order")
}
