package store

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
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
	var err error
	if p.Wanted, err = s.wanted(ctx); err != nil || len(p.Wanted.Regions) == 0 {
		return p, err
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
	if !is.locked {
		list = append(list, "the lock of its schema")
	}
	if len(ranges.list) == 0 {
		return append(list, "ranges")
	}
	if w.Survive == SurviveRegion || class == classGlobal {
		for _, r := range w.Regions {
			if n := ranges.without(r); n > 0 {
				list = append(list, fmt.Sprintf("copies of %d of %d ranges in %s", n, len(ranges.list), r))
			}
		}
	}
	if class == classByRow {
		for _, r := range slices.Compact(slices.Sorted(maps.Values(w.Provinces))) {
			list = append(list, ranges.notApart(r)...)
			list = append(list, ranges.ledElsewhere("ranges of rows of "+r, r, func(one tableRange) bool { return one.rows == r })...)
		}
		return list
	}
	return append(list, ranges.ledElsewhere("ranges", w.Primary, func(tableRange) bool { return true })...)
}

// tableRange is one range of a table, or the part of it that an index has.
type tableRange struct {
	id     int64
	rows   string // the region that its rows belong to; empty: it is not told by row, or not apart from others
	leader string // region of its leaseholder
	copies []string
}

// spread is where a table's ranges are.
type spread struct {
	list            []tableRange
	leaders, copies map[string]int
	apart           map[string]map[string]bool // the regions whose rows have ranges of their own, of each index
}

// notApart tells in how many indexes the rows of a region are in ranges with others.
func (s spread) notApart(region string) []string {
	n := 0
	for _, regions := range s.apart {
		if !regions[region] {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("ranges of their own for rows of %s in %d of %d indexes", region, n, len(s.apart))}
}

// without counts the ranges that have no copy in a region.
func (s spread) without(region string) (n int) {
	for _, r := range s.list {
		if !slices.Contains(r.copies, region) {
			n++
		}
	}
	return n
}

// ledElsewhere tells how many of the ranges of something are not led from a region.
func (s spread) ledElsewhere(what, region string, of func(tableRange) bool) []string {
	all, elsewhere := 0, 0
	for _, r := range s.list {
		if of(r) {
			all++
			if r.leader != region {
				elsewhere++
			}
		}
	}
	if elsewhere == 0 {
		return nil
	}
	return []string{fmt.Sprintf("leaseholders in %s of %d of %d %s", region, elsewhere, all, what)}
}

// indexRange is a range as an index has it.
type indexRange struct {
	tableRange
	table, index, start string
	tableID, indexID    int64
}

// spreads reads where the ranges of every table are, index by index: the rows of a
// region are ranges of their own in each of them.
func (s *Store) spreads(ctx context.Context, database string) (map[string]spread, error) {
	list, err := s.indexRanges(ctx, database)
	if err != nil {
		return nil, err
	}
	regions, err := s.regionsOfKeys(ctx, list)
	if err != nil {
		return nil, err
	}
	all := map[string]spread{}
	for _, one := range list {
		sp, ok := all[one.table]
		if !ok {
			sp = spread{leaders: map[string]int{}, copies: map[string]int{}, apart: map[string]map[string]bool{}}
		}
		if sp.apart[one.index] == nil {
			sp.apart[one.index] = map[string]bool{}
		}
		if key, ok := one.partition(); ok {
			one.rows = regions[key]
			sp.apart[one.index][one.rows] = true
		}
		// A range that several indexes share counts once.
		if !slices.ContainsFunc(sp.list, func(r tableRange) bool { return r.id == one.id }) {
			sp.list = append(sp.list, one.tableRange)
			sp.leaders[one.leader]++
			for _, r := range one.copies {
				sp.copies[r]++
			}
		}
		all[one.table] = sp
	}
	return all, nil
}

func (s *Store) indexRanges(ctx context.Context, database string) ([]indexRange, error) {
	rows, err := s.pool.Query(ctx, `SELECT table_name, index_name, table_id, index_id, range_id, start_key, coalesce(lease_holder_locality, ''),
		replica_localities FROM [SHOW RANGES FROM DATABASE `+quoted(database)+" WITH INDEXES, DETAILS]")
	if err != nil {
		return nil, readError(err)
	}
	var list []indexRange
	var leader string
	var replicas []string
	var one indexRange
	_, err = pgx.ForEachRow(rows, []any{&one.table, &one.index, &one.tableID, &one.indexID, &one.id, &one.start, &leader, &replicas}, func() error {
		one.leader, one.copies = regionIn(leader), nil
		for _, r := range replicas {
			one.copies = append(one.copies, regionIn(r))
		}
		list = append(list, one)
		return nil
	})
	return list, readError(err)
}

// keyOfRegion finds how the database writes the region, which is the first column
// of every index of a table whose rows lie by it.
var keyOfRegion = regexp.MustCompile(`^/("(?:[^"\\]|\\.)*")`)

// partition is what the region of the rows of a range is written as; false where the
// range begins before them, in another index.
func (r indexRange) partition() (string, bool) {
	if classOf(r.table) != classByRow {
		return "", false
	}
	rest, ok := strings.CutPrefix(r.start, fmt.Sprintf("/Table/%d/%d", r.tableID, r.indexID))
	m := keyOfRegion.FindStringSubmatch(rest)
	// Between the rows of two regions there is a range without rows.
	if !ok || m == nil || rest == m[0]+"/PrefixEnd" {
		return "", false
	}
	key, err := strconv.Unquote(m[1])
	return key, err == nil
}

// regionsOfKeys gives the region of each key that ranges begin with. Keys are in the
// order of the regions' type. While a region has no range of its own yet it cannot
// be told which they are, and none is given.
func (s *Store) regionsOfKeys(ctx context.Context, list []indexRange) (map[string]string, error) {
	rows, err := s.pool.Query(ctx, `SELECT e.enumlabel FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid
		WHERE t.typname = 'crdb_internal_region' ORDER BY e.enumsortorder`)
	if err != nil {
		return nil, readError(err)
	}
	regions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, readError(err)
	}
	var keys []string
	for _, one := range list {
		if key, ok := one.partition(); ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	of := map[string]string{}
	if len(keys) == len(regions) {
		for i, key := range keys {
			of[key] = regions[i]
		}
	}
	return of, nil
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
