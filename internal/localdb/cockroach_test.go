package localdb

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func nodeArgsOf(t *testing.T, dir, node string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, crdbDir, node, "args"))
	must(t, err)
	return string(b)
}

func TestACockroachBinaryComesBeforePostgreSQL(t *testing.T) {
	t.Parallel()
	binary := writeFakeCockroach(t, "v25.2.1")
	m := onlyPostgres()
	m.getenv = func(string) string { return binary }
	m.lookPath = exec.LookPath
	d := startOn(t, Options{}, m)
	want := "took CockroachDB CCL v25.2.1 with 1 node(s), " + binary + "; before it: database URL: none was given"
	if d.Engine() != CockroachDB || d.Reason() != want {
		t.Errorf("%s: %s, want %s", d.Engine(), d.Reason(), want)
	}
	dir, pid := d.dir.path, d.Pids()[0]
	args := nodeArgsOf(t, dir, "node1")
	for _, part := range []string{"start-single-node\n", "--insecure", "--listen-addr=127.0.0.1:", "--http-addr=127.0.0.1:"} {
		if !strings.Contains(args, part) {
			t.Errorf("no %s in\n%s", part, args)
		}
	}
	must(t, d.Stop())
	if alive(pid) {
		t.Error("it still runs")
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the temporary folder is still there: %v", err)
	}
}

func TestABinaryThatIsTooOldIsPassedOverAndTheReasonSaysSo(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	m := onlyPostgres()
	binary := writeFakeCockroach(t, "v24.2.9")
	m.getenv = func(string) string { return binary }
	d := startOn(t, Options{}, m)
	if d.Engine() != PostgreSQL || !strings.Contains(d.Reason(), "is CockroachDB v24.2.9; v24.3 or newer is needed") {
		t.Errorf("%s: %s", d.Engine(), d.Reason())
	}
}

func TestThreeRegionsAreThreeNodesAndStayThree(t *testing.T) {
	t.Parallel()
	m := onlyCockroach(writeFakeCockroach(t, "v25.2.1"))
	dir := filepath.Join(openFolder(t), "data")
	for _, regions := range []bool{true, false} { // the second start is told nothing
		d := startOn(t, Options{DataDir: dir, Regions: regions}, m)
		if len(d.URLs()) != 3 || len(d.Pids()) != 3 {
			t.Errorf("%d URLs, %d pids, want 3", len(d.URLs()), len(d.Pids()))
		}
		for node, region := range map[string]string{"node1": "cn-east-jiangsu", "node2": "cn-northwest-shaanxi", "node3": "cn-central-henan"} {
			args := nodeArgsOf(t, dir, node)
			if !strings.HasPrefix(args, "start\n") || !strings.Contains(args, "--locality=region="+region) || strings.Count(args, "127.0.0.1:") != 6 {
				t.Errorf("%s:\n%s", node, args)
			}
		}
		must(t, d.Stop())
	}
}

func TestTwoNodesInEachRegionAreSixAndStaySix(t *testing.T) {
	t.Parallel()
	m := onlyCockroach(writeFakeCockroach(t, "v25.2.1"))
	dir := filepath.Join(openFolder(t), "data")
	for _, o := range []Options{{DataDir: dir, Regions: true, NodesPerRegion: 2}, {DataDir: dir, Regions: true}} {
		d := startOn(t, o, m)
		in := map[string]int{}
		for _, n := range d.Nodes() {
			in[n.Region]++
		}
		if len(d.URLs()) != 6 || len(in) != 3 || in["cn-central-henan"] != 2 {
			t.Errorf("%d URLs, nodes %v", len(d.URLs()), in)
		}
		must(t, d.Stop())
	}
	_, err := start(t.Context(), Options{DataDir: dir, Regions: true, NodesPerRegion: 3}, m)
	wantError(t, err, "holds 6 nodes")
}

// Regions that can be taken apart reach each other by lines, their own nodes and
// who uses them at once.
func TestRegionsThatCanBeTakenApartReachEachOtherByLines(t *testing.T) {
	t.Parallel()
	m := onlyCockroach(writeFakeCockroach(t, "v25.2.1"))
	dir := filepath.Join(openFolder(t), "data")
	d := startOn(t, Options{DataDir: dir, Regions: true, Apart: true}, m)
	for i, n := range d.Nodes() {
		u, err := url.Parse(d.URLs()[i])
		must(t, err)
		args := nodeArgsOf(t, dir, n.Name)
		for _, part := range []string{
			"--listen-addr=" + u.Host + "\n", "--advertise-addr=" + n.Far + "\n", "--locality-advertise-addr=region=" + n.Region + "@" + u.Host + "\n",
		} {
			if !strings.Contains(args, part) {
				t.Errorf("%s: no %s in\n%s", n.Name, part, args)
			}
		}
		if n.Far == "" || n.Far == u.Host || strings.Count(args, n.Far) != 2 { // advertised, and joined by
			t.Errorf("%s listens at %s and is far at %q:\n%s", n.Name, u.Host, n.Far, args)
		}
		u.Host = n.Far
		if got := query[string](t, u.String()+"&default_query_exec_mode=simple_protocol", "select version()"); !strings.Contains(got, "fake") {
			t.Errorf("by its line %s says %q", n.Name, got)
		}
	}
	must(t, d.Stretch(time.Millisecond))
	must(t, d.Stop())

	d = startOn(t, Options{DataDir: dir, Regions: true}, m)
	if err := d.Stretch(time.Millisecond); err == nil || d.Nodes()[0].Far != "" {
		t.Errorf("regions that are not apart were stretched: %v", err)
	}
	must(t, d.Stop())
	_, err := start(t.Context(), Options{Apart: true}, m)
	wantError(t, err, "only regions")
	_, err = start(t.Context(), Options{Apart: true, Regions: true, DatabaseURL: "postgres://x@127.0.0.1:1/x"}, m)
	wantError(t, err, "only regions")
}

