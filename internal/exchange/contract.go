package exchange

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// ContractState is the state of a forward contract.
type ContractState string

// The states. See contract_rules.go for the steps between them.
const (
	ContractProposed      ContractState = "PROPOSED"
	ContractSigned        ContractState = "SIGNED"   // its deposit is not there yet
	ContractInForce       ContractState = "IN_FORCE" // it can be called off
	ContractOver          ContractState = "OVER"     // its season is, and less was taken than agreed
	ContractFulfilled     ContractState = "FULFILLED"
	ContractClosed        ContractState = "CLOSED" // less was taken, and nobody claimed a default in time
	ContractForceMajeure  ContractState = "FORCE_MAJEURE"
	ContractBuyerDefault  ContractState = "BUYER_DEFAULT"
	ContractSellerDefault ContractState = "SELLER_DEFAULT"
	ContractDeclined      ContractState = "DECLINED" // by one of its sides, or never signed
)

// DepositRelease says when a deposit (定金) becomes a part of the price.
type DepositRelease string

// The ways: with each acceptance its share of the agreed quantity, or nothing of
// it before the contract ends.
const (
	ReleaseProRata DepositRelease = "PRO_RATA"
	ReleaseAtEnd   DepositRelease = "AT_END"
)

// ClaimKind is what a side of a contract claims.
type ClaimKind string

// The kinds of claim.
const (
	ClaimForceMajeure ClaimKind = "FORCE_MAJEURE" // 不可抗力
	ClaimDefault      ClaimKind = "DEFAULT"       // 违约, of the other side
)

// ClaimState is the state of a claim.
type ClaimState string

// The states of a claim.
const (
	ClaimOpen      ClaimState = "OPEN"
	ClaimUpheld    ClaimState = "UPHELD"
	ClaimDismissed ClaimState = "DISMISSED"
)

// ContractClaim is what a side of a contract claims, and what became of it. A contract has
// one at a time; its events keep those before.
type ContractClaim struct {
	Kind       ClaimKind
	By         Side
	Reason     string
	At         time.Time
	State      ClaimState
	Resolution string
	ResolvedAt time.Time
}

// Delivery is a line of a contract's schedule.
type Delivery struct {
	Day      Day
	Quantity int64 // base units
}

// IndexPrice is what an index said of a contract's goods on a day.
type IndexPrice struct {
	Contract   ID
	Day        Day
	PriceFen   int64 // for the price basis of the contract
	Source     string
	RecordedBy uuid.UUID // authority
	At         time.Time
}

// Contract (订单农业, 农校对接) is a forward contract: one buyer takes a season's
// quantity of one seller at no less than a floor price. It lives in the seller's
// home. Once signed it has an offer reserved for its buyer, by which it takes
// certificate capacity, and each call-off is an order on that offer.
type Contract struct {
	ID         ID
	ProposedBy Side

	Buyer         uuid.UUID
	BuyerAlliance uuid.UUID
	BuyerClass    MemberClass
	BuyerDivision string

	Seller         uuid.UUID
	SellerAlliance uuid.UUID
	SellerDivision string

	Product      uuid.UUID
	Certificate  uuid.UUID // nil: none
	Scheme       Scheme
	Category     Category
	Variety      string
	UnitQuantity int64
	PriceBasis   PriceBasis

	Season      Span
	LeadDays    int
	Schedule    []Delivery // adds up to Quantity
	Quantity    int64      // base units
	ToleranceBP int64      // of Quantity, more or less
	FloorFen    int64
	Index       string // which index price counts beside the floor; empty: none

	// The deposit is in the exchange's account: see contract_deposit_rules.go.
	DepositFen     int64
	DepositRelease DepositRelease
	DepositTx      uuid.UUID // ledger transaction by which it came in; nil: not yet
	HeldFen        int64     // of the deposit
	ReleasedFen    int64     // of it into the prices of orders
	PayableFen     int64     // of it to be paid out, or paid out
	PayableTo      uuid.UUID // to whom; nil: nothing is
	PaidOutFen     int64     // of PayableFen

	Offer       ID // made with the signature
	State       ContractState
	StateReason string
	Claim       ContractClaim // the last one
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Tolerance is by how much more, or less, than the quantity may be called off, in
// whole sales units.
func (c Contract) Tolerance() int64 {
	// Written so that no product can overflow.
	const whole = 10_000
	t := c.Quantity/whole*c.ToleranceBP + c.Quantity%whole*c.ToleranceBP/whole
	return t - t%c.UnitQuantity
}

// Ended says whether nothing can come of the contract any more.
func (c Contract) Ended() bool {
	switch c.State {
	case ContractProposed, ContractSigned, ContractInForce, ContractOver:
		return false
	}
	return true
}

// PaymentReference is what a payer writes so that the deposit finds its contract:
// 34 characters.
func (c Contract) PaymentReference() string {
	return c.ID.Home + strings.ReplaceAll(c.ID.UUID.String(), "-", "")
}

// PriceOn is the price of a call-off on a day: the floor, or what the index said
// last where that is more. The source of the index price is empty where the floor
// is paid.
func (c Contract) PriceOn(on Day, observed []IndexPrice) (fen int64, source string) {
	var last *IndexPrice
	for i, p := range observed {
		if p.Day <= on && (last == nil || p.Day > last.Day) {
			last = &observed[i]
		}
	}
	if last == nil || last.PriceFen <= c.FloorFen {
		return c.FloorFen, ""
	}
	return last.PriceFen, last.Source
}
