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
	// Logf receives lines about the progress; nil means silence.
	Logf func(format string, args ...any)
	// StartTimeout bounds each way that is tried; 0 means 60 seconds.
	StartTimeout time.Duration
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
}

// Start finds or starts a database and returns when it answers queries.
// The context bounds the start only; the database then lives until Stop.
func Start(ctx context.Context, o Options) (*DB, error) {
	return start(ctx, o, thisMachine())
}

func start(ctx context.Context, o Options, m machine) (*DB, error) {
	o = o.withDefaults()
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
	// Kill ends it at once; Again starts it on its data and its port, and
	// returns. Each is a program and its arguments.
	Kill, Again []string
}

// Nodes are the nodes of a CockroachDB that Start started; none otherwise.
func (d *DB) Nodes() []Node { return slices.Clone(d.nodes) }

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
		err := stopAll(d.procs)
		if d.dir != nil {
			err = errors.Join(err, d.dir.close())
		}
		if err != nil {
			d.stopErr = fmt.Errorf("localdb: stop: %w", err)
		}
	})
	return d.stopErr
}