// A node that somebody ended and started again is the database's still: Stop
// ends it.
func TestANodeThatSomebodyStartedAgainIsStopped(t *testing.T) {
	t.Parallel()
	m := onlyCockroach(writeFakeCockroach(t, "v25.2.1"))
	dir := filepath.Join(openFolder(t), "da'ta")
	d := startOn(t, Options{DataDir: dir, Regions: true}, m)
	n := d.Nodes()[1]
	must(t, exec.Command(n.Kill[0], n.Kill[1:]...).Run())
	<-d.procs[1].done
	must(t, exec.Command(n.Again[0], append(n.Again[1:], "")...).Run())
	pid, err := os.ReadFile(filepath.Join(dir, crdbDir, "node2.pid"))
	must(t, err)
	again, err := strconv.Atoi(strings.TrimSpace(string(pid)))
	if err != nil || again == d.Pids()[1] {
		t.Fatalf("pid %q", pid)
	}
	for !isOurs(again, "--store="+filepath.Join(dir, crdbDir, "node2")) {
		must(t, pause(t.Context(), 1e6))
	}
	must(t, d.Stop())
	waitGone(t, again)
}

func TestASingleNodeCannotBecomeThreeRegions(t *testing.T) {
	t.Parallel()
	m := onlyCockroach(writeFakeCockroach(t, "v25.2.1"))
	dir := filepath.Join(openFolder(t), "data")
	must(t, startOn(t, Options{DataDir: dir}, m).Stop())
	_, err := start(t.Context(), Options{DataDir: dir, Regions: true}, m)
	wantError(t, err, "holds a single node")
}

func TestACockroachNodeLeftBehindIsStopped(t *testing.T) {
	t.Parallel()
	binary := writeFakeCockroach(t, "v25.2.1")
	dir := filepath.Join(openFolder(t), "data")
	must(t, startOn(t, Options{DataDir: dir}, onlyCockroach(binary)).Stop())
	ports, err := freePorts(1, nil)
	must(t, err)
	orphan := exec.Command(binary, "start-single-node", "--store="+filepath.Join(dir, crdbDir, "node1"), "--listen-addr="+loopback(ports[0]))
	must(t, orphan.Start())
	t.Cleanup(func() { _ = orphan.Process.Kill() })
	go func() { _ = orphan.Wait() }()
	pid := filepath.Join(dir, crdbDir, "node1.pid")
	must(t, os.WriteFile(pid, []byte(strings.Trim(formatPorts([]int{orphan.Process.Pid}), "\n")), 0o600))
	for !isOurs(orphan.Process.Pid, "--store="+filepath.Join(dir, crdbDir, "node1")) {
		must(t, pause(t.Context(), 1e6))
	}
	must(t, startOn(t, Options{DataDir: dir}, onlyCockroach(binary)).Stop())
	waitGone(t, orphan.Process.Pid)

	// A process that only has the id is not touched.
	must(t, os.WriteFile(pid, []byte(formatPorts([]int{os.Getpid()})), 0o600))
	must(t, startOn(t, Options{DataDir: dir}, onlyCockroach(binary)).Stop())
}

func TestWithARealCockroachDataSurvivesKillAndRestart(t *testing.T) {
	t.Parallel()
	m := needCockroach(t)
	dir := filepath.Join(openFolder(t), "data")
	d := startOn(t, Options{DataDir: dir}, m)
	if d.Engine() != CockroachDB {
		t.Fatalf("engine %s: %s", d.Engine(), d.Reason())
	}
	execSQL(t, d.URL(), "create table t as select 42 as x")
	must(t, syscall.Kill(d.Pids()[0], syscall.SIGKILL))
	<-d.procs[0].done
	wantError(t, d.Stop(), "had already ended")
	d = startOn(t, Options{DataDir: dir}, m)
	if query[int](t, d.URL(), "select x from t") != 42 {
		t.Error("the data is gone")
	}
	u, err := d.CreateDatabase(t.Context(), "other")
	must(t, err)
	if query[string](t, u, "select current_database()") != "other" {
		t.Error("not in the new database")
	}
	must(t, d.Stop())
}

func TestWithARealCockroachThreeRegionsSurviveTheParent(t *testing.T) {
	t.Parallel()
	m := needCockroach(t)
	self, err := os.Executable()
	must(t, err)
	dir := filepath.Join(openFolder(t), "data")
	cmd, _, k := runKeeper(t, self, dir, nil, withRegions+"=1")
	execSQL(t, k.URL, "create table t as select 42 as x")
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	for _, pid := range k.Pids {
		waitGone(t, pid)
	}

	d := startOn(t, Options{DataDir: dir, Regions: true}, m)
	if n := query[int](t, d.URL(), "select count(*) from [show regions from cluster]"); n != 3 {
		t.Errorf("%d regions", n)
	}
	for _, u := range d.URLs() {
		if query[int](t, u, "select x from t") != 42 {
			t.Errorf("the data is not at %s", u)
		}
	}
	must(t, d.Stop())
}

// needCockroach is this machine without PostgreSQL, so that a failure of
// CockroachDB is not passed over.
func needCockroach(t *testing.T) machine {
	t.Helper()
	if testing.Short() {
		t.Skip("starts CockroachDB")
	}
	m := thisMachine()
	binary, err := findCockroach(m)
	if err != nil {
		t.Skipf("needs a cockroach binary: %v", err)
	}
	return onlyCockroach(binary)
}
