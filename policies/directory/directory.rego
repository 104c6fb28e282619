# METADATA
# title: Who keeps the directory
package exchange.directory

import data.exchange.lib

# roles that may do an action, whatever it is done to. What it is done to is the
# matter of the rules below.
roles := {
	"alliance.create": {"OPERATOR", "REFORM_COMMISSION"},
	"authority.create": {"OPERATOR", "REFORM_COMMISSION"},
	"member.admit": {"SELLER_SECRETARY", "BUYER_SECRETARY"},
	"member.suspend": {"SELLER_SECRETARY", "BUYER_SECRETARY"},
	"member.reinstate": {"SELLER_SECRETARY", "BUYER_SECRETARY"},
	"grant.create": {"SELLER_SECRETARY"},
	"grant.revoke": {"SELLER_SECRETARY"},
	"mandate.create": {"SELLER_MEMBER"},
	"mandate.revoke": {"SELLER_MEMBER"},
	"issuer.register": {"OPERATOR", "SELLER_SECRETARY", "BUYER_SECRETARY"},
	"issuer.replace_keys": {"OPERATOR", "SELLER_SECRETARY", "BUYER_SECRETARY"},
	"issuer.disable": {"OPERATOR", "SELLER_SECRETARY", "BUYER_SECRETARY"},
	"role.assign": {"OPERATOR", "SELLER_SECRETARY", "BUYER_SECRETARY"},
	"role.revoke": {"OPERATOR", "SELLER_SECRETARY", "BUYER_SECRETARY"},
}

actions := object.keys(roles)

asked if {
	input.action in actions
	not input.principal.system
}

# METADATA
# title: Keeping the directory needs a role
# custom:
#   code: ROLE_MISSING
#   binds: everybody but the exchange itself
#   source: 2020 plan, item 26; table of roles
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", roles[input.action])}} if {
	asked
	not lib.acts_as(roles[input.action])
}

# METADATA
# title: A suspended member changes nothing
# custom:
#   code: MEMBER_SUSPENDED
#   binds: members
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.principal.member.id}} if {
	asked
	input.principal.member.state != "ACTIVE"
}

# METADATA
# title: A secretary keeps its own alliance
# custom:
#   code: NOT_YOUR_OWN
#   binds: secretaries
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "alliance"}} if {
	asked
	not lib.acts_as({"OPERATOR"})
	some id in concerned
	not lib.own_alliance(id)
}

# METADATA
# title: An operator gives an alliance its first issuer, and no keys after that
# description: Whose keys an alliance's issuer has can speak for each of its members.
# custom:
#   code: NOT_YOUR_OWN
#   binds: operators
#   source: invariant I8; an operator reads, deploys, never posts
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "alliance"}} if {
	asked
	lib.acts_as({"OPERATOR"})
	input.action in {"issuer.register", "issuer.replace_keys"}
	input.issuer.alliance_id != ""
	not first_issuer
}

first_issuer if {
	input.action == "issuer.register"
	input.issuer.founding
}

# concerned are the alliances that an action is about. An authority's issuer is
# about none of them, which no secretary is.
concerned contains input.member.alliance_id if startswith(input.action, "member.")

concerned contains input.grant.seller_alliance_id if startswith(input.action, "grant.")

concerned contains input.issuer.alliance_id if startswith(input.action, "issuer.")

concerned contains input.issuer.alliance_id if startswith(input.action, "role.")

# METADATA
# title: A producer gives and revokes its own mandates
# custom:
#   code: NOT_YOUR_OWN
#   binds: producers
#   source: rule of the national platform, agents sell on a mandate
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "producer"}} if {
	asked
	startswith(input.action, "mandate.")
	not lib.own_member(input.mandate.producer_id)
}
