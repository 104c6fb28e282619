package ctl

import (
	"encoding/csv"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func twoOffers() *pb.ListOffersResponse {
	return &pb.ListOffersResponse{Offers: []*pb.Offer{
		{
			Id: "61-a", NameZh: "平利绞股蓝茶", NameEn: "Jiaogulan tea, Pingli", Category: pb.Category_CATEGORY_TEA, SalesUnit: "盒",
			BaseUnit: pb.BaseUnit_BASE_UNIT_G, UnitQuantity: 500, Quantity: 100000, RemainingQuantity: 99500,
			PriceBasis: pb.PriceBasis_PRICE_BASIS_PER_SALES_UNIT, PriceFen: 12805, State: pb.OfferState_OFFER_STATE_PUBLISHED,
			SeasonTo: "2026-12-31",
		},
		{Id: "61-b", NameZh: "苹果", SalesUnit: "10 kg carton", PriceFen: 5, State: pb.OfferState_OFFER_STATE_DRAFT},
	}}
}

func TestTable(t *testing.T) {
	f := newFake(t)
	f.says("ListOffers", twoOffers())
	same(t, "table", ok(t, "offers", "list"), `
ID    NAME          SALES-UNIT     PRICE  BASIS           OFFERED  REMAINING  BASE  SEASON-TO   STATE
61-a  平利绞股蓝茶  盒            128.05  PER_SALES_UNIT   100000      99500  G     2026-12-31  PUBLISHED
61-b  苹果          10 kg carton    0.05                        0          0                    DRAFT
`[1:])
}

func TestTableAlignsChinese(t *testing.T) {
	out := layout([]string{"NAME", "STATE"}, [][]string{{"平利绞股蓝茶", "x"}, {"tea", "x"}, {"茶 A", "x"}}, nil)
	for line := range strings.Lines(strings.TrimSuffix(out, "\n")) {
		head := line[:strings.LastIndexAny(line, "Sx")]
		if text.StringWidth(head) != len("12 columns  ")+2 {
			t.Errorf("the second column of %q begins at %d", line, text.StringWidth(head))
		}
	}
}

func TestNamesInTheReadersLanguage(t *testing.T) {
	f := newFake(t)
	f.says("ListOffers", twoOffers())
	english := ok(t, "offers", "list", "--lang", "en")
	if !strings.Contains(english, "Jiaogulan tea, Pingli") || !strings.Contains(english, "苹果") {
		t.Errorf("English where there is any, Chinese where not:\n%s", english)
	}
}

func TestEmptyListIsAHeading(t *testing.T) {
	newFake(t)
	same(t, "table", ok(t, "directory", "alliances"), "ID  NAME  SIDE  HOME\n")
	same(t, "json", ok(t, "directory", "alliances", "-o", "json"), "{\n  \"alliances\": [],\n  \"nextPageToken\": \"\"\n}\n")
}

func TestTableIsSafeForTheTerminal(t *testing.T) {
	f := newFake(t)
	f.says("ListAlliances", &pb.ListAlliancesResponse{Alliances: []*pb.Alliance{{Id: "A", NameZh: "a\x1b[31m\nb\u202ec"}}})
	same(t, "table", ok(t, "directory", "alliances"), "ID  NAME        SIDE  HOME\nA   a [31m b c\n")
}

func TestOneThing(t *testing.T) {
	f := newFake(t)
	f.says("GetOrder", &pb.GetOrderResponse{Order: &pb.Order{
		Id: "61-o", Quantity: 1000, AmountFen: -1, State: pb.OrderState_ORDER_STATE_PLACED,
		Obligations: &pb.Obligations{Direction: pb.Direction_DIRECTION_SN_TO_JS, Collaboration: true},
		CreateTime:  &timestamppb.Timestamp{Seconds: 1764000000},
	}})
	out := ok(t, "orders", "get", "61-o")
	for _, want := range []string{
		"id                             61-o\n", "amount                         -0.01 CNY\n", "state                          PLACED\n",
		"obligations.direction          SN_TO_JS\n", "obligations.collaboration      yes\n", "create time                    2025-11-25T00:00:00+08:00\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if strings.Contains(out, "waybill") || strings.Contains(out, "hold until") {
		t.Errorf("fields without a value are shown:\n%s", out)
	}
}

func TestOneThingWithAList(t *testing.T) {
	f := newFake(t)
	entries := []*pb.Entry{
		{TransactionId: "61-t", Line: 1, AccountKind: pb.AccountKind_ACCOUNT_KIND_BANK, AccountOwner: "exchange", AmountFen: 1234567},
		{TransactionId: "61-t", Line: 2, AccountKind: pb.AccountKind_ACCOUNT_KIND_CLEARING_BUYER, AccountOwner: "M", AmountFen: -1234567},
	}
	f.says("GetTransaction", &pb.GetTransactionResponse{Transaction: &pb.Transaction{Id: "61-t", Entries: entries}})
	same(t, "table", ok(t, "ledger", "transaction", "61-t"), `
id  61-t

TIME  TRANSACTION  LINE  ACCOUNT         OWNER        AMOUNT  MEASURE  MEASURED  DIRECTION  ORDER
      61-t            1  BANK            exchange   12345.67               0.00
      61-t            2  CLEARING_BUYER  M         -12345.67               0.00
`[1:])

	f.says("GetStatement", &pb.GetStatementResponse{OpeningFen: 0, ClosingFen: -5, Entries: entries[:1]})
	out := ok(t, "ledger", "statement", "--account", "bank")
	if !strings.HasPrefix(out, "opening  0.00 CNY\nclosing  -0.05 CNY\n\nTIME ") {
		t.Errorf("statement:\n%s", out)
	}
}

func TestJSONAndYAML(t *testing.T) {
	f := newFake(t)
	f.says("GetBalance", &pb.GetBalanceResponse{BalanceFen: -12345, Currency: "CNY", AsOf: &timestamppb.Timestamp{Seconds: 1764000000}})
	same(t, "json", ok(t, "ledger", "balance", "--account", "bank", "-o", "json"), `
{
  "balanceFen": "-12345",
  "currency": "CNY",
  "asOf": "2025-11-24T16:00:00Z",
  "entries": "0"
}
`[1:])
	same(t, "yaml", ok(t, "ledger", "balance", "--account", "bank", "-o", "yaml"), `
balanceFen: "-12345"
currency: CNY
asOf: "2025-11-24T16:00:00Z"
entries: "0"
`[1:])

	f.says("GetDivision", &pb.GetDivisionResponse{Division: &pb.Division{Code: "610925", NameZh: "平利县", Note: "no: \"a\"\n- b"}})
	same(t, "yaml", ok(t, "directory", "division", "610925", "-o", "yaml"), `
division:
  code: "610925"
  nameZh: 平利县
  nameEn: ""
  level: 0
  parent: ""
  kind: ""
  validFrom: ""
  validTo: ""
  predecessors: []
  poverty56: false
  note: |-
    no: "a"
    - b
`[1:])
}

func TestCSV(t *testing.T) {
	f := newFake(t)
	name := "a,\"b\"\n茶"
	f.says("ListAlliances", &pb.ListAlliancesResponse{Alliances: []*pb.Alliance{
		{Id: "A", NameZh: name, Side: pb.Side_SIDE_BUYER, Home: "32", CreateTime: &timestamppb.Timestamp{Seconds: 1764000000, Nanos: 5e8}},
	}})
	out := ok(t, "directory", "alliances", "-o", "csv")
	same(t, "csv", out, "id,name_zh,name_en,side,home,create_time\r\n"+
		"A,\"a,\"\"b\"\"\r\n茶\",,BUYER,32,2025-11-24T16:00:00.5Z\r\n")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][1] != name {
		t.Errorf("read back: %q, %v", rows, err)
	}

	f.says("ListOffers", twoOffers())
	rows, err = csv.NewReader(strings.NewReader(ok(t, "offers", "list", "-o", "csv"))).ReadAll()
	must(t, err)
	for i, head := range rows[0] {
		if head == "price_fen" && rows[1][i] != "12805" {
			t.Errorf("CSV carries fen, not %s", rows[1][i])
		}
	}
}

