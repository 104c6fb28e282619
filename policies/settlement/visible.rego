# Who sees what the exchange's bank says: it names payers of every member.
package exchange.visible

import data.exchange.lib

bank_record if lib.acts_as({"AUDITOR", "OPERATOR"})

bank_record if input.principal.system

# A cycle is seen by the members of its two alliances; all of it, with what each
# member owes, by their secretariats.
settlement_cycle if input.row.seller_alliance_id == input.principal.alliance.id

settlement_cycle if input.row.buyer_alliance_id == input.principal.alliance.id

settlement_cycle if lib.acts_as({"AUDITOR", "OPERATOR"})

settlement_cycle if input.principal.system

settlement_cycle_detail if {
	lib.acts_as({"SELLER_SECRETARY"})
	input.row.seller_alliance_id == input.principal.alliance.id
}

settlement_cycle_detail if {
	lib.acts_as({"BUYER_SECRETARY"})
	input.row.buyer_alliance_id == input.principal.alliance.id
}

settlement_cycle_detail if lib.acts_as({"AUDITOR", "OPERATOR"})

settlement_cycle_detail if input.principal.system
