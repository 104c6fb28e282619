package testkit_test

import (
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// A server that is killed with -9 while deadlines pass, again and again, leaves
// what one that was never killed leaves: every order that waited is expired, once,
// and all of its stock is back.
func TestAServerKilledWhileApprovalsExpireEndsTheSame(t *testing.T) {
	x := testkit.New(t, func(s *server.Config) { s.JobPoll = time.Hour }) // its own server does no jobs
	offer := x.Offer(t, testkit.OfferOptions{})
	limit(t, x, x.School, func(in *pb.SetSpendingLimitRequest) { in.ApprovalAboveFen = 1 })
	program := filepath.Join(t.TempDir(), "sushaand")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/sushaan/exchange/cmd/sushaand").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	address := freeAddress(t)
	p := &process{t: t, program: program, env: []string{"SUSHAAND_DATABASE_URL=" + x.Config.DatabaseURL}, args: []string{
		"serve", "--tls-cert", x.Config.TLSCert, "--tls-key", x.Config.TLSKey, "--signing-key", "",
		"--approval-time", "3s", "--duty-interval", "20ms", "--job-poll", "20ms", "--job-lease", "300ms", "--sweep-batch", "3",
		"--grpc-addr", address, "--http-addr", freeAddress(t), "--metrics-addr", "", "--log-level", "error",
	}}
	p.start()
	defer func() { p.kill() }()
	school := x.At(t, x.School, address)
	var orders []string
	for range 24 {
		orders = append(orders, placeSurely(t, school, offer.GetId()))
	}
	for range *kills {
		time.Sleep(200*time.Millisecond + rand.N(600*time.Millisecond))
		p.kill()
		p.start()
	}
	waiting := &pb.ListOrdersRequest{State: pb.OrderState_ORDER_STATE_PENDING_APPROVAL}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if len(testkit.Must[*pb.ListOrdersResponse](t, x.School, waiting).GetOrders()) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("orders still wait a minute after their deadline")
		}
	}
	for _, id := range orders {
		expired := 0
		for _, e := range testkit.Must[*pb.ListOrderEventsResponse](t, x.School, &pb.ListOrderEventsRequest{Id: id}).GetEvents() {
			if e.GetKind() == "order.expired" {
				expired++
			}
		}
		if o := orderOf(t, x, id); o.GetState() != pb.OrderState_ORDER_STATE_EXPIRED || expired != 1 {
			t.Errorf("order %s is %s after %d expiries", id, o.GetState(), expired)
		}
	}
	if n := takenOf(t, x, offer); n != 0 {
		t.Errorf("%d are still taken", n)
	}
	x.CheckInvariants(t)
}
