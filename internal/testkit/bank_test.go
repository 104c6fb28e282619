package testkit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/bankfile"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// booked is a line of a bank file: money in is positive.
type booked struct {
	reference, text string
	fen             int64
}

// bankCSV is a statement of the exchange's account with some lines.
func bankCSV(id string, lines ...booked) *pb.ImportStatementRequest {
	var b strings.Builder
	var sum int64
	for _, l := range lines {
		flow, fen := "CREDIT", l.fen
		if fen < 0 {
			flow, fen = "DEBIT", -fen
		}
		fmt.Fprintf(&b, "ENTRY,%s,2026-11-10,%s,%s,somebody,%s\n", l.reference, flow, bankfile.Yuan(fen), l.text)
		sum += l.fen
	}
	head := fmt.Sprintf("STATEMENT,%s,%s,CNY,0.00,%s,%d\n", id, testkit.BankAccount, bankfile.Yuan(sum), len(lines))
	return &pb.ImportStatementRequest{Format: pb.BankFileFormat_BANK_FILE_FORMAT_CSV, Content: []byte(head + b.String())}
}

// bankXML is the same in camt.053, with one line out.
func bankXML(id string, out booked) *pb.ImportStatementRequest {
	balance := func(code, fen string) string {
		return `<Bal><Tp><CdOrPrtry><Cd>` + code + `</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">` + fen + `</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>`
	}
	fen := bankfile.Yuan(-out.fen)
	return &pb.ImportStatementRequest{Format: pb.BankFileFormat_BANK_FILE_FORMAT_CAMT053, Content: []byte(
		`<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>` + id +
			`</Id><Acct><Id><Othr><Id>` + testkit.BankAccount + `</Id></Othr></Id></Acct>` + balance("OPBD", fen) + balance("CLBD", "0.00") +
			`<Ntry><Amt Ccy="CNY">` + fen + `</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-11</Dt></BookgDt><AcctSvcrRef>` + out.reference +
			`</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>` + out.text + `</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>`)}
}

func imported(t testing.TB, x *testkit.Exchange, in *pb.ImportStatementRequest) *pb.ImportStatementResponse {
	t.Helper()
	return testkit.Must[*pb.ImportStatementResponse](t, x.Operator, in)
}

func linesOf(t testing.TB, x *testkit.Exchange, in *pb.ListBankLinesRequest) map[string]*pb.BankLine {
	t.Helper()
	in.PageSize = 1000
	out := map[string]*pb.BankLine{}
	for _, l := range testkit.Must[*pb.ListBankLinesResponse](t, x.Operator, in).GetLines() {
		out[l.GetReference()] = l
	}
	return out
}

func orderOf(t testing.TB, x *testkit.Exchange, id string) *pb.Order {
	t.Helper()
	return testkit.Must[*pb.GetOrderResponse](t, x.School, &pb.GetOrderRequest{Id: id}).GetOrder()
}

// exchangeBalance is what an account of the exchange itself stands at; 0 where it
// has no entry.
func exchangeBalance(t testing.TB, x *testkit.Exchange, kind pb.AccountKind) int64 {
	t.Helper()
	out, err := testkit.Call[*pb.GetBalanceResponse](t.Context(), x.Operator, &pb.GetBalanceRequest{AccountKind: kind, AccountOwner: "exchange"})
	if code := testkit.CodeOf(err); err != nil && code != fault.AsOfInvalid {
		t.Fatal(err)
	}
	return out.GetBalanceFen()
}

