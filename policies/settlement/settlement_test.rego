package exchange.settlement_test

import data.exchange.fixture

asks(action, principal) := {"action": action, "day": "2024-05-01", "principal": principal}

test_the_bank_account_is_the_operators if {
	every action in data.exchange.settlement.actions {
		fixture.allowed(asks(action, fixture.authority("OPERATOR", "ALL", [])))
		fixture.codes(asks(action, fixture.authority("AUDITOR", "ALL", []))) == {"ROLE_MISSING"}
		fixture.codes(asks(action, fixture.buyer_principal)) == {"ROLE_MISSING"}
	}
}

sees(principal) if data.exchange.visible.bank_record with input as {"day": "2024-05-01", "principal": principal, "row": {"account": "6222"}}

test_who_sees_what_the_bank_says if {
	sees(fixture.authority("OPERATOR", "ALL", []))
	sees(fixture.authority("AUDITOR", "ALL", []))
	sees(fixture.system)
	not sees(fixture.authority("FINANCE", "ALL", []))
	not sees(fixture.seller_principal)
}

cycle(principal) if data.exchange.visible.settlement_cycle with input as {"day": "2024-05-01", "principal": principal, "row": pair}

detail(principal) if data.exchange.visible.settlement_cycle_detail with input as {"day": "2024-05-01", "principal": principal, "row": pair}

pair := {"seller_alliance_id": "a-sellers", "buyer_alliance_id": "a-buyers"}

acting(principal, roles) := object.union(principal, {"roles": roles})

test_members_see_the_cycles_of_their_alliance if {
	cycle(fixture.buyer_principal)
	cycle(fixture.seller_principal)
	cycle(fixture.system)
	cycle(fixture.authority("AUDITOR", "ALL", []))
	not cycle(fixture.authority("FINANCE", "ALL", []))
	not cycle(object.union(fixture.buyer_principal, {"alliance": {"id": "a-others"}}))
}

test_secretariats_see_all_of_a_cycle if {
	detail(acting(fixture.buyer_principal, ["BUYER_SECRETARY"]))
	detail(acting(fixture.seller_principal, ["SELLER_SECRETARY"]))
	detail(fixture.authority("OPERATOR", "ALL", []))
	detail(fixture.system)
	not detail(fixture.buyer_principal)
	not detail(fixture.seller_principal)
}
