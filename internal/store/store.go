// Package store keeps the exchange in SQL, the same on CockroachDB and on
// PostgreSQL (design §15). Static statements are in queries/, typed by sqlc
// into db/; the schema is in migrations/. Lists with policy filters are put
// together in list.go, with bind parameters, and nowhere else.
package store

import (
	"context"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/sushaan/exchange/internal/store/db"
)

//go:generate go tool sqlc generate -f sqlc.yaml

// Config of a store. Zero fields take the default.
type Config struct {
	URL              string
	Near             string        // further nodes in this region, host:port with commas between
	Far              string        // nodes in other regions, for when none here answers
	ConnLifetime     time.Duration // of a connection, after which one here is tried again; default 5 min
	MaxConns         int32         // connections, half of them for writes; where there are regions half as many again; default 32
	ConnectTimeout   time.Duration // default 5 s
	StatementTimeout time.Duration // of one statement, kept by the database; default 10 s
	TxTimeout        time.Duration // of one attempt at a transaction; default 10 s
	MaxRetries       int           // of a whole transaction; default 20
	RetryBackoff     time.Duration // longest first pause before a retry; default 2 ms
	Metrics          prometheus.Registerer
	Traces           trace.TracerProvider // records statements, without their values; may be nil
	Tracer           pgx.QueryTracer      // sees every statement instead; may be nil
	FollowerReads    FollowerReads        // default FollowerAuto
}

func (c Config) withDefaults() Config {
	if c.ConnLifetime == 0 {
		c.ConnLifetime = defaultLifetime
	}
	if c.MaxConns == 0 {
		c.MaxConns = 32
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	if c.StatementTimeout == 0 {
		c.StatementTimeout = 10 * time.Second
	}
	if c.TxTimeout == 0 {
		c.TxTimeout = 10 * time.Second
	}
	if c.MaxRetries == 0 {
		c.MaxRetries = 20
	}
	if c.FollowerReads == "" {
		c.FollowerReads = FollowerAuto
	}
	if c.RetryBackoff == 0 {
		c.RetryBackoff = 2 * time.Millisecond
	}
	return c
}

func (c Config) tracer() pgx.QueryTracer {
	if c.Tracer == nil && c.Traces != nil {
		return otelpgx.NewTracer(otelpgx.WithTracerProvider(c.Traces))
	}
	return c.Tracer
}

// Reader reads, either from the pool, each statement its own transaction, or
// inside a transaction.
type Reader struct {
	q      *db.Queries
	raw    db.DBTX
	placed *atomic.Bool // nil: it is PostgreSQL
}

// named says whether statements of pages name the indexes that they read.
func (r Reader) named() bool { return r.placed != nil }

// apart says whether the two provinces' rows lie in regions.
func (r Reader) apart() bool { return r.placed != nil && r.placed.Load() }

// Store is a pool of connections to the exchange's database. It is safe for
// concurrent use.
//
// It has two pools. Transactions that write, or read several things that must
// agree, are serializable. A statement that reads by itself sees one snapshot
// anyway: serializable it would cost bookkeeping, and could be refused. A third
// pool is for reads of the nearest replica, and unused where there are none.
type Store struct {
	Reader
	pool    *pgxpool.Pool // of transactions that write
	reads   routed
	nearest nearest
	config  Config
	metrics *metrics
	timed   bool // it is PostgreSQL, where ids begin with the time: see NewID
}

// Open connects to a database. It does not migrate it.
func Open(ctx context.Context, c Config) (*Store, error) {
	c = c.withDefaults()
	s := &Store{config: c, metrics: newMetrics(c.Metrics), nearest: nearest{when: c.FollowerReads}}
	if err := s.connect(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// connect opens the pools. Half of the connections that read are for pages of
// lists.
func (s *Store) connect(ctx context.Context) (err error) {
	c, half := s.config, (s.config.MaxConns+1)/2
	if s.pool, err = c.open(ctx, half, tuneOnce, map[string]string{
		// Every transaction is serializable, even one that forgot to ask.
		"default_transaction_isolation": "serializable",
		// A client that hangs in a transaction must not hold its locks for ever.
		"idle_in_transaction_session_timeout": fmt.Sprint(2 * c.StatementTimeout.Milliseconds()),
	}); err != nil {
		return err
	}
	if err := s.Ping(ctx); err != nil {
		return err
	}
	if s.timed, err = s.isPostgreSQL(ctx); err != nil {
		return err
	}
	reading := map[string]string{
		"default_transaction_isolation": "read committed",
		// A write that lost its way is refused.
		"default_transaction_read_only": "on",
	}
	half = (half + 1) / 2
	s.reads.every = !s.timed
	if s.reads.pages, err = c.open(ctx, half, tunePages, reading); err != nil {
		return err
	}
	if s.reads.latest, err = c.open(ctx, half, tune, reading); err != nil {
		return err
	}
	stale := map[string]string{"default_transaction_use_follower_reads": "on", "default_transaction_read_only": "on"}
	if s.reads.nearestPages, err = c.open(ctx, half, tunePages, stale); err != nil {
		return err
	}
	s.reads.nearest, err = c.open(ctx, half, tune, stale)
	s.nearest.pool = s.reads.nearest
	s.Reader = Reader{q: db.New(s.reads), raw: s.reads}
	if err == nil && !s.timed {
		s.placed = &atomic.Bool{}
		err = s.learnPlaced(ctx)
	}
	return err
}

// learnPlaced asks whether the database has regions. FollowNearest asks again; where
// that does not run, lists of a database that is placed later are slower until the
// server is started again.
func (s *Store) learnPlaced(ctx context.Context) error {
	var regions int64
	err := s.pool.QueryRow(ctx, "SELECT count(*) FROM pg_catalog.pg_type WHERE typname = '"+regionType+"'").Scan(&regions)
	if err == nil {
		s.placed.Store(regions > 0)
	}
	return readError(err)
}

func (s *Store) isPostgreSQL(ctx context.Context) (yes bool, err error) {
	err = s.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		yes = !onCockroachDB(c.Conn())
		return nil
	})
	return yes, readError(err)
}

// NewID makes an id for a row that every trade writes: a random UUID. On
// PostgreSQL its first bytes are the time (version 7), so that new rows meet in
// one place of an index, whose pages are written to the log but once; CockroachDB
// spreads rows that are far apart over its nodes (decision 28).
func (s *Store) NewID() uuid.UUID {
	if s.timed {
		if id, err := uuid.NewV7(); err == nil {
			return id
		}
	}
	return uuid.New()
}

// open makes a pool whose connections have some parameters of their own.
func (c Config) open(ctx context.Context, conns int32, tune func(context.Context, *pgx.Conn) error, parameters map[string]string) (*pgxpool.Pool, error) {
	pc, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		// The parser's error may quote the URL, password and all.
		return nil, fmt.Errorf("store: the database URL cannot be read")
	}
	pc.MaxConns = conns
	if err := balance(pc, c); err != nil {
		return nil, err
	}
	pc.AfterConnect = tune
	pc.ConnConfig.Tracer = c.tracer()
	pc.ConnConfig.ConnectTimeout = c.ConnectTimeout
	maps.Copy(pc.ConnConfig.RuntimeParams, parameters)
	maps.Copy(pc.ConnConfig.RuntimeParams, map[string]string{
		"statement_timeout": fmt.Sprint(c.StatementTimeout.Milliseconds()),
		"application_name":  "sushaand",
		"timezone":          "UTC",
	})
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return pool, nil
}

