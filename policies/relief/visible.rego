# Who sees what is declared for the relief zone, and for whom it comes first.
package exchange.visible

import data.exchange.lib

# A buyer sees those of the alliances that grant it their offers.
relief_declaration if {
	input.principal.alliance.side == "BUYER"
	input.row.seller_alliance_id in input.principal.granted_by
}

relief_declaration if input.row.seller_id == input.principal.member.id

relief_declaration if {
	lib.acts_as({"SELLER_SECRETARY"})
	input.row.seller_alliance_id == input.principal.alliance.id
}

relief_declaration if lib.sees_all

relief_declaration if {
	lib.acts_as({"COUNTY_AUTHORITY", "COORDINATION_TEAM"})
	some prefix in lib.jurisdiction
	startswith(input.row.origin, prefix)
}

relief_declaration if {
	lib.acts_as({"COUNTY_AUTHORITY", "COORDINATION_TEAM"})
	some prefix in lib.jurisdiction
	startswith(input.row.seller_division, prefix)
}

relief_declaration if input.principal.system

# Whose list of offers has those of the relief zone first. It says so of the
# caller alone: no row has a field by which it could differ.
#
# Source: 2020 plan, item 2; data relief_preference.
relief_first if {
	input.principal.member.side == "BUYER"
	some row in lib.in_force(data.exchange.rules.relief_preference)
	input.principal.member.class in row.classes
}