// A buyer pays into the exchange's account and the exchange pays the seller: the
// statement of each day explains itself, by reference and amount.
func TestABankStatementSettlesTheOrdersThatItsLinesName(t *testing.T) {
	x := testkit.New(t)
	id := accepted(t, x, false)
	reference := orderOf(t, x, id).GetPaymentReference()
	if len(reference) > 35 {
		t.Errorf("%s does not fit into a bank's 35 characters", reference)
	}
	in := imported(t, x, bankCSV("day 1", booked{"r1", "apples " + reference, 62_000}))
	if in.GetNewLines() != 1 || in.GetMatchedLines() != 1 || in.GetWaitingLines() != 0 {
		t.Errorf("imported %v", in)
	}
	o := orderOf(t, x, id)
	if o.GetState() != pb.OrderState_ORDER_STATE_ACCEPTED || o.GetPaidAmountFen() != 62_000 || o.GetHeldAmountFen() != 62_000 {
		t.Errorf("paid in, the order is %v", o)
	}
	wantVolumes(t, x, id, [2]int64{62_000, 10_000}, [2]int64{62_000, 10_000}, [2]int64{})
	if bank := exchangeBalance(t, x, pb.AccountKind_ACCOUNT_KIND_BANK); bank != 62_000 {
		t.Errorf("the bank stands at %d", bank)
	}
	imported(t, x, bankXML("day 2", booked{"r2", id, -62_000}))
	o = orderOf(t, x, id)
	if o.GetState() != pb.OrderState_ORDER_STATE_SETTLED || o.GetHeldAmountFen() != 0 {
		t.Errorf("paid out, the order is %v", o)
	}
	wantVolumes(t, x, id, [2]int64{62_000, 10_000}, [2]int64{62_000, 10_000}, [2]int64{62_000, 10_000})
	for _, kind := range []pb.AccountKind{pb.AccountKind_ACCOUNT_KIND_BANK, pb.AccountKind_ACCOUNT_KIND_SUSPENSE} {
		if fen := exchangeBalance(t, x, kind); fen != 0 {
			t.Errorf("%s stands at %d", kind, fen)
		}
	}
	if b, s := balanceOf(t, x.School, pb.AccountKind_ACCOUNT_KIND_CLEARING_BUYER), balanceOf(t, x.Cooperative, pb.AccountKind_ACCOUNT_KIND_CLEARING_SELLER); b != 0 || s != 0 {
		t.Errorf("the buyer's account stands at %d, the seller's at %d", b, s)
	}
	x.WaitSealed(t)
	x.CheckInvariants(t)
}

// The same file, and the same line in another file, does nothing twice; the same
// reference with another content is refused.
func TestTheSameFileAndTheSameLineCountOnce(t *testing.T) {
	x := testkit.New(t)
	id := accepted(t, x, false)
	file := bankCSV("s1", booked{"r1", id, 62_000}, booked{"r2", "thanks", 500})
	imported(t, x, file)
	before := x.Rows(t)
	again := imported(t, x, file)
	if again.GetNewLines() != 0 || again.GetRepeatedLines() != 2 || again.GetMatchedLines() != 1 || again.GetWaitingLines() != 1 {
		t.Errorf("the same file: %v", again)
	}
	if after := x.Rows(t); after["ledger_transactions"] != before["ledger_transactions"] || after["bank_lines"] != before["bank_lines"] {
		t.Errorf("rows %v, were %v", after, before)
	}
	overlap := imported(t, x, bankCSV("s2", booked{"r2", "thanks", 500}, booked{"r3", "more", 700}))
	if overlap.GetNewLines() != 1 || overlap.GetRepeatedLines() != 1 {
		t.Errorf("an overlapping statement: %v", overlap)
	}
	wantBoth(t, x.Operator, bankCSV("s1", booked{"r1", id, 62_000}), fault.StatementDiffers)
	wantBoth(t, x.Operator, bankCSV("s3", booked{"r2", "thanks", 501}), fault.StatementDiffers)
	if o := orderOf(t, x, id); o.GetPaidAmountFen() != 62_000 {
		t.Errorf("paid %d", o.GetPaidAmountFen())
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_ = testkit.Try(t.Context(), x.Operator, bankCSV("s4", booked{"r9", "at once", 900}))
		})
	}
	wg.Wait()
	if fen := exchangeBalance(t, x, pb.AccountKind_ACCOUNT_KIND_SUSPENSE); fen != -(500 + 700 + 900) {
		t.Errorf("suspense stands at %d", fen)
	}
	x.CheckInvariants(t)
}

