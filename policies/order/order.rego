# METADATA
# title: Who buys what from whom
package exchange.order

import data.exchange.lib
import data.exchange.offer

roles := {
	"order.place": {"BUYER_MEMBER", "BUYER_APPROVER"},
	"order.accept": {"BUYER_MEMBER", "BUYER_APPROVER"},
	"order.pay": {"BUYER_MEMBER", "BUYER_APPROVER"},
	"order.approve": {"BUYER_APPROVER"},
	"order.decline": {"BUYER_APPROVER"},
	"order.confirm": {"SELLER_MEMBER"},
	"order.donate": {"BUYER_MEMBER", "BUYER_APPROVER"},
	"order.repay": {"SELLER_MEMBER"},
	"order.invoice": {"SELLER_MEMBER"},
	"order.ship": {"SELLER_MEMBER"},
	"order.deliver": {"SELLER_MEMBER", "BUYER_MEMBER", "BUYER_APPROVER"},
	"order.cancel": {"SELLER_MEMBER", "BUYER_MEMBER", "BUYER_APPROVER"},
	"order.expire": {"the exchange itself"},
}

actions := object.keys(roles)

asked if {
	input.action in actions
	not input.principal.system
}

placing if input.action == "order.place"

# committing: what is approved is decided on as if it were placed now.
committing if input.action in {"order.place", "order.approve"}

# METADATA
# title: Trading needs a role
# custom:
#   code: ROLE_MISSING
#   binds: everybody but the exchange itself
#   source: table of roles
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", roles[input.action])}} if {
	asked
	not lib.acts_as(roles[input.action])
}

# METADATA
# title: Who trades is a member of an alliance
# custom:
#   code: NOT_MEMBER
#   binds: everybody but the exchange itself
#   source: 2020 plan, item 26, alliances of buyers and sellers
deny contains {"code": "NOT_MEMBER", "facts": {"subject": input.principal.subject}} if {
	asked
	not input.principal.member
}

# METADATA
# title: The exchange itself buys nothing
# custom:
#   code: NOT_MEMBER
#   binds: the exchange itself
#   source: invariant I8
deny contains {"code": "NOT_MEMBER", "facts": {"subject": input.principal.subject}} if {
	placing
	input.principal.system
}

# METADATA
# title: A trade is its own parties'
# custom:
#   code: NOT_YOUR_OWN
#   binds: buyers, sellers
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": side}} if {
	asked
	not placing
	input.principal.member
	side := party_named
	not party
}

party if {
	lib.own_member(input.order.buyer_id)
	input.action in {"order.accept", "order.deliver", "order.cancel", "order.approve", "order.decline"}
}

# What an order costs is owed, and paid, by its payer: the buyer, or who pays for it.
party if {
	lib.own_member(input.order.payer_id)
	input.action in {"order.pay", "order.donate"}
}

party if {
	lib.own_member(input.order.seller_id)
	input.action in {"order.confirm", "order.ship", "order.deliver", "order.cancel", "order.repay", "order.invoice"}
}

party_named := "buyer" if input.action in {"order.accept", "order.approve", "order.decline"}

party_named := "payer" if input.action in {"order.pay", "order.donate"}

party_named := "seller" if input.action in {"order.confirm", "order.ship", "order.repay", "order.invoice"}

party_named := "buyer or seller" if input.action in {"order.deliver", "order.cancel"}

# METADATA
# title: A suspended buyer buys nothing
# custom:
#   code: MEMBER_SUSPENDED
#   binds: buyers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.buyer.id}} if {
	committing
	input.buyer.state != "ACTIVE"
}

# METADATA
# title: A suspended seller sells nothing more
# description: What was confirmed before is still delivered, accepted and paid.
# custom:
#   code: MEMBER_SUSPENDED
#   binds: sellers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.seller.id}} if {
	input.action in {"order.place", "order.approve", "order.confirm"}
	input.seller.state != "ACTIVE"
}

