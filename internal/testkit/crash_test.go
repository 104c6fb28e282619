package testkit_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

var kills = flag.Int("kills", 4, "how often a server is killed under load")

// process is a server of its own, which can be killed.
type process struct {
	t       *testing.T
	program string
	args    []string
	env     []string
	cmd     *exec.Cmd
}

func (p *process) start() {
	p.t.Helper()
	p.cmd = exec.Command(p.program, p.args...)
	p.cmd.Env, p.cmd.Stderr = append(os.Environ(), p.env...), os.Stderr
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
}

// kill ends the process without a chance to put anything in order.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // says that it was killed
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := localdb.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// I11, the process half, I6 and I9: two servers, each with a sealer, are killed
// with -9 in turn under load. Callers repeat with the same request id until they
// have an answer. No acknowledged order is lost and none is there twice, and the
// log that the two sealed has no gap, no double and no transaction missing.
func TestServersKilledInTurnUnderLoadLoseNothingAndDoubleNothing(t *testing.T) {
	key := ""
	x := testkit.New(t, func(c *server.Config) { key, c.SigningKey = c.SigningKey, "" })
	offers := make([]string, 4) // the first one is hot: every other order is on it
	for i := range offers {
		offers[i] = x.Offer(t, testkit.OfferOptions{Units: 100_000, PriceFen: 100, AutoConfirm: true}).GetId()
	}
	program := filepath.Join(t.TempDir(), "sushaand")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/sushaan/exchange/cmd/sushaand").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	servers, schools := make([]*process, 2), make([]*testkit.Person, 2)
	for i := range servers {
		address := freeAddress(t)
		servers[i] = &process{t: t, program: program, env: []string{"SUSHAAND_DATABASE_URL=" + x.Config.DatabaseURL}, args: []string{
			"serve", "--tls-cert", x.Config.TLSCert, "--tls-key", x.Config.TLSKey, "--signing-key", key,
			"--seal-interval", "5ms", "--seal-lease", "100ms", "--seal-batch", "20",
			"--grpc-addr", address, "--http-addr", freeAddress(t), "--metrics-addr", "", "--log-level", "error",
		}}
		servers[i].start()
		defer func() { servers[i].kill() }()
		schools[i] = x.At(t, x.School, address)
	}

	const callers, least = 8, 25 // orders of each, which go on until the last kill
	var calm atomic.Bool
	var answers [2]atomic.Int64 // of each server
	acknowledged := make([][]string, callers)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for n := 0; n < least || !calm.Load(); n++ {
				on := offers[(n%2)*(c%len(offers))]
				acknowledged[c] = append(acknowledged[c], placeSurely(t, schools[c%len(schools)], on))
				answers[c%len(schools)].Add(1)
			}
		})
	}
	defer func() { calm.Store(true); wg.Wait() }()
	for turn := range *kills {
		// It serves before it is killed: one that has just been started does not yet.
		answered := &answers[turn%2]
		for was, begin := answered.Load(), time.Now(); answered.Load() < was+callers; time.Sleep(5 * time.Millisecond) {
			if time.Since(begin) > time.Minute {
				t.Fatal("a server that was started again serves nobody")
			}
		}
		time.Sleep(rand.N(300 * time.Millisecond))
		servers[turn%2].kill()
		// What is there now is whole, while the other server goes on.
		x.CheckInvariants(t)
		servers[turn%2].start()
	}
	calm.Store(true)
	wg.Wait()
	x.WaitSealed(t)
	seen := map[string]bool{}
	for _, ids := range acknowledged {
		for _, id := range ids {
			if seen[id] || id == "" {
				t.Errorf("order %q answers two requests", id)
			}
			seen[id] = true
			testkit.Must[*pb.GetOrderResponse](t, x.School, &pb.GetOrderRequest{Id: id})
		}
	}
	taken, placed := int64(0), int64(len(seen))
	t.Logf("%d kills, %d orders acknowledged, %d and %d by each server", *kills, placed, answers[0].Load(), answers[1].Load())
	for _, id := range offers {
		taken += testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: id}).GetOffer().GetTakenQuantity()
	}
	if taken != placed*1000 {
		t.Errorf("%d are taken for %d orders of 1000", taken, placed)
	}
	x.CheckInvariants(t)
	if last, err := x.Store.LastCheckpoint(t.Context()); err != nil || last.Size != placed {
		t.Errorf("%d transactions are sealed of %d: %v", last.Size, placed, err)
	}
}

// placeSurely places one order, again and again with the same request id, until
// the exchange has answered.
func placeSurely(t *testing.T, p *testkit.Person, offer string) string {
	in := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer, Quantity: 1000}
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		out, err := testkit.Call[*pb.PlaceOrderResponse](ctx, p, in)
		cancel()
		if err == nil {
			return out.GetOrder().GetId()
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("an order got no answer within a minute")
	return ""
}
