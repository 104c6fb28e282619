package localdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sushaan/exchange/internal/distance"
)

// node is the name of a node's store folder and, with an ending, of its files.
func (c *crdbCluster) node(i int, ending string) string {
	return c.dir.file(crdbDir, fmt.Sprintf("node%d%s", i+1, ending))
}

// mark is the argument by which we know our node i among all processes.
func (c *crdbCluster) mark(i int) string { return "--store=" + c.node(i, "") }

// launchReady runs the nodes until all answer. If one ends at once because its
// port was taken in between, all start again on other ports.
func (c *crdbCluster) launchReady(ctx context.Context) ([]*process, []int, error) {
	preferred := parsePorts(c.dir.read(crdbPorts))
	for {
		ports, err := freePorts(2*c.nodes(), preferred)
		if err != nil {
			return nil, nil, err
		}
		var procs []*process
		if err = c.layLines(ctx, ports); err == nil {
			procs, err = c.launchAll(ports)
		}
		if err == nil {
			err = c.waitReady(ctx, procs, ports)
		}
		if err == nil {
			return procs, ports, nil
		}
		for _, p := range procs {
			if !p.ended() {
				err = errors.Join(err, p.stop())
			}
		}
		err = errors.Join(err, closeLines(c.lines))
		if !strings.Contains(err.Error(), "address already in use") || pause(ctx, 200*time.Millisecond) != nil {
			return nil, nil, err
		}
		c.logf("starting CockroachDB again: %v", err)
	}
}

// layLines lays a line to each node, of no length yet, where regions are to be
// taken apart later.
func (c *crdbCluster) layLines(ctx context.Context, ports []int) error {
	c.lines = nil
	for i := range c.nodes() {
		if !c.apart {
			return nil
		}
		l, err := distance.New(ctx, loopback(ports[2*i]), 0, nil)
		if err != nil {
			return err
		}
		c.lines = append(c.lines, l)
	}
	return nil
}

func closeLines(lines []*distance.Line) error {
	errs := make([]error, len(lines))
	for i, l := range lines {
		errs[i] = l.Close()
	}
	return errors.Join(errs...)
}

// advertised is a node's address for nodes of other regions.
func (c *crdbCluster) advertised(i int, ports []int) string {
	if c.lines == nil {
		return loopback(ports[2*i])
	}
	return c.lines[i].Addr()
}

func (c *crdbCluster) launchAll(ports []int) ([]*process, error) {
	var procs []*process
	for i := range c.nodes() {
		log, err := openLog(c.node(i, ".log"))
		if err != nil {
			return procs, err
		}
		name := fmt.Sprintf("CockroachDB node %d", i+1)
		c.logf("starting %s on 127.0.0.1:%d", name, ports[2*i])
		p, err := launch(name, c.command(c.nodeArgs(i, ports)...), log, c.orphanSignal(), c.stopSteps())
		_ = log.Close() // the server has its own
		if err != nil {
			return procs, err
		}
		p.pidFile, p.mark = c.node(i, ".pid"), c.mark(i)
		procs = append(procs, p)
		err = os.WriteFile(c.node(i, ".pid"), []byte(strconv.Itoa(p.pid())+"\n"), 0o600)
		if err != nil {
			return procs, fmt.Errorf("write the pid of %s: %w", name, err)
		}
	}
	return procs, nil
}

// described tells how a node can be ended and started by somebody else. The
// shell notes the id of the process that it starts, by which we find it.
func (c *crdbCluster) described(i int, ports []int) Node {
	n := Node{Name: fmt.Sprintf("node%d", i+1)}
	if c.regions != nil {
		n.Region = c.regions[i]
	}
	if c.lines != nil {
		n.Far = c.advertised(i, ports)
	}
	pid := shellWord(c.node(i, ".pid"))
	words := []string{"COCKROACH_SKIP_ENABLING_DIAGNOSTIC_REPORTING=true", "COCKROACH_SCAN_INTERVAL=10s", shellWord(c.binary)}
	for _, a := range c.nodeArgs(i, ports) {
		words = append(words, shellWord(a))
	}
	n.Kill = []string{"sh", "-c", "kill -KILL $(cat " + pid + ")"}
	n.Again = []string{"sh", "-c", fmt.Sprintf("cd %s; %s >>%s 2>&1 </dev/null & echo $! >%s",
		shellWord(c.dir.path), strings.Join(words, " "), shellWord(c.node(i, ".log")), pid)}
	return n
}