func TestVolumes(t *testing.T) {
	f := newFake(t)
	f.says("QueryVolumes", &pb.QueryVolumesResponse{
		Volumes: []*pb.Volume{
			{Keys: map[string]string{"month": "2026-11", "direction": "SN_TO_JS"}, Measure: pb.Measure_MEASURE_ACCEPTED, AmountFen: 1254400, Orders: 1, Entries: 2, ShareBasisPoints: proto.Int64(9999)},
			{Keys: map[string]string{"month": "2026-11", "direction": "JS_TO_SN"}, Measure: pb.Measure_MEASURE_ACCEPTED, AmountFen: 99, Orders: 1, Entries: 2, ShareBasisPoints: proto.Int64(1)},
		},
		Totals: []*pb.Volume{{Measure: pb.Measure_MEASURE_ACCEPTED, AmountFen: 1254499, Orders: 2, Entries: 4}},
	})
	same(t, "table", ok(t, "ledger", "volumes", "--group-by", "month,direction"), `
MONTH    DIRECTION  MEASURE     AMOUNT    SHARE  ORDERS  ENTRIES
2026-11  SN_TO_JS   ACCEPTED  12544.00  99.99 %       1        2
2026-11  JS_TO_SN   ACCEPTED      0.99   0.01 %       1        2

TOTAL
MEASURE     AMOUNT  ORDERS  ENTRIES
ACCEPTED  12544.99       2        4
`[1:])
	same(t, "csv", ok(t, "ledger", "volumes", "--group-by", "direction,measure,month", "-o", "csv"),
		"direction,month,measure,amount_fen,share_basis_points,orders,entries\r\n"+
			"SN_TO_JS,2026-11,ACCEPTED,1254400,9999,1,2\r\nJS_TO_SN,2026-11,ACCEPTED,99,1,1,2\r\n")
	same(t, "both directions", ok(t, "ledger", "volumes", "--group-by", "month", "--side-by-side"), `
MONTH    MEASURE   SN_TO_JS 陕货进苏  JS_TO_SN 苏货入陕      BOTH
2026-11  ACCEPTED           12544.00               0.99  12544.99
`[1:])
	same(t, "both directions in CSV", ok(t, "ledger", "volumes", "--group-by", "month", "--side-by-side", "-o", "csv"),
		"month,measure,sn_to_js_fen,js_to_sn_fen,both_fen\r\n2026-11,ACCEPTED,1254400,99,1254499\r\n")
}

