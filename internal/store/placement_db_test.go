package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

func openStore(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url, StatementTimeout: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func ask[T any](t *testing.T, url, sql string, args ...any) []T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return list
}

// Where rows are kept is decided for every table: home leads the key of those
// that belong to a province, the others are named.
func TestEveryTableHasItsPlaceAndHomeLeadsTheKeyOfRegionalRows(t *testing.T) {
	url := testkit.Migrated(t)
	tables := ask[string](t, url, `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`)
	leading := ask[string](t, url, `SELECT k.table_name FROM information_schema.key_column_usage k
		JOIN information_schema.table_constraints c ON c.constraint_name = k.constraint_name AND c.table_name = k.table_name AND c.table_schema = k.table_schema
		WHERE c.constraint_type = 'PRIMARY KEY' AND k.table_schema = current_schema() AND k.column_name = 'home'
		AND k.ordinal_position = (SELECT min(l.ordinal_position) FROM information_schema.key_column_usage l
			WHERE l.table_schema = k.table_schema AND l.table_name = k.table_name AND l.constraint_name = k.constraint_name AND l.column_name <> 'region')`)
	for _, table := range tables {
		if store.IsRegional(table) != slices.Contains(leading, table) {
			t.Errorf("%s: regional by row %t, home leads its key %t: see classes in placement.go", table, store.IsRegional(table), slices.Contains(leading, table))
		}
	}
	for _, table := range []string{"offers", "orders", "certificate_capacities", "ledger_entries", "events", "requests"} {
		if !slices.Contains(leading, table) {
			t.Errorf("%s, which trading changes, is not regional", table)
		}
	}
}

func TestPlacingADatabaseThatHasNoRegionsIsRefused(t *testing.T) {
	if testkit.Engine(t) == localdb.CockroachDB {
		regionsAreUnknownToOneNode(t)
		return
	}
	s := testkit.Store(t)
	if err := s.Place(t.Context(), testkit.Placement(), t.Logf); !fault.Is(err, fault.RegionsUnknown) || !strings.Contains(err.Error(), "PostgreSQL") {
		t.Errorf("placing on PostgreSQL: %v", err)
	}
	if _, err := s.ShowPlacement(t.Context()); !fault.Is(err, fault.RegionsUnknown) {
		t.Errorf("showing on PostgreSQL: %v", err)
	}
}

func regionsAreUnknownToOneNode(t *testing.T) {
	s := testkit.Store(t)
	p := testkit.Placement()
	p.Regions = append(p.Regions, "cn-south-nowhere")
	if err := s.Place(t.Context(), p, t.Logf); !fault.Is(err, fault.PlacementInvalid) || !strings.Contains(err.Error(), "no node of the cluster is in region") {
		t.Errorf("a region that the cluster does not have: %v", err)
	}
	p.Regions = p.Regions[:1]
	if err := s.Place(t.Context(), p, t.Logf); !fault.Is(err, fault.PlacementInvalid) || !strings.Contains(err.Error(), "takes 3 regions") {
		t.Errorf("too few regions: %v", err)
	}
}

func TestASchemaThatIsTooOldOrTooNewIsRefusedAndSaysWhatToDo(t *testing.T) {
	url := testkit.URL(t)
	s := openStore(t, url)
	if err := s.CheckSchema(t.Context()); !fault.Is(err, fault.SchemaTooOld) || !strings.Contains(err.Error(), "sushaand migrate up") {
		t.Errorf("an empty database: %v", err)
	}
	migrated := testkit.Migrated(t)
	s = openStore(t, migrated)
	ask[string](t, migrated, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true) RETURNING ''")
	defer ask[string](t, migrated, "DELETE FROM goose_db_version WHERE version_id = 99999 RETURNING ''")
	if err := s.Ready(t.Context()); !fault.Is(err, fault.SchemaTooNew) || !strings.Contains(err.Error(), "99999") {
		t.Errorf("a newer database: %v", err)
	}
}

