package exchange.order_test

import data.exchange.fixture

test_a_certified_order_under_a_grant_is_allowed if fixture.allowed(fixture.place)

test_obligations_follow if {
	o := data.exchange.decision.obligations with input as fixture.place
	o == {"direction": "SN_TO_JS", "collaboration": true, "counts_to_reserve": true, "needs_approval": false}
}

test_every_denial_is_given if {
	q := fixture.with_fact({"buyer": {"state": "SUSPENDED"}, "grant": {"revoked": true}, "certificate": {"state": "REVOKED"}})
	fixture.codes(q) == {"MEMBER_SUSPENDED", "NO_GRANT", "CERT_NOT_IN_FORCE"}
}

test_an_unknown_action_is_denied if {
	fixture.codes(fixture.with_fact({"action": "order.steal"})) == {"POLICY_UNDEFINED"}
}

test_buying_needs_a_role if {
	fixture.codes(fixture.with_fact({"principal": {"roles": ["BUYER_SECRETARY"]}})) == {"ROLE_MISSING"}
}

test_an_authority_does_not_buy if {
	q := object.union(object.remove(fixture.place, ["buyer"]), {"principal": fixture.authority("BUYER_MEMBER", "ALL", [])})
	q2 := json.patch(q, [{"op": "remove", "path": "principal/member"}])
	"NOT_MEMBER" in fixture.codes(q2)
}

test_the_exchange_itself_buys_nothing if {
	q := json.patch(fixture.place, [{"op": "replace", "path": "principal", "value": fixture.system}])
	fixture.codes(q) == {"NOT_MEMBER"}
}

test_the_exchange_itself_may_expire if {
	fixture.allowed(json.patch(fixture.with_fact({"action": "order.expire"}), [{"op": "replace", "path": "principal", "value": fixture.system}]))
	"ROLE_MISSING" in fixture.codes(fixture.with_fact({"action": "order.expire"}))
}

test_a_grant_of_others_is_none if {
	fixture.codes(fixture.with_fact({"grant": {"seller_alliance_id": "a-others"}})) == {"NO_GRANT"}
	fixture.codes(fixture.with_fact({"grant": {"buyer_alliance_id": "a-others"}})) == {"NO_GRANT"}
	fixture.codes(fixture.with_fact({"grant": {"valid_from": "2024-05-02"}})) == {"NO_GRANT"}
	fixture.codes(fixture.with_fact({"grant": {"valid_to": "2024-04-30"}})) == {"NO_GRANT"}
	fixture.codes(object.remove(fixture.place, ["grant"])) == {"NO_GRANT"}
}

