package bankfile

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

const manyLines = 1000

func sample(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Both files of the samples say the same; both are read the same.
func TestBothFormatsAreReadToTheSameStatement(t *testing.T) {
	ofCSV, err := Read(CSV, []byte("\xef\xbb\xbf"+sample(t, "day.csv")), manyLines)
	if err != nil {
		t.Fatal(err)
	}
	ofXML, err := Read(CAMT053, []byte(sample(t, "day.xml")), manyLines)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(ofCSV, ofXML) {
		t.Errorf("CSV\n%+v\ncamt.053\n%+v", ofCSV, ofXML)
	}
	want := exchange.BankFileLine{
		Reference: "20261110-002", Flow: exchange.MoneyOut, AmountFen: 6000, Booked: "2026-11-10",
		Counterparty: "Yanchang cooperative", Remittance: "refund, order 61-0f3c0000-0000-4000-8000-000000000001",
	}
	if len(ofXML.Lines) != 3 || ofXML.Lines[1] != want || ofXML.OpeningFen != 100_000 || ofXML.ClosingFen != 156_150 {
		t.Errorf("%+v", ofXML)
	}
	for _, l := range ofXML.Lines[:2] {
		if id, ok := l.OrderNamed(); !ok || id.String() != "61-0f3c0000-0000-4000-8000-000000000001" {
			t.Errorf("%q names %s", l.Remittance, id)
		}
	}
}

func TestABatchOfABankIsALineForEachTransaction(t *testing.T) {
	part := func(fen, text string) string {
		return `<TxDtls><AmtDtls><TxAmt><Amt Ccy="CNY">` + fen + `</Amt></TxAmt></AmtDtls><RmtInf><Ustrd>` + text + `</Ustrd></RmtInf></TxDtls>`
	}
	last := "<AcctSvcrRef>20261111-001</AcctSvcrRef>"
	text := strings.Replace(sample(t, "day.xml"), last, last+"<NtryDtls>"+part("1.00", "a")+part("0.50", "b")+"</NtryDtls>", 1)
	f, err := Read(CAMT053, []byte(text), manyLines)
	if err != nil || len(f.Lines) != 4 || f.Lines[3].Reference != "20261111-001/2" || f.Lines[3].AmountFen != 50 || f.Lines[3].Remittance != "b" {
		t.Errorf("%+v, %v", f.Lines, err)
	}
	if _, err := Read(CAMT053, []byte(strings.Replace(text, "0.50", "0.51", 1)), manyLines); !fault.Is(err, fault.BankFileInvalid) {
		t.Errorf("a batch that does not add up: %v", err)
	}
}

// Each file is the sample with one thing changed.
func TestAFileThatIsNotWholeOrNotOursIsRefused(t *testing.T) {
	rows := []struct {
		name, sample, old, new string
		want                   fault.Code
	}{
		{"a CSV cut between lines", "day.csv", "ENTRY,20261111-001,2026-11-11,CREDIT,1.5,,\n", "", fault.BankFileInvalid},
		{"a CSV cut in a line", "day.csv", ",CREDIT,1.5,,\n", "", fault.BankFileInvalid},
		{"a CSV with a line of another kind", "day.csv", "ENTRY,20261111-001", "TOTAL,20261111-001", fault.BankFileInvalid},
		{"a line twice", "day.csv", "20261111-001", "20261110-001", fault.BankFileInvalid},
		{"an amount of three decimals", "day.csv", ",1.5,", ",1.500,", fault.BankFileInvalid},
		{"an amount below 0", "day.csv", ",60.00,", ",-60.00,", fault.BankFileInvalid},
		{"an amount of nothing", "day.csv", ",1.5,", ",0.00,", fault.BankFileInvalid},
		{"an amount beyond counting", "day.csv", ",1.5,", ",99999999999999999999.00,", fault.BankFileInvalid},
		{"no such day", "day.csv", "2026-11-11,CREDIT", "2026-02-30,CREDIT", fault.BankFileInvalid},
		{"no way of the money", "day.csv", "DEBIT", "OUT", fault.BankFileInvalid},
		{"no account", "day.csv", "6222000011112222", "", fault.BankFileInvalid},
		{"dollars in CSV", "day.csv", "CNY", "USD", fault.BankCurrency},
		{"a closing balance of something else", "day.csv", "1561.50", "1561.51", fault.BankFileInvalid},
		{"an open quote", "day.csv", `"refund`, `"ref"und`, fault.BankFileInvalid},
		{"no header", "day.csv", "STATEMENT,", "HEADER,", fault.BankFileInvalid},
		{"a count that is no number", "day.csv", ",3\n", ",x\n", fault.BankFileInvalid},
		{"not UTF-8", "day.csv", "Yanchang", "\xff", fault.BankFileInvalid},
		{"XML cut", "day.xml", "</Stmt>\n  </BkToCstmrStmt>\n</Document>", "", fault.BankFileInvalid},
		{"a document type", "day.xml", "<Document", `<!DOCTYPE x [<!ENTITY a "b">]><Document`, fault.BankFileInvalid},
		{"an entity", "day.xml", "苹果", "&file;", fault.BankFileInvalid},
		{"another encoding", "day.xml", `encoding="UTF-8"`, `encoding="GB18030"`, fault.BankFileInvalid},
		{"two statements", "day.xml", "</Stmt>", "</Stmt><Stmt><Id>2</Id></Stmt>", fault.BankFileInvalid},
		{"an entry too few", "day.xml", "<NbOfNtries>3", "<NbOfNtries>4", fault.BankFileInvalid},
		{"no closing balance", "day.xml", "CLBD", "CLAV", fault.BankFileInvalid},
		{"an entry that is not booked", "day.xml", "<Cd>BOOK</Cd>", "<Cd>PDNG</Cd>", fault.BankFileInvalid},
		{"neither in nor out", "day.xml", "<CdtDbtInd>DBIT", "<CdtDbtInd>BOTH", fault.BankFileInvalid},
		{"dollars in XML", "day.xml", `<Amt Ccy="CNY">60.00`, `<Amt Ccy="USD">60.00`, fault.BankCurrency},
		{"an account in dollars", "day.xml", "<Ccy>CNY</Ccy>", "<Ccy>USD</Ccy>", fault.BankCurrency},
		{"no reference", "day.xml", "<AcctSvcrRef>20261111-001</AcctSvcrRef>", "", fault.BankFileInvalid},
		{"something behind", "day.xml", "</Document>", "</Document><Document/>", fault.BankFileInvalid},
		{"deep", "day.xml", "<GrpHdr>", "<GrpHdr>" + strings.Repeat("<a>", 30) + strings.Repeat("</a>", 30), fault.BankFileInvalid},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			text := sample(t, r.sample)
			if !strings.Contains(text, r.old) {
				t.Fatal("the sample has changed")
			}
			format := CSV
			if strings.HasSuffix(r.sample, "xml") {
				format = CAMT053
			}
			f, err := Read(format, []byte(strings.Replace(text, r.old, r.new, 1)), manyLines)
			if !fault.Is(err, r.want) {
				t.Errorf("%v, want %s; read %+v", err, r.want, f)
			}
		})
	}
	if _, err := Read(CSV, []byte(sample(t, "day.csv")), 2); !fault.Is(err, fault.BankFileInvalid) {
		t.Errorf("more lines than allowed: %v", err)
	}
	if _, err := Read(CAMT053, []byte(sample(t, "day.xml")), 2); !fault.Is(err, fault.BankFileInvalid) {
		t.Errorf("more entries than allowed: %v", err)
	}
	if _, err := Read("MT940", nil, manyLines); !fault.Is(err, fault.BankFileInvalid) {
		t.Errorf("another format: %v", err)
	}
}

