package app

import (
	"context"
	"slices"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// Explanation is what policy says of a hypothetical action.
type Explanation struct {
	authz.Explanation
	At exchange.Day // the day whose rules answered
}

// Explain asks policy about an action with no side effect: facts are read on a
// snapshot, no row is locked, and nothing is logged as a decision. Asking about
// what the caller may not see is answered like a get of it. For another time
// than now, the rules and the facts of that time answer; who is asking, and what
// the caller may see, is as it is now.
func (a *App) Explain(ctx context.Context, c Explain) (Explanation, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return Explanation{}, err
	}
	ctx = a.policy.Pin(ctx) // what may be seen and what is decided is of one revision
	gather, ok := explainers[c.Action]
	if !ok {
		gather = withoutFacts // policy says POLICY_UNDEFINED
	}
	var q authz.Question
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		u := &unit{Tx: &store.Tx{Reader: r}, app: a, principal: p, at: a.now(), looking: true}
		if !c.At.IsZero() {
			asked := c.At.UTC().Truncate(time.Microsecond)
			u.past, u.at = asked.Before(u.at), asked
		}
		if q, err = gather(ctx, u, c); err != nil {
			return err
		}
		q.Action, q.At, q.Principal = c.Action, u.at, u.principal
		return nil
	})
	if err != nil {
		return Explanation{}, err
	}
	e, err := a.policy.Explain(ctx, q, c.Trace)
	hideGoods(q, &e)
	return Explanation{Explanation: e, At: exchange.DayOf(q.At)}, err
}

// hideGoods leaves of an explanation what a buyer without a grant may know: what
// policy has against the buyer. Which rules it went through tells of the goods.
func hideGoods(q authz.Question, e *authz.Explanation) {
	if !aboutHiddenGoods(q) {
		return
	}
	denials := told(q, e.Denials)
	e.Denials, e.Warnings, e.Trace, e.TraceCut = denials, nil, "", 0
	e.Obligations = exchange.Obligations{Direction: e.Obligations.Direction}
	e.Rules = slices.DeleteFunc(e.Rules, func(r exchange.Rule) bool {
		return !slices.ContainsFunc(denials, func(d fault.Reason) bool { return d.Code == r.Code })
	})
}

// explainer gathers the facts that an action would read.
type explainer func(ctx context.Context, u *unit, c Explain) (authz.Question, error)

// explainers are those of the actions of the API. Those that time alone takes
// are asked about like the steps that people take.
var explainers = map[string]explainer{
	authz.AllianceCreate: withoutFacts, authz.AuthorityCreate: withoutFacts,
	authz.MemberAdmit: explainAdmission, authz.MemberSuspend: explainMember, authz.MemberReinstate: explainMember,
	authz.GrantCreate: explainNewGrant, authz.GrantRevoke: explainGrant,
	authz.MandateCreate: explainNewMandate, authz.MandateRevoke: explainMandate,
	authz.IssuerRegister: explainNewIssuer, authz.IssuerReplaceKeys: explainIssuer, authz.IssuerDisable: explainIssuer,
	authz.RoleAssign: explainNewRole, authz.RoleRevoke: explainRole,

	authz.ProductCreate: explainNewProduct, authz.CertificateCreate: explainNewCertificate,
	authz.CertificateSubmit: explainCertificate, authz.CertificateApprove: explainCertificate,
	authz.CertificatePublicise: explainCertificate, authz.CertificateEnforce: explainCertificate,
	authz.CertificateSuspend: explainCertificate, authz.CertificateReinstate: explainCertificate,
	authz.CertificateRevoke: explainCertificate, authz.CertificateExpire: explainCertificate,

	authz.LotCreate: explainNewLot, authz.LotSample: explainLot, authz.LotBlock: explainLot, authz.LotRelease: explainLot,

	authz.OfferCreate: explainNewOffer, authz.OfferPublish: explainOffer, authz.OfferResume: explainOffer,
	authz.OfferPause: explainOffer, authz.OfferWithdraw: explainOffer, authz.OfferExpire: explainOffer,

	authz.OrderPlace: explainPlacement, authz.OrderConfirm: explainOrder, authz.OrderShip: explainOrder,
	authz.OrderDeliver: explainOrder, authz.OrderAccept: explainOrder, authz.OrderCancel: explainOrder,
	authz.OrderPay: explainOrder, authz.OrderRepay: explainOrder, authz.OrderExpire: explainOrder,

	authz.DemandPost: explainNewDemand, authz.DemandAmend: explainDemand, authz.DemandCancel: explainDemand,
	authz.DemandClose: explainDemand, authz.DemandAward: explainDemand,
	authz.GroupOpen: explainNewGroup, authz.GroupJoin: explainGroup, authz.GroupLeave: explainGroup, authz.GroupCancel: explainGroup,
	authz.GroupClose:  explainGroup,
	authz.StandingSet: explainNewStanding, authz.StandingAmend: explainStanding, authz.StandingPause: explainStanding,
	authz.StandingResume: explainStanding, authz.StandingCancel: explainStanding, authz.StandingRun: explainStanding,
	authz.ReliefDeclare: explainDeclaration, authz.ReliefAmend: explainRelief, authz.ReliefWithdraw: explainRelief,
	authz.QuoteSeal: explainNewQuote, authz.QuoteWithdraw: explainQuote,

	authz.OrderApprove: explainOrder, authz.OrderDecline: explainOrder,

	authz.LimitSet: explainNewLimit, authz.LimitEnd: explainLimit,

	authz.DisputeOpen: explainOrder, authz.DisputeResolve: explainDispute,

	authz.PeriodSoftClose: explainPeriod, authz.PeriodReopen: explainPeriod, authz.PeriodClose: explainPeriod,
	authz.BankImport: withoutFacts, authz.BankMatch: explainOrder, authz.BankReturn: withoutFacts,
	authz.SubmissionCreate: explainPeriod, authz.SubmissionRead: withoutFacts,
	authz.CycleOpen: withoutFacts, authz.CycleMatch: withoutFacts, authz.CycleAdjust: withoutFacts, authz.CycleInstruct: withoutFacts,
	authz.OrderInvoice: explainOrder,

	authz.ContractPropose: explainNewContract, authz.ContractSign: explainContract, authz.ContractDecline: explainContract,
	authz.ContractObserve: explainContract, authz.ContractClaim: explainContract, authz.ContractResolve: explainContract,
	authz.ContractEnd: explainContract,

	authz.OrderDonate: explainOrder, authz.PayerConsent: explainNewConsent, authz.PayerRevoke: explainConsent,

	authz.IntentRecord: explainNewIntent, authz.IntentMatch: explainIntent, authz.IntentWithdraw: explainIntent,

	authz.ReserveFile: explainNewReserve, authz.ReserveWithdraw: explainReserve,
	authz.ReserveConsent: explainCovering, authz.ReserveDecline: explainCovering,

	authz.TargetSet: withoutFacts,

	authz.LedgerBalance: explainAccount, authz.LedgerAudit: withoutFacts,
}

