package exchange.relief_test

import data.exchange.fixture

declare := {
	"action": "relief.declare", "day": "2024-05-01", "principal": fixture.seller_principal, "seller": fixture.seller,
	"offer": {"id": "61-o", "seller_id": "m-seller", "category": "TEA"},
	"relief": {"days_of_stock": 30, "drop_basis_points": 500, "before_days": 7, "days": 90},
}

with_fact(changes) := object.union(declare, changes)

by(action, principal) := with_fact({"action": action, "principal": principal})

secretary := object.union(fixture.seller_principal, {"roles": ["SELLER_SECRETARY"], "member": {"id": "m-secretary"}})

other := object.union(fixture.seller_principal, {"member": {"id": "m-other"}})

steps := ["relief.declare", "relief.amend", "relief.withdraw"]

test_the_sellers_side_declares if {
	every action in steps {
		fixture.allowed(by(action, fixture.seller_principal))
		fixture.allowed(by(action, secretary))
		fixture.codes(by(action, object.union(fixture.seller_principal, {"roles": ["BUYER_MEMBER"]}))) == {"ROLE_MISSING"}
		fixture.allowed(by(action, fixture.system))
	}
}

test_a_declaration_is_of_ones_own_offer if {
	every action in steps {
		fixture.codes(by(action, other)) == {"NOT_YOUR_OWN"}
		fixture.codes(by(action, object.union(secretary, {"alliance": {"id": "a-others"}}))) == {"NOT_YOUR_OWN"}
	}
}

test_a_suspended_member_declares_nothing if {
	every action in ["relief.declare", "relief.amend"] {
		fixture.codes(object.union(by(action, fixture.seller_principal), {"seller": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
	}
	fixture.allowed(object.union(by("relief.withdraw", fixture.seller_principal), {"seller": {"state": "SUSPENDED"}}))
}

terms := [
	{"category": "", "least_days_of_stock": 30, "least_drop_basis_points": 500, "least_before_days": 7, "most_days": 90, "valid_from": "2020-01-01"},
	{"category": "FRESH_FRUIT", "least_days_of_stock": 7, "least_drop_basis_points": 1000, "least_before_days": 3, "most_days": 30, "valid_from": "2020-01-01"},
]

missed(changes) := {d.facts | some d in data.exchange.decision.deny with input as with_fact(changes) with data.exchange.rules.relief_terms as terms}

test_what_is_declared_meets_the_terms if {
	missed({}) == set()
	missed({"relief": {"days_of_stock": 29}}) == {{"term": "days_of_stock", "is": "29", "rule": "at least 30"}}
	missed({"relief": {"drop_basis_points": 499}}) == {{"term": "drop_basis_points", "is": "499", "rule": "at least 500"}}
	missed({"relief": {"before_days": 6}}) == {{"term": "before_days", "is": "6", "rule": "at least 7"}}
	missed({"relief": {"days": 91}}) == {{"term": "days", "is": "91", "rule": "at most 90"}}
	missed({"action": "relief.amend", "relief": {"days": 91, "days_of_stock": 29}}) == {
		{"term": "days", "is": "91", "rule": "at most 90"},
		{"term": "days_of_stock", "is": "29", "rule": "at least 30"},
	}
	missed({"action": "relief.withdraw", "relief": {"days": 91}}) == set()
	fixture.codes(with_fact({"relief": {"days_of_stock": 0}})) == {"RELIEF_TERMS"}
}

test_a_category_may_have_terms_of_its_own if {
	missed({"offer": {"category": "FRESH_FRUIT"}, "relief": {"days_of_stock": 7, "drop_basis_points": 1000, "before_days": 3, "days": 30}}) == set()
	missed({"offer": {"category": "FRESH_FRUIT"}, "relief": {"days": 30}}) == {{"term": "drop_basis_points", "is": "500", "rule": "at least 1000"}}
}

test_without_terms_nothing_is_declared if {
	codes := {d.facts.term | some d in data.exchange.decision.deny with input as with_fact({"day": "2019-12-31"}) with data.exchange.rules.relief_terms as terms}
	codes == {"terms"}
}

row := {"seller_id": "m-seller", "seller_alliance_id": "a-sellers", "seller_division": "610621", "origin": "610124"}

sees(p) if data.exchange.visible.relief_declaration with input as {"day": "2024-05-01", "principal": p, "row": row}

test_who_sees_a_declaration if {
	sees(fixture.buyer_principal)
	not sees(object.union(fixture.buyer_principal, {"granted_by": []}))
	sees(fixture.seller_principal)
	not sees(other)
	sees(secretary)
	not sees(object.union(secretary, {"alliance": {"id": "a-others"}}))
	sees(fixture.authority("AUDITOR", "ALL", []))
	sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]))
	sees(fixture.authority("COORDINATION_TEAM", "COUNTY", ["610124"]))
	not sees(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610629"]))
	not sees(fixture.authority("SAMPLER", "COUNTY", ["610621"]))
	sees(fixture.system)
}

# A seller's side does not see by a grant that it has from elsewhere.
test_a_grant_shows_declarations_to_buyers if {
	not sees(object.union(other, {"granted_by": ["a-sellers"]}))
}

preference := [{"classes": ["BUDGET_UNIT_SCHOOL", "UNION"], "valid_from": "2021-01-01"}]

first(p, day) if data.exchange.visible.relief_first with input as {"day": day, "principal": p, "row": {}} with data.exchange.rules.relief_preference as preference

test_for_whom_the_relief_zone_comes_first if {
	first(fixture.buyer_principal, "2024-05-01")
	not first(fixture.buyer_principal, "2020-12-31")
	not first(object.union(fixture.buyer_principal, {"member": {"class": "PRIVATE_FIRM"}}), "2024-05-01")
	not first(object.union(fixture.buyer_principal, {"member": {"side": "SELLER"}}), "2024-05-01")
	not first(fixture.authority("AUDITOR", "ALL", []), "2024-05-01")
}
