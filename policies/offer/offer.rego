# METADATA
# title: Who offers what
package exchange.offer

import data.exchange.lib

# selling puts goods up for sale: the goods are looked at as well as the caller.
selling := {"offer.create", "offer.publish", "offer.resume"}

# stopping takes them away, which the goods cannot forbid.
stopping := {"offer.pause", "offer.withdraw"}

actions := (selling | stopping) | {"offer.expire"}

asked(some_actions) if {
	input.action in some_actions
	not input.principal.system
}

# METADATA
# title: Only the exchange's clock lets an offer expire
# custom:
#   code: ROLE_MISSING
#   binds: everybody but the exchange itself
#   source: design §5
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", ["the exchange itself"])}} if asked({"offer.expire"})

# METADATA
# title: Offers are a seller's
# custom:
#   code: ROLE_MISSING
#   binds: sellers
#   source: table of roles
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", ["SELLER_MEMBER"])}} if {
	asked(selling)
	not lib.acts_as({"SELLER_MEMBER"})
}

# METADATA
# title: A secretary may stop an offer of its alliance
# custom:
#   code: ROLE_MISSING
#   binds: sellers, secretaries
#   source: table of roles, "on mandate"
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", ["SELLER_MEMBER", "SELLER_SECRETARY"])}} if {
	asked(stopping)
	not lib.acts_as({"SELLER_MEMBER", "SELLER_SECRETARY"})
}

# METADATA
# title: A seller runs its own offers
# custom:
#   code: NOT_YOUR_OWN
#   binds: sellers
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "seller"}} if {
	asked(selling)
	not lib.own_member(input.seller.id)
}

# METADATA
# title: An offer is stopped by its seller or by the seller's secretariat
# custom:
#   code: NOT_YOUR_OWN
#   binds: sellers, secretaries
#   source: invariant I8; table of roles, "on mandate"
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "seller"}} if {
	asked(stopping)
	not lib.own_member(input.seller.id)
	not secretary_of_seller
}

secretary_of_seller if {
	lib.acts_as({"SELLER_SECRETARY"})
	lib.own_alliance(input.seller.alliance_id)
}

# METADATA
# title: A suspended member sells nothing
# custom:
#   code: MEMBER_SUSPENDED
#   binds: sellers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.seller.id}} if {
	input.action in selling
	input.seller.state != "ACTIVE"
}

# METADATA
# title: Goods that may be sold
# description: The denials of goods and their seller, whether offered or ordered.
deny contains d if {
	input.action in selling
	some d in goods
}

# METADATA
# title: Only certified goods are traded
# custom:
#   code: CERT_MISSING
#   binds: sellers, buyers
#   source: 2020 plan, items 3 and 4
goods contains {"code": "CERT_MISSING", "facts": {}} if not input.certificate

# METADATA
# title: The certificate is in force on the day
# custom:
#   code: CERT_NOT_IN_FORCE
#   binds: sellers, buyers
#   source: 2020 plan, item 4
goods contains {"code": "CERT_NOT_IN_FORCE", "facts": {
	"certificate": input.certificate.id,
	"state": input.certificate.state,
	"date": input.day,
}} if {
	input.certificate
	not certificate_holds
}

certificate_holds if {
	input.certificate.state == "IN_FORCE"
	lib.span_covers(input.certificate, input.day)
}

# METADATA
# title: The goods come from the certificate's county
# custom:
#   code: ORIGIN_MISMATCH
#   binds: sellers, buyers
#   source: recognition is of the county of production
goods contains {"code": "ORIGIN_MISMATCH", "facts": {
	"product_origin": input.product.origin,
	"certificate_origin": input.certificate.origin,
}} if {
	input.certificate.origin != input.product.origin
}

# METADATA
# title: The certificate is the product's own
# custom:
#   code: CERT_MISSING
#   binds: sellers, buyers
#   source: recognition is given to a product
goods contains {"code": "CERT_MISSING", "facts": {}} if input.certificate.product_id != input.product.id

# METADATA
# title: Who does not produce sells on a mandate
# custom:
#   code: AGENT_NO_MANDATE
#   binds: agents
#   source: admission rule of the national platform
goods contains {"code": "AGENT_NO_MANDATE", "facts": {"agent": input.seller.id, "producer": input.product.producer_id}} if {
	input.seller.id != input.product.producer_id
	not mandated
}

mandated if {
	not input.mandate.revoked
	input.mandate.agent_id == input.seller.id
	input.mandate.producer_id == input.product.producer_id
	lib.span_covers(input.mandate, input.day)
}

# METADATA
# title: Goods that nobody may trade
# custom:
#   code: RESTRICTED_GOODS
#   binds: sellers, buyers
#   source: Wildlife Protection Law; data restricted
goods contains {"code": "RESTRICTED_GOODS", "facts": {
	"category": input.product.category,
	"buyer_class": "every",
	"rule": row.rule,
}} if {
	some row in lib.in_force(data.exchange.rules.restricted)
	row.category == input.product.category
	"*" in row.buyer_classes
}

# METADATA
# title: Nothing of a blocked lot is put up for sale
# custom:
#   code: LOT_BLOCKED
#   binds: sellers
#   source: table of roles, "block a lot" (市场监管)
deny contains {"code": "LOT_BLOCKED", "facts": {"lot": input.lot.id, "code": input.lot.code}} if {
	input.action in {"offer.publish", "offer.resume"}
	input.lot.state == "BLOCKED"
}

# METADATA
# title: An offer stays within the certificate's annual capacity
# custom:
#   code: CERT_CAPACITY
#   binds: sellers
#   source: invariant I3
deny contains {"code": "CERT_CAPACITY", "facts": {
	"certificate": input.certificate.id,
	"quantity": format_int(input.capacity.quantity_left, 10),
	"value_fen": format_int(input.capacity.value_fen_left, 10),
}} if {
	input.action == "offer.publish"
	input.offer.state == "DRAFT"
	over_capacity
}

over_capacity if input.offer.quantity > input.capacity.quantity_left

over_capacity if input.offer.value_fen > input.capacity.value_fen_left

# METADATA
# title: A price above the mean for the same specification
# custom:
#   code: PRICE_ABOVE_REFERENCE
#   binds: sellers, buyers (a warning)
#   source: recognition looks at the mean price for the same quality; data price_bands
warn contains {"code": "PRICE_ABOVE_REFERENCE", "facts": {
	"price_fen": format_int(input.offer.unit_price_fen, 10),
	"reference_fen": format_int(reference_fen, 10),
}} if {
	input.action in {"offer.publish", "offer.resume", "order.place"}
	reference_fen > 0
	input.offer.unit_price_fen * 10000 > reference_fen * (10000 + price_band.above_basis_points)
}

# price_band is that of the category, or else that of any.
price_band := row if {
	some row in lib.in_force(data.exchange.rules.price_bands)
	row.category == input.product.category
}

price_band := row if {
	some row in lib.in_force(data.exchange.rules.price_bands)
	row.category == ""
	not own_band
}

own_band if {
	some row in lib.in_force(data.exchange.rules.price_bands)
	row.category == input.product.category
}

# reference_fen is what a sales unit costs: by the category's dated price, or else
# by the product's own.
reference_fen := floor((price_band.reference_fen_per_1000 * input.product.unit_quantity) / 1000)

reference_fen := input.product.reference_fen if {
	price_band
	not price_band.reference_fen_per_1000
}
