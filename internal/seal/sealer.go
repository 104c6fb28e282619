// Package seal is the background sealer (design §10, §11). It gives every
// ledger transaction a position without gaps, appends its leaf to the log's
// Merkle tree, signs a checkpoint, and adds it to the roll-ups of volumes, all
// in one transaction of the database a batch. The seals in the order of their
// positions are the feed of the ledger's events.
//
// Nothing of it is in the commit path of an order: a ledger transaction commits
// together with a row of table unsealed, which its seal deletes. What waits is
// found by that row and not by a time or a number, so that no late commit is
// missed.
package seal

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/store"
)

// Config of a sealer. Zero fields take the default.
type Config struct {
	Signer   func() proof.Signer // gives the key that signs the next checkpoint
	Interval time.Duration       // between looks for what waits, while nothing does; default 500 ms
	Lease    time.Duration       // after which another takes over from one that is silent; default 10 s
	Batch    int                 // transactions sealed at once, at most; default 2000
	Now      func() time.Time
	Log      *slog.Logger
	Metrics  prometheus.Registerer // may be nil
}

func (c Config) withDefaults() Config {
	if c.Interval == 0 {
		c.Interval = 500 * time.Millisecond
	}
	if c.Lease == 0 {
		c.Lease = 10 * time.Second
	}
	if c.Batch == 0 {
		c.Batch = 2000
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Sealer seals a database's ledger. Any number may run on one database; one at
// a time is active.
type Sealer struct {
	store   *store.Store
	config  Config
	holder  string // names this sealer in the lease
	metrics *metrics
	leased  bool // the lease's row is there
	stuck   int  // transactions that the last look could not seal
}

// New makes a sealer.
func New(s *store.Store, c Config) *Sealer {
	c = c.withDefaults()
	return &Sealer{store: s, config: c, holder: uuid.NewString(), metrics: newMetrics(c.Metrics)}
}

const (
	giveTime  = 2 * time.Second
	countMost = 100_000 // beyond this the metric of what waits stands still
)

// Run seals until the context ends, then lets another take over at once.
func (s *Sealer) Run(ctx context.Context) {
	defer s.give(ctx)
	for {
		n, err := s.Once(ctx)
		if err != nil && ctx.Err() == nil {
			s.metrics.failures.Inc()
			s.config.Log.ErrorContext(ctx, "sealing failed; it is tried again", "error", err)
		}
		if err == nil && n == s.config.Batch {
			continue // more waits
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(s.config.Interval):
		}
	}
}

func (s *Sealer) give(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveTime)
	defer cancel()
	if err := s.store.GiveSealLease(ctx, s.holder); err != nil {
		s.config.Log.WarnContext(ctx, "the sealer's lease runs out by itself", "error", err)
	}
}

// Once seals one batch, if this sealer is or can become the active one, and
// tells how many transactions it sealed.
func (s *Sealer) Once(ctx context.Context) (int, error) {
	if !s.leased {
		if err := s.store.InitSealLease(ctx); err != nil {
			return 0, err
		}
		s.leased = true
	}
	begin := time.Now()
	var done outcome
	err := s.store.WriteAlone(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		done, err = s.batch(ctx, tx)
		return err
	})
	if err != nil {
		return 0, err
	}
	s.observe(ctx, done, time.Since(begin))
	return done.sealed, nil
}

// outcome is what a batch did and saw.
type outcome struct {
	active bool
	sealed int
	size   int64
	oldest time.Time // of what waited; zero: nothing did
	stuck  []string  // what cannot be sealed, and why
}

func (s *Sealer) observe(ctx context.Context, o outcome, took time.Duration) {
	m := s.metrics
	if !o.active {
		m.active.Set(0)
		return
	}
	m.active.Set(1)
	m.size.Set(float64(o.size))
	m.stuck.Set(float64(len(o.stuck)))
	m.lag.Set(0)
	if !o.oldest.IsZero() {
		m.lag.Set(max(0, s.config.Now().Sub(o.oldest).Seconds()))
	}
	if o.sealed > 0 {
		m.sealed.Add(float64(o.sealed))
		m.seconds.Observe(took.Seconds())
	}
	if n, err := s.store.UnsealedCount(ctx, countMost); err == nil {
		m.waiting.Set(float64(n))
	}
	if len(o.stuck) != s.stuck {
		s.stuck = len(o.stuck)
		if s.stuck > 0 {
			s.config.Log.ErrorContext(ctx, "transactions that cannot be sealed; `sushaand check` tells more", "transactions", o.stuck)
		}
	}
}

type metrics struct {
	active, lag, waiting, size, stuck prometheus.Gauge
	sealed, failures                  prometheus.Counter
	seconds                           prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "sushaan_seal_" + name, Help: help})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "sushaan_seal_" + name, Help: help})
	}
	m := &metrics{
		active:   gauge("active", "1 where this server's sealer is the active one."),
		lag:      gauge("lag_seconds", "Age of the oldest ledger transaction that waited when the sealer last looked; 0: none did."),
		waiting:  gauge("waiting", "Ledger transactions that wait to be sealed, counted up to 100,000."),
		size:     gauge("size", "Ledger transactions in the log."),
		stuck:    gauge("stuck", "Ledger transactions that cannot be sealed, because they are not there or do not balance."),
		sealed:   counter("transactions_total", "Ledger transactions that this server sealed."),
		failures: counter("failures_total", "Batches that failed and are tried again."),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "sushaan_seal_batch_seconds", Help: "Time to seal a batch.", Buckets: prometheus.ExponentialBuckets(0.002, 2, 12),
		}),
	}
	if r != nil {
		r.MustRegister(m.active, m.lag, m.waiting, m.size, m.stuck, m.sealed, m.failures, m.seconds)
	}
	return m
}
