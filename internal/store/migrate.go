package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

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

// MigrateStatus lists every step and whether the database has it.
func (s *Store) MigrateStatus(ctx context.Context) ([]Migration, error) {
	p, pool, err := s.migrator()
	if err != nil {
		return nil, err
	}
	defer func() { _ = pool.Close() }()
	status, err := p.Status(ctx)
	if err != nil {
		return nil, migrationError("migrate status", err)
	}
	steps := make([]Migration, len(status))
	for i, st := range status {
		steps[i] = Migration{
			Version: st.Source.Version, Name: st.Source.Path, Applied: st.State == goose.StateApplied, AppliedAt: st.AppliedAt,
		}
	}
	return steps, nil
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

// CheckSchema refuses a schema that is older or newer than the program.
func (s *Store) CheckSchema(ctx context.Context) error {
	pending, err := s.pending(ctx)
	if err != nil {
		return err
	}
	if pending > 0 {
		return fault.New(fault.SchemaTooOld, "pending", pending)
	}
	p, pool, err := s.migrator()
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	version, known, err := p.GetVersions(ctx)
	if err == nil && version > known {
		err = fault.New(fault.SchemaTooNew, "version", version, "known", known)
	}
	return err
}

func (s *Store) pending(ctx context.Context) (int, error) {
	steps, err := s.MigrateStatus(ctx)
	pending := 0
	for _, m := range steps {
		if !m.Applied {
			pending++
		}
	}
	return pending, err
}
