package exchange

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/sealedbid"
)

// refusals breaks every rule of the rulebook that is written in Go: by function,
// the code that must come, and what breaks it.
type refusals map[string]map[fault.Code]func() error

var (
	today    = DayOf(noon)
	sellers  = Alliance{ID: uuid.New(), Side: Seller, Home: Shaanxi}
	buyers   = Alliance{ID: uuid.New(), Side: Buyer, Home: Jiangsu}
	producer = Member{ID: uuid.New(), Alliance: sellers.ID, Side: Seller, Class: Cooperative, State: MemberActive, Division: "610621"}
	agent    = Member{ID: uuid.New(), Alliance: sellers.ID, Side: Seller, Class: TradeAgent, State: MemberActive, Division: "610102"}
	county   = Division{Code: "610621", Level: 3}
)

const goodCode = "93610621MA6Y01036Q"

func second[T any](_ T, err error) error { return err }

func third[T, U any](_ T, _ U, err error) error { return err }

func directoryRefusals() refusals {
	over := Span{From: today.Plus(-9), To: today.Plus(-1)}
	return refusals{
		"NewGrant": {fault.SideInvalid: func() error { return second(NewGrant(buyers, buyers, Span{}, noon)) }},
		"notOver":  {fault.DatesInvalid: func() error { return second(NewGrant(sellers, buyers, over, noon)) }},
		"RevokeGrant": {fault.WrongState: func() error {
			return second(RevokeGrant(Grant{RevokedAt: noon}, "again", noon))
		}},
		"NewMandate": {fault.SideInvalid: func() error { return second(NewMandate(agent, agent, Span{}, noon)) }},
		"RevokeMandate": {fault.WrongState: func() error {
			return second(RevokeMandate(Mandate{RevokedAt: noon}, "again", noon))
		}},
		"CheckJurisdiction": {fault.JurisdictionInvalid: func() error {
			return CheckJurisdiction(Jurisdiction{Kind: CountyJurisdiction}, []Division{{Code: "610600", Level: 2}})
		}},
		"NewAssignment": {fault.RoleInvalid: func() error {
			return second(NewAssignment(RoleAssignment{Role: BuyerMember}, Issuer{Alliance: sellers.ID}, &producer))
		}},
		"CheckCreditCode": {fault.CreditCodeInvalid: func() error { return CheckCreditCode("credit_code", "12320115MB0000027A") }},
		"AdmitMember": {fault.JurisdictionInvalid: func() error {
			return second(AdmitMember(Member{CreditCode: goodCode}, buyers, county, noon))
		}},
		"divisionHolds": {fault.DivisionNotValid: func() error {
			return second(AdmitMember(Member{CreditCode: goodCode}, sellers, Division{Code: "610621", Valid: over}, noon))
		}},
		"Member.to": {fault.WrongState: func() error { return second(ReinstateMember(producer, "was never suspended")) }},
	}
}

func catalogueRefusals() refusals {
	product := func(change func(*Product)) func() error {
		p := Product{UnitQuantity: 1000, BaseUnit: Gram}
		change(&p)
		return func() error { return second(NewProduct(p, producer, county, noon)) }
	}
	certificate := func(change func(*Certificate)) func() error {
		c := Certificate{AnnualQuantity: 1, AnnualValueFen: 1, Valid: Span{From: today, To: today.Plus(30)}}
		change(&c)
		return func() error { return second(NewCertificate(c, Product{}, noon)) }
	}
	return refusals{
		"NewProduct": {
			fault.JurisdictionInvalid: func() error {
				return second(NewProduct(Product{UnitQuantity: 1}, producer, Division{Code: "610600", Level: 2}, noon))
			},
			fault.QuantityInvalid: product(func(p *Product) { p.UnitQuantity = 0 }),
			fault.PriceInvalid:    product(func(p *Product) { p.ReferenceFen = -1 }),
		},
		"NewCertificate": {
			fault.QuantityInvalid: certificate(func(c *Certificate) { c.AnnualQuantity = 0 }),
			fault.PriceInvalid:    certificate(func(c *Certificate) { c.AnnualValueFen = 0 }),
			fault.DatesInvalid:    certificate(func(c *Certificate) { c.Valid.To = DayOf(noon.AddDate(10, 0, 1)) }),
		},
		"StepCertificate": {fault.WrongState: func() error {
			c := Certificate{State: CertificateInForce, Valid: Span{From: today, To: today}}
			return second(StepCertificate(c, ExpireStep, "", noon))
		}},
	}
}

