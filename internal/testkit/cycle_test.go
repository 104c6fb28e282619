package testkit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// cycleOf opens a cycle of the alliances of Shaanxi's sellers and Jiangsu's buyers
// that began some days ago and ends today.
func cycleOf(t testing.TB, x *testkit.Exchange) *pb.SettlementCycle {
	t.Helper()
	return testkit.Must[*pb.OpenSettlementCycleResponse](t, x.Operator, openCycle(x)).GetCycle()
}

func openCycle(x *testkit.Exchange) *pb.OpenSettlementCycleRequest {
	return &pb.OpenSettlementCycleRequest{
		SellerAllianceId: x.Sample.Alliances[sample.ShaanxiSellers].ID.String(), BuyerAllianceId: x.BuyerAlliance,
		From: string(x.Today().Plus(-6)), To: string(x.Today()),
	}
}

func matchCycle(t testing.TB, x *testkit.Exchange, id string, want pb.CycleState, differences ...pb.DifferenceKind) {
	t.Helper()
	out := testkit.Must[*pb.MatchSettlementCycleResponse](t, x.Operator, &pb.MatchSettlementCycleRequest{Id: id})
	found := map[pb.DifferenceKind]int{}
	for _, d := range out.GetDifferences() {
		found[d.GetKind()]++
	}
	for _, kind := range differences {
		found[kind]--
	}
	for kind, n := range found {
		if n != 0 {
			t.Errorf("%s is there %d times too often: %v", kind, n, out.GetDifferences())
		}
	}
	if out.GetCycle().GetState() != want {
		t.Errorf("the cycle is %s, want %s", out.GetCycle().GetState(), want)
	}
}

// Two buyers pay in for three orders; the exchange pays their one seller once, by
// one instruction, and the cycle is confirmed by the bank's own statement.
func TestACycleGoesFromOpenToConfirmedByOneTransferToEachSeller(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, func(s *server.Config) { s.Now = c.Now })
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
	var lines []booked
	for n, p := range []*testkit.Person{x.School, x.School, x.Hospital} {
		id := buy(t, x, p, offer, int64(n+1), nil).GetId()
		lines = append(lines, booked{uuid.NewString(), id, int64(n+1) * 6200})
	}
	cycle := cycleOf(t, x)
	wantBoth(t, x.Operator, openCycle(x), fault.CycleOverlaps)
	wantBoth(t, x.Operator, &pb.MatchSettlementCycleRequest{Id: cycle.GetId()}, fault.CycleNotEnded)
	wantBoth(t, x.Operator, &pb.InstructSettlementCycleRequest{Id: cycle.GetId()}, fault.WrongState)
	c.ahead.Store(int64(24 * time.Hour))
	matchCycle(t, x, cycle.GetId(), pb.CycleState_CYCLE_STATE_MISMATCH, pb.DifferenceKind_DIFFERENCE_KIND_UNDER,
		pb.DifferenceKind_DIFFERENCE_KIND_UNDER, pb.DifferenceKind_DIFFERENCE_KIND_UNDER)
	imported(t, x, bankCSV("in", lines...))
	matchCycle(t, x, cycle.GetId(), pb.CycleState_CYCLE_STATE_MATCHED)
	state := testkit.Must[*pb.InstructSettlementCycleResponse](t, x.Operator, &pb.InstructSettlementCycleRequest{Id: cycle.GetId()}).GetCycle().GetState()
	if state != pb.CycleState_CYCLE_STATE_INSTRUCTED {
		t.Errorf("the cycle is %s", state)
	}
	view := testkit.Must[*pb.GetSettlementCycleResponse](t, x.Operator, &pb.GetSettlementCycleRequest{Id: cycle.GetId()})
	if len(view.GetInstructions()) != 1 || len(view.GetObligations()) != 3 {
		t.Fatalf("the cycle: %v", view)
	}
	i := view.GetInstructions()[0]
	if i.GetAmountFen() != 6*6200 || i.GetMemberId() != x.Cooperative.Member {
		t.Errorf("the instruction: %v", i)
	}
	for _, o := range view.GetObligations() {
		if o.GetMemberId() == x.Cooperative.Member && (o.GetNetFen() != -6*6200 || o.GetSide() != pb.Side_SIDE_SELLER || o.GetOrders() != 3) {
			t.Errorf("the seller is owed %v", o)
		}
		if o.GetMemberId() == x.School.Member && (o.GetNetFen() != 0 || o.GetAcceptedFen() != 3*6200 || o.GetPaidFen() != 3*6200) {
			t.Errorf("the school owes %v", o)
		}
	}
	wrong := imported(t, x, bankCSV("wrong", booked{"less", "pay " + i.GetPaymentReference(), -100}))
	if wrong.GetMatchedLines() != 0 {
		t.Errorf("less than instructed was matched: %v", wrong)
	}
	out := bankCSV("out", booked{"transfer", "pay " + i.GetPaymentReference(), -6 * 6200})
	for range 2 {
		if got := imported(t, x, out); got.GetMatchedLines() != 1 {
			t.Errorf("the transfer: %v", got)
		}
	}
	view = testkit.Must[*pb.GetSettlementCycleResponse](t, x.Operator, &pb.GetSettlementCycleRequest{Id: cycle.GetId()})
	if view.GetCycle().GetState() != pb.CycleState_CYCLE_STATE_CONFIRMED || view.GetInstructions()[0].GetState() != pb.InstructionState_INSTRUCTION_STATE_EXECUTED {
		t.Errorf("the cycle: %v", view)
	}
	for _, l := range lines {
		o := testkit.Must[*pb.GetOrderResponse](t, x.Operator, &pb.GetOrderRequest{Id: l.text}).GetOrder()
		wantState(t, o, pb.OrderState_ORDER_STATE_SETTLED)
	}
	less := linesOf(t, x, &pb.ListBankLinesRequest{State: pb.BankLineState_BANK_LINE_STATE_WAITING})["less"]
	wantBoth(t, x.Operator, &pb.MatchBankLineRequest{Id: less.GetId()}, fault.LineMismatch)
	x.WaitSealed(t)
	x.CheckInvariants(t)
}

