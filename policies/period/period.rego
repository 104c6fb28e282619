# METADATA
# title: Who closes periods, and who reads what was submitted
package exchange.period

import data.exchange.lib

actions := {"period.soft_close", "period.reopen", "period.close", "submission.create", "submission.read"}

closing if input.action in {"period.soft_close", "period.reopen", "period.close", "submission.create"}

# METADATA
# title: Periods are closed and submitted by the development and reform commission
# custom:
#   code: ROLE_MISSING
#   binds: everybody
#   source: table of roles, closes periods
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": "REFORM_COMMISSION"}} if {
	closing
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

readers := {"REFORM_COMMISSION", "COORDINATION_TEAM", "FINANCE", "AUDITOR", "OPERATOR"}

# METADATA
# title: Submissions are read by those who answer for the figures
# custom:
#   code: ROLE_MISSING
#   binds: everybody
#   source: table of roles
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", readers)}} if {
	input.action == "submission.read"
	not lib.acts_as(readers)
}