// Bars are to one scale: the largest is the longest, half of it half as long.
func TestAChartDrawsBothDirectionsByMonth(t *testing.T) {
	f := newFake(t)
	volume := func(month, direction string, measure pb.Measure, fen int64) *pb.Volume {
		return &pb.Volume{Keys: map[string]string{"month": month, "direction": direction}, Measure: measure, AmountFen: fen}
	}
	f.says("QueryVolumes", &pb.QueryVolumesResponse{Volumes: []*pb.Volume{
		volume("2026-11", "SN_TO_JS", pb.Measure_MEASURE_ACCEPTED, 1_000_000),
		volume("2026-11", "JS_TO_SN", pb.Measure_MEASURE_ACCEPTED, 500_000),
		volume("2026-12", "SN_TO_JS", pb.Measure_MEASURE_ACCEPTED, 1),
		volume("2026-12", "JS_TO_SN", pb.Measure_MEASURE_ACCEPTED, -20_000),
		volume("2026-12", "JS_TO_SN", pb.Measure_MEASURE_SETTLED, math.MaxInt64),
	}})
	same(t, "chart", ok(t, "ledger", "volumes", "--chart"), `
ACCEPTED, yuan by month
2026-11  SN_TO_JS 陕货进苏  10000.00  ████████████████████████████████████████████████
         JS_TO_SN 苏货入陕   5000.00  ████████████████████████
2026-12  SN_TO_JS 陕货进苏      0.01  ▏
         JS_TO_SN 苏货入陕   -200.00

SETTLED, yuan by month
2026-12  SN_TO_JS 陕货进苏                  0.00
         JS_TO_SN 苏货入陕  92233720368547758.07  ████████████████████████████████████████████████
`[1:])
	if in := f.last(t, "QueryVolumes").in.(*pb.QueryVolumesRequest); len(in.GetGroupBy()) != 2 {
		t.Errorf("asked %v", in)
	}
	f.says("QueryVolumes", &pb.QueryVolumesResponse{})
	same(t, "nothing", ok(t, "ledger", "volumes", "--chart"), "nothing to draw\n")
}