// Over, under, a wrong reference and a dispute are each found; adjusted, the cycle
// settles what was paid and the rest stays owed.
func TestWhatDoesNotMatchInACycleIsNamedAndAdjusted(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, func(s *server.Config) { s.Now = c.Now })
	paid, unpaid, disputed := accepted(t, x, false), accepted(t, x, false), accepted(t, x, false)
	cycle := cycleOf(t, x)
	testkit.Must[*pb.DisputeOrderResponse](t, x.School, &pb.DisputeOrderRequest{Id: disputed, Quantity: 1000, Reason: "x"})
	stray := bankCSV("s", booked{"paid", paid, 62_000}, booked{"again", paid, 62_000}, booked{"nameless", "apples", 500}, booked{"elsewhere", "x", 9})
	school := testkit.Must[*pb.GetMemberResponse](t, x.Operator, &pb.GetMemberRequest{Id: x.School.Member}).GetMember()
	content := strings.Split(string(stray.GetContent()), "\n")
	content[3] = strings.Replace(content[3], "somebody", school.GetNameZh(), 1)
	stray.Content = []byte(strings.Join(content, "\n"))
	imported(t, x, stray)
	c.ahead.Store(int64(24 * time.Hour))
	matchCycle(t, x, cycle.GetId(), pb.CycleState_CYCLE_STATE_MISMATCH, pb.DifferenceKind_DIFFERENCE_KIND_UNDER,
		pb.DifferenceKind_DIFFERENCE_KIND_DISPUTED, pb.DifferenceKind_DIFFERENCE_KIND_OVER, pb.DifferenceKind_DIFFERENCE_KIND_WRONG_REFERENCE)
	wantBoth(t, x.Operator, &pb.InstructSettlementCycleRequest{Id: cycle.GetId()}, fault.WrongState)
	wantBoth(t, x.Auditor, &pb.AdjustSettlementCycleRequest{Id: cycle.GetId(), Reason: "x"}, fault.RoleMissing)
	wantBoth(t, x.School, &pb.AdjustSettlementCycleRequest{Id: cycle.GetId(), Reason: "x"}, fault.RoleMissing)
	adjusted := testkit.Must[*pb.AdjustSettlementCycleResponse](t, x.Operator, &pb.AdjustSettlementCycleRequest{Id: cycle.GetId(), Reason: "agreed by both secretariats"}).GetCycle()
	if adjusted.GetState() != pb.CycleState_CYCLE_STATE_ADJUSTED || adjusted.GetStateReason() == "" {
		t.Errorf("adjusted: %v", adjusted)
	}
	wantBoth(t, x.Operator, &pb.MatchSettlementCycleRequest{Id: cycle.GetId()}, fault.WrongState)
	testkit.Must[*pb.InstructSettlementCycleResponse](t, x.Operator, &pb.InstructSettlementCycleRequest{Id: cycle.GetId()})
	view := testkit.Must[*pb.GetSettlementCycleResponse](t, x.Operator, &pb.GetSettlementCycleRequest{Id: cycle.GetId()})
	if len(view.GetInstructions()) != 1 || view.GetInstructions()[0].GetAmountFen() != 62_000 || len(view.GetDifferences()) != 4 {
		t.Fatalf("the cycle: %v", view)
	}
	own := testkit.Must[*pb.GetSettlementCycleResponse](t, x.Hospital, &pb.GetSettlementCycleRequest{Id: cycle.GetId()})
	if len(own.GetDifferences()) != 0 || len(own.GetObligations()) != 0 || len(own.GetInstructions()) != 0 {
		t.Errorf("the hospital sees of others: %v", own)
	}
	secretary := testkit.Must[*pb.GetSettlementCycleResponse](t, x.BuyerSecretary, &pb.GetSettlementCycleRequest{Id: cycle.GetId()})
	if len(secretary.GetDifferences()) != 4 {
		t.Errorf("the secretary sees %v", secretary)
	}
	ageing := testkit.Must[*pb.GetAgeingResponse](t, x.School, &pb.GetAgeingRequest{})
	if ageing.GetTotal().GetTotalFen() != 2*62_000 || ageing.GetTotal().GetOrders() != 2 {
		t.Errorf("%s is unpaid besides %s: %v", unpaid, disputed, ageing)
	}
	x.CheckInvariants(t)
}

