# METADATA
# title: Who contracts a season, claims and decides
package exchange.contract

import data.exchange.lib
import data.exchange.offer

buyer_roles := {"BUYER_MEMBER", "BUYER_APPROVER"}

party_roles := buyer_roles | {"SELLER_MEMBER"}

observer_roles := {"COORDINATION_TEAM", "REFORM_COMMISSION", "COUNTY_AUTHORITY"}

arbiter_roles := {"COORDINATION_TEAM", "OPERATOR"}

roles := {
	"contract.propose": party_roles,
	"contract.sign": party_roles,
	"contract.decline": party_roles,
	"contract.claim": party_roles,
	"contract.resolve": party_roles | arbiter_roles,
	"contract.observe": observer_roles,
	"contract.end": {"the exchange itself"},
}

actions := object.keys(roles)

# by_parties are the steps of the two sides alone.
by_parties := {"contract.propose", "contract.sign", "contract.decline", "contract.claim"}

# binding makes trade of what is not yet one.
binding := {"contract.propose", "contract.sign"}

# METADATA
# title: Contracting needs a role, and only the exchange's clock ends a season
# custom:
#   code: ROLE_MISSING
#   binds: everybody but the exchange itself
#   source: table of roles
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", roles[input.action])}} if {
	input.action in actions
	not input.principal.system
	not lib.acts_as(roles[input.action])
}

# METADATA
# title: The exchange itself is no side of a contract
# custom:
#   code: NOT_MEMBER
#   binds: the exchange itself
#   source: invariant I8
deny contains {"code": "NOT_MEMBER", "facts": {"subject": input.principal.subject}} if {
	input.action in actions
	input.action != "contract.end"
	input.principal.system
}

# METADATA
# title: A contract is its two sides'
# custom:
#   code: NOT_YOUR_OWN
#   binds: buyers, sellers
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "buyer or seller"}} if {
	input.action in by_parties
	not input.principal.system
	not side
}

# side is the caller's side of the contract.
side := "BUYER" if {
	lib.acts_as(buyer_roles)
	lib.own_member(input.contract.buyer_id)
}

side := "SELLER" if {
	lib.acts_as({"SELLER_MEMBER"})
	lib.own_member(input.contract.seller_id)
}

# METADATA
# title: Nobody signs for the other side
# custom:
#   code: OWN_CASE
#   binds: buyers, sellers
#   source: a contract is two sides' will
deny contains {"code": "OWN_CASE", "facts": {"party": side, "outcome": "SIGNED"}} if {
	input.action == "contract.sign"
	side == input.contract.proposed_by
}

# METADATA
# title: A suspended member contracts nothing
# custom:
#   code: MEMBER_SUSPENDED
#   binds: buyers, sellers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": member.id}} if {
	input.action in binding
	some member in [input.buyer, input.seller]
	member.state != "ACTIVE"
}

# METADATA
# title: A contract needs the seller alliance's grant
# custom:
#   code: NO_GRANT
#   binds: buyers, sellers
#   source: design §2, Grant
deny contains {"code": "NO_GRANT", "facts": {
	"seller_alliance": input.seller.alliance_id,
	"buyer_alliance": input.buyer.alliance_id,
}} if {
	input.action in binding
	input.buyer
	not granted
}

granted if {
	not input.grant.revoked
	input.grant.seller_alliance_id == input.seller.alliance_id
	input.grant.buyer_alliance_id == input.buyer.alliance_id
	lib.span_covers(input.grant, input.day)
}

# METADATA
# title: Goods that may be sold may be contracted
# description: The rules of package offer about goods and their seller.
deny contains d if {
	input.action in binding
	some d in offer.goods
}

# METADATA
# title: Index prices are recorded where the authority is at home
# custom:
#   code: OUTSIDE_JURISDICTION
#   binds: authorities
#   source: table of roles, own jurisdiction
deny contains {"code": "OUTSIDE_JURISDICTION", "facts": {"division": input.contract.seller_division}} if {
	input.action == "contract.observe"
	lib.acts_as(observer_roles)
	not reaches
}

# METADATA
# title: A coordination team decides what touches its places
# custom:
#   code: OUTSIDE_JURISDICTION
#   binds: coordination teams
#   source: table of roles, own jurisdiction
deny contains {"code": "OUTSIDE_JURISDICTION", "facts": {"division": input.contract.seller_division}} if {
	input.action == "contract.resolve"
	lib.acts_as({"COORDINATION_TEAM"})
	not reaches
}

reaches if lib.covers(input.contract.seller_division)

reaches if lib.covers(input.contract.buyer_division)

# METADATA
# title: Who is neither arbiter nor side resolves nothing
# custom:
#   code: NOT_YOUR_OWN
#   binds: members
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "buyer or seller"}} if {
	input.action == "contract.resolve"
	input.principal.member
	not side
}

# METADATA
# title: Nobody is judge in its own case
# description: Who claims may take the claim back; the other side may uphold it.
# custom:
#   code: OWN_CASE
#   binds: buyers, sellers
#   source: who decides has no part in it
deny contains {"code": "OWN_CASE", "facts": {"party": side, "outcome": input.contract.claim.state}} if {
	input.action == "contract.resolve"
	input.contract.claim.state != yields
}

# yields is the outcome by which the caller's side gives in.
yields := "DISMISSED" if side == input.contract.claim.by

yields := "UPHELD" if {
	input.contract.claim.by in {"BUYER", "SELLER"}
	side != input.contract.claim.by
}
