# METADATA
# title: Who files a reserve, and how large
package exchange.reserve

import data.exchange.lib

actions := {"reserve.file", "reserve.withdraw", "reserve.consent", "reserve.decline"}

asked if input.action in actions

answering if input.action in {"reserve.consent", "reserve.decline"}

filing if input.action == "reserve.file"

# METADATA
# title: A reserve is filed by those who buy for the unit
# custom:
#   code: ROLE_MISSING
#   binds: everybody
#   source: table of roles, own reserve
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", ["BUYER_MEMBER", "BUYER_APPROVER"])}} if {
	asked
	not lib.acts_as({"BUYER_MEMBER", "BUYER_APPROVER"})
}

# METADATA
# title: Who files is a member of an alliance
# custom:
#   code: NOT_MEMBER
#   binds: everybody
#   source: 2020 plan, items 2 and 26
deny contains {"code": "NOT_MEMBER", "facts": {"subject": input.principal.subject}} if {
	asked
	not input.principal.member
}

# METADATA
# title: A plan is its own unit's
# custom:
#   code: NOT_YOUR_OWN
#   binds: budget units
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "unit"}} if {
	asked
	not answering
	input.reserve_plan
	not lib.own_member(input.reserve_plan.unit_id)
}

# METADATA
# title: A plan is answered by the units that it covers, each for itself
# custom:
#   code: NOT_YOUR_OWN
#   binds: budget units
#   source: "reserve of budget units: a shared canteen is filed by one unit"
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "covered units"}} if {
	answering
	not input.principal.member.id in input.reserve_plan.covered
}

# METADATA
# title: A suspended unit files nothing and joins no plan
# custom:
#   code: MEMBER_SUSPENDED
#   binds: budget units
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.buyer.id}} if {
	input.action in {"reserve.file", "reserve.consent"}
	input.buyer.state != "ACTIVE"
}

# METADATA
# title: Only budget units have a reserve to file
# custom:
#   code: CLASS_NOT_ALLOWED
#   binds: members
#   source: 2020 plan, item 2; data budget_units
deny contains {"code": "CLASS_NOT_ALLOWED", "facts": {"class": input.buyer.class, "rule": "only budget units file a reserve"}} if {
	filing
	input.buyer
	not lib.budget_unit(input.buyer.class)
}

# METADATA
# title: The share is at least what the rule of the year asks for
# description: A unit without a canteen is exempt.
# custom:
#   code: RATE_BELOW_RULE
#   binds: budget units
#   source: at least 10 % from 2021; data reserve_rates
deny contains {"code": "RATE_BELOW_RULE", "facts": rate_facts(minimum(true))} if {
	filing
	below(minimum(true))
}

# METADATA
# title: A share that is only encouraged is not reached
# custom:
#   code: RATE_BELOW_RULE
#   binds: budget units (a warning)
#   source: encouraged in 2020; data reserve_rates
warn contains {"code": "RATE_BELOW_RULE", "facts": rate_facts(minimum(false))} if {
	filing
	below(minimum(false))
}

below(rate) if {
	input.reserve_plan.canteen != "NONE"
	input.reserve_plan.rate_basis_points < rate
}

rate_facts(rate) := {
	"year": format_int(input.reserve_plan.year, 10),
	"minimum": format_int(rate, 10),
	"rate": format_int(input.reserve_plan.rate_basis_points, 10),
}

# minimum is the highest rate of the year for the unit's place, of those that
# bind or those that only encourage.
minimum(binding) := max({0} | {row.basis_points |
	some row in lib.in_force_on(data.exchange.rules.reserve_rates, sprintf("%d-01-01", [input.reserve_plan.year]))
	row.binding == binding
	startswith(input.reserve_plan.division, row.division)
})
