package exchange.ledger_test

import data.exchange.fixture

balance(p, m) := {"action": "ledger.balance", "day": "2024-05-01", "principal": p, "member": m}

test_who_looks_into_an_account if {
	m := fixture.member
	fixture.allowed(balance(fixture.buyer_principal, m))
	fixture.codes(balance(fixture.buyer_principal, fixture.seller)) == {"NOT_YOUR_OWN"}
	fixture.allowed(balance(object.union(fixture.buyer_principal, {"roles": ["BUYER_SECRETARY"], "member": {"id": "m-other"}}), m))
	fixture.allowed(balance(fixture.system, m))
	fixture.allowed(balance(fixture.authority("AUDITOR", "ALL", []), m))
	fixture.allowed(balance(fixture.authority("REFORM_COMMISSION", "ALL", []), m))
	military := object.union(m, {"class": "MILITARY"})
	not fixture.allowed(balance(fixture.authority("REFORM_COMMISSION", "ALL", []), military))
	fixture.allowed(balance(fixture.authority("COORDINATION_TEAM", "PAIR", ["320100", "611000"]), m))
	not fixture.allowed(balance(fixture.authority("COORDINATION_TEAM", "PAIR", ["320500", "610100"]), m))
	not fixture.allowed(balance(fixture.authority("COORDINATION_TEAM", "PAIR", ["320100", "611000"]), military))
	fixture.allowed(balance(fixture.authority("FINANCE", "PROVINCE", ["320000"]), m))
	not fixture.allowed(balance(fixture.authority("FINANCE", "PROVINCE", ["320000"]), object.union(m, {"class": "SOE"})))
}

bank(p) := {"action": "ledger.balance", "day": "2024-05-01", "principal": p}

test_the_exchanges_own_account_is_the_auditors_and_the_operators if {
	every role in ["AUDITOR", "OPERATOR"] { fixture.allowed(bank(fixture.authority(role, "ALL", []))) }
	every role in ["REFORM_COMMISSION", "COORDINATION_TEAM", "FINANCE"] {
		fixture.codes(bank(fixture.authority(role, "ALL", []))) == {"NOT_YOUR_OWN"}
	}
}

test_the_whole_log_is_for_auditors_and_operators if {
	fixture.allowed({"action": "ledger.audit", "day": "2024-05-01", "principal": fixture.authority("AUDITOR", "ALL", [])})
	fixture.allowed({"action": "ledger.audit", "day": "2024-05-01", "principal": fixture.authority("OPERATOR", "ALL", [])})
	fixture.allowed({"action": "ledger.audit", "day": "2024-05-01", "principal": fixture.system})
	fixture.codes({"action": "ledger.audit", "day": "2024-05-01", "principal": fixture.authority("REFORM_COMMISSION", "ALL", [])}) == {"ROLE_MISSING"}
}

sees(p, row) if {
	data.exchange.visible.entry with input as {"day": "2024-05-01", "principal": p, "row": row}
	data.exchange.visible.transaction with input as {"day": "2024-05-01", "principal": p, "row": row}
}

row := {
	"buyer_id": "m-buyer", "seller_id": "m-seller", "buyer_alliance_id": "a-buyers", "seller_alliance_id": "a-sellers",
	"seller_county": "610621", "buyer_county": "320115", "buyer_class": "BUDGET_UNIT_SCHOOL",
}

military := object.union(row, {"buyer_class": "MILITARY"})

test_who_sees_the_ledger if {
	sees(fixture.buyer_principal, military)
	sees(fixture.seller_principal, military)
	not sees(fixture.buyer_principal, object.union(row, {"buyer_id": "m-other"}))
	sees(object.union(fixture.buyer_principal, {"roles": ["BUYER_SECRETARY"]}), object.union(row, {"buyer_id": "m-other"}))
	sees(object.union(fixture.seller_principal, {"roles": ["SELLER_SECRETARY"]}), object.union(row, {"seller_id": "m-other"}))
	sees(fixture.system, military)
	sees(fixture.authority("AUDITOR", "ALL", []), military)
	sees(fixture.authority("REFORM_COMMISSION", "ALL", []), row)
	not sees(fixture.authority("REFORM_COMMISSION", "ALL", []), military)
	sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]), row)
	not sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]), military)
	sees(fixture.authority("COORDINATION_TEAM", "CITY", ["320100"]), row)
	not sees(fixture.authority("COORDINATION_TEAM", "CITY", ["320100"]), military)
	not sees(fixture.authority("COORDINATION_TEAM", "CITY", ["320500"]), row)
	sees(fixture.authority("FINANCE", "PROVINCE", ["320000"]), row)
	not sees(fixture.authority("FINANCE", "PROVINCE", ["320000"]), object.union(row, {"buyer_class": "SOE"}))
	not sees(fixture.authority("FINANCE", "PROVINCE", ["610000"]), row)
}