// What does not explain itself waits in suspense with the reason, and is matched
// by hand or sent back.
func TestWhatNoOrderExplainsWaitsInSuspenseUntilItIsMatchedOrSentBack(t *testing.T) {
	x := testkit.New(t)
	id, other := accepted(t, x, false), accepted(t, x, true)
	nowhere := "61-" + uuid.NewString()
	imported(t, x, bankCSV("s", booked{"under", id, 20_000}, booked{"over", id, 70_000}, booked{"none", "gift", 100},
		booked{"lost", nowhere, 200}, booked{"both", id + " " + other, 300}, booked{"settled", other, 62_000}))
	want := map[string]pb.Mismatch{
		"under": pb.Mismatch_MISMATCH_UNDER, "over": pb.Mismatch_MISMATCH_OVER, "none": pb.Mismatch_MISMATCH_WRONG_REFERENCE,
		"lost": pb.Mismatch_MISMATCH_WRONG_REFERENCE, "both": pb.Mismatch_MISMATCH_WRONG_REFERENCE, "settled": pb.Mismatch_MISMATCH_NOTHING_DUE,
	}
	waiting := linesOf(t, x, &pb.ListBankLinesRequest{State: pb.BankLineState_BANK_LINE_STATE_WAITING})
	for reference, mismatch := range want {
		if waiting[reference].GetMismatch() != mismatch {
			t.Errorf("%s waits for %s, want %s", reference, waiting[reference].GetMismatch(), mismatch)
		}
	}
	match := func(reference, order string) *pb.MatchBankLineRequest {
		return &pb.MatchBankLineRequest{Id: waiting[reference].GetId(), OrderId: order}
	}
	wantBoth(t, x.Operator, match("over", ""), fault.LineMismatch)
	wantBoth(t, x.Operator, match("none", ""), fault.LineMismatch)
	wantBoth(t, x.Operator, match("lost", ""), fault.ResourceNotFound)
	wantBoth(t, x.Operator, match("settled", ""), fault.LineMismatch)
	wantBoth(t, x.School, match("under", ""), fault.ResourceNotFound)
	wantBoth(t, x.Auditor, match("under", ""), fault.RoleMissing)
	in := testkit.Must[*pb.MatchBankLineResponse](t, x.Operator, match("under", ""))
	if in.GetLine().GetState() != pb.BankLineState_BANK_LINE_STATE_MATCHED || in.GetOrder().GetPaidAmountFen() != 20_000 {
		t.Errorf("a part by hand: %v", in)
	}
	testkit.Must[*pb.MatchBankLineResponse](t, x.Operator, match("none", id)) // a gift was a payment without its reference
	wantBoth(t, x.Operator, match("none", id), fault.WrongState)
	imported(t, x, bankCSV("s2", booked{"back", "sent back: too much", -70_000}, booked{"back-2", "sent back", -1}))
	waiting = linesOf(t, x, &pb.ListBankLinesRequest{State: pb.BankLineState_BANK_LINE_STATE_WAITING})
	back := func(of, by string) *pb.ReturnBankLineRequest {
		return &pb.ReturnBankLineRequest{Id: waiting[of].GetId(), ById: waiting[by].GetId(), Reason: "too much"}
	}
	wantBoth(t, x.Operator, back("over", "back-2"), fault.LineMismatch)
	wantBoth(t, x.Operator, back("over", "over"), fault.LineMismatch)
	returned := testkit.Must[*pb.ReturnBankLineResponse](t, x.Operator, back("over", "back")).GetLine()
	if returned.GetState() != pb.BankLineState_BANK_LINE_STATE_RETURNED || returned.GetReturnedById() != waiting["back"].GetId() {
		t.Errorf("sent back: %v", returned)
	}
	wantBoth(t, x.Operator, back("over", "back"), fault.WrongState)
	if fen := exchangeBalance(t, x, pb.AccountKind_ACCOUNT_KIND_SUSPENSE); fen != -(200+300+62_000)+1 {
		t.Errorf("suspense stands at %d", fen)
	}
	x.CheckInvariants(t)
}

// A refund over the exchange's account: the seller pays in, the buyer is paid out.
func TestARefundOverTheExchangesAccountBringsItBackToZero(t *testing.T) {
	x := testkit.New(t)
	id := accepted(t, x, false)
	imported(t, x, bankCSV("a", booked{"in", id, 62_000}, booked{"out", id, -62_000}))
	testkit.Must[*pb.DisputeOrderResponse](t, x.School, &pb.DisputeOrderRequest{Id: id, Quantity: 2000, Reason: "mouldy"})
	waits := imported(t, x, bankCSV("b", booked{"early", id, 12_400}))
	if waits.GetMatchedLines() != 0 {
		t.Errorf("money moved while the order was disputed: %v", waits)
	}
	testkit.Must[*pb.ResolveDisputeResponse](t, x.Operator, &pb.ResolveDisputeRequest{Id: id, Outcome: pb.DisputeState_DISPUTE_STATE_FOR_BUYER, Reason: "mouldy"})
	if again := imported(t, x, bankCSV("b", booked{"early", id, 12_400})); again.GetMatchedLines() != 1 {
		t.Errorf("imported again, what fits now: %v", again)
	}
	if o := orderOf(t, x, id); o.GetHeldAmountFen() != 12_400 || o.GetState() != pb.OrderState_ORDER_STATE_REFUNDING {
		t.Errorf("the seller has paid back: %v", o)
	}
	imported(t, x, bankCSV("c", booked{"to the buyer", id, -12_400}))
	if o := orderOf(t, x, id); o.GetHeldAmountFen() != 0 || o.GetState() != pb.OrderState_ORDER_STATE_SETTLED || o.GetRepaidAmountFen() != 12_400 {
		t.Errorf("the buyer has it: %v", o)
	}
	wantVolumes(t, x, id, [2]int64{62_000, 10_000}, [2]int64{49_600, 8000}, [2]int64{49_600, 8000})
	if bank := exchangeBalance(t, x, pb.AccountKind_ACCOUNT_KIND_BANK); bank != 0 {
		t.Errorf("the bank stands at %d", bank)
	}
	x.CheckInvariants(t)
}

