package drill_test

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sushaan/exchange/internal/cli/daemon"
	"github.com/sushaan/exchange/internal/cli/drill"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/testkit"
)

// output is what a command has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// I11, the region half: the demo in three regions loses one while it trades in
// both directions, and nothing that was acknowledged; after that, a node and a
// gateway are lost to it as well. What was killed serves again by itself.
func TestTheDemoInRegionsLosesARegionANodeAndAGatewayButNoOrder(t *testing.T) {
	if testkit.Engine(t) != localdb.CockroachDB {
		t.Skip("regions need CockroachDB; this run is on another engine")
	}
	dir := t.TempDir()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var told, errs output
	ended := make(chan int, 1)
	go func() {
		ended <- daemon.Main(ctx, []string{
			"demo", "--regions", "3", "--data-dir", dir, "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0",
		}, &told, &errs)
	}()
	for !strings.Contains(told.String(), "Ctrl-C") {
		select {
		case code := <-ended:
			t.Fatalf("exit %d: %s\n%s", code, errs.String(), told.String())
		case <-time.After(100 * time.Millisecond):
		}
	}
	for _, want := range []string{
		"node1 in cn-east-jiangsu", "gateway-shaanxi serves", "ran in cn-northwest-shaanxi", "ran in cn-east-jiangsu", "Everything came out as expected",
		"survives the loss of a region", "province 61: ", "away: gateway-shaanxi, node2", "acknowledged but lost: 0 of ", "no violation",
	} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("no %q in\n%s", want, told.String())
		}
	}
	for _, kind := range []drill.Kind{drill.NodeLoss, drill.GatewayLoss, drill.ClockJump} {
		var out, notes bytes.Buffer
		args := []string{"drill", string(kind), "--file", filepath.Join(dir, "drill.yaml"), "--yes", "-o", "json", "--before", "5s", "--away", "40s", "--after", "5s"}
		if code := daemon.Main(t.Context(), args, &out, &notes); code != 0 {
			t.Fatalf("%s: exit %d: %s\n%s", kind, code, notes.String(), out.String())
		}
		var r drill.Report
		if err := json.Unmarshal(out.Bytes(), &r); err != nil || len(r.Lost) != 0 || len(r.Violations) != 0 || r.Total.Acknowledged == 0 {
			t.Errorf("%s: %v: %s", kind, err, out.String())
		}
	}
	end()
	if code := <-ended; code != 0 {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}
