# METADATA
# title: Who sets targets
package exchange.target

import data.exchange.lib

actions := {"target.set"}

asked if input.action in actions

# METADATA
# title: Targets are set by the reform commissions
# custom:
#   code: ROLE_MISSING
#   binds: everybody
#   source: table of roles; agreements between Jiangsu and Shaanxi
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": "REFORM_COMMISSION"}} if {
	asked
	not lib.acts_as({"REFORM_COMMISSION"})
}

# METADATA
# title: A commission sets targets for units of its own jurisdiction
# custom:
#   code: OUTSIDE_JURISDICTION
#   binds: reform commissions
#   source: table of roles
deny contains {"code": "OUTSIDE_JURISDICTION", "facts": {"division": input.target.unit}} if {
	asked
	input.target # whether targets may be set at all is asked without one
	not reached
}

reached if lib.covers(input.target.js_unit)

reached if lib.covers(input.target.sn_unit)
