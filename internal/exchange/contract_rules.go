package exchange

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// ContractTerms are what one side proposes.
type ContractTerms struct {
	Proposer       Member
	Buyer, Seller  Member
	Product        Product
	Certificate    *Certificate // nil: none
	Variety        string
	Season         Span
	LeadDays       int
	Schedule       []Delivery
	ToleranceBP    int64
	FloorFen       int64
	Index          string
	DepositFen     int64
	DepositRelease DepositRelease // empty: PRO_RATA
}

const (
	maxSeasonDays      = 730
	maxDeposit         = 2_000 // basis points of the value at the floor price
	wholeInBasisPoints = 10_000
)

// CheckSides says which member of a contract is on the wrong side.
//
//exchange:rule SIDE_INVALID | A contract is between a buyer and a seller | buyers, sellers | 2020 plan, item 5, 订单农业
func CheckSides(buyer, seller Member) error {
	switch {
	case buyer.Side != Buyer:
		return fault.InField("buyer_member_id", fault.SideInvalid, "side", Buyer)
	case seller.Side != Seller:
		return fault.InField("seller_member_id", fault.SideInvalid, "side", Seller)
	}
	return nil
}

// ProposeContract makes the contract that one side proposes.
//
//exchange:rule CONTRACT_INVALID | A contract has a variety, and a tolerance of a half at most | buyers, sellers | 2020 plan, item 5, 订单农业
//exchange:rule DATES_INVALID | A season is not in the past, and two years long at most | buyers, sellers | design §2, Offer
func ProposeContract(t ContractTerms, at time.Time) (Contract, error) {
	switch {
	case t.Variety == "":
		return Contract{}, fault.InField("variety", fault.ContractInvalid, "rule", "it names the variety")
	case t.ToleranceBP < 0 || t.ToleranceBP > wholeInBasisPoints/2:
		return Contract{}, fault.InField("tolerance_basis_points", fault.ContractInvalid, "rule", "a tolerance is 0 to 5000 basis points")
	case t.Season.From == "" || t.Season.To < t.Season.From || t.Season.To < DayOf(at) || t.Season.To > t.Season.From.Plus(maxSeasonDays):
		return Contract{}, fault.InField("season_to", fault.DatesInvalid, "rule", "a season has a first and a last day, two years apart at most, and is not in the past")
	}
	quantity, err := scheduled(t)
	if err != nil {
		return Contract{}, err
	}
	c := Contract{
		ID: ID{Home: t.Seller.Home(), UUID: uuid.New()}, ProposedBy: t.Proposer.Side,
		Buyer: t.Buyer.ID, BuyerAlliance: t.Buyer.Alliance, BuyerClass: t.Buyer.Class, BuyerDivision: t.Buyer.Division,
		Seller: t.Seller.ID, SellerAlliance: t.Seller.Alliance, SellerDivision: t.Seller.Division,
		Product: t.Product.ID, Category: t.Product.Category, Variety: t.Variety, UnitQuantity: t.Product.UnitQuantity,
		PriceBasis: PerSalesUnit, Season: t.Season, LeadDays: t.LeadDays, Schedule: t.Schedule, Quantity: quantity,
		ToleranceBP: t.ToleranceBP, FloorFen: t.FloorFen, Index: t.Index, DepositFen: t.DepositFen, DepositRelease: t.DepositRelease,
		State: ContractProposed, CreatedAt: at, UpdatedAt: at,
	}
	if t.Product.CatchWeight {
		c.PriceBasis = PerKg
	}
	if t.Certificate != nil {
		c.Certificate, c.Scheme = t.Certificate.ID, t.Certificate.Scheme
	}
	if c.DepositRelease == "" {
		c.DepositRelease = ReleaseProRata
	}
	return c, c.checkMoney(t.Product, at)
}