// A file that was cut anywhere is refused.
func TestAFileCutAnywhereIsRefused(t *testing.T) {
	for name, format := range map[string]Format{"day.csv": CSV, "day.xml": CAMT053} {
		text := strings.TrimSpace(sample(t, name))
		for at := range len(text) {
			if f, err := Read(format, []byte(text[:at]), manyLines); err == nil && len(f.Lines) < 3 {
				t.Errorf("%s cut at %d is read", name, at)
			}
		}
	}
}

func TestAmountsAreReadExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(-maxAmount, maxAmount).Draw(t, "fen")
		if got, ok := Fen(Yuan(fen)); !ok || got != fen {
			t.Errorf("%d is written %s and read %d", fen, Yuan(fen), got)
		}
	})
	for _, s := range []string{"", "-", ".5", "5.", "1.234", "1,00", "+1", " 1", "1e3", "0x1", "--1", "१"} {
		if fen, ok := Fen(s); ok {
			t.Errorf("%q is read as %d", s, fen)
		}
	}
}

// Whatever is read adds up, is bounded and has no line twice; whatever is not is
// refused with a code.
func fuzz(f *testing.F, format Format) {
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Read(format, []byte(text), 50)
		if err != nil {
			if e, ok := fault.As(err); !ok || (e.Code != fault.BankFileInvalid && e.Code != fault.BankCurrency) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		sum, seen := file.OpeningFen, map[string]bool{}
		for _, l := range file.Lines {
			if seen[l.Reference] || l.AmountFen <= 0 {
				t.Errorf("%q: line %+v", text, l)
			}
			seen[l.Reference] = true
			if l.Flow == exchange.MoneyOut {
				l.AmountFen = -l.AmountFen
			}
			sum += l.AmountFen
		}
		if sum != file.ClosingFen || len(file.Lines) > 50 || file.Account == "" {
			t.Errorf("%q is read as %+v", text, file)
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add(sample(f, "day.csv"))
	for _, s := range []string{"", "STATEMENT", "STATEMENT,s,a,CNY,0,0,0\n", "STATEMENT,s,a,CNY,-1.00,0.50,1\nENTRY,r,2026-01-01,CREDIT,1.50,,\n", "\"", "#\n"} {
		f.Add(s)
	}
	fuzz(f, CSV)
}

func FuzzCAMT(f *testing.F) {
	f.Add(sample(f, "day.xml"))
	for _, s := range []string{"", "<", "<a/>", "<Document><BkToCstmrStmt><Stmt/></BkToCstmrStmt></Document>", "<!DOCTYPE a>", "<a>&amp;&x;</a>", "<?xml version=\"1.1\" encoding=\"x\"?><a/>"} {
		f.Add(s)
	}
	fuzz(f, CAMT053)
}
