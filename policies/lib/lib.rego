# METADATA
# title: What the rules share
# description: |
#   A denial or a warning is written out where it is given, {"code": …, "facts": …}:
#   OPA's partial evaluation does not take a function apart that makes it.
package exchange.lib

# acts_as says whether the caller has one of the roles.
acts_as(roles) if {
	some role in input.principal.roles
	role in roles
}

# everybody is whom an offer is reserved for that is for all with a grant.
everybody := "00000000-0000-0000-0000-000000000000"

# own_alliance says whether the caller acts for a member of an alliance.
own_alliance(id) if input.principal.alliance.id == id

# own_member says whether the caller acts for a member.
own_member(id) if input.principal.member.id == id

# covers says whether the caller's authority reaches a division.
covers(division) if {
	some prefix in jurisdiction
	startswith(division, prefix)
}

# jurisdiction are the beginnings of the division codes that the caller's
# authority reaches. A code of GB/T 2260 begins with its province and its city.
jurisdiction contains "" if input.principal.authority.jurisdiction.kind == "ALL"

jurisdiction contains code if {
	input.principal.authority.jurisdiction.kind == "COUNTY"
	some code in input.principal.authority.jurisdiction.codes
}

jurisdiction contains substring(code, 0, 4) if {
	input.principal.authority.jurisdiction.kind in {"CITY", "PAIR"}
	some code in input.principal.authority.jurisdiction.codes
}

jurisdiction contains substring(code, 0, 2) if {
	input.principal.authority.jurisdiction.kind == "PROVINCE"
	some code in input.principal.authority.jurisdiction.codes
}

# sees_all: roles that read everything. What is masked from some of them, the
# rules of each noun say.
sees_all if acts_as({"REFORM_COMMISSION", "AUDITOR", "OPERATOR"})

# in_force are the rows of dated data that hold on the day of the question.
in_force(rows) := in_force_on(rows, input.day)

# in_force_on are the rows of dated data that hold on a day. A row without a last
# day holds until further notice.
in_force_on(rows, day) := [row |
	some row in rows
	row.valid_from <= day
	object.get(row, "valid_to", "9999-12-31") >= day
]

# span_covers says whether a dated fact holds on a day. An empty first or last day
# is none; the empty text is before every day.
span_covers(fact, day) if {
	fact.valid_from <= day
	lasts(fact.valid_to, day)
}

lasts("", _)

lasts(last_day, day) if last_day >= day

ends_before(fact, day) if {
	fact.valid_to != ""
	fact.valid_to < day
}

# budget_unit says whether a class of buyer spends public money.
budget_unit(class) if {
	some row in in_force(data.exchange.rules.budget_units)
	class in row.classes
}