func TestVolumesExplainThemselvesAndCompareWithAYearAgo(t *testing.T) {
	f := newFake(t)
	f.says("QueryVolumes", &pb.QueryVolumesResponse{
		Volumes: []*pb.Volume{{Measure: pb.Measure_MEASURE_ACCEPTED, AmountFen: 150, YearAgoFen: proto.Int64(100), ChangeBasisPoints: proto.Int64(-5000)}},
		Explanation: &pb.Explanation{
			Terms: []*pb.Term{{Name: "ACCEPTED", TextEn: "accepted", TextZh: "验收"}}, PolicyRevision: "r1", Position: 7, Unsealed: 1,
			CheckpointSize: 8, CheckpointRoot: []byte("root"), Checkpoint: "exchange.example/ledger\n8\ncm9vdA==\n\n— sig\n", CodesOf: "2026-11-25",
		},
	})
	same(t, "explained", ok(t, "ledger", "volumes", "--explain", "--year-ago", "--from", "2026-01-01"), `
MEASURE   AMOUNT  YEAR-AGO    CHANGE  ORDERS  ENTRIES
ACCEPTED    1.50      1.00  -50.00 %       0        0

EXPLANATION
ACCEPTED  accepted

policy revision  r1
complete         no
position         7
unsealed         1
checkpoint size  8
checkpoint root  cm9vdA==
codes of         2026-11-25

exchange.example/ledger
8
cm9vdA==

— sig
`[1:])
	if out := ok(t, "ledger", "volumes", "--explain", "--lang", "zh-CN"); !strings.Contains(out, "ACCEPTED  验收") {
		t.Errorf("%s", out)
	}
}

func TestAnOpenedVolumeListsItsEntriesAndTheirSum(t *testing.T) {
	f := newFake(t)
	f.says("OpenVolume", &pb.OpenVolumeResponse{
		Entries: []*pb.VolumeEntry{
			{Entry: &pb.Entry{TransactionId: "61-t", OrderId: "61-o", Measure: pb.Measure_MEASURE_SETTLED, MeasureFen: 250}, Position: proto.Int64(0), CountsOrder: true},
			{Entry: &pb.Entry{TransactionId: "61-u", OrderId: "61-o", Measure: pb.Measure_MEASURE_SETTLED, MeasureFen: -50}},
		},
		Totals: []*pb.Volume{{Measure: pb.Measure_MEASURE_SETTLED, AmountFen: 200, Orders: 1, Entries: 2}},
	})
	same(t, "table", ok(t, "ledger", "volumes", "open", "--cell", "month=2026-11"), `
TIME  ORDER  TRANSACTION  LINE  POSITION  MEASURE  MEASURED  COUNTS-ORDER
      61-o   61-t            0         0  SETTLED      2.50  yes
      61-o   61-u            0            SETTLED     -0.50  no

TOTAL
MEASURE  AMOUNT  ORDERS  ENTRIES
SETTLED    2.00       1        2
`[1:])
}

