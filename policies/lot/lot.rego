# METADATA
# title: Who makes lots, samples and blocks them
package exchange.lot

import data.exchange.lib

sampling := {"lot.sample", "lot.block", "lot.release"}

actions := sampling | {"lot.create"}

# METADATA
# title: Lots are a seller's
# custom:
#   code: ROLE_MISSING
#   binds: sellers
#   source: compliance pledge per lot (承诺达标合格证)
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", ["SELLER_MEMBER"])}} if {
	input.action == "lot.create"
	not lib.acts_as({"SELLER_MEMBER"})
}

# METADATA
# title: A suspended member makes no lots
# custom:
#   code: MEMBER_SUSPENDED
#   binds: sellers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.principal.member.id}} if {
	input.action == "lot.create"
	input.principal.member.state != "ACTIVE"
}

# METADATA
# title: A lot is of its producer's own product
# custom:
#   code: NOT_YOUR_OWN
#   binds: sellers
#   source: the producer signs the pledge of a lot
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "producer"}} if {
	input.action == "lot.create"
	not lib.own_member(input.product.producer_id)
}

# METADATA
# title: Sampling, blocking and releasing are the samplers'
# custom:
#   code: ROLE_MISSING
#   binds: authorities
#   source: table of roles, "block a lot" (市场监管)
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", ["SAMPLER"])}} if {
	input.action in sampling
	not lib.acts_as({"SAMPLER"})
}

# METADATA
# title: A sampler acts within its jurisdiction
# custom:
#   code: OUTSIDE_JURISDICTION
#   binds: authorities
#   source: market regulation of the lot's county of origin
deny contains {"code": "OUTSIDE_JURISDICTION", "facts": {"division": input.lot.origin}} if {
	input.action in sampling
	lib.acts_as({"SAMPLER"})
	not lib.covers(input.lot.origin)
}
