package ctl

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sushaan/exchange/internal/fault"
)

// nameColumn stands for the name in the reader's language.
const nameColumn = "name_*"

// tableColumns are the columns that a table shows of a message type: those
// chosen, or all of its fields.
func tableColumns(of protoreflect.MessageDescriptor, language string) []column {
	columns := chosenColumns(of.Name())
	if columns == nil {
		columns = csvColumns(of, "")
		for i := range columns {
			columns[i].title = strings.ToUpper(strings.TrimSuffix(columns[i].path, fenSuffix))
		}
	}
	for i, c := range columns {
		columns[i].path = strings.Replace(c.path, nameColumn, "name_zh", 1)
		// The Chinese name is always there; the English one may be missing.
		if fault.Lang(language) == fault.English && columns[i].path != c.path {
			columns[i].instead = columns[i].path
			columns[i].path = strings.Replace(c.path, nameColumn, "name_en", 1)
		}
	}
	return columns
}

// chosenColumns is the one table of what is shown of each type.
func chosenColumns(message protoreflect.Name) []column {
	switch message {
	case "Division":
		return show("CODE code", "NAME name_*", "LEVEL level", "PARENT parent", "KIND kind", "FROM valid_from", "UNTIL valid_to", "56 poverty56")
	case "Pairing":
		return show("ID id", "JS-CITY js_city_code", "JS-UNIT js_unit_code", "SN-CITY sn_city_code", "SN-COUNTY sn_county_code", "FROM valid_from", "TO valid_to", "CONFIDENCE confidence")
	case "Alliance":
		return show("ID id", "NAME name_*", "SIDE side", "HOME home")
	case "Member":
		return show("ID id", "NAME name_*", "SIDE side", "CLASS class", "DIVISION division_code", "CREDIT-CODE credit_code", "STATE state")
	case "Authority":
		return show("ID id", "NAME name_*", "JURISDICTION jurisdiction_kind", "CODES jurisdiction_codes")
	case "Grant":
		return show("ID id", "SELLER-ALLIANCE seller_alliance_id", "BUYER-ALLIANCE buyer_alliance_id", "FROM valid_from", "TO valid_to", "REVOKED revoke_time")
	case "Mandate":
		return show("ID id", "PRODUCER producer_member_id", "AGENT agent_member_id", "FROM valid_from", "TO valid_to", "REVOKED revoke_time")
	case "Issuer":
		return show("ID id", "URL url", "ALLIANCE alliance_id", "AUTHORITY authority_id", "JWKS-URL jwks_url", "DISABLED disabled")
	case "RoleAssignment":
		return show("ID id", "SUBJECT subject", "ROLE role", "MEMBER member_id", "ISSUER issuer_id")
	}
	return chosenTradeColumns(message)
}

