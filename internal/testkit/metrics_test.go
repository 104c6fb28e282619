package testkit_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

var (
	// metricName finds the server's own metrics in expressions.
	metricName = regexp.MustCompile(`\b(sushaan|go|process)_[a-z_]+`)
	described  = regexp.MustCompile(`fqName: "([a-z_]+)"`)
	served     = regexp.MustCompile(`(?m)^# TYPE ([a-z_]+) `)
)

// Every metric that the dashboards and alerts of deploy/ name is one of the
// server's, and what it has measured so far is at /metrics under that name.
func TestDashboardsAndAlertsNameMetricsThatTheServerHas(t *testing.T) {
	x := testkit.New(t)
	g := x.Gateway(t, testkit.InRegion("cn-east-jiangsu"), func(c *server.Config) { c.MetricsAddr = "127.0.0.1:0" })
	known := map[string]bool{}
	list := make(chan *prometheus.Desc)
	go func() {
		g.Metrics().Describe(list)
		close(list)
	}()
	for d := range list {
		known[described.FindStringSubmatch(d.String())[1]] = true
	}
	answer, err := http.Get("http://" + g.MetricsAddr() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	live := map[string]bool{}
	for _, m := range served.FindAllStringSubmatch(string(body), -1) {
		live[m[1]] = true
		if strings.HasPrefix(m[1], "sushaan_") && !known[m[1]] {
			t.Errorf("%s is served and not described", m[1])
		}
	}
	files, err := filepath.Glob("../../deploy/monitoring/dashboards/*.json")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, file := range append(files, "../../deploy/monitoring/alerts.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range metricName.FindAllString(string(text), -1) {
			named[name] = true
			if !known[base(name)] && !live[base(name)] {
				t.Errorf("%s names %s, which the server does not have", file, name)
			}
		}
	}
	if len(named) < 20 || !live["sushaan_seal_lag_seconds"] && !live["sushaan_group_batch_orders"] {
		t.Errorf("%d metrics are named, %d are live: this test tests nothing", len(named), len(live))
	}
	if known["sushaan_no_such_total"] || !known["sushaan_rpc_forwarded_total"] {
		t.Error("what is known is not what the server describes")
	}
}

// base is a metric's name without what a histogram adds.
func base(name string) string {
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if cut, ok := strings.CutSuffix(name, suffix); ok {
			return cut
		}
	}
	return name
}
