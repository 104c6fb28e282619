package authz_test

import (
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
)

// world makes questions out of few values, so that facts often fit each other.
// It draws from a seed: a failure says which.
type world struct{ *rand.Rand }

func newWorld(seed uint64) world { return world{rand.New(rand.NewPCG(seed, 7))} }

func pick[T any](w world, from ...T) T { return from[w.IntN(len(from))] }

func (w world) likely() bool { return w.IntN(8) > 0 }

var (
	someIDs = []uuid.UUID{
		uuid.MustParse("11111111-1111-4111-8111-111111111111"), uuid.MustParse("22222222-2222-4222-8222-222222222222"), uuid.Nil,
	}
	someDays = []exchange.Day{"", "2019-12-31", "2020-02-24", "2024-01-01", "2026-11-24", "2026-11-30", "2027-12-31"}
	actions  = []string{
		authz.OrderPlace, authz.OrderPlace, authz.OrderPlace, authz.OrderConfirm, authz.OrderAccept, authz.OrderCancel, authz.OrderExpire,
		authz.OfferCreate, authz.OfferPublish, authz.OfferPause, authz.CertificateCreate, authz.CertificateApprove, authz.LotCreate, authz.LotBlock, authz.MemberAdmit,
		authz.GrantCreate, authz.MandateRevoke, authz.IssuerDisable, authz.RoleAssign, authz.LedgerBalance, "order.steal",
	}
)

// id is mostly the first of the ids, so that facts belong together.
func (w world) id() uuid.UUID {
	if w.likely() {
		return someIDs[0]
	}
	return pick(w, someIDs...)
}

func (w world) day() exchange.Day { return pick(w, someDays...) }

func (w world) division() string {
	return pick(w, "610621", "610629", "610523", "610124", "320115", "320206", "440100")
}

func (w world) member(side exchange.Side) *exchange.Member {
	return &exchange.Member{
		ID: w.id(), Alliance: w.id(), Side: side, Division: w.division(),
		Class: pick(w, exchange.BudgetUnitSchool, exchange.RetailChain, exchange.Military, exchange.Cooperative, exchange.TradeAgent,
			exchange.AllianceSecretariat),
		State: pick(w, exchange.MemberActive, exchange.MemberActive, exchange.MemberActive, exchange.MemberSuspended),
	}
}

func (w world) principal() exchange.Principal {
	p := exchange.Principal{Subject: pick(w, "chen", "李", "\"a\\b<c>\n"), System: w.IntN(20) == 0}
	for range w.IntN(3) {
		p.Roles = append(p.Roles, pick(w, exchange.BuyerMember, exchange.BuyerMember, exchange.SellerMember, exchange.SellerSecretary,
			exchange.BuyerSecretary, exchange.CountyAuthority, exchange.Sampler, exchange.Auditor, exchange.Operator, exchange.Finance))
	}
	for range w.IntN(2) {
		p.GrantedBy = append(p.GrantedBy, w.id())
	}
	if w.likely() {
		side := pick(w, exchange.Buyer, exchange.Seller)
		p.Member, p.Alliance = w.member(side), &exchange.Alliance{ID: w.id(), Side: side, Home: pick(w, "32", "61")}
	} else {
		p.Authority = w.authority()
	}
	return p
}

func (w world) authority() *exchange.Authority {
	return &exchange.Authority{ID: w.id(), Jurisdiction: exchange.Jurisdiction{
		Kind:  pick(w, exchange.CountyJurisdiction, exchange.CityJurisdiction, exchange.ProvinceJurisdiction, exchange.PairJurisdiction),
		Codes: []string{w.division(), w.division()}[:w.IntN(3)],
	}}
}

