# Who sees an order.
package exchange.visible

import data.exchange.lib

order if trade

# Who pays for an order sees it.
order if input.row.payer_id == input.principal.member.id

# trade says who sees what a buyer and a seller do with each other: an order, its
# dispute, a contract, an intent. Their rows have the same fields.
trade if input.row.buyer_id == input.principal.member.id

# The seller's side sees an order once it needs no approval any more.
trade if {
	input.row.seller_id == input.principal.member.id
	input.row.state != "PENDING_APPROVAL"
}

trade if {
	lib.acts_as({"BUYER_SECRETARY"})
	input.row.buyer_alliance_id == input.principal.alliance.id
}

trade if {
	lib.acts_as({"SELLER_SECRETARY"})
	input.row.seller_alliance_id == input.principal.alliance.id
	input.row.state != "PENDING_APPROVAL"
}

trade if lib.acts_as({"AUDITOR", "OPERATOR"})

# Military buyers are masked.
trade if {
	lib.acts_as({"REFORM_COMMISSION"})
	input.row.buyer_class != "MILITARY"
}

trade if {
	lib.acts_as({"COUNTY_AUTHORITY", "COORDINATION_TEAM"})
	some prefix in lib.jurisdiction
	startswith(input.row.seller_division, prefix)
	input.row.buyer_class != "MILITARY"
	input.row.state != "PENDING_APPROVAL"
}

trade if {
	lib.acts_as({"COORDINATION_TEAM"})
	some prefix in lib.jurisdiction
	startswith(input.row.consignee, prefix)
	input.row.buyer_class != "MILITARY"
}

trade if {
	lib.acts_as({"FINANCE"})
	some prefix in lib.jurisdiction
	startswith(input.row.consignee, prefix)
	some row in lib.in_force(data.exchange.rules.budget_units)
	input.row.buyer_class in row.classes
}

trade if input.principal.system
