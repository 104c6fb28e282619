package localdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sushaan/exchange/internal/distance"
)

// cockroach-go's testserver is not used to run the server. It keeps its data
// in a folder of its own and deletes it, kills the server instead of stopping
// it, hides the process ids, shares our process group and ends the whole
// program (log.Fatal) when the server has died; a demo can do with none of it.

// Names in a data folder of CockroachDB.
const (
	crdbDir   = "cockroach"
	crdbPorts = "ports"
)

// homeRegions are the localities of the three nodes: two working regions and
// the witness.
func homeRegions() []string {
	return []string{"cn-east-jiangsu", "cn-northwest-shaanxi", "cn-central-henan"}
}

func startFoundCockroach(ctx context.Context, o Options, m machine, dir *dataDir) (running, error) {
	if err := dir.refuseOther(CockroachDB); err != nil {
		return running{}, err
	}
	binary, err := findCockroach(m)
	if err != nil {
		return running{}, err
	}
	return startCockroach(ctx, o, dir, binary)
}

func findCockroach(m machine) (string, error) {
	if named := m.getenv("COCKROACH_BINARY"); named != "" {
		path, err := m.lookPath(named)
		if err != nil {
			return "", fmt.Errorf("COCKROACH_BINARY: %w", err)
		}
		return filepath.Abs(path)
	}
	path, err := m.lookPath("cockroach")
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("COCKROACH_BINARY is not set and there is no cockroach on PATH")
	}
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

// crdbCluster is one node, or some in each of three regions, on our data folder.
type crdbCluster struct {
	binary  string
	version string
	dir     *dataDir
	regions []string // one per node; nil for a single node
	apart   bool
	lines   []*distance.Line // to each node, where regions can be taken apart
	grace   time.Duration    // to end in order
	logf    func(string, ...any)
}

func startCockroach(ctx context.Context, o Options, dir *dataDir, binary string) (running, error) {
	c := &crdbCluster{binary: binary, dir: dir, apart: o.Apart, grace: o.StopTimeout, logf: o.Logf}
	if err := c.layOut(o.Regions, max(1, o.NodesPerRegion)); err != nil {
		return running{}, err
	}
	if err := c.checkVersion(ctx); err != nil {
		return running{}, err
	}
	if err := dir.claim(CockroachDB, c.nodes()); err != nil {
		return running{}, err
	}
	r, err := c.start(ctx)
	if err != nil {
		return running{}, errors.Join(err, dir.unclaim(crdbDir, crdbPorts))
	}
	return r, nil
}

// layOut decides the number of nodes. Data of several nodes need as many,
// whatever is asked now; data of one node cannot become a cluster.
func (c *crdbCluster) layOut(regions bool, each int) error {
	if strings.ContainsAny(c.dir.path, ",=") {
		return fmt.Errorf("CockroachDB cannot use the folder %s: there is a comma or an equals sign in its name", c.dir.path)
	}
	if c.dir.made.engine != "" {
		made := c.dir.made.nodes
		switch {
		case regions && made == 1:
			return fmt.Errorf("the data folder %s holds a single node: give another one for three regions", c.dir.path)
		case regions && each > 1 && made != each*len(homeRegions()):
			return fmt.Errorf("the data folder %s holds %d nodes: give another one for %d in each region", c.dir.path, made, each)
		}
		regions, each = made > 1, made/len(homeRegions())
	}
	if regions {
		c.regions = slices.Repeat(homeRegions(), each)
	}
	return nil
}

func (c *crdbCluster) nodes() int { return max(1, len(c.regions)) }

// checkVersion refuses a version older than the product runs on. A build
// without a version number (of one's own) is given the benefit of the doubt.
func (c *crdbCluster) checkVersion(ctx context.Context) error {
	out, err := c.command("version", "--build-tag").output(ctx)
	if err != nil {
		return fmt.Errorf("%s version: %w %s", c.binary, err, oneLine(out))
	}
	c.version = out
	v := regexp.MustCompile(`^v(\d+)\.(\d+)\.`).FindStringSubmatch(out)
	if v == nil {
		return nil
	}
	major, _ := strconv.Atoi(v[1]) // digits by the pattern
	minor, _ := strconv.Atoi(v[2])
	if major > 0 && (major < 24 || major == 24 && minor < 3) {
		return fmt.Errorf("%s is CockroachDB %s; v24.3 or newer is needed", c.binary, out)
	}
	return nil
}

// command is the binary without the variables that would change its flags, and
// without reports to its vendor.
func (c *crdbCluster) command(args ...string) command {
	env := append(cleanEnv("COCKROACH_", "PG", "NOTIFY_SOCKET"), "COCKROACH_SKIP_ENABLING_DIAGNOSTIC_REPORTING=true",
		// A range that is to be led from elsewhere is found within seconds; the
		// default of ten minutes is meant for a hundred thousand ranges.
		"COCKROACH_SCAN_INTERVAL=10s")
	return command{path: c.binary, args: args, dir: c.dir.path, env: env}
}

func (c *crdbCluster) start(ctx context.Context) (running, error) {
	if err := os.MkdirAll(c.dir.file(crdbDir), 0o700); err != nil {
		return running{}, fmt.Errorf("make the data folder: %w", err)
	}
	if err := c.recover(ctx); err != nil {
		return running{}, err
	}
	procs, ports, err := c.launchReady(ctx)
	if err != nil {
		return running{}, err
	}
	r := running{engine: CockroachDB, procs: procs, lines: c.lines}
	r.detail = fmt.Sprintf("CockroachDB %s with %d node(s), %s", c.version, c.nodes(), c.binary)
	for i := range procs {
		r.urls = append(r.urls, crdbURL(ports[2*i], databaseName))
		r.nodes = append(r.nodes, c.described(i, ports))
	}
	err = c.dir.write(crdbPorts, formatPorts(ports), 0o644)
	if err == nil {
		err = ensureDatabase(ctx, crdbURL(ports[0], "defaultdb"), CockroachDB, databaseName)
	}
	if err != nil {
		return running{}, errors.Join(err, stopAll(procs), closeLines(c.lines))
	}
	return r, nil
}

func crdbURL(port int, database string) string {
	return "postgres://root@" + loopback(port) + "/" + database + "?sslmode=disable"
}

// orphanSignal ends a node when we die. A single node drains and goes. In a
// cluster nobody would be there to send the second signal of stopSteps.
func (c *crdbCluster) orphanSignal() syscall.Signal {
	if c.regions != nil {
		return syscall.SIGKILL
	}
	return syscall.SIGTERM
}

// stopSteps: CockroachDB drains on SIGTERM, and on SIGINT after that it ends
// without further waiting. The nodes of a cluster drain their clients at once
// and would then wait for a majority that is ending like themselves; so for
// them the second signal comes early and is nothing unusual, and neither is
// that the last of them, which waits for the others in spite of it, is killed.
// Whatever the step, every commit is on disk.
func (c *crdbCluster) stopSteps() []stopStep {
	drain, interrupt, alone := c.grace, 5*time.Second, c.regions == nil
	if !alone {
		drain, interrupt = 4*time.Second, c.grace // they end one after the other
	}
	return []stopStep{
		{signal: syscall.SIGTERM, wait: drain},
		{signal: syscall.SIGINT, wait: interrupt, rough: alone},
		{signal: syscall.SIGKILL, wait: 5 * time.Second, rough: alone},
	}
}
