package exchange.contract_test

import data.exchange.fixture

claim := {"kind": "", "by": "", "state": ""}

contract := {
	"id": "61-f", "proposed_by": "SELLER", "buyer_id": "m-buyer", "seller_id": "m-seller", "seller_division": "610621",
	"buyer_division": "320115", "state": "PROPOSED", "index": "", "deposit_fen": 0, "claim": claim,
}

question(action, principal, facts) := object.union(
	json.patch(fixture.place, [{"op": "replace", "path": "principal", "value": principal}]),
	object.union({"action": action, "contract": contract}, facts),
)

claimed(by, outcome) := {"contract": {"claim": {"kind": "DEFAULT", "by": by, "state": outcome}}}

resolve(principal, by, outcome) := question("contract.resolve", principal, claimed(by, outcome))

test_both_sides_propose_decline_and_claim if {
	every action in ["contract.propose", "contract.decline", "contract.claim"] {
		fixture.allowed(question(action, fixture.buyer_principal, {}))
		fixture.allowed(question(action, fixture.seller_principal, {}))
		approver := object.union(fixture.buyer_principal, {"roles": ["BUYER_APPROVER"]})
		fixture.allowed(question(action, approver, {}))
	}
}

test_contracting_needs_a_role if {
	secretary := object.union(fixture.buyer_principal, {"roles": ["BUYER_SECRETARY"]})
	fixture.codes(question("contract.propose", secretary, {})) == {"ROLE_MISSING", "NOT_YOUR_OWN"}
	fixture.codes(question("contract.observe", fixture.seller_principal, {})) == {"ROLE_MISSING"}
	fixture.codes(question("contract.resolve", fixture.authority("FINANCE", "ALL", []), claimed("BUYER", "UPHELD"))) == {"ROLE_MISSING"}
	fixture.codes(question("contract.end", fixture.buyer_principal, {})) == {"ROLE_MISSING"}
}

test_only_the_clock_ends_a_season if {
	fixture.allowed(question("contract.end", fixture.system, {}))
	fixture.codes(question("contract.sign", fixture.system, {})) == {"NOT_MEMBER"}
	fixture.codes(question("contract.observe", fixture.system, {})) == {"NOT_MEMBER"}
}

test_a_contract_is_its_two_sides if {
	every action in ["contract.propose", "contract.decline", "contract.claim"] {
		fixture.codes(question(action, fixture.buyer_principal, {"contract": {"buyer_id": "m-other"}})) == {"NOT_YOUR_OWN"}
		fixture.codes(question(action, fixture.seller_principal, {"contract": {"seller_id": "m-other"}})) == {"NOT_YOUR_OWN"}
	}
	wrong := object.union(fixture.buyer_principal, {"roles": ["SELLER_MEMBER"]})
	fixture.codes(question("contract.decline", wrong, {})) == {"NOT_YOUR_OWN"}
	other := object.union(fixture.seller_principal, {"roles": ["BUYER_MEMBER"]})
	fixture.codes(question("contract.decline", other, {})) == {"NOT_YOUR_OWN"}
}

test_the_other_side_signs if {
	fixture.allowed(question("contract.sign", fixture.buyer_principal, {}))
	fixture.codes(question("contract.sign", fixture.seller_principal, {})) == {"OWN_CASE"}
	by_buyer := {"contract": {"proposed_by": "BUYER"}}
	fixture.allowed(question("contract.sign", fixture.seller_principal, by_buyer))
	fixture.codes(question("contract.sign", fixture.buyer_principal, by_buyer)) == {"OWN_CASE"}
}

