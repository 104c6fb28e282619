# Who sees ledger transactions and entries.
package exchange.visible

import data.exchange.lib

# A transaction is seen by whoever sees its entries.
transaction if entry

entry if trade_side

entry if lib.acts_as({"AUDITOR", "OPERATOR"})

# Rows of military buyers are masked from everybody but the auditors, the
# operators and the parties.
entry if {
	lib.acts_as({"REFORM_COMMISSION"})
	input.row.buyer_class != "MILITARY"
}

entry if {
	lib.acts_as({"COORDINATION_TEAM", "COUNTY_AUTHORITY"})
	some prefix in lib.jurisdiction
	startswith(input.row.seller_county, prefix)
	input.row.buyer_class != "MILITARY"
}

entry if {
	lib.acts_as({"COORDINATION_TEAM"})
	some prefix in lib.jurisdiction
	startswith(input.row.buyer_county, prefix)
	input.row.buyer_class != "MILITARY"
}

entry if {
	lib.acts_as({"FINANCE"})
	some prefix in lib.jurisdiction
	startswith(input.row.buyer_county, prefix)
	some row in lib.in_force(data.exchange.rules.budget_units)
	input.row.buyer_class in row.classes
}

# trade_side is a caller who stands on one side of the trade.
trade_side if input.row.buyer_id == input.principal.member.id

trade_side if input.row.seller_id == input.principal.member.id

trade_side if {
	lib.acts_as({"BUYER_SECRETARY"})
	input.row.buyer_alliance_id == input.principal.alliance.id
}

trade_side if {
	lib.acts_as({"SELLER_SECRETARY"})
	input.row.seller_alliance_id == input.principal.alliance.id
}

trade_side if input.principal.system