// shellWord makes a text one word of a shell.
func shellWord(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// nodeArgs: the ports are a node's SQL and web port, node after node.
func (c *crdbCluster) nodeArgs(i int, ports []int) []string {
	verb := "start-single-node"
	if c.regions != nil {
		verb = "start"
	}
	args := []string{
		verb, c.mark(i), "--insecure",
		"--listen-addr=" + loopback(ports[2*i]), "--advertise-addr=" + c.advertised(i, ports),
		"--http-addr=" + loopback(ports[2*i+1]),
		"--cache=256MiB", "--max-sql-memory=256MiB", // the defaults assume a machine of their own
		"--external-io-dir=disabled",
	}
	if c.regions != nil {
		var join []string
		for n := range c.regions {
			join = append(join, c.advertised(n, ports))
		}
		if c.lines != nil { // nodes of its own region are next to it
			args = append(args, "--locality-advertise-addr=region="+c.regions[i]+"@"+loopback(ports[2*i]))
		}
		args = append(args, "--join="+strings.Join(join, ","), "--locality=region="+c.regions[i])
	}
	return args
}

func (c *crdbCluster) waitReady(ctx context.Context, procs []*process, ports []int) error {
	if c.regions != nil {
		if err := c.initCluster(ctx, procs[0], ports[0]); err != nil {
			return err
		}
	}
	for i, p := range procs {
		if err := c.waitNode(ctx, i, p, ports[2*i]); err != nil {
			return err
		}
	}
	return nil
}

// initCluster makes one cluster of the nodes. It is asked at every start, since
// an earlier one may have broken off before it.
func (c *crdbCluster) initCluster(ctx context.Context, first *process, port int) error {
	for {
		out, err := c.initOnce(ctx, port)
		if err == nil || strings.Contains(out, "already been initialized") {
			return nil
		}
		if first.ended() {
			return c.endedError(0, first)
		}
		if pause(ctx, 200*time.Millisecond) != nil {
			return fmt.Errorf("cockroach init: %w: %s", context.Cause(ctx), oneLine(out))
		}
	}
}

// initOnce bounds one try: of nodes that have died meanwhile it would wait for an
// answer as long as anybody lets it.
func (c *crdbCluster) initOnce(ctx context.Context, port int) (string, error) {
	const patience = 15 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c.command("init", "--insecure", "--host="+loopback(port)).output(ctx)
}

func (c *crdbCluster) waitNode(ctx context.Context, i int, p *process, port int) error {
	for {
		version, err := c.ask(ctx, port)
		if p.ended() {
			return c.endedError(i, p)
		}
		if err == nil {
			c.version = shortVersion(strings.TrimPrefix(version, "CockroachDB "))
			return nil
		}
		if pause(ctx, 100*time.Millisecond) != nil {
			return fmt.Errorf("%s is not ready: %w: %w: %s", p.name, context.Cause(ctx), err, lastLines(c.node(i, ".log")))
		}
	}
}

// ask bounds one question: a node that has not joined yet accepts a connection
// and then keeps silent.
func (c *crdbCluster) ask(ctx context.Context, port int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return serverVersion(ctx, crdbURL(port, "defaultdb"))
}

func (c *crdbCluster) endedError(i int, p *process) error {
	return fmt.Errorf("%s ended while starting: %w: %s", p.name, orClean(p.err), lastLines(c.node(i, ".log")))
}

// recover stops nodes that a killed run left on our stores. We hold the
// folder's lock, so nobody else can want them.
func (c *crdbCluster) recover(ctx context.Context) error {
	for i := range c.nodes() {
		found, err := stopNoted(ctx, c.node(i, ".pid"), c.mark(i), c.stopSteps())
		if err != nil {
			return err
		}
		if found {
			c.logf("stopped a CockroachDB node that an earlier run left behind")
		}
	}
	return nil
}

// StopNoted ends the process whose id is in a file, if it was started with the
// given arguments: first in order, after the grace at once. It says whether
// there was one.
func StopNoted(ctx context.Context, pidFile, args string, grace time.Duration) (bool, error) {
	return stopNoted(ctx, pidFile, args, []stopStep{{signal: syscall.SIGTERM, wait: grace}, {signal: syscall.SIGKILL, wait: 5 * time.Second}})
}

func stopNoted(ctx context.Context, pidFile, mark string, steps []stopStep) (bool, error) {
	b, err := os.ReadFile(pidFile)
	if err != nil {
		return false, nil // none was started, or it was stopped long ago
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || pid <= 0 || !isOurs(pid, mark) {
		return false, nil // ids are used again: this one is not ours any more
	}
	return true, stopByPid(ctx, pid, mark, steps)
}

// stopByPid ends a process that is not our child, looking before every signal
// whether the id is still that process's.
func stopByPid(ctx context.Context, pid int, mark string, steps []stopStep) error {
	for _, s := range steps {
		if !isOurs(pid, mark) {
			return nil
		}
		if err := syscall.Kill(pid, s.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop process %d of an earlier run: %w", pid, err)
		}
		for end := time.Now().Add(s.wait); time.Now().Before(end); {
			if !isOurs(pid, mark) {
				return nil
			}
			if err := pause(ctx, 50*time.Millisecond); err != nil {
				return fmt.Errorf("stop process %d of an earlier run: %w", pid, err)
			}
		}
	}
	return fmt.Errorf("process %d of an earlier run does not end", pid)
}
