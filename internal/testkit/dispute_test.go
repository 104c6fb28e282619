package testkit_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// accepted is an order of ten units at 62 yuan that the school accepted, and
// paid where that is asked for.
func accepted(t *testing.T, x *testkit.Exchange, paid bool) string {
	t.Helper()
	o := buy(t, x, x.School, x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), 10, nil)
	if paid {
		testkit.Must[*pb.RecordPaymentResponse](t, x.School, &pb.RecordPaymentRequest{Id: o.GetId(), AmountFen: 62_000, BankReference: "in"})
	}
	return o.GetId()
}

func balanceOf(t *testing.T, p *testkit.Person, kind pb.AccountKind) int64 {
	t.Helper()
	return testkit.Must[*pb.GetBalanceResponse](t, p, &pb.GetBalanceRequest{AccountKind: kind}).GetBalanceFen()
}

// volumesOf are what an order counts, by measure: fen and quantity.
func volumesOf(t *testing.T, x *testkit.Exchange, order string) map[pb.Measure][2]int64 {
	t.Helper()
	sums := map[pb.Measure][2]int64{}
	for _, e := range testkit.Must[*pb.ListEntriesResponse](t, x.School, &pb.ListEntriesRequest{OrderId: order, PageSize: 100}).GetEntries() {
		if s := sums[e.GetMeasure()]; e.GetMeasure() != pb.Measure_MEASURE_UNSPECIFIED {
			sums[e.GetMeasure()] = [2]int64{s[0] + e.GetMeasureFen(), s[1] + e.GetMeasureQuantity()}
		}
	}
	return sums
}

func wantVolumes(t *testing.T, x *testkit.Exchange, order string, contracted, acceptedFen, settled [2]int64) {
	t.Helper()
	got := volumesOf(t, x, order)
	if got[pb.Measure_MEASURE_CONTRACTED] != contracted || got[pb.Measure_MEASURE_ACCEPTED] != acceptedFen || got[pb.Measure_MEASURE_SETTLED] != settled {
		t.Errorf("volumes %v, want %v, %v, %v", got, contracted, acceptedFen, settled)
	}
}

