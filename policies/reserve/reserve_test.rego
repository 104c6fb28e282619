package exchange.reserve_test

import data.exchange.fixture

plan := {
	"id": "rp", "unit_id": "m-buyer", "unit_class": "BUDGET_UNIT_SCHOOL", "alliance_id": "a-buyers", "division": "320115",
	"year": 2024, "canteen": "OWN", "rate_basis_points": 1000, "state": "FILED", "units": ["m-buyer", "m-shares"],
	"covered": ["m-shares", "m-asked"], "buyers": ["m-agent"],
}

file := {
	"action": "reserve.file", "day": "2024-01-10", "principal": fixture.buyer_principal, "buyer": fixture.member,
	"reserve_plan": plan,
}

with_fact(changes) := object.union(file, changes)

warned(question) := {w.code | some w in data.exchange.decision.warn with input as question}

test_a_budget_unit_files_its_own_reserve if fixture.allowed(file)

test_filing_is_a_buyers if {
	fixture.codes(with_fact({"principal": {"roles": ["BUYER_SECRETARY"]}})) == {"ROLE_MISSING"}
	fixture.codes(with_fact({"reserve_plan": {"unit_id": "m-other"}})) == {"NOT_YOUR_OWN"}
	nobody := json.patch(file, [{"op": "remove", "path": "principal/member"}, {"op": "remove", "path": "reserve_plan"}])
	fixture.codes(nobody) == {"NOT_MEMBER"}
	fixture.codes(with_fact({"buyer": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
	fixture.codes(with_fact({"buyer": {"class": "SOE"}})) == {"CLASS_NOT_ALLOWED"}
}

test_a_plan_is_withdrawn_by_its_unit if {
	fixture.allowed(with_fact({"action": "reserve.withdraw"}))
	fixture.codes(with_fact({"action": "reserve.withdraw", "reserve_plan": {"unit_id": "m-other"}})) == {"NOT_YOUR_OWN"}
}

answer(action, member) := object.union(file, {
	"action": action, "buyer": object.union(fixture.member, {"id": member}),
	"principal": object.union(fixture.buyer_principal, {"member": {"id": member}}),
})

test_a_covered_unit_answers_for_itself if {
	every action in ["reserve.consent", "reserve.decline"] {
		fixture.allowed(answer(action, "m-asked"))
		fixture.codes(answer(action, "m-other")) == {"NOT_YOUR_OWN"}
		fixture.codes(answer(action, "m-buyer")) == {"NOT_YOUR_OWN"}
		fixture.codes(object.union(answer(action, "m-asked"), {"principal": {"roles": ["BUYER_SECRETARY"]}})) == {"ROLE_MISSING"}
	}
	suspended := {"buyer": {"state": "SUSPENDED"}}
	fixture.codes(object.union(answer("reserve.consent", "m-asked"), suspended)) == {"MEMBER_SUSPENDED"}
	fixture.allowed(object.union(answer("reserve.decline", "m-asked"), suspended))
}

test_the_rate_is_ten_percent_from_2021 if {
	fixture.codes(with_fact({"reserve_plan": {"rate_basis_points": 999}})) == {"RATE_BELOW_RULE"}
	fixture.codes(with_fact({"reserve_plan": {"rate_basis_points": 999, "year": 2021}})) == {"RATE_BELOW_RULE"}
	fixture.allowed(with_fact({"reserve_plan": {"rate_basis_points": 0, "canteen": "NONE"}}))
}

test_the_rate_was_encouraged_in_2020 if {
	q := with_fact({"reserve_plan": {"rate_basis_points": 500, "year": 2020}})
	fixture.allowed(q)
	warned(q) == {"RATE_BELOW_RULE"}
	warned(file) == set()
}

test_a_place_may_set_more if {
	rates := [
		{"division": "", "basis_points": 1000, "binding": true, "valid_from": "2021-01-01"},
		{"division": "3201", "basis_points": 1500, "binding": true, "valid_from": "2021-01-01"},
	]
	codes := {d.code | some d in data.exchange.reserve.deny} with input as file with data.exchange.rules.reserve_rates as rates
	codes == {"RATE_BELOW_RULE"}
	elsewhere := with_fact({"reserve_plan": {"division": "320500"}})
	none := {d.code | some d in data.exchange.reserve.deny} with input as elsewhere with data.exchange.rules.reserve_rates as rates
	none == set()
}

counts(question) if data.exchange.decision.obligations.counts_to_reserve with input as question

bought(purpose, changes) := object.union(fixture.with_fact({"order": {"purpose": purpose}}), changes)

test_a_unit_buys_for_the_purposes_of_the_scheme if {
	every purpose in ["CANTEEN", "STAFF", "UNION_WELFARE"] {
		counts(bought(purpose, {}))
	}
	every purpose in ["GIFT", "RESALE", "AID"] {
		not counts(bought(purpose, {}))
		fixture.codes(bought(purpose, {"order": {"reserve": true, "purpose": purpose}})) == {"PURPOSE_NOT_COUNTED"}
	}
}

contractor := {"id": "m-agent", "class": "PRIVATE_FIRM"}

union := {"id": "m-agent", "class": "UNION"}

test_a_contractor_buys_for_the_canteen_alone if {
	outsourced := object.union(plan, {"canteen": "OUTSOURCED"})
	q := bought("CANTEEN", {"buyer": contractor, "reserve_plan": outsourced})
	counts(q)
	fixture.allowed(object.union(q, {"order": {"reserve": true}}))
	not counts(bought("STAFF", {"buyer": contractor, "reserve_plan": outsourced}))
	not counts(bought("CANTEEN", {"buyer": contractor, "reserve_plan": plan}))
	not counts(bought("CANTEEN", {"buyer": contractor}))
}

test_a_union_buys_for_the_people_alone if {
	counts(bought("UNION_WELFARE", {"buyer": union, "reserve_plan": plan}))
	not counts(bought("CANTEEN", {"buyer": union, "reserve_plan": plan}))
}

test_only_who_is_named_buys_on_the_account_of_a_plan if {
	fixture.allowed(bought("CANTEEN", {"buyer": {"id": "m-shares"}, "reserve_plan": plan}))
	fixture.allowed(bought("CANTEEN", {"buyer": contractor, "reserve_plan": plan}))
	fixture.codes(bought("CANTEEN", {"buyer": {"id": "m-other"}, "reserve_plan": plan})) == {"NOT_YOUR_OWN"}
}

sees_consent(principal, row) if data.exchange.visible.reserve_consent with input as {"principal": principal, "day": "2024-01-10", "row": row}

test_who_sees_a_consent if {
	row := {"member_id": "m-asked", "unit_id": "m-buyer", "alliance_id": "a-buyers", "division": "320115"}
	sees_consent(fixture.buyer_principal, row)
	sees_consent(object.union(fixture.buyer_principal, {"member": {"id": "m-asked"}}), row)
	not sees_consent(object.union(fixture.buyer_principal, {"member": {"id": "m-other"}}), row)
	not sees_consent(fixture.seller_principal, row)
	sees_consent(object.union(fixture.buyer_principal, {"roles": ["BUYER_SECRETARY"], "member": {"id": "m-secretary"}}), row)
	sees_consent(fixture.authority("AUDITOR", "ALL", []), row)
	sees_consent(fixture.authority("FINANCE", "PROVINCE", ["320000"]), row)
	not sees_consent(fixture.authority("FINANCE", "PROVINCE", ["610000"]), row)
	sees_consent(fixture.system, row)
}

visible(principal, row) if data.exchange.visible.reserve_plan with input as {"principal": principal, "day": "2024-01-10", "row": row}

test_who_sees_a_plan if {
	row := {"unit_id": "m-buyer", "alliance_id": "a-buyers", "unit_class": "BUDGET_UNIT_SCHOOL", "division": "320115"}
	visible(fixture.buyer_principal, row)
	not visible(fixture.seller_principal, row)
	visible(object.union(fixture.buyer_principal, {"roles": ["BUYER_SECRETARY"], "member": {"id": "m-secretary"}}), row)
	visible(fixture.authority("AUDITOR", "ALL", []), row)
	visible(fixture.authority("FINANCE", "PROVINCE", ["320000"]), row)
	not visible(fixture.authority("FINANCE", "PROVINCE", ["610000"]), row)
	visible(fixture.system, row)
}
