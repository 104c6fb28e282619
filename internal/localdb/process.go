package localdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is one database server that we started.
type process struct {
	name  string
	cmd   *exec.Cmd
	steps []stopStep
	done  chan struct{} // closed when the process has ended
	err   error         // how it ended; read it after done

	// Where the id of one that somebody started in its place is noted, and the
	// argument by which it is known; empty: nobody does.
	pidFile, mark string
}

// stopStep is a signal and how long to wait for the process to obey it. Having
// to resort to a rough step is an error.
type stopStep struct {
	signal syscall.Signal
	wait   time.Duration
	rough  bool
}

// command is a program of a database and how to run it.
type command struct {
	path string
	args []string
	dir  string
	env  []string
	as   *account // nil: as ourselves
}

func (c command) cmd(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	cmd.Dir, cmd.Env = c.dir, c.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.as != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: c.as.uid, Gid: c.as.gid}
	}
	return cmd
}

// output runs a short command to its end and returns what it printed. When the
// context ends, the command dies with all its children.
func (c command) output(ctx context.Context) (string, error) {
	cmd := c.cmd(ctx)
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	out, err := cmd.CombinedOutput()
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return strings.TrimSpace(string(out)), err
}

// launch starts a server that writes to the log.
//
// The server has a process group of its own, so that Ctrl-C in the terminal
// reaches us and not the database: we still need it while we shut down.
//
// On Linux the kernel sends it the orphan signal when the parent dies, kill -9
// included, so that it does not run on alone. "The parent" is the thread that forked,
// not the process: the Go runtime may end a thread and the database would fall
// with it. So the goroutine that forks is locked to its thread and stays there
// until the database has ended. Where there is no such signal the next start
// on the data folder stops the orphan.
func launch(name string, c command, log *os.File, orphan syscall.Signal, steps []stopStep) (*process, error) {
	cmd := c.cmd(context.Background()) // Stop ends it, no context
	cmd.Stdout, cmd.Stderr = log, log
	signalOnParentDeath(cmd.SysProcAttr, orphan)
	p := &process{name: name, cmd: cmd, steps: steps, done: make(chan struct{})}

	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// ended tells whether the process has ended by now.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stop goes through the steps until the process has ended.
func (p *process) stop() error {
	if p.ended() {
		if p.pidFile != "" {
			if found, err := stopNoted(context.Background(), p.pidFile, p.mark, p.steps); found {
				return err
			}
		}
		return fmt.Errorf("%s (pid %d) had already ended: %w", p.name, p.pid(), orClean(p.err))
	}
	for _, s := range p.steps {
		if err := p.cmd.Process.Signal(s.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("send %s to %s (pid %d): %w", s.signal, p.name, p.pid(), err)
		}
		select {
		case <-p.done:
			if s.rough {
				return fmt.Errorf("%s (pid %d) did not stop in order and was ended by signal %q", p.name, p.pid(), s.signal)
			}
			return nil
		case <-time.After(s.wait):
		}
	}
	return fmt.Errorf("%s (pid %d) does not end", p.name, p.pid())
}

func orClean(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// stopAll stops all processes at the same time: the nodes of a cluster that
// has lost its majority wait for each other.
func stopAll(procs []*process) error {
	errs := make([]error, len(procs))
	var wg sync.WaitGroup
	for i, p := range procs {
		wg.Go(func() { errs[i] = p.stop() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// alive tells whether there is a process of that id, ours or not.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// isOurs tells whether a live process was started with the given arguments.
// Process ids are used again, so an id from a file proves nothing by itself.
func isOurs(pid int, args string) bool {
	line, err := commandLine(pid)
	return err == nil && strings.Contains(line+" ", " "+args+" ")
}

// cleanEnv is our environment without the variables that would steer a
// database behind our back (PGPORT, COCKROACH_URL, …).
func cleanEnv(prefixes ...string) []string {
	var env []string
next:
	for _, kv := range os.Environ() {
		for _, p := range prefixes {
			if strings.HasPrefix(kv, p) {
				continue next
			}
		}
		env = append(env, kv)
	}
	return env
}

// pause waits a little, or until the context ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