// scheduled adds up a schedule.
//
//exchange:rule CONTRACT_INVALID | A schedule is of days within the season, one after the other, each with whole sales units | buyers, sellers | 2020 plan, item 5, 订单农业
func scheduled(t ContractTerms) (int64, error) {
	const rule = "a schedule has days of the season in their order, each with whole sales units"
	if len(t.Schedule) == 0 {
		return 0, fault.InField("schedule", fault.ContractInvalid, "rule", rule)
	}
	var sum int64
	before := Day("")
	for _, d := range t.Schedule {
		if d.Day <= before || !t.Season.Covers(d.Day) || d.Quantity <= 0 || d.Quantity%t.Product.UnitQuantity != 0 || sum > maxContracted-d.Quantity {
			return 0, fault.InField("schedule", fault.ContractInvalid, "rule", rule)
		}
		sum += d.Quantity
		before = d.Day
	}
	return sum, nil
}

// maxContracted bounds a contract's quantity, so that no sum of it overflows.
const maxContracted = 1 << 52

// checkMoney: the floor price is one that an offer may have, and the deposit a
// part of what the contract is worth.
//
//exchange:rule CONTRACT_INVALID | A deposit is a fifth of the contract's value at the floor price at most | buyers, sellers | Civil Code, article 586: a deposit is 20 % of the contract's value at most
func (c Contract) checkMoney(p Product, at time.Time) error {
	offer, err := DraftOffer(c.offerOf(p), at)
	if e, ok := fault.As(err); ok && len(e.Fields) == 1 && e.Fields[0].Path == "price_fen" {
		e.Fields[0].Path = "floor_price_fen"
	}
	if err != nil {
		return err
	}
	value, err := offer.ValueFen(c.Quantity)
	if err != nil {
		return err
	}
	if c.DepositFen < 0 || c.DepositFen > value/wholeInBasisPoints*maxDeposit+value%wholeInBasisPoints*maxDeposit/wholeInBasisPoints {
		return fault.InField("deposit_fen", fault.ContractInvalid, "rule", "a deposit is a fifth of the value at the floor price at most")
	}
	return nil
}

// offerOf is the offer that backs a contract: all that may be called off, for its
// buyer alone. A call-off is confirmed by the contract, which both have signed.
func (c Contract) offerOf(p Product) NewOffer {
	o := NewOffer{
		ID: uuid.New(), Seller: Member{ID: c.Seller, Alliance: c.SellerAlliance, Side: Seller, Division: c.SellerDivision}, Product: p,
		Quantity: c.Quantity + c.Tolerance(), MOQ: c.UnitQuantity, PriceBasis: c.PriceBasis, PriceFen: c.FloorFen,
		Season: c.Season, LeadDays: c.LeadDays, AutoConfirm: true,
		ReservedFor: c.Buyer, Way: Forward, WayID: c.ID.UUID,
	}
	if c.Certificate != uuid.Nil {
		o.Certificate = &Certificate{ID: c.Certificate, Scheme: c.Scheme}
	}
	return o
}

// contractSteps is the state machine: from which states a step may be taken.
var contractSteps = map[string][]ContractState{
	"sign":     {ContractProposed},
	"decline":  {ContractProposed},
	"deposit":  {ContractSigned},
	"call off": {ContractInForce},
	"observe":  {ContractProposed, ContractSigned, ContractInForce},
	"end":      {ContractProposed, ContractSigned, ContractInForce, ContractOver},

	"claim FORCE_MAJEURE": {ContractSigned, ContractInForce, ContractOver},
	"claim DEFAULT":       {ContractOver},
	"resolve":             {ContractSigned, ContractInForce, ContractOver},
}

//exchange:rule WRONG_STATE | A contract takes its steps in order | buyers, sellers | docs/understand/states.md
func (c Contract) mayStep(step string) error {
	if !slices.Contains(contractSteps[step], c.State) {
		return fault.New(fault.WrongState, "noun", "contract", "id", c.ID, "state", c.State, "step", step)
	}
	return nil
}