// Members that paid each other leave the exchange nothing to transfer.
func TestACycleOfDirectPaymentsIsConfirmedAtOnce(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, func(s *server.Config) { s.Now = c.Now })
	accepted(t, x, true)
	cycle := cycleOf(t, x)
	c.ahead.Store(int64(24 * time.Hour))
	matchCycle(t, x, cycle.GetId(), pb.CycleState_CYCLE_STATE_MATCHED)
	if got := testkit.Must[*pb.InstructSettlementCycleResponse](t, x.Operator, &pb.InstructSettlementCycleRequest{Id: cycle.GetId()}).GetCycle(); got.GetState() != pb.CycleState_CYCLE_STATE_CONFIRMED {
		t.Errorf("the cycle is %s", got.GetState())
	}
	wantBoth(t, x.Operator, &pb.OpenSettlementCycleRequest{SellerAllianceId: x.BuyerAlliance, BuyerAllianceId: x.BuyerAlliance, From: "2026-01-01", To: "2026-01-31"}, fault.SideInvalid)
	wantBoth(t, x.Operator, &pb.OpenSettlementCycleRequest{SellerAllianceId: cycle.GetSellerAllianceId(), BuyerAllianceId: x.BuyerAlliance, From: "2026-01-01", To: "2028-01-31"}, fault.DatesInvalid)
	wantBoth(t, x.BuyerSecretary, openCycle(x), fault.RoleMissing)
	x.CheckInvariants(t)
}

