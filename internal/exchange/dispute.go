package exchange

import (
	"time"

	"github.com/google/uuid"
)

// DisputeState is the state of a dispute.
type DisputeState string

// The states: open, and the three ways in which a dispute ends.
const (
	DisputeOpen      DisputeState = "OPEN"
	DisputeForBuyer  DisputeState = "FOR_BUYER"  // all that was claimed is given back
	DisputeForSeller DisputeState = "FOR_SELLER" // nothing is
	DisputeSplit     DisputeState = "SPLIT"      // a part is
)

// Dispute (争议) is a buyer's claim after acceptance, and what became of it. It
// lives in its order's home.
type Dispute struct {
	ID    ID
	Order ID

	// Who may see it is who may see the order.
	Buyer, BuyerAlliance   uuid.UUID
	BuyerClass             MemberClass
	Seller, SellerAlliance uuid.UUID
	SellerDivision         string
	Consignee              string

	State       DisputeState
	Quantity    int64 // claimed, base units; 0: the price alone is
	AmountFen   int64 // claimed
	Reason      string
	Refunded    int64 // given back, base units
	RefundedFen int64
	Resolution  string // why it was resolved so
	OpenedAt    time.Time
	ResolvedAt  time.Time // zero while it is open
}
