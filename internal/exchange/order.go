package exchange

import (
	"time"

	"github.com/google/uuid"
)

// OrderState is the state of an order.
type OrderState string

// The states. See order_rules.go for the steps between them.
const (
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
	PaidFen        int64
	Obligations    Obligations
	Channel        Channel
	Reserve        bool // asked to fill the buyer's reserve
	Purpose        Purpose
	ReservePlan    uuid.UUID // on whose account a contractor or a union buys; nil: the buyer's own
	DeliverBy      Day
	HoldUntil      time.Time // until when a placed order holds its stock
	CommitmentTx   uuid.UUID // ledger transaction of the confirmation
	Waybill        string
	PolicyRevision string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Payment of an order. A bank reference counts once per order.
type Payment struct {
	Home          string
	ID            uuid.UUID
	Order         ID
	AmountFen     int64
	BankReference string
	At            time.Time
}