# METADATA
# title: Buying needs the seller alliance's grant
# custom:
#   code: NO_GRANT
#   binds: buyers
#   source: design §2, Grant
deny contains {"code": "NO_GRANT", "facts": {
	"seller_alliance": input.offer.seller_alliance_id,
	"buyer_alliance": input.buyer.alliance_id,
}} if {
	committing
	input.buyer
	not granted
}

granted if {
	not input.grant.revoked
	input.grant.seller_alliance_id == input.offer.seller_alliance_id
	input.grant.buyer_alliance_id == input.buyer.alliance_id
	lib.span_covers(input.grant, input.day)
}

# METADATA
# title: Goods that may be sold may be bought
# description: The rules of package offer about goods and their seller.
deny contains d if {
	input.action in {"order.place", "order.approve", "order.confirm"}
	some d in offer.goods
}

# METADATA
# title: Nothing of a blocked lot is ordered, confirmed or shipped
# custom:
#   code: LOT_BLOCKED
#   binds: buyers, sellers
#   source: table of roles, "block a lot" (市场监管)
deny contains {"code": "LOT_BLOCKED", "facts": {"lot": input.lot.id, "code": input.lot.code}} if {
	input.action in {"order.place", "order.approve", "order.confirm", "order.ship"}
	input.lot.state == "BLOCKED"
}

# METADATA
# title: The certificate holds until the promised delivery
# custom:
#   code: CERT_EXPIRES_BEFORE_DELIVERY
#   binds: sellers, buyers
#   source: goods are certified when they are accepted
deny contains {"code": "CERT_EXPIRES_BEFORE_DELIVERY", "facts": {
	"certificate": input.certificate.id,
	"last_day": input.certificate.valid_to,
	"promised_day": input.order.deliver_by,
}} if {
	committing
	lib.ends_before(input.certificate, input.order.deliver_by)
}

# METADATA
# title: Goods that some buyers may not buy
# custom:
#   code: RESTRICTED_GOODS
#   binds: buyers
#   source: data restricted
deny contains {"code": "RESTRICTED_GOODS", "facts": {
	"category": input.product.category,
	"buyer_class": input.buyer.class,
	"rule": row.rule,
}} if {
	committing
	some row in lib.in_force(data.exchange.rules.restricted)
	row.category == input.product.category
	input.buyer.class in row.buyer_classes
}

# METADATA
# title: Nobody is charged without its consent
# custom:
#   code: PAYER_NO_CONSENT
#   binds: buyers
#   source: 2020 plan, item 14; a charge needs the consent of who is charged
deny contains {"code": "PAYER_NO_CONSENT", "facts": {"payer": input.payer.id, "buyer": input.buyer.id}} if {
	placing
	input.payer
	not consented
}

consented if {
	not input.payer_consent.revoked
	input.payer_consent.payer_id == input.payer.id
	input.payer_consent.buyer_id == input.buyer.id
	input.payer.alliance_id == input.buyer.alliance_id
	lib.span_covers(input.payer_consent, input.day)
}

# METADATA
# title: A suspended member pays for nobody
# custom:
#   code: MEMBER_SUSPENDED
#   binds: payers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.payer.id}} if {
	placing
	input.payer.state != "ACTIVE"
}

# METADATA
# title: Only some members pay for others
# custom:
#   code: CLASS_NOT_ALLOWED
#   binds: payers
#   source: 2020 plan, items 8 and 14, charities, associations and firms; data payers
deny contains {"code": "CLASS_NOT_ALLOWED", "facts": {"class": input.payer.class, "rule": "this class does not pay for others"}} if {
	placing
	input.payer
	not pays_for_others
}

pays_for_others if {
	some row in lib.in_force(data.exchange.rules.payers)
	input.payer.class in row.classes
}

