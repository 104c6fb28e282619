# METADATA
# title: Who makes products and certificates
package exchange.certificate

import data.exchange.lib

producing := {"product.create", "certificate.create", "certificate.submit"}

deciding := {
	"certificate.approve", "certificate.publicise", "certificate.enforce",
	"certificate.suspend", "certificate.reinstate", "certificate.revoke",
}

actions := (producing | deciding) | {"certificate.expire"}

asked(some_actions) if {
	input.action in some_actions
	not input.principal.system
}

# METADATA
# title: Only the exchange's clock lets a certificate expire
# custom:
#   code: ROLE_MISSING
#   binds: everybody but the exchange itself
#   source: design §5
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", ["the exchange itself"])}} if asked({"certificate.expire"})

# METADATA
# title: Products and applications are a seller's
# custom:
#   code: ROLE_MISSING
#   binds: producers
#   source: recognition in Shaanxi begins with the producer's application
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", ["SELLER_MEMBER"])}} if {
	asked(producing)
	not lib.acts_as({"SELLER_MEMBER"})
}

# METADATA
# title: A suspended producer applies for nothing
# custom:
#   code: MEMBER_SUSPENDED
#   binds: producers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.principal.member.id}} if {
	asked(producing)
	input.principal.member.state != "ACTIVE"
}

# METADATA
# title: Agents and secretariats produce nothing
# custom:
#   code: CLASS_NOT_ALLOWED
#   binds: agents, secretariats
#   source: households and firms that produce apply; agents sell on a mandate
deny contains {"code": "CLASS_NOT_ALLOWED", "facts": {"class": input.principal.member.class, "rule": "producers only"}} if {
	asked({"product.create"})
	some row in lib.in_force(data.exchange.rules.no_producers)
	input.principal.member.class in row.classes
}

# METADATA
# title: A producer applies for its own products
# custom:
#   code: NOT_YOUR_OWN
#   binds: producers
#   source: recognition is given to the producer
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "producer"}} if {
	asked({"certificate.create", "certificate.submit"})
	not lib.own_member(input.product.producer_id)
}

# METADATA
# title: Deciding on certificates is the county's
# custom:
#   code: ROLE_MISSING
#   binds: authorities
#   source: township review, sector review, county decision
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", ["COUNTY_AUTHORITY"])}} if {
	asked(deciding)
	not lib.acts_as({"COUNTY_AUTHORITY"})
}

# METADATA
# title: An authority decides within its jurisdiction
# custom:
#   code: OUTSIDE_JURISDICTION
#   binds: authorities
#   source: certificate of the county of origin
deny contains {"code": "OUTSIDE_JURISDICTION", "facts": {"division": input.certificate.origin}} if {
	asked(deciding)
	lib.acts_as({"COUNTY_AUTHORITY"})
	not lib.covers(input.certificate.origin)
}

# METADATA
# title: A certificate is of its product's county
# custom:
#   code: ORIGIN_MISMATCH
#   binds: certificates
#   source: recognition is of the county of production
deny contains {"code": "ORIGIN_MISMATCH", "facts": {
	"product_origin": input.product.origin,
	"certificate_origin": input.certificate.origin,
}} if {
	input.action in {"certificate.create", "certificate.submit", "certificate.enforce"}
	input.certificate.origin != input.product.origin
}

# METADATA
# title: A scheme is open on its days and in its provinces
# custom:
#   code: CLASS_NOT_ALLOWED
#   binds: certificates
#   source: schemes are dated and replaceable (2020 plan, item 28)
deny contains {"code": "CLASS_NOT_ALLOWED", "facts": {
	"class": input.certificate.scheme,
	"rule": "the scheme is not open for this province on this day",
}} if {
	input.action in {"certificate.create", "certificate.submit", "certificate.enforce"}
	not scheme_open
}

scheme_open if {
	some row in lib.in_force(data.exchange.rules.schemes)
	row.scheme == input.certificate.scheme
	substring(input.product.origin, 0, 2) in row.provinces
}
