package exchange

import (
	"time"

	"github.com/google/uuid"
)

// IntentState is the state of an intent.
type IntentState string

// The states.
const (
	IntentRecorded  IntentState = "RECORDED"
	IntentMatched   IntentState = "MATCHED"
	IntentWithdrawn IntentState = "WITHDRAWN"
)

// Intent (意向) is what a buyer and a seller of a fair mean to trade. It lives in the
// seller's home and is no volume: intent, contract, acceptance and settlement are
// four different numbers.
type Intent struct {
	ID             ID
	Fair           string
	Day            Day
	Buyer          uuid.UUID
	BuyerAlliance  uuid.UUID
	BuyerClass     MemberClass
	BuyerDivision  string
	Seller         uuid.UUID
	SellerAlliance uuid.UUID
	SellerDivision string
	Product        uuid.UUID
	Quantity       int64 // base units
	ValueFen       int64
	Note           string
	Contract       uuid.UUID // that came of it, in the intent's home; nil: none yet
	State          IntentState
	StateReason    string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}
