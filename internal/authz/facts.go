package authz

import (
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
)

// fact names an object of the policy's input.
type fact int

// The facts, each before those that lie within it.
const (
	factRoot fact = iota
	factPrincipal
	factPrincipalMember
	factPrincipalAlliance
	factPrincipalAuthority
	factPrincipalJurisdiction
	factBuyer
	factSeller
	factBuyerAlliance
	factSellerAlliance
	factConsignee
	factOffer
	factProduct
	factOrigin
	factCertificate
	factCapacity
	factLot
	factGrant
	factMandate
	factPairing
	factOrder
	factAlliance
	factMember
	factAuthority
	factJurisdiction
	factIssuer
	factAssignment
	factReserve
	factDispute
	factDemand
	factQuote
	factGroup
	factStanding
	factRelief
	factPeriod
	factTarget
	factContract
	factClaim
	factIntent
	factRoom
	factLimit
	factPayer
	factPayerConsent
	factCount
)

// factPaths are where the facts lie in the input.
var factPaths = [factCount][]string{
	factRoot: {}, factPrincipal: {"principal"}, factPrincipalMember: {"principal", "member"},
	factPrincipalAlliance: {"principal", "alliance"}, factPrincipalAuthority: {"principal", "authority"},
	factPrincipalJurisdiction: {"principal", "authority", "jurisdiction"}, factBuyer: {"buyer"}, factSeller: {"seller"},
	factBuyerAlliance: {"buyer_alliance"}, factSellerAlliance: {"seller_alliance"}, factConsignee: {"consignee"},
	factOffer: {"offer"}, factProduct: {"product"}, factOrigin: {"origin"}, factCertificate: {"certificate"},
	factCapacity: {"capacity"}, factLot: {"lot"}, factGrant: {"grant"}, factMandate: {"mandate"}, factPairing: {"pairing"}, factOrder: {"order"},
	factAlliance: {"alliance"}, factMember: {"member"}, factAuthority: {"authority"},
	factJurisdiction: {"authority", "jurisdiction"}, factIssuer: {"issuer"}, factAssignment: {"assignment"},
	factReserve: {"reserve_plan"}, factDispute: {"dispute"}, factDemand: {"demand"}, factQuote: {"quote"}, factGroup: {"group"}, factStanding: {"standing"}, factRelief: {"relief"}, factPeriod: {"period"},
	factTarget: {"target"}, factContract: {"contract"}, factClaim: {"contract", "claim"}, factIntent: {"intent"}, factRoom: {"room"}, factLimit: {"limit"}, factPayer: {"payer"}, factPayerConsent: {"payer_consent"},
}

// sink takes the facts of a question, always in the same order: JSON for the
// log, terms for the policy, a key for the cache. Every field of a fact is
// given, one without a value by missing.
type sink interface {
	// begin opens a fact. It answers false where the sink has it already, from
	// where it was read (a pointer, or nil).
	begin(f fact, from any) bool
	end()
	absent(f fact)
	text(name, v string)
	id(name string, v uuid.UUID)
	homeID(name string, v exchange.ID)
	number(name string, v int64)
	missing(name string)
	flag(name string, v bool)
	instant(name string, v time.Time)
	day(name string, v time.Time)
	list(name string, n int) // n items follow
	item(v string)
	itemID(v uuid.UUID)
}

