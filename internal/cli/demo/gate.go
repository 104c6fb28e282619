package demo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sushaan/exchange/internal/cli/drill"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/server"
)

const (
	gateGrace = 10 * time.Second
	// patience is for one transaction.
	patience = 30 * time.Second
	// gateTime is how long a gateway may take until it serves.
	gateTime = 2 * time.Minute
)

// gate is a gateway of the demo: a process of its own, which a drill can kill.
type gate struct {
	name, region        string
	http, grpc, metrics string
	config, pid, log    string // files
	program             string
}

// layOut decides the addresses of a gateway in each province and writes their
// settings. It gives the first one's configuration too.
func layOut(o Options, s *story, f folder, db *localdb.DB) (server.Config, []*gate, error) {
	c := server.DefaultConfig()
	wanted := []Address{o.HTTP, o.GRPC, o.Metrics}
	for range 5 { // of the second gateway, and for both by which they reach each other
		free, err := localdb.FreeAddress()
		if err != nil {
			return c, nil, err
		}
		wanted = append(wanted, Address{Value: free})
	}
	at, err := choose(wanted...)
	if err != nil {
		return c, nil, err
	}
	for _, note := range at.notes {
		s.say("%s", note)
	}
	pki, err := server.SelfSigned(f.path, []string{"localhost", "127.0.0.1", "::1"}, time.Now())
	if err != nil {
		return c, nil, err
	}
	if c.SigningKey, err = sealKey(f); err != nil {
		return c, nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return c, nil, err
	}
	c.TLSCert, c.TLSKey, c.BankAccounts = pki.CertFile, pki.KeyFile, sample.BankAccounts
	c.PeerCert, c.PeerKey, c.PeerCA = pki.CertFile, pki.KeyFile, f.authority()
	c.PeerInterval, c.ForwardTimeout, c.Environment = time.Second, 2*time.Second, "demo"
	// Three nodes and two gateways share one machine, which may be a busy one.
	c.StatementTime, c.TxTime, c.Deadline = patience, patience, callTimeout
	c.WatchOverlap = 2 * patience
	a := at.addresses
	gates := []*gate{
		{name: "gateway-jiangsu", region: jiangsu, http: a[0], grpc: a[1], metrics: a[2]},
		{name: "gateway-shaanxi", region: shaanxi, http: a[3], grpc: a[4], metrics: a[5]},
	}
	var first server.Config
	for n, g := range gates {
		g.config, g.pid, g.log, g.program = f.file(g.name+".yaml"), f.file(g.name+".pid"), f.file(g.name+".log"), program
		one := c
		one.Region, one.HTTPAddr, one.GRPCAddr, one.MetricsAddr, one.PeerAddr = g.region, g.http, g.grpc, g.metrics, a[6+n]
		one.DatabaseURL, one.DatabaseNear, one.DatabaseFar = nodesFor(g.region, db)
		if err := g.write(one); err != nil {
			return c, nil, err
		}
		if n == 0 {
			first = one
		}
		g.http, g.grpc, g.metrics = reachable(g.http), reachable(g.grpc), reachable(g.metrics)
	}
	return first, gates, nil
}

// nodesFor gives the database's nodes as a gateway of a region takes them: one
// near it, the others near it, and those far away.
func nodesFor(region string, db *localdb.DB) (first, near, far string) {
	var nearby, away []string
	urls := db.URLs()
	for n, node := range db.Nodes() {
		host := hostOf(urls[n])
		switch {
		case node.Region != region:
			away = append(away, host)
		case first == "":
			first = urls[n]
		default:
			nearby = append(nearby, host)
		}
	}
	return first, strings.Join(nearby, ","), strings.Join(away, ",")
}

// write keeps the settings that differ from the defaults where serve reads them.
func (g *gate) write(c server.Config) error {
	usual := server.DefaultConfig()
	settings := map[string]any{}
	fields, defaults := c.Fields(), usual.Fields()
	for n, field := range fields {
		if value, was := written(field.Value), written(defaults[n].Value); value != was {
			settings[strings.ReplaceAll(field.Name, "-", "_")] = value
		}
	}
	content, err := yaml.Marshal(settings)
	if err != nil {
		return err
	}
	return writeSecret(g.config, content)
}

// written is a setting as the file has it.
func written(value any) string {
	switch v := value.(type) {
	case *string:
		return *v
	case *int:
		return fmt.Sprint(*v)
	case *time.Duration:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}

// mark is the argument by which the process is known.
func (g *gate) mark() string { return "--config " + g.config }

// command starts the gateway and notes its process id, in a shell: the demo and
// a drill start it alike.
func (g *gate) command() []string {
	return []string{"sh", "-c", fmt.Sprintf("%s serve --config %s >>%s 2>&1 </dev/null & echo $! >%s",
		quote(g.program), quote(g.config), quote(g.log), quote(g.pid))}
}

func (g *gate) part() drill.Part {
	return drill.Part{
		Name: g.name, Region: g.region, GRPC: g.grpc, HTTP: g.http,
		Stop: []string{"sh", "-c", "kill -KILL $(cat " + quote(g.pid) + ")"}, Start: g.command(),
	}
}

func (g *gate) start(ctx context.Context) error {
	// One that a killed demo left behind would hold the port.
	if _, err := localdb.StopNoted(ctx, g.pid, g.mark(), gateGrace); err != nil {
		return err
	}
	argv := g.command()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the demo, which ends it in order
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("start %s: %w: %s", g.name, err, out)
	}
	return nil
}

func (g *gate) stop() error {
	_, err := localdb.StopNoted(context.Background(), g.pid, g.mark(), 3*gateGrace)
	return err
}

// await waits until the gateway serves.
func (g *gate) await(ctx context.Context, f folder) error {
	authority, err := os.ReadFile(f.authority())
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	web := &http.Client{Timeout: callTimeout, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
	}}
	ctx, cancel := context.WithTimeout(ctx, gateTime)
	defer cancel()
	for {
		why := g.ready(ctx, web)
		if why == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not serve (its log is %s): %w", g.name, g.log, why)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (g *gate) ready(ctx context.Context, web *http.Client) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+g.http+"/readyz", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := web.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
		return fmt.Errorf("%s", strings.TrimSpace(string(body)))
	}
	return nil
}
