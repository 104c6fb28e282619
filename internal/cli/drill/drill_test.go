package drill_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/cli/contexts"
	"github.com/sushaan/exchange/internal/cli/daemon"
	"github.com/sushaan/exchange/internal/cli/drill"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// site is an exchange of two gateways, the second of which is a process that
// can be killed.
type site struct {
	x            *testkit.Exchange
	dir          string
	offer        *pb.Offer // the first, which does not confirm by itself
	installation drill.Installation
	file         string
}

func newSite(t *testing.T, change ...func(*server.Config)) *site {
	t.Helper()
	s := &site{x: testkit.New(t, change...), dir: t.TempDir()}
	ca := filepath.Join(filepath.Dir(s.x.Config.TLSCert), "ca.pem")
	school := contexts.Context{Name: "school", Server: s.x.Config.GRPCAddr, CAFile: ca, Token: s.x.School.Token}
	if err := contexts.Save(filepath.Join(s.dir, "contexts.yaml"), &contexts.Config{Contexts: []contexts.Context{school}}); err != nil {
		t.Fatal(err)
	}
	s.offer = s.x.Offer(t, testkit.OfferOptions{Units: 500})
	offers := []string{s.offer.GetId(), s.x.Offer(t, testkit.OfferOptions{Units: 500, AutoConfirm: true}).GetId()}
	s.installation = drill.Installation{
		Databases: []string{s.x.Config.DatabaseURL}, Contexts: filepath.Join(s.dir, "contexts.yaml"),
		Gateways: []drill.Part{{Name: "one", GRPC: s.x.Config.GRPCAddr, HTTP: s.x.Config.HTTPAddr}, s.second(t)},
		Trades:   []drill.Trade{{Context: "school", Offer: offers[0]}, {Context: "school", Offer: offers[1]}},
	}
	s.file = filepath.Join(s.dir, "drill.yaml")
	if err := drill.Save(s.file, s.installation); err != nil {
		t.Fatal(err)
	}
	return s
}

// second starts the second gateway with the command that the drill starts it
// with.
func (s *site) second(t *testing.T) drill.Part {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	grpc, web, pid := freeAddress(t), freeAddress(t), filepath.Join(s.dir, "two.pid")
	// Under the race detector a process of tests may not write to a place that is gone.
	start := fmt.Sprintf("SUSHAAND_DATABASE_URL='%s' '%s' serve --tls-cert '%s' --tls-key '%s' --grpc-addr %s --http-addr %s --metrics-addr '' --grace 2s >>'%s/two.log' 2>&1 </dev/null & echo $! >'%s'",
		s.x.Config.DatabaseURL, self, s.x.Config.TLSCert, s.x.Config.TLSKey, grpc, web, s.dir, pid)
	p := drill.Part{
		Name: "two", GRPC: grpc, HTTP: web,
		Stop: []string{"sh", "-c", "kill -KILL $(cat '" + pid + "')"}, Start: []string{"sh", "-c", start},
	}
	run(t, p.Start)
	t.Cleanup(func() {
		text, err := os.ReadFile(pid)
		if err != nil {
			t.Error(err)
			return
		}
		n, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil {
			err = syscall.Kill(n, syscall.SIGKILL)
		}
		if err != nil {
			t.Errorf("the second gateway is not there at the end: %v", err)
		}
	})
	return p
}

// brief are the options of a short drill with a patience that a slow machine needs.
func brief(kind drill.Kind) drill.Options {
	o := drill.Defaults()
	o.Kind, o.Workers, o.Pause = kind, 3, 5*time.Millisecond
	o.Before, o.Away, o.After = 700*time.Millisecond, 2*time.Second, 700*time.Millisecond
	return o
}

func (s *site) ready(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		conn, err := net.DialTimeout("tcp", s.installation.Gateways[1].HTTP, time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.dir, "two.log"))
			t.Fatalf("the second gateway does not serve: %v\n%s", err, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// A gateway that is killed under load costs its callers another attempt at
// another gateway, and nothing that was acknowledged.
func TestTheLossOfAGatewayLosesNoAcknowledgedOrder(t *testing.T) {
	s := newSite(t)
	s.ready(t)
	r, err := drill.Run(t.Context(), s.installation, brief(drill.GatewayLoss), t.Output())
	if err != nil {
		t.Fatalf("%v\n%+v", err, r)
	}
	if len(r.Lost) != 0 || len(r.Violations) != 0 || r.Checks < 20 || r.Orders == 0 || r.Total.Failed != 0 || r.Away[0] != "two" {
		t.Errorf("%+v", r)
	}
	away := r.Phases[1]
	if away.Acknowledged == 0 || r.Errors["Unavailable"] == 0 || r.Total.Retried == 0 {
		t.Errorf("nobody noticed that the gateway was away: %+v", r)
	}
	if r.StallMS <= 0 || r.Total.SlowestMS < r.Total.MedianMS || r.Total.Requests != r.Phases[0].Requests+away.Requests+r.Phases[2].Requests {
		t.Errorf("the figures do not fit: %+v", r)
	}
	s.ready(t) // it was started again
}

// A gateway whose clock jumps by an hour, forwards or backwards, breaks no
// invariant: what it decides it decides at its own time, and says so.
func TestAClockThatJumpsBreaksNothing(t *testing.T) {
	s := newSite(t)
	s.ready(t)
	for _, jump := range []time.Duration{time.Hour, -time.Hour} {
		o := brief(drill.ClockJump)
		o.Jump, o.Away = jump, time.Second
		r, err := drill.Run(t.Context(), s.installation, o, t.Output())
		if err != nil {
			t.Fatalf("%s: %v\n%+v", jump, err, r)
		}
		if len(r.Lost) != 0 || len(r.Violations) != 0 || r.Orders == 0 || r.Phases[1].Requests == 0 {
			t.Errorf("%s: %+v", jump, r)
		}
	}
}

// The command asks, reports as JSON, and ends with 0.
func TestTheCommandAsksAndReports(t *testing.T) {
	s := newSite(t)
	s.ready(t)
	var out, errs bytes.Buffer
	args := []string{"drill", "gateway-loss", "--file", s.file}
	if code := daemon.Main(t.Context(), args, &out, &errs); code != 2 || !strings.Contains(errs.String(), "not confirmed: nothing was touched") {
		t.Errorf("exit %d without an answer: %s", code, errs.String())
	}
	args = append(args, "--yes", "-o", "json", "--before", "500ms", "--away", "1s", "--after", "500ms")
	if code := daemon.Main(t.Context(), args, &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	var got drill.Report
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Orders == 0 || got.Lost == nil || got.Drill != drill.GatewayLoss {
		t.Errorf("%v: %s", err, out.String())
	}
	var table bytes.Buffer
	got.Table(&table)
	for _, want := range []string{"PHASE", "all is well", "longest stall: ", "acknowledged but lost: 0 of ", "no violation"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("no %q in\n%s", want, table.String())
		}
	}
}

// An installation that says that it is production is not touched.
func TestProductionIsNotTouched(t *testing.T) {
	s := newSite(t, func(c *server.Config) { c.Environment = "production" })
	s.ready(t)
	touched := filepath.Join(s.dir, "touched")
	s.installation.Gateways[1].Stop = []string{"touch", touched}
	_, err := drill.Run(t.Context(), s.installation, brief(drill.GatewayLoss), t.Output())
	if !fault.Is(err, fault.DrillInProduction) {
		t.Error(err)
	}
	if _, err := os.Stat(touched); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a command was run: %v", err)
	}
}