func offerRefusals() refusals {
	draft := func(change func(*NewOffer)) func() error {
		d := NewOffer{
			Seller: producer, Product: Product{UnitQuantity: 1000}, Quantity: 5000, PriceBasis: PerSalesUnit, PriceFen: 1,
			Season: Span{From: today, To: today.Plus(9)},
		}
		change(&d)
		return func() error { return second(DraftOffer(d, noon)) }
	}
	offer := Offer{State: OfferDraft, UnitQuantity: 1, Quantity: 10, PriceFen: 1, Season: Span{From: today.Plus(-9), To: today.Plus(-1)}}
	paused := offer
	paused.State = OfferPaused
	inSeason := offer
	inSeason.Season.To = today
	return refusals{
		"DraftOffer": {fault.DatesInvalid: draft(func(d *NewOffer) { d.Season.To = today.Plus(-1) })},
		"offerableQuantities": {
			fault.QuantityInvalid:     draft(func(d *NewOffer) { d.MOQ = 6000 }),
			fault.QuantityNotMultiple: draft(func(d *NewOffer) { d.Quantity = 5500 }),
		},
		"countableValue":  {fault.AmountOverflow: draft(func(d *NewOffer) { d.PriceFen = maxOfferFen/5 + 1 })},
		"offerablePrice":  {fault.PriceInvalid: draft(func(d *NewOffer) { d.PriceBasis = PerKg })},
		"wrongOfferState": {fault.WrongState: func() error { return second(ResumeOffer(offer, noon)) }},
		"PublishOffer":    {fault.OutOfSeason: func() error { return third(PublishOffer(offer, nil, noon)) }},
		"Capacity.take": {fault.CapacityShort: func() error {
			return third(PublishOffer(inSeason, &Capacity{Quantity: 9, ValueFen: 100}, noon))
		}},
		"ResumeOffer": {fault.OutOfSeason: func() error { return second(ResumeOffer(paused, noon)) }},
	}
}

func aSchool() Member {
	return Member{ID: uuid.New(), Alliance: buyers.ID, Side: Buyer, Class: BudgetUnitSchool, State: MemberActive, Division: "320115"}
}

func reserveRefusals() refusals {
	file := func(change func(*ReserveFiling)) func() error {
		f := ReserveFiling{Unit: aSchool(), Year: today.Year(), Canteen: OwnCanteen, BudgetFen: 100, RateBP: 1000}
		change(&f)
		return func() error { return second(FileReserve(f, noon)) }
	}
	return refusals{
		"checkFiling":     {fault.ReservePlanInvalid: file(func(f *ReserveFiling) { f.BudgetFen = 0 })},
		"checkParties":    {fault.SideInvalid: file(func(f *ReserveFiling) { f.Buyers = []Member{producer} })},
		"WithdrawReserve": {fault.WrongState: func() error { return second(WithdrawReserve(ReservePlan{State: PlanWithdrawn}, "x", noon)) }},
		"AnswerConsent": {fault.WrongState: func() error {
			return third(AnswerConsent(ReservePlan{State: PlanFiled}, ReserveConsent{State: ConsentGiven}, false, "x", noon))
		}},
		"ReservePlan.MayBuyOn": {fault.WrongState: func() error {
			return ReservePlan{State: PlanFiled, Year: today.Year() - 1}.MayBuyOn(today)
		}},
	}
}

func periodRefusals() refusals {
	month := MonthOf("2026-10-01")
	soft := month
	soft.State = PeriodSoftClosed
	later, order := month.End().Add(time.Hour), Order{CreatedAt: noon}
	return refusals{
		"ParsePeriod":    {fault.PeriodInvalid: func() error { return second(ParsePeriod("id", "2026-13")) }},
		"Period.mayStep": {fault.WrongState: func() error { return second(ClosePeriod(month, Freezing{}, later)) }},
		"Period.Ended":   {fault.PeriodNotEnded: func() error { return second(SoftClosePeriod(month, Person{}, month.Start())) }},
		"Period.InTime":  {fault.PeriodInvalid: func() error { return month.InTime("id", "2026-11-01", "2026-12-01") }},
		"Period.inOrder": {fault.PeriodOutOfOrder: func() error { return second(ClosePeriod(soft, Freezing{Before: []Period{month}}, later)) }},
		"DateFact":       {fault.DatesInvalid: func() error { return second(DateFact("paid_on", order, today.Plus(-1), month, noon)) }},
	}
}

