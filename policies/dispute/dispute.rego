# METADATA
# title: Who disputes accepted goods, and who decides
package exchange.dispute

import data.exchange.lib

actions := {"dispute.open", "dispute.resolve"}

asked if {
	input.action in actions
	not input.principal.system
}

opening if {
	asked
	input.action == "dispute.open"
}

resolving if {
	asked
	input.action == "dispute.resolve"
}

buyer_roles := {"BUYER_MEMBER", "BUYER_APPROVER"}

arbiter_roles := {"COORDINATION_TEAM", "OPERATOR"}

# METADATA
# title: A dispute is the exchange's parties', not the exchange's
# custom:
#   code: NOT_MEMBER
#   binds: the exchange itself
#   source: design §9
deny contains {"code": "NOT_MEMBER", "facts": {"subject": input.principal.subject}} if {
	input.action in actions
	input.principal.system
}

# METADATA
# title: Accepted goods are disputed by those who buy
# custom:
#   code: ROLE_MISSING
#   binds: everybody
#   source: table of roles
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", buyer_roles)}} if {
	opening
	not lib.acts_as(buyer_roles)
}

# METADATA
# title: Accepted goods are disputed by their own buyer
# custom:
#   code: NOT_YOUR_OWN
#   binds: buyers
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "buyer"}} if {
	opening
	not lib.own_member(input.order.buyer_id)
}

# METADATA
# title: A dispute is resolved by a coordination team, the operator or who gives in
# custom:
#   code: ROLE_MISSING
#   binds: everybody
#   source: table of roles
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", (arbiter_roles | buyer_roles) | {"SELLER_MEMBER"})}} if {
	resolving
	not lib.acts_as((arbiter_roles | buyer_roles) | {"SELLER_MEMBER"})
}

# METADATA
# title: A coordination team resolves what touches its places
# custom:
#   code: OUTSIDE_JURISDICTION
#   binds: coordination teams
#   source: table of roles, own jurisdiction
deny contains {"code": "OUTSIDE_JURISDICTION", "facts": {"division": input.consignee.division}} if {
	resolving
	lib.acts_as({"COORDINATION_TEAM"})
	not lib.covers(input.consignee.division)
	not lib.covers(input.seller.division)
}

# METADATA
# title: Who is neither arbiter nor party resolves nothing
# custom:
#   code: NOT_YOUR_OWN
#   binds: members
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "buyer or seller"}} if {
	resolving
	input.principal.member
	not party
}

party := "buyer" if {
	lib.acts_as(buyer_roles)
	lib.own_member(input.order.buyer_id)
}

party := "seller" if {
	lib.acts_as({"SELLER_MEMBER"})
	lib.own_member(input.order.seller_id)
}

# METADATA
# title: Nobody is judge in its own case
# description: A party may give in; a buyer by taking the claim back, a seller by granting all of it.
# custom:
#   code: OWN_CASE
#   binds: buyers, sellers
#   source: who decides has no part in it
deny contains {"code": "OWN_CASE", "facts": {"party": party, "outcome": input.dispute.outcome}} if {
	resolving
	input.dispute.outcome != giving_in[party]
}

giving_in := {"buyer": "FOR_SELLER", "seller": "FOR_BUYER"}
