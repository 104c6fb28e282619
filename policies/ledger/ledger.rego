# METADATA
# title: Who looks into an account
package exchange.ledger

import data.exchange.lib

actions := {"ledger.balance", "ledger.audit"}

# METADATA
# title: An account is its owner's, its secretariat's and the authorities'
# custom:
#   code: NOT_YOUR_OWN
#   binds: everybody
#   source: table of roles
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "owner of the account"}} if {
	input.action == "ledger.balance"
	not sees_account
}

# METADATA
# title: The whole log is for auditors and operators
# description: It has the entries of military buyers, which are masked from others.
# custom:
#   code: ROLE_MISSING
#   binds: everybody
#   source: table of roles
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", {"AUDITOR", "OPERATOR"})}} if {
	input.action == "ledger.audit"
	not input.principal.system
	not lib.acts_as({"AUDITOR", "OPERATOR"})
}

sees_account if input.principal.system

sees_account if lib.acts_as({"AUDITOR", "OPERATOR"})

# Accounts of military buyers are masked from everybody but the auditors, the
# operators and their own. The exchange's own account has no member: it is the
# auditors' and the operators'.
sees_account if {
	lib.acts_as({"REFORM_COMMISSION"})
	input.member.class != "MILITARY"
}

sees_account if lib.own_member(input.member.id)

sees_account if {
	lib.acts_as({"SELLER_SECRETARY", "BUYER_SECRETARY"})
	lib.own_alliance(input.member.alliance_id)
}

sees_account if {
	lib.acts_as({"COORDINATION_TEAM", "COUNTY_AUTHORITY"})
	lib.covers(input.member.division)
	input.member.class != "MILITARY"
}

sees_account if {
	lib.acts_as({"FINANCE"})
	lib.budget_unit(input.member.class)
	lib.covers(input.member.division)
}
