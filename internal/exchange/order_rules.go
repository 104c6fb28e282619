package exchange

import (
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
)

// gramsPerKg turns a price per kg into one per base unit of catch weight.
const gramsPerKg = 1000

// Amount is the price of a quantity in fen. Per sales unit the quantity must be
// whole units and the amount is exact. Per kg it is rounded half to even, the
// one rounding of the exchange (invariant I1). Beyond int64 it is an error.
//
//exchange:rule AMOUNT_OVERFLOW | An amount is never negative and never beyond what int64 fen count | everybody | invariant I1
//exchange:rule QUANTITY_NOT_MULTIPLE | What is priced by the sales unit is counted in whole units | everybody | invariant I1
func Amount(quantity, unitQuantity, priceFen int64, perKg bool) (int64, error) {
	if quantity < 0 || priceFen < 0 || unitQuantity <= 0 {
		return 0, fault.New(fault.AmountOverflow)
	}
	divisor := unitQuantity
	if perKg {
		divisor = gramsPerKg
	}
	hi, lo := bits.Mul64(uint64(quantity), uint64(priceFen))
	if hi >= uint64(divisor) {
		return 0, fault.New(fault.AmountOverflow)
	}
	quotient, rest := bits.Div64(hi, lo, uint64(divisor))
	if perKg {
		quotient = halfToEven(quotient, rest, uint64(divisor))
	} else if quantity%unitQuantity != 0 {
		return 0, fault.New(fault.QuantityNotMultiple, "quantity", quantity, "unit", unitQuantity)
	}
	if quotient > math.MaxInt64 {
		return 0, fault.New(fault.AmountOverflow)
	}
	return int64(quotient), nil
}

func halfToEven(quotient, rest, divisor uint64) uint64 {
	if rest*2 > divisor || (rest*2 == divisor && quotient%2 == 1) {
		return quotient + 1
	}
	return quotient
}

// Placement is what a buyer asks for, checked and with its parties known.
type Placement struct {
	ID        uuid.UUID
	Buyer     Member
	Quantity  int64
	Consignee string
	DeliverBy Day // empty: today plus the offer's lead days
	Reserve   bool
	Channel   Channel
	HoldTime  time.Duration

	Purpose     Purpose   // empty: CANTEEN
	ReservePlan uuid.UUID // nil: the buyer's own

	Way    Way // empty: SPOT
	WayID  uuid.UUID
	Placer Person

	Payer         uuid.UUID // nil: the buyer
	ConsigneeName string
	PairTag       string
	DonationFen   int64
}

// ProposeOrder makes the order that a placement on an offer would be, before
// policy has decided and before stock is taken.
//
//exchange:rule DIVISION_NOT_VALID | Goods go from one of the two provinces to one of them | buyers | 2020 plan, item 26
func ProposeOrder(offer Offer, p Placement, at time.Time) (Order, error) {
	if p.Way == "" {
		p.Way = Spot
	}
	if err := orderedByItsWay(offer, p); err != nil {
		return Order{}, err
	}
	if err := orderableQuantity(offer, p.Quantity); err != nil {
		return Order{}, err
	}
	today := DayOf(at)
	if p.DeliverBy == "" {
		p.DeliverBy = today.Plus(offer.LeadDays)
	}
	if err := deliverable(offer, p.DeliverBy, today); err != nil {
		return Order{}, err
	}
	direction, ok := DirectionOf(offer.SellerDivision, p.Consignee)
	if !ok {
		return Order{}, fault.InField("consignee_code", fault.DivisionNotValid, "code", p.Consignee, "date", today)
	}
	amount, err := Amount(p.Quantity, offer.UnitQuantity, offer.PriceFen, offer.PriceBasis == PerKg)
	if err != nil {
		return Order{}, err
	}
	if p.Channel == "" {
		p.Channel = Platform
	}
	if p.Purpose == "" {
		p.Purpose = ForCanteen
	}
	return Order{
		ID: ID{Home: offer.ID.Home, UUID: p.ID}, Offer: offer.ID, Product: offer.Product, Certificate: offer.Certificate,
		Buyer: p.Buyer.ID, BuyerAlliance: p.Buyer.Alliance, BuyerClass: p.Buyer.Class,
		Seller: offer.Seller, SellerAlliance: offer.SellerAlliance, SellerDivision: offer.SellerDivision,
		Consignee: p.Consignee, Category: offer.Category, Scheme: offer.Scheme,
		State: OrderPlaced, Quantity: p.Quantity,
		PriceFen: offer.PriceFen, UnitQuantity: offer.UnitQuantity, PerKg: offer.PriceBasis == PerKg, AmountFen: amount,
		Obligations: Obligations{Direction: direction},
		Channel:     p.Channel, Reserve: p.Reserve, DeliverBy: p.DeliverBy, HoldUntil: at.Add(p.HoldTime),
		Purpose: p.Purpose, ReservePlan: p.ReservePlan,
		Way: p.Way, WayID: p.WayID, Placer: p.Placer,
		Payer: p.Payer, ConsigneeName: p.ConsigneeName, PairTag: p.PairTag, DonationFen: p.DonationFen,
		Relief:    offer.ReliefOn(today),
		CreatedAt: at, UpdatedAt: at,
	}, nil
}