// write gives a question to a sink as the policy's input document
// (policies/schema/input.json). Names of people and organisations, tokens and keys are
// never in it: rules do not need them, and the input is logged.
func (q *Question) write(s sink) {
	s.begin(factRoot, nil)
	s.text("action", q.Action)
	s.instant("at", q.At)
	s.day("day", q.At)
	writePrincipal(s, &q.Principal)
	put(s, factBuyer, q.Buyer, writeMember)
	put(s, factSeller, q.Seller, writeMember)
	put(s, factBuyerAlliance, q.BuyerAlliance, writeAlliance)
	put(s, factSellerAlliance, q.SellerAlliance, writeAlliance)
	writeConsignee(s, q.Consignee)
	put(s, factOffer, q.Offer, writeOffer)
	put(s, factProduct, q.Product, writeProduct)
	put(s, factOrigin, q.Origin, writeDivision)
	put(s, factCertificate, q.Certificate, writeCertificate)
	put(s, factCapacity, q.Capacity, writeCapacity)
	put(s, factLot, q.Lot, writeLot)
	put(s, factGrant, q.Grant, writeGrant)
	put(s, factMandate, q.Mandate, writeMandate)
	put(s, factPairing, q.Pairing, writePairing)
	put(s, factOrder, q.Order, func(s sink, o *exchange.Order) { writeOrder(s, o, q.Principal.Subject) })
	put(s, factAlliance, q.Alliance, writeAlliance)
	put(s, factMember, q.Member, writeMember)
	writeAuthority(s, factAuthority, factJurisdiction, q.Authority)
	put(s, factIssuer, q.Issuer, writeIssuer)
	put(s, factAssignment, q.Assignment, writeAssignment)
	put(s, factReserve, q.Reserve, writeReserve)
	put(s, factDispute, q.Dispute, writeDispute)
	put(s, factDemand, q.Demand, writeDemand)
	put(s, factQuote, q.Quote, writeQuote)
	put(s, factGroup, q.Group, writeGroup)
	put(s, factStanding, q.Standing, writeStanding)
	put(s, factRelief, q.Relief, writeRelief)
	putPeriod(s, q.Period, q.Principal.Person())
	put(s, factTarget, q.Target, writeTarget)
	put(s, factContract, q.Contract, writeContract)
	put(s, factIntent, q.Intent, writeIntent)
	put(s, factRoom, q.Room, writeRoom)
	put(s, factLimit, q.Limit, func(s sink, l *exchange.SpendingLimit) { writeLimit(s, l, q.Principal.Person()) })
	put(s, factPayer, q.Payer, writeMember)
	put(s, factPayerConsent, q.PayerConsent, writePayerConsent)
	s.end()
}

func put[T any](s sink, f fact, v *T, write func(sink, *T)) {
	switch {
	case v == nil:
		s.absent(f)
	case s.begin(f, v):
		write(s, v)
		s.end()
	}
}

func texts[T ~string](s sink, name string, list []T) {
	s.list(name, len(list))
	for _, v := range list {
		s.item(string(v))
	}
}

func writePrincipal(s sink, p *exchange.Principal) {
	s.begin(factPrincipal, nil)
	s.flag("system", p.System)
	s.text("subject", p.Subject)
	texts(s, "roles", p.Roles)
	s.list("granted_by", len(p.GrantedBy))
	for _, id := range p.GrantedBy {
		s.itemID(id)
	}
	put(s, factPrincipalMember, p.Member, writeMember)
	put(s, factPrincipalAlliance, p.Alliance, writeAlliance)
	writeAuthority(s, factPrincipalAuthority, factPrincipalJurisdiction, p.Authority)
	s.end()
}

func writeMember(s sink, m *exchange.Member) {
	s.id("id", m.ID)
	s.id("alliance_id", m.Alliance)
	s.text("side", string(m.Side))
	s.text("class", string(m.Class))
	s.text("division", m.Division)
	s.text("state", string(m.State))
}

func writeAlliance(s sink, a *exchange.Alliance) {
	s.id("id", a.ID)
	s.text("side", string(a.Side))
	s.text("home", a.Home)
}

func writeAuthority(s sink, f, jurisdiction fact, a *exchange.Authority) {
	if a == nil {
		s.absent(f)
		return
	}
	if !s.begin(f, a) {
		return
	}
	s.id("id", a.ID)
	s.begin(jurisdiction, nil)
	s.text("kind", string(a.Jurisdiction.Kind))
	texts(s, "codes", a.Jurisdiction.Codes)
	s.end()
	s.end()
}

func writeConsignee(s sink, division string) {
	if division == "" {
		s.absent(factConsignee)
		return
	}
	s.begin(factConsignee, nil)
	s.text("division", division)
	s.text("province", exchange.Province(division))
	s.end()
}

func writeIssuer(s sink, i *exchange.Issuer) {
	s.id("id", i.ID)
	s.id("alliance_id", i.Alliance)
	s.id("authority_id", i.Authority)
	s.flag("disabled", i.Disabled)
	s.flag("founding", i.Founding)
}

func writeAssignment(s sink, a *exchange.RoleAssignment) {
	s.id("id", a.ID)
	s.id("issuer_id", a.Issuer)
	s.id("member_id", a.Member)
	s.text("role", string(a.Role))
}

func writeDivision(s sink, d *exchange.Division) {
	s.text("code", d.Code)
	s.flag("poverty56", d.Poverty56)
}

func writeProduct(s sink, p *exchange.Product) {
	s.id("id", p.ID)
	s.id("producer_id", p.Producer)
	s.text("category", string(p.Category))
	s.text("origin", p.Origin)
	s.number("unit_quantity", p.UnitQuantity)
	s.number("reference_fen", p.ReferenceFen)
}

func writeCertificate(s sink, c *exchange.Certificate) {
	s.id("id", c.ID)
	s.id("product_id", c.Product)
	s.id("producer_id", c.Producer)
	s.text("scheme", string(c.Scheme))
	s.text("origin", c.Origin)
	s.text("state", string(c.State))
	writeSpan(s, c.Valid)
}