// placedAs counts the tables of each locality.
func placedAs(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	shown, err := s.ShowPlacement(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, table := range shown.Tables {
		if strings.Contains(table.Missing, "locality") {
			t.Errorf("%s is %s, not %s", table.Table, table.Actual, table.Wanted)
		}
		count[table.Actual]++
	}
	return count
}

// One test, since a cluster of three nodes takes its time: place, again, a
// second run at once, a user without rights, and the plans of what trading runs.
// Where three regions are what is tested, a province moves and a region goes.
func TestADatabaseIsPlacedShownMovedAndItsHotRowsTouchOneRegion(t *testing.T) {
	cluster := testkit.Regions(t)
	url, err := cluster.CreateDatabase(t.Context(), "placed"+fmt.Sprint(time.Now().UnixNano()))
	if err != nil {
		t.Fatal(err)
	}
	s := openStore(t, url)
	p := testkit.Placement()
	if err := s.Place(t.Context(), p, t.Logf); !fault.Is(err, fault.SchemaTooOld) {
		t.Errorf("placing before migrating: %v", err)
	}
	if _, err := s.MigrateUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	refusedWithoutRights(t, s, url, p)
	placeTwiceAtOnce(t, s, p)
	if got := placedAs(t, s); got["GLOBAL"] < 10 || got["REGIONAL BY ROW AS region"] < 8 {
		t.Errorf("placed: %v", got)
	}
	changesNothing(t, s, p)
	locksAgain(t, s, url, p)
	hotRowsTouchOneRegion(t, url)
	if testkit.OnRegions() {
		movesAndShrinks(t, s, url, p)
		grows(t, s, url)
	}
}

// unlocked are the tables whose schema is not locked.
func unlocked(t *testing.T, url string) []string {
	t.Helper()
	return ask[string](t, url, `SELECT descriptor_name FROM crdb_internal.create_statements
		WHERE database_name = current_database() AND schema_name = current_schema() AND descriptor_type = 'table' AND create_statement NOT LIKE '%schema_locked = true%'`)
}

// locksAgain: what a run that died left unlocked is shown, and locked by the next.
func locksAgain(t *testing.T, s *store.Store, url string, p store.Placement) {
	t.Helper()
	if list := unlocked(t, url); len(list) > 0 {
		t.Errorf("not locked once it is placed: %v", list)
	}
	ask[string](t, url, "ALTER TABLE offers SET (schema_locked = false)")
	shown, err := s.ShowPlacement(t.Context())
	if err != nil || !slices.ContainsFunc(shown.Tables, func(o store.TablePlace) bool { return o.Table == "offers" && strings.Contains(o.Missing, "lock") }) {
		t.Errorf("what is not locked is not shown: %v", err)
	}
	if err := s.Place(t.Context(), p, t.Logf); err != nil {
		t.Fatalf("place again: %v", err)
	}
	if list := unlocked(t, url); len(list) > 0 {
		t.Errorf("not locked by the next run: %v", list)
	}
}

// breaksOff ends a run while it changes a table.
func breaksOff(t *testing.T, s *store.Store, p store.Placement) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var soon *time.Timer
	err := s.Place(ctx, p, func(format string, args ...any) {
		t.Logf(format, args...)
		if soon == nil && strings.Contains(fmt.Sprintf(format, args...), "schema_locked = false") {
			soon = time.AfterFunc(100*time.Millisecond, end)
		}
	})
	if err == nil {
		t.Error("a run that was ended says that it has placed the database")
	}
}

func movesAndShrinks(t *testing.T, s *store.Store, url string, p store.Placement) {
	t.Helper()
	p.Provinces = map[string]string{exchange.Jiangsu: "cn-east-jiangsu", exchange.Shaanxi: "cn-east-jiangsu"}
	p.Regions, p.Survive = p.Regions[:1], store.SurviveZone
	breaksOff(t, s, p)
	if err := s.Place(t.Context(), p, t.Logf); err != nil {
		t.Fatalf("move a province and take the witness away: %v", err)
	}
	if list := unlocked(t, url); len(list) > 0 {
		t.Errorf("not locked after a run that broke off and one that did not: %v", list)
	}
	shown, err := s.ShowPlacement(t.Context())
	if err != nil || shown.Missing != "" || len(shown.Actual.Regions) != 2 || shown.Actual.Survive != store.SurviveZone {
		t.Errorf("after the move: %+v, %v", shown.Actual, err)
	}
	placedAs(t, s)
	if found, err := s.Verify(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("verify of a placed database: %v, %v", found, err)
	}
}