// orderedByItsWay: what was offered to one buyer by a contract or an award is
// ordered by it.
//
//exchange:rule OFFER_RESERVED | An offer that a contract or an award made is ordered from by that way alone | buyers | invariant I10
func orderedByItsWay(offer Offer, p Placement) error {
	if offer.ReservedFor == uuid.Nil || (offer.ReservedFor == p.Buyer.ID && offer.Way == p.Way && offer.WayID == p.WayID) {
		return nil
	}
	return fault.New(fault.OfferReserved, "offer", offer.ID, "way", offer.Way, "id", offer.WayID)
}

//exchange:rule QUANTITY_INVALID | An order is of something | buyers | design §2, Order
//exchange:rule QUANTITY_NOT_MULTIPLE | An order is of whole sales units | buyers | design §2, Sales unit
//exchange:rule BELOW_MOQ | An order reaches the offer's minimum | buyers | design §2, Offer
func orderableQuantity(offer Offer, quantity int64) error {
	switch {
	case quantity <= 0:
		return fault.InField("quantity", fault.QuantityInvalid, "quantity", quantity, "rule", "> 0")
	case quantity%offer.UnitQuantity != 0:
		return fault.InField("quantity", fault.QuantityNotMultiple, "quantity", quantity, "unit", offer.UnitQuantity)
	case quantity < offer.MOQ:
		return fault.InField("quantity", fault.BelowMOQ, "quantity", quantity, "moq", offer.MOQ)
	}
	return nil
}

// deliverable: the promised day is no earlier than the seller's lead time.
//
//exchange:rule DATES_INVALID | Delivery is promised after the seller's lead time and within two years | buyers | design §2, Offer
func deliverable(offer Offer, by, today Day) error {
	earliest := today.Plus(offer.LeadDays)
	if by < earliest {
		return fault.InField("deliver_by", fault.DatesInvalid, "rule", "delivery is possible from "+string(earliest))
	}
	if by > today.Plus(maxPromiseDays) {
		return fault.InField("deliver_by", fault.DatesInvalid, "rule", "delivery must be within two years")
	}
	return nil
}

const maxPromiseDays = 730

// TakeStock takes an order's quantity from its offer (invariant I2).
//
//exchange:rule OUT_OF_SEASON | An offer is ordered from in its season | buyers | design §2, Offer
//exchange:rule STOCK_SHORT | No more is ordered than is left | buyers | invariant I2
func TakeStock(offer Offer, order Order, at time.Time) (Offer, error) {
	if offer.State != OfferPublished {
		return offer, wrongOfferState(offer, "order")
	}
	if today := DayOf(at); !offer.Season.Covers(today) {
		return offer, fault.New(fault.OutOfSeason, "from", offer.Season.From, "to", offer.Season.To)
	}
	if order.Quantity > offer.Remaining() {
		return offer, fault.New(fault.StockShort, "remaining", offer.Remaining(), "asked", order.Quantity, "offer", offer.ID)
	}
	offer.Taken += order.Quantity
	offer.UpdatedAt = at
	return offer, nil
}

// giveBack returns stock that an order held. The offer may have ended: then the
// caller gives the quantity back to the certificate's capacity as well.
func giveBack(offer Offer, quantity int64, at time.Time) (Offer, error) {
	if quantity < 0 || quantity > offer.Taken {
		return offer, fault.New(fault.InternalError)
	}
	offer.Taken -= quantity
	offer.UpdatedAt = at
	return offer, nil
}

