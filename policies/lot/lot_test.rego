package exchange.lot_test

import data.exchange.fixture

create := object.union(fixture.place, {"action": "lot.create", "principal": fixture.seller_principal, "lot": fixture.lot})

sampler(codes) := fixture.authority("SAMPLER", "COUNTY", codes)

ask(action, principal) := json.patch(object.union(create, {"action": action}), [{"op": "replace", "path": "principal", "value": principal}])

sampling := ["lot.sample", "lot.block", "lot.release"]

test_a_producer_makes_lots_of_its_own_products if {
	fixture.allowed(create)
	fixture.codes(object.union(create, {"product": {"producer_id": "m-other"}})) == {"NOT_YOUR_OWN"}
}

test_making_lots_needs_the_role if {
	fixture.codes(object.union(create, {"principal": {"roles": ["SELLER_SECRETARY"]}})) == {"ROLE_MISSING"}
}

test_a_suspended_member_makes_no_lots if {
	fixture.codes(object.union(create, {"principal": {"member": {"state": "SUSPENDED"}}})) == {"MEMBER_SUSPENDED"}
}

test_samplers_sample_block_and_release if {
	every action in sampling {
		fixture.allowed(ask(action, sampler(["610621"])))
		fixture.codes(ask(action, fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]))) == {"ROLE_MISSING"}
		fixture.codes(ask(action, fixture.seller_principal)) == {"ROLE_MISSING"}
	}
}

test_a_sampler_acts_within_its_jurisdiction if {
	every action in sampling { fixture.codes(ask(action, sampler(["610124"]))) == {"OUTSIDE_JURISDICTION"} }
}

sees(p) if data.exchange.visible.lot with input as {
	"day": "2024-05-01", "principal": p,
	"row": {"seller_id": "m-seller", "seller_alliance_id": "a-sellers", "origin": "610621"},
}

test_who_sees_a_lot if {
	other := {"member": {"id": "m-other"}}
	sees(fixture.seller_principal)
	not sees(object.union(fixture.seller_principal, other))
	sees(object.union(fixture.seller_principal, object.union(other, {"roles": ["SELLER_SECRETARY"]})))
	sees(fixture.buyer_principal)
	not sees(object.union(fixture.buyer_principal, {"granted_by": []}))
	sees(sampler(["610621"]))
	sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]))
	not sees(sampler(["610124"]))
	not sees(fixture.authority("FINANCE", "ALL", []))
	sees(fixture.authority("AUDITOR", "ALL", []))
	sees(fixture.system)
}
