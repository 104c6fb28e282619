package ctl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

const day = " --valid-from 2026-01-01 --valid-to 2026-12-31"

// calls says for each command line which method it calls with which request,
// apart from the request id.
var calls = []struct{ line, method, in string }{
	{"whoami", "WhoAmI", `{}`},
	{"directory divisions --parent 610000 --on 2026-01-01", "ListDivisions", `{"parent":"610000","on":"2026-01-01"}`},
	{"directory division 610925", "GetDivision", `{"code":"610925"}`},
	{"directory pairings", "ListPairings", `{}`},
	{"directory alliances --side buyer", "ListAlliances", `{"side":"SIDE_BUYER"}`},
	{"directory alliance create --name-zh 苏 --name-en Su --side SELLER --home 61", "CreateAlliance", `{"nameZh":"苏","nameEn":"Su","side":"SIDE_SELLER","home":"61"}`},
	{"directory alliance get A", "GetAlliance", `{"id":"A"}`},
	{"directory members --alliance A", "ListMembers", `{"allianceId":"A"}`},
	{"directory member admit --alliance A --credit-code C --name-zh 校 --class budget-unit-school --division 320102", "AdmitMember", `{"allianceId":"A","creditCode":"C","nameZh":"校","class":"MEMBER_CLASS_BUDGET_UNIT_SCHOOL","divisionCode":"320102"}`},
	{"directory member get M", "GetMember", `{"id":"M"}`},
	{"directory member suspend M --reason r", "SuspendMember", `{"id":"M","reason":"r"}`},
	{"directory member reinstate M --reason r", "ReinstateMember", `{"id":"M","reason":"r"}`},
	{"directory authorities", "ListAuthorities", `{}`},
	{"directory authority create --name-zh 局 --jurisdiction pair --code 320500,610100", "CreateAuthority", `{"nameZh":"局","jurisdictionKind":"JURISDICTION_KIND_PAIR","jurisdictionCodes":["320500","610100"]}`},
	{"directory authority get A", "GetAuthority", `{"id":"A"}`},
	{"directory grants", "ListGrants", `{}`},
	{"directory grant create --seller-alliance S --buyer-alliance B", "CreateGrant", `{"sellerAllianceId":"S","buyerAllianceId":"B"}`},
	{"directory grant get G", "GetGrant", `{"id":"G"}`},
	{"directory grant revoke G --reason r", "RevokeGrant", `{"id":"G","reason":"r"}`},
	{"directory mandates", "ListMandates", `{}`},
	{"directory mandate create --producer P --agent A" + day, "CreateMandate", `{"producerMemberId":"P","agentMemberId":"A","validFrom":"2026-01-01","validTo":"2026-12-31"}`},
	{"directory mandate get M", "GetMandate", `{"id":"M"}`},
	{"directory mandate revoke M --reason r", "RevokeMandate", `{"id":"M","reason":"r"}`},
	{"directory issuers", "ListIssuers", `{}`},
	{"directory issuer register --url https://i --alliance A --jwks-url https://k", "RegisterIssuer", `{"url":"https://i","allianceId":"A","jwksUrl":"https://k"}`},
	{"directory issuer get I", "GetIssuer", `{"id":"I"}`},
	{"directory issuer replace-keys I --jwks-url https://k", "ReplaceIssuerKeys", `{"id":"I","jwksUrl":"https://k"}`},
	{"directory issuer disable I --reason r", "DisableIssuer", `{"id":"I","reason":"r"}`},
	{"reserves list --year 2026 --state filed", "ListReservePlans", `{"year":2026,"state":"RESERVE_PLAN_STATE_FILED"}`},
	{"reserves file --year 2026 --canteen outsourced --budget 120000.5 --rate 1000 --buyer M,N", "FileReservePlan", `{"year":2026,"canteen":"CANTEEN_OUTSOURCED","budgetFen":"12000050","rateBasisPoints":1000,"buyerMemberIds":["M","N"]}`},
	{"reserves consents --plan R --state asked", "ListReserveConsents", `{"reservePlanId":"R","state":"CONSENT_STATE_ASKED"}`},
	{"reserves consent R", "ConsentReservePlan", `{"id":"R"}`},
	{"reserves decline R --reason r", "DeclineReservePlan", `{"id":"R","reason":"r"}`},
	{"limits list --member M", "ListSpendingLimits", `{"memberId":"M"}`},
	{"limits set --member M --issuer I --subject s --per-order 1 --per-month 2.5 --per-year 30 --approval-above 4" + day, "SetSpendingLimit", `{"memberId":"M","issuerId":"I","subject":"s","perOrderFen":"100","perMonthFen":"250","perYearFen":"3000","approvalAboveFen":"400","validFrom":"2026-01-01","validTo":"2026-12-31"}`},
	{"limits get L", "GetSpendingLimit", `{"id":"L"}`},
	{"limits end L --reason r", "EndSpendingLimit", `{"id":"L","reason":"r"}`},
	{"orders approve O", "ApproveOrder", `{"id":"O"}`},
	{"orders decline O --reason r", "DeclineOrder", `{"id":"O","reason":"r"}`},
	{"orders pending", "ListOrders", `{"state":"ORDER_STATE_PENDING_APPROVAL"}`},
	{"reserves get R", "GetReservePlan", `{"id":"R"}`},
	{"reports ageing", "GetAgeing", `{}`},
	{"reports mismatches", "ListSettlementCycles", `{"state":"CYCLE_STATE_MISMATCH"}`},
	{"reserves progress R", "GetReserveProgress", `{"id":"R"}`},
	{"reserves withdraw R --reason r", "WithdrawReservePlan", `{"id":"R","reason":"r"}`},
	{"orders place --offer O --quantity 5 --purpose union-welfare --reserve-plan R", "PlaceOrder", `{"offerId":"O","quantity":"5","purpose":"PURPOSE_UNION_WELFARE","reservePlanId":"R"}`},
	{"periods list --year 2026 --state soft-closed", "ListPeriods", `{"year":2026,"state":"PERIOD_STATE_SOFT_CLOSED"}`},
	{"periods get 2026", "GetPeriod", `{"id":"2026"}`},
	{"periods soft-close 2026-11", "SoftClosePeriod", `{"id":"2026-11"}`},
	{"periods reopen 2026-11 --reason r", "ReopenPeriod", `{"id":"2026-11","reason":"r"}`},
	{"periods close 2026-11", "ClosePeriod", `{"id":"2026-11"}`},
	{"orders accept O --accepted 5 --accepted-on 2026-10-31", "AcceptOrder", `{"id":"O","acceptedQuantity":"5","acceptedOn":"2026-10-31"}`},
	{"orders pay O --amount 1 --bank-reference B --paid-on 2026-10-31", "RecordPayment", `{"id":"O","amountFen":"100","bankReference":"B","paidOn":"2026-10-31"}`},
	{"targets list --year 2026 --unit-kind pairing --unit 320402-610928", "ListTargets", `{"year":2026,"unitKind":"TARGET_UNIT_KIND_PAIRING","unit":"320402-610928"}`},
	{"targets set --unit-kind county --unit 610981 --year 2026 --amount 1.5 --decided-on 2026-01-02 --document d --direction js-to-sn --measure settled", "SetTarget", `{"unitKind":"TARGET_UNIT_KIND_COUNTY","unit":"610981","year":2026,"amountFen":"150","decidedOn":"2026-01-02","document":"d","direction":"DIRECTION_JS_TO_SN","measure":"MEASURE_SETTLED"}`},
	{"targets get T", "GetTarget", `{"id":"T"}`},
	{"targets progress --year 2021 --as-of 7", "GetTargetProgress", `{"year":2021,"asOfPosition":"7"}`},
	{"reports county-products --from 2026-01-01 --to 2026-12-31", "RunReport", `{"report":"REPORT_COUNTY_PRODUCTS","from":"2026-01-01","to":"2026-12-31","pageSize":500}`},
	{"reports classes-channels --page-size 7", "RunReport", `{"report":"REPORT_CLASSES_CHANNELS","pageSize":7}`},
	{"reports certificates --ending-in 30", "RunReport", `{"report":"REPORT_CERTIFICATES","endingInDays":30,"pageSize":500}`},
	{"reports assessment --year 2026", "RunReport", `{"report":"REPORT_ASSESSMENT","year":2026,"pageSize":500}`},
	{"reports volume --group-by month", "QueryVolumes", `{"groupBy":["DIMENSION_MONTH"]}`},
	{"reports targets --year 2026", "GetTargetProgress", `{"year":2026}`},
	{"submissions create 2026-11", "CreateSubmission", `{"id":"2026-11"}`},
	{"submissions get 2026-11", "GetSubmission", `{"id":"2026-11"}`},
	{"submissions list", "ListSubmissions", `{}`},
	{"submissions download 2026-11 --file -", "DownloadSubmission", `{"id":"2026-11"}`},
	{"directory roles", "ListRoles", `{}`},
	{"directory role assign --issuer I --subject s --member M --role buyer_member", "AssignRole", `{"issuerId":"I","subject":"s","memberId":"M","role":"ROLE_BUYER_MEMBER"}`},
	{"directory role revoke R", "RevokeRole", `{"id":"R"}`},

	{"products list --producer M --search 毛尖", "ListProducts", `{"producerMemberId":"M","query":"毛尖"}`},
	{"products get P", "GetProduct", `{"id":"P"}`},
	{"products create --name-zh 茶 --category tea --origin 610925 --base-unit g --sales-unit box --unit-quantity 500 --reference-price 12.5", "CreateProduct", `{"nameZh":"茶","category":"CATEGORY_TEA","originCode":"610925","baseUnit":"BASE_UNIT_G","salesUnit":"box","unitQuantity":"500","referencePriceFen":"1250"}`},
	{"certificates list --product P --state in-force", "ListCertificates", `{"productId":"P","state":"CERTIFICATE_STATE_IN_FORCE"}`},
	{"certificates get C", "GetCertificate", `{"id":"C"}`},
	{"certificates create --product P --scheme consumption-aid-2024 --number N --annual-quantity 9 --annual-value-fen 8 --households 7" + day, "CreateCertificate", `{"productId":"P","scheme":"SCHEME_CONSUMPTION_AID_2024","number":"N","annualQuantity":"9","annualValueFen":"8","householdsBenefited":7,"validFrom":"2026-01-01","validTo":"2026-12-31"}`},
	{"certificates submit C", "SubmitCertificate", `{"id":"C"}`},
	{"certificates approve C", "ApproveCertificate", `{"id":"C"}`},
	{"certificates publicise C", "PubliciseCertificate", `{"id":"C"}`},
	{"certificates enforce C", "EnforceCertificate", `{"id":"C"}`},
	{"certificates suspend C --reason r", "SuspendCertificate", `{"id":"C","reason":"r"}`},
	{"certificates reinstate C --reason r", "ReinstateCertificate", `{"id":"C","reason":"r"}`},
	{"certificates revoke C --reason r", "RevokeCertificate", `{"id":"C","reason":"r"}`},

	{"demands list --state closed --category tea", "ListDemands", `{"state":"DEMAND_STATE_CLOSED","category":"CATEGORY_TEA"}`},
	{"demands get D", "GetDemand", `{"id":"D"}`},
	{"demands amend D --quantity 5 --reason r", "AmendDemand", `{"id":"D","quantity":"5","reason":"r"}`},
	{"demands cancel D --reason r", "CancelDemand", `{"id":"D","reason":"r"}`},
	{"demands receipt D", "GetDemandReceipt", `{"id":"D"}`},
	{"quotes list --demand D --state sealed", "ListQuotes", `{"demandId":"D","state":"QUOTE_STATE_SEALED"}`},
	{"groups list --state open", "ListGroupBuys", `{"state":"GROUP_BUY_STATE_OPEN"}`},
	{"groups get G", "GetGroupBuy", `{"id":"G"}`},
	{"groups open --offer O --title t --minimum 9 --closes 2026-12-01T00:00:00Z", "OpenGroupBuy", `{"offerId":"O","title":"t","minimumQuantity":"9","closeTime":"2026-12-01T00:00:00Z"}`},
	{"groups join G --quantity 5 --purpose staff", "JoinGroupBuy", `{"id":"G","quantity":"5","purpose":"PURPOSE_STAFF"}`},
	{"groups leave G", "LeaveGroupBuy", `{"id":"G"}`},
	{"groups joins --group G", "ListGroupJoins", `{"groupId":"G"}`},
	{"groups cancel G --reason r", "CancelGroupBuy", `{"id":"G","reason":"r"}`},
	{"standing list --state paused", "ListStandingOrders", `{"state":"STANDING_ORDER_STATE_PAUSED"}`},
	{"standing get S", "GetStandingOrder", `{"id":"S"}`},
	{"standing set --offer O --follow --quantity 9 --weekdays 1,4 --until 2027-12-01 --cap 90", "SetStandingOrder", `{"offerId":"O","follow":true,"quantity":"9","recurrence":{"weekdays":[1,4]},"until":"2027-12-01","capFen":"9000"}`},
	{"standing amend S --quantity 5 --day-of-month 31", "AmendStandingOrder", `{"id":"S","quantity":"5","recurrence":{"dayOfMonth":31}}`},
	{"standing amend S --cap-quantity 5", "AmendStandingOrder", `{"id":"S","capQuantity":"5"}`},
	{"standing pause S --reason r", "PauseStandingOrder", `{"id":"S","reason":"r"}`},
	{"standing resume S", "ResumeStandingOrder", `{"id":"S"}`},
	{"standing cancel S --reason r", "CancelStandingOrder", `{"id":"S","reason":"r"}`},
	{"relief list --offer O --in-force", "ListReliefDeclarations", `{"offerId":"O","inForce":true}`},
	{"relief get R", "GetReliefDeclaration", `{"id":"R"}`},
	{"relief declare --offer O --before P --days-of-stock 40 --until 2026-12-01", "DeclareRelief", `{"offerId":"O","beforeOfferId":"P","daysOfStock":40,"until":"2026-12-01"}`},
	{"relief amend R --until 2026-12-01", "AmendRelief", `{"id":"R","until":"2026-12-01"}`},
	{"relief withdraw R --reason r", "WithdrawRelief", `{"id":"R","reason":"r"}`},
	{"relief zones --from 2026-01-01 --level province", "GetReliefZones", `{"from":"2026-01-01","level":"RELIEF_ZONE_LEVEL_PROVINCE"}`},
	{"orders list --relief R", "ListOrders", `{"reliefId":"R"}`},
	{"standing runs --standing S --state denied", "ListStandingRuns", `{"standingOrderId":"S","state":"STANDING_RUN_STATE_DENIED"}`},
	{"quotes get Q", "GetQuote", `{"id":"Q"}`},
	{"quotes withdraw Q --reason r", "WithdrawQuote", `{"id":"Q","reason":"r"}`},
	{"quotes receipt Q", "GetQuoteReceipt", `{"id":"Q"}`},
	{"lots list --product P --state blocked", "ListLots", `{"productId":"P","state":"LOT_STATE_BLOCKED"}`},
	{"lots get L", "GetLot", `{"id":"L"}`},
	{"lots create --product P --certificate C --code N --produced-on 2026-01-01 --quantity 9", "CreateLot", `{"productId":"P","certificateId":"C","code":"N","producedOn":"2026-01-01","quantity":"9"}`},
	{"lots sample L --sampled-on 2026-01-02 --item pesticide --passed=false --report R", "RecordSampling", `{"id":"L","sampledOn":"2026-01-02","item":"pesticide","reportNumber":"R"}`},
	{"lots sample L --sampled-on 2026-01-02 --item pesticide --passed --report R", "RecordSampling", `{"id":"L","sampledOn":"2026-01-02","item":"pesticide","passed":true,"reportNumber":"R"}`},
	{"lots samplings L", "ListSamplings", `{"id":"L"}`},
	{"lots block L --reason r", "BlockLot", `{"id":"L","reason":"r"}`},
	{"lots release L --reason r", "ReleaseLot", `{"id":"L","reason":"r"}`},

	{"offers list --state published --category fresh_fruit --origin 610925 --seller M", "ListOffers", `{"state":"OFFER_STATE_PUBLISHED","category":"CATEGORY_FRESH_FRUIT","originCode":"610925","sellerMemberId":"M"}`},
	{"offers get O", "GetOffer", `{"id":"O"}`},
	{"offers create --product P --certificate C --lot L --quantity 100 --moq 10 --price-fen 1230 --season-from 2026-01-01 --season-to 2026-02-01 --lead-days 3 --auto-confirm", "CreateOffer", `{"productId":"P","certificateId":"C","lotId":"L","quantity":"100","moqQuantity":"10","priceBasis":"PRICE_BASIS_PER_SALES_UNIT","priceFen":"1230","seasonFrom":"2026-01-01","seasonTo":"2026-02-01","leadDays":3,"autoConfirm":true}`},
	{"offers publish O", "PublishOffer", `{"id":"O"}`},
	{"offers pause O", "PauseOffer", `{"id":"O"}`},
	{"offers resume O", "ResumeOffer", `{"id":"O"}`},
	{"offers withdraw O --reason r", "WithdrawOffer", `{"id":"O","reason":"r"}`},

	{"contracts list --state in-force", "ListContracts", `{"state":"CONTRACT_STATE_IN_FORCE"}`},
	{"contracts get F", "GetContract", `{"id":"F"}`},
	{"contracts propose --buyer B --product P --certificate C --variety v --season-from 2026-01-01 --season-to 2026-02-01 --lead-days 3 --deliver 2026-01-05=10 --deliver 2026-01-09=20 --tolerance 500 --floor-price 1.2 --index i --deposit 5 --deposit-release at-end", "ProposeContract", `{"buyerMemberId":"B","productId":"P","certificateId":"C","variety":"v","seasonFrom":"2026-01-01","seasonTo":"2026-02-01","leadDays":3,"schedule":[{"day":"2026-01-05","quantity":"10"},{"day":"2026-01-09","quantity":"20"}],"toleranceBasisPoints":500,"floorPriceFen":"120","index":"i","depositFen":"500","depositRelease":"DEPOSIT_RELEASE_AT_END"}`},
	{"contracts sign F", "SignContract", `{"id":"F"}`},
	{"contracts decline F --reason r", "DeclineContract", `{"id":"F","reason":"r"}`},
	{"contracts call-off F --quantity 9 --consignee 320115 --deliver-by 2026-01-05 --reserve --purpose staff --reserve-plan R", "CallOffContract", `{"id":"F","quantity":"9","consigneeCode":"320115","deliverBy":"2026-01-05","reserve":true,"purpose":"PURPOSE_STAFF","reservePlanId":"R"}`},
	{"contracts record-index F --day 2026-01-05 --price 6.5 --source s", "RecordIndexPrice", `{"id":"F","day":"2026-01-05","priceFen":"650","source":"s"}`},
	{"contracts index-prices F", "ListIndexPrices", `{"id":"F"}`},
	{"contracts claim F --kind force-majeure --reason r", "ClaimContract", `{"id":"F","kind":"CLAIM_KIND_FORCE_MAJEURE","reason":"r"}`},
	{"contracts resolve F --outcome upheld --reason r", "ResolveContractClaim", `{"id":"F","outcome":"CLAIM_STATE_UPHELD","reason":"r"}`},

	{"intents list --state recorded --fair f", "ListIntents", `{"state":"INTENT_STATE_RECORDED","fair":"f"}`},
	{"intents get I", "GetIntent", `{"id":"I"}`},
	{"intents record --fair f --day 2026-01-01 --buyer B --seller S --product P --quantity 9 --value 1.5 --note n", "RecordIntent", `{"fair":"f","day":"2026-01-01","buyerMemberId":"B","sellerMemberId":"S","productId":"P","quantity":"9","valueFen":"150","note":"n"}`},
	{"intents match I --contract F", "MatchIntent", `{"id":"I","contractId":"F"}`},
	{"intents withdraw I --reason r", "WithdrawIntent", `{"id":"I","reason":"r"}`},

	{"orders payers list", "ListPayerConsents", `{}`},
	{"orders payers consent --buyer B --up-to 12.5 --from 2026-01-01 --to 2026-12-31", "GivePayerConsent", `{"buyerMemberId":"B","limitFen":"1250","validFrom":"2026-01-01","validTo":"2026-12-31"}`},
	{"orders payers revoke 32-c", "RevokePayerConsent", `{"id":"32-c"}`},
	{"orders pay-donation O --bank-reference r", "PayDonation", `{"id":"O","bankReference":"r"}`},
	{"orders place --offer O --quantity 9 --payer P --consignee-name n --donation 1.5 --pair t --pair u", "PlaceOrder", `{"offerId":"O","quantity":"9","payerMemberId":"P","consigneeName":"n","donationFen":"150","pairTags":["t","u"]}`},

	{"orders list --state shipped --offer O", "ListOrders", `{"state":"ORDER_STATE_SHIPPED","offerId":"O"}`},
	{"orders get O", "GetOrder", `{"id":"O"}`},
	{"orders place --offer O --quantity 100 --consignee 320102 --deliver-by 2026-02-01 --reserve --channel hall", "PlaceOrder", `{"offerId":"O","quantity":"100","consigneeCode":"320102","deliverBy":"2026-02-01","reserve":true,"channel":"CHANNEL_HALL"}`},
	{"orders confirm O", "ConfirmOrder", `{"id":"O"}`},
	{"orders ship O --waybill W", "ShipOrder", `{"id":"O","waybill":"W"}`},
	{"orders deliver O", "DeliverOrder", `{"id":"O"}`},
	{"orders accept O --accepted 98 --rejected 1 --short 1 --reason r", "AcceptOrder", `{"id":"O","acceptedQuantity":"98","rejectedQuantity":"1","shortQuantity":"1","reason":"r"}`},
	{"orders cancel O --reason r", "CancelOrder", `{"id":"O","reason":"r"}`},
	{"orders pay O --amount 12.34 --bank-reference B", "RecordPayment", `{"id":"O","amountFen":"1234","bankReference":"B"}`},
	{"orders dispute O --quantity 2000 --amount 100 --reason r", "DisputeOrder", `{"id":"O","quantity":"2000","amountFen":"10000","reason":"r"}`},
	{"orders resolve O --outcome split --refund 50.5 --refund-quantity 1000 --reason r", "ResolveDispute", `{"id":"O","outcome":"DISPUTE_STATE_SPLIT","refundFen":"5050","refundQuantity":"1000","reason":"r"}`},
	{"orders refund O --amount 50.5 --bank-reference B", "RecordRefund", `{"id":"O","amountFen":"5050","bankReference":"B"}`},
	{"orders disputes --state open --order O", "ListDisputes", `{"state":"DISPUTE_STATE_OPEN","orderId":"O"}`},
	{"orders get-dispute D", "GetDispute", `{"id":"D"}`},
	{"orders events O", "ListOrderEvents", `{"id":"O"}`},

	{"settlement import --file testdata/bank.csv", "ImportStatement", `{"format":"BANK_FILE_FORMAT_CSV","content":"U1RBVEVNRU5UCg=="}`},
	{"settlement bank-statements --account A", "ListBankStatements", `{"account":"A"}`},
	{"settlement lines --state waiting --bank-statement S --order O", "ListBankLines", `{"state":"BANK_LINE_STATE_WAITING","statementId":"S","orderId":"O"}`},
	{"settlement match L --order O", "MatchBankLine", `{"id":"L","orderId":"O"}`},
	{"settlement return L --by M --reason r", "ReturnBankLine", `{"id":"L","byId":"M","reason":"r"}`},

	{"settlement cycles open --seller-alliance S --buyer-alliance B --from 2026-11-01 --to 2026-11-30", "OpenSettlementCycle", `{"sellerAllianceId":"S","buyerAllianceId":"B","from":"2026-11-01","to":"2026-11-30"}`},
	{"settlement cycles list --state mismatch --seller-alliance S --buyer-alliance B", "ListSettlementCycles", `{"state":"CYCLE_STATE_MISMATCH","sellerAllianceId":"S","buyerAllianceId":"B"}`},
	{"settlement cycles get C", "GetSettlementCycle", `{"id":"C"}`},
	{"settlement cycles match C", "MatchSettlementCycle", `{"id":"C"}`},
	{"settlement cycles adjust C --reason r", "AdjustSettlementCycle", `{"id":"C","reason":"r"}`},
	{"settlement cycles instruct C", "InstructSettlementCycle", `{"id":"C"}`},
	{"settlement cycles statement C M", "GetMemberStatement", `{"cycleId":"C","memberId":"M"}`},
	{"settlement ageing --as-of 2026-01-02", "GetAgeing", `{"asOf":"2026-01-01T16:00:00Z"}`},
	{"orders invoice O --number 24617000000000000001 --amount 620 --tax-rate 900 --issued-on 2026-11-25", "AttachInvoice", `{"id":"O","number":"24617000000000000001","amountFen":"62000","taxRateBasisPoints":900,"issuedOn":"2026-11-25"}`},
	{"orders invoices O", "ListInvoices", `{"orderId":"O"}`},

	{"policy rules no_grant", "ListRules", `{"code":"NO_GRANT","pageSize":100}`},
	{"policy decisions --from 2026-01-02 --to 2026-02-01T00:00:00Z --action order.place --actor M --denied --with-input", "ListDecisions", `{"from":"2026-01-01T16:00:00Z","to":"2026-02-01T00:00:00Z","action":"order.place","actorId":"M","deniedOnly":true,"withInput":true}`},
	{"policy rules --page-size 5", "ListRules", `{"pageSize":5}`},

	{"ledger transactions --order O --kind buyer-paid", "ListTransactions", `{"orderId":"O","kind":"TRANSACTION_KIND_BUYER_PAID"}`},
	{"ledger transaction T", "GetTransaction", `{"id":"T"}`},
	{"ledger entries --order O --account bank --owner exchange", "ListEntries", `{"orderId":"O","accountKind":"ACCOUNT_KIND_BANK","accountOwner":"exchange"}`},
	{"ledger balance --account clearing-buyer --owner M --as-of 2026-01-02", "GetBalance", `{"accountKind":"ACCOUNT_KIND_CLEARING_BUYER","accountOwner":"M","asOf":"2026-01-01T16:00:00Z"}`},
	{"ledger statement --account clearing_seller --from 2026-01-02T00:00:00Z --to 2026-02-01T08:00:00+08:00", "GetStatement", `{"accountKind":"ACCOUNT_KIND_CLEARING_SELLER","from":"2026-01-02T00:00:00Z","to":"2026-02-01T00:00:00Z"}`},
	{"ledger receipt T", "GetReceipt", `{"id":"T"}`},
	{"ledger checkpoint --size 7", "GetCheckpoint", `{"size":"7"}`},
	{"ledger consistency --from 7 --to 9", "GetConsistency", `{"fromSize":"7","toSize":"9"}`},
	{"ledger verify --key testdata/verifier.key", "ListSeals", `{"pageSize":500}`},
	{"ledger volumes --group-by month,buyer-county --group-by BUYER_CLASS --from 2026-01-01 --to 2026-12-31 --measure accepted --direction sn-to-js", "QueryVolumes", `{"groupBy":["DIMENSION_MONTH","DIMENSION_BUYER_COUNTY","DIMENSION_BUYER_CLASS"],"from":"2026-01-01","to":"2026-12-31","measure":"MEASURE_ACCEPTED","direction":"DIRECTION_SN_TO_JS"}`},
	{"ledger volumes --group-by pairing --as-of 7 --cell month=2026-11,direction=sn-to-js --cell buyer-class=soe --explain --year-ago --from 2026-01-01", "QueryVolumes", `{"groupBy":["DIMENSION_PAIRING"],"asOfPosition":"7","cell":{"month":"2026-11","direction":"SN_TO_JS","buyer_class":"SOE"},"explain":true,"compareYearAgo":true,"from":"2026-01-01"}`},
	{"ledger volumes --side-by-side --as-of 2026-01-02", "QueryVolumes", `{"groupBy":["DIMENSION_DIRECTION"],"asOf":"2026-01-01T16:00:00Z"}`},
	{"ledger volumes open --cell seller-county=610981 --measure settled --as-of 9 --to 2026-12-31", "OpenVolume", `{"cell":{"seller_county":"610981"},"measure":"MEASURE_SETTLED","asOfPosition":"9","to":"2026-12-31"}`},
}

