package testkit_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// owed is an order that is accepted and not paid.
func owed(t *testing.T, x *testkit.Exchange) *pb.Order {
	t.Helper()
	order := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), 1)
	testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: order.GetId()})
	return testkit.Must[*pb.AcceptOrderResponse](t, x.School, &pb.AcceptOrderRequest{
		Id: order.GetId(), AcceptedQuantity: order.GetQuantity(),
	}).GetOrder()
}

// unpaid proves that a payment that failed left nothing behind.
func unpaid(t *testing.T, x *testkit.Exchange, order *pb.Order, before map[string]int64) {
	t.Helper()
	now := testkit.Must[*pb.GetOrderResponse](t, x.School, &pb.GetOrderRequest{Id: order.GetId()}).GetOrder()
	if now.GetState() != order.GetState() || now.GetPaidAmountFen() != 0 {
		t.Errorf("the order is %s with %d fen paid", now.GetState(), now.GetPaidAmountFen())
	}
	after := x.Rows(t)
	for _, table := range []string{"payments", "ledger_transactions", "ledger_entries", "events", "requests"} {
		if after[table] != before[table] {
			t.Errorf("%s has %d rows, had %d", table, after[table], before[table])
		}
	}
}

// Money is not moved while the decision log's file cannot be written; trade goes
// on, and its lines wait.
func TestNoMoneyIsMovedWhileTheDecisionLogsFileCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	x := testkit.New(t, func(c *server.Config) { c.DecisionLog, c.DecisionLogWait = path, 500*time.Millisecond })
	order := owed(t, x)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	before := x.Rows(t)
	pay := &pb.RecordPaymentRequest{Id: order.GetId(), AmountFen: order.GetAmountFen(), BankReference: "B1"}
	wantBoth(t, x.School, pay, fault.DecisionLogAway)
	unpaid(t, x, order, before)
	meanwhile := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	// The writer comes back to what waited after a pause of at most some seconds.
	paid := false
	for deadline := time.Now().Add(30 * time.Second); !paid && time.Now().Before(deadline); {
		err := testkit.Try(t.Context(), x.School, pay)
		paid = err == nil
		if code := testkit.CodeOf(err); !paid && code != fault.DecisionLogAway {
			t.Fatalf("paying again: %s", code)
		}
	}
	if !paid {
		t.Fatal("the file is back and the payment still fails")
	}
	text := waitFor(t, path, meanwhile.GetId(), order.GetId())
	if strings.Contains(text, x.School.Token) || strings.Contains(text, "chen.buyer") {
		t.Error("the file tells a token or who asked")
	}
	x.CheckInvariants(t)
}

// waitFor waits until a file names every one of some texts, and gives it. Each
// line must be whole.
func waitFor(t *testing.T, path string, texts ...string) string {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		content, _ := os.ReadFile(path) // not there yet: nothing is in it
		missing := 0
		for _, s := range texts {
			if !strings.Contains(string(content), s) {
				missing++
			}
		}
		if missing > 0 {
			continue
		}
		for l := range strings.Lines(string(content)) {
			var got authz.LogLine
			if err := json.Unmarshal([]byte(l), &got); err != nil || got.Revision == "" || got.InputDigest != authz.Digest(got.Input) {
				t.Errorf("%s: %v", l, err)
			}
		}
		return string(content)
	}
	t.Fatalf("%s never named %v", path, texts)
	return ""
}

func sql(t *testing.T, x *testkit.Exchange, statement string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), x.Config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func TestNoMoneyIsMovedWhileTheDecisionLogsTableTakesNoRow(t *testing.T) {
	x := testkit.New(t)
	order := owed(t, x)
	sql(t, x, "ALTER TABLE decisions ADD CONSTRAINT decisions_full CHECK (action <> 'order.pay') NOT VALID")
	before := x.Rows(t)
	pay := &pb.RecordPaymentRequest{Id: order.GetId(), AmountFen: order.GetAmountFen(), BankReference: "B1"}
	wantBoth(t, x.School, pay, fault.DecisionLogAway)
	unpaid(t, x, order, before)
	sql(t, x, "ALTER TABLE decisions DROP CONSTRAINT decisions_full")
	testkit.Must[*pb.RecordPaymentResponse](t, x.School, pay)
	x.CheckInvariants(t)
}

// Allowed, denied or asked on a read: every decision is logged once, and a
// question or a dry run that was allowed never.
func TestEveryDecisionIsLoggedOnce(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	logged := func(what string, want int64, do func()) {
		t.Helper()
		before := x.Rows(t)["decisions"]
		do()
		if got := x.Rows(t)["decisions"] - before; got != want {
			t.Errorf("%s logged %d decisions, want %d", what, got, want)
		}
	}
	place := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000}
	logged("an order", 1, func() { testkit.Must[*pb.PlaceOrderResponse](t, x.School, place) })
	logged("the same order again", 0, func() { testkit.Must[*pb.PlaceOrderResponse](t, x.School, place) })
	logged("a denied order", 1, func() {
		_, err := testkit.Call[*pb.PlaceOrderResponse](t.Context(), x.Cooperative, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000})
		if code := testkit.CodeOf(err); fault.KindOf(code) != fault.Denied {
			t.Errorf("a seller orders: %s", code)
		}
	})
	logged("a look into an account", 1, func() {
		_, err := testkit.Call[*pb.GetBalanceResponse](t.Context(), x.Hospital, &pb.GetBalanceRequest{
			AccountKind: pb.AccountKind_ACCOUNT_KIND_CLEARING_BUYER, AccountOwner: x.School.Member,
		})
		if code := testkit.CodeOf(err); code != fault.NotYourOwn {
			t.Errorf("a hospital looks into a school's account: %s", code)
		}
	})
	logged("a question and a dry run", 0, func() {
		explain(t, x.School, &pb.ExplainRequest{Action: "order.place", OfferId: offer.GetId()})
		testkit.Must[*pb.PlaceOrderResponse](t, x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000, DryRun: true})
	})
}

// Decisions are kept for so long, and then deleted in bounded batches.
func TestOldDecisionsAreForgottenInBatches(t *testing.T) {
	var c clock
	x := testkit.New(t, c.into, func(s *server.Config) {
		s.SweepBatch, s.DecisionRetention, s.JobPoll = 2, 240*time.Hour, time.Hour
	})
	x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1)
	before := x.Rows(t)["decisions"]
	c.ahead.Store(int64(11 * 24 * time.Hour))
	x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1)
	young := x.Rows(t)["decisions"] - before
	ctx := app.WithPrincipal(t.Context(), app.System())
	first, err := x.App.ForgetDecisions(ctx)
	if err != nil || first != 40 {
		t.Errorf("the first run forgot %d, %v: want 20 batches of 2", first, err)
	}
	for n := first; n > 0; {
		if n, err = x.App.ForgetDecisions(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if left := x.Rows(t)["decisions"]; left != young || young == 0 {
		t.Errorf("%d decisions are left, %d are young", left, young)
	}
	x.CheckInvariants(t) // an order outlives the decision on it
}