func TestExplain(t *testing.T) {
	f := newFake(t)
	f.says("Explain", &pb.ExplainResponse{
		Denials: []*pb.Reason{
			{Code: "NOT_832_ORIGIN", Text: "goods of 610629 do not fill a reserve"},
			{Code: "NO_GRANT", Text: "no grant in force"},
		},
		Warnings:       []*pb.Reason{{Code: "PRICE_ABOVE_REFERENCE", Text: "above"}},
		PolicyRevision: "r1",
	})
	r := run(t, "policy", "explain", "order.place", "--offer", "61-o", "--order", "O", "--certificate", "C", "--quantity", "5",
		"--consignee", "320102", "--deliver-by", "2026-02-01", "--reserve")
	if r.exit != exitDenied || r.stderr != "" {
		t.Errorf("exit %d, stderr %q", r.exit, r.stderr)
	}
	same(t, "denied", r.stdout, `
DENIED
denial  NOT_832_ORIGIN: goods of 610629 do not fill a reserve
denial  NO_GRANT: no grant in force
warning  PRICE_ABOVE_REFERENCE: above
policy revision  r1
`[1:])
	in := f.last(t, "Explain").in.(*pb.ExplainRequest)
	if in.GetAction() != "order.place" || in.GetOfferId() != "61-o" || in.GetQuantity() != 5 || !in.GetReserve() ||
		in.GetConsigneeCode() != "320102" || in.GetDeliverBy() != "2026-02-01" || in.GetOrderId() != "O" || in.GetCertificateId() != "C" {
		t.Errorf("sent %v", in)
	}
	if r = run(t, "policy", "explain", "order.place", "-o", "csv"); r.exit != exitDenied ||
		!strings.HasPrefix(r.stdout, "decision,kind,code,text\r\nDENIED,denial,NOT_832_ORIGIN,") {
		t.Errorf("csv: %+v", r)
	}
	if r = run(t, "policy", "explain", "order.place", "-o", "json"); r.exit != exitDenied || !strings.Contains(r.stdout, `"allow": false`) {
		t.Errorf("json: %+v", r)
	}

	f.says("Explain", &pb.ExplainResponse{Allow: true, Obligations: &pb.Obligations{
		Direction: pb.Direction_DIRECTION_SN_TO_JS, Collaboration: true, CountsToReserve: true,
	}})
	same(t, "allowed", ok(t, "policy", "explain", "order.place"), `
ALLOWED

direction          SN_TO_JS
collaboration      yes
counts to reserve  yes
needs approval     no
`[1:])
}

func TestWarnings(t *testing.T) {
	f := newFake(t)
	f.says("PlaceOrder", &pb.PlaceOrderResponse{
		Order:    &pb.Order{Id: "61-o"},
		Warnings: []*pb.Reason{{Code: "PRICE_ABOVE_REFERENCE", Text: "12 fen is above"}},
	})
	r := run(t, "orders", "place", "--offer", "O", "--quantity", "1")
	if r.exit != exitDone || r.stderr != "warning: PRICE_ABOVE_REFERENCE: 12 fen is above\n" || !strings.Contains(r.stdout, "61-o") {
		t.Errorf("%+v", r)
	}
}

// TestColumnsExist walks all messages of the API: a chosen column whose field
// was renamed would be empty for ever.
func TestColumnsExist(t *testing.T) {
	chosen := 0
	protoregistry.GlobalFiles.RangeFilesByPackage("sushaan.exchange.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Messages().Len() {
			m := file.Messages().Get(i)
			if chosenColumns(m.Name()) == nil {
				continue
			}
			chosen++
			for _, c := range tableColumns(m, "en") {
				if c.title == "" || c.resolve(m) == nil {
					t.Errorf("%s has no field for column %q, %q", m.Name(), c.title, c.path)
				}
			}
		}
		return true
	})
	if chosen < 15 {
		t.Errorf("only %d types have chosen columns", chosen)
	}
}

func TestCellOfAMap(t *testing.T) {
	r := &pb.Reason{Facts: map[string]string{"b": "2", "a": "1"}}
	same(t, "map", column{path: "facts"}.text(r.ProtoReflect(), forPrograms), "a=1,b=2")
	same(t, "key", column{path: "facts.b"}.text(r.ProtoReflect(), forPrograms), "2")
	same(t, "no key", column{path: "facts.c"}.text(r.ProtoReflect(), forPrograms), "")
}

