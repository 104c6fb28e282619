# Who sees an offer.
package exchange.visible

import data.exchange.lib

# A buyer sees what is published under a grant to its alliance, but for what a
# contract or an award reserves for another buyer.
offer if {
	input.principal.alliance.side == "BUYER"
	input.row.state == "PUBLISHED"
	input.row.seller_alliance_id in input.principal.granted_by
	input.row.reserved_for_id == lib.everybody
}

# What is reserved for a buyer, that buyer sees whatever became of it.
offer if input.row.reserved_for_id == input.principal.member.id

offer if input.row.seller_id == input.principal.member.id

offer if {
	lib.acts_as({"SELLER_SECRETARY"})
	input.row.seller_alliance_id == input.principal.alliance.id
}

offer if lib.sees_all

offer if {
	lib.acts_as({"COUNTY_AUTHORITY", "COORDINATION_TEAM", "SAMPLER"})
	some prefix in lib.jurisdiction
	startswith(input.row.origin, prefix)
	input.row.state != "DRAFT"
}

offer if {
	lib.acts_as({"COUNTY_AUTHORITY", "COORDINATION_TEAM", "SAMPLER"})
	some prefix in lib.jurisdiction
	startswith(input.row.seller_division, prefix)
	input.row.state != "DRAFT"
}

offer if input.principal.system
