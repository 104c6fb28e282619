# METADATA
# title: Who settles
package exchange.settlement

import data.exchange.lib

# The clearing house is run by the exchange's operator: it imports what its bank
# says, and explains what does not explain itself.
actions := {
	"bank.import", "bank.match", "bank.return",
	"cycle.open", "cycle.match", "cycle.adjust", "cycle.instruct",
}

# METADATA
# title: The bank account and the settlement cycles are the operator's
# custom:
#   code: ROLE_MISSING
#   binds: everybody
#   source: table of roles; design §10, a clearing house
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": "OPERATOR"}} if {
	input.action in actions
	not lib.acts_as({"OPERATOR"})
}
