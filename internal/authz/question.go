package authz

import (
	"time"

	"github.com/sushaan/exchange/internal/exchange"
)

// Question is what is asked of policy: an action on facts, in the exchange's
// own types. A fact that is nil is not there.
type Question struct {
	Action    string
	At        time.Time
	Principal exchange.Principal

	Buyer, Seller                 *exchange.Member
	BuyerAlliance, SellerAlliance *exchange.Alliance
	Consignee                     string // division code
	Offer                         *exchange.Offer
	Product                       *exchange.Product
	Origin                        *exchange.Division // of the product
	Certificate                   *exchange.Certificate
	Capacity                      *exchange.Capacity
	Lot                           *exchange.Lot // of the offer, or that is made or stepped
	Grant                         *exchange.Grant
	Mandate                       *exchange.Mandate
	Pairing                       *exchange.Pairing
	// Order is the existing order, or for order.place the one proposed.
	Order *exchange.Order

	// What an action on the directory is done to. For ledger.balance, Member is
	// the owner of the account.
	Alliance   *exchange.Alliance
	Member     *exchange.Member
	Authority  *exchange.Authority
	Issuer     *exchange.Issuer
	Assignment *exchange.RoleAssignment

	// Reserve is the plan on whose account is bought, or that is filed.
	Reserve *exchange.ReservePlan

	// Room is what the buyer's limits leave the order.
	Room *exchange.Room
	// Limit is the one that is set or ended.
	Limit *exchange.SpendingLimit

	// Dispute is the one that is resolved; its state is the outcome asked for.
	Dispute *exchange.Dispute

	// Demand is what is posted, stepped or quoted on; Quote is what is taken back.
	Demand *exchange.Demand
	Quote  *exchange.SealedQuote
	// Group is what is opened, joined, left or cancelled.
	Group *exchange.GroupBuy
	// Standing is what is set, amended, paused, resumed, cancelled or run.
	Standing *exchange.StandingOrder

	// Relief is what is declared for the relief zone, amended or withdrawn; nil: it
	// cannot be declared, whoever asks.
	Relief *exchange.Relief

	// Period is what is closed or reopened.
	Period *exchange.Period
	// Target is the one that is set.
	Target *exchange.Target
	// Contract is the forward contract; for contract.resolve with the outcome asked for.
	Contract *exchange.Contract
	// Intent is the one that is recorded, matched or withdrawn.
	Intent *exchange.Intent
	// Payer is who pays for the buyer, by what it has consented to; or whose consent is
	// given or taken back.
	Payer        *exchange.Member
	PayerConsent *exchange.PayerConsent
}

