package exchange.dispute_test

import data.exchange.fixture

question(principal, facts) := object.union(fixture.place, object.union({"principal": principal, "action": "dispute.open"}, facts))

resolve(principal, outcome) := question(principal, {
	"action": "dispute.resolve",
	"dispute": {"id": "61-d", "outcome": outcome, "amount_fen": 100, "refund_fen": 0},
})

arbiter(role, kind, codes) := fixture.authority(role, kind, codes)

# asked_by replaces who asks: the facts of a member are not an authority's.
asked_by(q, principal) := json.patch(q, [{"op": "replace", "path": "principal", "value": principal}])

test_a_buyer_disputes_its_own_order if {
	fixture.allowed(question(fixture.buyer_principal, {}))
	fixture.codes(question(fixture.buyer_principal, {"order": {"buyer_id": "m-other"}})) == {"NOT_YOUR_OWN"}
	fixture.codes(question(fixture.seller_principal, {})) == {"ROLE_MISSING", "NOT_YOUR_OWN"}
}

test_the_exchange_itself_has_no_dispute if {
	fixture.codes(asked_by(question(fixture.buyer_principal, {}), fixture.system)) == {"NOT_MEMBER"}
	fixture.codes(asked_by(resolve(fixture.buyer_principal, "SPLIT"), fixture.system)) == {"NOT_MEMBER"}
}

test_arbiters_resolve_as_they_see_fit if {
	every outcome in ["FOR_BUYER", "FOR_SELLER", "SPLIT"] {
		fixture.allowed(asked_by(resolve(fixture.buyer_principal, outcome), arbiter("COORDINATION_TEAM", "CITY", ["320100"])))
		fixture.allowed(asked_by(resolve(fixture.buyer_principal, outcome), arbiter("COORDINATION_TEAM", "CITY", ["610600"])))
		fixture.allowed(asked_by(resolve(fixture.buyer_principal, outcome), arbiter("OPERATOR", "ALL", [])))
	}
	fixture.codes(asked_by(resolve(fixture.buyer_principal, "SPLIT"), arbiter("COORDINATION_TEAM", "CITY", ["320500"]))) == {"OUTSIDE_JURISDICTION"}
	fixture.codes(asked_by(resolve(fixture.buyer_principal, "SPLIT"), arbiter("FINANCE", "ALL", []))) == {"ROLE_MISSING"}
}

test_a_party_may_only_give_in if {
	fixture.allowed(resolve(fixture.buyer_principal, "FOR_SELLER"))
	fixture.codes(resolve(fixture.buyer_principal, "FOR_BUYER")) == {"OWN_CASE"}
	fixture.codes(resolve(fixture.buyer_principal, "SPLIT")) == {"OWN_CASE"}
	fixture.allowed(resolve(fixture.seller_principal, "FOR_BUYER"))
	fixture.codes(resolve(fixture.seller_principal, "FOR_SELLER")) == {"OWN_CASE"}
}

test_others_resolve_nothing if {
	other := object.union(resolve(fixture.buyer_principal, "FOR_SELLER"), {"order": {"buyer_id": "m-other"}})
	fixture.codes(other) == {"NOT_YOUR_OWN"}
}

test_who_sees_an_order_sees_its_dispute if {
	row := {
		"buyer_id": "m-buyer", "seller_id": "m-seller", "buyer_alliance_id": "a-buyers", "seller_alliance_id": "a-sellers",
		"seller_division": "610621", "consignee": "320115", "buyer_class": "BUDGET_UNIT_SCHOOL",
	}
	data.exchange.visible.dispute with input as {"day": "2024-05-01", "principal": fixture.buyer_principal, "row": row}
	not hidden(object.union(row, {"buyer_id": "m-other"}))
}

hidden(row) if data.exchange.visible.dispute with input as {"day": "2024-05-01", "principal": fixture.buyer_principal, "row": row}
