package exchange.offer_test

import data.exchange.fixture

ask(action) := object.union(fixture.publish, {"action": action})

secretary(action) := json.patch(ask(action), [{"op": "replace", "path": "principal/roles", "value": ["SELLER_SECRETARY"]}])

test_a_seller_runs_its_own_offers if {
	every action in ["offer.create", "offer.publish", "offer.resume", "offer.pause", "offer.withdraw"] {
		fixture.allowed(ask(action))
		fixture.codes(object.union(ask(action), {"principal": {"member": {"id": "m-other"}}})) == {"NOT_YOUR_OWN"}
	}
}

test_a_secretary_may_stop_but_not_sell if {
	other := {"principal": {"member": {"id": "m-secretary"}}}
	every action in ["offer.pause", "offer.withdraw"] {
		fixture.allowed(object.union(secretary(action), other))
		foreign := object.union(object.union(secretary(action), other), {"seller": {"alliance_id": "a-others"}})
		fixture.codes(foreign) == {"NOT_YOUR_OWN"}
	}
	every action in ["offer.create", "offer.publish", "offer.resume"] {
		fixture.codes(secretary(action)) == {"ROLE_MISSING"}
	}
}

test_a_buyer_stops_no_offer if {
	q := json.patch(ask("offer.pause"), [{"op": "replace", "path": "principal", "value": fixture.buyer_principal}])
	fixture.codes(q) == {"ROLE_MISSING", "NOT_YOUR_OWN"}
}

test_a_suspended_member_sells_nothing_but_may_stop if {
	suspended := {"seller": {"state": "SUSPENDED"}}
	fixture.codes(object.union(ask("offer.publish"), suspended)) == {"MEMBER_SUSPENDED"}
	fixture.allowed(object.union(ask("offer.withdraw"), suspended))
}

test_goods_are_looked_at if {
	fixture.codes(object.union(ask("offer.publish"), {"certificate": {"state": "SUSPENDED"}})) == {"CERT_NOT_IN_FORCE"}
	fixture.allowed(object.union(ask("offer.pause"), {"certificate": {"state": "SUSPENDED"}}))
}

test_nothing_of_a_blocked_lot_is_put_up_for_sale if {
	every action in ["offer.publish", "offer.resume"] {
		fixture.allowed(object.union(ask(action), {"lot": fixture.lot}))
		d := data.exchange.decision.deny with input as object.union(ask(action), fixture.blocked_lot)
		d == {{"code": "LOT_BLOCKED", "facts": {"lot": "61-l", "code": "L-1"}}}
	}
	fixture.allowed(object.union(ask("offer.pause"), fixture.blocked_lot))
}

test_an_offer_stays_within_the_capacity if {
	fixture.codes(object.union(ask("offer.publish"), {"capacity": {"quantity_left": 99}})) == {"CERT_CAPACITY"}
	fixture.codes(object.union(ask("offer.publish"), {"capacity": {"value_fen_left": 619999}})) == {"CERT_CAPACITY"}
}

test_only_the_clock_lets_an_offer_expire if {
	fixture.codes(ask("offer.expire")) == {"ROLE_MISSING"}
	fixture.allowed(json.patch(ask("offer.expire"), [{"op": "replace", "path": "principal", "value": fixture.system}]))
}

sees(p, row) if data.exchange.visible.offer with input as {"day": "2024-05-01", "principal": p, "row": row}

row := {
	"home": "61", "seller_id": "m-seller", "seller_alliance_id": "a-sellers", "seller_division": "610621",
	"origin": "610621", "state": "PUBLISHED", "category": "FRESH_FRUIT",
	"reserved_for_id": "00000000-0000-0000-0000-000000000000",
}

test_only_the_buyer_that_it_is_reserved_for_sees_a_reserved_offer if {
	mine := object.union(row, {"reserved_for_id": "m-buyer"})
	sees(fixture.buyer_principal, mine)
	sees(fixture.buyer_principal, object.union(mine, {"state": "EXPIRED"}))
	sees(fixture.seller_principal, mine)
	not sees(fixture.buyer_principal, object.union(row, {"reserved_for_id": "m-other"}))
}

test_who_sees_an_offer if {
	draft := object.union(row, {"state": "DRAFT"})
	sees(fixture.buyer_principal, row)
	not sees(fixture.buyer_principal, object.union(row, {"state": "PAUSED"}))
	not sees(object.union(fixture.buyer_principal, {"granted_by": []}), row)
	sees(fixture.seller_principal, draft)
	not sees(object.union(fixture.seller_principal, {"member": {"id": "m-other"}}), row)
	sees(object.union(fixture.seller_principal, {"roles": ["SELLER_SECRETARY"], "member": {"id": "m-other"}}), draft)
	sees(fixture.authority("OPERATOR", "ALL", []), draft)
	sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]), row)
	sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610124"]), object.union(row, {"origin": "610124"}))
	sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]), object.union(row, {"origin": "610124"}))
	not sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]), draft)
	not sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610124"]), row)
	sees(fixture.system, draft)
}
