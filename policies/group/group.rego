# METADATA
# title: Who buys together
package exchange.group

import data.exchange.lib

roles := {
	"group.open": {"BUYER_MEMBER", "BUYER_APPROVER", "BUYER_SECRETARY"},
	"group.cancel": {"BUYER_MEMBER", "BUYER_APPROVER", "BUYER_SECRETARY"},
	"group.join": {"BUYER_MEMBER", "BUYER_APPROVER"},
	"group.leave": {"BUYER_MEMBER", "BUYER_APPROVER"},
	"group.close": {"the exchange itself"},
}

actions := object.keys(roles)

asked if {
	input.action in actions
	not input.principal.system
}

# METADATA
# title: Buying together needs a role
# custom:
#   code: ROLE_MISSING
#   binds: everybody but the exchange itself
#   source: table of roles, "group orders"; a group closes by time alone
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", roles[input.action])}} if {
	asked
	not lib.acts_as(roles[input.action])
}

# METADATA
# title: A group is of the organiser's alliance
# custom:
#   code: NOT_YOUR_OWN
#   binds: buyers
#   source: an alliance buys together for its members
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "alliance"}} if {
	input.action in {"group.join", "group.leave"}
	not lib.own_alliance(input.group.alliance_id)
}

# METADATA
# title: A group is cancelled by its organiser or the alliance's secretariat
# custom:
#   code: NOT_YOUR_OWN
#   binds: buyers, secretaries
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "organiser"}} if {
	input.action == "group.cancel"
	not lib.own_member(input.group.organiser_id)
	not secretary
}

secretary if {
	lib.acts_as({"BUYER_SECRETARY"})
	lib.own_alliance(input.group.alliance_id)
}

# METADATA
# title: A suspended member buys nothing with others
# custom:
#   code: MEMBER_SUSPENDED
#   binds: buyers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.buyer.id}} if {
	input.action in {"group.open", "group.join"}
	input.buyer.state != "ACTIVE"
}