func writeSpan(s sink, v exchange.Span) {
	s.text("valid_from", string(v.From))
	s.text("valid_to", string(v.To))
}

func writeCapacity(s sink, c *exchange.Capacity) {
	s.number("quantity_left", c.Quantity-c.TakenQuantity)
	s.number("value_fen_left", c.ValueFen-c.TakenValueFen)
}

func writeLot(s sink, l *exchange.Lot) {
	s.homeID("id", l.ID)
	s.id("seller_id", l.Seller)
	s.id("product_id", l.Product)
	s.text("code", l.Code)
	s.text("origin", l.Origin)
	s.text("state", string(l.State))
}

func writeGrant(s sink, g *exchange.Grant) {
	s.id("id", g.ID)
	s.id("seller_alliance_id", g.SellerAlliance)
	s.id("buyer_alliance_id", g.BuyerAlliance)
	writeSpan(s, g.Valid)
	s.flag("revoked", !g.RevokedAt.IsZero())
}

func writeMandate(s sink, m *exchange.Mandate) {
	s.id("id", m.ID)
	s.id("producer_id", m.Producer)
	s.id("agent_id", m.Agent)
	writeSpan(s, m.Valid)
	s.flag("revoked", !m.RevokedAt.IsZero())
}

func writePairing(s sink, p *exchange.Pairing) {
	s.text("js_city", p.JSCity)
	s.text("js_unit", p.JSUnit)
	s.text("sn_city", p.SNCity)
	s.text("sn_county", p.SNCounty)
}

func writeOffer(s sink, o *exchange.Offer) {
	s.homeID("id", o.ID)
	s.id("seller_id", o.Seller)
	s.id("seller_alliance_id", o.SellerAlliance)
	s.text("seller_division", o.SellerDivision)
	s.id("product_id", o.Product)
	s.id("certificate_id", o.Certificate)
	s.text("scheme", string(o.Scheme))
	s.text("category", string(o.Category))
	s.text("origin", o.Origin)
	s.text("state", string(o.State))
	s.number("quantity", o.Quantity)
	s.number("remaining", o.Remaining())
	s.number("price_fen", o.PriceFen)
	s.text("price_basis", string(o.PriceBasis))
	s.text("season_from", string(o.Season.From))
	s.text("season_to", string(o.Season.To))
	s.id("reserved_for_id", o.ReservedFor)
	s.text("way", string(o.Way))
	writeAmount(s, "value_fen", o, o.Quantity)
	writeAmount(s, "unit_price_fen", o, o.UnitQuantity)
}

// writeAmount leaves out what cannot be computed: rules on it then do not hold,
// and the domain refuses the offer with AMOUNT_OVERFLOW.
func writeAmount(s sink, name string, o *exchange.Offer, quantity int64) {
	if v, err := o.ValueFen(quantity); err == nil {
		s.number(name, v)
	} else {
		s.missing(name)
	}
}

func writeOrder(s sink, o *exchange.Order, caller string) {
	s.homeID("id", o.ID)
	s.homeID("offer_id", o.Offer)
	s.id("buyer_id", o.Buyer)
	s.id("seller_id", o.Seller)
	s.id("payer_id", o.PayerID())
	s.text("pair_tag", o.PairTag)
	s.number("donation_fen", o.DonationFen)
	s.text("state", string(o.State))
	s.number("quantity", o.Quantity)
	s.number("amount_fen", o.AmountFen)
	s.text("deliver_by", string(o.DeliverBy))
	s.flag("reserve", o.Reserve)
	s.text("channel", string(o.Channel))
	s.text("purpose", string(o.Purpose))
	s.text("way", string(o.Way))
	s.flag("placed_by_caller", o.Placer.Subject == caller)
}

func writeDemand(s sink, d *exchange.Demand) {
	s.homeID("id", d.ID)
	s.id("buyer_id", d.Buyer)
	s.id("buyer_alliance_id", d.BuyerAlliance)
	s.text("category", string(d.Category))
	s.text("state", string(d.State))
}

func writeGroup(s sink, g *exchange.GroupBuy) {
	s.homeID("id", g.ID)
	s.id("organiser_id", g.Organiser)
	s.id("alliance_id", g.Alliance)
	s.text("state", string(g.State))
}

func writeStanding(s sink, v *exchange.StandingOrder) {
	s.homeID("id", v.ID)
	s.id("buyer_id", v.Buyer)
	s.text("state", string(v.State))
}

