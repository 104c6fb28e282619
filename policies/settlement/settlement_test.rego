package exchange.settlement_test

import data.exchange.fixture

asks(action, principal) := {"action": action, "day": "2024-05-01", "principal": principal}

test_the_bank_account_is_the_operators if {
	every action in ["bank.import", "bank.match", "bank.return"] {
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
