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

// allowedOrder is an order that may be placed.
func allowedOrder() *authz.Question {
	q := ordered(allowedOffer())
	return &q
}

// school is one of an alliance that has the grant.
func school(q authz.Question) authz.Question {
	buyer := *q.Buyer
	buyer.ID = uuid.New()
	order := *q.Order
	order.ID.UUID, order.Buyer, order.Quantity = uuid.New(), buyer.ID, order.Quantity+int64(buyer.ID[0])*10_000
	q.Buyer, q.Principal.Member, q.Order = &buyer, &buyer, &order
	return q
}

// orders256 are orders of different schools of an alliance on one offer.
func orders256() []authz.Question {
	list := make([]authz.Question, 256)
	first := ordered(allowedOffer())
	for i := range list {
		list[i] = school(first)
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

// measure times a decision on allowed orders.
func measure(b *testing.B, e *authz.Engine, ask func(i int) *authz.Question) {
	decide := func(i int) {
		if d, err := e.Decide(b.Context(), ask(i)); err != nil || !d.Allow {
			b.Fatal(d, err)
		}
	}
	for i := range 10 {
		decide(i)
	}
	b.ReportAllocs()
	begin := cpu(b)
	for i := 0; b.Loop(); i++ {
		decide(i)
	}
	b.ReportMetric(float64(cpu(b)-begin)/float64(b.N), "cpu-ns/op")
}

// BenchmarkDecisionFull evaluates the program of an order, which has every rule
// that can apply to it, with reasons. Nothing is kept of an answer.
func BenchmarkDecisionFull(b *testing.B) {
	e, err := authz.New(b.Context(), authz.Options{AnswerCache: -1})
	if err != nil {
		b.Fatal(err)
	}
	q := allowedOrder()
	measure(b, e, func(int) *authz.Question { return q })
}

// BenchmarkDecisionCached asks again on the same facts.
func BenchmarkDecisionCached(b *testing.B) {
	q := allowedOrder()
	measure(b, engine(b), func(int) *authz.Question { return q })
}

// BenchmarkDecisionOther asks about orders of other schools, one by one, as a
// server in use is asked.
func BenchmarkDecisionOther(b *testing.B) {
	first := *allowedOrder()
	q := make([]authz.Question, 100_000)
	for i := range q {
		q[i] = school(first)
	}
	measure(b, engine(b), func(i int) *authz.Question { return &q[i%len(q)] })
}

// BenchmarkDecisionBatch256 asks about 256 orders on one offer at once. Nothing
// is kept of the batch before.
func BenchmarkDecisionBatch256(b *testing.B) {
	e, warm := engine(b), orders256()
	if _, err := e.DecideBatch(b.Context(), warm); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var took, used time.Duration
	for range b.N {
		b.StopTimer()
		questions := orders256()
		e.Forget()
		begin, started := time.Now(), cpu(b)
		b.StartTimer()
		decisions, err := e.DecideBatch(b.Context(), questions)
		took, used = took+time.Since(begin), used+cpu(b)-started
		if err != nil || !decisions[255].Allow {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N*256), "ns/order")
	b.ReportMetric(float64(used)/float64(b.N*256), "cpu-ns/order")
}