// TestEveryCommandCallsItsMethod also shows that each answers in every format.
func TestEveryCommandCallsItsMethod(t *testing.T) {
	f := newFake(t)
	for _, tc := range calls {
		t.Run(tc.line, func(t *testing.T) {
			for _, format := range []string{"table", "json", "yaml", "csv"} {
				ok(t, append(words(tc.line), "-o", format)...)
			}
			got := f.last(t, tc.method).in
			want := got.ProtoReflect().New().Interface()
			must(t, protojson.Unmarshal([]byte(tc.in), want))
			if kindOf(got) == kindWrite {
				setText(want, "request_id", textOf(got, "request_id"))
			}
			if !proto.Equal(got, want) {
				t.Errorf("sent %v, want %v", got, want)
			}
		})
	}
}

func TestEveryMethodHasACommand(t *testing.T) {
	covered := map[string]bool{ // tested by themselves
		"WatchOffers": true, "WatchOrders": true, "Explain": true, "VerifySubmission": true, "ExportOCDS": true, "BatchPlaceOrders": true, "BatchAcceptDeliveries": true,
		"WatchDemands": true, "WatchStandingRuns": true, "WatchReliefDeclarations": true, "PostDemand": true, "SealQuote": true, "OpenQuotes": true, "AwardDemand": true,
	}
	for _, tc := range calls {
		covered[tc.method] = true
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("sushaan.exchange.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				if name := string(methods.Get(j).Name()); !covered[name] {
					t.Errorf("no command calls %s", name)
				}
			}
		}
		return true
	})
}