// goods fills in what questions about one offer share.
func (w world) goods(q *authz.Question) {
	home := pick(w, "61", "32")
	q.Seller, q.SellerAlliance = w.member(exchange.Seller), &exchange.Alliance{ID: w.id(), Side: exchange.Seller, Home: home}
	q.Offer = &exchange.Offer{
		ID: exchange.ID{Home: home, UUID: uuid.New()}, Seller: w.id(), SellerAlliance: w.id(), SellerDivision: w.division(),
		Product: w.id(), Certificate: w.id(), Category: exchange.FreshFruit, State: pick(w, exchange.OfferDraft, exchange.OfferPublished),
		UnitQuantity: 1000, Quantity: int64(w.IntN(4)) * 1000, PriceFen: int64(w.IntN(3)) * 1000, PriceBasis: exchange.PerSalesUnit,
	}
	if w.IntN(20) == 0 {
		q.Offer.UnitQuantity = 0 // an amount that cannot be computed
	}
	q.Product = &exchange.Product{
		ID: w.id(), Producer: w.id(), Origin: w.division(), UnitQuantity: 1000, ReferenceFen: int64(w.IntN(2)) * 1000,
		Category: pick(w, exchange.FreshFruit, exchange.Liquor, exchange.WildAnimal, exchange.Tea),
	}
	q.Origin = &exchange.Division{Code: q.Product.Origin, Poverty56: w.IntN(2) == 0}
	if w.likely() {
		q.Certificate = &exchange.Certificate{
			ID: w.id(), Product: w.id(), Producer: w.id(), Origin: pick(w, q.Product.Origin, w.division()),
			Scheme: pick(w, exchange.PovertyProduct2020, exchange.ConsumptionAid2024, exchange.JiangsuAidProduct),
			State:  pick(w, exchange.CertificateInForce, exchange.CertificateInForce, exchange.CertificateRevoked),
			Valid:  exchange.Span{From: w.day(), To: w.day()},
		}
	}
	if w.likely() {
		q.Lot = &exchange.Lot{
			ID: exchange.ID{Home: home, UUID: w.id()}, Seller: w.id(), Product: w.id(), Code: pick(w, "A", "B"), Origin: w.division(),
			State: pick(w, exchange.LotOpen, exchange.LotOpen, exchange.LotBlocked),
		}
	}
	if w.likely() {
		q.Capacity = &exchange.Capacity{Quantity: 3000, ValueFen: 3000, TakenQuantity: int64(w.IntN(3)) * 1000}
	}
	if w.IntN(2) == 0 {
		q.Mandate = &exchange.Mandate{ID: w.id(), Producer: w.id(), Agent: w.id(), Valid: exchange.Span{From: w.day(), To: w.day()}, RevokedAt: w.revoked()}
	}
}

func (w world) revoked() time.Time {
	if w.likely() {
		return time.Time{}
	}
	return day
}

// line fills in what is an order's own.
func (w world) line(q *authz.Question) {
	q.Principal = w.principal()
	if w.likely() {
		q.Buyer, q.BuyerAlliance = w.member(exchange.Buyer), &exchange.Alliance{ID: w.id(), Side: exchange.Buyer, Home: "32"}
	}
	if w.likely() {
		q.Consignee = w.division()
	}
	if w.likely() {
		q.Grant = &exchange.Grant{ID: w.id(), SellerAlliance: w.id(), BuyerAlliance: w.id(), Valid: exchange.Span{From: w.day(), To: w.day()}, RevokedAt: w.revoked()}
	}
	if w.likely() {
		q.Order = &exchange.Order{
			Purpose: exchange.ForCanteen,
			ID:      exchange.ID{Home: "61", UUID: uuid.New()}, Offer: q.Offer.ID, Buyer: w.id(), Seller: w.id(), Quantity: 1000,
			State: exchange.OrderPlaced, DeliverBy: w.day(), Reserve: w.IntN(2) == 0, Channel: exchange.Platform,
		}
	}
}

// question is any question that the application may ask.
func (w world) question() authz.Question {
	q := authz.Question{
		Action: pick(w, actions...), At: time.Date(pick(w, 2020, 2024, 2026), pick(w, time.January, time.November), 24, w.IntN(24), 0, 0, 0, time.UTC),
	}
	w.goods(&q)
	w.line(&q)
	if w.IntN(2) == 0 {
		q.Member, q.Alliance, q.Authority = w.member(exchange.Buyer), &exchange.Alliance{ID: w.id()}, w.authority()
		q.Issuer = &exchange.Issuer{ID: w.id(), Alliance: w.id(), Authority: w.id()}
		q.Assignment = &exchange.RoleAssignment{ID: w.id(), Issuer: w.id(), Role: exchange.BuyerMember}
		q.Dispute = &exchange.Dispute{ID: exchange.ID{Home: "61", UUID: uuid.New()}, State: pick(w, exchange.DisputeForBuyer, exchange.DisputeSplit), AmountFen: 9}
		q.Target = &exchange.Target{ID: w.id(), UnitKind: exchange.CountyTarget, SNUnit: w.division(), Year: 2026}
		q.Pairing = &exchange.Pairing{JSCity: "320100", SNCity: "611000"}
	}
	return q
}

// orders are orders on one offer.
func (w world) orders(n int) []authz.Question {
	shared := w.question()
	shared.Action = authz.OrderPlace
	list := make([]authz.Question, n)
	for i := range list {
		list[i] = shared
		w.line(&list[i])
	}
	return list
}