func chosenTradeColumns(message protoreflect.Name) []column {
	switch message {
	case "Product":
		return show("ID id", "NAME name_*", "CATEGORY category", "ORIGIN origin_code", "SALES-UNIT sales_unit", "UNIT-QTY unit_quantity", "BASE base_unit", "REF-PRICE reference_price_fen")
	case "Certificate":
		return show("ID id", "NUMBER number", "SCHEME scheme", "ORIGIN origin_code", "ANNUAL-QTY annual_quantity", "ANNUAL-VALUE annual_value_fen", "FROM valid_from", "TO valid_to", "STATE state")
	case "Lot":
		return show("ID id", "CODE code", "PRODUCT product_id", "ORIGIN origin_code", "PRODUCED produced_on", "QTY quantity", "STATE state", "REASON state_reason")
	case "Sampling":
		return show("ID id", "SAMPLED sampled_on", "ITEM item", "PASSED passed", "REPORT report_number", "AUTHORITY authority_id")
	case "Offer":
		return show("ID id", "NAME name_*", "SALES-UNIT sales_unit", "PRICE price_fen", "BASIS price_basis", "OFFERED quantity", "REMAINING remaining_quantity", "BASE base_unit", "SEASON-TO season_to", "STATE state")
	case "Order":
		return show("ID id", "OFFER offer_id", "QTY quantity", "AMOUNT amount_fen", "ACCEPTED accepted_amount_fen", "PAID paid_amount_fen", "DIRECTION direction", "DELIVER-BY deliver_by", "STATE state")
	case "Contract":
		return show("ID id", "VARIETY variety", "QTY quantity", "TOLERANCE tolerance_quantity", "FLOOR floor_price_fen", "DEPOSIT deposit_fen", "HELD deposit_held_fen", "SEASON-TO season_to", "STATE state", "REASON state_reason")
	case "Intent":
		return show("ID id", "FAIR fair", "DAY day", "QTY quantity", "VALUE value_fen", "BUYER buyer_member_id", "SELLER seller_member_id", "CONTRACT contract_id", "STATE state")
	case "PayerConsent":
		return show("ID id", "PAYER payer_member_id", "BUYER buyer_member_id", "LIMIT limit_fen", "USED used_fen", "FROM valid_from", "TO valid_to", "REVOKED revoke_time")
	case "IndexPrice":
		return show("DAY day", "PRICE price_fen", "SOURCE source", "RECORDED-BY recorded_by")
	case "Demand":
		return show("ID id", "TITLE title", "QTY quantity", "BASE base_unit", "DELIVER-BY deliver_by", "CLOSES close_time", "REVISION revision", "QUOTES quotes", "STATE state", "REASON state_reason")
	case "Quote":
		return show("ID id", "DEMAND demand_id", "REVISION revision", "SELLER seller_member_id", "PRODUCT product_id", "STATE state", "AWARDED awarded_quantity", "ORDER order_id", "REASON state_reason")
	case "GroupBuy":
		return show("ID id", "OFFER offer_id", "TITLE title", "MINIMUM minimum_quantity", "JOINED joined_quantity", "MEMBERS members", "CLOSES close_time", "STATE state", "REASON state_reason")
	case "GroupJoin":
		return show("GROUP group_id", "MEMBER member_id", "QTY quantity", "STATE state", "ORDER order_id", "REASON state_reason")
	case "StandingOrder":
		return show("ID id", "OFFER offer_id", "QTY quantity", "NEXT next_run", "UNTIL until", "RUNS runs", "ORDERS orders", "ORDERED ordered_quantity", "CAP cap_quantity", "CAP-CNY cap_fen", "STATE state", "REASON state_reason")
	case "StandingRun":
		return show("STANDING standing_order_id", "NO number", "PLANNED planned", "MADE made_on", "STATE state", "QTY quantity", "ORDERED ordered_quantity", "ORDER order_id", "REASONS reasons")
	case "StandingRunEvent":
		return show("TIME time", "KIND kind", "STANDING run.standing_order_id", "NO run.number", "PLANNED run.planned", "STATE run.state", "ORDER run.order_id")
	case "ReliefDeclaration":
		return show("ID id", "ZONE zone_code", "OFFER offer_id", "STOCK-DAYS days_of_stock", "BEFORE before_price_fen", "PRICE price_fen", "DROP drop_basis_points", "FROM from", "UNTIL until", "STATE state", "REASON state_reason")
	case "ReliefZone":
		return show("ZONE zone_code", "UNIT base_unit", "DECLARED declared", "IN-FORCE in_force", "ORDERS orders", "QTY quantity", "AMOUNT amount_fen", "ACCEPTED-QTY accepted_quantity", "ACCEPTED accepted_fen")
	case "ReliefEvent":
		return show("TIME time", "KIND kind", "ID declaration.id", "OFFER declaration.offer_id", "PRICE declaration.price_fen", "DROP declaration.drop_basis_points", "UNTIL declaration.until", "STATE declaration.state")
	case "DemandEvent":
		return show("TIME time", "KIND kind", "DEMAND demand.id", "TITLE demand.title", "REVISION demand.revision", "STATE demand.state", "QUOTES demand.quotes", "REASON demand.state_reason")
	case "Dispute":
		return show("ID id", "ORDER order_id", "CLAIMED-QTY quantity", "CLAIMED amount_fen", "BACK-QTY refunded_quantity", "BACK refunded_amount_fen", "STATE state", "REASON reason")
	case "SettlementCycle":
		return show("ID id", "FROM from", "TO to", "STATE state", "SELLER-ALLIANCE seller_alliance_id", "BUYER-ALLIANCE buyer_alliance_id", "REASON state_reason")
	case "Obligation":
		return show("MEMBER member_id", "SIDE side", "ORDERS orders", "ACCEPTED accepted_fen", "PAID paid_fen", "NET net_fen")
	case "Difference":
		return show("DIFFERENCE kind", "AMOUNT amount_fen", "MEMBER member_id", "ORDER order_id", "BANK-LINE bank_line_id")
	case "Instruction":
		return show("INSTRUCTION payment_reference", "MEMBER member_id", "AMOUNT amount_fen", "STATE state", "BANK-LINE bank_line_id")
	case "StatementLine":
		return show("ORDER order_id", "ACCEPTED-AT accept_time", "STATE state", "ACCEPTED accepted_fen", "BACK refunded_fen", "PAID paid_fen", "DUE due_fen", "INVOICES invoices")
	case "AgeingRow":
		return show("BUYER buyer_member_id", "SELLER-ALLIANCE seller_alliance_id", "ORDERS orders", "0-30 days_30_fen", "31-60 days_60_fen", "61-90 days_90_fen", "OLDER older_fen", "TOTAL total_fen", "OLDEST oldest")
	case "Invoice":
		return show("NUMBER number", "AMOUNT amount_fen", "TAX-BP tax_rate_basis_points", "ISSUED issued_on", "ORDER order_id")
	case "BankStatement":
		return show("ID id", "ACCOUNT account", "STATEMENT statement", "OPENING opening_balance_fen", "CLOSING closing_balance_fen", "LINES lines", "IMPORTED import_time")
	case "BankLine":
		return show("ID id", "REFERENCE reference", "BOOKED booked", "FLOW flow", "AMOUNT amount_fen", "COUNTERPARTY counterparty", "STATE state", "MISMATCH mismatch", "ORDER order_id", "CONTRACT contract_id")
	case "ReservePlan":
		return show("ID id", "UNIT unit_member_id", "YEAR year", "CANTEEN canteen", "BUDGET budget_fen", "RATE rate_basis_points", "TARGET target_fen", "STATE state")
	case "SpendingLimit":
		return show("ID id", "MEMBER member_id", "SUBJECT subject", "PER-ORDER per_order_fen", "PER-MONTH per_month_fen", "PER-YEAR per_year_fen", "APPROVAL-ABOVE approval_above_fen", "FROM valid_from", "TO valid_to", "ENDED end_time")
	case "ReserveConsent":
		return show("PLAN reserve_plan_id", "FILED-BY unit_member_id", "YEAR year", "ASKED member_id", "STATE state", "REASON reason", "ANSWERED answer_time")
	case "Period":
		return show("ID id", "STATE state", "FROM first_day", "TO last_day", "POSITION position", "SOFT-CLOSED soft_close_time", "CLOSED close_time")
	case "Submission":
		return show("PERIOD id", "POSITION position", "BYTES size_bytes", "SHA256 sha256", "CREATED create_time")
	case "OfferEvent":
		return show("TIME time", "KIND kind", "OFFER offer.id", "NAME offer.name_*", "STATE offer.state", "REMAINING offer.remaining_quantity", "REASON offer.state_reason")
	case "OrderEvent":
		return show("TIME time", "KIND kind", "ORDER order.id", "STATE order.state", "QTY order.quantity", "AMOUNT order.amount_fen", "REASON order.state_reason")
	case "Transaction":
		return show("ID id", "TIME time", "KIND kind", "ORDER order_id", "REVERSES reverses_id", "ENTRIES entries", "ADJUSTS adjusts", "MEMO memo")
	case "Rule":
		return show("CODE code", "RULE title", "BINDS binds", "SOURCE source", "FILE file", "LINE line", "NAME name")
	case "Decision":
		return show("TIME time", "ACTION action", "ALLOW allow", "DENIALS denials", "ACTOR actor_id", "SUBJECT subject", "ID id")
	case "Target":
		return show("ID id", "KIND unit_kind", "UNIT unit", "YEAR year", "DIRECTION direction", "MEASURE measure", "VERSION version", "TARGET amount_fen", "DECIDED decided_on", "DOCUMENT document")
	case "TargetProgress":
		return show("KIND target.unit_kind", "UNIT target.unit", "YEAR target.year", "DIRECTION target.direction", "MEASURE target.measure", "VERSION target.version", "TARGET target.amount_fen", "ACTUAL actual_fen", "REACHED reached_basis_points", "ORDERS orders")
	case "VolumeEntry":
		return show("TIME entry.time", "ORDER entry.order_id", "TRANSACTION entry.transaction_id", "LINE entry.line", "POSITION position", "MEASURE entry.measure", "MEASURED entry.measure_fen", "COUNTS-ORDER counts_order")
	case "Entry":
		return show("TIME time", "TRANSACTION transaction_id", "LINE line", "ACCOUNT account_kind", "OWNER account_owner", "AMOUNT amount_fen", "MEASURE measure", "MEASURED measure_fen", "DIRECTION direction", "ORDER order_id")
	}
	return nil
}