// tune teaches a connection our types, and tells PostgreSQL how we use it;
// CockroachDB is told in a transaction (planOnce), and for pages (tunePages). A scan of a whole table in a serializable
// transaction depends on every row of it, so that each write to the table,
// wherever, could end it: an index is always better, also where a table is small.
// What is run is short: compiling it never pays.
func tune(ctx context.Context, conn *pgx.Conn) error {
	return tuneBy(ctx, conn, "SET enable_seqscan = off; SET jit = off", "")
}

// tuneOnce is tune for transactions that write. They are few statements, again and
// again, and with lists as parameters PostgreSQL would plan those anew each time,
// which took longer than running them. What else a reader asks differs more: its
// plan follows from what it asks.
func tuneOnce(ctx context.Context, conn *pgx.Conn) error {
	return tuneBy(ctx, conn, "SET enable_seqscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan", "")
}

// tunePages is tuneOnce for pages of lists, each branch of which reads an index in
// its order, looks up what belongs to its rows, and ends after a page. A bitmap has no
// order, and what is kept to be gone through again is read whole: both read all that
// there is. CockroachDB plans a page for its values, unless one plan for all costs
// no more. It would read a small table, or what it takes for one, whole: refused that
// (isScanRefused), it uses the indexes.
func tunePages(ctx context.Context, conn *pgx.Conn) error {
	return tuneBy(ctx, conn, "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_material = off; SET jit = off; SET plan_cache_mode = force_generic_plan",
		"SET disallow_full_table_scans = on")
}

func tuneBy(ctx context.Context, conn *pgx.Conn, postgresql, cockroachdb string) error {
	registerUUID(conn.TypeMap())
	settings := postgresql
	if onCockroachDB(conn) {
		settings = cockroachdb
	}
	if settings == "" {
		return nil
	}
	_, err := conn.Exec(ctx, settings)
	return err
}

// Close ends every connection.
func (s *Store) Close() {
	for _, p := range append(s.reads.all(), s.pool) {
		if p != nil {
			p.Close()
		}
	}
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.ConnectTimeout)
	defer cancel()
	return readError(s.pool.Ping(ctx))
}

// Engine tells which database it is: its own version line.
func (s *Store) Engine(ctx context.Context) (string, error) {
	var version string
	err := s.pool.QueryRow(ctx, "SELECT version()").Scan(&version)
	return version, readError(err)
}

type metrics struct {
	retries   *prometheus.CounterVec
	ambiguous prometheus.Counter
	// Transactions that were begun again since CockroachDB refused a scan.
	scansRefused prometheus.Counter
	lateness     *prometheus.HistogramVec
	jobFailures  *prometheus.CounterVec
}

// latenessBuckets reach from half a second, which is the wait for the next look,
// to an hour, by when somebody should have been told.
var latenessBuckets = []float64{0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sushaan_store_retries_total", Help: "Transactions that were repeated, by SQLSTATE.",
		}, []string{"sqlstate"}),
		ambiguous: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sushaan_store_ambiguous_commits_total", Help: "Commits of which it was not known whether they took place.",
		}),
		scansRefused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sushaan_store_scans_refused_total",
			Help: "Transactions that were repeated with plans for their own values since one of their statements would scan a table.",
		}),
		lateness: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sushaan_job_lateness_seconds", Help: "How long after their time jobs were begun, by kind.", Buckets: latenessBuckets,
		}, []string{"kind"}),
		jobFailures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sushaan_job_failures_total", Help: "Attempts at jobs that failed, by kind.",
		}, []string{"kind"}),
	}
	if r != nil {
		r.MustRegister(m.retries, m.ambiguous, m.scansRefused, m.lateness, m.jobFailures)
	}
	return m
}

var _ db.DBTX = pgx.Tx(nil)
