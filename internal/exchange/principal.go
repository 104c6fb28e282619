package exchange

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Role is what a subject may do; the policies say what that is.
type Role string

// The roles (docs: who may do what).
const (
	SellerMember     Role = "SELLER_MEMBER"
	SellerSecretary  Role = "SELLER_SECRETARY"
	BuyerMember      Role = "BUYER_MEMBER"
	BuyerApprover    Role = "BUYER_APPROVER"
	BuyerSecretary   Role = "BUYER_SECRETARY"
	CountyAuthority  Role = "COUNTY_AUTHORITY"
	Sampler          Role = "SAMPLER"
	CoordinationTeam Role = "COORDINATION_TEAM"
	ReformCommission Role = "REFORM_COMMISSION"
	Finance          Role = "FINANCE"
	Auditor          Role = "AUDITOR"
	Operator         Role = "OPERATOR"
)

// Issuer signs tokens and can speak for one alliance or one authority.
type Issuer struct {
	ID        uuid.UUID
	URL       string    // the iss claim
	Alliance  uuid.UUID // exactly one of Alliance and Authority is set
	Authority uuid.UUID
	JWKS      string // JWK set, JSON, public keys only
	JWKSURL   string
	Disabled  bool
	CreatedAt time.Time
	// Founding: it is to be the first issuer of its alliance or authority. It is a
	// fact of its registration and kept nowhere.
	Founding bool
}

// RoleAssignment gives a role to a subject of an issuer. Roles live here and
// are never taken from a token.
type RoleAssignment struct {
	ID        uuid.UUID
	Issuer    uuid.UUID
	Alliance  uuid.UUID // the issuer's; nil for an authority's
	Subject   string
	Member    uuid.UUID // nil for an authority's subject
	Role      Role
	CreatedAt time.Time
}

// Principal is who is asking, proved by a token and completed from the
// directory. Exactly one of Member and Authority is set, except for System.
type Principal struct {
	Issuer    uuid.UUID
	Subject   string
	Member    *Member
	Alliance  *Alliance
	Authority *Authority
	Roles     []Role
	// GrantedBy are the seller alliances whose grants to the principal's buyer
	// alliance are in force.
	GrantedBy []uuid.UUID
	// System is the exchange itself: seeding and timed duties.
	System bool
}

// Has says whether the principal has a role.
func (p Principal) Has(r Role) bool { return slices.Contains(p.Roles, r) }

// Actor is the organisation that the principal acts for: request ids are
// unique within it (invariant I6).
func (p Principal) Actor() uuid.UUID {
	switch {
	case p.Member != nil:
		return p.Member.ID
	case p.Authority != nil:
		return p.Authority.ID
	default:
		return uuid.Nil
	}
}