// grows: a region is added to tables that are placed, and the loss of one survived from then on.
func grows(t *testing.T, s *store.Store, url string) {
	t.Helper()
	p := testkit.Placement()
	p.Provinces = map[string]string{exchange.Jiangsu: "cn-east-jiangsu", exchange.Shaanxi: "cn-east-jiangsu"}
	if err := s.Place(t.Context(), p, t.Logf); err != nil {
		t.Fatalf("add a region: %v", err)
	}
	shown, err := s.ShowPlacement(t.Context())
	if err != nil || shown.Missing != "" || len(shown.Actual.Regions) != 3 || shown.Actual.Survive != store.SurviveRegion {
		t.Errorf("after the region was added: %+v, %v", shown.Actual, err)
	}
	placedAs(t, s)
	if list := unlocked(t, url); len(list) > 0 {
		t.Errorf("not locked after a region was added: %v", list)
	}
}

// refusedWithoutRights: a user that may use every table, but not change one.
func refusedWithoutRights(t *testing.T, s *store.Store, url string, p store.Placement) {
	t.Helper()
	for _, sql := range []string{"CREATE USER IF NOT EXISTS clerk", "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk"} {
		ask[string](t, url, sql)
	}
	clerk := openStore(t, strings.Replace(url, "root@", "clerk@", 1))
	if err := clerk.Place(t.Context(), p, t.Logf); !fault.Is(err, fault.RightMissing) {
		t.Errorf("placing without the right: %v", err)
	}
	if shown, err := s.ShowPlacement(t.Context()); err != nil || shown.Wanted.Primary != "" {
		t.Errorf("a refused placement left %+v, %v", shown.Wanted, err)
	}
}

func placeTwiceAtOnce(t *testing.T, s *store.Store, p store.Placement) {
	t.Helper()
	first := make(chan error, 1)
	begun := make(chan bool)
	var once sync.Once
	go func() {
		first <- s.Place(t.Context(), p, func(format string, args ...any) {
			once.Do(func() { close(begun) })
			t.Logf(format, args...)
		})
	}()
	select {
	case <-begun:
	case err := <-first:
		t.Fatalf("place: %v", err)
	}
	if err := s.Place(t.Context(), p, t.Logf); !fault.Is(err, fault.PlacementRunning) {
		t.Errorf("a second placement at once: %v", err)
	}
	if err := <-first; err != nil {
		t.Fatalf("place: %v", err)
	}
}

func changesNothing(t *testing.T, s *store.Store, p store.Placement) {
	t.Helper()
	var said []string
	err := s.Place(t.Context(), p, func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
	if err != nil || len(said) != 1 || !strings.Contains(said[0], "(0 changes now)") {
		t.Errorf("placing again: %v, %v", said, err)
	}
}

// hotRowsTouchOneRegion: a look-up by home and id, a lock and an insert stay in
// the region of the home, and nothing is checked elsewhere.
func hotRowsTouchOneRegion(t *testing.T, url string) {
	t.Helper()
	id := "'61', '8ab41dd8-8e3a-4f7c-94a5-d0c5bd4cb3f0'"
	for _, sql := range []string{
		"SELECT * FROM offers WHERE (home, id) = (" + id + ") FOR UPDATE",
		"SELECT * FROM orders WHERE (home, id) = (" + id + ")",
		"UPDATE offers SET taken = 1 WHERE (home, id) = (" + id + ")",
		"SELECT * FROM requests WHERE (home, actor, request_id) = (" + id + ", '8ab41dd8-8e3a-4f7c-94a5-d0c5bd4cb3f0')",
		"SELECT * FROM ledger_entries WHERE home = '61' AND order_id = '8ab41dd8-8e3a-4f7c-94a5-d0c5bd4cb3f0'",
	} {
		spans := 0
		for _, line := range ask[string](t, url, "EXPLAIN "+sql) {
			if !strings.Contains(line, "spans:") {
				continue
			}
			spans++
			if !strings.Contains(line, "/'cn-northwest-shaanxi'/'61'") || strings.Contains(line, "cn-east") || strings.Contains(line, "cn-central") {
				t.Errorf("%s\nreads more than its region: %s", sql, line)
			}
		}
		if spans == 0 {
			t.Errorf("%s has no span", sql)
		}
	}
	insert := "INSERT INTO requests (home, actor, request_id, action, digest, response, at) VALUES (" + id +
		", '8ab41dd8-8e3a-4f7c-94a5-d0c5bd4cb3f0', 'x', '', '', now())"
	plan := strings.Join(ask[string](t, url, "EXPLAIN "+insert), "\n")
	if !strings.Contains(plan, "insert fast path") || strings.Contains(plan, "constraint-check") {
		t.Errorf("an insert is checked in other regions:\n%s", plan)
	}
}