// An order that is not there, not cancelled, or another one is told as lost.
func TestAnOrderThatIsNotAsAcknowledgedIsLost(t *testing.T) {
	s := newSite(t)
	order := s.x.Place(t, s.x.School, s.offer, 1)
	for _, c := range []struct {
		id        string
		quantity  int64
		cancelled bool
		want      string
	}{
		{order.GetId(), order.GetQuantity(), false, ""},
		{order.GetId(), order.GetQuantity(), true, "its cancellation was acknowledged and it is ORDER_STATE_PLACED"},
		{order.GetId(), order.GetQuantity() + 1, false, "it is there with another quantity"},
		{"61-" + uuid.NewString(), 1, false, "acknowledged and not there"},
	} {
		lost, err := drill.Missing(t.Context(), s.installation, c.id, c.quantity, c.cancelled)
		if err != nil || (c.want == "") != (len(lost) == 0) || c.want != "" && !strings.HasSuffix(lost[0], c.want) {
			t.Errorf("%+v: %v, %v", c, lost, err)
		}
	}
}

// A drill of something that is not whole is refused before anything is touched.
func TestWhatCannotBeDrilledIsRefused(t *testing.T) {
	s := newSite(t)
	s.ready(t)
	down := s.installation
	down.Gateways = append([]drill.Part{}, down.Gateways...)
	down.Gateways[0].HTTP = freeAddress(t)
	if _, err := drill.Run(t.Context(), down, brief(drill.GatewayLoss), t.Output()); !fault.Is(err, fault.DrillUnready) {
		t.Error(err)
	}
	for _, c := range []struct {
		kind drill.Kind
		part string
		want string
	}{
		{drill.GatewayLoss, "one", "no gateway"},       // it has no commands
		{drill.GatewayLoss, "three", "no gateway"},     // there is none
		{drill.NodeLoss, "", "no node"},                // none is named
		{drill.RegionLoss, "", "nothing is in"},        // no regions
		{drill.RegionLoss, "nowhere", "nothing is in"}, // not this one
	} {
		o := brief(c.kind)
		o.Part = c.part
		if _, err := drill.Run(t.Context(), s.installation, o, t.Output()); !fault.Is(err, fault.DrillInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v", c.kind, c.part, err)
		}
	}
}

func TestADrillFileThatMakesNoSenseIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"databases: [x]\nsurprise: 1": "surprise",
		"contexts: c":                 "no database",
		"databases: [x]":              "no contexts",
		"databases: [x]\ncontexts: c": "no gateway",
		"databases: [x]\ncontexts: c\ngateways: [{name: a, grpc: a, http: a}]":                           "no trade",
		"databases: [x]\ncontexts: c\ngateways: [{name: a, grpc: a}]\ntrades: [{context: c, offer: o}]":  "grpc and http",
		"databases: [x]\ncontexts: c\ngateways: [{name: a, stop: [b]}]\ntrades: [{context: c}]":          "give both commands",
		"databases: [x]\ncontexts: c\ngateways: [{name: a}, {name: a}]\ntrades: [{context: c}]":          "a name of its own",
		"databases: [x]\ncontexts: c\ngateways: [{name: a}]\nnodes: [{name: a}]\ntrades: [{context: c}]": "a name of its own",
	} {
		file := filepath.Join(t.TempDir(), "drill.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := drill.Load(file); !fault.Is(err, fault.DrillInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := localdb.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func run(t *testing.T, argv []string) {
	t.Helper()
	p, err := os.StartProcess("/bin/sh", argv, &os.ProcAttr{Files: []*os.File{nil, os.Stderr, os.Stderr}})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := p.Wait(); err != nil || !s.Success() {
		t.Fatalf("%v %v", s, err)
	}
}