# METADATA
# title: No donation on a public budget
# custom:
#   code: CLASS_NOT_ALLOWED
#   binds: budget units
#   source: 2020 plan, item 7, 以购代捐 is of firms; data budget_units
deny contains {"code": "CLASS_NOT_ALLOWED", "facts": {"class": input.buyer.class, "rule": "a public budget gives no donation"}} if {
	placing
	input.order.donation_fen > 0
	not input.payer
	lib.budget_unit(input.buyer.class)
}

# METADATA
# title: What another pays fills no reserve
# custom:
#   code: PURPOSE_NOT_COUNTED
#   binds: budget units
#   source: a reserve is a share of the unit's own purchases
deny contains {"code": "PURPOSE_NOT_COUNTED", "facts": {"purpose": input.order.purpose, "class": input.payer.class}} if {
	placing
	input.order.reserve
	input.payer
}

# METADATA
# title: A purchase is made for a pair that is in force, of its buyer and its goods
# custom:
#   code: PAIR_TAG_INVALID
#   binds: buyers
#   source: 2020 plan, items 8 and 26, firm–village and regional pairs; data pair_tags
deny contains {"code": "PAIR_TAG_INVALID", "facts": {"tag": input.order.pair_tag}} if {
	placing
	input.order.pair_tag != ""
	not paired
}

paired if {
	some row in lib.in_force(data.exchange.rules.pair_tags)
	row.tag == input.order.pair_tag
	startswith(input.buyer.division, row.buyers)
	startswith(input.product.origin, row.origin)
}

# METADATA
# title: Secretariats do not trade
# custom:
#   code: CLASS_NOT_ALLOWED
#   binds: secretariats
#   source: data no_traders
deny contains {"code": "CLASS_NOT_ALLOWED", "facts": {"class": input.buyer.class, "rule": "this class does not buy"}} if {
	committing
	some row in lib.in_force(data.exchange.rules.no_traders)
	input.buyer.class in row.classes
}

# METADATA
# title: Trade within one province is not this exchange's, unless data says so
# custom:
#   code: INTRA_PROVINCE
#   binds: buyers
#   source: 2020 plan, item 26, trade between the two provinces
deny contains {"code": "INTRA_PROVINCE", "facts": {"province": input.consignee.province}} if {
	committing
	direction == "INTRA"
	not intra_allowed
}

intra_allowed if {
	some row in lib.in_force(data.exchange.rules.intra_province)
	row.allowed
}

# METADATA
# title: A reserve is a budget unit's
# custom:
#   code: CLASS_NOT_ALLOWED
#   binds: buyers
#   source: 2020 plan, item 2; reserve of budget units from 2021
deny contains {"code": "CLASS_NOT_ALLOWED", "facts": {"class": input.buyer.class, "rule": "only budget units have a reserve"}} if {
	committing
	input.order.reserve
	input.buyer
	not has_reserve
}

# METADATA
# title: Who buys on the account of a plan is named in it
# custom:
#   code: NOT_YOUR_OWN
#   binds: buyers
#   source: reserve of budget units, outsourced canteens and unions
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "reserve plan"}} if {
	committing
	input.reserve_plan
	not input.buyer.id in input.reserve_plan.units
	not input.buyer.id in input.reserve_plan.buyers
}

# METADATA
# title: A reserve is filled by purchases for the purposes of the scheme
# custom:
#   code: PURPOSE_NOT_COUNTED
#   binds: budget units, those who buy for them
#   source: reserve of budget units; union and staff purchases where the scheme says so; data schemes
deny contains {"code": "PURPOSE_NOT_COUNTED", "facts": {"purpose": input.order.purpose, "class": input.buyer.class}} if {
	committing
	input.order.reserve
	has_reserve
	not purpose_counts
}

has_reserve if lib.budget_unit(input.buyer.class)

has_reserve if on_account

