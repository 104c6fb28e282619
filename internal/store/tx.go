package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/cockroachdb/cockroach-go/v2/crdb"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store/db"
)

// Tx is a serializable transaction. Reads go to the database at once; writes
// wait in a queue and are sent together, in one round trip, when the function
// that makes them returns.
//
// It remembers the rows that it locked: a second reader within the transaction
// sees them as the first one leaves them.
type Tx struct {
	Reader
	conn   *pgxpool.Conn
	write  *db.Queries // its statements are queued
	queue  *queue
	rows   rows
	memory memory
	undo   []func()  // of what is remembered, for Back
	at     time.Time // of its commit
}

// CommittedAt tells when the transaction was committed, by the database's clock
// where that says so; zero where it was not.
func (t *Tx) CommittedAt() time.Time { return t.at }

// ErrRollback returned by a transaction's function ends it without a commit
// and without an error: a dry run.
var ErrRollback = errors.New("store: roll back")

// Write runs fn in a serializable transaction, again from the beginning when
// the database says so (40001, and 40P01 on PostgreSQL), a bounded number of
// times. fn must not keep anything from an attempt that failed.
//
// It is crdb.ExecuteCtx around statements of our own, and not
// crdbpgxv5.ExecuteTx: that one ignores the error of COMMIT, which on
// PostgreSQL loses the write.
func (s *Store) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return s.repeat(ctx, pgx.Serializable, nothingAhead, fn)
}

// WriteAlone is Write in READ COMMITTED. It is for a writer that first locks a
// row by which it is the only one to change what it changes: it then reads the
// latest, nobody can differ, and reading what others insert costs them no
// retries (decision 8).
func (s *Store) WriteAlone(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return s.repeat(ctx, pgx.ReadCommitted, nothingAhead, fn)
}

// WriteAhead is Write, with facts that are read in the round trip that begins
// the transaction. Each attempt asks for them anew.
func (s *Store) WriteAhead(ctx context.Context, ahead func() *Ahead, fn func(ctx context.Context, tx *Tx) error) error {
	return s.repeat(ctx, pgx.Serializable, ahead, fn)
}

func nothingAhead() *Ahead { return nil }

func (s *Store) repeat(ctx context.Context, level pgx.TxIsoLevel, ahead func() *Ahead, fn func(ctx context.Context, tx *Tx) error) error {
	attempt, plans := 0, planOnce
	run := func(ctx context.Context, _ ...any) error {
		if attempt > 0 {
			if err := s.pause(ctx, attempt); err != nil {
				return err
			}
		}
		attempt++
		err := s.once(ctx, level, ahead(), plans, fn)
		if plans == planOnce && isScanRefused(err) {
			s.metrics.scansRefused.Inc()
			plans = planEach
			err = s.once(ctx, level, ahead(), plans, fn)
		}
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

const rollbackTime = 2 * time.Second

// once is one attempt: begin and read ahead, the function, write and commit.
func (s *Store) once(ctx context.Context, level pgx.TxIsoLevel, ahead *Ahead, plans plans, fn func(ctx context.Context, tx *Tx) error) error {
	// Watchers rely on it that no transaction lives longer (app.Limits.WatchOverlap).
	ctx, cancel := context.WithTimeout(ctx, s.config.TxTimeout)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return readError(err)
	}
	defer conn.Release()
	q := &queue{}
	t := &Tx{Reader: Reader{q: db.New(conn), raw: conn, placed: s.placed}, conn: conn, write: db.New(q), queue: q, memory: newMemory()}
	defer t.rollback(ctx)
	if err := t.begin(ctx, level, ahead, plans); err != nil {
		return readError(err)
	}
	if err := fn(ctx, t); err != nil {
		return readError(err)
	}
	committing, err := t.commit(ctx)
	if err != nil && committing && retryState(err) == "" && ambiguous(err) {
		s.metrics.ambiguous.Inc()
		return fault.Wrap(err, fault.CommitUnknown)
	}
	return readError(err)
}

// rollback ends a transaction that was not committed. Where it cannot, the pool
// closes the connection and the database ends the transaction with it.
func (t *Tx) rollback(ctx context.Context) {
	if c := t.conn.Conn(); c.IsClosed() || c.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	_, _ = t.conn.Exec(ctx, "ROLLBACK")
}

// Flush sends the queued writes now.
func (t *Tx) Flush(ctx context.Context) error {
	if err := t.queueRows(ctx); err != nil {
		return err
	}
	_, err := t.send(ctx)
	return err
}

// commit sends the queued writes and COMMIT in one round trip. Committing says
// whether an error may have come after the database began to commit: where a
// write before it was refused, COMMIT was not looked at.
func (t *Tx) commit(ctx context.Context) (committing bool, err error) {
	if err := t.queueRows(ctx); err != nil {
		return false, err
	}
	t.queue.list = append(t.queue.list, queued{sql: "COMMIT"})
	last := len(t.queue.list) - 1
	if onCockroachDB(t.conn.Conn()) {
		t.queue.list = append(t.queue.list, queued{sql: commitTime, row: t.committed})
	}
	done, err := t.send(ctx)
	if done > last { // it is committed, whatever became of the time
		if t.at.IsZero() {
			t.at = Surely()
		}
		return true, nil
	}
	return sqlState(err) == "" || done == last, err
}

// commitTime asks CockroachDB when the connection's last transaction was committed.
const commitTime = "SHOW COMMIT TIMESTAMP"

// committed reads the answer to commitTime: nanoseconds, and behind the point a
// count of what came within one of them.
func (t *Tx) committed(row pgx.Row) error {
	var text string
	if err := row.Scan(&text); err != nil {
		return err
	}
	whole, _, _ := strings.Cut(text, ".")
	ns, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return fmt.Errorf("store: %s: %w", commitTime, err)
	}
	t.at = time.Unix(0, ns+1).UTC()
	return nil
}

