# METADATA
# title: The decision
# scope: subpackages
# schemas:
#   - input: schema.input
#   - data.exchange.rules: schema.rules
# description: |
#   Every action of the API is decided here, on the facts of the input alone. All
#   denials are given, not only the first. An action that no rule knows is denied.
package exchange

decision := {
	"allow": count(denials) == 0,
	"deny": denials,
	"warn": warnings,
	"obligations": obligations,
}

# known are the actions that some rule decides on, by the noun's package.
known contains action if some action in data.exchange.directory.actions
known contains action if some action in data.exchange.certificate.actions
known contains action if some action in data.exchange.lot.actions
known contains action if some action in data.exchange.offer.actions
known contains action if some action in data.exchange.order.actions
known contains action if some action in data.exchange.ledger.actions
known contains action if some action in data.exchange.reserve.actions
known contains action if some action in data.exchange.target.actions
known contains action if some action in data.exchange.limit.actions
known contains action if some action in data.exchange.dispute.actions
known contains action if some action in data.exchange.contract.actions
known contains action if some action in data.exchange.intent.actions
known contains action if some action in data.exchange.demand.actions
known contains action if some action in data.exchange.group.actions
known contains action if some action in data.exchange.standing.actions
known contains action if some action in data.exchange.relief.actions
known contains action if some action in data.exchange.payer.actions
known contains action if some action in data.exchange.period.actions
known contains action if some action in data.exchange.settlement.actions

# METADATA
# title: An action that no rule knows is denied
# custom:
#   code: POLICY_UNDEFINED
#   binds: everybody
#   source: design §9
denials contains {"code": "POLICY_UNDEFINED", "facts": {"action": input.action}} if not input.action in known

denials contains d if {
	input.action in data.exchange.directory.actions
	some d in data.exchange.directory.deny
}

denials contains d if {
	input.action in data.exchange.certificate.actions
	some d in data.exchange.certificate.deny
}

denials contains d if {
	input.action in data.exchange.lot.actions
	some d in data.exchange.lot.deny
}

denials contains d if {
	input.action in data.exchange.offer.actions
	some d in data.exchange.offer.deny
}

denials contains d if {
	input.action in data.exchange.order.actions
	some d in data.exchange.order.deny
}

denials contains d if {
	input.action in data.exchange.ledger.actions
	some d in data.exchange.ledger.deny
}

denials contains d if {
	input.action in data.exchange.reserve.actions
	some d in data.exchange.reserve.deny
}

denials contains d if {
	input.action in data.exchange.limit.actions
	some d in data.exchange.limit.deny
}

denials contains d if {
	input.action in data.exchange.target.actions
	some d in data.exchange.target.deny
}

denials contains d if {
	input.action in data.exchange.dispute.actions
	some d in data.exchange.dispute.deny
}

denials contains d if {
	input.action in data.exchange.contract.actions
	some d in data.exchange.contract.deny
}

denials contains d if {
	input.action in data.exchange.payer.actions
	some d in data.exchange.payer.deny
}

denials contains d if {
	input.action in data.exchange.intent.actions
	some d in data.exchange.intent.deny
}

denials contains d if {
	input.action in data.exchange.group.actions
	some d in data.exchange.group.deny
}

denials contains d if {
	input.action in data.exchange.standing.actions
	some d in data.exchange.standing.deny
}

denials contains d if {
	input.action in data.exchange.relief.actions
	some d in data.exchange.relief.deny
}

denials contains d if {
	input.action in data.exchange.demand.actions
	some d in data.exchange.demand.deny
}

denials contains d if {
	input.action in data.exchange.period.actions
	some d in data.exchange.period.deny
}

denials contains d if {
	input.action in data.exchange.settlement.actions
	some d in data.exchange.settlement.deny
}

warnings contains w if some w in data.exchange.offer.warn
warnings contains w if some w in data.exchange.reserve.warn

obligations := data.exchange.order.obligations if input.action == "order.place"

obligations := {} if input.action != "order.place"
