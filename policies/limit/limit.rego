# METADATA
# title: Who limits what a buyer's people may order
package exchange.limit

import data.exchange.lib

actions := {"limit.set", "limit.end"}

asked if input.action in actions

# METADATA
# title: Limits are set by secretariats and approvers
# custom:
#   code: ROLE_MISSING
#   binds: everybody
#   source: spending limits and approvals of buyers; table of roles
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": "BUYER_SECRETARY, BUYER_APPROVER"}} if {
	asked
	not lib.acts_as({"BUYER_SECRETARY", "BUYER_APPROVER"})
}

# METADATA
# title: A secretariat limits the members of its alliance, an approver the people of its own member
# custom:
#   code: NOT_YOUR_OWN
#   binds: secretaries, approvers
#   source: spending limits and approvals of buyers; invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "alliance's secretary or, for one of its people, member's approver"}} if {
	asked
	not its_alliance
	not its_people
}

its_alliance if {
	lib.acts_as({"BUYER_SECRETARY"})
	lib.own_alliance(input.limit.alliance_id)
}

its_people if {
	lib.acts_as({"BUYER_APPROVER"})
	lib.own_member(input.limit.member_id)
	input.limit.of_a_person
}

# METADATA
# title: Nobody sets or ends a limit that binds himself
# custom:
#   code: OWN_LIMIT
#   binds: secretaries, approvers
#   source: spending limits and approvals of buyers
deny contains {"code": "OWN_LIMIT", "facts": {}} if {
	asked
	binds_caller
}

binds_caller if input.limit.binds_caller

binds_caller if {
	not input.limit.of_a_person
	lib.own_member(input.limit.member_id)
}
