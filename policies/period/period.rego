# METADATA
# title: Who closes periods
package exchange.period

import data.exchange.lib

actions := {"period.soft_close", "period.reopen", "period.close"}

asked if input.action in actions

# METADATA
# title: Periods are closed by the development and reform commission
# custom:
#   code: ROLE_MISSING
#   binds: everybody
#   source: table of roles, closes periods
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": "REFORM_COMMISSION"}} if {
	asked
	not lib.acts_as({"REFORM_COMMISSION"})
}

# METADATA
# title: A year is closed by another person than the one who soft-closed it
# custom:
#   code: FOUR_EYES
#   binds: coordination teams
#   source: design §11, four eyes
deny contains {"code": "FOUR_EYES", "facts": {"action": input.action, "noun": "period", "id": input.period.id}} if {
	input.action == "period.close"
	input.period.kind == "YEAR"
	input.period.soft_closed_by_caller
}
