package exchange.intent_test

import data.exchange.fixture

intent := {"id": "61-i", "buyer_id": "m-buyer", "seller_id": "m-seller", "seller_division": "610621", "buyer_division": "320115", "state": "RECORDED"}

question(action, principal, facts) := object.union(
	json.patch(fixture.place, [{"op": "replace", "path": "principal", "value": principal}]),
	object.union({"action": action, "intent": intent}, facts),
)

steps := ["intent.record", "intent.match", "intent.withdraw"]

test_both_sides_record_match_and_withdraw if {
	every action in steps {
		fixture.allowed(question(action, fixture.buyer_principal, {}))
		fixture.allowed(question(action, fixture.seller_principal, {}))
		fixture.allowed(question(action, object.union(fixture.buyer_principal, {"roles": ["BUYER_APPROVER"]}), {}))
	}
}

test_an_intent_is_its_two_sides if {
	every action in steps {
		fixture.codes(question(action, fixture.buyer_principal, {"intent": {"buyer_id": "m-other"}})) == {"NOT_YOUR_OWN"}
		fixture.codes(question(action, fixture.seller_principal, {"intent": {"seller_id": "m-other"}})) == {"NOT_YOUR_OWN"}
		wrong := object.union(fixture.buyer_principal, {"roles": ["SELLER_MEMBER"]})
		fixture.codes(question(action, wrong, {})) == {"NOT_YOUR_OWN"}
		other := object.union(fixture.seller_principal, {"roles": ["BUYER_MEMBER"]})
		fixture.codes(question(action, other, {})) == {"NOT_YOUR_OWN"}
	}
}

test_recording_needs_a_role if {
	fixture.codes(question("intent.record", fixture.authority("FINANCE", "ALL", []), {})) == {"ROLE_MISSING"}
	fixture.codes(question("intent.record", fixture.system, {})) == {"ROLE_MISSING"}
}

test_a_coordination_team_records_for_its_places if {
	every action in steps {
		fixture.allowed(question(action, fixture.authority("COORDINATION_TEAM", "CITY", ["320100"]), {}))
		fixture.allowed(question(action, fixture.authority("COORDINATION_TEAM", "CITY", ["610600"]), {}))
		fixture.codes(question(action, fixture.authority("COORDINATION_TEAM", "CITY", ["320500"]), {})) == {"OUTSIDE_JURISDICTION"}
	}
}

row := {
	"buyer_id": "m-buyer", "seller_id": "m-seller", "buyer_alliance_id": "a-buyers", "seller_alliance_id": "a-sellers",
	"seller_division": "610621", "consignee": "320115", "buyer_class": "BUDGET_UNIT_SCHOOL",
}

seen(row) if data.exchange.visible.intent with input as {"day": "2024-05-01", "principal": fixture.buyer_principal, "row": row}

test_who_would_see_an_order_sees_the_intent if {
	seen(row)
	not seen(object.union(row, {"buyer_id": "m-other"}))
}
