package exchange.demand_test

import data.exchange.fixture

demand := {"id": "32-d", "buyer_id": "m-buyer", "buyer_alliance_id": "a-buyers", "category": "FRESH_FRUIT", "state": "OPEN"}

ask := {
	"action": "demand.post", "day": "2024-05-01", "principal": fixture.buyer_principal, "buyer": fixture.member, "demand": demand,
}

by(action, principal) := json.patch(object.union(ask, {"action": action}), [{"op": "replace", "path": "principal", "value": principal}])

secretary := object.union(fixture.buyer_principal, {"roles": ["BUYER_SECRETARY"], "member": {"id": "m-secretariat"}})

other_secretary := object.union(secretary, {"alliance": {"id": "a-others"}})

other := {"member": {"id": "m-other"}}

run := ["demand.post", "demand.amend", "demand.cancel"]

test_a_buyer_and_its_secretariat_run_a_demand if {
	every action in run {
		fixture.allowed(by(action, fixture.buyer_principal))
		fixture.allowed(by(action, secretary))
		fixture.codes(by(action, other_secretary)) == {"NOT_YOUR_OWN"}
		fixture.codes(by(action, object.union(fixture.buyer_principal, other))) == {"NOT_YOUR_OWN"}
		fixture.codes(by(action, object.union(fixture.buyer_principal, {"roles": ["SELLER_MEMBER"]}))) == {"ROLE_MISSING"}
	}
}

test_an_award_is_the_buyers_alone if {
	fixture.allowed(by("demand.award", fixture.buyer_principal))
	fixture.codes(by("demand.award", secretary)) == {"ROLE_MISSING", "NOT_YOUR_OWN"}
	fixture.codes(by("demand.award", object.union(fixture.buyer_principal, other))) == {"NOT_YOUR_OWN"}
	fixture.codes(object.union(by("demand.award", fixture.buyer_principal), {"buyer": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
}

test_time_alone_closes if {
	fixture.allowed(by("demand.close", fixture.system))
	fixture.codes(by("demand.close", fixture.buyer_principal)) == {"ROLE_MISSING"}
}

test_a_suspended_buyer_asks_for_nothing if {
	fixture.codes(object.union(ask, {"buyer": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
}

test_secretariats_ask_for_nothing_themselves if {
	fixture.codes(object.union(ask, {"buyer": {"class": "ALLIANCE_SECRETARIAT"}})) == {"CLASS_NOT_ALLOWED"}
}

seal := object.union(fixture.place, {"action": "quote.seal", "principal": fixture.seller_principal, "demand": demand})

test_a_seller_quotes_certified_goods_under_a_grant if {
	fixture.allowed(seal)
	fixture.codes(object.union(seal, {"principal": {"roles": ["BUYER_MEMBER"]}})) == {"ROLE_MISSING"}
	fixture.codes(object.union(seal, {"seller": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
	fixture.codes(object.remove(seal, ["certificate"])) == {"CERT_MISSING"}
	fixture.codes(object.union(seal, {"certificate": {"state": "SUSPENDED"}})) == {"CERT_NOT_IN_FORCE"}
}

test_quoting_needs_a_grant_in_force if {
	fixture.codes(object.remove(seal, ["grant"])) == {"NO_GRANT"}
	fixture.codes(object.union(seal, {"grant": {"revoked": true}})) == {"NO_GRANT"}
	fixture.codes(object.union(seal, {"grant": {"seller_alliance_id": "a-x"}})) == {"NO_GRANT"}
	fixture.codes(object.union(seal, {"grant": {"buyer_alliance_id": "a-x"}})) == {"NO_GRANT"}
	fixture.codes(object.union(seal, {"grant": {"valid_from": "2024-06-01"}})) == {"NO_GRANT"}
}

test_a_quote_is_taken_back_by_its_seller if {
	back := object.union(seal, {"action": "quote.withdraw", "quote": {"id": "32-q", "seller_id": "m-seller", "state": "SEALED"}})
	fixture.allowed(back)
	fixture.codes(object.union(back, {"quote": {"seller_id": "m-other"}})) == {"NOT_YOUR_OWN"}
	fixture.codes(object.union(back, {"principal": {"roles": []}})) == {"ROLE_MISSING"}
}

sees(p) if data.exchange.visible.demand with input as {
	"day": "2024-05-01", "principal": p,
	"row": {"buyer_id": "m-buyer", "buyer_alliance_id": "a-buyers", "buyer_class": "BUDGET_UNIT_SCHOOL", "consignee": "320115", "state": "OPEN"},
}

sees_military(p) if data.exchange.visible.demand with input as {
	"day": "2024-05-01", "principal": p,
	"row": {"buyer_id": "m-army", "buyer_alliance_id": "a-buyers", "buyer_class": "MILITARY", "consignee": "320115", "state": "OPEN"},
}

test_who_sees_a_demand if {
	sees(fixture.seller_principal)
	sees(fixture.buyer_principal)
	not sees(object.union(fixture.buyer_principal, other))
	sees(secretary)
	not sees(other_secretary)
	sees(fixture.authority("AUDITOR", "ALL", []))
	sees(fixture.authority("REFORM_COMMISSION", "ALL", []))
	not sees_military(fixture.authority("REFORM_COMMISSION", "ALL", []))
	sees(fixture.authority("COORDINATION_TEAM", "CITY", ["320100"]))
	not sees(fixture.authority("COORDINATION_TEAM", "CITY", ["320200"]))
	not sees_military(fixture.authority("COORDINATION_TEAM", "CITY", ["320100"]))
	not sees(fixture.authority("FINANCE", "ALL", []))
	sees(fixture.system)
}

sees_quote(p, state) if data.exchange.visible.quote with input as {
	"day": "2024-05-01", "principal": p,
	"row": {"buyer_id": "m-buyer", "buyer_alliance_id": "a-buyers", "seller_id": "m-seller", "seller_alliance_id": "a-sellers", "state": state},
}

test_before_the_closing_a_quote_is_its_sellers_secret if {
	every state in ["SEALED", "WITHDRAWN", "VOID"] {
		sees_quote(fixture.seller_principal, state)
		not sees_quote(fixture.buyer_principal, state)
		not sees_quote(secretary, state)
		not sees_quote(fixture.authority("OPERATOR", "ALL", []), state)
		sees_quote(fixture.system, state)
	}
}

test_after_the_closing_the_buyer_sees_it if {
	every state in ["OPENED", "AWARDED", "LOST"] {
		sees_quote(fixture.buyer_principal, state)
		not sees_quote(object.union(fixture.buyer_principal, other), state)
		sees_quote(secretary, state)
		not sees_quote(other_secretary, state)
		sees_quote(fixture.authority("OPERATOR", "ALL", []), state)
		not sees_quote(fixture.authority("REFORM_COMMISSION", "ALL", []), state)
		not sees_quote(object.union(fixture.seller_principal, other), state)
	}
}