func demandRefusals() refusals {
	_, key, err := sealedbid.NewKey()
	if err != nil {
		panic(err)
	}
	apples := Product{ID: uuid.New(), Category: FreshFruit, BaseUnit: Gram, UnitQuantity: 1000}
	post := func(change func(*Demand)) func() error {
		d := Demand{Category: FreshFruit, BaseUnit: Gram, Quantity: 9000, ClosesAt: noon.Add(time.Hour), DeliverBy: today.Plus(9), PublicKey: key}
		change(&d)
		return func() error { return second(PostDemand(d, aSchool(), noon)) }
	}
	open, err := PostDemand(Demand{Category: FreshFruit, BaseUnit: Gram, Quantity: 9000, ClosesAt: noon.Add(time.Hour), DeliverBy: today.Plus(9), PublicKey: key}, aSchool(), noon)
	if err != nil {
		panic(err)
	}
	late := noon.Add(time.Hour)
	sealed, err := sealedbid.Seal([]byte("x"), key)
	if err != nil {
		panic(err)
	}
	bid := func(change func(*NewQuote)) func() error {
		n := NewQuote{Seller: producer, Product: apples, Revision: 1, Sealed: sealed, Commitment: sealedbid.Digest(sealed), Most: 9}
		change(&n)
		return func() error { return third(SealQuote(open, n, noon)) }
	}
	closed := open
	closed.State, closed.ClosedAt = DemandClosed, late
	quote := SealedQuote{ID: ID{Jiangsu, uuid.New()}, State: QuoteOpened, Revision: 1, Seller: producer.ID}
	content := func(change func(*sealedbid.Content)) AwardLine {
		c := sealedbid.Content{
			Demand: open.ID.String(), Revision: 1, Seller: producer.ID.String(), Product: quote.Product.String(), Certificate: quote.Certificate.String(),
			Quantity: 5000, Salt: strings.Repeat("ab", 32),
		}
		change(&c)
		text, err := c.Encode()
		if err != nil {
			panic(err)
		}
		q := quote
		q.Commitment = sealedbid.Digest(text)
		return AwardLine{Quote: q, Content: text, Quantity: 5000}
	}
	same := func(*sealedbid.Content) {}
	award := func(change func(*AwardLine)) func() error {
		l := content(same)
		change(&l)
		return func() error { return third(AwardDemand(closed, []AwardLine{l}, late)) }
	}
	return refusals{
		"PostDemand": {
			fault.QuantityInvalid:  post(func(d *Demand) { d.Quantity = 0 }),
			fault.DivisionNotValid: post(func(d *Demand) { d.Consignee = "440100" }),
		},
		"quotableUntil": {fault.DatesInvalid: post(func(d *Demand) { d.ClosesAt = noon })},
		"sealableTo":    {fault.DemandKeyInvalid: post(func(d *Demand) { d.PublicKey = "age1x" })},
		"Demand.quoting": {fault.DemandClosed: func() error {
			return second(WithdrawQuote(open, SealedQuote{State: QuoteSealed}, "x", late))
		}},
		"wrongDemandState": {fault.WrongState: func() error {
			_, _, err := CloseDemand(open, nil, noon)
			return err
		}},
		"Demand.Openable": {fault.QuotesSealed: open.Openable},
		"AmendDemand": {
			fault.QuantityInvalid: func() error { return second(AmendDemand(open, DemandChanges{Quantity: -1}, noon)) },
			fault.DatesInvalid:    func() error { return second(AmendDemand(open, DemandChanges{ClosesAt: late.Add(-1)}, noon)) },
		},
		"SealQuote": {
			fault.DemandAmended: bid(func(n *NewQuote) { n.Revision = 2 }),
			fault.DemandFull:    bid(func(n *NewQuote) { n.Others = 9 }),
		},
		"answersDemand":   {fault.QuoteInvalid: bid(func(n *NewQuote) { n.Sealed = []byte("price 1") })},
		"wrongQuoteState": {fault.WrongState: award(func(l *AwardLine) { l.Quote.State = QuoteWithdrawn })},
		"openedContent": {
			fault.QuoteDiffers: award(func(l *AwardLine) { l.Content = []byte("{}") }),
			fault.QuoteInvalid: award(func(l *AwardLine) { *l = content(func(c *sealedbid.Content) { c.Demand = "32-x" }) }),
		},
		"awardable": {fault.AwardInvalid: award(func(l *AwardLine) { l.Quantity = 6000 })},
	}
}

