package exchange

import (
	"time"

	"github.com/google/uuid"
)

// LotState is the state of a lot.
type LotState string

// The states: OPEN ⇄ BLOCKED.
const (
	LotOpen    LotState = "OPEN"
	LotBlocked LotState = "BLOCKED"
)

// Lot (批次) is a traceable batch of a product. What is blocked of it is neither
// published, ordered, confirmed nor shipped.
type Lot struct {
	ID             ID
	Seller         uuid.UUID
	SellerAlliance uuid.UUID
	Product        uuid.UUID
	Certificate    uuid.UUID
	Code           string // the seller's own name of it
	Origin         string // county code
	ProducedOn     Day
	Quantity       int64 // base units
	State          LotState
	StateReason    string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Sampling (抽检) is one test of a lot.
type Sampling struct {
	ID        ID
	Lot       uuid.UUID // in the sampling's province
	Authority uuid.UUID
	SampledOn Day
	Item      string // what was tested
	Passed    bool
	Report    string // number of the report
	At        time.Time
}
