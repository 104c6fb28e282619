package exchange

import (
	"time"

	"github.com/google/uuid"
)

// Scheme is the scheme under which a certificate is given. Its rules are dated
// data of the policies.
type Scheme string

// The schemes.
const (
	PovertyProduct2020  Scheme = "POVERTY_PRODUCT_2020"
	ConsumptionAid2024  Scheme = "CONSUMPTION_AID_2024"
	JiangsuAidProduct   Scheme = "JS_AID_PRODUCT"
	NoScheme            Scheme = ""
	maxCertificateYears        = 10
)

// CertificateState is the state of a certificate.
type CertificateState string

// The states. See certificate_rules.go for the steps between them.
const (
	CertificateDraft      CertificateState = "DRAFT"
	CertificateSubmitted  CertificateState = "SUBMITTED"
	CertificateApproved   CertificateState = "COUNTY_APPROVED"
	CertificatePublicised CertificateState = "PUBLICISED"
	CertificateInForce    CertificateState = "IN_FORCE"
	CertificateSuspended  CertificateState = "SUSPENDED"
	CertificateRevoked    CertificateState = "REVOKED"
	CertificateExpired    CertificateState = "EXPIRED"
)

// Certificate (产品认定) allows a product to be traded and caps what may be
// offered of it in a calendar year (invariant I3).
type Certificate struct {
	ID             uuid.UUID
	Product        uuid.UUID
	Producer       uuid.UUID
	Scheme         Scheme
	Number         string
	Origin         string // county code
	AnnualQuantity int64
	AnnualValueFen int64
	Households     int
	Valid          Span
	State          CertificateState
	StateReason    string
	CreatedAt      time.Time
}

// Capacity is what is taken of a certificate in one calendar year. It is a row
// beside the certificate because trading changes it.
type Capacity struct {
	Home          string
	Certificate   uuid.UUID
	Year          int
	Quantity      int64 // the cap, base units
	ValueFen      int64 // the cap
	TakenQuantity int64
	TakenValueFen int64
}
