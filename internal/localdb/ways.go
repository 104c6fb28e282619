package localdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// machine says where to look on this machine and on the network. Tests narrow it.
type machine struct {
	getenv       func(string) string
	lookPath     func(string) (string, error)
	postgresBins string                 // a glob of bin folders, for packages that are not on PATH
	downloads    string                 // base URL of CockroachDB's archives
	cache        func() (string, error) // folder for downloads
}

func thisMachine() machine {
	return machine{
		getenv:       os.Getenv,
		lookPath:     exec.LookPath,
		postgresBins: "/usr/lib/postgresql/*/bin",
		downloads:    "https://binaries.cockroachdb.com",
		cache:        os.UserCacheDir,
	}
}

// way is one way to a database.
type way struct {
	name   string
	engine Engine // that it leads to; empty for any
	start  func(context.Context) (running, error)
}

// ways lists the ways to a database in the order in which they are tried.
func ways(o Options, m machine, dir *dataDir) []way {
	list := []way{
		{"database URL", "", func(context.Context) (running, error) {
			return running{}, errors.New("none was given")
		}},
		{"cockroach binary", CockroachDB, func(ctx context.Context) (running, error) {
			return startFoundCockroach(ctx, o, m, dir)
		}},
		{"PostgreSQL", PostgreSQL, func(ctx context.Context) (running, error) {
			return startPostgres(ctx, o, m, dir)
		}},
		{"download of CockroachDB", CockroachDB, func(ctx context.Context) (running, error) {
			return startDownloadedCockroach(ctx, o, m, dir)
		}},
	}
	for i, w := range list {
		if o.Engine != "" && w.engine != "" && w.engine != o.Engine {
			list[i].start = func(context.Context) (running, error) {
				return running{}, fmt.Errorf("only %s was asked for", o.Engine)
			}
		}
	}
	return list
}

// Available says whether this machine has a server of that engine to start, and
// if not, why. It starts and downloads nothing.
func Available(ctx context.Context, e Engine) error {
	m := thisMachine()
	var err error
	switch e {
	case CockroachDB:
		_, err = findCockroach(m)
	case PostgreSQL:
		_, err = findPostgres(ctx, m, 0)
	default:
		err = fmt.Errorf("localdb: there is no engine %q", e)
	}
	return err
}

// firstThatWorks tries the ways in turn. Each has the timeout for itself, so
// that one that hangs leaves time for the next.
func firstThatWorks(ctx context.Context, timeout time.Duration, list []way) (running, string, error) {
	var failed triedWays
	for _, w := range list {
		if err := ctx.Err(); err != nil {
			failed = append(failed, triedWay{w.name, fmt.Errorf("not tried: %w", context.Cause(ctx))})
			continue
		}
		r, err := tryWay(ctx, timeout, w)
		if err == nil {
			return r, failed.reasonFor(r.detail), nil
		}
		failed = append(failed, triedWay{w.name, err})
	}
	return running{}, "", failed
}

func tryWay(ctx context.Context, timeout time.Duration, w way) (running, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("not done within %s", timeout))
	defer cancel()
	return w.start(ctx)
}

type triedWay struct {
	name string
	err  error
}

// triedWays is the error when no way works: one line for each.
type triedWays []triedWay

func (t triedWays) Error() string {
	var b strings.Builder
	b.WriteString("no database could be found or started:")
	for i, w := range t {
		fmt.Fprintf(&b, "\n  %d. %s", i+1, w)
	}
	return b.String()
}

func (t triedWays) Unwrap() []error {
	errs := make([]error, len(t))
	for i, w := range t {
		errs[i] = w.err
	}
	return errs
}

// reasonFor is the one line that says what was taken and why no earlier way was.
func (t triedWays) reasonFor(taken string) string {
	parts := make([]string, len(t))
	for i, w := range t {
		parts[i] = w.String()
	}
	return "took " + taken + "; before it: " + strings.Join(parts, "; ")
}

func (w triedWay) String() string { return w.name + ": " + oneLine(w.err.Error()) }

func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " | ")
}
