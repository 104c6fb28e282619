// Package testkit makes a whole exchange for a test: a real database, the real
// policies, the real server over TLS, and people with real tokens. It fakes
// nothing.
package testkit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/store"
)

// shared is the one database server of a test binary.
var shared struct {
	sync.Mutex
	options localdb.Options // how it is started
	db      *localdb.DB
}

func stopServer() error {
	shared.Lock()
	defer shared.Unlock()
	idle.Lock()
	defer idle.Unlock()
	idle.urls = nil
	if shared.db == nil {
		return nil
	}
	db := shared.db
	shared.db = nil
	return db.Stop()
}

func startServer() (*localdb.DB, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.db != nil {
		return shared.db, nil
	}
	// What chooses the engine is read here too, where go test notes it: a result
	// from before one was found must not be taken from its cache.
	for _, name := range []string{"COCKROACH_BINARY", "PATH", "TEST_ENGINES", "TEST_DATABASE_URL", "TEST_DATA_DIR"} {
		_ = os.Getenv(name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	db, err := localdb.Start(ctx, shared.options)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(os.Stderr, "testkit:", db.Reason())
	if db.Engine() == localdb.CockroachDB && shared.options.DatabaseURL == "" {
		if err := suitTests(ctx, db.URL()); err != nil {
			return nil, errors.Join(err, db.Stop())
		}
	}
	shared.db = db
	return db, takeKept(db)
}

// suitTests lets plans follow from the schema alone: a table of a test has a few
// rows, which CockroachDB would rather read whole once it has counted them. And a
// write to a GLOBAL table waits for the time that it would take to reach regions
// which are far apart, 0.8 s; in a test they are one machine, and an exchange's
// people are a hundred such writes.
func suitTests(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	for _, setting := range []string{
		"sql.stats.automatic_collection.enabled = false",
		"kv.closed_timestamp.lead_for_global_reads_override = '50ms'",
	} {
		_, e := conn.Exec(ctx, "SET CLUSTER SETTING "+setting)
		err = errors.Join(err, e)
	}
	return errors.Join(err, conn.Close(ctx))
}

// URL makes an empty database for a test and gives its URL.
func URL(tb testing.TB) string {
	tb.Helper()
	db, err := startServer()
	if err != nil {
		tb.Fatalf("no database engine: %v", err)
	}
	name := "t" + strings.ReplaceAll(uuid.NewString(), "-", "")
	url, err := db.CreateDatabase(tb.Context(), name)
	if err != nil {
		tb.Fatalf("create database: %v", err)
	}
	return url
}

// idle are the migrated databases that no test uses. A migration is a minute of
// schema changes on CockroachDB, so that a database serves one test after the
// other, emptied in between.
var idle struct {
	sync.Mutex
	urls []string
}

// migrationTime bounds one statement of a migration. A busy CockroachDB takes
// long over a change of schema.
const migrationTime = 5 * time.Minute

// Migrated gives a migrated database without rows, for the length of a test.
func Migrated(tb testing.TB) string {
	tb.Helper()
	if _, err := startServer(); err != nil {
		tb.Fatalf("no database engine: %v", err)
	}
	url := takeIdle()
	if url != "" {
		empty(tb, url)
	} else {
		url = URL(tb)
		migrate(tb, url)
		keep(tb, url)
	}
	// Cleanups run last in, first out: whoever uses the database has ended.
	tb.Cleanup(func() { giveIdle(url) })
	return url
}

// keptNames is the file, in a data folder that stays, with the names of the
// databases there that were migrated, and placed where that is asked for.
const keptNames = "migrated"

func keep(tb testing.TB, databaseURL string) {
	tb.Helper()
	if shared.options.DataDir == "" {
		return
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		tb.Fatal("the database's URL cannot be read")
	}
	f, err := os.OpenFile(filepath.Join(shared.options.DataDir, keptNames), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		tb.Fatal(err)
	}
	_, err = fmt.Fprintln(f, strings.TrimPrefix(u.Path, "/"))
	if err = errors.Join(err, f.Close()); err != nil {
		tb.Fatal(err)
	}
}

// takeKept makes idle the databases that an earlier run kept and that have the
// schema of this program.
func takeKept(db *localdb.DB) error {
	if shared.options.DataDir == "" {
		return nil
	}
	names, err := os.ReadFile(filepath.Join(shared.options.DataDir, keptNames))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range strings.Fields(string(names)) {
		u, err := url.Parse(db.URL())
		if err != nil {
			return errors.New("the server's URL cannot be read")
		}
		u.Path = "/" + name
		if asExpected(u.String()) {
			giveIdle(u.String())
		}
	}
	return nil
}

func asExpected(databaseURL string) bool {
	ctx := context.Background() // of no test: the database serves all of them
	s, err := store.Open(ctx, store.Config{URL: databaseURL})
	if err != nil {
		return false
	}
	defer s.Close()
	found, err := s.Verify(ctx)
	return err == nil && len(found) == 0
}

func takeIdle() string {
	idle.Lock()
	defer idle.Unlock()
	n := len(idle.urls)
	if n == 0 {
		return ""
	}
	url := idle.urls[n-1]
	idle.urls = idle.urls[:n-1]
	return url
}

func giveIdle(url string) {
	idle.Lock()
	defer idle.Unlock()
	idle.urls = append(idle.urls, url)
}

func migrate(tb testing.TB, url string) {
	tb.Helper()
	s, err := store.Open(tb.Context(), store.Config{URL: url, StatementTimeout: migrationTime})
	if err != nil {
		tb.Fatalf("open store: %v", err)
	}
	defer s.Close()
	if _, err := s.MigrateUp(tb.Context()); err != nil {
		tb.Fatalf("migrate: %v", err)
	}
	if shared.options.Regions {
		if err := s.Place(tb.Context(), Placement(), tb.Logf); err != nil {
			tb.Fatalf("place: %v", err)
		}
	}
}

// Placement is each province in its region, with a witness.
func Placement() store.Placement {
	return store.Placement{
		Primary: "cn-east-jiangsu", Regions: []string{"cn-northwest-shaanxi", "cn-central-henan"},
		Provinces: map[string]string{exchange.Jiangsu: "cn-east-jiangsu", exchange.Shaanxi: "cn-northwest-shaanxi"},
	}
}

// Engine is the kind of database server that the tests run on.
func Engine(tb testing.TB) localdb.Engine {
	tb.Helper()
	db, err := startServer()
	if err != nil {
		tb.Fatalf("no database engine: %v", err)
	}
	return db.Engine()
}

// OnRegions says whether the tests run on three regions.
func OnRegions() bool { return shared.options.Regions }

// Stretch puts a distance between the regions that the tests run on, each way; false
// where they cannot be taken apart (TEST_ENGINES=apart).
func Stretch(tb testing.TB, oneWay time.Duration) bool {
	tb.Helper()
	if !shared.options.Apart {
		return false
	}
	if err := shared.db.Stretch(oneWay); err != nil {
		tb.Fatal(err)
	}
	return true
}

// Beside gives the URL of a test's database at a node of a region, where the tests
// run on regions; the same URL elsewhere.
func Beside(tb testing.TB, databaseURL, region string) string {
	tb.Helper()
	if !OnRegions() {
		return databaseURL
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		tb.Fatal("the database's URL cannot be read")
	}
	for i, n := range shared.db.Nodes() {
		if at, err := url.Parse(shared.db.URLs()[i]); err == nil && n.Region == region {
			u.Host = at.Host
			return u.String()
		}
	}
	tb.Fatalf("no node is in %s", region)
	return ""
}

// Regions gives a database server of three nodes, one in each region. It is the
// shared one where that has regions, else one for the length of the test. Where
// there is none the test is skipped, and says why.
func Regions(tb testing.TB) *localdb.DB {
	tb.Helper()
	if Engine(tb) != localdb.CockroachDB {
		tb.Skip("three regions need CockroachDB; this run is on another engine")
	}
	if shared.options.Regions {
		return shared.db
	}
	ctx, cancel := context.WithTimeout(tb.Context(), 2*time.Minute)
	defer cancel()
	db, err := localdb.Start(ctx, localdb.Options{Engine: localdb.CockroachDB, Regions: true})
	if err != nil {
		tb.Fatalf("three regions: %v", err)
	}
	tb.Cleanup(func() {
		if err := db.Stop(); err != nil {
			tb.Errorf("stop three regions: %v", err)
		}
	})
	return db
}

// empty deletes every row but those that tell which migrations took place. It is one
// transaction over the tables that have rows: CockroachDB takes its time over each change of a
// table that is near everywhere, and over the look in other regions for what refers to a row.
func empty(tb testing.TB, url string) {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatalf("connect: %v", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(tb.Context())) }()
	tables, err := tablesWithRows(tb.Context(), conn)
	if err != nil {
		tb.Fatalf("list tables: %v", err)
	}
	referring, err := references(tb.Context(), conn)
	if err != nil {
		tb.Fatalf("list references: %v", err)
	}
	var text strings.Builder
	for _, t := range referringFirst(tables, referring) {
		text.WriteString("DELETE FROM " + pgx.Identifier{t}.Sanitize() + ";")
	}
	const attempts = 5 // a statement of the test before may still be on its way
	for range attempts {
		if _, err = conn.PgConn().Exec(tb.Context(), text.String()).ReadAll(); err == nil {
			return
		}
	}
	tb.Fatalf("empty the database: %v", err)
}

func tablesWithRows(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, `SELECT table_name FROM information_schema.tables
		WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'goose%' ORDER BY table_name`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(all))
	for i, t := range all {
		parts[i] = "SELECT '" + t + "'::text WHERE EXISTS (SELECT 1 FROM " + pgx.Identifier{t}.Sanitize() + ")"
	}
	if rows, err = conn.Query(ctx, strings.Join(parts, " UNION ALL ")); err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// references are the tables that refer to a table, by its name.
func references(ctx context.Context, conn *pgx.Conn) (map[string][]string, error) {
	rows, err := conn.Query(ctx, `SELECT DISTINCT b.relname::text, a.relname::text FROM pg_constraint c
		JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid WHERE c.contype = 'f' AND a.oid <> b.oid`)
	if err != nil {
		return nil, err
	}
	referring := map[string][]string{}
	var to, from string
	_, err = pgx.ForEachRow(rows, []any{&to, &from}, func() error {
		referring[to] = append(referring[to], from)
		return nil
	})
	return referring, err
}

// referringFirst orders tables so that each comes after those that refer to it.
func referringFirst(tables []string, referring map[string][]string) []string {
	var ordered []string
	seen := map[string]bool{}
	var visit func(t string)
	visit = func(t string) {
		if seen[t] {
			return
		}
		seen[t] = true
		for _, r := range referring[t] {
			visit(r)
		}
		if slices.Contains(tables, t) {
			ordered = append(ordered, t)
		}
	}
	for _, t := range tables {
		visit(t)
	}
	return ordered
}

// Store opens a store on a migrated database without rows.
func Store(tb testing.TB, change ...func(*store.Config)) *store.Store {
	tb.Helper()
	c := store.Config{URL: Migrated(tb)}
	for _, f := range change {
		f(&c)
	}
	s, err := store.Open(tb.Context(), c)
	if err != nil {
		tb.Fatalf("open store: %v", err)
	}
	tb.Cleanup(s.Close)
	return s
}

// contextOf is a context that the test ends itself, later than its own.
func contextOf(tb testing.TB) (context.Context, context.CancelFunc) {
	return context.WithCancel(context.WithoutCancel(tb.Context()))
}

// Rows counts the rows of every table of the exchange's database.
func (x *Exchange) Rows(tb testing.TB) map[string]int64 {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), x.Config.DatabaseURL)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(tb.Context()) }()
	rows, err := conn.Query(tb.Context(), "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
	if err != nil {
		tb.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		tb.Fatal(err)
	}
	counts := map[string]int64{}
	for _, t := range tables {
		var n int64
		if err := conn.QueryRow(tb.Context(), "SELECT count(*) FROM "+pgx.Identifier{t}.Sanitize()).Scan(&n); err != nil {
			tb.Fatal(err)
		}
		counts[t] = n
	}
	return counts
}
