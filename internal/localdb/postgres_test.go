package localdb

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestATemporaryDatabaseLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	d := startPG(t, Options{})
	if d.Engine() != PostgreSQL || query[string](t, d.URL(), "select current_database()") != databaseName {
		t.Errorf("engine %s, URL %s", d.Engine(), d.URL())
	}
	if len(d.URLs()) != 1 || len(d.Pids()) != 1 {
		t.Errorf("%d URLs and %d pids, want one of each", len(d.URLs()), len(d.Pids()))
	}
	dir, pid := d.dir.path, d.Pids()[0]
	if group, err := syscall.Getpgid(pid); err != nil || group != pid {
		t.Errorf("the database is in process group %d, want its own (%d): %v", group, pid, err)
	}
	must(t, d.Stop())
	must(t, d.Stop())
	if alive(pid) {
		t.Errorf("process %d is still there", pid)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the temporary folder is still there: %v", err)
	}
}

func TestTheReasonNamesWhatWasTakenAndWhyNotTheEarlierWays(t *testing.T) {
	t.Parallel()
	install := needPostgres(t)
	d := startPG(t, Options{})
	want := "took " + install.String() + "; before it: database URL: none was given; " +
		"cockroach binary: COCKROACH_BINARY is not set and there is no cockroach on PATH"
	if d.Reason() != want {
		t.Errorf("reason\n%s, want\n%s", d.Reason(), want)
	}
}

func TestPostgreSQLIsDurableAndClosedToTheNetwork(t *testing.T) {
	t.Parallel()
	d := startPG(t, Options{})
	for name, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on",
		"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "200",
		"server_encoding": "UTF8", "lc_collate": "C.UTF-8", "TimeZone": "UTC",
	} {
		got := query[string](t, d.URL(), "select coalesce((select setting from pg_settings where name = '"+name+"'), "+
			"(select datcollate from pg_database where datname = current_database()))")
		if got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	u, err := url.Parse(d.URL())
	must(t, err)
	u.User = url.UserPassword(u.User.Username(), "wrong")
	_, err = serverVersion(t.Context(), u.String())
	wantError(t, err, "password authentication failed")
	info, err := os.Stat(d.dir.file(pgPassword))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the password file has mode %s", info.Mode())
	}
}

func TestAsRootPostgreSQLRunsAsAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	d := startPG(t, Options{DataDir: filepath.Join(openFolder(t), "new", "data")})
	as, err := serviceAccount()
	must(t, err)
	for _, path := range []string{fmt.Sprintf("/proc/%d", d.Pids()[0]), d.dir.path, d.dir.file(pgPassword), d.dir.file(pgDataDir)} {
		uid, _, err := ownerOf(path)
		must(t, err)
		if uid != int(as.uid) {
			t.Errorf("%s is user %d's, want %s's (%d)", path, uid, as.name, as.uid)
		}
	}
}

func TestDataOfAnOrdinaryUserStaysThatUsers(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root to become another user")
	}
	needPostgres(t)
	top := openFolder(t)
	self, err := os.Executable()
	must(t, err)
	binary := filepath.Join(top, "keeper")
	b, err := os.ReadFile(self)
	must(t, err)
	must(t, os.WriteFile(binary, b, 0o755))
	nobody := account{name: "nobody", uid: 65534, gid: 65534}
	home := filepath.Join(top, "home")
	must(t, os.Mkdir(home, 0o755))
	must(t, os.Chown(home, int(nobody.uid), int(nobody.gid)))
	dir := filepath.Join(home, "data")

	for range 2 {
		cmd, in, k := runKeeper(t, binary, dir, &nobody)
		if query[int](t, k.URL, "select 1") != 1 {
			t.Error("no answer")
		}
		_ = in.Close()
		must(t, cmd.Wait())
		d := startPG(t, Options{DataDir: dir}) // as root, in between
		if uid, _, err := ownerOf(fmt.Sprintf("/proc/%d", d.Pids()[0])); err != nil || uid != int(nobody.uid) {
			t.Errorf("root started it as user %d: %v", uid, err)
		}
		must(t, d.Stop())
	}
}

func TestDataAndPortSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openFolder(t), "data")
	d := startPG(t, Options{DataDir: dir})
	first := d.URL()
	execSQL(t, first, "create table t as select 42 as x")
	must(t, d.Stop())
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("the data folder is gone: %v", err)
	}
	d = startPG(t, Options{DataDir: dir})
	if d.URL() != first {
		t.Errorf("URL %s, before %s", d.URL(), first)
	}
	if query[int](t, d.URL(), "select x from t") != 42 {
		t.Error("the data is gone")
	}
	must(t, d.Stop())

	// The port is only a preference.
	u, err := url.Parse(first)
	must(t, err)
	l, err := net.Listen("tcp", u.Host)
	must(t, err)
	defer l.Close()
	d = startPG(t, Options{DataDir: dir})
	if d.URL() == first || query[int](t, d.URL(), "select x from t") != 42 {
		t.Errorf("URL %s with the port taken", d.URL())
	}
}

