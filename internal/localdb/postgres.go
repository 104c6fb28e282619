package localdb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The names in a data folder of PostgreSQL, and of its administrator.
const (
	pgDataDir  = "postgresql"
	pgPassword = "password"
	pgPort     = "port"
	pgLog      = "postgresql.log"
	pgUser     = "sushaan"
)

// pgMark is in the command line of every server that we start, right after its
// folder. By it we know a server of ours from one that somebody else started.
const pgMark = "-c cluster_name=sushaan_localdb"

// pgServer is a PostgreSQL on our data folder.
type pgServer struct {
	pgInstall
	dir      *dataDir
	data     string
	as       *account
	password string
	logf     func(string, ...any)
}

func startPostgres(ctx context.Context, o Options, m machine, dir *dataDir) (running, error) {
	if o.Regions {
		return running{}, errRegionsNeedCockroach
	}
	if err := dir.refuseOther(PostgreSQL); err != nil {
		return running{}, err
	}
	s, err := preparePostgres(ctx, o, m, dir)
	if err != nil {
		return running{}, err
	}
	if err := dir.claim(PostgreSQL, 1); err != nil {
		return running{}, err
	}
	r, err := s.start(ctx)
	if err != nil {
		return running{}, errors.Join(err, dir.unclaim(pgDataDir, pgDataDir+".new", pgPassword, pgPort, pgLog, pgLog+".1"))
	}
	return r, nil
}

// preparePostgres finds the programs and the user, and sees that the two fit
// the folder. It leaves nothing behind in the folder.
func preparePostgres(ctx context.Context, o Options, m machine, dir *dataDir) (*pgServer, error) {
	data := dir.file(pgDataDir)
	major := 0
	if b, err := os.ReadFile(filepath.Join(data, "PG_VERSION")); err == nil {
		if major, err = strconv.Atoi(strings.TrimSpace(string(b))); err != nil {
			return nil, fmt.Errorf("the data's version is %q: %w", b, err)
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	install, err := findPostgres(ctx, m, major)
	if err != nil {
		return nil, err
	}
	as, err := accountFor(data)
	if err != nil {
		return nil, err
	}
	if err := mustReach(ctx, install.program("postgres"), filepath.Dir(dir.path), as); err != nil {
		return nil, err
	}
	if err := handOver(dir, data, as); err != nil {
		return nil, err
	}
	return &pgServer{pgInstall: install, dir: dir, data: data, as: as, logf: o.Logf}, nil
}

// start makes the data if there is none, clears what a crash left, and runs
// the server until it answers.
func (s *pgServer) start(ctx context.Context) (running, error) {
	if _, err := os.Stat(s.data); errors.Is(err, os.ErrNotExist) {
		if err := s.initialise(ctx); err != nil {
			return running{}, err
		}
	} else if err := s.recover(ctx); err != nil {
		return running{}, err
	}
	if s.password = s.dir.read(pgPassword); s.password == "" {
		return running{}, fmt.Errorf("the password file %s is missing or empty", s.dir.file(pgPassword))
	}
	p, port, err := s.launchReady(ctx)
	if err != nil {
		return running{}, err
	}
	r := running{
		engine: PostgreSQL,
		detail: s.String(),
		urls:   []string{s.url(port, databaseName)},
		procs:  []*process{p},
	}
	err = s.dir.write(pgPort, formatPorts([]int{port}), 0o644)
	if err == nil {
		err = ensureDatabase(ctx, s.url(port, "postgres"), PostgreSQL, databaseName)
	}
	if err != nil {
		return running{}, errors.Join(err, p.stop())
	}
	return r, nil
}

func (s *pgServer) url(port int, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(pgUser, s.password),
		Host:     loopback(port),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// initialise makes the data in a folder beside and moves it into place when it
// is whole, so that a crash in the middle does not leave half a database.
func (s *pgServer) initialise(ctx context.Context) error {
	s.logf("making a new PostgreSQL database in %s", s.dir.path)
	if err := s.dir.write(pgPassword, rand.Text()+"\n", 0o600); err != nil {
		return err
	}
	fresh := s.data + ".new"
	out, err := s.initdb(ctx, fresh, "C.UTF-8")
	if err != nil && strings.Contains(out, "invalid locale name") {
		// Not every system has C.UTF-8. C sorts the same way: by code point.
		out, err = s.initdb(ctx, fresh, "C")
	}
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, oneLine(out))
	}
	if err := os.Rename(fresh, s.data); err != nil {
		return fmt.Errorf("initdb: %w", err)
	}
	return nil
}

func (s *pgServer) initdb(ctx context.Context, data, locale string) (string, error) {
	if err := removeAll(data); err != nil {
		return "", err
	}
	args := []string{
		"--pgdata=" + data, "--username=" + pgUser, "--pwfile=" + s.dir.file(pgPassword),
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=" + locale, "--data-checksums",
	}
	if s.dir.temporary {
		args = append(args, "--no-sync") // nobody starts a temporary folder after a power cut
	}
	return s.command("initdb", args...).output(ctx)
}

// command is one of PostgreSQL's programs, run as the database's user.
func (s *pgServer) command(name string, args ...string) command {
	// NOTIFY_SOCKET: under systemd the service is we, not the database.
	// Messages are in English because launchReady reads them.
	env := append(cleanEnv("PG", "LC_", "LANG", "NOTIFY_SOCKET"), "LC_ALL=C")
	return command{path: s.program(name), args: args, dir: s.dir.path, env: env, as: s.as}
}

func (s *pgServer) serverArgs(port int) []string {
	args := append([]string{"-D", s.data}, strings.Fields(pgMark)...)
	for _, setting := range []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(port),
		"unix_socket_directories=", // a socket's path may have 107 bytes, a data folder's more
		"max_connections=200",
		"fsync=on", "synchronous_commit=on", "full_page_writes=on",
		"logging_collector=off", "log_destination=stderr",
		"timezone=UTC", "log_timezone=UTC",
	} {
		args = append(args, "-c", setting)
	}
	return args
}

