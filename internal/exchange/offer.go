package exchange

import (
	"time"

	"github.com/google/uuid"
)

// OfferState is the state of an offer.
type OfferState string

// The states: DRAFT → PUBLISHED ⇄ PAUSED → WITHDRAWN | EXPIRED.
const (
	OfferDraft     OfferState = "DRAFT"
	OfferPublished OfferState = "PUBLISHED"
	OfferPaused    OfferState = "PAUSED"
	OfferWithdrawn OfferState = "WITHDRAWN"
	OfferExpired   OfferState = "EXPIRED"
)

// PriceBasis says what a price is for.
type PriceBasis string

// The price bases. PerKg is for catch weight: the weight accepted is paid.
const (
	PerSalesUnit PriceBasis = "PER_SALES_UNIT"
	PerKg        PriceBasis = "PER_KG"
)

// Offer (供货挂牌) is a member's quantity of a product at a price. The product's
// facts are copied into it: an offer does not change under a buyer's eyes.
type Offer struct {
	ID             ID
	Seller         uuid.UUID
	SellerAlliance uuid.UUID
	SellerDivision string
	Product        uuid.UUID
	Certificate    uuid.UUID // nil: none
	Lot            uuid.UUID // in the offer's province; nil: none
	Scheme         Scheme
	NameZH         string
	NameEN         string
	Category       Category
	Origin         string
	BaseUnit       BaseUnit
	SalesUnit      string
	UnitQuantity   int64
	// Quantity is what is offered; Taken what orders hold (invariant I2).
	// An order that ends without delivery gives back.
	Quantity     int64
	Taken        int64
	MOQ          int64
	PriceBasis   PriceBasis
	PriceFen     int64
	Season       Span // on which days it can be ordered
	LeadDays     int
	AutoConfirm  bool
	State        OfferState
	StateReason  string
	CapacityYear int // year whose capacity it took; 0 while a draft
	// An offer that a contract or an award made for one buyer, who orders from it by
	// that way alone; nil: it is for everybody with a grant.
	ReservedFor uuid.UUID `json:",omitzero"`
	Way         Way       `json:",omitempty"`
	WayID       uuid.UUID `json:",omitzero"`
	// Its last declaration for the relief zone, if that has not ended but by its date,
	// and the days on which that is in force.
	Relief     uuid.UUID `json:",omitzero"`
	ReliefSpan Span      `json:",omitzero"`
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Remaining is what can still be ordered.
func (o Offer) Remaining() int64 { return o.Quantity - o.Taken }

// Closed says whether the offer has ended for good.
func (o Offer) Closed() bool { return o.State == OfferWithdrawn || o.State == OfferExpired }
