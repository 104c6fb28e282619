# Who sees a reserve plan.
package exchange.visible

import data.exchange.lib

reserve_plan if input.row.unit_id == input.principal.member.id

reserve_plan if {
	lib.acts_as({"BUYER_SECRETARY"})
	input.row.alliance_id == input.principal.alliance.id
}

reserve_plan if lib.sees_all

reserve_plan if {
	lib.acts_as({"FINANCE", "COORDINATION_TEAM"})
	some prefix in lib.jurisdiction
	startswith(input.row.division, prefix)
}

reserve_plan if input.principal.system

# Who sees what a unit has said to a plan that covers it: the unit, and whoever
# sees the plan.
reserve_consent if input.row.member_id == input.principal.member.id

reserve_consent if input.row.unit_id == input.principal.member.id

reserve_consent if {
	lib.acts_as({"BUYER_SECRETARY"})
	input.row.alliance_id == input.principal.alliance.id
}

reserve_consent if lib.sees_all

reserve_consent if {
	lib.acts_as({"FINANCE", "COORDINATION_TEAM"})
	some prefix in lib.jurisdiction
	startswith(input.row.division, prefix)
}

reserve_consent if input.principal.system