func groupRefusals() refusals {
	offer := Offer{ID: ID{Shaanxi, uuid.New()}, State: OfferPublished, UnitQuantity: 10, Quantity: 100, MOQ: 10, PriceFen: 5, Season: Span{From: today, To: today.Plus(9)}}
	late := noon.Add(time.Hour)
	open := func(change func(*GroupBuy)) func() error {
		g := GroupBuy{Minimum: 50, ClosesAt: late}
		change(&g)
		return func() error { return second(OpenGroup(g, offer, aSchool(), noon)) }
	}
	g := GroupBuy{State: GroupOpen, ClosesAt: late}
	return refusals{
		"OpenGroup": {
			fault.GroupInvalid: open(func(g *GroupBuy) { g.Minimum = 110 }),
			fault.DatesInvalid: open(func(g *GroupBuy) { g.ClosesAt = noon }),
		},
		"GroupBuy.gathering": {
			fault.GroupClosed: func() error { _, _, _, err := JoinGroup(g, offer, Join{Quantity: 10}, 9, late); return err },
			fault.WrongState: func() error {
				_, _, _, err := LeaveGroup(GroupBuy{State: GroupCancelled}, Join{}, offer, noon)
				return err
			},
		},
		"JoinGroup": {fault.GroupFull: func() error { _, _, _, err := JoinGroup(g, offer, Join{Quantity: 10}, 0, noon); return err }},
		"GroupBuy.release": {fault.WrongState: func() error {
			_, _, _, err := LeaveGroup(g, Join{State: JoinLeft}, offer, noon)
			return err
		}},
		"GroupBuy.mayEnd": {fault.WrongState: func() error { _, _, _, err := EndGroup(g, nil, offer, GroupMissed, "", noon); return err }},
	}
}

func standingRefusals() refusals {
	offer := aStandingOffer()
	set := func(change func(*StandingOrder, *Offer)) func() error {
		return func() error {
			s, o := weekly(), offer
			change(&s, &o)
			return second(SetStanding(s, o, aSchool(), fewRuns, noon))
		}
	}
	active := func() StandingOrder {
		s, err := SetStanding(weekly(), offer, aSchool(), fewRuns, noon)
		if err != nil {
			panic(err)
		}
		return s
	}
	return refusals{
		"SetStanding": {
			fault.StandingUnbounded: set(func(s *StandingOrder, _ *Offer) { s.Span.To = "" }),
			fault.DivisionNotValid:  set(func(s *StandingOrder, _ *Offer) { s.Consignee = "110101" }),
			fault.DatesInvalid:      set(func(s *StandingOrder, _ *Offer) { s.Span.From = today.Plus(-1) }),
		},
		"StandingOrder.names":    {fault.StandingInvalid: set(func(_ *StandingOrder, o *Offer) { o.ReservedFor = uuid.New() })},
		"StandingOrder.buysFrom": {fault.StandingInvalid: set(func(s *StandingOrder, _ *Offer) { s.DeliveryDays = 1 })},
		"StandingOrder.capped":   {fault.StandingInvalid: set(func(s *StandingOrder, _ *Offer) { s.CapQuantity = 39 })},
		"Recurrence.valid":       {fault.StandingInvalid: set(func(s *StandingOrder, _ *Offer) { s.Recurrence.Days = 0 })},
		"StandingOrder.spans":    {fault.DatesInvalid: set(func(s *StandingOrder, _ *Offer) { s.Span.To = today.Plus(401) })},
		"StandingOrder.resumed": {fault.StandingInvalid: func() error {
			s, _, err := PauseStanding(active(), "x", noon)
			if err != nil {
				return err
			}
			return second(ResumeStanding(s, noon.AddDate(0, 0, 88)))
		}},
		"StandingOrder.mayStep": {fault.WrongState: func() error { return second(ResumeStanding(active(), noon)) }},
		"StandingOrder.miss": {fault.StandingMissed: func() error {
			_, missed := active().miss(today.Plus(1), noon)
			return &fault.Error{Reason: missed[0].Reasons[0]}
		}},
		"StandingOrder.Attempts": {fault.StandingNoOffer: func() error { return second(active().Attempts(nil)) }},
		"StandingOrder.Takes":    {fault.StandingCap: func() error { return active().Takes(Order{Quantity: 410}) }},
	}
}