func TestExplainTellsTheRulesAndTheTrace(t *testing.T) {
	f := newFake(t)
	f.says("Explain", &pb.ExplainResponse{
		Denials: []*pb.Reason{{Code: "NO_GRANT", Text: "no grant in force"}},
		Rules:   []*pb.Rule{{Code: "NO_GRANT", Title: "Buying needs a grant", File: "order/order.rego", Line: 120, Source: "design §2"}},
		Day:     "2020-06-01", Trace: "order/order.rego:120   Enter deny\norder/order.rego:124   | Eval a\x1b[31m\n", TraceCut: 7,
	})
	r := run(t, "policy", "explain", "order.place", "--at", "2020-06-01", "--trace")
	same(t, "traced", r.stdout, `
DENIED
denial  NO_GRANT: no grant in force
rule  NO_GRANT: Buying needs a grant (order/order.rego:120; design §2)
rules of  2020-06-01

order/order.rego:120   Enter deny
order/order.rego:124   | Eval a [31m
… and 7 steps more
`[1:])
	in := f.last(t, "Explain").in.(*pb.ExplainRequest)
	if !in.GetTrace() || in.GetAt().AsTime().Format(time.RFC3339) != "2020-05-31T16:00:00Z" {
		t.Errorf("sent %v", in)
	}
	if r = run(t, "policy", "explain", "order.place", "-o", "csv"); !strings.Contains(r.stdout, "DENIED,rule,NO_GRANT,Buying needs a grant") {
		t.Errorf("csv: %s", r.stdout)
	}
}

func TestExplainNamesWhatAnActionIsAbout(t *testing.T) {
	f := newFake(t)
	for flag, field := range map[string]string{
		"offer": "offer_id", "order": "order_id", "certificate": "certificate_id", "product": "product_id", "member": "member_id",
		"alliance": "alliance_id", "authority": "authority_id", "grant": "grant_id", "mandate": "mandate_id", "issuer": "issuer_id",
		"role-assignment": "role_assignment_id", "seller-alliance": "seller_alliance_id", "buyer-alliance": "buyer_alliance_id",
		"producer": "producer_member_id", "lot": "lot_id", "agent": "agent_member_id", "owner": "account_owner",
	} {
		run(t, "policy", "explain", "a.b", "--"+flag, "X")
		if got := textOf(f.last(t, "Explain").in, field); got != "X" {
			t.Errorf("--%s sent %q as %s", flag, got, field)
		}
	}
	run(t, "policy", "explain", "certificate.create", "--scheme", "js-aid-product")
	if in := f.last(t, "Explain").in.(*pb.ExplainRequest); in.GetScheme() != pb.Scheme_SCHEME_JS_AID_PRODUCT {
		t.Errorf("sent %v", in)
	}
}

func TestRulesOfOneCodeAreShownWhole(t *testing.T) {
	f := newFake(t)
	f.says("ListRules", &pb.ListRulesResponse{Rules: []*pb.Rule{{
		Code: "NO_GRANT", Title: "Buying needs a grant", Binds: "buyers", Source: "design §2", Text: "no grant", Policy: true,
		Name: "deny", File: "order/order.rego", Line: 120, Tests: []string{"test_a", "test_b"}, PolicyRevision: "r1",
	}}})
	same(t, "one code", ok(t, "policy", "rules", "no_grant"), `
code             NO_GRANT
title            Buying needs a grant
binds            buyers
source           design §2
text             no grant
policy           yes
name             deny
file             order/order.rego
line             120
tests            test_a,test_b
policy revision  r1
`[1:])
	same(t, "all", ok(t, "policy", "rules"), `
CODE      RULE                  BINDS   SOURCE     FILE              LINE  NAME
NO_GRANT  Buying needs a grant  buyers  design §2  order/order.rego   120  deny
`[1:])
}