func TestASecondStartOnTheSameFolderIsRefusedNamingTheFirst(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openFolder(t), "data")
	d := startPG(t, Options{DataDir: dir})
	link := filepath.Join(openFolder(t), "link")
	must(t, os.Symlink(dir, link))
	for _, same := range []string{dir, link} {
		_, err := start(t.Context(), Options{DataDir: same}, onlyPostgres())
		wantError(t, err, fmt.Sprintf("%s is in use by process %d", dir, os.Getpid()))
	}
	if query[int](t, d.URL(), "select 1") != 1 {
		t.Error("the first one is disturbed")
	}
}

func TestTwoAtOnceDoNotCollide(t *testing.T) {
	t.Parallel()
	top := openFolder(t)
	a := startPG(t, Options{DataDir: filepath.Join(top, "a")})
	// b wants a's port.
	b := filepath.Join(top, "b")
	must(t, os.Mkdir(b, 0o755))
	must(t, os.WriteFile(filepath.Join(b, engineFile), []byte("postgresql nodes=1\n"), 0o644))
	port, err := os.ReadFile(a.dir.file(pgPort))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(b, pgPort), port, 0o644))
	d := startPG(t, Options{DataDir: b})
	execSQL(t, a.URL(), "create table only_in_a (x int)")
	if query[bool](t, d.URL(), "select to_regclass('only_in_a') is not null") {
		t.Error("both are the same database")
	}
}

func TestAKilledPostmasterIsReportedAndRecovered(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openFolder(t), "data")
	d := startPG(t, Options{DataDir: dir})
	execSQL(t, d.URL(), "create table t as select 42 as x")
	must(t, syscall.Kill(d.Pids()[0], syscall.SIGKILL))
	<-d.procs[0].done
	wantError(t, d.Stop(), "had already ended", "signal: killed")
	if _, err := os.Stat(filepath.Join(dir, pgDataDir, "postmaster.pid")); err != nil {
		t.Fatalf("no stale lock to test with: %v", err)
	}
	d = startPG(t, Options{DataDir: dir})
	if query[int](t, d.URL(), "select x from t") != 42 {
		t.Error("the data is gone")
	}
}

func TestAPidFileThatNamesAnotherProgramIsStale(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openFolder(t), "data")
	must(t, startPG(t, Options{DataDir: dir}).Stop())
	stale := filepath.Join(dir, pgDataDir, "postmaster.pid")
	text := fmt.Sprintf("%d\n%s\n0\n5432\n\n127.0.0.1\n\nready   \n", os.Getpid(), filepath.Join(dir, pgDataDir))
	must(t, os.WriteFile(stale, []byte(text), 0o600))
	d := startPG(t, Options{DataDir: dir})
	if query[int](t, d.URL(), "select 1") != 1 {
		t.Error("no answer")
	}
}

func TestKillingTheParentEndsTheDatabaseAndTheNextStartTakesOver(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	self, err := os.Executable()
	must(t, err)
	dir := filepath.Join(openFolder(t), "data")
	cmd, _, k := runKeeper(t, self, dir, nil)
	execSQL(t, k.URL, "create table t as select 42 as x")
	_, err = start(t.Context(), Options{DataDir: dir}, onlyPostgres())
	wantError(t, err, fmt.Sprintf("in use by process %d", cmd.Process.Pid))

	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	d := startPG(t, Options{DataDir: dir}) // at once, while the orphan is still ending
	if query[int](t, d.URL(), "select x from t") != 42 {
		t.Error("the data is gone")
	}
	waitGone(t, k.Pids[0])
}

// leftBehind runs a PostgreSQL on the folder that does not end with anybody.
func leftBehind(t *testing.T, dir string, mark string) int {
	t.Helper()
	install := needPostgres(t)
	data := filepath.Join(dir, pgDataDir)
	as, err := accountFor(data)
	must(t, err)
	s := &pgServer{pgInstall: install, dir: &dataDir{path: dir}, data: data, as: as}
	ports, err := freePorts(1, nil)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "orphan.log"), nil, 0o666))
	must(t, os.Chmod(filepath.Join(dir, "orphan.log"), 0o666))
	settings := fmt.Sprintf("%s -c port=%d -c listen_addresses=127.0.0.1 -c unix_socket_directories=", mark, ports[0])
	_, err = s.command("pg_ctl", "start", "-D", data, "-w", "-l", filepath.Join(dir, "orphan.log"), "-o", settings).output(t.Context())
	must(t, err)
	f, err := s.readPidFile()
	must(t, err)
	t.Cleanup(func() {
		if alive(f.pid) && s.runsOnData(f.pid) {
			_, _ = s.command("pg_ctl", "stop", "-D", data, "-m", "immediate").output(t.Context())
		}
	})
	return f.pid
}

