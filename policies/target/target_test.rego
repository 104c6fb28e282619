package exchange.target_test

import data.exchange.fixture

of(p, js, sn) := {"action": "target.set", "day": "2024-05-01", "principal": p, "target": {"id": "t", "unit_kind": "PAIRING", "unit": concat("-", [js, sn]), "js_unit": js, "sn_unit": sn, "year": 2024}}

test_a_reform_commission_sets_targets if {
	fixture.allowed(of(fixture.authority("REFORM_COMMISSION", "ALL", []), "320402", "610928"))
	fixture.allowed({"action": "target.set", "day": "2024-05-01", "principal": fixture.authority("REFORM_COMMISSION", "ALL", [])})
	every role in ["COORDINATION_TEAM", "FINANCE", "AUDITOR", "OPERATOR"] {
		fixture.codes(of(fixture.authority(role, "ALL", []), "320402", "610928")) == {"ROLE_MISSING"}
	}
}

test_a_commission_sets_targets_of_its_own_units if {
	shaanxi := fixture.authority("REFORM_COMMISSION", "PROVINCE", ["610000"])
	fixture.allowed(of(shaanxi, "320402", "610928"))
	fixture.allowed(of(shaanxi, "", "610928"))
	fixture.codes(of(shaanxi, "320402", "")) == {"OUTSIDE_JURISDICTION"}
	jiangsu := fixture.authority("REFORM_COMMISSION", "PROVINCE", ["320000"])
	fixture.allowed(of(jiangsu, "320402", ""))
	fixture.codes(of(jiangsu, "", "610928")) == {"OUTSIDE_JURISDICTION"}
}

sees(p, js, sn) if data.exchange.visible.target with input as {"day": "2024-05-01", "principal": p, "row": {"js_unit": js, "sn_unit": sn}}

test_who_sees_a_target if {
	every role in ["REFORM_COMMISSION", "AUDITOR", "OPERATOR"] { sees(fixture.authority(role, "ALL", []), "320402", "610928") }
	pair := fixture.authority("COORDINATION_TEAM", "PAIR", ["320400", "610900"])
	sees(pair, "320402", "610928")
	sees(pair, "", "610928")
	sees(pair, "320402", "")
	sees(fixture.system, "", "610928")
	not sees(pair, "320585", "610124")
	not sees(fixture.buyer_principal, "320402", "610928")
}
