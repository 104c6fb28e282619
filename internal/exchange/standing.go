package exchange

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// StandingState is the state of a standing order.
type StandingState string

// The states: ACTIVE ⇄ PAUSED → ENDED | CANCELLED.
const (
	StandingActive    StandingState = "ACTIVE"
	StandingPaused    StandingState = "PAUSED"
	StandingEnded     StandingState = "ENDED" // by itself, at its end or its cap
	StandingCancelled StandingState = "CANCELLED"
)

// StandingOrder (常态化采购) orders the same goods of one seller again and again. It
// is in the seller's province, with the offers that it orders from.
type StandingOrder struct {
	ID            ID
	Buyer         uuid.UUID
	BuyerAlliance uuid.UUID
	Seller        uuid.UUID
	Product       uuid.UUID
	Offer         ID
	Follow        bool // runs take any open offer of the seller's product, the oldest first
	TakeShort     bool // a run takes what is left where that is less
	Quantity      int64
	Consignee     string
	DeliveryDays  int // after a run; 0: the offer's lead days
	Reserve       bool
	Purpose       Purpose
	ReservePlan   uuid.UUID // nil: the buyer's own
	Recurrence    Recurrence
	Span          Span  // from its first run, or that of its recurrence as it was amended; until its end
	CapQuantity   int64 // base units; 0: none
	CapFen        int64 // 0: none
	Person        Person
	State         StandingState
	StateReason   string
	NextRun       Day // empty: none is planned
	LastRun       Day // that was planned; empty: none was
	Runs          int // of which there is a row
	Orders        int
	Ordered       int64 // base units of its orders
	OrderedFen    int64
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Live says whether runs may still come.
func (s StandingOrder) Live() bool { return s.State == StandingActive || s.State == StandingPaused }

// Due is when the exchange has something to do for a standing order: its next run,
// or its end while it is paused. The zero time: never.
func (s StandingOrder) Due() time.Time {
	switch s.State {
	case StandingActive:
		return s.NextRun.Start()
	case StandingPaused:
		return s.Span.To.Plus(1).Start()
	}
	return time.Time{}
}

// RunState is what became of a run.
type RunState string

// The states of a run. Each is final.
const (
	RunOrdered RunState = "ORDERED"
	RunShort   RunState = "SHORT"  // ordered, but less than was planned
	RunDenied  RunState = "DENIED" // policy or a rule refused its order
	RunMissed  RunState = "MISSED" // the exchange did not run in its time
)

// StandingRun is one run of a standing order. There is one row for each day that
// was planned, whatever became of it.
type StandingRun struct {
	Standing      ID
	N             int       // from 1
	ID            uuid.UUID // the request id of its order
	Buyer         uuid.UUID
	BuyerAlliance uuid.UUID
	Planned       Day
	MadeOn        Day // empty: it was missed
	State         RunState
	Reasons       []fault.Reason // why it was not ordered
	Quantity      int64          // that was planned
	Ordered       int64          // that was ordered
	AmountFen     int64
	Order         ID
	CreatedAt     time.Time
}

// standingCap ends a standing order when a run is refused for it.
const standingCap = fault.StandingCap

func (r StandingRun) refusedFor(code fault.Code) bool {
	return slices.ContainsFunc(r.Reasons, func(reason fault.Reason) bool { return reason.Code == code })
}