// Change is what a step does: the new state of the order and, where stock is
// given back, of its offer, the ledger transactions and the event.
type Change struct {
	Order        Order
	Offer        *Offer // nil: unchanged
	Released     int64  // base units given back to the offer
	Transactions []ledger.Transaction
	Payment      *Payment
	Dispute      *Dispute // opened or resolved
	Kind         string   // of the event, such as "order.confirmed"
}

// orderSteps is the state machine: from which states a step may be taken.
var orderSteps = map[string][]OrderState{
	"approve": {OrderPending},
	"decline": {OrderPending},
	"confirm": {OrderPlaced},
	"ship":    {OrderConfirmed},
	"deliver": {OrderShipped},
	// Accepting shipped goods is the buyer's word that they have arrived.
	"accept": {OrderShipped, OrderDelivered},
	"cancel": {OrderPending, OrderPlaced, OrderConfirmed},
	"pay":    {OrderAccepted, OrderPartAccepted},
	// Until a dispute is resolved no money moves.
	"dispute": {OrderAccepted, OrderPartAccepted, OrderSettled},
	"resolve": {OrderDisputed},
	"repay":   {OrderRefunding},
	"expire":  {OrderPlaced, OrderPending},
}

//exchange:rule WRONG_STATE | An order takes its steps in order | buyers, sellers | docs/understand/states.md
func (o Order) mayStep(step string) error {
	for _, s := range orderSteps[step] {
		if o.State == s {
			return nil
		}
	}
	return fault.New(fault.WrongState, "noun", "order", "id", o.ID, "state", o.State, "step", step)
}

func (o Order) to(s OrderState, at time.Time, reason string) Order {
	o.State, o.StateReason, o.UpdatedAt = s, reason, at
	return o
}

// posting is what the ledger must know of the order.
func (o Order) posting() ledger.Order {
	return ledger.Order{
		Home: o.ID.Home,
		Parties: ledger.Parties{
			Buyer: o.Buyer, Seller: o.Seller, BuyerAlliance: o.BuyerAlliance, SellerAlliance: o.SellerAlliance,
		},
		Dims: ledger.Dimensions{
			Order: o.ID.UUID, Direction: string(o.Obligations.Direction), SellerCounty: o.SellerDivision,
			BuyerCounty: o.Consignee, Category: string(o.Category), BuyerClass: string(o.BuyerClass),
			Channel: string(o.Channel), Scheme: string(o.Scheme),
		},
		CommitmentTx: o.CommitmentTx, CommitmentFen: o.AmountFen, OrderedQuantity: o.Quantity, Payer: o.Payer,
	}
}

// ConfirmOrder is the seller's confirmation: CONTRACTED. The hold must not have
// run out: what has expired may be sold to another.
//
//exchange:rule WRONG_STATE | An order is confirmed while its hold lasts | sellers | docs/understand/states.md
func ConfirmOrder(o Order, tx uuid.UUID, at time.Time) (Change, error) {
	if err := o.mayStep("confirm"); err != nil {
		return Change{}, err
	}
	if at.After(o.HoldUntil) {
		return Change{}, fault.New(fault.WrongState, "noun", "order", "id", o.ID, "state", OrderExpired, "step", "confirm")
	}
	o = o.to(OrderConfirmed, at, "")
	o.CommitmentTx = tx
	return Change{Order: o, Kind: "order.confirmed", Transactions: []ledger.Transaction{ledger.Confirm(o.posting(), tx, at)}}, nil
}

// ShipOrder records that the goods are on their way.
func ShipOrder(o Order, waybill string, at time.Time) (Change, error) {
	if err := o.mayStep("ship"); err != nil {
		return Change{}, err
	}
	o = o.to(OrderShipped, at, "")
	o.Waybill = waybill
	return Change{Order: o, Kind: "order.shipped"}, nil
}

// DeliverOrder records that the goods have arrived.
func DeliverOrder(o Order, at time.Time) (Change, error) {
	if err := o.mayStep("deliver"); err != nil {
		return Change{}, err
	}
	return Change{Order: o.to(OrderDelivered, at, ""), Kind: "order.delivered"}, nil
}

// Acceptance (验收) in base units. The three add up to the order's quantity.
type Acceptance struct {
	Accepted, Rejected, Short int64
	Reason                    string
}