func writeRelief(s sink, v *exchange.Relief) {
	s.homeID("id", v.ID)
	s.text("state", string(v.State))
	s.number("days_of_stock", int64(v.DaysOfStock))
	s.number("drop_basis_points", int64(v.DropBP))
	s.number("before_days", int64(v.BeforeDays))
	s.number("days", int64(v.Span.Days()))
}

func writeQuote(s sink, q *exchange.SealedQuote) {
	s.homeID("id", q.ID)
	s.id("seller_id", q.Seller)
	s.text("state", string(q.State))
}

func writeReserve(s sink, p *exchange.ReservePlan) {
	s.id("id", p.ID)
	s.id("unit_id", p.Unit)
	s.text("unit_class", string(p.UnitClass))
	s.id("alliance_id", p.Alliance)
	s.text("division", p.Division)
	s.number("year", int64(p.Year))
	s.text("canteen", string(p.Canteen))
	s.number("rate_basis_points", p.RateBP)
	s.text("state", string(p.State))
	writeIDs(s, "units", p.Units())
	writeIDs(s, "covered", p.Covered)
	writeIDs(s, "buyers", p.Buyers)
}

func writeDispute(s sink, d *exchange.Dispute) {
	s.homeID("id", d.ID)
	s.text("outcome", string(d.State))
	s.number("amount_fen", d.AmountFen)
	s.number("refund_fen", d.RefundedFen)
}

// putPeriod gives a period as one of no place: it is another for each caller, so
// that questions of a batch do not share it.
func putPeriod(s sink, p *exchange.Period, caller exchange.Person) {
	if p == nil {
		s.absent(factPeriod)
		return
	}
	if s.begin(factPeriod, nil) {
		writePeriod(s, p, caller)
		s.end()
	}
}

func writePeriod(s sink, p *exchange.Period, caller exchange.Person) {
	kind := "MONTH"
	if p.IsYear() {
		kind = "YEAR"
	}
	s.text("id", p.ID)
	s.text("kind", kind)
	s.text("state", string(p.State))
	s.flag("soft_closed_by_caller", p.SoftClosedBy == caller)
}

func writeTarget(s sink, t *exchange.Target) {
	s.id("id", t.ID)
	s.text("unit_kind", string(t.UnitKind))
	s.text("unit", t.Unit)
	s.text("js_unit", t.JSUnit)
	s.text("sn_unit", t.SNUnit)
	s.number("year", int64(t.Year))
}

// writeRoom leaves out what is not limited: rules on it then do not hold.
func writeRoom(s sink, r *exchange.Room) {
	writeBound(s, "left_fen", r.Left)
	writeBound(s, "approval_above_fen", r.ApprovalAbove)
}

func writeBound(s sink, name string, fen int64) {
	if fen == math.MaxInt64 {
		s.missing(name)
	} else {
		s.number(name, fen)
	}
}

func writeLimit(s sink, l *exchange.SpendingLimit, caller exchange.Person) {
	s.id("id", l.ID)
	s.id("member_id", l.Member)
	s.id("alliance_id", l.Alliance)
	s.flag("of_a_person", l.Bound != exchange.Person{})
	s.flag("binds_caller", l.Bound == caller)
}

func writeIDs(s sink, name string, ids []uuid.UUID) {
	s.list(name, len(ids))
	for _, id := range ids {
		s.itemID(id)
	}
}

func writeContract(s sink, c *exchange.Contract) {
	s.homeID("id", c.ID)
	s.text("proposed_by", string(c.ProposedBy))
	s.id("buyer_id", c.Buyer)
	s.id("seller_id", c.Seller)
	s.text("seller_division", c.SellerDivision)
	s.text("buyer_division", c.BuyerDivision)
	s.text("state", string(c.State))
	s.text("index", c.Index)
	s.number("deposit_fen", c.DepositFen)
	s.begin(factClaim, nil)
	s.text("kind", string(c.Claim.Kind))
	s.text("by", string(c.Claim.By))
	s.text("state", string(c.Claim.State)) // contract.resolve: the outcome asked for
	s.end()
}

func writeIntent(s sink, v *exchange.Intent) {
	s.homeID("id", v.ID)
	s.id("buyer_id", v.Buyer)
	s.id("seller_id", v.Seller)
	s.text("seller_division", v.SellerDivision)
	s.text("buyer_division", v.BuyerDivision)
	s.text("state", string(v.State))
}

func writePayerConsent(s sink, c *exchange.PayerConsent) {
	s.homeID("id", c.ID)
	s.id("payer_id", c.Payer)
	s.id("buyer_id", c.Buyer)
	writeSpan(s, c.Valid)
	s.flag("revoked", !c.RevokedAt.IsZero())
}
