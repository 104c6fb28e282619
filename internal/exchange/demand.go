package exchange

import (
	"time"

	"github.com/google/uuid"
)

// DemandState is the state of a demand.
type DemandState string

// The states: OPEN → CLOSED → AWARDED, and CANCELLED before it is awarded.
const (
	DemandOpen      DemandState = "OPEN"
	DemandClosed    DemandState = "CLOSED"
	DemandAwarded   DemandState = "AWARDED"
	DemandCancelled DemandState = "CANCELLED"
)

// Demand (询价单) is what a buyer asks quotes for, until a time. Quotes are sealed
// to its public key, whose private key the buyer keeps.
type Demand struct {
	ID            ID // in the buyer's province
	Buyer         uuid.UUID
	BuyerAlliance uuid.UUID
	BuyerClass    MemberClass
	Title         string
	Category      Category
	Product       uuid.UUID // nil: any of the category
	BaseUnit      BaseUnit
	Quantity      int64
	Consignee     string // division code
	DeliverBy     Day
	ClosesAt      time.Time
	PublicKey     string // of age, X25519
	Revision      int    // 1, and one more with each amendment
	State         DemandState
	StateReason   string
	Reserve       bool // what the orders of an award are for
	Purpose       Purpose

	// Of its closing.
	Quotes        int    // that stood
	ClosingDigest string // of the statement of the closing; empty: not closed
	ClosedAt      time.Time

	CreatedAt time.Time
	UpdatedAt time.Time
}

// QuoteState is the state of a quote.
type QuoteState string

// The states: SEALED → OPENED → AWARDED | LOST, and WITHDRAWN or VOID before the
// demand closes.
const (
	QuoteSealed    QuoteState = "SEALED"
	QuoteWithdrawn QuoteState = "WITHDRAWN"
	QuoteVoid      QuoteState = "VOID"   // the demand was amended
	QuoteOpened    QuoteState = "OPENED" // the demand has closed
	QuoteAwarded   QuoteState = "AWARDED"
	QuoteLost      QuoteState = "LOST"
)

// SealedQuote (报价) is a seller's answer to a demand. What it says is sealed, and
// is not part of it; its digest and the seller's commitment are.
type SealedQuote struct {
	ID             ID // in the demand's province
	Demand         uuid.UUID
	Revision       int // of the demand
	Buyer          uuid.UUID
	BuyerAlliance  uuid.UUID
	Seller         uuid.UUID
	SellerAlliance uuid.UUID
	Product        uuid.UUID
	Certificate    uuid.UUID
	Digest         string // of the sealed bytes
	Commitment     string // to the content
	State          QuoteState
	StateReason    string

	// Of an award.
	Awarded int64  // base units
	Content []byte // as the award published it
	Order   ID

	CreatedAt time.Time
	UpdatedAt time.Time
}

// DemandID is the id of the demand that a quote is on.
func (q SealedQuote) DemandID() ID { return ID{Home: q.ID.Home, UUID: q.Demand} }

// NoticeKind says of what the log is told.
type NoticeKind string

// The kinds of notice.
const (
	NoticeQuote   NoticeKind = "QUOTE_SEALED"
	NoticeClosing NoticeKind = "DEMAND_CLOSED"
)

// Notice is something beside the ledger that the sealed log has a leaf of, so that
// a receipt proves it. Its id is that of what it is about.
type Notice struct {
	ID   ID
	Kind NoticeKind
	Memo string
	At   time.Time
}