// Actions that policy decides on.
const (
	AllianceCreate    = "alliance.create"
	MemberAdmit       = "member.admit"
	MemberSuspend     = "member.suspend"
	MemberReinstate   = "member.reinstate"
	AuthorityCreate   = "authority.create"
	GrantCreate       = "grant.create"
	GrantRevoke       = "grant.revoke"
	MandateCreate     = "mandate.create"
	MandateRevoke     = "mandate.revoke"
	IssuerRegister    = "issuer.register"
	IssuerReplaceKeys = "issuer.replace_keys"
	IssuerDisable     = "issuer.disable"
	RoleAssign        = "role.assign"
	RoleRevoke        = "role.revoke"

	ProductCreate        = "product.create"
	CertificateCreate    = "certificate.create"
	CertificateSubmit    = "certificate.submit"
	CertificateApprove   = "certificate.approve"
	CertificatePublicise = "certificate.publicise"
	CertificateEnforce   = "certificate.enforce"
	CertificateSuspend   = "certificate.suspend"
	CertificateReinstate = "certificate.reinstate"
	CertificateRevoke    = "certificate.revoke"
	CertificateExpire    = "certificate.expire"

	LotCreate  = "lot.create"
	LotSample  = "lot.sample"
	LotBlock   = "lot.block"
	LotRelease = "lot.release"

	OfferCreate   = "offer.create"
	OfferPublish  = "offer.publish"
	OfferResume   = "offer.resume"
	OfferPause    = "offer.pause"
	OfferWithdraw = "offer.withdraw"
	OfferExpire   = "offer.expire"

	OrderPlace   = "order.place"
	OrderApprove = "order.approve"
	OrderDecline = "order.decline"
	OrderConfirm = "order.confirm"
	OrderShip    = "order.ship"
	OrderDeliver = "order.deliver"
	OrderAccept  = "order.accept"
	OrderCancel  = "order.cancel"
	OrderPay     = "order.pay"
	OrderRepay   = "order.repay"
	OrderInvoice = "order.invoice"
	OrderExpire  = "order.expire"

	DemandPost   = "demand.post"
	DemandAmend  = "demand.amend"
	DemandCancel = "demand.cancel"
	DemandClose  = "demand.close"
	DemandAward  = "demand.award"
	QuoteSeal    = "quote.seal"
	GroupOpen    = "group.open"
	GroupJoin    = "group.join"
	GroupLeave   = "group.leave"
	GroupCancel  = "group.cancel"
	GroupClose   = "group.close"

	StandingSet    = "standing.set"
	StandingAmend  = "standing.amend"
	StandingPause  = "standing.pause"
	StandingResume = "standing.resume"
	StandingCancel = "standing.cancel"
	StandingRun    = "standing.run"

	QuoteWithdraw = "quote.withdraw"

	ReliefDeclare  = "relief.declare"
	ReliefAmend    = "relief.amend"
	ReliefWithdraw = "relief.withdraw"

	DisputeOpen    = "dispute.open"
	DisputeResolve = "dispute.resolve"

	BankImport = "bank.import"
	BankMatch  = "bank.match"
	BankReturn = "bank.return"

	CycleOpen     = "cycle.open"
	CycleMatch    = "cycle.match"
	CycleAdjust   = "cycle.adjust"
	CycleInstruct = "cycle.instruct"

	ContractPropose = "contract.propose"
	ContractSign    = "contract.sign"
	ContractDecline = "contract.decline"
	ContractObserve = "contract.observe"
	ContractClaim   = "contract.claim"
	ContractResolve = "contract.resolve"
	ContractEnd     = "contract.end"

	OrderDonate  = "order.donate"
	PayerConsent = "payer.consent"
	PayerRevoke  = "payer.revoke"

	IntentRecord   = "intent.record"
	IntentMatch    = "intent.match"
	IntentWithdraw = "intent.withdraw"

	LimitSet = "limit.set"
	LimitEnd = "limit.end"

	ReserveFile     = "reserve.file"
	ReserveWithdraw = "reserve.withdraw"
	ReserveConsent  = "reserve.consent"
	ReserveDecline  = "reserve.decline"

	PeriodSoftClose = "period.soft_close"
	PeriodReopen    = "period.reopen"
	PeriodClose     = "period.close"
	TargetSet       = "target.set"

	SubmissionCreate = "submission.create"
	SubmissionRead   = "submission.read"

	LedgerBalance = "ledger.balance"
	LedgerAudit   = "ledger.audit"
)

// Actions lists the actions that policy decides on.
func Actions() []string {
	return []string{
		AllianceCreate, MemberAdmit, MemberSuspend, MemberReinstate, AuthorityCreate, GrantCreate, GrantRevoke,
		MandateCreate, MandateRevoke, IssuerRegister, IssuerReplaceKeys, IssuerDisable, RoleAssign, RoleRevoke,
		ProductCreate, CertificateCreate, CertificateSubmit, CertificateApprove, CertificatePublicise, CertificateEnforce,
		CertificateSuspend, CertificateReinstate, CertificateRevoke, CertificateExpire,
		LotCreate, LotSample, LotBlock, LotRelease, OfferCreate, OfferPublish,
		OfferResume, OfferPause, OfferWithdraw, OfferExpire, OrderPlace, OrderApprove, OrderDecline, OrderConfirm, OrderShip, OrderDeliver,
		OrderAccept, OrderCancel, OrderPay, OrderRepay, OrderExpire, DisputeOpen, DisputeResolve, BankImport, BankMatch, BankReturn,
		OrderInvoice, CycleOpen, CycleMatch, CycleAdjust, CycleInstruct,
		ContractPropose, ContractSign, ContractDecline, ContractObserve, ContractClaim, ContractResolve, ContractEnd,
		IntentRecord, IntentMatch, IntentWithdraw, OrderDonate, PayerConsent, PayerRevoke,
		DemandPost, DemandAmend, DemandCancel, DemandClose, DemandAward, QuoteSeal, QuoteWithdraw,
		GroupOpen, GroupJoin, GroupLeave, GroupCancel, GroupClose,
		StandingSet, StandingAmend, StandingPause, StandingResume, StandingCancel, StandingRun,
		ReliefDeclare, ReliefAmend, ReliefWithdraw,
		LimitSet, LimitEnd, ReserveFile, ReserveWithdraw, ReserveConsent, ReserveDecline, TargetSet, PeriodSoftClose, PeriodReopen, PeriodClose, SubmissionCreate, SubmissionRead,
		LedgerBalance, LedgerAudit,
	}
}

// Noun names what is seen or listed.
type Noun string

