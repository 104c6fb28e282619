// Package localdb finds or starts a database for the demo and the tests.
//
// It takes the first of four ways that works: a database URL that the caller
// gives, a cockroach binary of this machine, PostgreSQL of this machine, and,
// if the caller allows it, a download of CockroachDB. DB.Reason tells which
// one it was and why the earlier ones were not.
//
// A database that it starts listens on 127.0.0.1 only, keeps its durability
// switched on, and ends with Stop. It is meant for one machine and one user at
// a time; production runs its own cluster.
package localdb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sushaan/exchange/internal/distance"
)

// databaseName is the database that URL leads to.
const databaseName = "sushaan"

// Options say where a database may come from and where it keeps its data.
// The zero value starts a temporary database.
type Options struct {
	// DatabaseURL, if given, is used as it is and nothing is started.
	DatabaseURL string
	// DataDir is the folder that keeps the data from one start to the next.
	// Empty means a temporary folder, which Stop removes. The folder belongs
	// to localdb alone: an existing one must be empty or made by localdb.
	DataDir string
	// Engine narrows what is started to one kind of server; empty means any.
	Engine Engine
	// Regions asks for three nodes, one in each region. CockroachDB only.
	Regions bool
	// NodesPerRegion is how many nodes each region has; 0 means one.
	NodesPerRegion int
	// Apart puts a line (package distance) before the address that each node has
	// for nodes of other regions, so that DB.Stretch can take regions apart.
	// With Regions only.
	Apart bool
	// Logf receives lines about the progress; nil means silence.
	Logf func(format string, args ...any)
	// StartTimeout bounds each way that is tried; 0 means 60 seconds.
	StartTimeout time.Duration
	// StopTimeout bounds how long a node of CockroachDB may take to end in order
	// before it is killed; 0 means 60 seconds. A busy machine takes long.
	StopTimeout time.Duration
	// AllowDownload permits the last way, a download of CockroachDB.
	AllowDownload bool
}

// Engine is the kind of database server.
type Engine string

// The engines that the product runs on.
const (
	CockroachDB Engine = "cockroachdb"
	PostgreSQL  Engine = "postgresql"
)

// DB is a database that is ready for connections.
type DB struct {
	running
	reason string
	dir    *dataDir // nil when the database was given

	stopOnce sync.Once
	stopErr  error
}

// running is what a way hands back when it has a database.
type running struct {
	engine Engine
	detail string // engine, version and place, for people
	urls   []string
	procs  []*process
	nodes  []Node
	lines  []*distance.Line // one per node where regions can be taken apart
}

// Start finds or starts a database and returns when it answers queries.
// The context bounds the start only; the database then lives until Stop.
func Start(ctx context.Context, o Options) (*DB, error) {
	return start(ctx, o, thisMachine())
}

func start(ctx context.Context, o Options, m machine) (*DB, error) {
	o = o.withDefaults()
	if o.Apart && (!o.Regions || o.DatabaseURL != "") {
		return nil, errors.New("localdb: only regions that it starts itself can be taken apart")
	}
	if o.DatabaseURL != "" {
		return useGiven(ctx, o)
	}
	dir, err := openDataDir(o.DataDir)
	if err != nil {
		return nil, fmt.Errorf("localdb: %w", err)
	}
	r, reason, err := firstThatWorks(ctx, o.StartTimeout, ways(o, m, dir))
	if err != nil {
		return nil, fmt.Errorf("localdb: %w", errors.Join(err, dir.close()))
	}
	o.Logf("%s", reason)
	return &DB{running: r, reason: reason, dir: dir}, nil
}

func (o Options) withDefaults() Options {
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	if o.StartTimeout <= 0 {
		o.StartTimeout = 60 * time.Second
	}
	if o.StopTimeout <= 0 {
		o.StopTimeout = 60 * time.Second
	}
	return o
}

// URL is a postgres:// URL of the database. It carries the password, if any,
// so it is not for logs.
func (d *DB) URL() string { return d.urls[0] }

// URLs has one URL per node.
func (d *DB) URLs() []string { return slices.Clone(d.urls) }

// Engine is the kind of server that was taken.
func (d *DB) Engine() Engine { return d.engine }

// Reason tells in one line which database was taken, and why the ways before
// it in the list were not.
func (d *DB) Reason() string { return d.reason }

// Pids are the server processes that Start started, one per node; none if the
// database was given.
func (d *DB) Pids() []int {
	pids := make([]int, len(d.procs))
	for i, p := range d.procs {
		pids[i] = p.pid()
	}
	return pids
}

// Node is a server process that Start started, and how somebody else can end it
// and start it again meanwhile. Stop ends it either way.
type Node struct {
	Name   string
	Region string // empty without regions
	// Far is its host:port as other regions reach it; empty unless they can be
	// taken apart.
	Far string
	// Kill ends it at once; Again starts it on its data and its port, and
	// returns. Each is a program and its arguments.
	Kill, Again []string
}

// Nodes are the nodes of a CockroachDB that Start started; none otherwise.
func (d *DB) Nodes() []Node { return slices.Clone(d.nodes) }

// Stretch makes the way from one region to another take a time, each way, for what
// nodes send each other and for who uses Node.Far. Without Options.Apart there is
// no way to stretch, and it fails.
func (d *DB) Stretch(oneWay time.Duration) error {
	if len(d.lines) == 0 {
		return errors.New("localdb: its regions cannot be taken apart: it was not started for that")
	}
	for _, l := range d.lines {
		l.Stretch(oneWay)
	}
	return nil
}

// CreateDatabase makes a fresh database on the same server and returns its
// URL. It fails if there is one of that name.
func (d *DB) CreateDatabase(ctx context.Context, name string) (string, error) {
	if name == "" || len(name) > 63 {
		return "", fmt.Errorf("localdb: a database name has 1 to 63 bytes, not %d", len(name))
	}
	u, err := withDatabase(d.URL(), name)
	if err != nil {
		return "", fmt.Errorf("localdb: %w", err)
	}
	if err := createDatabase(ctx, d.URL(), d.engine, name); err != nil {
		return "", fmt.Errorf("localdb: create database %q: %w", name, err)
	}
	return u, nil
}

// Stop ends what Start started, in an orderly way and in bounded time, and
// removes the data folder only if it was temporary. A database that was given
// keeps running. It returns an error if a process had died before or had to be
// killed. More calls return the first one's result.
func (d *DB) Stop() error {
	d.stopOnce.Do(func() {
		err := errors.Join(stopAll(d.procs), closeLines(d.lines))
		if d.dir != nil {
			err = errors.Join(err, d.dir.close())
		}
		if err != nil {
			d.stopErr = fmt.Errorf("localdb: stop: %w", err)
		}
	})
	return d.stopErr
}