func orderRefusals() refusals {
	offer := Offer{
		ID: ID{Shaanxi, uuid.New()}, State: OfferPublished, UnitQuantity: 10, Quantity: 100, Taken: 90, MOQ: 20, PriceFen: 5,
		SellerDivision: "610621", LeadDays: 3, Season: Span{From: today, To: today},
	}
	propose := func(change func(*Placement)) func() error {
		p := Placement{Quantity: 20, Consignee: "320115"}
		change(&p)
		return func() error { return second(ProposeOrder(offer, p, noon)) }
	}
	accept := func(a Acceptance) func() error {
		return func() error { return second(AcceptOrder(order(OrderDelivered), offer, a, uuid.New, noon)) }
	}
	cartons := order(OrderDelivered)
	cartons.UnitQuantity = 5
	weighed := cheapWeighed()
	return refusals{
		"Amount": {
			fault.AmountOverflow:      func() error { return second(Amount(math.MaxInt64, 1, 2, false)) },
			fault.QuantityNotMultiple: func() error { return second(Amount(15, 10, 1, false)) },
		},
		"ProposeOrder": {fault.DivisionNotValid: propose(func(p *Placement) { p.Consignee = "440100" })},
		"orderedByItsWay": {fault.OfferReserved: func() error {
			reserved := offer
			reserved.ReservedFor, reserved.Way = uuid.New(), Forward
			return second(ProposeOrder(reserved, Placement{Quantity: 20, Consignee: "320115"}, noon))
		}},
		"orderableQuantity": {
			fault.QuantityInvalid:     propose(func(p *Placement) { p.Quantity = 0 }),
			fault.QuantityNotMultiple: propose(func(p *Placement) { p.Quantity = 25 }),
			fault.BelowMOQ:            propose(func(p *Placement) { p.Quantity = 10 }),
		},
		"deliverable": {fault.DatesInvalid: propose(func(p *Placement) { p.DeliverBy = today.Plus(2) })},
		"TakeStock": {
			fault.OutOfSeason: func() error { return second(TakeStock(offer, Order{Quantity: 10}, noon.AddDate(0, 0, 1))) },
			fault.StockShort:  func() error { return second(TakeStock(offer, Order{Quantity: 20}, noon)) },
		},
		"ApproveOrder": {fault.ApprovalLate: func() error {
			return second(ApproveOrder(order(OrderPending), "zhou", time.Hour, noon.Add(2*time.Hour)))
		}},
		"SetLimit": {
			fault.LimitInvalid: func() error { return second(SetLimit(SpendingLimit{}, aSchool(), noon)) },
			fault.SideInvalid:  func() error { return second(SetLimit(SpendingLimit{PerOrder: 1}, Member{Side: Seller}, noon)) },
		},
		"EndLimit":      {fault.WrongState: func() error { return second(EndLimit(SpendingLimit{EndedAt: noon}, "x", noon)) }},
		"Room.Takes":    {fault.OverLimit: func() error { return Room{Left: 1}.Takes(2) }},
		"Order.mayStep": {fault.WrongState: func() error { return second(ShipOrder(order(OrderPlaced), "", noon)) }},
		"ConfirmOrder": {fault.WrongState: func() error {
			return second(ConfirmOrder(order(OrderPlaced), uuid.New(), noon.Add(2*time.Hour)))
		}},
		"checkAcceptance": {
			fault.QuantityInvalid: accept(Acceptance{Accepted: 9, Reason: "one is missing from the sum"}),
			fault.QuantityNotMultiple: func() error {
				return second(AcceptOrder(cartons, offer, Acceptance{Accepted: 7, Rejected: 3, Reason: "x"}, uuid.New, noon))
			},
			fault.TextInvalid: accept(Acceptance{Accepted: 9, Rejected: 1}),
		},
		"worthless": {fault.QuantityInvalid: func() error {
			return second(AcceptOrder(weighed, Offer{Taken: 1000}, Acceptance{Accepted: 2, Rejected: 998, Reason: "x"}, uuid.New, noon))
		}},
		"ExpireOrder": {fault.WrongState: func() error { return second(ExpireOrder(order(OrderPlaced), offer, noon)) }},
		"wrongAmount": {fault.PaymentInvalid: func() error {
			return second(RecordPayment(order(OrderAccepted), uuid.New(), 51, "b", uuid.New, noon))
		}},
	}
}

