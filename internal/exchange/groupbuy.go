package exchange

import (
	"time"

	"github.com/google/uuid"
)

// GroupBuyState is the state of a group buy.
type GroupBuyState string

// The states: OPEN → ORDERED | MISSED | CANCELLED.
const (
	GroupOpen      GroupBuyState = "OPEN"
	GroupOrdered   GroupBuyState = "ORDERED"
	GroupMissed    GroupBuyState = "MISSED" // the minimum was not reached
	GroupCancelled GroupBuyState = "CANCELLED"
)

// GroupBuy (团购) is an offer that members of one alliance buy together if they
// reach a minimum until a time. It is in the offer's province, with its stock.
type GroupBuy struct {
	ID          ID
	Offer       ID
	Seller      uuid.UUID
	Organiser   uuid.UUID // member
	Alliance    uuid.UUID // of the organiser; its members join
	Title       string
	Minimum     int64 // base units
	ClosesAt    time.Time
	State       GroupBuyState
	StateReason string
	Joined      int64 // base units that are held
	Members     int   // that have joined and not left
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// JoinState is the state of a member's part in a group buy.
type JoinState string

// The states: JOINED → LEFT | ORDERED | RELEASED | DENIED.
const (
	Joined       JoinState = "JOINED"
	JoinLeft     JoinState = "LEFT"
	JoinOrdered  JoinState = "ORDERED"
	JoinReleased JoinState = "RELEASED" // with the whole group
	JoinDenied   JoinState = "DENIED"   // its order was refused at the closing
)

// Join is a member's part in a group buy. It holds its quantity on the offer until
// the group ends.
type Join struct {
	Group       ID
	ID          uuid.UUID
	Organiser   uuid.UUID
	Member      uuid.UUID
	Alliance    uuid.UUID
	Quantity    int64
	Consignee   string
	DeliverBy   Day // empty: as soon as the offer's lead days allow
	Reserve     bool
	Purpose     Purpose
	Person      Person // who joined, in whose name the order is placed
	State       JoinState
	StateReason string
	Order       ID // in the offer's province
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Holds is what a part holds on the offer.
func (j Join) Holds() int64 {
	if j.State != Joined {
		return 0
	}
	return j.Quantity
}
