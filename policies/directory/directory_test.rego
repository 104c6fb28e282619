package exchange.directory_test

import data.exchange.fixture

secretary := object.union(fixture.seller_principal, {"roles": ["SELLER_SECRETARY"]})

ask(action, facts) := object.union({"action": action, "day": "2024-05-01", "principal": secretary}, facts)

own := {
	"member.admit": {"member": {"alliance_id": "a-sellers"}},
	"member.suspend": {"member": {"alliance_id": "a-sellers"}},
	"member.reinstate": {"member": {"alliance_id": "a-sellers"}},
	"grant.create": {"grant": {"seller_alliance_id": "a-sellers"}},
	"grant.revoke": {"grant": {"seller_alliance_id": "a-sellers"}},
	"issuer.register": {"issuer": {"alliance_id": "a-sellers"}},
	"issuer.replace_keys": {"issuer": {"alliance_id": "a-sellers"}},
	"issuer.disable": {"issuer": {"alliance_id": "a-sellers"}},
	"role.assign": {"issuer": {"alliance_id": "a-sellers"}},
	"role.revoke": {"issuer": {"alliance_id": "a-sellers"}},
}

others := {
	"member.admit": {"member": {"alliance_id": "a-buyers"}},
	"grant.revoke": {"grant": {"seller_alliance_id": "a-others"}},
	"issuer.replace_keys": {"issuer": {"alliance_id": "a-buyers"}},
	"role.assign": {"issuer": {"alliance_id": ""}},
}

test_a_secretary_keeps_its_own_alliance if {
	every action, facts in own { fixture.allowed(ask(action, facts)) }
	every action, facts in others { fixture.codes(ask(action, facts)) == {"NOT_YOUR_OWN"} }
}

test_keeping_the_directory_needs_a_role if {
	q := json.patch(ask("member.admit", own["member.admit"]), [{"op": "replace", "path": "principal/roles", "value": ["SELLER_MEMBER"]}])
	fixture.codes(q) == {"ROLE_MISSING"}
}

test_a_suspended_member_changes_nothing if {
	q := object.union(ask("member.admit", own["member.admit"]), {"principal": {"member": {"state": "SUSPENDED"}}})
	fixture.codes(q) == {"MEMBER_SUSPENDED"}
}

test_operators_make_alliances_authorities_and_their_issuers if {
	every action in ["alliance.create", "authority.create", "issuer.register", "role.assign"] {
		q := {
			"action": action, "day": "2024-05-01", "principal": fixture.authority("OPERATOR", "ALL", []),
			"issuer": {"alliance_id": "", "authority_id": "au"},
		}
		fixture.allowed(q)
	}
}

by_operator(action, founding) := {
	"action": action, "day": "2024-05-01", "principal": fixture.authority("OPERATOR", "ALL", []),
	"issuer": {"alliance_id": "a-sellers", "authority_id": "", "founding": founding},
}

test_an_operator_gives_an_alliance_its_first_issuer_and_no_keys_after_that if {
	fixture.allowed(by_operator("issuer.register", true))
	fixture.codes(by_operator("issuer.register", false)) == {"NOT_YOUR_OWN"}
	fixture.codes(by_operator("issuer.replace_keys", true)) == {"NOT_YOUR_OWN"}
	fixture.allowed(by_operator("issuer.disable", false))
}

test_the_exchange_itself_seeds if {
	fixture.allowed({"action": "alliance.create", "day": "2024-05-01", "principal": fixture.system})
}

test_a_producer_gives_its_own_mandates if {
	q := {"action": "mandate.create", "day": "2024-05-01", "principal": fixture.seller_principal, "mandate": {"producer_id": "m-seller"}}
	fixture.allowed(q)
	fixture.codes(object.union(q, {"mandate": {"producer_id": "m-other"}})) == {"NOT_YOUR_OWN"}
}

sees(noun, p, row) if {
	some seen, true in data.exchange.visible with input as {"day": "2024-05-01", "principal": p, "row": row}
	seen == noun
}

operator := fixture.authority("OPERATOR", "ALL", [])

county := fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"])

test_alliances_and_authorities_are_public if {
	sees("alliance", fixture.buyer_principal, {})
	sees("authority", fixture.buyer_principal, {})
}

test_who_sees_a_member if {
	stranger := {"id": "x", "alliance_id": "a-others", "side": "SELLER", "class": "COOPERATIVE"}
	not sees("member", fixture.buyer_principal, stranger)
	sees("member", fixture.buyer_principal, object.union(stranger, {"alliance_id": "a-sellers"}))
	sees("member", fixture.buyer_principal, object.union(stranger, {"alliance_id": "a-buyers"}))
	sees("member", fixture.seller_principal, object.union(stranger, {"side": "BUYER"}))
	not sees("member", fixture.seller_principal, stranger)
	sees("member", operator, stranger)
	sees("member", county, stranger)
	not sees("member", county, object.union(stranger, {"class": "MILITARY"}))
	not sees("member", fixture.authority("", "COUNTY", ["610621"]), stranger)
	sees("member", fixture.system, stranger)
}

test_who_sees_a_grant if {
	row := {"id": "g", "seller_alliance_id": "a-sellers", "buyer_alliance_id": "a-buyers"}
	sees("grant", fixture.seller_principal, row)
	sees("grant", fixture.buyer_principal, row)
	sees("grant", operator, row)
	sees("grant", fixture.authority("COORDINATION_TEAM", "ALL", []), row)
	sees("grant", fixture.system, row)
	not sees("grant", county, row)
}

test_who_sees_a_mandate if {
	row := {"id": "m", "producer_id": "m-seller", "agent_id": "m-agent"}
	sees("mandate", fixture.seller_principal, row)
	sees("mandate", object.union(fixture.seller_principal, {"member": {"id": "m-agent"}}), row)
	not sees("mandate", object.union(fixture.seller_principal, {"member": {"id": "m-other"}}), row)
	sees("mandate", county, row)
	sees("mandate", operator, row)
	sees("mandate", fixture.system, row)
}

test_who_sees_issuers_and_roles if {
	row := {"id": "i", "alliance_id": "a-sellers", "authority_id": "", "issuer_id": "i", "subject": "s", "member_id": ""}
	every noun in ["issuer", "role"] {
		sees(noun, secretary, row)
		not sees(noun, secretary, object.union(row, {"alliance_id": "a-buyers"}))
		not sees(noun, fixture.seller_principal, row)
		sees(noun, operator, row)
		sees(noun, fixture.system, row)
	}
}
