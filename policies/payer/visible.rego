# Who sees a payer's consent: its two sides, their secretary, and who sees all.
package exchange.visible

import data.exchange.lib

payer_consent if input.row.payer_id == input.principal.member.id

payer_consent if input.row.buyer_id == input.principal.member.id

payer_consent if {
	lib.acts_as({"BUYER_SECRETARY"})
	input.row.alliance_id == input.principal.alliance.id
}

payer_consent if lib.acts_as({"AUDITOR", "OPERATOR"})
