# What the tests share: one order that everything allows.
package exchange.fixture

member := {"id": "m-buyer", "alliance_id": "a-buyers", "side": "BUYER", "class": "BUDGET_UNIT_SCHOOL", "division": "320115", "state": "ACTIVE"}

seller := {"id": "m-seller", "alliance_id": "a-sellers", "side": "SELLER", "class": "COOPERATIVE", "division": "610621", "state": "ACTIVE"}

buyer_principal := {
	"system": false, "subject": "chen", "roles": ["BUYER_MEMBER"], "granted_by": ["a-sellers"],
	"member": member, "alliance": {"id": "a-buyers", "side": "BUYER", "home": "32"},
}

seller_principal := {
	"system": false, "subject": "li", "roles": ["SELLER_MEMBER"], "granted_by": [],
	"member": seller, "alliance": {"id": "a-sellers", "side": "SELLER", "home": "61"},
}

authority(role, kind, codes) := {
	"system": false, "subject": "wang", "roles": [role], "granted_by": [],
	"authority": {"id": "au", "jurisdiction": {"kind": kind, "codes": codes}},
}

system := {"system": true, "subject": "exchange", "roles": [], "granted_by": []}

place := {
	"action": "order.place", "day": "2024-05-01", "principal": buyer_principal, "buyer": member, "seller": seller,
	"consignee": {"division": "320115", "province": "32"},
	"offer": {
		"id": "61-o", "seller_id": "m-seller", "seller_alliance_id": "a-sellers", "state": "PUBLISHED",
		"quantity": 100, "value_fen": 620000, "unit_price_fen": 6200,
	},
	"product": {"id": "p", "producer_id": "m-seller", "category": "FRESH_FRUIT", "origin": "610621", "reference_fen": 6200},
	"origin": {"code": "610621", "poverty56": true},
	"certificate": {
		"id": "c", "product_id": "p", "producer_id": "m-seller", "scheme": "CONSUMPTION_AID_2024", "origin": "610621",
		"state": "IN_FORCE", "valid_from": "2024-01-01", "valid_to": "2024-12-31",
	},
	"capacity": {"quantity_left": 100, "value_fen_left": 620000},
	"grant": {"id": "g", "seller_alliance_id": "a-sellers", "buyer_alliance_id": "a-buyers", "valid_from": "2024-01-01", "valid_to": "", "revoked": false},
	"order": {"id": "61-r", "buyer_id": "m-buyer", "seller_id": "m-seller", "payer_id": "m-buyer", "pair_tag": "", "donation_fen": 0, "quantity": 10, "amount_fen": 62000, "deliver_by": "2024-05-06", "reserve": false, "purpose": "CANTEEN", "placed_by_caller": true},
}

lot := {"id": "61-l", "seller_id": "m-seller", "product_id": "p", "code": "L-1", "origin": "610621", "state": "OPEN"}

blocked_lot := {"lot": object.union(lot, {"state": "BLOCKED"})}

# with_fact is the order with one fact changed.
with_fact(changes) := object.union(place, changes)

# publish is the same goods put up for sale.
publish := object.union(place, {"action": "offer.publish", "principal": seller_principal, "offer": {"state": "DRAFT"}})

codes(question) := {d.code | some d in data.exchange.decision.deny with input as question}

allowed(question) if data.exchange.decision.allow with input as question