func TestWhatReachesTheServer(t *testing.T) {
	f := newFake(t)
	first := func(h heard, key string) string { return strings.Join(h.meta.Get(key), "|") }

	ok(t, "orders", "confirm", "O", "--request-id", "11111111-2222-4333-8444-555555555555", "--dry-run")
	h := f.last(t, "ConfirmOrder")
	in := h.in.(*pb.ConfirmOrderRequest)
	if in.GetRequestId() != "11111111-2222-4333-8444-555555555555" || !in.GetDryRun() {
		t.Errorf("sent %v", in)
	}
	if first(h, "authorization") != "Bearer tok-school" || first(h, "accept-language") != "" {
		t.Errorf("metadata %v", h.meta)
	}

	ids := map[string]bool{}
	for range 2 {
		ok(t, "orders", "confirm", "O")
		in = f.last(t, "ConfirmOrder").in.(*pb.ConfirmOrderRequest)
		ids[in.GetRequestId()] = true
		if len(in.GetRequestId()) != 36 || in.GetDryRun() {
			t.Errorf("sent %v", in)
		}
	}
	if len(ids) != 2 {
		t.Errorf("two writes had the ids %v", ids)
	}

	ok(t, "whoami", "--context", "farm")
	h = f.last(t, "WhoAmI")
	if first(h, "authorization") != "Bearer tok-farm" || first(h, "accept-language") != "zh-CN" {
		t.Errorf("metadata %v", h.meta)
	}

	file := filepath.Join(t.TempDir(), "t.jwt")
	must(t, os.WriteFile(file, []byte(" tok-file\n"), 0o600))
	ok(t, "whoami", "--context", "farm", "--token-file", file, "--lang", "en")
	h = f.last(t, "WhoAmI")
	if first(h, "authorization") != "Bearer tok-file" || first(h, "accept-language") != "en" {
		t.Errorf("metadata %v", h.meta)
	}

	t.Setenv(configEnv, filepath.Join(t.TempDir(), "none.yaml"))
	ok(t, "whoami", "--server", f.address, "--ca-file", f.ca)
	if h = f.last(t, "WhoAmI"); first(h, "authorization") != "" {
		t.Errorf("metadata %v", h.meta)
	}
}

func TestKeysFromAFile(t *testing.T) {
	f := newFake(t)
	file := filepath.Join(t.TempDir(), "keys.json")
	must(t, os.WriteFile(file, []byte(`{"keys":[]}`), 0o600))
	ok(t, "directory", "issuer", "register", "--url", "u", "--authority", "A", "--jwks-file", file)
	if in := f.last(t, "RegisterIssuer").in.(*pb.RegisterIssuerRequest); in.GetJwks() != `{"keys":[]}` || in.GetAuthorityId() != "A" {
		t.Errorf("sent %v", in)
	}
	if r := runWith(t, "KEYS", "directory", "issuer", "replace-keys", "I", "--jwks-file", "-"); r.exit != exitDone {
		t.Errorf("%+v", r)
	}
	if in := f.last(t, "ReplaceIssuerKeys").in.(*pb.ReplaceIssuerKeysRequest); in.GetJwks() != "KEYS" {
		t.Errorf("sent %v", in)
	}
	if r := run(t, "directory", "issuer", "replace-keys", "I", "--jwks-file", "/nowhere"); r.exit != exitFailed {
		t.Errorf("%+v", r)
	}
}
