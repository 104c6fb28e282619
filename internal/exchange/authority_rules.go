package exchange

import (
	"slices"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// levelOf is the level of the one division of a jurisdiction.
var levelOf = map[JurisdictionKind]int{ProvinceJurisdiction: 1, CityJurisdiction: 2, CountyJurisdiction: 3}

// CheckJurisdiction proves a jurisdiction: one division of the right level for a
// county, a city or a province; two cities, one of each province, for a pair;
// none for all. The divisions are those of the codes, in their order.
//
//exchange:rule JURISDICTION_INVALID | A jurisdiction names the divisions of its level; a pair names two cities, one of each province | authorities | design §2, Authority; GB/T 2260
func CheckJurisdiction(j Jurisdiction, divisions []Division) error {
	wrong := func(rule string) error {
		return fault.InField("jurisdiction_codes", fault.JurisdictionInvalid, "rule", rule)
	}
	switch j.Kind {
	case AllJurisdiction:
		if len(divisions) != 0 {
			return wrong("a jurisdiction over all names no division")
		}
	case PairJurisdiction:
		if len(divisions) != 2 || divisions[0].Level != 2 || divisions[1].Level != 2 ||
			Province(divisions[0].Code) == Province(divisions[1].Code) {
			return wrong("a pair is two cities, one of each province")
		}
	default:
		if len(divisions) != 1 || divisions[0].Level != levelOf[j.Kind] {
			return wrong("one division of the jurisdiction's level")
		}
	}
	return nil
}

var (
	sellerRoles    = []Role{SellerMember, SellerSecretary}
	buyerRoles     = []Role{BuyerMember, BuyerApprover, BuyerSecretary}
	authorityRoles = []Role{CountyAuthority, Sampler, CoordinationTeam, ReformCommission, Finance, Auditor, Operator}
)

// NewAssignment gives a role to a subject of an issuer. An alliance's issuer
// gives roles of its side, to members of that alliance; an authority's issuer
// those of authorities, without a member (invariant I8).
//
//exchange:rule ROLE_INVALID | An issuer gives roles of its own side, to members of its own alliance | secretaries, operators | invariant I8; design §8
func NewAssignment(a RoleAssignment, issuer Issuer, member *Member) (RoleAssignment, error) {
	allowed := authorityRoles
	if issuer.Alliance != uuid.Nil {
		if member == nil || member.Alliance != issuer.Alliance {
			return a, fault.InField("member_id", fault.RoleInvalid, "role", a.Role)
		}
		allowed = buyerRoles
		if member.Side == Seller {
			allowed = sellerRoles
		}
		a.Member = member.ID
	} else if member != nil {
		return a, fault.InField("member_id", fault.RoleInvalid, "role", a.Role)
	}
	if !slices.Contains(allowed, a.Role) {
		return a, fault.InField("role", fault.RoleInvalid, "role", a.Role)
	}
	a.Issuer, a.Alliance = issuer.ID, issuer.Alliance
	return a, nil
}
