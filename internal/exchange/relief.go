package exchange

import (
	"time"

	"github.com/google/uuid"
)

// ReliefState is the state of a declaration for the relief zone.
type ReliefState string

// The states: OPEN → AMENDED | WITHDRAWN | OVER. One that is open is over by its
// date, whether or not its row says so yet.
const (
	ReliefOpen      ReliefState = "OPEN"
	ReliefAmended   ReliefState = "AMENDED" // another one took its place
	ReliefWithdrawn ReliefState = "WITHDRAWN"
	ReliefOver      ReliefState = "OVER"
)

// Relief (保供给防滞销) declares that the goods of an offer move slowly and are sold
// below an earlier price: that of another offer of theirs, not one that is written
// down for the occasion. What the list of offers sorts and filters by is copied
// into it; none of that ever changes in an offer.
type Relief struct {
	ID             ID // in the offer's home
	Offer          ID
	Seller         uuid.UUID
	SellerAlliance uuid.UUID
	SellerDivision string // the zone is its county
	Category       Category
	Origin         string
	BaseUnit       BaseUnit
	OfferedAt      time.Time // when the offer was made
	DaysOfStock    int       // for which the stock lasts as it sells now, as the seller says
	Before         ID        // the earlier offer
	BeforeFen      int64     // its price
	BeforeDays     int       // whole days on which it was published, of the last before the offer was made
	PriceFen       int64     // of the offer
	DropBP         int       // basis points, rounded down
	Span           Span      // in force
	State          ReliefState
	StateReason    string    `json:",omitempty"`
	Replaces       uuid.UUID `json:",omitzero"` // the one that it amends
	OpenedAt       time.Time
	EndedAt        time.Time `json:",omitzero"` // zero: it is open
}

// On is the declaration as a day finds it: one that is open is over by its date.
func (r Relief) On(day Day) Relief {
	if r.State == ReliefOpen && r.Span.To < day {
		r.State = ReliefOver
	}
	return r
}

// InForce says whether the offer is in the relief zone on a day.
func (r Relief) InForce(day Day) bool { return r.State == ReliefOpen && r.Span.Covers(day) }

// ReliefOn is the declaration in force on a day, of an offer; nil: none.
func (o Offer) ReliefOn(day Day) uuid.UUID {
	if o.Relief == uuid.Nil || !o.ReliefSpan.Covers(day) {
		return uuid.Nil
	}
	return o.Relief
}

// ReliefZone is what was declared and ordered in one zone, of goods in one base unit.
type ReliefZone struct {
	Zone     string // a county's code, or a province's two digits
	BaseUnit BaseUnit
	Declared int64 // opened in the span, without amendments
	InForce  int64 // today
	Orders   int64 // placed in the span, neither cancelled nor expired
	Quantity int64 // of them, in base units
	Fen      int64
	// What the ledger says was accepted of them.
	AcceptedQuantity int64
	AcceptedFen      int64
}
