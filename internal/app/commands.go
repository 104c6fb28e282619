package app

import (
	"time"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
)

// Commands carry what a caller asked for, ids and days as they were written:
// checking them is part of the write. A command is also what a request id is
// compared by, so every field of it counts.

// CreateOffer drafts an offer.
type CreateOffer struct {
	Meta
	ProductID, CertificateID string
	LotID                    string `json:",omitempty"`
	Quantity, MOQQuantity    int64
	PriceBasis               exchange.PriceBasis
	PriceFen                 int64
	SeasonFrom, SeasonTo     string
	LeadDays                 int
	AutoConfirm              bool
}

// StepOffer publishes, resumes, pauses or withdraws an offer.
type StepOffer struct {
	Meta
	ID, Reason string
}

// ListOffers narrows a list of offers.
type ListOffers struct {
	Paging
	State          exchange.OfferState
	Category       exchange.Category
	OriginCode     string
	SellerMemberID string
	Query          string // words that its names have
}

// PlaceOrder places an order on an offer.
type PlaceOrder struct {
	Meta
	OfferID       string
	Quantity      int64
	ConsigneeCode string
	DeliverBy     string
	Reserve       bool
	Channel       exchange.Channel
	// Left out where they are not given, as requests were kept before there were any.
	Purpose       exchange.Purpose `json:",omitempty"`
	ReservePlanID string           `json:",omitempty"`
	ForOthers
}

// StepOrder confirms, delivers or cancels an order.
type StepOrder struct {
	Meta
	ID, Reason string
}

// ShipOrder ships an order.
type ShipOrder struct {
	Meta
	ID, Waybill string
}

// AcceptOrder accepts what was delivered.
type AcceptOrder struct {
	Meta
	ID                        string
	Accepted, Rejected, Short int64
	Reason                    string
	AcceptedOn                string `json:",omitempty"` // day; empty: today
}

// RecordPayment records a payment.
type RecordPayment struct {
	Meta
	ID            string
	AmountFen     int64
	BankReference string
	PaidOn        string `json:",omitempty"` // day; empty: today
}

// ListOrders narrows a list of orders.
type ListOrders struct {
	Paging
	State    exchange.OrderState
	OfferID  string
	ReliefID string
}

// Explain asks policy about a hypothetical action.
type Explain struct {
	Action string
	At     time.Time // that is asked about; zero: now
	Trace  bool      // how policy came to its answer

	// What the action is about. Which of them it needs depends on the action.
	OfferID, OrderID, CertificateID, ProductID    string
	MemberID, AllianceID, AuthorityID             string
	GrantID, MandateID, IssuerID, AssignmentID    string
	SellerAllianceID, BuyerAllianceID             string
	ProducerMemberID, AgentMemberID, AccountOwner string
	Scheme                                        exchange.Scheme

	// For order.place.
	Quantity                 int64
	ConsigneeCode, DeliverBy string
	Reserve                  bool
	Purpose                  exchange.Purpose
	ForOthers

	ReservePlanID string // for order.place and the steps of a plan
	PeriodID      string // for the steps of a period
	ContractID    string // for the steps of a contract
	IntentID      string // for the steps of an intent
	LimitID       string // for limit.end
	ConsentID     string // for the steps of a payer's consent
	LotID         string // for the steps of a lot, and offer.create
	DemandID      string // for the steps of a demand, and quote.seal
	QuoteID       string // for quote.withdraw
	GroupID       string // for the steps of a group buy
	StandingID    string // for the steps of a standing order

	// For the steps of a declaration for the relief zone.
	ReliefID, BeforeID, Until string
	DaysOfStock               int
}

// ListTransactions narrows a list of ledger transactions.
type ListTransactions struct {
	Paging
	OrderID string
	Kind    ledger.Kind
}

// ListEntries narrows a list of ledger entries.
type ListEntries struct {
	Paging
	OrderID      string
	AccountKind  ledger.AccountKind
	AccountOwner string
}

// GetBalance asks for an account's balance. A zero AsOf means now.
type GetBalance struct {
	AccountKind  ledger.AccountKind
	AccountOwner string
	AsOf         time.Time
}

// Balance of an account.
type Balance struct {
	Fen     int64
	AsOf    time.Time
	Entries int64
}

// GetStatement asks for an account's entries in [From, To).
type GetStatement struct {
	Paging
	AccountKind  ledger.AccountKind
	AccountOwner string
	From, To     time.Time
}

// Entry is a ledger entry with its transaction.
type Entry struct {
	ledger.Entry
	Transaction exchange.ID
	Line        int
	Order       exchange.ID
	At          time.Time
	Adjusts     string
	Dims        ledger.Dimensions
}

// Statement of an account.
type Statement struct {
	OpeningFen, ClosingFen int64
	Entries                Page[Entry]
	AsOf                   time.Time
}

// VolumeScope is what volumes are asked of. AsOf and Position exclude each other.
type VolumeScope struct {
	From, To  string
	AsOf      time.Time
	Position  int64 // of the log; 0: not asked for
	Measure   ledger.Measure
	Direction exchange.Direction
	Cell      map[Dimension]string // only this cell
}

// QueryVolumes asks for volumes by dimensions.
type QueryVolumes struct {
	VolumeScope
	GroupBy []Dimension
	Explain bool
	YearAgo bool
}

// OpenVolume asks for the entries of a cell.
type OpenVolume struct {
	VolumeScope
	Paging
}

// Dimension by which volumes are grouped, in the words of design §11.
type Dimension = exchange.Dimension

// Volume of one cell. Keys are by dimension.
type Volume struct {
	Keys      map[Dimension]string
	Measure   ledger.Measure
	AmountFen int64
	Orders    int64
	Entries   int64
	ShareBP   *int64 // of the total of its measure; nil: there is none
	YearAgo   *int64 // fen; nil: not asked for
	ChangeBP  *int64 // against a year ago; nil: not asked for, or nothing then
}

// Volumes is the answer to QueryVolumes.
type Volumes struct {
	Volumes     []Volume
	Totals      []Volume // one a measure, without keys
	AsOf        time.Time
	YearAgo     exchange.Span      // that was compared with
	Explanation *VolumeExplanation // nil: not asked for
}

// VolumeExplanation says on what volumes rest.
type VolumeExplanation struct {
	Terms          []exchange.Term
	PolicyRevision string
	Complete       bool  // the caller sees every entry
	Position       int64 // transactions of the log that count
	Unsealed       int64 // committed ones beyond it that count too
	Checkpoint     Checkpoint
	CodesOf        exchange.Day
}

// OpenedVolume is a page of the entries of a cell, with the figures of all pages.
type OpenedVolume struct {
	Page[VolumeEntry]
	Totals []Volume
}

// VolumeEntry is an entry that a cell adds up.
type VolumeEntry struct {
	Entry
	Position int64 // -1: not sealed yet
	First    bool  // the order counts here
}

// Watched is one message of a watch: an event, or none in a heartbeat.
type Watched[T any] struct {
	Position string
	Event    *EventOf[T]
}

// EventOf a noun, with the noun as the event left it.
type EventOf[T any] struct {
	ID, Kind string
	At       time.Time
	State    T
}
