package exchange.certificate_test

import data.exchange.fixture

draft(action) := fixture.with_fact({"action": action, "principal": fixture.seller_principal})

decide(action) := json.patch(fixture.with_fact({"action": action}), [{
	"op": "replace", "path": "principal", "value": fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]),
}])

producing := ["product.create", "certificate.create", "certificate.submit"]

deciding := [
	"certificate.approve", "certificate.publicise", "certificate.enforce",
	"certificate.suspend", "certificate.reinstate", "certificate.revoke",
]

test_a_producer_applies if {
	every action in producing { fixture.allowed(draft(action)) }
}

test_applying_needs_the_role if {
	every action in producing {
		fixture.codes(object.union(draft(action), {"principal": {"roles": ["SELLER_SECRETARY"]}})) == {"ROLE_MISSING"}
	}
}

test_a_suspended_producer_applies_for_nothing if {
	every action in producing {
		fixture.codes(object.union(draft(action), {"principal": {"member": {"state": "SUSPENDED"}}})) == {"MEMBER_SUSPENDED"}
	}
}

test_agents_produce_nothing if {
	q := object.union(draft("product.create"), {"principal": {"member": {"class": "TRADE_AGENT"}}})
	fixture.codes(q) == {"CLASS_NOT_ALLOWED"}
}

test_a_producer_applies_for_its_own if {
	q := object.union(draft("certificate.create"), {"product": {"producer_id": "m-other"}})
	fixture.codes(q) == {"NOT_YOUR_OWN"}
}

test_the_county_decides if {
	every action in deciding { fixture.allowed(decide(action)) }
}

test_deciding_needs_the_role if {
	every action in deciding {
		q := json.patch(decide(action), [{"op": "replace", "path": "principal/roles", "value": ["AUDITOR"]}])
		fixture.codes(q) == {"ROLE_MISSING"}
	}
}

test_an_authority_decides_within_its_jurisdiction if {
	other := object.union(decide("certificate.approve"), {"certificate": {"origin": "610124"}})
	fixture.codes(other) == {"OUTSIDE_JURISDICTION"}
	reach := {"CITY": ["610600"], "PROVINCE": ["610000"], "PAIR": ["320200", "610600"], "ALL": []}
	every kind, codes in reach {
		q := object.union(decide("certificate.approve"), {"principal": fixture.authority("COUNTY_AUTHORITY", kind, codes)})
		fixture.allowed(q)
	}
}

test_a_certificate_is_of_its_products_county if {
	q := object.union(draft("certificate.create"), {"certificate": {"origin": "610629"}})
	fixture.codes(q) == {"ORIGIN_MISMATCH"}
}

test_a_scheme_is_open_on_its_days_and_in_its_provinces if {
	fixture.codes(object.union(draft("certificate.create"), {"certificate": {"scheme": "POVERTY_PRODUCT_2020"}})) == {"CLASS_NOT_ALLOWED"}
	js := object.union(draft("certificate.create"), {"product": {"origin": "321023"}, "certificate": {"origin": "321023"}})
	fixture.codes(js) == {"CLASS_NOT_ALLOWED"}
	fixture.allowed(object.union(js, {"certificate": {"scheme": "JS_AID_PRODUCT"}}))
}

test_only_the_clock_lets_a_certificate_expire if {
	fixture.codes(draft("certificate.expire")) == {"ROLE_MISSING"}
	fixture.allowed(json.patch(draft("certificate.expire"), [{"op": "replace", "path": "principal", "value": fixture.system}]))
}

sees(p, row) if data.exchange.visible.certificate with input as {"day": "2024-05-01", "principal": p, "row": row}

row := {"id": "c", "product_id": "p", "producer_id": "m-seller", "origin": "610621", "state": "IN_FORCE"}

test_who_sees_a_certificate if {
	data.exchange.visible.product with input as {"day": "2024-05-01", "principal": fixture.buyer_principal, "row": {}}
	sees(fixture.buyer_principal, row)
	submitted := object.union(row, {"state": "SUBMITTED"})
	not sees(fixture.buyer_principal, submitted)
	sees(fixture.seller_principal, submitted)
	sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]), submitted)
	not sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610124"]), submitted)
	not sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]), object.union(row, {"state": "DRAFT"}))
	sees(fixture.authority("AUDITOR", "ALL", []), object.union(row, {"state": "DRAFT"}))
	sees(fixture.system, object.union(row, {"state": "DRAFT"}))
}