func disputeRefusals() refusals {
	claim := func(c Claim) func() error {
		return func() error {
			return second(DisputeOrder(order(OrderAccepted), c, noon, time.Hour, uuid.New(), noon))
		}
	}
	cartons := order(OrderAccepted)
	cartons.UnitQuantity = 5
	split := func(o Order, r Resolution) func() error {
		o.State, r.Outcome = OrderDisputed, DisputeSplit
		return func() error {
			return second(ResolveDispute(o, Dispute{Quantity: 10, AmountFen: 50}, r, uuid.New(), uuid.New, noon))
		}
	}
	return refusals{
		"DisputeOrder": {fault.DisputeLate: func() error {
			return second(DisputeOrder(order(OrderAccepted), Claim{AmountFen: 1}, noon, time.Hour, uuid.New(), noon.Add(time.Hour+1)))
		}},
		"checkClaim": {fault.QuantityNotMultiple: func() error {
			return second(DisputeOrder(cartons, Claim{Quantity: 7}, noon, time.Hour, uuid.New(), noon))
		}},
		"disputeInvalid": {fault.DisputeInvalid: claim(Claim{Quantity: 11})},
		"checkResolution": {
			fault.DisputeInvalid: func() error {
				return second(ResolveDispute(order(OrderDisputed), Dispute{}, Resolution{Outcome: DisputeOpen}, uuid.New(), uuid.New, noon))
			},
			fault.QuantityNotMultiple: split(cartons, Resolution{Refunded: 7, RefundedFen: 1}),
		},
	}
}

func targetRefusals() refusals {
	places := NewPlaces([]Division{{Code: "610928", Level: 3, Parent: "610900", Valid: Span{To: "2021-01-31"}}}, nil, today)
	target := Target{UnitKind: CountyTarget, Unit: "610928", Year: 2021, Direction: SNToJS, Measure: ledger.Accepted, AmountFen: 1}
	set := func(change func(*Target), last *Target) func() error {
		return func() error {
			t := target
			change(&t)
			return second(SetTarget(t, places, last, noon))
		}
	}
	return refusals{
		"SetTarget": {
			fault.TargetInvalid: set(func(t *Target) { t.AmountFen = 0 }, nil),
			fault.DatesInvalid:  set(func(t *Target) { t.DecidedOn = today.Plus(-9) }, &Target{DecidedOn: today}),
		},
		"findTargetUnit": {fault.TargetUnitUnknown: set(func(t *Target) { t.Year = 2022 }, nil)},
	}
}

func bankRefusals() refusals {
	line := BankLine{ID: ID{Shaanxi, uuid.New()}, BankFileLine: BankFileLine{Reference: "r", Flow: MoneyIn, AmountFen: 49}, State: LineWaiting}
	matched := line
	matched.State = LineMatched
	return refusals{
		"SameStatement": {fault.StatementDiffers: func() error { return SameStatement(BankStatement{Lines: 1}, BankStatement{Lines: 2}) }},
		"SameLine":      {fault.StatementDiffers: func() error { return SameLine(line, BankLine{}) }},
		"MatchLine": {fault.LineMismatch: func() error {
			return third(MatchLine(order(OrderAccepted), line, false, uuid.New, noon))
		}},
		"ReturnLine": {fault.LineMismatch: func() error { return third(ReturnLine(line, line, "x")) }},
		"BankLine.mayEnd": {fault.WrongState: func() error {
			return third(MatchLine(order(OrderAccepted), matched, true, uuid.New, noon))
		}},
	}
}