func withoutFacts(context.Context, *unit, Explain) (authz.Question, error) {
	return authz.Question{}, nil
}

func explainOrder(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("order_id", c.OrderID)
	if err != nil {
		return authz.Question{}, err
	}
	// What may be asked about is what may be seen now, whatever it was then.
	now, err := found(u.Order(ctx, id))("order", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Order, orderAttributes(now), id)
	}
	if err != nil {
		return authz.Question{}, err
	}
	return u.loadOrder(ctx, now.Offer, id, c.Action)
}

func explainOffer(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("offer_id", c.OfferID)
	if err != nil {
		return authz.Question{}, err
	}
	now, err := found(u.Offer(ctx, id))("offer", id)
	if err == nil {
		err = u.app.visible(ctx, u.principal, authz.Offer, offerAttributes(now), id)
	}
	if err != nil {
		return authz.Question{}, err
	}
	return u.loadOffer(ctx, id, c.Action)
}

func explainNewOffer(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	var q authz.Question
	product, err := exchange.ParseUUID("product_id", c.ProductID)
	if err != nil {
		return q, err
	}
	certificate, err := optionalUUID("certificate_id", c.CertificateID)
	if err != nil {
		return q, err
	}
	if c.CertificateID != "" {
		if _, err := target(ctx, u, u.app.certificates(), "certificate_id", c.CertificateID, u.Tx.Certificate); err != nil {
			return q, err
		}
	}
	if err := u.loadGoods(ctx, &q, product, certificate, u.principal.Member); err != nil {
		return q, err
	}
	return q, u.loadNewLot(ctx, &q, c.LotID)
}

// explainPlacement asks about an order. Without a quantity the minimum order is
// asked about, and from the earliest day on which it could be delivered.
func explainPlacement(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("offer_id", c.OfferID)
	if err != nil {
		return authz.Question{}, err
	}
	deliverBy, err := day("deliver_by", c.DeliverBy)
	if err != nil {
		return authz.Question{}, err
	}
	now, err := found(u.Offer(ctx, id))("offer", id)
	if err != nil {
		return authz.Question{}, err
	}
	offer, err := asOf(ctx, u, id.UUID, now, nil)
	if err != nil {
		return authz.Question{}, err
	}
	if c.Quantity == 0 {
		c.Quantity = offer.MOQ
	}
	place := PlaceOrder{Quantity: c.Quantity, ConsigneeCode: c.ConsigneeCode, Reserve: c.Reserve, Purpose: c.Purpose, ReservePlanID: c.ReservePlanID, ForOthers: c.ForOthers}
	q, err := u.proposeOrder(ctx, offer, purchase{PlaceOrder: place, way: offer.Way, wayID: offer.WayID}, deliverBy)
	if err != nil {
		return q, err
	}
	// A buyer from whom only the lack of a grant hides the offer is told so; others
	// may not know of it.
	m := u.principal.Member
	if m != nil && m.Side == exchange.Buyer && now.State == exchange.OfferPublished {
		return q, nil
	}
	return q, u.app.visible(ctx, u.principal, authz.Offer, offerAttributes(now), id)
}
