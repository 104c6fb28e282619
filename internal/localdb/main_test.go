package localdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The test binary plays two more parts, as a process of its own: a program
// that keeps a database (to be killed), and a fake cockroach.
const (
	asKeeper    = "LOCALDB_TEST_KEEPER"
	asCockroach = "LOCALDB_TEST_COCKROACH"
	withRegions = "LOCALDB_TEST_KEEPER_REGIONS"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asCockroach) != "":
		os.Exit(fakeCockroach(os.Args[1:]))
	case os.Getenv(asKeeper) != "":
		os.Exit(keeper(os.Getenv(asKeeper)))
	}
	os.Exit(m.Run())
}

// kept is what a keeper prints when its database is ready.
type kept struct {
	URL  string
	Pids []int
}

// keeper starts a database, prints it, and stops it when its input ends.
func keeper(dataDir string) int {
	o, m := Options{DataDir: dataDir}, onlyPostgres()
	if os.Getenv(withRegions) != "" {
		o.Regions, m = true, thisMachine()
	}
	d, err := start(context.Background(), o, m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_ = json.NewEncoder(os.Stdout).Encode(kept{d.URL(), d.Pids()})
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := d.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// runKeeper starts a keeper and waits until its database is ready.
func runKeeper(t *testing.T, binary, dataDir string, as *account, env ...string) (*exec.Cmd, io.Closer, kept) {
	t.Helper()
	cmd := exec.Command(binary)
	cmd.Env = append(append(os.Environ(), asKeeper+"="+dataDir), env...)
	cmd.Dir = "/"
	cmd.Stderr = os.Stderr
	if as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: as.uid, Gid: as.gid}}
	}
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = in.Close() })
	var k kept
	if err := json.NewDecoder(out).Decode(&k); err != nil {
		t.Fatalf("the keeper has no database: %v (%v)", err, cmd.Wait())
	}
	return cmd, in, k
}

// bareMachine has no database at all.
func bareMachine() machine {
	return machine{
		getenv:    func(string) string { return "" },
		lookPath:  func(name string) (string, error) { return "", &exec.Error{Name: name, Err: exec.ErrNotFound} },
		downloads: "http://127.0.0.1:1",
		cache:     func() (string, error) { return "", errors.New("no cache folder in this test") },
	}
}

// onlyPostgres is this machine without a cockroach, which would come first.
func onlyPostgres() machine {
	m := thisMachine()
	m.getenv = func(string) string { return "" }
	m.lookPath = func(name string) (string, error) {
		if name == "cockroach" {
			return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
		}
		return exec.LookPath(name)
	}
	return m
}

func needPostgres(t *testing.T) pgInstall {
	t.Helper()
	p, err := findPostgres(t.Context(), onlyPostgres(), 0)
	if err != nil {
		t.Skipf("needs PostgreSQL: %v", err)
	}
	return p
}

func startPG(t *testing.T, o Options) *DB {
	t.Helper()
	needPostgres(t)
	return startOn(t, o, onlyPostgres())
}

func startOn(t *testing.T, o Options, m machine) *DB {
	t.Helper()
	o.Logf = t.Logf
	d, err := start(t.Context(), o, m)
	must(t, err)
	t.Cleanup(func() { _ = d.Stop() })
	return d
}

// openFolder is an empty folder whose parents any user may pass; t.TempDir is
// closed to the user that PostgreSQL runs as when the tests run as root.
func openFolder(t *testing.T) string {
	t.Helper()
	base := os.TempDir()
	if as, err := serviceAccount(); err == nil && as != nil && closedFolder(base, *as) != "" {
		base = "/var/tmp"
	}
	dir, err := os.MkdirTemp(base, "localdb-test-")
	must(t, err)
	dir, err = filepath.EvalSymlinks(dir)
	must(t, err)
	must(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { must(t, removeAll(dir)) })
	return dir
}

func query[T any](t *testing.T, dsn, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	defer disconnect(conn)
	var v T
	must(t, conn.QueryRow(t.Context(), sql).Scan(&v))
	return v
}

func execSQL(t *testing.T, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	defer disconnect(conn)
	_, err = conn.Exec(t.Context(), sql)
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("the error does not say %q:\n%v", p, err)
		}
	}
}

func waitGone(t *testing.T, pid int) {
	t.Helper()
	for range 500 {
		if line, err := commandLine(pid); err != nil || line == "" {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("process %d does not end", pid)
}
