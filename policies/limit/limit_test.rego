package exchange.limit_test

import data.exchange.fixture

secretary := object.union(fixture.buyer_principal, {"subject": "sun", "roles": ["BUYER_SECRETARY"], "member": {"id": "m-secretary"}})

approver := object.union(fixture.buyer_principal, {"subject": "zhou", "roles": ["BUYER_APPROVER"]})

limit := {"id": "l", "member_id": "m-buyer", "alliance_id": "a-buyers", "of_a_person": false, "binds_caller": false}

asked(action, principal, changes) := {"action": action, "day": "2024-05-01", "principal": principal, "limit": object.union(limit, changes)}

test_a_secretariat_limits_its_members_and_their_people if {
	every action in ["limit.set", "limit.end"] {
		fixture.allowed(asked(action, secretary, {}))
		fixture.allowed(asked(action, secretary, {"of_a_person": true}))
		fixture.codes(asked(action, secretary, {"alliance_id": "a-others"})) == {"NOT_YOUR_OWN"}
		fixture.codes(asked(action, fixture.buyer_principal, {"member_id": "m-other"})) == {"ROLE_MISSING", "NOT_YOUR_OWN"}
	}
}

test_an_approver_limits_the_people_of_its_member if {
	fixture.allowed(asked("limit.set", approver, {"of_a_person": true}))
	fixture.codes(asked("limit.set", approver, {"of_a_person": true, "member_id": "m-other"})) == {"NOT_YOUR_OWN"}
	"NOT_YOUR_OWN" in fixture.codes(asked("limit.set", approver, {}))
}

test_nobody_sets_or_ends_a_limit_that_binds_himself if {
	every action in ["limit.set", "limit.end"] {
		fixture.codes(asked(action, approver, {"of_a_person": true, "binds_caller": true})) == {"OWN_LIMIT"}
		fixture.codes(asked(action, secretary, {"member_id": "m-secretary"})) == {"OWN_LIMIT"}
	}
}

sees(principal, row) if data.exchange.visible.spending_limit with input as {"principal": principal, "day": "2024-05-01", "row": row}

test_who_sees_a_limit if {
	row := {"member_id": "m-buyer", "alliance_id": "a-buyers"}
	sees(fixture.buyer_principal, row)
	sees(secretary, row)
	not sees(secretary, object.union(row, {"alliance_id": "a-others"}))
	not sees(fixture.seller_principal, row)
	not sees(object.union(fixture.buyer_principal, {"member": {"id": "m-other"}}), row)
	sees(fixture.authority("AUDITOR", "ALL", []), row)
	not sees(fixture.authority("FINANCE", "ALL", []), row)
	sees(fixture.system, row)
}