// A statement says order by order what a member owes, with the invoices; who may
// look into the account sees it.
func TestAMembersStatementOfACycleShowsItsOrdersAndInvoices(t *testing.T) {
	x := testkit.New(t)
	first, second := accepted(t, x, true), accepted(t, x, false)
	cycle := cycleOf(t, x)
	attach := func(order, number string, fen int64) *pb.AttachInvoiceRequest {
		return &pb.AttachInvoiceRequest{Id: order, Number: number, AmountFen: fen, TaxRateBasisPoints: 900}
	}
	testkit.Must[*pb.AttachInvoiceResponse](t, x.Cooperative, attach(first, "24617000000000000001", 50_000))
	wantBoth(t, x.Cooperative, attach(first, "24617000000000000001", 1), fault.AlreadyExists)
	wantBoth(t, x.Cooperative, attach(second, "24617000000000000001", 1), fault.AlreadyExists)
	wantBoth(t, x.Cooperative, attach(first, "2", 12_001), fault.InvoiceInvalid)
	wantBoth(t, x.Cooperative, attach(first, "2 3", 1), fault.InvoiceInvalid)
	wantBoth(t, x.School, attach(first, "2", 1), fault.NotYourOwn)
	future := attach(first, "2", 1)
	future.IssuedOn = string(x.Today().Plus(2))
	wantBoth(t, x.Cooperative, future, fault.DatesInvalid)
	testkit.Must[*pb.AttachInvoiceResponse](t, x.Cooperative, attach(first, "2", -10_000))
	invoices := testkit.Must[*pb.ListInvoicesResponse](t, x.School, &pb.ListInvoicesRequest{OrderId: first}).GetInvoices()
	if len(invoices) != 2 || invoices[0].GetTaxRateBasisPoints() != 900 || invoices[0].GetIssuedOn() != string(x.Today()) {
		t.Errorf("invoices %v", invoices)
	}
	wantBoth(t, x.Hospital, &pb.ListInvoicesRequest{OrderId: first}, fault.ResourceNotFound)
	ask := &pb.GetMemberStatementRequest{CycleId: cycle.GetId(), MemberId: x.School.Member, PageSize: 1}
	page := testkit.Must[*pb.GetMemberStatementResponse](t, x.School, ask)
	if len(page.GetLines()) != 1 || page.GetLines()[0].GetOrderId() != first || len(page.GetLines()[0].GetInvoices()) != 2 || page.GetNextPageToken() == "" {
		t.Errorf("the first page: %v", page)
	}
	ask.PageToken = page.GetNextPageToken()
	page = testkit.Must[*pb.GetMemberStatementResponse](t, x.School, ask)
	if len(page.GetLines()) != 1 || page.GetLines()[0].GetOrderId() != second || page.GetLines()[0].GetDueFen() != 62_000 || page.GetNextPageToken() != "" {
		t.Errorf("the second page: %v", page)
	}
	if o := page.GetObligation(); o.GetNetFen() != 62_000 || o.GetAcceptedFen() != 124_000 || page.GetCarriedFen() != 0 || page.GetMemberNameZh() == "" {
		t.Errorf("the sums: %v", page)
	}
	seller := testkit.Must[*pb.GetMemberStatementResponse](t, x.Cooperative, &pb.GetMemberStatementRequest{CycleId: cycle.GetId(), MemberId: x.Cooperative.Member})
	if len(seller.GetLines()) != 2 || seller.GetObligation().GetNetFen() != -62_000 || seller.GetLines()[0].GetPaidFen() != 62_000 {
		t.Errorf("the seller's: %v", seller)
	}
	wantBoth(t, x.Hospital, &pb.GetMemberStatementRequest{CycleId: cycle.GetId(), MemberId: x.School.Member}, fault.NotYourOwn)
	wantBoth(t, x.Operator, &pb.GetMemberStatementRequest{CycleId: cycle.GetId(), MemberId: x.School.Member, PageToken: "zz"}, fault.PageTokenInvalid)
	x.CheckInvariants(t)
}

// What is unpaid ages by the day of its acceptance, in four classes.
func TestWhatIsUnpaidAgesFromItsAcceptance(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, func(s *server.Config) { s.Now = c.Now })
	id := accepted(t, x, false)
	rows := []struct {
		days int
		want [4]int64
	}{{0, [4]int64{62_000}}, {30, [4]int64{62_000}}, {31, [4]int64{0, 62_000}}, {60, [4]int64{0, 62_000}}, {61, [4]int64{0, 0, 62_000}}, {91, [4]int64{0, 0, 0, 62_000}}}
	for _, r := range rows {
		c.ahead.Store(int64(time.Duration(r.days) * 24 * time.Hour))
		out := testkit.Must[*pb.GetAgeingResponse](t, x.Auditor, &pb.GetAgeingRequest{}).GetTotal()
		if got := [4]int64{out.GetDays_30Fen(), out.GetDays_60Fen(), out.GetDays_90Fen(), out.GetOlderFen()}; got != r.want {
			t.Errorf("after %d days %v, want %v", r.days, got, r.want)
		}
	}
	if out := testkit.Must[*pb.GetAgeingResponse](t, x.Hospital, &pb.GetAgeingRequest{}); len(out.GetRows()) != 0 {
		t.Errorf("the hospital sees %v", out)
	}
	before := c.Now()
	c.ahead.Add(int64(time.Hour))
	testkit.Must[*pb.RecordPaymentResponse](t, x.School, &pb.RecordPaymentRequest{Id: id, AmountFen: 62_000, BankReference: "late"})
	if out := testkit.Must[*pb.GetAgeingResponse](t, x.School, &pb.GetAgeingRequest{}); len(out.GetRows()) != 0 {
		t.Errorf("paid, and %v", out)
	}
	then := testkit.Must[*pb.GetAgeingResponse](t, x.School, &pb.GetAgeingRequest{AsOf: stampOf(before)})
	if then.GetTotal().GetOlderFen() != 62_000 || then.GetTotal().GetOldest() != string(exchange.DayOf(time.Now())) {
		t.Errorf("as of before the payment: %v", then)
	}
	wantBoth(t, x.School, &pb.GetAgeingRequest{AsOf: stampOf(c.Now().Add(time.Hour))}, fault.AsOfInvalid)
	x.CheckInvariants(t)
}

func stampOf(t time.Time) *timestamppb.Timestamp { return timestamppb.New(t) }
