package ctl

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// sheetOf reads a workbook's only sheet.
func sheetOf(t *testing.T, content string) (*excelize.File, [][]string) {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(content))
	if err != nil {
		t.Fatalf("not a workbook: %v", err)
	}
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	return f, rows
}

func TestAListIsAWorkbookOfAllItsPages(t *testing.T) {
	f := newFake(t)
	f.countTo(250)
	_, rows := sheetOf(t, ok(t, "orders", "list", "--all", "-o", "xlsx"))
	if len(rows) != 251 || rows[0][0] != "id" || rows[1][0] != "o0" || rows[250][0] != "o249" {
		t.Errorf("%d rows, the last %v", len(rows), rows[len(rows)-1])
	}
	f.answer["ListOrders"] = func(proto.Message) (proto.Message, error) {
		return &pb.ListOrdersResponse{Orders: []*pb.Order{{Id: "=1+1", Quantity: 1_234_567, AmountFen: 1_234_567}}}, nil
	}
	_, rows = sheetOf(t, ok(t, "orders", "list", "-o", "xlsx"))
	cell := func(heading string) string {
		for i, h := range rows[0] {
			if h == heading {
				return rows[1][i]
			}
		}
		t.Fatalf("no column %s in %v", heading, rows[0])
		return ""
	}
	if cell("id") != "=1+1" || cell("quantity") != "1,234,567" || cell("amount (yuan)") != "12,345.67" {
		t.Errorf("%v", rows)
	}
}

func TestEveryAnswerIsAWorkbookButAWatch(t *testing.T) {
	newFake(t)
	for _, args := range []string{"version", "ledger volumes --group-by month", "policy explain order.place", "orders get 61-x", "whoami"} {
		r := run(t, words(args+" -o xlsx")...)
		if _, rows := sheetOf(t, r.stdout); len(rows) == 0 {
			t.Errorf("%s: no rows", args)
		}
	}
	if r := run(t, words("offers watch -o xlsx")...); r.exit == exitDone || r.stdout != "" || !strings.Contains(r.stderr, "use -o csv") {
		t.Errorf("a watch: %+v", r)
	}
}
