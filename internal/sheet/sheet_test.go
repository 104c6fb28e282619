package sheet_test

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/sheet"
)

var columns = []sheet.Column{
	{Name: "name", Title: "Name 名称"}, {Name: "orders", Kind: sheet.Number}, {Name: "amount_fen", Title: "Amount 金额", Kind: sheet.Money},
	{Name: "reached_bp", Title: "Reached 完成率", Kind: sheet.Percent},
}

func tables() []sheet.Table {
	return []sheet.Table{
		{Name: "one", Title: "One 一", Columns: columns, Rows: [][]string{{"苹果", "1234567", "123456789", "9310"}, {"=1+1", "-3", "-5", ""}}},
		{Name: "two", Title: "Two 二", Columns: columns},
		{Name: "three", Columns: columns, Rows: [][]string{{"x", "0", strconv.FormatInt(math.MaxInt64, 10), "10000"}}},
	}
}

func open(t *testing.T, b []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAWorkbookShowsYuanUnderAFrozenHeading(t *testing.T) {
	b, err := sheet.Workbook("test", tables())
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, b)
	if got := strings.Join(f.GetSheetList(), ","); got != "One 一,Two 二,three" {
		t.Errorf("sheets %s", got)
	}
	for cell, want := range map[string]string{
		"A1": "Name 名称", "B1": "orders", "A2": "苹果", "B2": "1,234,567", "C2": "1,234,567.89", "D2": "93.10%", "A3": "=1+1", "C3": "-0.05", "D3": "",
	} {
		if got, err := f.GetCellValue("One 一", cell); err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", cell, got, want, err)
		}
	}
	// An amount that a workbook's numbers cannot hold is there to the fen.
	if got, _ := f.GetCellValue("three", "C2"); got != "92233720368547758.07" {
		t.Errorf("the largest amount is %q", got)
	}
	if formula, _ := f.GetCellFormula("One 一", "A3"); formula != "" {
		t.Errorf("a text became the formula %q", formula)
	}
	panes, err := f.GetPanes("One 一")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes %+v, %v", panes, err)
	}
	if w, _ := f.GetColWidth("One 一", "C"); w < 12 {
		t.Errorf("money has a width of %v", w)
	}
}

func TestTheSameTablesGiveTheSameBytes(t *testing.T) {
	first, err := sheet.Workbook("test", tables())
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := sheet.Workbook("test", tables())
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("other bytes, %v", err)
		}
	}
}

func TestAnAmountInAWorkbookIsExactToTheFen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(-999_999_999_999_999, 999_999_999_999_999).Draw(t, "fen")
		b, err := sheet.Workbook("", []sheet.Table{{Name: "x", Columns: columns[2:3], Rows: [][]string{{strconv.FormatInt(fen, 10)}}}})
		if err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.GetCellValue("x", "A2", excelize.Options{RawCellValue: true})
		value, perr := strconv.ParseFloat(got, 64)
		if err != nil || perr != nil || strconv.FormatFloat(value, 'f', 2, 64) != sheet.Yuan(fen) {
			t.Errorf("%d fen is %s", fen, got)
		}
	})
}

func TestACellThatAWorkbookHasNoRoomForIsRefused(t *testing.T) {
	_, err := sheet.Workbook("", []sheet.Table{{Name: "x", Columns: columns[:1], Rows: [][]string{{strings.Repeat("长", 40_000)}}}})
	if err == nil || !strings.Contains(err.Error(), "row 2, column 1") {
		t.Errorf("%v", err)
	}
}

func TestCSVHasAHeaderLineAndQuotesWhatNeedsIt(t *testing.T) {
	b, err := sheet.Table{Columns: columns[:2], Rows: [][]string{{"a,\"b\"", "1"}}}.CSV()
	if err != nil || string(b) != "name,orders\r\n\"a,\"\"b\"\"\",1\r\n" {
		t.Errorf("%q, %v", b, err)
	}
}