// send sends what is queued and tells how many statements were done.
func (t *Tx) send(ctx context.Context) (done int, err error) {
	t.queue.sent, t.queue.list = t.queue.list, nil
	t.undo = nil // what is sent cannot be dropped
	t.memory.sent = len(t.memory.placed)
	if len(t.queue.sent) == 0 {
		return 0, nil
	}
	var batch pgx.Batch
	for _, s := range t.queue.sent {
		batch.Queue(s.sql, s.args...)
	}
	results := t.conn.SendBatch(ctx, &batch)
	for _, s := range t.queue.sent {
		if s.row != nil {
			if err := s.row(results.QueryRow()); err != nil {
				_ = results.Close()
				return done, err
			}
			done++
			continue
		}
		tag, err := results.Exec()
		if err == nil && tag.String() == "ROLLBACK" {
			err = errors.New("store: the transaction had failed before its commit")
		}
		if err != nil {
			_ = results.Close() // the first error is the one that matters
			return done, err
		}
		done++
	}
	return done, results.Close()
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
type queue struct{ list, sent []queued }

type queued struct {
	sql  string
	args []any
	row  func(pgx.Row) error // reads its one row; nil: it has none
}

func (q *queue) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	q.list = append(q.list, queued{sql: sql, args: args})
	return pgconn.CommandTag{}, nil
}

var errQueued = errors.New("store: a queued statement cannot be read from")

func (q *queue) Query(context.Context, string, ...any) (pgx.Rows, error) { return nil, errQueued }

func (q *queue) QueryRow(context.Context, string, ...any) pgx.Row { return errRow{} }

type errRow struct{}

func (errRow) Scan(...any) error { return errQueued }

// Read runs reads that must agree with each other, on one snapshot: the nearest
// replica's where the context lets it (Nearest).
func (s *Store) Read(ctx context.Context, fn func(ctx context.Context, r Reader) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly}
	run := func(ctx context.Context, _ ...any) error {
		err := pgx.BeginTxFunc(ctx, s.reads.pool(ctx), options, func(tx pgx.Tx) error {
			return fn(ctx, Reader{q: db.New(tx), raw: tx, placed: s.placed})
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
