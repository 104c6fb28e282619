package testkit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

// reported reads a report, page by page, as rows of cells by column.
func reported(t *testing.T, p *testkit.Person, in *pb.RunReportRequest) []map[string]string {
	t.Helper()
	var rows []map[string]string
	for in = proto.CloneOf(in); ; {
		out := testkit.Must[*pb.RunReportResponse](t, p, in)
		for _, r := range out.GetRows() {
			row := map[string]string{}
			for i, c := range out.GetColumns() {
				row[c.GetName()] = r.GetCells()[i]
			}
			rows = append(rows, row)
		}
		if in.PageToken = out.GetNextPageToken(); in.PageToken == "" {
			return rows
		}
	}
}

// has says whether a row has these cells.
func has(row map[string]string, cells ...string) bool {
	for _, c := range cells {
		name, value, _ := strings.Cut(c, "=")
		if row[name] != value {
			return false
		}
	}
	return true
}

// confirmedBy places an order through a channel; the offer confirms by itself.
func confirmedBy(t *testing.T, p *testkit.Person, offer *pb.Offer, channel pb.Channel) *pb.Order {
	t.Helper()
	return testkit.Must[*pb.PlaceOrderResponse](t, p, &pb.PlaceOrderRequest{
		RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000, Channel: channel,
	}).GetOrder()
}

// The reports add up the same ledger, each by its own columns, of what the caller
// may see, to the fen and however they are paged.
func TestReportsAddUpWhatTheCallerMaySee(t *testing.T) {
	x := testkit.New(t)
	apples, tea := x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), x.Offer(t, testkit.OfferOptions{AutoConfirm: true, PriceFen: 5000})
	buy(t, x, x.School, apples, 3, nil)
	buy(t, x, x.School, tea, 2, func(in *pb.PlaceOrderRequest) { in.Channel = pb.Channel_CHANNEL_CABINET })
	buy(t, x, x.Hospital, apples, 1, nil)
	products := &pb.RunReportRequest{Report: pb.Report_REPORT_COUNTY_PRODUCTS}
	whole := reported(t, x.Auditor, products)
	if len(whole) != 2 {
		t.Fatalf("%d products: %v", len(whole), whole)
	}
	for _, row := range whole {
		want := []string{"accepted_fen=24800", "contracted_fen=24800", "settled_fen=0", "quantity=4000", "orders=2"}
		if row["product_id"] == tea.GetProductId() {
			want = []string{"accepted_fen=10000", "contracted_fen=10000", "settled_fen=0", "quantity=2000", "orders=1"}
		}
		if !has(row, append(want, "seller_county=610621", "households=12")...) {
			t.Errorf("%v, want %v", row, want)
		}
	}
	products.PageSize = 1
	if paged := reported(t, x.Auditor, products); len(paged) != 2 || paged[0]["product_id"] == paged[1]["product_id"] {
		t.Errorf("page by page: %v", paged)
	}
	if of := reported(t, x.Hospital, products); len(of) != 1 || !has(of[0], "accepted_fen=6200") {
		t.Errorf("the hospital sees %v", of)
	}
	if of := reported(t, x.OtherCounty, products); len(of) != 0 {
		t.Errorf("another county sees %v", of)
	}
	later := proto.CloneOf(products)
	later.From = string(x.Today().Plus(1))
	if of := reported(t, x.Auditor, later); len(of) != 0 {
		t.Errorf("of a span without trade: %v", of)
	}
	classes := reported(t, x.Auditor, &pb.RunReportRequest{Report: pb.Report_REPORT_CLASSES_CHANNELS})
	found := 0
	for _, row := range classes {
		if has(row, "buyer_class=BUDGET_UNIT_SCHOOL", "channel=CABINET", "measure=ACCEPTED", "amount_fen=10000", "orders=1") {
			found++
		}
	}
	if len(classes) != 6 || found != 1 {
		t.Errorf("classes and channels: %v", classes)
	}
	for _, in := range []*pb.RunReportRequest{
		{Report: pb.Report_REPORT_RESERVES, From: "2026-01-01"}, {Report: pb.Report_REPORT_PRICES, EndingInDays: 30},
		{Report: 99}, {}, {Report: pb.Report_REPORT_PRICES, From: "2026-13-01"},
	} {
		if code := testkit.CodeOf(testkit.Try(t.Context(), x.Auditor, in)); code != fault.InvalidArgument && code != fault.DatesInvalid {
			t.Errorf("%v answers %s", in, code)
		}
	}
	wantBoth(t, x.Auditor, &pb.RunReportRequest{Report: pb.Report_REPORT_PRICES, PageToken: "x"}, fault.PageTokenInvalid)
}

