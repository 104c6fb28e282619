package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// sqlQuerier is a connection or a pool.
type sqlQuerier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// databaseRegions are the regions that the database has now, none where it was
// never placed.
func (s *Store) databaseRegions(ctx context.Context, on sqlQuerier) (Placement, error) {
	var p Placement
	rows, err := on.Query(ctx, `SELECT region, "primary" FROM [SHOW REGIONS FROM DATABASE] ORDER BY region`)
	if err != nil {
		return p, readError(err)
	}
	var region string
	var primary bool
	_, err = pgx.ForEachRow(rows, []any{&region, &primary}, func() error {
		p.Regions = append(p.Regions, region)
		if primary {
			p.Primary = region
		}
		return nil
	})
	if err != nil || p.Primary == "" {
		return p, readError(err)
	}
	err = on.QueryRow(ctx, "SELECT survival_goal FROM [SHOW SURVIVAL GOAL FROM DATABASE]").Scan(&p.Survive)
	return p, readError(err)
}

// locality is where a table's rows are kept now.
type locality struct {
	text    string                       // in CockroachDB's words; empty: not placed
	by      string                       // the column by which its rows lie, if they do
	columns map[string]map[string]string // the provinces of each column that computes a region
	locked  bool                         // its schema
}

// localityIn finds the locality, and the column it names, at the end of what
// SHOW CREATE TABLE writes.
var localityIn = regexp.MustCompile(`LOCALITY ([A-Z ]+?(?: AS ([a-z_]+))?);?\s*$`)

func (s *Store) tableLocality(ctx context.Context, on sqlQuerier, table string) (locality, error) {
	l := locality{columns: map[string]map[string]string{}}
	var create string
	if err := on.QueryRow(ctx, "SELECT create_statement FROM [SHOW CREATE TABLE "+quoted(table)+"]").Scan(&create); err != nil {
		return l, readError(err)
	}
	l.locked = strings.Contains(create, "schema_locked = true")
	if m := localityIn.FindStringSubmatch(create); m != nil {
		l.text, l.by = m[1], m[2]
	}
	rows, err := on.Query(ctx, `SELECT column_name, coalesce(generation_expression, '') FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1 AND column_name IN ('region', 'region_next')`, table)
	if err != nil {
		return l, readError(err)
	}
	var column, expression string
	_, err = pgx.ForEachRow(rows, []any{&column, &expression}, func() error {
		l.columns[column] = provincesIn(expression)
		return nil
	})
	return l, readError(err)
}

func (l locality) inPlace(want Class, p Placement) bool {
	if l.text != string(want) {
		return false
	}
	_, moving := l.columns[nextColumn]
	return want != classByRow || !moving && maps.Equal(l.columns[regionColumn], p.Provinces)
}

// TablePlace tells where a table is to be and where it is.
type TablePlace struct {
	Table        string
	Wanted       string
	Actual       string
	Leaseholders string // how many ranges are led from each region
	Replicas     string // how many copies of ranges are in each region
	Missing      string // what is not yet in place; empty if nothing
}

// Placed is what ShowPlacement found.
type Placed struct {
	Wanted  Placement
	Actual  Placement // provinces are the tables' matter
	Missing string    // of the database itself
	Tables  []TablePlace
}

// ShowPlacement tells where the database is to be, where it is, and what is not
// yet in place.
func (s *Store) ShowPlacement(ctx context.Context) (Placed, error) {
	var p Placed
	if err := s.needRegions(ctx); err != nil {
		return p, err
	}
	if err := s.CheckSchema(ctx); err != nil {
		return p, err
	}
	row, err := s.q.PlacementGet(ctx)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return p, nil
	case err != nil:
		return p, readError(err)
	}
	if err := json.Unmarshal([]byte(row.Wanted), &p.Wanted); err != nil {
		return p, fmt.Errorf("store: the kept placement: %w", err)
	}
	if p.Actual, err = s.databaseRegions(ctx, s.pool); err != nil {
		return p, err
	}
	w, a := p.Wanted, p.Actual
	if w.Primary != a.Primary || w.Survive != a.Survive || !slices.Equal(w.Regions, a.Regions) {
		p.Missing = "the database's regions differ"
	}
	rows, err := s.pool.Query(ctx, tablesSQL)
	if err != nil {
		return p, readError(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return p, readError(err)
	}
	var database string
	if err := s.pool.QueryRow(ctx, "SELECT current_database()").Scan(&database); err != nil {
		return p, readError(err)
	}
	spreads, err := s.spreads(ctx, database)
	if err != nil {
		return p, err
	}
	for _, t := range tables {
		place, err := s.tablePlace(ctx, t, p.Wanted, spreads[t])
		if err != nil {
			return p, err
		}
		p.Tables = append(p.Tables, place)
	}
	return p, nil
}

func (s *Store) tablePlace(ctx context.Context, table string, w Placement, ranges spread) (TablePlace, error) {
	t := TablePlace{Table: table, Wanted: string(classOf(table))}
	is, err := s.tableLocality(ctx, s.pool, table)
	if err != nil {
		return t, err
	}
	t.Actual = is.text
	if is.text == "" {
		t.Actual = "not placed"
	}
	t.Leaseholders, t.Replicas = counted(ranges.leaders), counted(ranges.copies)
	t.Missing = strings.Join(missing(table, is, w, ranges), "; ")
	return t, nil
}

// missing lists what of a table is not where it is to be.
func missing(table string, is locality, w Placement, ranges spread) []string {
	class := classOf(table)
	var list []string
	if !is.inPlace(class, w) {
		list = append(list, "its locality")
	}
	if w.Survive == SurviveRegion || class == classGlobal {
		for _, r := range w.Regions {
			if ranges.copies[r] == 0 {
				list = append(list, "copies in "+r)
			}
		}
	}
	led := []string{w.Primary}
	if class == classByRow {
		led = slices.Compact(slices.Sorted(maps.Values(w.Provinces)))
	}
	for _, r := range led {
		if ranges.leaders[r] == 0 {
			list = append(list, "leaseholders in "+r)
		}
	}
	return list
}

// spread counts the ranges of a table by the region that leads them and by
// those that hold copies.
type spread struct{ leaders, copies map[string]int }

func (s *Store) spreads(ctx context.Context, database string) (map[string]spread, error) {
	rows, err := s.pool.Query(ctx, "SELECT table_name, coalesce(lease_holder_locality, ''), replica_localities FROM [SHOW RANGES FROM DATABASE "+
		quoted(database)+" WITH TABLES, DETAILS]")
	if err != nil {
		return nil, readError(err)
	}
	all := map[string]spread{}
	var table, leader string
	var replicas []string
	_, err = pgx.ForEachRow(rows, []any{&table, &leader, &replicas}, func() error {
		if _, ok := all[table]; !ok {
			all[table] = spread{map[string]int{}, map[string]int{}}
		}
		all[table].leaders[regionIn(leader)]++
		for _, r := range replicas {
			all[table].copies[regionIn(r)]++
		}
		return nil
	})
	return all, readError(err)
}

// regionIn is the region of a locality such as region=a,zone=b.
func regionIn(locality string) string {
	for tier := range strings.SplitSeq(locality, ",") {
		if region, ok := strings.CutPrefix(tier, "region="); ok {
			return region
		}
	}
	return "no region"
}

func counted(by map[string]int) string {
	parts := make([]string, 0, len(by))
	for _, r := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s %d", r, by[r]))
	}
	return strings.Join(parts, ", ")
}
