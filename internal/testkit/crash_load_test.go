package testkit_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/testkit"
)

const (
	// The load of `bench place`: so many callers, on one offer or on so many.
	loadCallers, loadConns, loadOffers = 256, 16, 1000
	// Issue 7: what a server may take under it.
	loadMiB = 400
)

// Issue 7. A server is killed with -9 at random moments under the load of `bench
// place`, hot and spread, and started again: each time every acknowledged order is
// there, none twice, and every invariant holds. Meanwhile it stays small.
func TestAServerKilledUnderHotAndSpreadLoadKeepsWhatItAcknowledged(t *testing.T) {
	x := testkit.New(t)
	hot := x.Offer(t, testkit.OfferOptions{Units: 100_000, AnnualUnits: 100_000 * (loadOffers + 1), PriceFen: 100, AutoConfirm: true})
	id, err := exchange.ParseID("id", hot.GetId())
	if err != nil {
		t.Fatal(err)
	}
	copies, err := x.Store.CopyOffer(t.Context(), id, loadOffers)
	if err != nil {
		t.Fatal(err)
	}
	spread := make([]string, len(copies))
	for i, c := range copies {
		spread[i] = c.String()
	}
	program := filepath.Join(t.TempDir(), "sushaand")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/sushaan/exchange/cmd/sushaand").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	address := freeAddress(t)
	server := &process{t: t, program: program, env: []string{"SUSHAAND_DATABASE_URL=" + x.Config.DatabaseURL}, args: []string{
		"serve", "--tls-cert", x.Config.TLSCert, "--tls-key", x.Config.TLSKey,
		"--grpc-addr", address, "--http-addr", freeAddress(t), "--metrics-addr", "", "--log-level", "error",
	}}
	schools := make([]*testkit.Person, loadConns)
	for i := range schools {
		schools[i] = x.At(t, x.School, address)
	}
	for name, offers := range map[string][]string{"hot": {hot.GetId()}, "spread": spread} {
		t.Run(name, func(t *testing.T) { killUnderLoad(t, x, server, schools, offers) })
	}
}

// acknowledgements are the orders that callers were told of.
type acknowledgements struct {
	mu  sync.Mutex
	ids map[string]int // how often each was an answer
	n   atomic.Int64
}

func (a *acknowledgements) add(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids[id]++
	a.n.Add(1)
}

// all are the ids so far. One that answered two requests fails the test.
func (a *acknowledgements) all(t *testing.T) (ids []string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, n := range a.ids {
		if n != 1 || id == "" {
			t.Errorf("order %q answers %d requests", id, n)
		}
		ids = append(ids, id)
	}
	return ids
}

func killUnderLoad(t *testing.T, x *testkit.Exchange, server *process, schools []*testkit.Person, offers []string) {
	server.start()
	defer server.kill()
	told := &acknowledgements{ids: map[string]int{}}
	var calm atomic.Bool
	var callers sync.WaitGroup
	for c := range loadCallers {
		callers.Go(func() {
			for !calm.Load() {
				told.add(placeSurely(t, schools[c%len(schools)], offers[rand.IntN(len(offers))]))
			}
		})
	}
	most := 0
	for range *kills {
		was := told.n.Load()
		testkit.Until(t, "the server answers", func() bool { return told.n.Load() >= was+loadCallers })
		time.Sleep(rand.N(300 * time.Millisecond))
		most = max(most, peakMiB(t, server))
		server.kill()
		x.CheckInvariants(t)
		wantOrders(t, x, told.all(t))
		server.start()
	}
	calm.Store(true)
	callers.Wait()
	ids := told.all(t)
	wantOrders(t, x, ids)
	taken := int64(0)
	for _, id := range offers {
		taken += testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: id}).GetOffer().GetTakenQuantity()
	}
	// Whoever has no answer asks again, so that in the end each order was an answer.
	if taken != int64(len(ids))*1000 {
		t.Errorf("%d are taken for %d orders of 1000", taken, len(ids))
	}
	x.CheckInvariants(t)
	t.Logf("%d kills, %d orders acknowledged, the server had at most %d MiB", *kills, len(ids), most)
	if most > loadMiB {
		t.Errorf("the server had %d MiB, at most %d", most, loadMiB)
	}
}

// wantOrders wants every order to be in the database, once.
func wantOrders(t *testing.T, x *testkit.Exchange, ids []string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), x.Config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM orders WHERE home || '-' || id::text = ANY($1)", ids).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != len(ids) {
		t.Errorf("%d orders are there of %d that were acknowledged", n, len(ids))
	}
}

var residentPeak = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peakMiB is the most memory that a process has had; 0 where the system does not
// tell.
func peakMiB(t *testing.T, p *process) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	m := residentPeak.FindSubmatch(text)
	if m == nil {
		t.Fatalf("no peak in %s", text)
	}
	kib, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kib >> 10
}
