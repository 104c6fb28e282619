package testkit_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
	"github.com/sushaan/exchange/policies"
)

// member is a gateway of the federation in a process of its own.
type member struct {
	process
	region, metrics string
}

// federate starts a gateway in each province beside that of the test.
func federate(t *testing.T, x *testkit.Exchange, program, key string) []*member {
	t.Helper()
	ca := x.Config.PeerCA
	var members []*member
	for _, region := range []string{east, northwest} {
		m := &member{region: region, metrics: freeAddress(t)}
		m.process = process{t: t, program: program, env: []string{"SUSHAAND_DATABASE_URL=" + x.Config.DatabaseURL}, args: []string{
			"serve", "--tls-cert", x.Config.TLSCert, "--tls-key", x.Config.TLSKey, "--signing-key", key, "--seal-interval", "20ms", "--seal-lease", "1s",
			"--policy", authz.Database, "--policy-poll", "100ms", "--region", region, "--provinces", x.Config.Provinces,
			"--peer-addr", freeAddress(t), "--peer-cert", x.Config.TLSCert, "--peer-key", x.Config.TLSKey, "--peer-ca", ca,
			"--grpc-addr", freeAddress(t), "--http-addr", freeAddress(t), "--metrics-addr", m.metrics, "--log-level", "error",
		}}
		m.start()
		t.Cleanup(m.kill)
		members = append(members, m)
	}
	return members
}

// says tells whether a gateway's metrics have a line.
func (m *member) says(t *testing.T, line string) bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+m.metrics, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false // it is not there yet, or no more
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(answer.Body)
	return strings.Contains("\n"+string(text), "\n"+line+"\n")
}

func comesAbout(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("it never came about that %s", what)
}

// allRun says whether the gateways that are heard of are so many, and all run one
// revision of the policies.
func allRun(t *testing.T, s *store.Store, gateways int, revision string) bool {
	t.Helper()
	list, err := s.Gateways(t.Context(), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range list {
		if g.Revision != revision {
			return false
		}
	}
	return len(list) == gateways
}

// Three gateways in two provinces share what the database has: policies that are
// published there reach each of them, and each says so. One of them seals for all;
// when it is killed, another does.
func TestPublishedPoliciesReachEveryGatewayAndADutyMovesWhenItsHolderIsLost(t *testing.T) {
	key := ""
	x := testkit.New(t, func(c *server.Config) {
		key, c.SigningKey = c.SigningKey, ""
		c.Policy, c.PolicyPoll = authz.Database, 100*time.Millisecond
		testkit.InRegion(northwest)(c)
	})
	program := filepath.Join(t.TempDir(), "sushaand")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/sushaan/exchange/cmd/sushaand").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	builtIn, err := authz.New(t.Context(), authz.Options{})
	if err != nil {
		t.Fatal(err)
	}
	members := federate(t, x, program, key)
	comesAbout(t, "all gateways run the policies built in", func() bool { return allRun(t, x.Store, 3, builtIn.Revision()) })

	revision := publish(t, x, program)
	comesAbout(t, "all gateways run what was published", func() bool { return allRun(t, x.Store, 3, revision) })
	for _, m := range members {
		comesAbout(t, m.region+" says so", func() bool { return m.says(t, `sushaan_policy_revision_info{revision="`+revision+`"} 1`) })
	}
	if got := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1).GetPolicyRevision(); got != revision {
		t.Errorf("an order was decided by %s", got)
	}

	const active = "sushaan_seal_active 1"
	holder, other := members[0], members[1]
	comesAbout(t, "one of two seals", func() bool {
		if other.says(t, active) {
			holder, other = other, holder
		}
		return holder.says(t, active) && !other.says(t, active)
	})
	x.Settled(t)
	x.WaitSealed(t)
	holder.kill()
	x.Settled(t)
	x.WaitSealed(t)
	comesAbout(t, "the other one seals", func() bool { return other.says(t, active) })
	x.CheckInvariants(t)
}

// publish publishes the policies with one more class that may not buy, as an
// operator does, and tells their revision. What cannot be used is refused.
func publish(t *testing.T, x *testkit.Exchange, program string) (revision string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, policies.FS); err != nil {
		t.Fatal(err)
	}
	run := func() (string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, program, "policy", "publish", dir, "--database-url", x.Config.DatabaseURL).CombinedOutput()
		return string(out), err
	}
	extra := filepath.Join(dir, "order", "extra.rego")
	write := func(text string) {
		if err := os.WriteFile(extra, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("package exchange.order\n\ndeny contains x if unknown_thing(input)\n")
	if out, err := run(); err == nil || !strings.Contains(out, "unknown_thing") {
		t.Errorf("policies that do not compile were published: %s", out)
	}
	write("package exchange.order\n\ndeny contains {\"code\": \"RESTRICTED_GOODS\", \"facts\": {}} if {\n\tinput.action == \"order.place\"\n\tinput.buyer.class == \"RETAIL_CHAIN\"\n}\n")
	out, err := run()
	fields := strings.Fields(out)
	if err != nil || len(fields) < 4 {
		t.Fatalf("publish: %v: %s", err, out)
	}
	return fields[3]
}

// A gateway that looks too seldom could not keep what is promised.
func TestPoliciesInTheDatabaseAreLookedAtOftenEnough(t *testing.T) {
	c := server.DefaultConfig()
	c.DatabaseURL, c.TLSCert, c.TLSKey, c.Policy = "postgres://x", "x", "x", authz.Database
	if err := c.Validate(); err != nil {
		t.Errorf("by default: %v", err)
	}
	c.PolicyPoll = 5 * time.Second
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "within 5 s") {
		t.Errorf("every 5 s: %v", err)
	}
}
