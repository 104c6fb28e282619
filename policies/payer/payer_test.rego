package exchange.payer_test

import data.exchange.fixture

question(action, changes) := object.union({
	"action": action, "day": "2024-05-01", "principal": fixture.buyer_principal, "payer": fixture.member,
	"payer_consent": {"id": "32-pc", "payer_id": "m-buyer", "buyer_id": "m-other", "valid_from": "", "valid_to": "", "revoked": false},
}, changes)

test_a_member_consents_and_takes_it_back if {
	every action in ["payer.consent", "payer.revoke"] {
		fixture.allowed(question(action, {}))
		fixture.codes(question(action, {"principal": {"roles": ["BUYER_SECRETARY"]}})) == {"ROLE_MISSING"}
	}
	fixture.codes(question("payer.consent", {"payer": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
	fixture.allowed(question("payer.revoke", {"payer": {"state": "SUSPENDED"}}))
	fixture.codes(question("payer.revoke", {"payer_consent": {"payer_id": "m-x"}})) == {"NOT_YOUR_OWN"}
}

row := {"payer_id": "m-payer", "buyer_id": "m-x", "alliance_id": "a-buyers"}

sees(p, changes) if data.exchange.visible.payer_consent with input as {"day": "2024-05-01", "principal": p, "row": object.union(row, changes)}

test_who_sees_a_consent if {
	sees(fixture.buyer_principal, {"payer_id": "m-buyer"})
	sees(fixture.buyer_principal, {"buyer_id": "m-buyer"})
	not sees(fixture.buyer_principal, {})
	sees(object.union(fixture.buyer_principal, {"roles": ["BUYER_SECRETARY"]}), {})
	not sees(object.union(fixture.buyer_principal, {"roles": ["BUYER_SECRETARY"]}), {"alliance_id": "a-x"})
	sees(fixture.authority("AUDITOR", "ALL", []), {})
}