// What was paid and is given back leaves ACCEPTED with the decision and SETTLED
// with the money; then the clearing accounts are at zero again, and the reserve
// is as full as the goods that were kept fill it.
func TestARefundAfterPaymentBringsTheAccountsBackToZero(t *testing.T) {
	x := testkit.New(t)
	plan := file(t, x, x.School, nil)
	id := accepted(t, x, true)
	wantVolumes(t, x, id, [2]int64{62_000, 10_000}, [2]int64{62_000, 10_000}, [2]int64{62_000, 10_000})
	o := testkit.Must[*pb.DisputeOrderResponse](t, x.School, &pb.DisputeOrderRequest{Id: id, Quantity: 3000, Reason: "mouldy"}).GetOrder()
	wantState(t, o, pb.OrderState_ORDER_STATE_DISPUTED)
	wantBoth(t, x.School, &pb.RecordPaymentRequest{Id: id, AmountFen: 1, BankReference: "more"}, fault.WrongState)
	o = testkit.Must[*pb.ResolveDisputeResponse](t, x.People["pair-team"], &pb.ResolveDisputeRequest{
		Id: id, Outcome: pb.DisputeState_DISPUTE_STATE_SPLIT, RefundQuantity: 2000, RefundFen: 12_400, Reason: "two of three cartons",
	}).GetOrder()
	wantState(t, o, pb.OrderState_ORDER_STATE_REFUNDING)
	wantVolumes(t, x, id, [2]int64{62_000, 10_000}, [2]int64{49_600, 8000}, [2]int64{62_000, 8000})
	if b, s := balanceOf(t, x.School, pb.AccountKind_ACCOUNT_KIND_CLEARING_BUYER), balanceOf(t, x.Cooperative, pb.AccountKind_ACCOUNT_KIND_CLEARING_SELLER); b != -12_400 || s != 12_400 {
		t.Errorf("the buyer's account stands at %d, the seller's at %d", b, s)
	}
	refund := &pb.RecordRefundRequest{Id: id, AmountFen: 12_401, BankReference: "back-1"}
	wantBoth(t, x.Cooperative, refund, fault.PaymentInvalid)
	refund.AmountFen = 400
	wantBoth(t, x.School, refund, fault.NotYourOwn)
	testkit.Must[*pb.RecordRefundResponse](t, x.Cooperative, refund)
	refund.AmountFen = 12_000
	wantBoth(t, x.Cooperative, refund, fault.AlreadyExists) // the reference was counted
	refund.BankReference = "back-2"
	o = testkit.Must[*pb.RecordRefundResponse](t, x.Cooperative, refund).GetOrder()
	wantState(t, o, pb.OrderState_ORDER_STATE_SETTLED)
	wantVolumes(t, x, id, [2]int64{62_000, 10_000}, [2]int64{49_600, 8000}, [2]int64{49_600, 8000})
	if b, s := balanceOf(t, x.School, pb.AccountKind_ACCOUNT_KIND_CLEARING_BUYER), balanceOf(t, x.Cooperative, pb.AccountKind_ACCOUNT_KIND_CLEARING_SELLER); b != 0 || s != 0 {
		t.Errorf("the buyer's account stands at %d, the seller's at %d", b, s)
	}
	if got := progress(t, x.School, plan); got.GetAcceptedFen() != 49_600 || got.GetSettledFen() != 49_600 || got.GetOrders() != 1 {
		t.Errorf("the reserve: %v", got)
	}
	d := testkit.Must[*pb.GetDisputeResponse](t, x.School, &pb.GetDisputeRequest{Id: o.GetDisputeId()}).GetDispute()
	if d.GetState() != pb.DisputeState_DISPUTE_STATE_SPLIT || d.GetAmountFen() != 18_600 || d.GetRefundedAmountFen() != 12_400 || d.GetResolution() == "" {
		t.Errorf("the dispute: %v", d)
	}
	var reversal *pb.Transaction
	for _, tx := range testkit.Must[*pb.ListTransactionsResponse](t, x.School, &pb.ListTransactionsRequest{OrderId: id}).GetTransactions() {
		if tx.GetKind() == pb.TransactionKind_TRANSACTION_KIND_ACCEPTANCE_REFUNDED {
			reversal = tx
		}
	}
	of := testkit.Must[*pb.GetTransactionResponse](t, x.School, &pb.GetTransactionRequest{Id: reversal.GetReversesId()}).GetTransaction()
	if of.GetKind() != pb.TransactionKind_TRANSACTION_KIND_DELIVERY_ACCEPTED || reversal.GetMemo() != "two of three cartons" {
		t.Errorf("the refund %v reverses %v", reversal, of)
	}
	x.CheckInvariants(t)
}