func TestABankFileThatIsNotWholeOrNotOursChangesNothing(t *testing.T) {
	x := testkit.New(t, func(c *server.Config) { c.BankLines = 3 })
	id := accepted(t, x, false)
	good := string(bankCSV("s", booked{"r1", id, 62_000}, booked{"r2", "x", 100}).GetContent())
	before := x.Rows(t)
	in := func(content string) *pb.ImportStatementRequest {
		return &pb.ImportStatementRequest{Format: pb.BankFileFormat_BANK_FILE_FORMAT_CSV, Content: []byte(content)}
	}
	wantBoth(t, x.Operator, in(good[:len(good)-12]), fault.BankFileInvalid)
	wantBoth(t, x.Operator, in(strings.Replace(good, testkit.BankAccount, "6222999", 1)), fault.BankAccountUnknown)
	wantBoth(t, x.Operator, in(strings.Replace(good, "CNY", "USD", 1)), fault.BankCurrency)
	wantBoth(t, x.Operator, in(strings.Replace(good, "r2", "r1", 1)), fault.BankFileInvalid)
	wantBoth(t, x.Operator, bankCSV("s", booked{"1", "", 1}, booked{"2", "", 1}, booked{"3", "", 1}, booked{"4", "", 1}), fault.BankFileInvalid)
	wantBoth(t, x.Operator, &pb.ImportStatementRequest{Content: []byte(good)}, fault.InvalidArgument)
	wantBoth(t, x.Operator, &pb.ImportStatementRequest{Format: pb.BankFileFormat_BANK_FILE_FORMAT_CAMT053, Content: []byte(good)}, fault.BankFileInvalid)
	wantBoth(t, x.Auditor, in(good), fault.RoleMissing)
	dry := in(good)
	dry.DryRun = true
	if out := imported(t, x, dry); out.GetNewLines() != 2 {
		t.Errorf("a dry run: %v", out)
	}
	after := x.Rows(t)
	for _, table := range []string{"bank_statements", "bank_lines", "ledger_transactions", "ledger_entries", "payments"} {
		if after[table] != before[table] {
			t.Errorf("%s has %d rows, had %d", table, after[table], before[table])
		}
	}
	x.CheckInvariants(t)
}

// No line is imported, matched or sent back while the decision log's file cannot
// be written.
func TestNoBankLineIsCountedWhileTheDecisionLogsFileCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	x := testkit.New(t, func(c *server.Config) { c.DecisionLog, c.DecisionLogWait = path, 300*time.Millisecond })
	id := accepted(t, x, false)
	imported(t, x, bankCSV("s", booked{"part", id, 100}))
	line := linesOf(t, x, &pb.ListBankLinesRequest{})["part"].GetId()
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	before := x.Rows(t)
	wantBoth(t, x.Operator, &pb.MatchBankLineRequest{Id: line}, fault.DecisionLogAway)
	wantBoth(t, x.Operator, bankCSV("s2", booked{"r2", id, 62_000}), fault.DecisionLogAway)
	if after := x.Rows(t); after["ledger_transactions"] != before["ledger_transactions"] || after["bank_lines"] != before["bank_lines"] {
		t.Errorf("rows %v, were %v", after, before)
	}
	x.CheckInvariants(t)
}

// A payment that buyer and seller recorded themselves is not counted again when
// the bank names it: it is I10, a payment counts once.
func TestAPaymentThatWasRecordedIsNotCountedAgainByTheBank(t *testing.T) {
	x := testkit.New(t)
	id := accepted(t, x, false)
	testkit.Must[*pb.RecordPaymentResponse](t, x.School, &pb.RecordPaymentRequest{Id: id, AmountFen: 2000, BankReference: "r1"})
	imported(t, x, bankCSV("s", booked{"r1", id, 2000}, booked{"r2", id, 60_000}))
	lines := linesOf(t, x, &pb.ListBankLinesRequest{})
	if lines["r1"].GetState() != pb.BankLineState_BANK_LINE_STATE_WAITING || lines["r2"].GetState() != pb.BankLineState_BANK_LINE_STATE_MATCHED {
		t.Errorf("lines %v", lines)
	}
	imported(t, x, bankCSV("s2", booked{"out", id, -60_000}))
	if o := orderOf(t, x, id); o.GetState() != pb.OrderState_ORDER_STATE_SETTLED || o.GetPaidAmountFen() != 62_000 {
		t.Errorf("the order is %v", o)
	}
	x.CheckInvariants(t)
}
