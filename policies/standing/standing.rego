# METADATA
# title: Who orders again and again
package exchange.standing

import data.exchange.lib

roles := {
	"standing.set": {"BUYER_MEMBER", "BUYER_APPROVER"},
	"standing.amend": {"BUYER_MEMBER", "BUYER_APPROVER"},
	"standing.pause": {"BUYER_MEMBER", "BUYER_APPROVER"},
	"standing.resume": {"BUYER_MEMBER", "BUYER_APPROVER"},
	"standing.cancel": {"BUYER_MEMBER", "BUYER_APPROVER"},
	"standing.run": {"the exchange itself"},
}

actions := object.keys(roles)

asked if {
	input.action in actions
	not input.principal.system
}

# METADATA
# title: A standing order needs a role
# custom:
#   code: ROLE_MISSING
#   binds: everybody but the exchange itself
#   source: table of roles, "own orders"; its runs come by time alone
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", roles[input.action])}} if {
	asked
	not lib.acts_as(roles[input.action])
}

# METADATA
# title: A standing order is its buyer's
# custom:
#   code: NOT_YOUR_OWN
#   binds: buyers
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "buyer"}} if {
	asked
	input.action != "standing.set"
	not lib.own_member(input.standing.buyer_id)
}

# METADATA
# title: A suspended member sets, amends and resumes no standing order
# custom:
#   code: MEMBER_SUSPENDED
#   binds: buyers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.buyer.id}} if {
	input.action in {"standing.set", "standing.amend", "standing.resume"}
	input.buyer.state != "ACTIVE"
}