func TestAnOrphanOfOursIsStoppedAndTheDataTakenOver(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openFolder(t), "data")
	must(t, startPG(t, Options{DataDir: dir}).Stop())
	pid := leftBehind(t, dir, pgMark)
	d := startPG(t, Options{DataDir: dir})
	waitGone(t, pid)
	if query[int](t, d.URL(), "select 1") != 1 {
		t.Error("no answer")
	}
}

func TestAServerThatSomebodyElseStartedIsNamedAndLeftAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openFolder(t), "data")
	must(t, startPG(t, Options{DataDir: dir}).Stop())
	pid := leftBehind(t, dir, "-c cluster_name=theirs")
	_, err := start(t.Context(), Options{DataDir: dir}, onlyPostgres())
	wantError(t, err, fmt.Sprintf("localdb did not start (pid %d)", pid))
	if !alive(pid) {
		t.Error("it was stopped")
	}
}

func TestABrokenOffInitialisationIsDoneAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openFolder(t), "data")
	must(t, os.MkdirAll(filepath.Join(dir, pgDataDir+".new", "base"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, engineFile), []byte("postgresql nodes=1\n"), 0o644))
	d := startPG(t, Options{DataDir: dir})
	if query[int](t, d.URL(), "select 1") != 1 {
		t.Error("no answer")
	}
}

func TestCreateDatabaseMakesAFreshOneOnTheSameServer(t *testing.T) {
	t.Parallel()
	d := startPG(t, Options{})
	const name = `odd "name" %2F?`
	u, err := d.CreateDatabase(t.Context(), name)
	must(t, err)
	if got := query[string](t, u, "select current_database()"); got != name {
		t.Errorf("database %q, want %q", got, name)
	}
	_, err = d.CreateDatabase(t.Context(), name)
	wantError(t, err, "already exists")
	for _, bad := range []string{"", strings.Repeat("x", 64)} {
		_, err = d.CreateDatabase(t.Context(), bad)
		wantError(t, err, strconv.Itoa(len(bad)))
	}
}

// writeFakePostgres makes an installation that can only tell its version.
func writeFakePostgres(t *testing.T, top, version string) {
	t.Helper()
	bin := filepath.Join(top, version, "bin")
	must(t, os.MkdirAll(bin, 0o755))
	for _, name := range []string{"postgres", "initdb", "pg_ctl"} {
		text := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
		must(t, os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755))
	}
}

func TestTheNewestPostgreSQLThatFitsTheDataIsTaken(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	m := bareMachine()
	m.postgresBins = filepath.Join(top, "*", "bin")
	writeFakePostgres(t, top, "9.6")
	_, err := findPostgres(t.Context(), m, 0)
	wantError(t, err, "version 14 or newer is needed; found PostgreSQL 9.6")
	for _, v := range []string{"13.9", "15.1", "16.2", "18beta1"} {
		writeFakePostgres(t, top, v)
	}
	for wanted, version := range map[int]string{0: "18beta1", 13: "13.9", 15: "15.1"} {
		p, err := findPostgres(t.Context(), m, wanted)
		must(t, err)
		if p.version != version {
			t.Errorf("wanted %d, got %s", wanted, p)
		}
	}
	_, err = findPostgres(t.Context(), m, 17)
	wantError(t, err, "made by PostgreSQL 17", "PostgreSQL 16.2 in ")
}

func TestTheDatabaseOutlivesTheThreadThatStartedIt(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	var d *DB
	var err error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // and never unlocks: the thread ends with the goroutine
		d, err = start(t.Context(), Options{}, onlyPostgres())
	}()
	<-ended
	must(t, err)
	t.Cleanup(func() { _ = d.Stop() })
	time.Sleep(300 * time.Millisecond)
	if d.procs[0].ended() || query[int](t, d.URL(), "select 1") != 1 {
		t.Error("the database ended with the thread")
	}
	must(t, d.Stop())
}

func TestAPortThatWasTakenInBetweenIsAReasonToTryAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openFolder(t), "data")
	must(t, startPG(t, Options{DataDir: dir}).Stop())
	d, err := openDataDir(dir)
	must(t, err)
	defer func() { _ = d.close() }()
	s, err := preparePostgres(t.Context(), Options{Logf: t.Logf}, onlyPostgres(), d)
	must(t, err)
	l, err := net.Listen("tcp", loopback(0))
	must(t, err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	p, err := s.launch(port)
	must(t, err)
	err = s.waitReady(t.Context(), p, port)
	wantError(t, err, "ended while starting")
	if !passes(err.Error()) {
		t.Errorf("not recognised: %v", err)
	}
}
