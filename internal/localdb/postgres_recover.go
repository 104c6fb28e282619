package localdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// pidFile is what we need of postmaster.pid.
type pidFile struct {
	pid    int
	status string
}

func (s *pgServer) pidFilePath() string { return filepath.Join(s.data, "postmaster.pid") }

// readPidFile reads the pid from line 1 and the status from line 8.
func (s *pgServer) readPidFile() (pidFile, error) {
	b, err := os.ReadFile(s.pidFilePath())
	if err != nil {
		return pidFile{}, err
	}
	lines := strings.Split(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 {
		return pidFile{}, fmt.Errorf("%s begins with %q, not with a process id", s.pidFilePath(), lines[0])
	}
	f := pidFile{pid: pid}
	if len(lines) > 7 {
		f.status = strings.TrimSpace(lines[7])
	}
	return f, nil
}

// recover clears what a crash left. We hold the folder's lock, so a server of
// ours that still runs on the data is an orphan, which is stopped in order; a
// pid file without its server is removed. A server that somebody else started
// on the data is left alone and named.
func (s *pgServer) recover(ctx context.Context) error {
	f, err := s.readPidFile()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case !s.runsOnData(f.pid):
		// PostgreSQL looks only for a live process of that id, and after a
		// restart of a container the id is often another program's.
		s.logf("removing the pid file of a PostgreSQL that is gone (pid %d)", f.pid)
		if err := os.Remove(s.pidFilePath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a stale pid file: %w", err)
		}
		return nil
	case !isOurs(f.pid, "-D "+s.data+" "+pgMark):
		return fmt.Errorf("a PostgreSQL that localdb did not start (pid %d) runs on %s: stop it first", f.pid, s.data)
	}
	return s.stopOrphan(ctx, f.pid)
}

// runsOnData tells whether the process may be a PostgreSQL on our data, however
// it was started. Where the command line cannot be read a live process counts.
func (s *pgServer) runsOnData(pid int) bool {
	if !alive(pid) {
		return false
	}
	line, err := commandLine(pid)
	if err != nil {
		return true
	}
	if strings.HasPrefix(line, "postgres:") {
		return false // a helper of some server; the pid file names the server itself
	}
	if !strings.Contains(line, "postgres") && !strings.Contains(line, "postmaster") {
		return false
	}
	// A server that names no folder got it from PGDATA: it may be this one.
	return strings.Contains(line+" ", s.data+" ") || !strings.Contains(line, "-D")
}

func (s *pgServer) stopOrphan(ctx context.Context, pid int) error {
	s.logf("stopping a PostgreSQL that an earlier run left behind (pid %d)", pid)
	var out string
	var err error
	for _, mode := range []string{"fast", "immediate"} {
		out, err = s.command("pg_ctl", "stop", "-D", s.data, "-m", mode, "-w", "-t", "15").output(ctx)
		// It may also have ended by itself just now, which pg_ctl calls an error.
		for range 50 {
			if !s.runsOnData(pid) {
				return nil
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return fmt.Errorf("stop the PostgreSQL that an earlier run left behind (pid %d): %w: %s", pid, orClean(err), oneLine(out))
}
