# Who sees a demand, and who sees a quote on it.
package exchange.visible

import data.exchange.lib

# A demand is for every seller to see.
demand if input.principal.alliance.side == "SELLER"

demand if input.row.buyer_id == input.principal.member.id

demand if {
	lib.acts_as({"BUYER_SECRETARY"})
	input.row.buyer_alliance_id == input.principal.alliance.id
}

demand if lib.acts_as({"AUDITOR", "OPERATOR"})

# Military buyers are masked.
demand if {
	lib.acts_as({"REFORM_COMMISSION"})
	input.row.buyer_class != "MILITARY"
}

demand if {
	lib.acts_as({"COORDINATION_TEAM"})
	some prefix in lib.jurisdiction
	startswith(input.row.consignee, prefix)
	input.row.buyer_class != "MILITARY"
}

demand if input.principal.system

quote if input.row.seller_id == input.principal.member.id

# opened are the states of a quote whose demand has closed: before, it is its
# seller's own, and nobody else knows that it is there.
opened := {"OPENED", "AWARDED", "LOST"}

quote if {
	input.row.state in opened
	input.row.buyer_id == input.principal.member.id
}

quote if {
	input.row.state in opened
	lib.acts_as({"BUYER_SECRETARY"})
	input.row.buyer_alliance_id == input.principal.alliance.id
}

quote if {
	input.row.state in opened
	lib.acts_as({"AUDITOR", "OPERATOR"})
}

quote if input.principal.system
