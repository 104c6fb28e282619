# Who sees a group buy, and who is in it.
package exchange.visible

import data.exchange.lib

group_buy if input.row.alliance_id == input.principal.alliance.id

group_buy if input.row.seller_id == input.principal.member.id

group_buy if lib.acts_as({"AUDITOR", "OPERATOR"})

group_buy if input.principal.system

group_join if input.row.member_id == input.principal.member.id

group_join if input.row.organiser_id == input.principal.member.id

group_join if {
	lib.acts_as({"BUYER_SECRETARY"})
	input.row.alliance_id == input.principal.alliance.id
}

group_join if lib.acts_as({"AUDITOR", "OPERATOR"})

group_join if input.principal.system