// The nouns that have a rule of visibility.
const (
	Alliance    Noun = "alliance"
	Member      Noun = "member"
	Authority   Noun = "authority"
	Grant       Noun = "grant"
	Mandate     Noun = "mandate"
	Issuer      Noun = "issuer"
	Role        Noun = "role"
	Product     Noun = "product"
	Certificate Noun = "certificate"
	Lot         Noun = "lot"
	Offer       Noun = "offer"
	Order       Noun = "order"
	Contract    Noun = "contract"
	Intent      Noun = "intent"
	Consenting  Noun = "payer_consent"
	Transaction Noun = "transaction"
	Entry       Noun = "entry"
	Logged      Noun = "decision"
	Reserve     Noun = "reserve_plan"
	Consent     Noun = "reserve_consent" // of a unit that a plan covers
	Limit       Noun = "spending_limit"
	Dispute     Noun = "dispute"
	Demand      Noun = "demand"
	Quote       Noun = "quote"
	GroupBuy    Noun = "group_buy"
	Joining     Noun = "group_join"
	Standing    Noun = "standing_order"
	Run         Noun = "standing_run"
	Relief      Noun = "relief_declaration"
	ReliefFirst Noun = "relief_first" // whose list of offers has those of the relief zone first
	Target      Noun = "target"
	BankRecord  Noun = "bank_record"
	Cycle       Noun = "settlement_cycle"
	CycleDetail Noun = "settlement_cycle_detail" // what of it is of all members
)

// fields are what a noun's rows have in the policy's input. They are also the
// only names that a list's filter may use.
var fields = map[Noun][]string{
	Alliance:    {"id", "side", "home"},
	Member:      {"id", "alliance_id", "side", "class", "division"},
	Authority:   {"id"},
	Grant:       {"id", "seller_alliance_id", "buyer_alliance_id"},
	Mandate:     {"id", "producer_id", "agent_id"},
	Issuer:      {"id", "alliance_id", "authority_id"},
	Role:        {"id", "issuer_id", "alliance_id", "subject", "member_id"},
	Product:     {"id", "producer_id", "origin", "category"},
	Certificate: {"id", "product_id", "producer_id", "origin", "state"},
	Lot:         {"seller_id", "seller_alliance_id", "origin"},
	Offer:       {"home", "seller_id", "seller_alliance_id", "seller_division", "origin", "state", "category", "reserved_for_id"},
	Order: {"buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id", "seller_division", "consignee",
		"buyer_class", "state", "payer_id"},
	Contract: {"buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id", "seller_division", "consignee",
		"buyer_class", "state"},
	Consenting: {"payer_id", "buyer_id", "alliance_id"},
	Intent: {"buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id", "seller_division", "consignee",
		"buyer_class", "state"},
	Limit: {"member_id", "alliance_id"},
	Dispute: {"buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id", "seller_division", "consignee",
		"buyer_class", "state"},
	Transaction: {"buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id", "seller_county", "buyer_county",
		"buyer_class"},
	Reserve: {"unit_id", "alliance_id", "unit_class", "division"},
	Consent: {"member_id", "unit_id", "alliance_id", "division"},
	Entry: {"buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id", "seller_county", "buyer_county",
		"buyer_class"},
	Demand:      {"buyer_id", "buyer_alliance_id", "buyer_class", "consignee", "state"},
	GroupBuy:    {"seller_id", "organiser_id", "alliance_id", "state"},
	Joining:     {"organiser_id", "member_id", "alliance_id", "state"},
	Standing:    {"buyer_id", "buyer_alliance_id", "state"},
	Run:         {"buyer_id", "buyer_alliance_id", "state"},
	Relief:      {"home", "seller_id", "seller_alliance_id", "seller_division", "origin", "category"},
	ReliefFirst: {}, // it is of the caller alone
	Quote:       {"buyer_id", "buyer_alliance_id", "seller_id", "seller_alliance_id", "state"},
	Target:      {"js_unit", "sn_unit"},
	BankRecord:  {"account"},
	Cycle:       {"seller_alliance_id", "buyer_alliance_id"},
	CycleDetail: {"seller_alliance_id", "buyer_alliance_id"},
	Logged:      {"action"},
}

// Nouns lists the nouns that have a rule of visibility.
func Nouns() []Noun {
	return []Noun{
		Alliance, Member, Authority, Grant, Mandate, Issuer, Role, Product, Certificate, Lot, Offer, Order, Transaction, Entry,
		Contract, Intent, Consenting, Logged, Reserve, Consent, Limit, Dispute, Demand, Quote, GroupBuy, Joining, Standing, Run, Relief, ReliefFirst, Target, BankRecord, Cycle, CycleDetail,
	}
}

// Fields are what a noun's rows have in the policy's input.
func Fields(n Noun) []string { return fields[n] }
