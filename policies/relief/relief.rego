# METADATA
# title: What is in the relief zone (保供给防滞销)
package exchange.relief

import data.exchange.lib

actions := {"relief.declare", "relief.amend", "relief.withdraw"}

# declaring says something of goods: the terms are looked at as well as the caller.
declaring := {"relief.declare", "relief.amend"}

asked if {
	input.action in actions
	not input.principal.system
}

# METADATA
# title: Goods are declared for the relief zone by their seller's side
# custom:
#   code: ROLE_MISSING
#   binds: sellers, secretaries
#   source: table of roles, "on mandate"
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", ["SELLER_MEMBER", "SELLER_SECRETARY"])}} if {
	asked
	not lib.acts_as({"SELLER_MEMBER", "SELLER_SECRETARY"})
}

# METADATA
# title: A declaration is of one's own offer, or of one of the secretariat's alliance
# custom:
#   code: NOT_YOUR_OWN
#   binds: sellers, secretaries
#   source: invariant I8; table of roles, "on mandate"
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "seller"}} if {
	asked
	not lib.own_member(input.seller.id)
	not secretary_of_seller
}

secretary_of_seller if {
	lib.acts_as({"SELLER_SECRETARY"})
	lib.own_alliance(input.seller.alliance_id)
}

# METADATA
# title: A suspended member declares nothing
# custom:
#   code: MEMBER_SUSPENDED
#   binds: sellers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.seller.id}} if {
	input.action in declaring
	input.seller.state != "ACTIVE"
}

# METADATA
# title: What is in the relief zone meets its terms
# custom:
#   code: RELIEF_TERMS
#   binds: sellers
#   source: 2020 plan, item 2; data relief_terms
deny contains {"code": "RELIEF_TERMS", "facts": {"term": missed.term, "is": format_int(missed.has, 10), "rule": missed.rule}} if {
	input.action in declaring
	some missed in missing
}

missing contains {"term": "days_of_stock", "has": input.relief.days_of_stock, "rule": sprintf("at least %d", [terms.least_days_of_stock])} if {
	input.relief.days_of_stock < terms.least_days_of_stock
}

missing contains {"term": "drop_basis_points", "has": input.relief.drop_basis_points, "rule": sprintf("at least %d", [terms.least_drop_basis_points])} if {
	input.relief.drop_basis_points < terms.least_drop_basis_points
}

missing contains {"term": "before_days", "has": input.relief.before_days, "rule": sprintf("at least %d", [terms.least_before_days])} if {
	input.relief.before_days < terms.least_before_days
}

missing contains {"term": "days", "has": input.relief.days, "rule": sprintf("at most %d", [terms.most_days])} if {
	input.relief.days > terms.most_days
}

# Without terms nothing is in the zone.
missing contains {"term": "terms", "has": 0, "rule": "in force"} if not terms

# terms are those of the category, or else those of any.
terms := row if {
	some row in lib.in_force(data.exchange.rules.relief_terms)
	row.category == input.offer.category
}

terms := row if {
	some row in lib.in_force(data.exchange.rules.relief_terms)
	row.category == ""
	not own_terms
}

own_terms if {
	some row in lib.in_force(data.exchange.rules.relief_terms)
	row.category == input.offer.category
}
