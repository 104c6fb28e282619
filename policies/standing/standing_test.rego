package exchange.standing_test

import data.exchange.fixture

standing := {"id": "61-s", "buyer_id": "m-buyer", "state": "ACTIVE"}

by(action, principal) := {"action": action, "day": "2024-05-01", "principal": principal, "buyer": fixture.member, "standing": standing}

other := object.union(fixture.buyer_principal, {"member": {"id": "m-other"}})

secretary := object.union(other, {"roles": ["BUYER_SECRETARY"]})

steps := ["standing.amend", "standing.pause", "standing.resume", "standing.cancel"]

test_buyers_set_and_step if {
	every action in array.concat(["standing.set"], steps) {
		fixture.allowed(by(action, fixture.buyer_principal))
		fixture.codes(by(action, object.union(fixture.buyer_principal, {"roles": ["SELLER_MEMBER"]}))) == {"ROLE_MISSING"}
	}
	fixture.codes(by("standing.set", secretary)) == {"ROLE_MISSING"}
}

test_a_standing_order_is_its_buyers if {
	fixture.allowed(by("standing.set", other))
	every action in steps {
		fixture.codes(by(action, other)) == {"NOT_YOUR_OWN"}
	}
}

test_a_suspended_member_sets_amends_and_resumes_nothing if {
	every action in ["standing.set", "standing.amend", "standing.resume"] {
		fixture.codes(object.union(by(action, fixture.buyer_principal), {"buyer": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
	}
	fixture.allowed(object.union(by("standing.pause", fixture.buyer_principal), {"buyer": {"state": "SUSPENDED"}}))
}

test_runs_come_by_time_alone if {
	fixture.allowed(by("standing.run", fixture.system))
	fixture.codes(by("standing.run", fixture.buyer_principal)) == {"ROLE_MISSING"}
}

row := {"buyer_id": "m-buyer", "buyer_alliance_id": "a-buyers", "state": "ACTIVE"}

sees(p) if {
	data.exchange.visible.standing_order with input as {"day": "2024-05-01", "principal": p, "row": row}
	data.exchange.visible.standing_run with input as {"day": "2024-05-01", "principal": p, "row": row}
}

sees_one(p) if data.exchange.visible.standing_order with input as {"day": "2024-05-01", "principal": p, "row": row}

sees_one(p) if data.exchange.visible.standing_run with input as {"day": "2024-05-01", "principal": p, "row": row}

test_who_sees_a_standing_order if {
	sees(fixture.buyer_principal)
	not sees_one(other)
	sees(secretary)
	not sees_one(object.union(secretary, {"alliance": {"id": "a-others"}}))
	not sees_one(fixture.seller_principal)
	sees(fixture.authority("AUDITOR", "ALL", []))
	not sees_one(fixture.authority("FINANCE", "ALL", []))
	sees(fixture.system)
}