test_a_suspended_member_contracts_nothing if {
	every action in ["contract.propose", "contract.sign"] {
		fixture.codes(question(action, fixture.buyer_principal, {"buyer": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
		fixture.codes(question(action, fixture.buyer_principal, {"seller": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
	}
	fixture.allowed(question("contract.claim", fixture.buyer_principal, {"seller": {"state": "SUSPENDED"}}))
}

test_a_contract_needs_the_grant if {
	every action in ["contract.propose", "contract.sign"] {
		fixture.codes(question(action, fixture.buyer_principal, {"grant": {"revoked": true}})) == {"NO_GRANT"}
		fixture.codes(question(action, fixture.buyer_principal, {"grant": {"valid_to": "2024-04-30"}})) == {"NO_GRANT"}
		fixture.codes(question(action, fixture.buyer_principal, {"grant": {"seller_alliance_id": "a-others"}})) == {"NO_GRANT"}
		fixture.codes(question(action, fixture.buyer_principal, {"grant": {"buyer_alliance_id": "a-others"}})) == {"NO_GRANT"}
		fixture.codes(object.remove(question(action, fixture.buyer_principal, {}), ["grant"])) == {"NO_GRANT"}
	}
	fixture.allowed(question("contract.decline", fixture.buyer_principal, {"grant": {"revoked": true}}))
}

test_goods_that_may_be_sold_may_be_contracted if {
	fixture.codes(question("contract.sign", fixture.buyer_principal, {"certificate": {"state": "REVOKED"}})) == {"CERT_NOT_IN_FORCE"}
	fixture.codes(object.remove(question("contract.propose", fixture.buyer_principal, {}), ["certificate"])) == {"CERT_MISSING"}
}

test_authorities_of_either_place_record_index_prices if {
	every role in ["COORDINATION_TEAM", "REFORM_COMMISSION", "COUNTY_AUTHORITY"] {
		fixture.allowed(question("contract.observe", fixture.authority(role, "COUNTY", ["610621"]), {}))
		fixture.allowed(question("contract.observe", fixture.authority(role, "CITY", ["320100"]), {}))
		fixture.codes(question("contract.observe", fixture.authority(role, "COUNTY", ["610124"]), {})) == {"OUTSIDE_JURISDICTION"}
	}
}

test_arbiters_decide_as_they_see_fit if {
	every outcome in ["UPHELD", "DISMISSED"] {
		fixture.allowed(resolve(fixture.authority("COORDINATION_TEAM", "CITY", ["610600"]), "SELLER", outcome))
		fixture.allowed(resolve(fixture.authority("OPERATOR", "ALL", []), "BUYER", outcome))
	}
	fixture.codes(resolve(fixture.authority("COORDINATION_TEAM", "CITY", ["320500"]), "SELLER", "UPHELD")) == {"OUTSIDE_JURISDICTION"}
}

test_a_side_may_only_give_in if {
	fixture.allowed(resolve(fixture.buyer_principal, "SELLER", "UPHELD"))
	fixture.codes(resolve(fixture.buyer_principal, "SELLER", "DISMISSED")) == {"OWN_CASE"}
	fixture.allowed(resolve(fixture.buyer_principal, "BUYER", "DISMISSED"))
	fixture.codes(resolve(fixture.buyer_principal, "BUYER", "UPHELD")) == {"OWN_CASE"}
	fixture.allowed(resolve(fixture.seller_principal, "BUYER", "UPHELD"))
	fixture.codes(resolve(fixture.seller_principal, "SELLER", "UPHELD")) == {"OWN_CASE"}
}

# Where nothing is claimed, the state of the contract refuses it, not policy.
test_no_claim_is_nobodys_case if fixture.allowed(resolve(fixture.buyer_principal, "", "UPHELD"))

test_others_resolve_nothing if {
	q := object.union(resolve(fixture.buyer_principal, "SELLER", "UPHELD"), {"contract": {"buyer_id": "m-other"}})
	fixture.codes(q) == {"NOT_YOUR_OWN"}
}

row := {
	"buyer_id": "m-buyer", "seller_id": "m-seller", "buyer_alliance_id": "a-buyers", "seller_alliance_id": "a-sellers",
	"seller_division": "610621", "consignee": "320115", "buyer_class": "BUDGET_UNIT_SCHOOL",
}

seen(row) if data.exchange.visible.contract with input as {"day": "2024-05-01", "principal": fixture.buyer_principal, "row": row}

test_who_would_see_an_order_sees_the_contract if {
	seen(row)
	not seen(object.union(row, {"buyer_id": "m-other"}))
}