# METADATA
# title: Nobody orders more than the limits in force leave
# description: |
#   Of the buyer as a whole and of the person who placed the order: for one order,
#   for the month and for the year, whichever way of buying it is.
# custom:
#   code: OVER_LIMIT
#   binds: buyers
#   source: spending limits and approvals of buyers, whichever way of buying
deny contains {"code": "OVER_LIMIT", "facts": {
	"amount_fen": format_int(input.order.amount_fen, 10),
	"limit_fen": format_int(input.room.left_fen, 10),
}} if {
	committing
	input.order.amount_fen > input.room.left_fen
}

# METADATA
# title: An order is approved or declined by another than its placer
# custom:
#   code: FOUR_EYES
#   binds: approvers
#   source: spending limits and approvals of buyers, four eyes above a threshold
deny contains {"code": "FOUR_EYES", "facts": {"action": input.action, "noun": "order", "id": input.order.id}} if {
	input.action in {"order.approve", "order.decline"}
	input.order.placed_by_caller
}

# METADATA
# title: Only goods of the 832 counties fill a reserve
# custom:
#   code: NOT_832_ORIGIN
#   binds: budget units
#   source: 832 national counties, 56 of them in Shaanxi; certified elsewhere is not enough
deny contains {"code": "NOT_832_ORIGIN", "facts": {"origin": input.origin.code}} if {
	committing
	input.order.reserve
	not reservable
}

# A list that may be long is an object, asked for one of its keys by object.get:
# that takes as long for ten as for ten thousand, and unfolds into nothing where
# the key is not known yet.
reservable if {
	some row in lib.in_force(data.exchange.rules.reserve_counties)
	object.get(row.codes, input.origin.code, "") != ""
}

default direction := ""

direction := "INTRA" if substring(input.seller.division, 0, 2) == input.consignee.province

direction := "SN_TO_JS" if {
	startswith(input.seller.division, "61")
	input.consignee.province == "32"
}

direction := "JS_TO_SN" if {
	startswith(input.seller.division, "32")
	input.consignee.province == "61"
}

# METADATA
# title: What follows from an allowed order
obligations := {
	"direction": direction,
	"collaboration": collaboration,
	"counts_to_reserve": counts_to_reserve,
	"needs_approval": needs_approval,
}

default needs_approval := false

# Above the threshold of its class, or of a limit in force, an order waits for a
# second person, whoever placed it.
needs_approval if {
	some row in lib.in_force(data.exchange.rules.approval_limits)
	input.buyer.class in row.classes
	input.order.amount_fen > row.over_fen
}

needs_approval if input.order.amount_fen > input.room.approval_above_fen

default collaboration := false

# Certified goods between the two provinces are collaboration volume.
collaboration if {
	direction != "INTRA"
	offer.certificate_holds
}

default counts_to_reserve := false

# What fills a reserve: a budget unit, goods of the 832 counties, a certificate
# in force under a scheme that counts. Recognition alone is not enough.
counts_to_reserve if {
	reservable
	not input.payer
	offer.certificate_holds
	some row in lib.in_force(data.exchange.rules.schemes)
	row.scheme == input.certificate.scheme
	row.counts_to_reserve
	purpose_counts
}

# purpose_counts says whether the scheme of the goods counts the purpose, bought
# by whom it is.
purpose_counts if {
	some row in lib.in_force(data.exchange.rules.schemes)
	row.scheme == input.certificate.scheme
	input.order.purpose in row.reserve_purposes
	buys_for(input.order.purpose)
}

# A budget unit buys for itself, whatever the purpose.
buys_for(_) if lib.budget_unit(input.buyer.class)

# The contractor of an outsourced canteen buys for the canteen.
buys_for("CANTEEN") if {
	on_account
	input.reserve_plan.canteen == "OUTSOURCED"
	input.buyer.class != "UNION"
}

# A unit's union buys for the unit's people.
buys_for("UNION_WELFARE") if {
	on_account
	input.buyer.class == "UNION"
}

# on_account says whether the buyer buys on the account of the plan's unit.
on_account if input.buyer.id in input.reserve_plan.buyers
