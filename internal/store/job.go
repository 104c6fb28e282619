package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func jobOf(r db.Job) exchange.Job {
	return exchange.Job{
		Home: r.Home, Kind: exchange.JobKind(r.Kind), Subject: r.Subject, Due: r.Due.UTC(), Lease: r.Lease, Attempts: r.Attempts,
	}
}

// InsertJob queues a new job. One of the same kind and subject that is there
// already stays as it is.
func (t *Tx) InsertJob(ctx context.Context, j exchange.Job) error {
	return t.write.JobInsert(ctx, j.Home, string(j.Kind), j.Subject, j.Due)
}

// MoveJob queues that a job is due at another time than was said, or makes it. A
// server that works at it now, on what was known before, does not end it.
func (t *Tx) MoveJob(ctx context.Context, j exchange.Job) error {
	return t.write.JobMove(ctx, j.Home, string(j.Kind), j.Subject, j.Due)
}

// LeaseJobs takes jobs that are due, the longest overdue first, and says until
// when they are the caller's. How late they were is in a metric.
func (s *Store) LeaseJobs(ctx context.Context, at, until time.Time, limit int) ([]exchange.Job, error) {
	jobs, err := s.leaseJobs(ctx, (*db.Queries).JobsLease, at, until, limit)
	if err == nil && len(jobs) == 0 && !s.timed {
		jobs, err = s.leasePassedOver(ctx, at, until, limit)
	}
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		s.metrics.lateness.WithLabelValues(string(j.Kind)).Observe(at.Sub(j.Due).Seconds())
	}
	return jobs, nil
}

// picking is one of the statements that take jobs.
type picking func(q *db.Queries, ctx context.Context, lease uuid.UUID, until, at time.Time, limit int32) ([]db.Job, error)

func (s *Store) leaseJobs(ctx context.Context, pick picking, at, until time.Time, limit int) (jobs []exchange.Job, err error) {
	err = s.Write(ctx, func(ctx context.Context, tx *Tx) error {
		rows, err := pick(tx.q, ctx, uuid.New(), until, at, int32(limit))
		jobs, err = mapRows(rows, err, jobOf)
		return err
	})
	return jobs, err
}

// leasePassedOver takes jobs that CockroachDB passed over as locked though no server
// is at them: a row counts as locked until it is tidied up, which is some time
// after what wrote it was committed. Who waits for such a row gets it at once.
func (s *Store) leasePassedOver(ctx context.Context, at, until time.Time, limit int) ([]exchange.Job, error) {
	wait, err := s.q.JobsWait(ctx, at)
	if err != nil || !wait {
		return nil, readError(err)
	}
	return s.leaseJobs(ctx, (*db.Queries).JobsLeaseAll, at, until, limit)
}

// FinishJob ends a job, or has it come again at next if that is not zero. It
// does nothing where the lease has gone to another server.
func (s *Store) FinishJob(ctx context.Context, j exchange.Job, next time.Time) error {
	return s.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if next.IsZero() {
			_, err := tx.q.JobDelete(ctx, j.Home, string(j.Kind), j.Subject, j.Lease)
			return err
		}
		return tx.jobDue(ctx, j, next, next, 0)
	})
}

// PutOffJob lets a job that failed be tried again from a time on. It stays due
// since when it was, so that its lateness tells how long it has been failing.
func (s *Store) PutOffJob(ctx context.Context, j exchange.Job, until time.Time) error {
	s.metrics.jobFailures.WithLabelValues(string(j.Kind)).Inc()
	return s.Write(ctx, func(ctx context.Context, tx *Tx) error { return tx.jobDue(ctx, j, j.Due, until, j.Attempts) })
}

func (t *Tx) jobDue(ctx context.Context, j exchange.Job, due, leasedUntil time.Time, attempts int) error {
	_, err := t.q.JobDue(ctx, db.JobDueParams{
		Home: j.Home, Kind: string(j.Kind), Subject: j.Subject, Lease: j.Lease, Due: due, LeasedUntil: leasedUntil, Attempts: attempts,
	})
	return err
}

// HurryJobs makes due what is without a subject and due after latest: no clock
// that is right has said so.
func (s *Store) HurryJobs(ctx context.Context, kinds []exchange.JobKind, at, latest time.Time) error {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return s.Write(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.q.JobsAhead(ctx, at, names, latest)
		return err
	})
}
