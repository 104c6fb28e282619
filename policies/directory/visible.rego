# METADATA
# title: Who sees what of the directory
# description: |
#   The row that is asked about is input.row. The same rules answer a get, and,
#   by partial evaluation, make the filter of a list.
package exchange.visible

import data.exchange.lib

# Alliances and authorities are public to everybody with a token.
alliance if true

authority if true

member if lib.sees_all

# Authorities look members up; military ones stay masked.
member if {
	lib.acts_as({"COUNTY_AUTHORITY", "SAMPLER", "COORDINATION_TEAM", "FINANCE"})
	input.row.class != "MILITARY"
}

# Buyers and sellers know each other across a grant; buyers are found by any
# seller, who decides on grants.
member if input.row.alliance_id == input.principal.alliance.id

member if {
	input.principal.alliance.side == "SELLER"
	input.row.side == "BUYER"
}

member if {
	input.principal.alliance.side == "BUYER"
	input.row.alliance_id in input.principal.granted_by
}

member if input.principal.system

grant if lib.sees_all

grant if lib.acts_as({"COORDINATION_TEAM"})

grant if input.row.seller_alliance_id == input.principal.alliance.id

grant if input.row.buyer_alliance_id == input.principal.alliance.id

grant if input.principal.system

mandate if lib.sees_all

# Who sells for whom is open among the secretariats of the selling side: agents
# and their producers may be of two alliances.
mandate if lib.acts_as({"SELLER_SECRETARY", "COUNTY_AUTHORITY"})

mandate if input.row.producer_id == input.principal.member.id

mandate if input.row.agent_id == input.principal.member.id

mandate if input.principal.system

issuer if lib.sees_all

issuer if {
	lib.acts_as({"SELLER_SECRETARY", "BUYER_SECRETARY"})
	input.row.alliance_id == input.principal.alliance.id
}

issuer if input.principal.system

role if lib.sees_all

role if {
	lib.acts_as({"SELLER_SECRETARY", "BUYER_SECRETARY"})
	input.row.alliance_id == input.principal.alliance.id
}

role if input.principal.system
