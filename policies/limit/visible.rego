# Who sees a spending limit.
package exchange.visible

import data.exchange.lib

spending_limit if input.row.member_id == input.principal.member.id

spending_limit if {
	lib.acts_as({"BUYER_SECRETARY"})
	input.row.alliance_id == input.principal.alliance.id
}

spending_limit if lib.acts_as({"AUDITOR", "OPERATOR"})

spending_limit if input.principal.system
