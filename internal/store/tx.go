package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/cockroachdb/cockroach-go/v2/crdb"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store/db"
)

// Tx is a serializable transaction. Reads go to the database at once; writes
// wait in a queue and are sent together, in one round trip, when the function
// that makes them returns.
type Tx struct {
	Reader
	write *db.Queries // its statements are queued
	queue *queue
	tx    pgx.Tx
}

// ErrRollback returned by a transaction's function ends it without a commit
// and without an error: a dry run.
var ErrRollback = errors.New("store: roll back")

// Write runs fn in a serializable transaction, again from the beginning when
// the database says so (40001, and 40P01 on PostgreSQL), a bounded number of
// times. fn must not keep anything from an attempt that failed.
//
// It is crdb.ExecuteCtx around pgx.BeginTxFunc and not crdbpgxv5.ExecuteTx:
// that one ignores the error of COMMIT, which on PostgreSQL loses the write.
func (s *Store) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return s.repeat(ctx, pgx.Serializable, fn)
}

// WriteAlone is Write in READ COMMITTED. It is for a writer that first locks a
// row by which it is the only one to change what it changes: it then reads the
// latest, nobody can differ, and reading what others insert costs them no
// retries (decision 8).
func (s *Store) WriteAlone(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return s.repeat(ctx, pgx.ReadCommitted, fn)
}

func (s *Store) repeat(ctx context.Context, level pgx.TxIsoLevel, fn func(ctx context.Context, tx *Tx) error) error {
	attempt := 0
	run := func(ctx context.Context, _ ...any) error {
		if attempt > 0 {
			if err := s.pause(ctx, attempt); err != nil {
				return err
			}
		}
		attempt++
		err := s.once(ctx, level, fn)
		if state := retryState(err); state != "" {
			s.metrics.retries.WithLabelValues(state).Inc()
			return retryable{err}
		}
		return err
	}
	err := crdb.ExecuteCtx(crdb.WithMaxRetries(ctx, s.config.MaxRetries), run)
	var spent *crdb.MaxRetriesExceededError
	switch {
	case errors.Is(err, ErrRollback):
		return nil
	case errors.As(err, &spent), retryState(err) != "":
		return fault.Wrap(err, fault.Contention)
	default:
		return err
	}
}

// once is one attempt.
func (s *Store) once(ctx context.Context, level pgx.TxIsoLevel, fn func(ctx context.Context, tx *Tx) error) error {
	// Watchers rely on it that no transaction lives longer (app.Limits.WatchOverlap).
	ctx, cancel := context.WithTimeout(ctx, s.config.TxTimeout)
	defer cancel()
	committing := false
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: level}, func(tx pgx.Tx) error {
		q := &queue{}
		t := &Tx{Reader: Reader{q: db.New(tx), raw: tx}, write: db.New(q), queue: q, tx: tx}
		if err := fn(ctx, t); err != nil {
			return err
		}
		if err := t.Flush(ctx); err != nil {
			return err
		}
		committing = true
		return nil
	})
	if err != nil && committing && retryState(err) == "" && ambiguous(err) {
		s.metrics.ambiguous.Inc()
		return fault.Wrap(err, fault.CommitUnknown)
	}
	return readError(err)
}

// Flush sends the queued writes now. A write that must have met a row and did
// not is an error: the row was there when it was read.
func (t *Tx) Flush(ctx context.Context) error {
	n := t.queue.batch.Len()
	if n == 0 {
		return nil
	}
	batch := t.queue.batch
	t.queue.batch = pgx.Batch{}
	results := t.tx.SendBatch(ctx, &batch)
	for range n {
		if _, err := results.Exec(); err != nil {
			_ = results.Close() // the first error is the one that matters
			return err
		}
	}
	return results.Close()
}

// pause waits before a retry: a random time whose bound doubles, up to 100 ms.
func (s *Store) pause(ctx context.Context, attempt int) error {
	bound := min(s.config.RetryBackoff<<min(attempt-1, 10), 100*time.Millisecond)
	select {
	case <-time.After(rand.N(bound)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// queue collects statements instead of running them.
type queue struct{ batch pgx.Batch }

func (q *queue) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	q.batch.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

var errQueued = errors.New("store: a queued statement cannot be read from")

func (q *queue) Query(context.Context, string, ...any) (pgx.Rows, error) { return nil, errQueued }

func (q *queue) QueryRow(context.Context, string, ...any) pgx.Row { return errRow{} }

type errRow struct{}

func (errRow) Scan(...any) error { return errQueued }

// Read runs reads that must agree with each other, on one snapshot.
func (s *Store) Read(ctx context.Context, fn func(ctx context.Context, r Reader) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly}
	run := func(ctx context.Context, _ ...any) error {
		err := pgx.BeginTxFunc(ctx, s.pool, options, func(tx pgx.Tx) error {
			return fn(ctx, Reader{q: db.New(tx), raw: tx})
		})
		if retryState(err) != "" {
			return retryable{err}
		}
		return readError(err)
	}
	err := crdb.ExecuteCtx(crdb.WithMaxRetries(ctx, s.config.MaxRetries), run)
	if retryState(err) != "" {
		return fault.Wrap(err, fault.Contention)
	}
	return err
}
