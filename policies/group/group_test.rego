package exchange.group_test

import data.exchange.fixture

group := {"id": "61-g", "organiser_id": "m-buyer", "alliance_id": "a-buyers", "state": "OPEN"}

by(action, principal) := {"action": action, "day": "2024-05-01", "principal": principal, "buyer": fixture.member, "group": group}

other := object.union(fixture.buyer_principal, {"member": {"id": "m-other"}})

elsewhere := object.union(fixture.buyer_principal, {"alliance": {"id": "a-others"}, "member": {"id": "m-other"}})

secretary := object.union(other, {"roles": ["BUYER_SECRETARY"]})

test_buyers_open_join_and_leave if {
	every action in ["group.open", "group.join", "group.leave", "group.cancel"] {
		fixture.allowed(by(action, fixture.buyer_principal))
		fixture.codes(by(action, object.union(fixture.buyer_principal, {"roles": ["SELLER_MEMBER"]}))) == {"ROLE_MISSING"}
	}
	fixture.allowed(by("group.open", secretary))
	fixture.codes(by("group.join", secretary)) == {"ROLE_MISSING"}
}

test_a_group_is_of_one_alliance if {
	every action in ["group.join", "group.leave"] {
		fixture.allowed(by(action, other))
		fixture.codes(by(action, elsewhere)) == {"NOT_YOUR_OWN"}
	}
}

test_a_group_is_cancelled_by_its_organiser_or_the_secretariat if {
	fixture.codes(by("group.cancel", other)) == {"NOT_YOUR_OWN"}
	fixture.allowed(by("group.cancel", secretary))
	fixture.codes(by("group.cancel", object.union(elsewhere, {"roles": ["BUYER_SECRETARY"]}))) == {"NOT_YOUR_OWN"}
}

test_a_suspended_member_opens_and_joins_nothing if {
	every action in ["group.open", "group.join"] {
		fixture.codes(object.union(by(action, fixture.buyer_principal), {"buyer": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
	}
}

test_time_alone_closes_a_group if {
	fixture.allowed(by("group.close", fixture.system))
	fixture.codes(by("group.close", fixture.buyer_principal)) == {"ROLE_MISSING"}
}

sees(p) if data.exchange.visible.group_buy with input as {"day": "2024-05-01", "principal": p, "row": {
	"seller_id": "m-seller", "organiser_id": "m-buyer", "alliance_id": "a-buyers", "state": "OPEN",
}}

test_who_sees_a_group if {
	sees(other)
	not sees(elsewhere)
	sees(fixture.seller_principal)
	sees(fixture.authority("AUDITOR", "ALL", []))
	not sees(fixture.authority("FINANCE", "ALL", []))
	sees(fixture.system)
}

sees_join(p) if data.exchange.visible.group_join with input as {"day": "2024-05-01", "principal": p, "row": {
	"organiser_id": "m-organiser", "member_id": "m-buyer", "alliance_id": "a-buyers", "state": "JOINED",
}}

test_who_sees_who_is_in_it if {
	sees_join(fixture.buyer_principal)
	not sees_join(other)
	sees_join(object.union(other, {"member": {"id": "m-organiser"}}))
	sees_join(secretary)
	not sees_join(object.union(elsewhere, {"roles": ["BUYER_SECRETARY"]}))
	sees_join(fixture.authority("AUDITOR", "ALL", []))
	sees_join(fixture.system)
}
