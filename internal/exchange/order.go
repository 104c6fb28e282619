package exchange

import (
	"time"

	"github.com/google/uuid"
)

// OrderState is the state of an order.
type OrderState string

// The states. See order_rules.go for the steps between them.
const (
	OrderPending      OrderState = "PENDING_APPROVAL" // it holds its stock and waits for a second person
	OrderPlaced       OrderState = "PLACED"
	OrderConfirmed    OrderState = "CONFIRMED"
	OrderShipped      OrderState = "SHIPPED"
	OrderDelivered    OrderState = "DELIVERED"
	OrderAccepted     OrderState = "ACCEPTED"
	OrderPartAccepted OrderState = "PART_ACCEPTED"
	OrderRejected     OrderState = "REJECTED"
	OrderSettled      OrderState = "SETTLED"
	OrderCancelled    OrderState = "CANCELLED"
	OrderExpired      OrderState = "EXPIRED"
	OrderDisputed     OrderState = "DISPUTED"
	OrderRefunding    OrderState = "REFUNDING" // money is to go back
	OrderRefunded     OrderState = "REFUNDED"  // all of it went back, or was never paid
)

// Channel is the way by which a trade came about.
type Channel string

// The channels.
const (
	Platform Channel = "PLATFORM"
	Cabinet  Channel = "CABINET" // 专柜
	Hall     Channel = "HALL"    // 生活馆
	Zone     Channel = "ZONE"    // 专区
)

// Obligations follow from an allowed decision of policy.
type Obligations struct {
	Direction       Direction `json:"direction"`
	Collaboration   bool      `json:"collaboration"`
	CountsToReserve bool      `json:"counts_to_reserve"`
	NeedsApproval   bool      `json:"needs_approval"`
}

// Order (订单): one buyer, one offer.
type Order struct {
	ID             ID // in the offer's home
	Offer          ID
	Product        uuid.UUID
	Certificate    uuid.UUID
	Buyer          uuid.UUID
	BuyerAlliance  uuid.UUID
	BuyerClass     MemberClass
	Seller         uuid.UUID
	SellerAlliance uuid.UUID
	SellerDivision string
	Consignee      string // division code
	Category       Category
	Scheme         Scheme
	State          OrderState
	StateReason    string
	Quantity       int64
	Accepted       int64
	Rejected       int64
	Short          int64
	PriceFen       int64
	UnitQuantity   int64
	PerKg          bool
	AmountFen      int64 // of the ordered quantity: the commitment
	AcceptedFen    int64
	PaidFen        int64 // by the buyer, of all times
	Obligations    Obligations
	Channel        Channel
	Reserve        bool // asked to fill the buyer's reserve
	Purpose        Purpose
	ReservePlan    uuid.UUID // on whose account a contractor or a union buys; nil: the buyer's own
	DeliverBy      Day
	HoldUntil      time.Time // until when an order that is placed or waits for approval holds its stock
	CommitmentTx   uuid.UUID // ledger transaction of the confirmation
	Waybill        string

	// What disputes gave back of what was accepted, and the money that went back.
	Refunded    int64 // base units
	RefundedFen int64
	RepaidFen   int64     // to the buyer
	HeldFen     int64     // from the buyer or the seller, and not yet passed on
	Dispute     uuid.UUID // the last one; nil: none

	// By which way of buying it came about, and the contract, demand, group or
	// standing order that it follows from; nil: a buyer simply ordered.
	Way           Way       `json:",omitempty"`
	WayID         uuid.UUID `json:",omitzero"`
	Placer        Person    `json:",omitzero"`
	ApprovedBy    string    `json:",omitempty"` // subject; empty: it needed no approval, or has none yet
	Payer         uuid.UUID `json:",omitzero"`  // member that pays; nil: the buyer
	ConsigneeName string    `json:",omitempty"`
	PairTag       string    `json:",omitempty"`
	DonationFen   int64     `json:",omitempty"` // beside the amount, outside volume
	Relief        uuid.UUID `json:",omitzero"`  // declaration for the relief zone in force when it was placed; nil: none

	PolicyRevision string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// NetFen is what was accepted and not given back.
func (o Order) NetFen() int64 { return o.AcceptedFen - o.RefundedFen }

// BuyerDueFen is what the buyer still owes; negative: what the buyer is to get
// back.
func (o Order) BuyerDueFen() int64 { return o.NetFen() - (o.PaidFen - o.RepaidFen) }

// SellerDueFen is what the seller is still owed; negative: what the seller is to
// pay back.
func (o Order) SellerDueFen() int64 { return o.BuyerDueFen() + o.HeldFen }

// PaymentKind says which way the money of an order went.
type PaymentKind string

// The kinds of payment.
const (
	PaidIn   PaymentKind = "PAYMENT"   // by the buyer
	PaidBack PaymentKind = "REPAYMENT" // to the buyer
	// PaidDonation is what the payer gave beside the amount.
	PaidDonation PaymentKind = "DONATION"
)

// Payment of an order. A bank reference counts once per order.
type Payment struct {
	Kind          PaymentKind
	Home          string
	ID            uuid.UUID
	Order         ID
	AmountFen     int64
	BankReference string
	At            time.Time
}