func cycleRefusals() refusals {
	days := Span{From: today.Plus(-9), To: today.Plus(-1)}
	cycle := SettlementCycle{ID: ID{Shaanxi, uuid.New()}, Span: days, State: CycleOpen}
	open := func(seller, buyer Alliance, span Span, others ...SettlementCycle) func() error {
		return func() error { return second(OpenCycle(seller, buyer, span, others, noon)) }
	}
	running := cycle
	running.Span.To = today
	invoice := func(o Order, v Invoice) func() error {
		return func() error { return second(AttachInvoice(o, []Invoice{{AmountFen: 20}}, v, noon)) }
	}
	good := Invoice{Number: "1", AmountFen: 30, IssuedOn: today}
	late, much := good, good
	late.IssuedOn, much.AmountFen = today.Plus(1), 31
	unaccepted := order(OrderShipped)
	unaccepted.AcceptedFen = 0
	return refusals{
		"OpenCycle": {
			fault.SideInvalid:   open(buyers, buyers, days),
			fault.DatesInvalid:  open(sellers, buyers, Span{From: today, To: today.Plus(-1)}),
			fault.CycleOverlaps: open(sellers, buyers, days, cycle),
		},
		"SettlementCycle.mayStep": {fault.WrongState: func() error { return second(AdjustCycle(cycle, "x", noon)) }},
		"MatchCycle":              {fault.CycleNotEnded: func() error { return second(MatchCycle(running, nil, nil, noon)) }},
		"ExecuteInstruction": {fault.LineMismatch: func() error {
			i := Instruction{State: InstructionIssued, AmountFen: 5, Parts: []InstructionPart{{Order: uuid.New(), AmountFen: 5}}}
			l := BankLine{State: LineWaiting, BankFileLine: BankFileLine{Flow: MoneyOut, AmountFen: 5}}
			_, _, _, err := ExecuteInstruction(i, map[uuid.UUID]Order{}, l, uuid.New, noon)
			return err
		}},
		"AttachInvoice": {
			fault.WrongState: invoice(unaccepted, good), fault.InvoiceInvalid: invoice(order(OrderAccepted), much),
			fault.DatesInvalid: invoice(order(OrderAccepted), late),
		},
	}
}

func payerRefusals() refusals {
	payer := Member{ID: uuid.New(), Alliance: buyers.ID, Side: Buyer, Division: "320115"}
	other := payer
	other.ID = uuid.New()
	give := func(payer, buyer Member) func() error {
		return func() error { return second(GivePayerConsent(payer, buyer, 1, Span{}, nil, noon)) }
	}
	return refusals{
		"GivePayerConsent":   {fault.SideInvalid: give(payer, producer), fault.ConsentInvalid: give(payer, payer)},
		"RevokePayerConsent": {fault.WrongState: func() error { return second(RevokePayerConsent(PayerConsent{RevokedAt: noon}, noon)) }},
		"ChargePayer": {fault.PayerLimit: func() error {
			return second(ChargePayer(PayerConsent{LimitFen: 10, UsedFen: 5}, 1, 7, noon))
		}},
		"OneTag": {fault.PairTagsOverlap: func() error { return second(OneTag([]string{"a", "b"})) }},
		"PayDonation": {fault.WrongState: func() error {
			return second(PayDonation(order(OrderShipped), false, uuid.New(), "x", uuid.New, noon))
		}},
	}
}

func intentRefusals() refusals {
	good := Intent{Fair: "f", Day: today, Quantity: 1, ValueFen: 1}
	nothing, late, done := good, good, good
	nothing.Quantity, late.Day, done.State = 0, today.Plus(1), IntentWithdrawn
	record := func(v Intent) func() error {
		return func() error { return second(RecordIntent(v, Member{}, producer, Product{}, noon)) }
	}
	open := good
	open.State = IntentRecorded
	return refusals{
		"RecordIntent":   {fault.IntentInvalid: record(nothing), fault.DatesInvalid: record(late)},
		"MatchIntent":    {fault.IntentInvalid: func() error { return second(MatchIntent(open, Contract{State: ContractProposed}, noon)) }},
		"Intent.mayStep": {fault.WrongState: func() error { return second(WithdrawIntent(done, "x", noon)) }},
	}
}

