# METADATA
# title: Who records intents of fairs and what came of them
package exchange.intent

import data.exchange.lib

buyer_roles := {"BUYER_MEMBER", "BUYER_APPROVER"}

roles := (buyer_roles | {"SELLER_MEMBER"}) | {"COORDINATION_TEAM"}

actions := {"intent.record", "intent.match", "intent.withdraw"}

# METADATA
# title: Intents are recorded by their sides or by a coordination team
# custom:
#   code: ROLE_MISSING
#   binds: everybody
#   source: 2020 plan, item 19, fairs
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", roles)}} if {
	input.action in actions
	not lib.acts_as(roles)
}

# METADATA
# title: An intent is its two sides'
# custom:
#   code: NOT_YOUR_OWN
#   binds: buyers, sellers
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "buyer or seller"}} if {
	input.action in actions
	input.principal.member
	not side
}

side if {
	lib.acts_as(buyer_roles)
	lib.own_member(input.intent.buyer_id)
}

side if {
	lib.acts_as({"SELLER_MEMBER"})
	lib.own_member(input.intent.seller_id)
}

# METADATA
# title: A coordination team records the intents of its places
# custom:
#   code: OUTSIDE_JURISDICTION
#   binds: coordination teams
#   source: table of roles, own jurisdiction
deny contains {"code": "OUTSIDE_JURISDICTION", "facts": {"division": input.intent.seller_division}} if {
	input.action in actions
	lib.acts_as({"COORDINATION_TEAM"})
	not lib.covers(input.intent.seller_division)
	not lib.covers(input.intent.buyer_division)
}
