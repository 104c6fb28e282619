package store

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Nearest are reads that tolerate a few seconds: in a database that is placed in
// regions the nearest replica answers them, with what was committed some seconds
// ago (CockroachDB's follower reads). Elsewhere, and where the caller has seen
// something newer, the latest is read.
//
// How far back the database reads is its own to say. It is asked from time to
// time, and no read waits for that.
const (
	nearestEvery = 5 * time.Second
	// What was learnt so long ago no longer counts: nothing tells how the database's
	// clock went on.
	nearestFor = 3 * nearestEvery
	// The clocks of a cluster's nodes differ by less, or they leave it
	// (CockroachDB's --max-offset).
	clockSkew = 500 * time.Millisecond
)

// FollowerReads says when reads that tolerate a few seconds go to the nearest
// replica.
type FollowerReads string

// When to read the nearest replica: where the database is placed in regions,
// wherever it is CockroachDB, or never.
const (
	FollowerAuto FollowerReads = "auto"
	FollowerOn   FollowerReads = "on"
	FollowerOff  FollowerReads = "off"
)

// reading is what the statements of a context may read.
type reading struct {
	asOf    time.Time
	nearest bool
}

type readingKey struct{}

// AsOf tells as of when a context's statements read: everything that was
// committed until then is seen. False where they read the latest.
func AsOf(ctx context.Context) (time.Time, bool) {
	r, ok := ctx.Value(readingKey{}).(reading)
	return r.asOf, ok && r.nearest
}

// Nearest lets a context's statements read the nearest replica, if that has what
// was committed until a time, and tells as of when they read: everything that was
// committed until then is seen, and perhaps what came a little later.
func (s *Store) Nearest(ctx context.Context, seen time.Time) (context.Context, time.Time) {
	now := time.Now()
	asOf, ok := s.nearest.asOf(now)
	if !ok || seen.After(asOf) {
		return ctx, now.UTC()
	}
	return context.WithValue(ctx, readingKey{}, reading{asOf, true}), asOf
}

// Surely is a time at which everything is committed of which a caller can know now,
// by whichever clock of the cluster.
func Surely() time.Time { return time.Now().UTC().Add(clockSkew) }

// learnt is what the database said of its follower reads.
type learnt struct {
	asOf time.Time // of a read at the time at
	at   time.Time
}

// nearest knows how far back the nearest replica reads.
type nearest struct {
	pool  *pgxpool.Pool // its connections read what the nearest replica has
	known atomic.Pointer[learnt]
	when  FollowerReads
}

// asOf is a time until which a read that begins now sees everything, on whichever
// node; false where nothing is known.
func (n *nearest) asOf(now time.Time) (time.Time, bool) {
	l := n.known.Load()
	if l == nil || now.Sub(l.at) > nearestFor {
		return time.Time{}, false
	}
	return l.asOf.Add(now.Sub(l.at) - clockSkew).UTC(), true
}

// FollowNearest keeps up with how far back the nearest replica reads, until the
// context ends. It returns at once where there are no such reads: on PostgreSQL,
// and where the configuration does without. While the database is not placed in
// regions, or its schema changed a moment ago, the latest is read.
func (s *Store) FollowNearest(ctx context.Context) error {
	version, err := s.Engine(ctx)
	if s.nearest.when == FollowerOff || (err == nil && !strings.HasPrefix(version, "CockroachDB")) {
		return nil
	}
	tick := time.NewTicker(nearestEvery)
	defer tick.Stop()
	for {
		// What fails is tried again; meanwhile the latest is read.
		_ = s.learnNearest(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// regionType is a type that a database has whose rows lie in regions.
const regionType = "crdb_internal_region"

// learnNearest asks the nearest replica what time it is there, and whether it has
// the regions and the schema already.
func (s *Store) learnNearest(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, nearestEvery)
	defer cancel()
	var l learnt
	var regions, steps int64
	err := s.nearest.pool.QueryRow(ctx, `SELECT now(), (SELECT count(*) FROM pg_catalog.pg_type WHERE typname = '`+regionType+`'),
		(SELECT count(DISTINCT version_id) FROM goose_db_version WHERE is_applied AND version_id > 0)`).Scan(&l.asOf, &regions, &steps)
	if err != nil {
		return readError(err)
	}
	l.at = time.Now()
	s.placed.Store(regions > 0)
	files, err := migrationFiles.ReadDir("migrations")
	if err == nil && (regions > 0 || s.nearest.when == FollowerOn) && steps >= int64(len(files)) {
		s.nearest.known.Store(&l)
	}
	return err
}