// AcceptOrder records the buyer's acceptance. What is accepted is ACCEPTED and
// owed; the rest leaves CONTRACTED and returns to the offer (design §3).
func AcceptOrder(o Order, offer Offer, a Acceptance, ids func() uuid.UUID, at time.Time) (Change, error) {
	if err := o.mayStep("accept"); err != nil {
		return Change{}, err
	}
	if err := checkAcceptance(o, a); err != nil {
		return Change{}, err
	}
	fen, err := Amount(a.Accepted, o.UnitQuantity, o.PriceFen, o.PerKg)
	if err != nil {
		return Change{}, err
	}
	if fen == 0 && a.Accepted > 0 {
		return Change{}, worthless(a.Accepted)
	}
	o.Accepted, o.Rejected, o.Short, o.AcceptedFen = a.Accepted, a.Rejected, a.Short, fen
	o = o.to(acceptedState(a), at, a.Reason)
	c := Change{Order: o, Kind: "order.accepted"}
	if o.DonationFen > 0 && a.Accepted > 0 {
		c.Transactions = append(c.Transactions, ledger.DonationIsDue(o.posting(), ids(), at, o.DonationFen))
	}
	restFen, rest := o.AmountFen-fen, o.Quantity-a.Accepted
	if restFen == 0 && rest > 0 {
		// So little was missing that the rounded amount is the whole: the rest
		// leaves CONTRACTED as a quantity alone, with what was accepted.
		c.Transactions = append(c.Transactions, ledger.Accept(o.posting(), ids(), at, fen, a.Accepted, rest))
		return c.release(offer, rest, at)
	}
	if fen > 0 {
		c.Transactions = append(c.Transactions, ledger.Accept(o.posting(), ids(), at, fen, a.Accepted, 0))
	}
	if restFen > 0 {
		c.Transactions = append(c.Transactions, ledger.Release(o.posting(), ids(), at, restFen, rest, a.Reason))
	}
	return c.release(offer, rest, at)
}

// worthless refuses what could never be paid: an order of nothing owed has no
// last fen that settles it.
//
//exchange:rule QUANTITY_INVALID | What is accepted is worth a fen or more | buyers | an order is settled by its last fen
func worthless(accepted int64) error {
	return fault.InField("accepted_quantity", fault.QuantityInvalid, "quantity", accepted, "rule", "worth a fen or more; else reject it")
}

//exchange:rule QUANTITY_INVALID | Accepted, rejected and short quantity add up to the order's | buyers | docs/decisions/0003-catch-weight-is-paid-up-to-what-was-ordered.md
//exchange:rule QUANTITY_NOT_MULTIPLE | What is not catch weight is accepted in whole sales units | buyers | design §2, Sales unit
//exchange:rule TEXT_INVALID | Who does not accept everything says why | buyers | acceptance report of the national platform
func checkAcceptance(o Order, a Acceptance) error {
	parts := []struct {
		field    string
		quantity int64
	}{{"accepted_quantity", a.Accepted}, {"rejected_quantity", a.Rejected}, {"short_quantity", a.Short}}
	left := o.Quantity
	for _, p := range parts {
		if p.quantity < 0 || p.quantity > left {
			return fault.InField(p.field, fault.QuantityInvalid, "quantity", p.quantity,
				"rule", "accepted, rejected and short quantity add up to the order's")
		}
		if !o.PerKg && p.quantity%o.UnitQuantity != 0 {
			return fault.InField(p.field, fault.QuantityNotMultiple, "quantity", p.quantity, "unit", o.UnitQuantity)
		}
		left -= p.quantity
	}
	if left != 0 {
		return fault.InField("accepted_quantity", fault.QuantityInvalid, "quantity", a.Accepted,
			"rule", "accepted, rejected and short quantity add up to the order's")
	}
	if a.Accepted != o.Quantity && a.Reason == "" {
		return fault.InField("reason", fault.TextInvalid)
	}
	return nil
}

func acceptedState(a Acceptance) OrderState {
	switch {
	case a.Accepted == 0:
		return OrderRejected
	case a.Rejected == 0 && a.Short == 0:
		return OrderAccepted
	default:
		return OrderPartAccepted
	}
}

// release gives stock back to the offer of a change.
func (c Change) release(offer Offer, quantity int64, at time.Time) (Change, error) {
	if quantity == 0 {
		return c, nil
	}
	offer, err := giveBack(offer, quantity, at)
	if err != nil {
		return Change{}, err
	}
	c.Offer, c.Released = &offer, quantity
	return c, nil
}

