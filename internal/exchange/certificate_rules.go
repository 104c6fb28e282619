package exchange

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// NewProduct checks a product of a producer.
//
//exchange:rule JURISDICTION_INVALID | Goods come from a county of their producer's province | producers | 2020 plan, item 4, recognition is the county's, on the producer's application
//exchange:rule QUANTITY_INVALID | A sales unit holds something, and catch weight is counted in g | producers | design §2, Sales unit
//exchange:rule PRICE_INVALID | A reference price is not negative | producers | recognition looks at the mean price for the same quality
func NewProduct(p Product, producer Member, origin Division, at time.Time) (Product, error) {
	if err := divisionHolds("origin_code", origin, at); err != nil {
		return p, err
	}
	switch {
	case origin.Level != 3:
		return p, fault.InField("origin_code", fault.JurisdictionInvalid, "rule", "an origin is a county")
	case Province(origin.Code) != producer.Home():
		return p, fault.InField("origin_code", fault.JurisdictionInvalid, "rule", "the origin is in the producer's province")
	case p.UnitQuantity <= 0:
		return p, fault.InField("unit_quantity", fault.QuantityInvalid, "quantity", p.UnitQuantity, "rule", "> 0")
	case p.CatchWeight && p.BaseUnit != Gram:
		return p, fault.InField("catch_weight", fault.QuantityInvalid, "quantity", p.UnitQuantity, "rule", "catch weight is counted in g")
	case p.ReferenceFen < 0:
		return p, fault.InField("reference_price_fen", fault.PriceInvalid, "rule", ">= 0")
	}
	p.ID, p.Producer, p.CreatedAt = uuid.New(), producer.ID, at
	return p, nil
}

// NewCertificate drafts a certificate of a product. Its county is the product's
// origin.
//
//exchange:rule QUANTITY_INVALID | A certificate caps a yearly quantity | producers, authorities | design §2, Certificate
//exchange:rule PRICE_INVALID | A certificate caps a yearly value | producers, authorities | design §2, Certificate
//exchange:rule DATES_INVALID | A certificate does not end before it begins, nor in the past, nor after more than ten years | producers, authorities | length of validity differs from county to county; ten years bound it
func NewCertificate(c Certificate, p Product, at time.Time) (Certificate, error) {
	switch {
	case c.AnnualQuantity <= 0:
		return c, fault.InField("annual_quantity", fault.QuantityInvalid, "quantity", c.AnnualQuantity, "rule", "> 0")
	case c.AnnualValueFen <= 0:
		return c, fault.InField("annual_value_fen", fault.PriceInvalid, "rule", "> 0")
	case c.Valid.To < c.Valid.From, c.Valid.To < DayOf(at):
		return c, fault.InField("valid_to", fault.DatesInvalid, "rule", "the last day is not before the first, and not in the past")
	case c.Valid.To > DayOf(c.Valid.From.Start().AddDate(maxCertificateYears, 0, 0)):
		return c, fault.InField("valid_to", fault.DatesInvalid, "rule", "at most ten years")
	}
	c.ID, c.Product, c.Producer, c.Origin = uuid.New(), p.ID, p.Producer, p.Origin
	c.State, c.CreatedAt = CertificateDraft, at
	return c, nil
}

// CertificateStep is a step of a certificate, by the name that the API has.
type CertificateStep string

// The steps. Who may take them is policy.
const (
	SubmitStep    CertificateStep = "submit"
	ApproveStep   CertificateStep = "approve"
	PubliciseStep CertificateStep = "publicise"
	EnforceStep   CertificateStep = "enforce"
	SuspendStep   CertificateStep = "suspend"
	ReinstateStep CertificateStep = "reinstate"
	RevokeStep    CertificateStep = "revoke"
	ExpireStep    CertificateStep = "expire"
)

type transition struct {
	from []CertificateState
	to   CertificateState
}

// certificateSteps is the state machine: from which states a step leads where.
var certificateSteps = map[CertificateStep]transition{
	SubmitStep:    {[]CertificateState{CertificateDraft}, CertificateSubmitted},
	ApproveStep:   {[]CertificateState{CertificateSubmitted}, CertificateApproved},
	PubliciseStep: {[]CertificateState{CertificateApproved}, CertificatePublicised},
	EnforceStep:   {[]CertificateState{CertificatePublicised}, CertificateInForce},
	SuspendStep:   {[]CertificateState{CertificateInForce}, CertificateSuspended},
	ReinstateStep: {[]CertificateState{CertificateSuspended}, CertificateInForce},
	RevokeStep: {[]CertificateState{
		CertificateSubmitted, CertificateApproved, CertificatePublicised, CertificateInForce, CertificateSuspended,
	}, CertificateRevoked},
	ExpireStep: {[]CertificateState{CertificateInForce, CertificateSuspended}, CertificateExpired},
}

// StepCertificate takes a step. A certificate expires only when its last day
// has passed, and is not put in force after it.
//
//exchange:rule WRONG_STATE | A certificate takes its steps in order, expires only after its last day, and is not put in force after it | producers, authorities | application, review, county decision, publication
func StepCertificate(c Certificate, step CertificateStep, reason string, at time.Time) (Certificate, error) {
	t := certificateSteps[step]
	over := c.Valid.To != "" && c.Valid.To < DayOf(at)
	if !slices.Contains(t.from, c.State) || (step == ExpireStep && !over) {
		return c, fault.New(fault.WrongState, "noun", "certificate", "id", c.ID, "state", c.State, "step", step)
	}
	if over && (step == EnforceStep || step == ReinstateStep) {
		return c, fault.New(fault.WrongState, "noun", "certificate", "id", c.ID, "state", CertificateExpired, "step", step)
	}
	c.State, c.StateReason = t.to, reason
	return c, nil
}

// StopsTrade says whether a certificate in this state pauses its offers.
func (s CertificateState) StopsTrade() bool {
	return s == CertificateSuspended || s == CertificateRevoked || s == CertificateExpired
}