// launchReady runs the server until it is ready. A server that ends at once
// because its port was taken in between, or because the helpers of a killed
// predecessor are not gone yet, is started again until the context ends.
func (s *pgServer) launchReady(ctx context.Context) (*process, int, error) {
	preferred := parsePorts(s.dir.read(pgPort))
	for {
		ports, err := freePorts(1, preferred)
		if err != nil {
			return nil, 0, err
		}
		p, err := s.launch(ports[0])
		if err != nil {
			return nil, 0, err
		}
		if err = s.waitReady(ctx, p, ports[0]); err == nil {
			return p, ports[0], nil
		}
		if !p.ended() {
			return nil, 0, errors.Join(err, p.stop())
		}
		if !passes(err.Error()) || pause(ctx, 200*time.Millisecond) != nil {
			return nil, 0, err
		}
		s.logf("starting PostgreSQL again: %v", err)
	}
}

// passes tells whether the reason for which a server ended goes away by itself.
func passes(message string) bool {
	for _, m := range []string{
		"could not create any TCP/IP sockets",
		"pre-existing shared memory block",
	} {
		if strings.Contains(message, m) {
			return true
		}
	}
	return false
}

func (s *pgServer) launch(port int) (*process, error) {
	log, err := openLog(s.dir.file(pgLog))
	if err != nil {
		return nil, err
	}
	defer log.Close() // the server has its own
	s.logf("starting PostgreSQL on 127.0.0.1:%d", port)
	return launch("PostgreSQL", s.command("postgres", s.serverArgs(port)...), log, syscall.SIGINT, []stopStep{
		{signal: syscall.SIGINT, wait: 20 * time.Second},              // "fast": ends sessions, writes everything
		{signal: syscall.SIGQUIT, wait: 5 * time.Second, rough: true}, // "immediate": recovers at the next start
		{signal: syscall.SIGKILL, wait: 5 * time.Second, rough: true},
	})
}

// waitReady waits until this very process says in its pid file that it is
// ready, so that another server that answers on the port cannot deceive us.
func (s *pgServer) waitReady(ctx context.Context, p *process, port int) error {
	for {
		select {
		case <-p.done:
			return fmt.Errorf("PostgreSQL ended while starting: %w: %s", orClean(p.err), lastLines(s.dir.file(pgLog)))
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL is not ready: %w: %s", context.Cause(ctx), lastLines(s.dir.file(pgLog)))
		case <-time.After(20 * time.Millisecond):
		}
		f, err := s.readPidFile()
		if err == nil && f.pid == p.pid() && f.status == "ready" {
			_, err := serverVersion(ctx, s.url(port, "postgres"))
			return err
		}
	}
}