func (c Contract) to(s ContractState, at time.Time, reason string) Contract {
	c.State, c.StateReason, c.UpdatedAt = s, reason, at
	return c
}

// SignContract is the other side's signature. With it the contract's offer is
// there, reserved for the buyer, and takes certificate capacity (invariant I3).
// Call-offs begin when the deposit is there.
func SignContract(c Contract, p Product, capacity *Capacity, at time.Time) (Contract, Offer, *Capacity, error) {
	if err := c.mayStep("sign"); err != nil {
		return c, Offer{}, capacity, err
	}
	offer, err := DraftOffer(c.offerOf(p), at)
	if err != nil {
		return c, offer, capacity, err
	}
	if offer, capacity, err = PublishOffer(offer, capacity, at); err != nil {
		return c, offer, capacity, err
	}
	c.Offer = offer.ID
	if c.DepositFen > 0 {
		return c.to(ContractSigned, at, ""), offer, capacity, nil
	}
	return c.to(ContractInForce, at, ""), offer, capacity, nil
}

// DeclineContract ends a proposal: the other side refuses it, or who made it takes
// it back.
func DeclineContract(c Contract, reason string, at time.Time) (Contract, error) {
	if err := c.mayStep("decline"); err != nil {
		return c, err
	}
	return c.to(ContractDeclined, at, reason), nil
}

// CallOff says at which price a quantity may be called off on a day.
//
//exchange:rule OUT_OF_SEASON | A contract is called off in its season | buyers | 2020 plan, item 5, 订单农业
//exchange:rule CONTRACT_EXCEEDED | Call-offs never exceed the contract's quantity and tolerance | buyers | invariant I2
func CallOff(c Contract, offer Offer, quantity int64, observed []IndexPrice, at time.Time) (Offer, error) {
	if err := c.mayStep("call off"); err != nil {
		return offer, err
	}
	today := DayOf(at)
	if !c.Season.Covers(today) {
		return offer, fault.New(fault.OutOfSeason, "from", c.Season.From, "to", c.Season.To)
	}
	if quantity > offer.Remaining() {
		return offer, fault.New(fault.ContractExceeded, "contract", c.ID, "left", offer.Remaining(), "asked", quantity)
	}
	offer.PriceFen, _ = c.PriceOn(today, observed)
	return offer, nil
}

// ObserveIndex records what a contract's index said on a day. Each day has one
// observation, which is never changed.
//
//exchange:rule CONTRACT_INVALID | Only a contract with an index has index prices, and they are above nothing | authorities | 2020 plan, item 5, 订单农业
//exchange:rule DATES_INVALID | An index price is not of a day to come | authorities | design §2, dated data
//exchange:rule PRICE_INVALID | At an index price one nominal sales unit costs whole fen | authorities | invariant I1
func ObserveIndex(c Contract, p IndexPrice, at time.Time) (IndexPrice, error) {
	if err := c.mayStep("observe"); err != nil {
		return p, err
	}
	switch {
	case c.Index == "":
		return p, fault.InField("id", fault.ContractInvalid, "rule", "the contract names no index")
	case p.PriceFen <= 0 || p.PriceFen > maxIndexFen:
		return p, fault.InField("price_fen", fault.ContractInvalid, "rule", "an index price is above nothing, and a million yuan at most")
	case p.Day == "" || p.Day > DayOf(at):
		return p, fault.InField("day", fault.DatesInvalid, "rule", "not a day to come")
	}
	if c.PriceBasis == PerKg && (c.UnitQuantity%gramsPerKg)*(p.PriceFen%gramsPerKg)%gramsPerKg != 0 {
		return p, fault.InField("price_fen", fault.PriceInvalid, "rule", "one nominal sales unit must cost whole fen")
	}
	p.Contract, p.At = c.ID, at
	return p, nil
}

// maxIndexFen bounds an index price: a million yuan.
const maxIndexFen = 100_000_000