test_a_suspended_seller_sells_nothing if {
	fixture.codes(fixture.with_fact({"seller": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
}

test_a_certificate_must_hold_until_delivery if {
	fixture.codes(fixture.with_fact({"certificate": {"valid_to": "2024-05-05"}})) == {"CERT_EXPIRES_BEFORE_DELIVERY"}
	fixture.allowed(fixture.with_fact({"certificate": {"valid_to": "2024-05-06"}}))
}

test_a_certificate_must_hold_today if {
	fixture.codes(fixture.with_fact({"certificate": {"valid_from": "2024-05-02"}})) == {"CERT_NOT_IN_FORCE"}
	fixture.codes(object.remove(fixture.place, ["certificate"])) == {"CERT_MISSING"}
	fixture.codes(fixture.with_fact({"certificate": {"product_id": "other"}})) == {"CERT_MISSING"}
	fixture.codes(fixture.with_fact({"certificate": {"origin": "610629"}})) == {"ORIGIN_MISMATCH"}
}

test_nothing_of_a_blocked_lot_is_ordered_confirmed_or_shipped if {
	fixture.allowed(object.union(fixture.place, {"lot": fixture.lot}))
	d := data.exchange.decision.deny with input as object.union(fixture.place, fixture.blocked_lot)
	d == {{"code": "LOT_BLOCKED", "facts": {"lot": "61-l", "code": "L-1"}}}
	every action in ["order.confirm", "order.ship"] {
		q := fixture.with_fact({"action": action, "principal": fixture.seller_principal})
		fixture.allowed(object.union(q, {"lot": fixture.lot}))
		fixture.codes(object.union(q, fixture.blocked_lot)) == {"LOT_BLOCKED"}
	}
	fixture.allowed(object.union(fixture.with_fact({"action": "order.cancel"}), fixture.blocked_lot))
}

test_an_agent_needs_a_mandate if {
	agent := fixture.with_fact({"product": {"producer_id": "m-producer"}})
	fixture.codes(agent) == {"AGENT_NO_MANDATE"}
	mandate := {"agent_id": "m-seller", "producer_id": "m-producer", "valid_from": "", "valid_to": "", "revoked": false}
	fixture.allowed(object.union(agent, {"mandate": mandate}))
	fixture.codes(object.union(agent, {"mandate": object.union(mandate, {"revoked": true})})) == {"AGENT_NO_MANDATE"}
	fixture.codes(object.union(agent, {"mandate": object.union(mandate, {"agent_id": "m-other"})})) == {"AGENT_NO_MANDATE"}
	fixture.codes(object.union(agent, {"mandate": object.union(mandate, {"producer_id": "m-other"})})) == {"AGENT_NO_MANDATE"}
	fixture.codes(object.union(agent, {"mandate": object.union(mandate, {"valid_to": "2024-04-30"})})) == {"AGENT_NO_MANDATE"}
}

waits(question) if data.exchange.decision.obligations.needs_approval with input as question

test_an_order_above_the_threshold_waits_whoever_placed_it if {
	large := fixture.with_fact({"order": {"amount_fen": 100000001}})
	fixture.allowed(large)
	waits(large)
	waits(object.union(large, {"principal": {"roles": ["BUYER_APPROVER"]}}))
	not waits(fixture.with_fact({"order": {"amount_fen": 100000000}}))
	not waits(object.union(large, {"buyer": {"class": "RETAIL_CHAIN"}}))
	waits(fixture.with_fact({"room": {"approval_above_fen": 61999}}))
	not waits(fixture.with_fact({"room": {"approval_above_fen": 62000}}))
}

test_nobody_orders_more_than_the_limits_leave if {
	d := data.exchange.decision.deny with input as fixture.with_fact({"room": {"left_fen": 61999}})
	d == {{"code": "OVER_LIMIT", "facts": {"amount_fen": "62000", "limit_fen": "61999"}}}
	fixture.allowed(fixture.with_fact({"room": {"left_fen": 62000}}))
	fixture.codes(object.union(approve, {"room": {"left_fen": 61999}})) == {"OVER_LIMIT"}
}

approver := object.union(fixture.buyer_principal, {"subject": "zhou", "roles": ["BUYER_APPROVER"]})

approve := fixture.with_fact({"action": "order.approve", "principal": approver, "order": {"state": "PENDING_APPROVAL", "placed_by_caller": false}})

test_an_approver_approves_what_another_placed if {
	fixture.allowed(approve)
	every action in ["order.approve", "order.decline"] {
		q := object.union(approve, {"action": action})
		fixture.allowed(q)
		fixture.codes(object.union(q, {"order": {"placed_by_caller": true}})) == {"FOUR_EYES"}
		fixture.codes(object.union(q, {"principal": {"roles": ["BUYER_MEMBER"]}})) == {"ROLE_MISSING"}
		fixture.codes(object.union(q, {"principal": {"member": {"id": "m-other"}}})) == {"NOT_YOUR_OWN"}
	}
}

test_what_is_approved_is_decided_on_anew if {
	fixture.codes(object.union(approve, {"grant": {"revoked": true}})) == {"NO_GRANT"}
	fixture.codes(object.union(approve, {"certificate": {"state": "REVOKED"}})) == {"CERT_NOT_IN_FORCE"}
	fixture.codes(object.union(approve, {"buyer": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
	fixture.codes(object.union(approve, {"seller": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
	fixture.codes(object.union(approve, fixture.blocked_lot)) == {"LOT_BLOCKED"}
	fixture.allowed(object.union(approve, {"action": "order.decline", "grant": {"revoked": true}}))
}

test_a_certificate_without_a_last_day_holds if fixture.allowed(fixture.with_fact({"certificate": {"valid_to": ""}}))

# Luochuan (610629) and Dali (610523) are certified and countable, but not among
# the 832 counties.
test_luochuan_and_dali_count_but_fill_no_reserve if {
	every code in ["610629", "610523"] {
		goods := fixture.with_fact({
			"product": {"origin": code}, "certificate": {"origin": code}, "origin": {"code": code, "poverty56": false},
		})
		fixture.allowed(goods)
		o := data.exchange.decision.obligations with input as goods
		o.collaboration
		not o.counts_to_reserve
		fixture.codes(object.union(goods, {"order": {"reserve": true}})) == {"NOT_832_ORIGIN"}
	}
}

test_only_budget_units_have_a_reserve if {
	fixture.codes(fixture.with_fact({"buyer": {"class": "RETAIL_CHAIN"}, "order": {"reserve": true}})) == {"CLASS_NOT_ALLOWED"}
	fixture.allowed(fixture.with_fact({"order": {"reserve": true}}))
}

test_secretariats_do_not_buy if {
	fixture.codes(fixture.with_fact({"buyer": {"class": "ALLIANCE_SECRETARIAT"}})) == {"CLASS_NOT_ALLOWED"}
}

test_trade_within_a_province_is_denied if {
	q := fixture.with_fact({"consignee": {"division": "610100", "province": "61"}})
	fixture.codes(q) == {"INTRA_PROVINCE"}
	o := data.exchange.decision.obligations with input as q
	not o.collaboration
	rules := object.union(data.exchange.rules, {"intra_province": [{"allowed": true, "valid_from": "2020-01-01"}]})
	data.exchange.decision.allow with input as q with data.exchange.rules as rules
}

test_no_direction_to_elsewhere if {
	o := data.exchange.decision.obligations with input as fixture.with_fact({"consignee": {"division": "440100", "province": "44"}})
	o.direction == ""
}

test_the_other_direction if {
	o := data.exchange.decision.obligations with input as fixture.with_fact({
		"seller": {"division": "321023"}, "consignee": {"division": "610825", "province": "61"},
	})
	o.direction == "JS_TO_SN"
}

test_restricted_goods if {
	fixture.codes(fixture.with_fact({"product": {"category": "LIQUOR"}})) == {"RESTRICTED_GOODS"}
	fixture.codes(fixture.with_fact({"product": {"category": "WILD_ANIMAL"}})) == {"RESTRICTED_GOODS"}
	fixture.allowed(fixture.with_fact({"product": {"category": "LIQUOR"}, "buyer": {"class": "RETAIL_CHAIN"}}))
}

# The same trade is decided by the rules of its own day: under the scheme of
# 2020 it fills a reserve in 2020 and no longer in 2024.
test_the_rules_of_the_day_decide if {
	old := fixture.with_fact({"certificate": {"scheme": "POVERTY_PRODUCT_2020", "valid_from": "2020-01-01"}})
	in_2020 := object.union(old, {"day": "2020-06-01", "order": {"deliver_by": "2020-06-06"}, "grant": {"valid_from": "2020-01-01"}})
	a := data.exchange.decision.obligations with input as in_2020
	a.counts_to_reserve
	b := data.exchange.decision.obligations with input as old
	not b.counts_to_reserve
}

test_a_trade_is_its_own_parties if {
	every action in ["order.accept", "order.deliver", "order.cancel"] {
		fixture.allowed(fixture.with_fact({"action": action}))
		fixture.codes(fixture.with_fact({"action": action, "order": {"buyer_id": "m-other"}})) == {"NOT_YOUR_OWN"}
	}
	every action in ["order.pay", "order.donate"] {
		fixture.allowed(fixture.with_fact({"action": action}))
		fixture.allowed(fixture.with_fact({"action": action, "order": {"buyer_id": "m-other"}}))
		fixture.codes(fixture.with_fact({"action": action, "order": {"payer_id": "m-other"}})) == {"NOT_YOUR_OWN"}
		d := data.exchange.decision.deny with input as fixture.with_fact({"action": action, "order": {"payer_id": "m-other"}})
		d == {{"code": "NOT_YOUR_OWN", "facts": {"action": action, "owner": "payer"}}}
	}
	every action in ["order.confirm", "order.ship", "order.deliver", "order.cancel", "order.repay", "order.invoice"] {
		q := fixture.with_fact({"action": action, "principal": fixture.seller_principal})
		fixture.allowed(q)
		fixture.codes(object.union(q, {"order": {"seller_id": "m-other"}})) == {"NOT_YOUR_OWN"}
	}
}

test_a_confirmation_is_decided_on_the_goods_too if {
	q := fixture.with_fact({"action": "order.confirm", "principal": fixture.seller_principal, "certificate": {"state": "SUSPENDED"}})
	fixture.codes(q) == {"CERT_NOT_IN_FORCE"}
}

test_a_price_above_the_mean_is_a_warning if {
	q := fixture.with_fact({"offer": {"unit_price_fen": 6821}})
	fixture.allowed(q)
	w := data.exchange.decision.warn with input as q
	{d.code | some d in w} == {"PRICE_ABOVE_REFERENCE"}
	fair := data.exchange.decision.warn with input as fixture.with_fact({"offer": {"unit_price_fen": 6820}})
	fair == set()
}

# A category may have a reference of its own, with its days; another category's
# changes nothing.
test_a_category_has_its_own_reference_price_on_its_days if {
	own := {"category": "FRESH_FRUIT", "reference_fen_per_1000": 500, "above_basis_points": 0, "valid_from": "2024-01-01", "valid_to": "2024-12-31"}
	any_other := {"category": "", "above_basis_points": 1000, "valid_from": "2020-01-01"}
	tea := object.union(own, {"category": "TEA"})
	rules := object.union(data.exchange.rules, {"price_bands": [any_other, own]})
	dear := fixture.with_fact({"offer": {"unit_price_fen": 5001}, "product": {"unit_quantity": 10000}})
	w := data.exchange.decision.warn with input as dear with data.exchange.rules as rules
	w == {{"code": "PRICE_ABOVE_REFERENCE", "facts": {"price_fen": "5001", "reference_fen": "5000"}}}
	fair := object.union(dear, {"offer": {"unit_price_fen": 5000}})
	none := data.exchange.decision.warn with input as fair with data.exchange.rules as rules
	none == set()
	later := data.exchange.decision.warn with input as object.union(dear, {"day": "2025-01-01"}) with data.exchange.rules as rules
	later == set()
	other := data.exchange.decision.warn with input as dear with data.exchange.rules as object.union(rules, {"price_bands": [any_other, tea]})
	other == set()
}

visible_order(p, row) if data.exchange.visible.order with input as {"day": "2024-05-01", "principal": p, "row": row}

row := {
	"buyer_id": "m-buyer", "seller_id": "m-seller", "buyer_alliance_id": "a-buyers", "seller_alliance_id": "a-sellers",
	"seller_division": "610621", "consignee": "320115", "buyer_class": "BUDGET_UNIT_SCHOOL", "state": "PLACED",
}

test_the_sellers_side_sees_no_order_that_waits_for_its_approval if {
	waiting := object.union(row, {"state": "PENDING_APPROVAL"})
	visible_order(fixture.buyer_principal, waiting)
	visible_order(object.union(fixture.buyer_principal, {"roles": ["BUYER_SECRETARY"]}), object.union(waiting, {"buyer_id": "m-other"}))
	visible_order(fixture.authority("AUDITOR", "ALL", []), waiting)
	not visible_order(fixture.seller_principal, waiting)
	not visible_order(object.union(fixture.seller_principal, {"roles": ["SELLER_SECRETARY"]}), waiting)
	not visible_order(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]), waiting)
}

military := object.union(row, {"buyer_class": "MILITARY"})

test_who_sees_an_order if {
	visible_order(fixture.buyer_principal, row)
	visible_order(fixture.seller_principal, row)
	not visible_order(fixture.buyer_principal, object.union(row, {"buyer_id": "m-other"}))
	visible_order(object.union(fixture.buyer_principal, {"roles": ["BUYER_SECRETARY"]}), object.union(row, {"buyer_id": "m-other"}))
	visible_order(object.union(fixture.seller_principal, {"roles": ["SELLER_SECRETARY"]}), object.union(row, {"seller_id": "m-other"}))
	visible_order(fixture.system, row)
	visible_order(fixture.authority("AUDITOR", "ALL", []), military)
	visible_order(fixture.authority("REFORM_COMMISSION", "ALL", []), row)
	not visible_order(fixture.authority("REFORM_COMMISSION", "ALL", []), military)
	visible_order(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610621"]), row)
	not visible_order(fixture.authority("COUNTY_AUTHORITY", "COUNTY", ["610124"]), row)
	visible_order(fixture.authority("COORDINATION_TEAM", "PAIR", ["320200", "610600"]), row)
	visible_order(fixture.authority("COORDINATION_TEAM", "CITY", ["320100"]), row)
	not visible_order(fixture.authority("COORDINATION_TEAM", "CITY", ["320100"]), military)
	visible_order(fixture.authority("FINANCE", "PROVINCE", ["320000"]), row)
	not visible_order(fixture.authority("FINANCE", "PROVINCE", ["320000"]), object.union(row, {"buyer_class": "RETAIL_CHAIN"}))
	not visible_order(fixture.authority("SAMPLER", "ALL", []), row)
}

paid_by_another := {
	"payer": {"id": "m-payer", "alliance_id": "a-buyers", "side": "BUYER", "class": "CHARITY", "division": "320115", "state": "ACTIVE"},
	"payer_consent": {"id": "32-pc", "payer_id": "m-payer", "buyer_id": "m-buyer", "valid_from": "", "valid_to": "", "revoked": false},
	"order": {"payer_id": "m-payer"},
}

paid(changes) := object.union(object.union(fixture.place, paid_by_another), changes)

test_nobody_is_charged_without_its_consent if {
	fixture.allowed(paid({}))
	fixture.codes(object.remove(paid({}), ["payer_consent"])) == {"PAYER_NO_CONSENT"}
	every consent in [
		{"revoked": true}, {"payer_id": "m-x"}, {"buyer_id": "m-x"}, {"valid_to": "2024-04-30"}, {"valid_from": "2024-05-02"},
	] {
		fixture.codes(paid({"payer_consent": consent})) == {"PAYER_NO_CONSENT"}
	}
	fixture.codes(paid({"payer": {"alliance_id": "a-other"}})) == {"PAYER_NO_CONSENT"}
}

test_who_pays_for_others if {
	fixture.codes(paid({"payer": {"state": "SUSPENDED"}})) == {"MEMBER_SUSPENDED"}
	fixture.codes(paid({"payer": {"class": "BUDGET_UNIT_GOV"}})) == {"CLASS_NOT_ALLOWED"}
}

test_no_donation_on_a_public_budget if {
	fixture.codes(fixture.with_fact({"order": {"donation_fen": 1}})) == {"CLASS_NOT_ALLOWED"}
	fixture.allowed(paid({"order": {"donation_fen": 1}}))
	fixture.allowed(fixture.with_fact({"order": {"donation_fen": 1}, "buyer": {"class": "PRIVATE_FIRM"}}))
}

test_what_another_pays_fills_no_reserve if {
	fixture.codes(paid({"order": {"reserve": true}})) == {"PURPOSE_NOT_COUNTED"}
	o := data.exchange.decision.obligations with input as paid({})
	not o.counts_to_reserve
}

test_a_pair_tag_is_of_the_buyer_and_the_goods_in_force if {
	tagged := {"order": {"pair_tag": "南京-延安"}}
	rules := object.union(data.exchange.rules, {"pair_tags": [{"tag": "南京-延安", "buyers": "3201", "origin": "610621", "valid_from": "2024-01-01", "valid_to": "2024-12-31"}]})
	none := data.exchange.decision.deny with input as fixture.with_fact(tagged) with data.exchange.rules as rules
	none == set()
	every change in [{"day": "2025-01-01"}, {"buyer": {"division": "320505"}}, {"product": {"origin": "610124"}}, {"order": {"pair_tag": "x"}}] {
		d := data.exchange.decision.deny with input as fixture.with_fact(object.union(tagged, change)) with data.exchange.rules as rules
		"PAIR_TAG_INVALID" in {x.code | some x in d}
	}
}

test_who_pays_sees_the_order if {
	visible_order(fixture.buyer_principal, object.union(row, {"buyer_id": "m-other", "payer_id": "m-buyer"}))
	not visible_order(fixture.buyer_principal, object.union(row, {"buyer_id": "m-other", "payer_id": "m-third"}))
}