func contractRefusals() refusals {
	propose := func(change func(*ContractTerms)) func() error {
		in := terms()
		change(&in)
		return func() error { return second(ProposeContract(in, noon)) }
	}
	in := terms()
	c, err := ProposeContract(in, noon)
	if err != nil {
		panic(err)
	}
	signed, offer, _, err := SignContract(c, in.Product, nil, noon)
	if err != nil {
		panic(err)
	}
	over := signed.to(ContractOver, noon, "")
	claimed := over
	claimed.Claim = ContractClaim{State: ClaimOpen}
	indexed := signed
	indexed.Index = "i"
	weighed := indexed
	weighed.PriceBasis, weighed.UnitQuantity = PerKg, 500
	observe := func(c Contract, day Day, fen int64) func() error {
		return func() error { return second(ObserveIndex(c, IndexPrice{Day: day, PriceFen: fen}, noon)) }
	}
	return refusals{
		"CheckSides": {fault.SideInvalid: func() error { return CheckSides(producer, producer) }},
		"ProposeContract": {
			fault.ContractInvalid: propose(func(t *ContractTerms) { t.Variety = "" }),
			fault.DatesInvalid:    propose(func(t *ContractTerms) { t.Season.To = today.Plus(-1) }),
		},
		"scheduled":           {fault.ContractInvalid: propose(func(t *ContractTerms) { t.Schedule[1].Day = t.Schedule[0].Day })},
		"Contract.checkMoney": {fault.ContractInvalid: propose(func(t *ContractTerms) { t.DepositFen = 124_001 })},
		"Contract.mayStep":    {fault.WrongState: func() error { return second(DeclineContract(signed, "x", noon)) }},
		"CallOff": {
			fault.OutOfSeason:      func() error { return second(CallOff(signed, offer, 1000, nil, today.Plus(61).Start())) },
			fault.ContractExceeded: func() error { return second(CallOff(signed, offer, 111_000, nil, noon)) },
		},
		"ObserveIndex": {
			fault.ContractInvalid: observe(signed, today, 1), fault.DatesInvalid: observe(indexed, today.Plus(1), 1),
			fault.PriceInvalid: observe(weighed, today, 6201),
		},
		"ClaimOn": {
			fault.ClaimOpen: func() error { return second(ClaimOn(claimed, ClaimDefault, Buyer, "x", claimWindow, noon)) },
			fault.ClaimLate: func() error {
				return second(ClaimOn(over, ClaimDefault, Buyer, "x", claimWindow, today.Plus(92).Start()))
			},
		},
		"ResolveClaim": {fault.WrongState: func() error { return second(ResolveClaim(over, ClaimUpheld, "x", uuid.New, noon)) }},
		"MatchDeposit": {fault.LineMismatch: func() error {
			l := BankLine{State: LineWaiting, BankFileLine: BankFileLine{Flow: MoneyIn, AmountFen: 1}}
			return third(MatchDeposit(signed, l, uuid.New, noon))
		}},
		"MayBeStopped": {fault.OfferReserved: func() error { return MayBeStopped(offer) }},
	}
}

func ledgerRefusals() refusals {
	post := func(entries ...ledger.Entry) func() error {
		return func() error { return ledger.Transaction{Entries: entries}.Validate() }
	}
	bank := ledger.Account{Kind: ledger.Bank, Owner: ledger.Exchange, Currency: ledger.CNY}
	return refusals{
		"Transaction.Validate": {
			fault.LedgerEmpty:      post(ledger.Entry{Account: bank, AmountFen: 1}),
			fault.LedgerUnbalanced: post(ledger.Entry{Account: bank, AmountFen: 2}, ledger.Entry{Account: bank, AmountFen: -1}),
		},
		"Entry.validateMeasure": {fault.LedgerMeasure: post(
			ledger.Entry{Account: bank, AmountFen: 1, Measure: ledger.Settled, MeasureFen: 2}, ledger.Entry{Account: bank, AmountFen: -1},
		)},
		"Add": {fault.LedgerOverflow: func() error { return second(ledger.Add(math.MaxInt64, 1)) }},
	}
}

// Each rule of the rulebook is broken once here, and says its code. A rule
// without a row fails, and so does a row without a rule.
func TestEveryRuleInGoRefusesWithItsCode(t *testing.T) {
	rows := refusals{}
	for _, some := range []refusals{directoryRefusals(), catalogueRefusals(), lotRefusals(), offerRefusals(), orderRefusals(), demandRefusals(), groupRefusals(), standingRefusals(), reliefRefusals(), reserveRefusals(), disputeRefusals(), bankRefusals(), cycleRefusals(), contractRefusals(), intentRefusals(), payerRefusals(), periodRefusals(), targetRefusals(), ledgerRefusals()} {
		for name, byCode := range some {
			rows[name] = byCode
		}
	}
	for _, r := range Rules() {
		refuse, ok := rows[r.Name][r.Code]
		if !ok {
			t.Errorf("nothing here breaks rule %s of %s: %s", r.Code, r.Name, r.Title)
			continue
		}
		delete(rows[r.Name], r.Code)
		t.Run(r.Name+" "+string(r.Code), func(t *testing.T) {
			if err := refuse(); !fault.Is(err, r.Code) {
				t.Errorf("%q is broken and the answer is %v", r.Title, err)
			}
		})
	}
	for name, byCode := range rows {
		for code := range byCode {
			t.Errorf("%s %s is broken here and no rule of the rulebook", name, code)
		}
	}
}
