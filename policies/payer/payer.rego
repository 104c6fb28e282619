# METADATA
# title: Who consents to pay for others
package exchange.payer

import data.exchange.lib

actions := {"payer.consent", "payer.revoke"}

roles := {"BUYER_MEMBER", "BUYER_APPROVER"}

# METADATA
# title: Consents are given by those who buy for the payer
# custom:
#   code: ROLE_MISSING
#   binds: buyers
#   source: table of roles
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", roles)}} if {
	input.action in actions
	not lib.acts_as(roles)
}

# METADATA
# title: A suspended member consents to nothing
# custom:
#   code: MEMBER_SUSPENDED
#   binds: buyers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.payer.id}} if {
	input.action == "payer.consent"
	input.payer.state != "ACTIVE"
}

# METADATA
# title: A consent is its payer's
# custom:
#   code: NOT_YOUR_OWN
#   binds: buyers
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "payer"}} if {
	input.action == "payer.revoke"
	not lib.own_member(input.payer_consent.payer_id)
}
