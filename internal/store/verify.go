package store

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// schemaColumns is what a fully migrated database has: a line a column, table,
// column and whether it may be null. A test keeps it equal to the migrations.
//
//go:embed schema.txt
var schemaColumns string

// Verify compares the database with what the program expects, and tells each
// difference: steps not applied, columns missing, changed or unknown. It does
// not compare types, which the engines name differently.
func (s *Store) Verify(ctx context.Context) ([]string, error) {
	steps, err := s.MigrateStatus(ctx)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, m := range steps {
		if !m.Applied {
			found = append(found, fmt.Sprintf("migration %s is not applied", m.Name))
		}
	}
	actual, err := s.columns(ctx)
	if err != nil {
		return nil, err
	}
	expected := strings.Split(strings.TrimSpace(schemaColumns), "\n")
	for _, line := range expected {
		if !slices.Contains(actual, line) {
			found = append(found, "not as expected in the database: "+line)
		}
	}
	for _, line := range actual {
		if !slices.Contains(expected, line) {
			found = append(found, "not expected in the database: "+line)
		}
	}
	return found, nil
}

// columns reads the database's own account of its schema.
func (s *Store) columns(ctx context.Context) ([]string, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT table_name || ' ' || column_name || ' ' || CASE is_nullable WHEN 'YES' THEN 'null' ELSE 'not-null' END
		FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name NOT LIKE 'goose%' AND column_name NOT IN ('region', 'region_next')
		ORDER BY table_name, column_name`)
	if err != nil {
		return nil, readError(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return lines, readError(err)
}
