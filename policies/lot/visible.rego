# Who sees a lot and its samplings.
package exchange.visible

import data.exchange.lib

lot if input.row.seller_id == input.principal.member.id

lot if {
	lib.acts_as({"SELLER_SECRETARY"})
	input.row.seller_alliance_id == input.principal.alliance.id
}

# A buyer sees the lots of those whose offers a grant shows it.
lot if {
	input.principal.alliance.side == "BUYER"
	input.row.seller_alliance_id in input.principal.granted_by
}

lot if lib.sees_all

lot if {
	lib.acts_as({"COUNTY_AUTHORITY", "SAMPLER"})
	some prefix in lib.jurisdiction
	startswith(input.row.origin, prefix)
}

lot if input.principal.system
