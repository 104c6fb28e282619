package exchange.decision_test

import data.exchange.fixture

sees(p) if data.exchange.visible.decision with input as {"day": "2024-05-01", "principal": p, "row": {"action": "order.place"}}

test_who_reads_the_log_of_decisions if {
	sees(fixture.authority("AUDITOR", "ALL", []))
	sees(fixture.authority("OPERATOR", "ALL", []))
	sees(fixture.system)
	not sees(fixture.authority("REFORM_COMMISSION", "ALL", []))
	not sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]))
	not sees(fixture.buyer_principal)
	not sees(fixture.seller_principal)
}
