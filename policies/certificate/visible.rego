# Who sees products and certificates.
package exchange.visible

import data.exchange.lib

# Products are public to everybody with a token.
product if true

public_certificates := {"PUBLICISED", "IN_FORCE", "SUSPENDED", "REVOKED", "EXPIRED"}

certificate if input.row.state in public_certificates

certificate if input.row.producer_id == input.principal.member.id

certificate if lib.acts_as({"AUDITOR"})

certificate if {
	some prefix in lib.jurisdiction
	startswith(input.row.origin, prefix)
	input.row.state != "DRAFT"
}

certificate if input.principal.system
