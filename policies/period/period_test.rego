package exchange.period_test

import data.exchange.fixture

step(action, role, period) := {
	"action": action, "day": "2026-12-02", "principal": fixture.authority(role, "ALL", []), "period": period,
}

month := {"id": "2026-11", "kind": "MONTH", "state": "SOFT_CLOSED", "soft_closed_by_caller": true}

year := {"id": "2025", "kind": "YEAR", "state": "SOFT_CLOSED", "soft_closed_by_caller": true}

test_periods_are_closed_by_the_reform_commission if {
	every action in ["period.soft_close", "period.reopen", "period.close", "submission.create"] {
		fixture.allowed(step(action, "REFORM_COMMISSION", month))
		every role in ["AUDITOR", "OPERATOR", "COORDINATION_TEAM", "FINANCE"] {
			fixture.codes(step(action, role, month)) == {"ROLE_MISSING"}
		}
	}
	fixture.codes({"action": "period.close", "day": "2026-12-02", "principal": fixture.buyer_principal, "period": month}) == {"ROLE_MISSING"}
}

test_a_year_takes_four_eyes if {
	fixture.codes(step("period.close", "REFORM_COMMISSION", year)) == {"FOUR_EYES"}
	fixture.allowed(step("period.close", "REFORM_COMMISSION", object.union(year, {"soft_closed_by_caller": false})))
	fixture.allowed(step("period.reopen", "REFORM_COMMISSION", year))
}

test_submissions_are_read_by_those_who_answer_for_the_figures if {
	every role in ["REFORM_COMMISSION", "COORDINATION_TEAM", "FINANCE", "AUDITOR", "OPERATOR"] {
		fixture.allowed({"action": "submission.read", "day": "2026-12-02", "principal": fixture.authority(role, "ALL", [])})
	}
	every role in ["COUNTY_AUTHORITY", "SAMPLER"] {
		fixture.codes({"action": "submission.read", "day": "2026-12-02", "principal": fixture.authority(role, "ALL", [])}) == {"ROLE_MISSING"}
	}
	fixture.codes({"action": "submission.read", "day": "2026-12-02", "principal": fixture.buyer_principal}) == {"ROLE_MISSING"}
}
