package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/sushaan/exchange/internal/fault"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migration is one step of the schema and whether the database has it.
type Migration struct {
	Version   int64
	Name      string
	Applied   bool
	AppliedAt time.Time
}

// migrator opens goose on a connection pool of database/sql, which it needs.
func (s *Store) migrator() (*goose.Provider, *sql.DB, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, nil, err
	}
	pool := stdlib.OpenDBFromPool(s.pool)
	// Both engines speak PostgreSQL here. There is no lock: CockroachDB has no
	// advisory locks, and every statement is safe to run again.
	// Steps that were numbered in parallel may arrive in any order.
	p, err := goose.NewProvider(goose.DialectPostgres, pool, files, goose.WithAllowOutofOrder(true))
	if err != nil {
		return nil, nil, fmt.Errorf("store: migrations: %w", err)
	}
	return p, pool, nil
}

// MigrateUp brings the schema up to date and tells what it did.
func (s *Store) MigrateUp(ctx context.Context) ([]Migration, error) {
	p, pool, err := s.migrator()
	if err != nil {
		return nil, err
	}
	defer func() { _ = pool.Close() }()
	results, err := p.Up(ctx)
	if err != nil {
		return nil, migrationError("migrate up", err)
	}
	done := make([]Migration, len(results))
	for i, r := range results {
		done[i] = Migration{Version: r.Source.Version, Name: r.Source.Path, Applied: true}
	}
	return done, s.makeTerms(ctx)
}

// MigrateStatus lists every step and whether the database has it. It only reads:
// goose's own would make its table where there is none.
func (s *Store) MigrateStatus(ctx context.Context) ([]Migration, error) {
	steps, _, err := s.migrations(ctx)
	return steps, err
}

// migrations lists every step, and tells the highest version that the database
// has, which this program may not know.
func (s *Store) migrations(ctx context.Context) (steps []Migration, version int64, err error) {
	p, pool, err := s.migrator()
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = pool.Close() }()
	applied, err := s.applied(ctx)
	if err != nil {
		return nil, 0, err
	}
	for v := range applied {
		version = max(version, v)
	}
	for _, source := range p.ListSources() {
		at, done := applied[source.Version]
		steps = append(steps, Migration{Version: source.Version, Name: source.Path, Applied: done, AppliedAt: at})
	}
	return steps, version, nil
}

// applied are the versions that the database has, and since when; none where it
// was never migrated.
func (s *Store) applied(ctx context.Context) (map[int64]time.Time, error) {
	// A table that goose keeps, and no migration makes.
	rows, err := s.pool.Query(ctx, "SELECT version_id, tstamp::timestamptz FROM goose_db_version WHERE is_applied ORDER BY id")
	applied := map[int64]time.Time{}
	if err == nil {
		var version int64
		var at time.Time
		_, err = pgx.ForEachRow(rows, []any{&version, &at}, func() error {
			applied[version] = at
			return nil
		})
	}
	switch {
	case sqlState(err) == stateNoTable:
		return nil, nil
	case err != nil:
		return nil, migrationError("migrate status", err)
	}
	return applied, nil
}

// migrationError says which right a user lacks; other errors say what was done.
func migrationError(what string, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == stateNoRight {
		return fault.Wrap(err, fault.RightMissing, "right", pg.Message+"; migrate as the user who owns the database, and give the others their rights with deploy/sql/grants.sql")
	}
	return fmt.Errorf("store: %s: %w", what, err)
}

// Ready says whether the database can serve: reachable and fully migrated.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		return err
	}
	return s.CheckSchema(ctx)
}

// Outdated gives the error of a statement its reason where the schema is not that of
// this program: a table or a column of it is not there.
func (s *Store) Outdated(ctx context.Context, err error) error {
	if state := sqlState(err); state != stateNoTable && state != stateNoColumn {
		return err
	}
	if schema := s.CheckSchema(ctx); schema != nil {
		return schema
	}
	return err
}

// MayServe says which right a user lacks that serves: one that may only read
// would refuse every trade.
func (s *Store) MayServe(ctx context.Context) error {
	var lacks string
	err := s.pool.QueryRow(ctx, `SELECT coalesce(string_agg(name, ', ' ORDER BY name), '')
		FROM unnest(ARRAY['decisions', 'events', 'ledger_entries', 'ledger_transactions', 'orders', 'requests']) AS t(name)
		WHERE NOT has_table_privilege(current_user, name, 'INSERT')`).Scan(&lacks)
	if err == nil && lacks != "" {
		err = fault.New(fault.RightMissing, "right", "it may not write to "+lacks+
			"; serve as the user whose rights are in deploy/sql/grants.sql, or run that file again")
	}
	return readError(err)
}

// CheckSchema refuses a schema that is older or newer than the program.
func (s *Store) CheckSchema(ctx context.Context) error {
	steps, version, err := s.migrations(ctx)
	if err != nil {
		return err
	}
	pending, known := 0, int64(0)
	for _, m := range steps {
		known = max(known, m.Version)
		if !m.Applied {
			pending++
		}
	}
	switch {
	case pending > 0:
		return fault.New(fault.SchemaTooOld, "pending", pending)
	case version > known:
		return fault.New(fault.SchemaTooNew, "version", version, "known", known)
	}
	return nil
}
