# Who sees a standing order and its runs: the buyer's side. The seller sees the
# orders that come of it.
package exchange.visible

import data.exchange.lib

standing_order if standing

standing_run if standing

standing if input.row.buyer_id == input.principal.member.id

standing if {
	lib.acts_as({"BUYER_SECRETARY"})
	input.row.buyer_alliance_id == input.principal.alliance.id
}

standing if lib.acts_as({"AUDITOR", "OPERATOR"})

standing if input.principal.system