// What was not paid is simply no longer owed; all of it given back ends the order.
func TestADisputeOfWhatWasNotPaidTakesItOffWhatIsOwed(t *testing.T) {
	x := testkit.New(t)
	id := accepted(t, x, false)
	testkit.Must[*pb.DisputeOrderResponse](t, x.School, &pb.DisputeOrderRequest{Id: id, AmountFen: 2000, Reason: "late by a week"})
	wantBoth(t, x.School, &pb.DisputeOrderRequest{Id: id, AmountFen: 1, Reason: "again"}, fault.WrongState)
	o := testkit.Must[*pb.ResolveDisputeResponse](t, x.Cooperative, &pb.ResolveDisputeRequest{
		Id: id, Outcome: pb.DisputeState_DISPUTE_STATE_FOR_BUYER, Reason: "we were late",
	}).GetOrder()
	wantState(t, o, pb.OrderState_ORDER_STATE_ACCEPTED)
	wantBoth(t, x.School, &pb.RecordPaymentRequest{Id: id, AmountFen: 60_001, BankReference: "in"}, fault.PaymentInvalid)
	testkit.Must[*pb.DisputeOrderResponse](t, x.School, &pb.DisputeOrderRequest{Id: id, Quantity: 10_000, Reason: "recalled"})
	testkit.Must[*pb.ResolveDisputeResponse](t, x.School, &pb.ResolveDisputeRequest{
		Id: id, Outcome: pb.DisputeState_DISPUTE_STATE_FOR_SELLER, Reason: "an error of ours",
	})
	testkit.Must[*pb.DisputeOrderResponse](t, x.School, &pb.DisputeOrderRequest{Id: id, Quantity: 10_000, Reason: "recalled after all"})
	o = testkit.Must[*pb.ResolveDisputeResponse](t, x.Operator, &pb.ResolveDisputeRequest{
		Id: id, Outcome: pb.DisputeState_DISPUTE_STATE_FOR_BUYER, Reason: "the recall is public",
	}).GetOrder()
	wantState(t, o, pb.OrderState_ORDER_STATE_REFUNDED)
	wantVolumes(t, x, id, [2]int64{62_000, 10_000}, [2]int64{}, [2]int64{})
	list := testkit.Must[*pb.ListDisputesResponse](t, x.Auditor, &pb.ListDisputesRequest{OrderId: id}).GetDisputes()
	if len(list) != 3 || list[0].GetRefundedAmountFen() != 60_000 {
		t.Errorf("disputes: %v", list)
	}
	if none := testkit.Must[*pb.ListDisputesResponse](t, x.Hospital, &pb.ListDisputesRequest{}).GetDisputes(); len(none) != 0 {
		t.Errorf("the hospital sees %v", none)
	}
	wantBoth(t, x.Hospital, &pb.GetDisputeRequest{Id: list[0].GetId()}, fault.ResourceNotFound)
	x.CheckInvariants(t)
}

func TestADisputeThatDoesNotFitIsRefusedAndChangesNothing(t *testing.T) {
	c := &clock{}
	x := testkit.New(t, func(s *server.Config) { s.Now = c.Now; s.DisputeWindow = 24 * time.Hour })
	id := accepted(t, x, false)
	resolve := func(outcome pb.DisputeState, fen, quantity int64) *pb.ResolveDisputeRequest {
		return &pb.ResolveDisputeRequest{Id: id, Outcome: outcome, RefundFen: fen, RefundQuantity: quantity, Reason: "x"}
	}
	split, forBuyer := pb.DisputeState_DISPUTE_STATE_SPLIT, pb.DisputeState_DISPUTE_STATE_FOR_BUYER
	wantBoth(t, x.School, &pb.DisputeOrderRequest{Id: id, Quantity: 11_000, Reason: "x"}, fault.DisputeInvalid)
	wantBoth(t, x.School, &pb.DisputeOrderRequest{Id: id, AmountFen: 62_001, Reason: "x"}, fault.DisputeInvalid)
	wantBoth(t, x.School, &pb.DisputeOrderRequest{Id: id, Reason: "x"}, fault.DisputeInvalid)
	wantBoth(t, x.School, &pb.DisputeOrderRequest{Id: id, Quantity: 1500, Reason: "x"}, fault.QuantityNotMultiple)
	wantBoth(t, x.School, &pb.DisputeOrderRequest{Id: id, Quantity: 1000}, fault.InvalidArgument)
	wantBoth(t, x.Cooperative, &pb.DisputeOrderRequest{Id: id, Quantity: 1000, Reason: "x"}, fault.NotYourOwn)
	wantBoth(t, x.Hospital, &pb.DisputeOrderRequest{Id: id, Quantity: 1000, Reason: "x"}, fault.ResourceNotFound)
	wantBoth(t, x.Operator, resolve(split, 1, 0), fault.WrongState)
	testkit.Must[*pb.DisputeOrderResponse](t, x.School, &pb.DisputeOrderRequest{Id: id, Quantity: 2000, Reason: "x"})
	wantBoth(t, x.Operator, resolve(split, 12_400, 0), fault.DisputeInvalid)
	wantBoth(t, x.Operator, resolve(split, 0, 1000), fault.DisputeInvalid)
	wantBoth(t, x.Operator, resolve(split, 1, 3000), fault.DisputeInvalid)
	wantBoth(t, x.Operator, resolve(pb.DisputeState_DISPUTE_STATE_OPEN, 0, 0), fault.DisputeInvalid)
	wantBoth(t, x.School, resolve(forBuyer, 0, 0), fault.OwnCase)
	wantBoth(t, x.Cooperative, resolve(split, 1, 0), fault.OwnCase)
	wantBoth(t, x.Auditor, resolve(split, 1, 0), fault.RoleMissing)
	testkit.Must[*pb.ResolveDisputeResponse](t, x.School, resolve(pb.DisputeState_DISPUTE_STATE_FOR_SELLER, 0, 0))
	c.ahead.Store(int64(25 * time.Hour))
	wantBoth(t, x.School, &pb.DisputeOrderRequest{Id: id, Quantity: 1000, Reason: "x"}, fault.DisputeLate)
	wantBoth(t, x.Cooperative, &pb.RecordRefundRequest{Id: id, AmountFen: 1, BankReference: "b"}, fault.WrongState)
	if o := testkit.Must[*pb.GetOrderResponse](t, x.School, &pb.GetOrderRequest{Id: id}).GetOrder(); o.GetRefundedAmountFen() != 0 {
		t.Errorf("refused, and %d fen given back", o.GetRefundedAmountFen())
	}
	x.CheckInvariants(t)
}

