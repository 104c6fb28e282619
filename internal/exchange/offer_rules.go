package exchange

import (
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// NewOffer is what a seller wants to offer.
type NewOffer struct {
	ID            uuid.UUID
	Seller        Member
	Product       Product
	Certificate   *Certificate // nil: none
	Lot           *Lot         // nil: none
	Quantity, MOQ int64
	PriceBasis    PriceBasis
	PriceFen      int64
	Season        Span
	LeadDays      int
	AutoConfirm   bool

	// For an offer that a contract or an award makes for one buyer.
	ReservedFor uuid.UUID
	Way         Way // empty: SPOT
	WayID       uuid.UUID
}

// DraftOffer makes an offer that only its seller can see.
//
//exchange:rule DATES_INVALID | A season does not end before it begins, nor in the past | sellers | design §2, Offer
func DraftOffer(d NewOffer, at time.Time) (Offer, error) {
	if d.Way == "" {
		d.Way = Spot
	}
	if d.MOQ == 0 {
		d.MOQ = d.Product.UnitQuantity
	}
	if err := offerableQuantities(d); err != nil {
		return Offer{}, err
	}
	if err := offerablePrice(d); err != nil {
		return Offer{}, err
	}
	if d.Season.To < d.Season.From || d.Season.To < DayOf(at) {
		return Offer{}, fault.InField("season_to", fault.DatesInvalid, "rule", "the season ends on or after its first day, and not in the past")
	}
	o := Offer{
		ID:     ID{Home: d.Seller.Home(), UUID: d.ID},
		Seller: d.Seller.ID, SellerAlliance: d.Seller.Alliance, SellerDivision: d.Seller.Division,
		Product: d.Product.ID, NameZH: d.Product.NameZH, NameEN: d.Product.NameEN, Category: d.Product.Category,
		Origin: d.Product.Origin, BaseUnit: d.Product.BaseUnit, SalesUnit: d.Product.SalesUnit,
		UnitQuantity: d.Product.UnitQuantity, Quantity: d.Quantity, MOQ: d.MOQ,
		PriceBasis: d.PriceBasis, PriceFen: d.PriceFen, Season: d.Season, LeadDays: d.LeadDays,
		AutoConfirm: d.AutoConfirm, State: OfferDraft, CreatedAt: at, UpdatedAt: at,
		ReservedFor: d.ReservedFor, Way: d.Way, WayID: d.WayID,
	}
	if d.Certificate != nil {
		o.Certificate, o.Scheme = d.Certificate.ID, d.Certificate.Scheme
	}
	if d.Lot != nil {
		if err := lotFits(*d.Lot, d); err != nil {
			return Offer{}, err
		}
		o.Lot = d.Lot.ID.UUID
	}
	return o, countableValue(o)
}

// maxOfferFen bounds the value of one offer, 100 billion yuan: the sum of all
// orders of a province then stays within int64 for longer than anybody trades.
const maxOfferFen = 10_000_000_000_000

// countableValue: the whole offer's value can be counted, and so can every
// order's, and what they add up to.
//
//exchange:rule AMOUNT_OVERFLOW | An offer is worth at most 100 billion yuan | sellers | invariant I1, so that no sum ever overflows
func countableValue(o Offer) error {
	value, err := o.ValueFen(o.Quantity)
	if err == nil && value > maxOfferFen {
		err = fault.InField("quantity", fault.AmountOverflow)
	}
	return err
}

//exchange:rule QUANTITY_INVALID | An offer is of something, and its minimum order is within it | sellers | design §2, Offer
//exchange:rule QUANTITY_NOT_MULTIPLE | An offer is of whole sales units | sellers | design §2, Sales unit
func offerableQuantities(d NewOffer) error {
	unit := d.Product.UnitQuantity
	for _, q := range []struct {
		field    string
		quantity int64
	}{{"quantity", d.Quantity}, {"moq_quantity", d.MOQ}} {
		if q.quantity <= 0 || q.quantity > d.Quantity {
			return fault.InField(q.field, fault.QuantityInvalid, "quantity", q.quantity, "rule", "> 0, the minimum order at most the quantity")
		}
		if q.quantity%unit != 0 {
			return fault.InField(q.field, fault.QuantityNotMultiple, "quantity", q.quantity, "unit", unit)
		}
	}
	return nil
}

// offerablePrice: catch weight is priced per kg, everything else per sales
// unit. One nominal sales unit must cost whole fen, so that only the weighing
// at acceptance ever rounds (invariant I1).
//
//exchange:rule PRICE_INVALID | Catch weight is priced per kg, everything else per sales unit, in whole fen a nominal unit | sellers | invariant I1
func offerablePrice(d NewOffer) error {
	if d.PriceFen <= 0 {
		return fault.InField("price_fen", fault.PriceInvalid, "rule", "> 0")
	}
	if (d.PriceBasis == PerKg) != d.Product.CatchWeight {
		return fault.InField("price_basis", fault.PriceInvalid, "rule", "PER_KG for catch weight, PER_SALES_UNIT for the rest")
	}
	// The remainders are multiplied, not the values: no overflow.
	if d.PriceBasis == PerKg && (d.Product.UnitQuantity%gramsPerKg)*(d.PriceFen%gramsPerKg)%gramsPerKg != 0 {
		return fault.InField("price_fen", fault.PriceInvalid, "rule", "one nominal sales unit must cost whole fen")
	}
	return nil
}

// ValueFen is the value of a quantity of the offer.
func (o Offer) ValueFen(quantity int64) (int64, error) {
	return Amount(quantity, o.UnitQuantity, o.PriceFen, o.PriceBasis == PerKg)
}

// offerSteps is the state machine: from which states a step may be taken.
var offerSteps = map[string][]OfferState{
	"publish":  {OfferDraft},
	"pause":    {OfferPublished},
	"resume":   {OfferPaused},
	"withdraw": {OfferDraft, OfferPublished, OfferPaused},
	"expire":   {OfferPublished, OfferPaused},
}

func (o Offer) mayStep(step string) error {
	for _, s := range offerSteps[step] {
		if o.State == s {
			return nil
		}
	}
	return wrongOfferState(o, step)
}

//exchange:rule WRONG_STATE | An offer takes its steps in order, and is ordered from while it is published | sellers, buyers | docs/understand/states.md
func wrongOfferState(o Offer, step string) error {
	return fault.New(fault.WrongState, "noun", "offer", "id", o.ID, "state", o.State, "step", step)
}

func (o Offer) to(s OfferState, at time.Time, reason string) Offer {
	o.State, o.StateReason, o.UpdatedAt = s, reason, at
	return o
}

// PublishOffer makes a draft visible and takes its quantity and value from the
// certificate's capacity of this year (invariant I3). Capacity is nil for goods
// without a certificate.
//
//exchange:rule OUT_OF_SEASON | An offer is published before its season is over | sellers | design §2, Offer
func PublishOffer(o Offer, c *Capacity, at time.Time) (Offer, *Capacity, error) {
	if err := o.mayStep("publish"); err != nil {
		return o, c, err
	}
	if DayOf(at) > o.Season.To {
		return o, c, fault.New(fault.OutOfSeason, "from", o.Season.From, "to", o.Season.To)
	}
	o.CapacityYear = DayOf(at).Year()
	if c != nil {
		taken, err := c.take(o)
		if err != nil {
			return o, c, err
		}
		c = &taken
	}
	return o.to(OfferPublished, at, ""), c, nil
}

// take takes the whole offer from the capacity.
//
//exchange:rule CERT_CAPACITY | Offers under a certificate stay within its yearly quantity and value | sellers | invariant I3
func (c Capacity) take(o Offer) (Capacity, error) {
	value, err := o.ValueFen(o.Quantity)
	if err != nil {
		return c, err
	}
	leftQuantity, leftValue := c.Quantity-c.TakenQuantity, c.ValueFen-c.TakenValueFen
	if o.Quantity > leftQuantity || value > leftValue {
		return c, fault.New(fault.CapacityShort, "certificate", c.Certificate, "quantity", leftQuantity, "value_fen", leftValue)
	}
	c.TakenQuantity += o.Quantity
	c.TakenValueFen += value
	return c, nil
}

// Shrink returns to the capacity what an offer no longer holds of it: it held
// from base units and now holds to. The value is the difference of the two
// values, not the value of the difference: parts given back one after the other
// then add up to the whole, whatever the rounding of catch weight.
func (c Capacity) Shrink(o Offer, from, to int64) (Capacity, error) {
	before, err := o.ValueFen(from)
	if err != nil {
		return c, err
	}
	after, err := o.ValueFen(to)
	if err != nil {
		return c, err
	}
	c.TakenQuantity -= from - to
	c.TakenValueFen -= before - after
	if from < to || c.TakenQuantity < 0 || c.TakenValueFen < 0 {
		return c, fault.New(fault.InternalError)
	}
	return c, nil
}

// MayBeStopped says whether a seller may stop an offer: what a contract or an award
// promised to one buyer is not taken back. It ends with what it was made for.
//
//exchange:rule OFFER_RESERVED | An offer that a contract or an award made is not stopped by its seller | sellers | a contract is two sides' will
func MayBeStopped(o Offer) error {
	if o.ReservedFor == uuid.Nil {
		return nil
	}
	return fault.New(fault.OfferReserved, "offer", o.ID, "way", o.Way, "id", o.WayID)
}

// PauseOffer hides an offer from new orders; what is ordered stays ordered.
func PauseOffer(o Offer, reason string, at time.Time) (Offer, error) {
	if err := o.mayStep("pause"); err != nil {
		return o, err
	}
	return o.to(OfferPaused, at, reason), nil
}

// ResumeOffer publishes a paused offer again.
//
//exchange:rule OUT_OF_SEASON | An offer is resumed before its season is over | sellers | design §2, Offer
func ResumeOffer(o Offer, at time.Time) (Offer, error) {
	if err := o.mayStep("resume"); err != nil {
		return o, err
	}
	if DayOf(at) > o.Season.To {
		return o, fault.New(fault.OutOfSeason, "from", o.Season.From, "to", o.Season.To)
	}
	return o.to(OfferPublished, at, ""), nil
}

// EndOffer withdraws an offer, or expires it when its season is over, and gives
// the unsold part back to the capacity. Quantity and value that orders hold
// stay taken until the orders end. The capacity is nil for a draft and for
// goods without a certificate.
func EndOffer(o Offer, c *Capacity, to OfferState, reason string, at time.Time) (Offer, *Capacity, error) {
	step := "withdraw"
	if to == OfferExpired {
		step = "expire"
	}
	if err := o.mayStep(step); err != nil {
		return o, c, err
	}
	if to == OfferExpired && DayOf(at) <= o.Season.To {
		return o, c, wrongOfferState(o, step)
	}
	if c != nil && o.CapacityYear != 0 {
		left, err := c.Shrink(o, o.Quantity, o.Taken)
		if err != nil {
			return o, c, err
		}
		c = &left
	}
	return o.to(to, at, reason), c, nil
}