// CancelOrder ends an order before it is shipped. A commitment is reversed.
func CancelOrder(o Order, offer Offer, reason string, ids func() uuid.UUID, at time.Time) (Change, error) {
	if err := o.mayStep("cancel"); err != nil {
		return Change{}, err
	}
	c := Change{Kind: "order.cancelled"}
	if o.State == OrderConfirmed {
		c.Transactions = []ledger.Transaction{ledger.Release(o.posting(), ids(), at, o.AmountFen, o.Quantity, reason)}
	}
	c.Order = o.to(OrderCancelled, at, reason)
	return c.release(offer, o.Quantity, at)
}

// ExpireOrder ends an order that was not confirmed, or not approved, while its hold lasted.
//
//exchange:rule WRONG_STATE | An order expires when its hold is over, not before | the exchange itself | docs/understand/states.md
func ExpireOrder(o Order, offer Offer, at time.Time) (Change, error) {
	if err := o.mayStep("expire"); err != nil {
		return Change{}, err
	}
	if !at.After(o.HoldUntil) {
		return Change{}, fault.New(fault.WrongState, "noun", "order", "id", o.ID, "state", o.State, "step", "expire")
	}
	why := "not confirmed in time"
	if o.State == OrderPending {
		why = "not approved in time"
	}
	c := Change{Order: o.to(OrderExpired, at, why), Kind: "order.expired"}
	return c.release(offer, o.Quantity, at)
}

// RecordPayment posts a payment that buyer and seller made between them: money in
// from the buyer and out to the seller, SETTLED. The last fen settles the order.
// More than is owed is refused.
func RecordPayment(o Order, id uuid.UUID, fen int64, bankReference string, ids func() uuid.UUID, at time.Time) (Change, error) {
	if err := o.mayStep("pay"); err != nil {
		return Change{}, err
	}
	owed := o.BuyerDueFen()
	if fen <= 0 || fen > owed {
		return Change{}, wrongAmount("%d fen are owed", owed)
	}
	before, posting := o.settledQuantity(), o.posting()
	o.PaidFen += fen
	o = o.standing(at, o.StateReason)
	return Change{
		Order: o, Kind: o.moneyKind("order.paid"),
		Payment: &Payment{Kind: PaidIn, Home: o.ID.Home, ID: id, Order: o.ID, AmountFen: fen, BankReference: bankReference, At: at},
		Transactions: []ledger.Transaction{
			ledger.BuyerPays(posting, ids(), at, fen, bankReference),
			ledger.SellerIsPaid(posting, ids(), at, fen, o.settledQuantity()-before, bankReference),
		},
	}, nil
}

// wrongAmount refuses an amount that is nothing, or more than is to be paid.
//
//exchange:rule PAYMENT_INVALID | No more is paid than is owed, and no more paid back than is to go back | buyers, sellers | invariant I10
func wrongAmount(rule string, most int64) error {
	return fault.InField("amount_fen", fault.PaymentInvalid, "rule", fmt.Sprintf("1 to "+rule, max(most, 0)))
}

// settledQuantity is how much is counted as settled: the goods that were kept,
// once nothing is owed to the seller for them.
func (o Order) settledQuantity() int64 {
	if o.SellerDueFen() > 0 {
		return 0
	}
	return o.Accepted - o.Refunded
}

// standing gives an order that was accepted the state in which its money is.
func (o Order) standing(at time.Time, reason string) Order {
	buyer, seller := o.BuyerDueFen(), o.SellerDueFen()
	switch {
	case buyer == 0 && seller == 0 && o.NetFen() == 0:
		return o.to(OrderRefunded, at, reason)
	case buyer == 0 && seller == 0:
		return o.to(OrderSettled, at, reason)
	case buyer < 0 || seller < 0:
		return o.to(OrderRefunding, at, reason)
	case o.Accepted == o.Quantity:
		return o.to(OrderAccepted, at, reason)
	default:
		return o.to(OrderPartAccepted, at, reason)
	}
}

// moneyKind is the kind of an event about money: what ended with it, or else.
func (o Order) moneyKind(otherwise string) string {
	switch o.State {
	case OrderSettled:
		return "order.settled"
	case OrderRefunded:
		return "order.refunded"
	default:
		return otherwise
	}
}
