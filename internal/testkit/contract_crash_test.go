package testkit_test

import (
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// dueLongAgo makes contracts whose season and window for claims are over by the
// wall clock, by an exchange whose clock is behind, and says in which state each is
// to end.
func dueLongAgo(t *testing.T, x *testkit.Exchange, c *clock) map[string]pb.ContractState {
	t.Helper()
	want := map[string]pb.ContractState{}
	for range 3 {
		fulfilled, short, claimed := signed(t, x, withDeposit).GetId(), signed(t, x, withDeposit).GetId(), signed(t, x, withDeposit).GetId()
		delivered(t, x, callOff(t, x, fulfilled, 95))
		delivered(t, x, callOff(t, x, short, 30))
		callOff(t, x, claimed, 20)
		testkit.Must[*pb.ClaimContractResponse](t, x.Cooperative, &pb.ClaimContractRequest{Id: claimed, Kind: forceMajeure, Reason: "hail"})
		want[fulfilled] = pb.ContractState_CONTRACT_STATE_FULFILLED
		want[short] = pb.ContractState_CONTRACT_STATE_CLOSED
		want[claimed] = pb.ContractState_CONTRACT_STATE_OVER
		want[proposed(t, x, nil).GetId()] = pb.ContractState_CONTRACT_STATE_DECLINED
	}
	return want
}

// A server is killed with -9 in the middle of ending contracts, again and again,
// and started again. Every contract comes to the end that it would have come to
// without: ended once, with its offer, and its deposit payable once.
func TestAServerKilledWhileItEndsContractsEndsThemOnce(t *testing.T) {
	c := &clock{}
	c.ahead.Store(int64(-100 * 24 * time.Hour))
	x := testkit.New(t, func(s *server.Config) { s.Now, s.JobPoll = c.Now, time.Hour })
	want := dueLongAgo(t, x, c)
	program := filepath.Join(t.TempDir(), "sushaand")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/sushaan/exchange/cmd/sushaand").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	p := &process{t: t, program: program, env: []string{"SUSHAAND_DATABASE_URL=" + x.Config.DatabaseURL}, args: []string{
		"serve", "--tls-cert", x.Config.TLSCert, "--tls-key", x.Config.TLSKey, "--grpc-addr", "127.0.0.1:0", "--http-addr", "127.0.0.1:0",
		"--metrics-addr", "", "--log-level", "error", "--job-poll", "20ms", "--job-lease", "1s", "--job-batch", "4",
	}}
	states := func() (in map[string]pb.ContractState, done int) {
		in = map[string]pb.ContractState{}
		for id := range want {
			if in[id] = contractOf(t, x, id).GetState(); in[id] == want[id] {
				done++
			}
		}
		return in, done
	}
	for _, enough := range []int{1, 3, 5, 8, len(want)} {
		p.start()
		eventually(t, func() bool { _, done := states(); return done >= enough })
		p.kill()
	}
	got, done := states()
	if done != len(want) {
		t.Errorf("the contracts are %v, want %v", got, want)
	}
	for id := range want {
		contract := contractOf(t, x, id)
		returned := testkit.Must[*pb.ListTransactionsResponse](t, x.School, &pb.ListTransactionsRequest{
			OrderId: id, Kind: pb.TransactionKind_TRANSACTION_KIND_DEPOSIT_RETURNED,
		}).GetTransactions()
		ended := want[id] == pb.ContractState_CONTRACT_STATE_FULFILLED || want[id] == pb.ContractState_CONTRACT_STATE_CLOSED
		if (len(returned) == 1) != ended || (contract.GetDepositHeldFen() == 0) != (want[id] != pb.ContractState_CONTRACT_STATE_OVER) {
			t.Errorf("%d returns of the deposit of %v", len(returned), contract)
		}
		if contract.GetOfferId() == "" {
			continue
		}
		offer := testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: contract.GetOfferId()}).GetOffer()
		if s := offer.GetState(); s != pb.OfferState_OFFER_STATE_WITHDRAWN && s != pb.OfferState_OFFER_STATE_EXPIRED {
			t.Errorf("the offer of a contract that is over is %s", s)
		}
	}
	x.CheckInvariants(t)
}