// Certificates that end soon are found by their last day, with what is left of
// them; prices stand against the reference; what could be one trade twice is told.
func TestReportsFindWhatEndsSoonCostsMuchOrCountsTwice(t *testing.T) {
	x := testkit.New(t)
	soon := x.Offer(t, testkit.OfferOptions{ValidTo: string(x.Today().Plus(25)), SeasonTo: string(x.Today().Plus(20)), AutoConfirm: true, Units: 10})
	x.Offer(t, testkit.OfferOptions{ValidTo: string(x.Today().Plus(50)), SeasonTo: string(x.Today().Plus(20))})
	x.Offer(t, testkit.OfferOptions{ValidTo: string(x.Today().Plus(25)), State: pb.CertificateState_CERTIFICATE_STATE_IN_FORCE, Draft: true, SeasonTo: string(x.Today().Plus(20))})
	for days, want := range map[int32]int{24: 0, 30: 2, 60: 3} {
		rows := reported(t, x.Auditor, &pb.RunReportRequest{Report: pb.Report_REPORT_CERTIFICATES, EndingInDays: days})
		if len(rows) != want {
			t.Errorf("%d certificates end within %d days, want %d: %v", len(rows), days, want, rows)
		}
		for _, row := range rows {
			if row["certificate_id"] == soon.GetCertificateId() && !has(row, "days_left=25", "annual_quantity=10000", "taken_quantity=10000", "left_quantity=0", "left_value_fen=0") {
				t.Errorf("the one that is used up: %v", row)
			}
		}
	}
	testkit.Exec(t, x.Config.DatabaseURL, "UPDATE products SET reference_fen = 5000 WHERE id = '"+soon.GetProductId()+"'")
	confirmedBy(t, x.School, soon, pb.Channel_CHANNEL_PLATFORM)
	if twice := reported(t, x.Auditor, &pb.RunReportRequest{Report: pb.Report_REPORT_DOUBLE_COUNTS}); len(twice) != 0 {
		t.Errorf("one trade alone: %v", twice)
	}
	again := confirmedBy(t, x.School, soon, pb.Channel_CHANNEL_CABINET)
	prices := reported(t, x.Auditor, &pb.RunReportRequest{Report: pb.Report_REPORT_PRICES})
	if len(prices) != 1 || !has(prices[0], "orders=2", "lowest_price_fen=6200", "mean_price_fen=6200", "reference_price_fen=5000", "above_reference_bp=2400") {
		t.Errorf("prices: %v", prices)
	}
	first, second := x.Settled(t), again
	testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: second.GetId()})
	testkit.Must[*pb.AcceptOrderResponse](t, x.School, &pb.AcceptOrderRequest{Id: second.GetId(), AcceptedQuantity: second.GetQuantity()})
	testkit.Exec(t, x.Config.DatabaseURL, "UPDATE payments SET bank_reference = 'B7' WHERE order_id = '"+first.GetId()[3:]+"'")
	testkit.Must[*pb.RecordPaymentResponse](t, x.School, &pb.RecordPaymentRequest{Id: second.GetId(), AmountFen: 6200, BankReference: "B7"})
	var whys []string
	for _, row := range reported(t, x.Auditor, &pb.RunReportRequest{Report: pb.Report_REPORT_DOUBLE_COUNTS}) {
		whys = append(whys, row["why"]+" "+row["orders"]+" "+row["amount_fen"])
	}
	if got := strings.Join(whys, ", "); got != "SAME_BANK_REFERENCE 2 12400, SAME_TRADE 2 12400" {
		t.Errorf("double counts: %s", got)
	}
}

// The assessment sheet scores what the ledger says, in integers, and the December
// pack has every report of the year in one workbook or folder.
func TestTheAssessmentAndTheDecemberPackAreOfTheLedger(t *testing.T) {
	x := testkit.New(t)
	file(t, x, x.School, nil) // its target is 1,240 yuan
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
	order := buy(t, x, x.School, offer, 10, nil)
	testkit.Must[*pb.RecordPaymentResponse](t, x.School, &pb.RecordPaymentRequest{Id: order.GetId(), AmountFen: 31_000, BankReference: "b"})
	rows := reported(t, x.Auditor, &pb.RunReportRequest{Report: pb.Report_REPORT_ASSESSMENT})
	want := map[string][]string{
		"targets":   {"actual_bp=0", "score_bp=0"},
		"settled":   {"numerator_fen=31000", "denominator_fen=62000", "actual_bp=5000", "score_bp=1052"},
		"certified": {"actual_bp=10000", "score_bp=2000"},
		"reserves":  {"numerator_fen=62000", "denominator_fen=124000", "actual_bp=5000", "score_bp=1000"},
		"total":     {"score_bp=4052"},
	}
	if len(rows) != len(want) {
		t.Fatalf("%d indicators: %v", len(rows), rows)
	}
	for _, row := range rows {
		if !has(row, want[row["indicator"]]...) {
			t.Errorf("%v, want %v", row, want[row["indicator"]])
		}
	}
	term, dir := newTerminal(t, x, x.Auditor), t.TempDir()
	year := string(x.Today())[:4]
	book, folder := filepath.Join(dir, "pack.xlsx"), filepath.Join(dir, "pack")
	term.must("reports", "december", "--year", year, "--file", book)
	term.must("reports", "december", "--year", year, "--folder", folder)
	f, err := excelize.OpenFile(book)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(f.GetSheetList()); got != 9 {
		t.Errorf("%d sheets: %v", got, f.GetSheetList())
	}
	if got, err := f.GetCellValue("By county and product 县区与产品", "G2"); err != nil || got != "620.00" {
		t.Errorf("accepted is %q yuan, %v", got, err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 9 {
		t.Errorf("%d files, %v", len(files), err)
	}
	if code, _, errs := term.run("reports", "december", "--year", year, "--file", book); code == 0 || !strings.Contains(errs, "exists") {
		t.Errorf("written over: exit %d, %s", code, errs)
	}
	if out := term.must("reports", "assessment"); !strings.Contains(out, "40.52 %") {
		t.Errorf("%s", out)
	}
	if out := term.must("reports", "county-products", "-o", "csv"); !strings.HasPrefix(out, "seller_county,product_id,") || strings.Count(out, "\r\n") != 2 {
		t.Errorf("%s", out)
	}
}