// show reads columns written as "TITLE path".
func show(columns ...string) []column {
	list := make([]column, len(columns))
	for i, c := range columns {
		list[i].title, list[i].path, _ = strings.Cut(c, " ")
	}
	return list
}

// csvColumns are all fields of a message type in their order, those of messages
// in it included. Lists of messages show their number.
func csvColumns(of protoreflect.MessageDescriptor, prefix string) []column {
	var columns []column
	fields := of.Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		path := prefix + string(f.Name())
		if isNested(f) {
			columns = append(columns, csvColumns(f.Message(), path+".")...)
			continue
		}
		columns = append(columns, column{path: path})
	}
	return columns
}

// isNested says whether a field is a message with columns of its own.
func isNested(f protoreflect.FieldDescriptor) bool {
	return f.Message() != nil && !f.IsList() && !f.IsMap() && f.Message().FullName() != "google.protobuf.Timestamp"
}

// csvRows are the rows that CSV makes of an answer: its list, or the one thing
// that it is about.
func csvRows(m proto.Message) ([]protoreflect.Message, protoreflect.MessageDescriptor) {
	if f := listField(m); f != nil {
		return messagesOf(m.ProtoReflect(), f), f.Message()
	}
	one := unwrap(m.ProtoReflect())
	return []protoreflect.Message{one}, one.Descriptor()
}