// Call-offs, cancellations, acceptances, claims and the end of the season meet on
// the same contracts from many callers at once, each call-off asked for twice with
// one request id. Nothing is sold beyond a contract, nothing twice, and when the
// contracts have ended no stock and no deposit of them is held.
func TestWhateverMeetsOnAContractNothingIsOversoldOrLeftReserved(t *testing.T) {
	c := &clock{}
	x := withClock(t, c)
	var ids []string
	for range 4 {
		ids = append(ids, signed(t, x, withDeposit).GetId())
	}
	meet(t, x, ids, 8, 12)
	for _, id := range ids {
		contract := contractOf(t, x, id)
		offer := testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: contract.GetOfferId()}).GetOffer()
		if offer.GetTakenQuantity() > 110_000 {
			t.Errorf("%d were called off of 110000", offer.GetTakenQuantity())
		}
	}
	x.CheckInvariants(t)
	c.ahead.Add(int64((seasonDays + 32) * 24 * time.Hour))
	// The season's ends race with what callers still do.
	done := make(chan error, 1)
	go func() { done <- x.App.DoJobs(t.Context()) }()
	meet(t, x, ids, 4, 6)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		_, err := testkit.Call[*pb.ResolveContractClaimResponse](t.Context(), x.Operator, &pb.ResolveContractClaimRequest{Id: id, Outcome: dismissed, Reason: "x"})
		if code := testkit.CodeOf(err); code != "OK" && code != "WRONG_STATE" {
			t.Fatal(err)
		}
	}
	jobsAfter(t, x, c, 2)
	for _, id := range ids {
		contract := contractOf(t, x, id)
		offer := testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: contract.GetOfferId()}).GetOffer()
		if contract.GetDepositHeldFen() != 0 || offer.GetState() == pb.OfferState_OFFER_STATE_PUBLISHED {
			t.Errorf("after its end: %v, offer %s", contract, offer.GetState())
		}
	}
	x.CheckInvariants(t)
}

// meet has callers do this and that with contracts at the same time. What the rules
// refuse is refused.
func meet(t *testing.T, x *testkit.Exchange, ids []string, callers, each int) {
	t.Helper()
	allOf(callers, func(n int) {
		for i := range each {
			id := ids[(n+i)%len(ids)]
			in := &pb.CallOffContractRequest{RequestId: uuid.NewString(), Id: id, Quantity: int64(1+(n*7+i*3)%25) * 1000}
			var orders [2]string
			allOf(2, func(again int) {
				if out, err := testkit.Call[*pb.CallOffContractResponse](t.Context(), x.School, in); err == nil {
					orders[again] = out.GetOrder().GetId()
				}
			})
			if orders[0] != "" && orders[1] != "" && orders[0] != orders[1] {
				t.Errorf("one request made the orders %v", orders)
			}
			order := orders[0] + orders[1]
			if orders[0] != "" {
				order = orders[0]
			}
			switch (n + i) % 4 {
			case 0:
				_ = testkit.Try(t.Context(), x.School, &pb.CancelOrderRequest{Id: order, Reason: "x"})
			case 1, 2:
				if testkit.Try(t.Context(), x.Cooperative, &pb.ShipOrderRequest{Id: order}) == nil {
					short := in.GetQuantity() % 3 * 1000
					_ = testkit.Try(t.Context(), x.School, &pb.AcceptOrderRequest{
						Id: order, AcceptedQuantity: in.GetQuantity() - short, ShortQuantity: short, Reason: "x",
					})
				}
			}
			if i == each-1 && n%3 == 0 {
				_ = testkit.Try(t.Context(), x.Cooperative, &pb.ClaimContractRequest{Id: id, Kind: forceMajeure, Reason: "x"})
				_ = testkit.Try(t.Context(), x.School, &pb.ResolveContractClaimRequest{Id: id, Outcome: upheld, Reason: "x"})
			}
		}
	})
}

// allOf does something n times at the same time.
func allOf(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}