// What gives money back fails closed, like what pays.
func TestNothingIsGivenBackWhileTheDecisionLogsFileCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	x := testkit.New(t, func(c *server.Config) { c.DecisionLog, c.DecisionLogWait = path, 300*time.Millisecond })
	id := accepted(t, x, true)
	testkit.Must[*pb.DisputeOrderResponse](t, x.School, &pb.DisputeOrderRequest{Id: id, Quantity: 1000, Reason: "x"})
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	before := x.Rows(t)
	wantBoth(t, x.Operator, &pb.ResolveDisputeRequest{Id: id, Outcome: pb.DisputeState_DISPUTE_STATE_FOR_BUYER, Reason: "x"}, fault.DecisionLogAway)
	if after := x.Rows(t); after["ledger_transactions"] != before["ledger_transactions"] || after["events"] != before["events"] {
		t.Errorf("rows %v, were %v", after, before)
	}
	o := testkit.Must[*pb.GetOrderResponse](t, x.School, &pb.GetOrderRequest{Id: id}).GetOrder()
	wantState(t, o, pb.OrderState_ORDER_STATE_DISPUTED)
	x.CheckInvariants(t)
}

// The same claim sent twice is one dispute; two at once are one as well.
func TestADisputeIsOpenedAndResolvedOnce(t *testing.T) {
	x := testkit.New(t)
	id := accepted(t, x, false)
	in := &pb.DisputeOrderRequest{RequestId: uuid.NewString(), Id: id, Quantity: 1000, Reason: "x"}
	first := testkit.Must[*pb.DisputeOrderResponse](t, x.School, in).GetOrder()
	if again := testkit.Must[*pb.DisputeOrderResponse](t, x.School, in).GetOrder(); again.GetDisputeId() != first.GetDisputeId() {
		t.Errorf("disputes %s and %s", first.GetDisputeId(), again.GetDisputeId())
	}
	resolve := &pb.ResolveDisputeRequest{RequestId: uuid.NewString(), Id: id, Outcome: pb.DisputeState_DISPUTE_STATE_FOR_BUYER, Reason: "y"}
	for range 2 {
		if o := testkit.Must[*pb.ResolveDisputeResponse](t, x.Operator, resolve).GetOrder(); o.GetRefundedAmountFen() != 6200 {
			t.Errorf("given back %d", o.GetRefundedAmountFen())
		}
	}
	x.CheckInvariants(t)
}
