# Who sees a target: whoever sees the trades that count to it.
package exchange.visible

import data.exchange.lib

target if lib.sees_all

target if {
	lib.acts_as({"COORDINATION_TEAM"})
	some prefix in lib.jurisdiction
	startswith(input.row.js_unit, prefix)
}

target if {
	lib.acts_as({"COORDINATION_TEAM"})
	some prefix in lib.jurisdiction
	startswith(input.row.sn_unit, prefix)
}

target if input.principal.system
