# METADATA
# title: Who asks for quotes, who quotes and who awards
package exchange.demand

import data.exchange.lib
import data.exchange.offer

roles := {
	"demand.post": {"BUYER_MEMBER", "BUYER_APPROVER", "BUYER_SECRETARY"},
	"demand.amend": {"BUYER_MEMBER", "BUYER_APPROVER", "BUYER_SECRETARY"},
	"demand.cancel": {"BUYER_MEMBER", "BUYER_APPROVER", "BUYER_SECRETARY"},
	"demand.award": {"BUYER_MEMBER", "BUYER_APPROVER"},
	"quote.seal": {"SELLER_MEMBER"},
	"quote.withdraw": {"SELLER_MEMBER"},
	"demand.close": {"the exchange itself"},
}

actions := object.keys(roles)

asked if {
	input.action in actions
	not input.principal.system
}

# METADATA
# title: Asking for quotes, quoting and awarding need a role
# custom:
#   code: ROLE_MISSING
#   binds: everybody but the exchange itself
#   source: table of roles; quotes are opened by time alone
deny contains {"code": "ROLE_MISSING", "facts": {"action": input.action, "roles": concat(", ", roles[input.action])}} if {
	asked
	not lib.acts_as(roles[input.action])
}

# METADATA
# title: A demand is run by its buyer or the secretariat of the buyer's alliance
# custom:
#   code: NOT_YOUR_OWN
#   binds: buyers, secretaries
#   source: invariant I8; an alliance asks for its members
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "buyer"}} if {
	asked
	input.action in {"demand.post", "demand.amend", "demand.cancel"}
	input.demand
	not lib.own_member(input.demand.buyer_id)
	not secretary_of_buyer
}

secretary_of_buyer if {
	lib.acts_as({"BUYER_SECRETARY"})
	lib.own_alliance(input.demand.buyer_alliance_id)
}

# METADATA
# title: An award spends the buyer's money, and is the buyer's alone
# custom:
#   code: NOT_YOUR_OWN
#   binds: buyers, secretaries
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "buyer"}} if {
	input.action == "demand.award"
	not lib.own_member(input.demand.buyer_id)
}

# METADATA
# title: A quote is taken back by its own seller
# custom:
#   code: NOT_YOUR_OWN
#   binds: sellers
#   source: invariant I8
deny contains {"code": "NOT_YOUR_OWN", "facts": {"action": input.action, "owner": "seller"}} if {
	input.action == "quote.withdraw"
	not lib.own_member(input.quote.seller_id)
}

# METADATA
# title: A suspended buyer asks for nothing
# custom:
#   code: MEMBER_SUSPENDED
#   binds: buyers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.buyer.id}} if {
	input.action in {"demand.post", "demand.award"}
	input.buyer.state != "ACTIVE"
}

# METADATA
# title: Who does not buy asks for no quotes
# custom:
#   code: CLASS_NOT_ALLOWED
#   binds: secretariats
#   source: data no_traders
deny contains {"code": "CLASS_NOT_ALLOWED", "facts": {"class": input.buyer.class, "rule": "this class does not buy"}} if {
	input.action == "demand.post"
	some row in lib.in_force(data.exchange.rules.no_traders)
	input.buyer.class in row.classes
}

# METADATA
# title: A suspended seller quotes nothing
# custom:
#   code: MEMBER_SUSPENDED
#   binds: sellers
#   source: alliance statutes
deny contains {"code": "MEMBER_SUSPENDED", "facts": {"member": input.seller.id}} if {
	input.action == "quote.seal"
	input.seller.state != "ACTIVE"
}

# METADATA
# title: Quoting needs the seller alliance's grant to the buyer's
# custom:
#   code: NO_GRANT
#   binds: sellers
#   source: design §2, Grant
deny contains {"code": "NO_GRANT", "facts": {
	"seller_alliance": input.seller.alliance_id,
	"buyer_alliance": input.demand.buyer_alliance_id,
}} if {
	input.action == "quote.seal"
	input.seller
	not granted
}

granted if {
	not input.grant.revoked
	input.grant.seller_alliance_id == input.seller.alliance_id
	input.grant.buyer_alliance_id == input.demand.buyer_alliance_id
	lib.span_covers(input.grant, input.day)
}

# METADATA
# title: Goods that may be sold may be quoted
# description: The rules of package offer about goods and their seller.
deny contains d if {
	input.action == "quote.seal"
	some d in offer.goods
}
