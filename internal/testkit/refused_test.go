package testkit_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

// contents are the tables of a database, with the columns, the rows and, on
// CockroachDB, the place of each.
func contents(t *testing.T, url string) map[string]string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows := func(sql string) [][]any {
		r, err := conn.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		list, err := pgx.CollectRows(r, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return list
	}
	is := map[string]string{}
	for _, r := range rows("SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'") {
		name := r[0].(string)
		var lines []string
		for _, row := range rows("SELECT * FROM " + pgx.Identifier{name}.Sanitize()) {
			lines = append(lines, fmt.Sprint(row))
		}
		slices.Sort(lines)
		columns := rows("SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '" + name + "' ORDER BY 1")
		is[name] = fmt.Sprintf("%v, %d rows %x", columns, len(lines), sha256.Sum256([]byte(strings.Join(lines, "\n"))))
	}
	if testkit.Engine(t) == localdb.CockroachDB {
		for _, r := range rows("SELECT table_name, locality FROM [SHOW TABLES]") {
			is[fmt.Sprint(r[0])] += fmt.Sprint(" ", r[1])
		}
	}
	return is
}

// wantAsItWas wants a database to have what it had.
func wantAsItWas(t *testing.T, url string, was map[string]string) {
	t.Helper()
	is := contents(t, url)
	if maps.Equal(is, was) {
		return
	}
	for name := range is {
		if is[name] != was[name] {
			t.Errorf("table %s is %.300s, was %.300s", name, is[name], was[name])
		}
	}
	for name := range was {
		if _, ok := is[name]; !ok {
			t.Errorf("table %s is gone", name)
		}
	}
}

// said keeps what a server logs.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) has(part string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), part)
}

// Issue 6. A server started on a schema that is too old or too new serves nobody,
// says what to do, and does nothing by itself either; when the schema is its own
// it serves without a restart.
func TestAServerWhoseSchemaIsNotItsOwnServesNobodyAndLeavesTheDatabaseAsItWas(t *testing.T) {
	var key string
	x := testkit.New(t, func(c *server.Config) { key, c.SigningKey = c.SigningKey, "" }) // nobody seals: there is something to do
	x.Settled(t)
	if err := x.Stop(); err != nil {
		t.Fatal(err)
	}
	url := x.Config.DatabaseURL
	last := single[int64](t, url, "SELECT max(version_id) FROM goose_db_version")
	for _, r := range []struct {
		name, spoil, mend string
		want              fault.Code
		todo              string
	}{
		{
			"too new", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)",
			"DELETE FROM goose_db_version WHERE version_id = 99999", fault.SchemaTooNew, "use a newer program",
		},
		{
			"too old", fmt.Sprintf("DELETE FROM goose_db_version WHERE version_id = %d", last),
			fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, true)", last), fault.SchemaTooOld, "sushaand migrate up",
		},
	} {
		t.Run(r.name, func(t *testing.T) {
			testkit.Exec(t, url, r.spoil)
			was := contents(t, url)
			log := &said{}
			g := x.GatewayTo(t, log, func(c *server.Config) {
				c.SigningKey, c.JobPoll, c.SealInterval = key, 10*time.Millisecond, 10*time.Millisecond
			})
			testkit.Until(t, "the log says what to do", func() bool { return log.has(r.todo) && log.has(string(r.want)) })
			school := x.Through(t, x.School, g)
			answer, err := school.HTTP(t.Context(), http.MethodGet, "/readyz", "", nil)
			if err != nil || answer.Status != http.StatusServiceUnavailable || !strings.Contains(string(answer.Body), string(r.want)) {
				t.Errorf("/readyz: %d %s %v", answer.Status, answer.Body, err)
			}
			wantBoth(t, school, &pb.ListOrdersRequest{}, r.want)
			wantBoth(t, school, lineOn(&pb.Offer{Id: "61-8ab41dd8-8e3a-4f7c-94a5-d0c5bd4cb3f0"}), r.want)
			time.Sleep(200 * time.Millisecond) // a server that did its duties would have sealed by now
			wantAsItWas(t, url, was)
			testkit.Exec(t, url, r.mend)
			testkit.Until(t, "what waits is sealed", func() bool { return single[int](t, url, "SELECT count(*) FROM unsealed") == 0 })
			if _, code := ask[*pb.ListOrdersResponse](t.Context(), school, &pb.ListOrdersRequest{}, false); code != "OK" {
				t.Errorf("once the schema is its own: %s", code)
			}
			g.Stop()
		})
	}
}

// A server that starts under load looks whether it can serve once for all who call
// meanwhile, and not once for each: its database would have nothing else to do.
func TestCallersOfAServerThatCannotServeYetShareALook(t *testing.T) {
	x := testkit.New(t)
	testkit.Exec(t, x.Config.DatabaseURL, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	// The database is emptied for the next test, and keeps its versions: not a
	// Cleanup, where the test's context has ended.
	defer testkit.Exec(t, x.Config.DatabaseURL, "DELETE FROM goose_db_version WHERE version_id = 99999")
	heard := testkit.CountRoundTrips(t, x.Config.DatabaseURL)
	g := x.GatewayTo(t, &said{}, func(c *server.Config) { c.DatabaseURL, c.SealInterval, c.JobPoll = heard.URL, time.Hour, time.Hour })
	school := x.Through(t, x.School, g)
	trips := func(callers int) int {
		heard.Take()
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				if _, code := ask[*pb.ListOrdersResponse](t.Context(), school, &pb.ListOrdersRequest{}, false); code != fault.SchemaTooNew {
					t.Errorf("it is answered %s", code)
				}
			})
		}
		wg.Wait()
		n, _ := heard.Take()
		return n
	}
	trips(1)
	one, hundred := trips(1), trips(100)
	if one == 0 || hundred > 50*one {
		t.Errorf("a hundred callers cost %d round trips, one %d", hundred, one)
	}
	t.Logf("a hundred callers: %d round trips, one: %d", hundred, one)
}

// single asks for one value.
func single[T any](t *testing.T, url, sql string) (v T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// An empty database is told apart, and gets no table from those who only look.
func TestAnEmptyDatabaseIsTooOldAndStaysEmpty(t *testing.T) {
	url := testkit.URL(t)
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wantTodo(t, s.Ready(t.Context()), fault.SchemaTooOld, "run sushaand migrate up")
	if steps, err := s.MigrateStatus(t.Context()); err != nil || len(steps) == 0 || steps[0].Applied {
		t.Errorf("%d steps: %v", len(steps), err)
	}
	_, err = s.Gateways(t.Context(), time.Second)
	wantTodo(t, s.Outdated(t.Context(), err), fault.SchemaTooOld, "run sushaand migrate up")
	log := &said{}
	x := &testkit.Exchange{Config: testkit.Config(t, url)}
	g := x.GatewayTo(t, log)
	testkit.Until(t, "the log says what to do", func() bool { return log.has("run sushaand migrate up") })
	g.Stop()
	// Policies in the database are read before anything is served.
	c := x.Config
	c.Policy = authz.Database
	_, err = server.New(t.Context(), c, log)
	wantTodo(t, err, fault.SchemaTooOld, "run sushaand migrate up")
	if is := contents(t, url); len(is) != 0 {
		t.Errorf("there is %v", slices.Sorted(maps.Keys(is)))
	}
}

// A server whose user may only read says which rights are missing, and serves
// nobody.
func TestAServerWhoseUserMayOnlyReadSaysWhichRightsItLacks(t *testing.T) {
	urls := users(t)
	was := contents(t, urls["exchange_migrate"])
	log := &said{}
	c := testkit.Config(t, urls["exchange_report"])
	c.JobPoll = 10 * time.Millisecond
	g := (&testkit.Exchange{Config: c}).GatewayTo(t, log)
	testkit.Until(t, "the log says what to do", func() bool {
		return log.has(string(fault.RightMissing)) && log.has("deploy/sql/grants.sql") && log.has("orders")
	})
	g.Stop()
	wantAsItWas(t, urls["exchange_migrate"], was)
}

// A placed database has regions, and a server that is told another is not ready: a
// name with a mistake in it would keep writes of its own province away from it.
func TestAServerOfARegionThatTheDatabaseDoesNotHaveSaysWhichItHas(t *testing.T) {
	x := testkit.New(t)
	testkit.Exec(t, x.Config.DatabaseURL, `INSERT INTO placements (id, wanted, held_until, updated_at)
		VALUES ('database', '{"primary": "`+east+`", "regions": ["`+east+`", "`+northwest+`"]}', now(), now())
		ON CONFLICT (id) DO UPDATE SET wanted = excluded.wanted`)
	log := &said{}
	g := x.GatewayTo(t, log, func(c *server.Config) { c.Region = "cn-east-jingsu" })
	testkit.Until(t, "the log says what to do", func() bool {
		return log.has(string(fault.RegionNotPlaced)) && log.has("cn-east-jingsu") && log.has(northwest) && log.has("give --region one of them")
	})
	g.Stop()
	school := x.Through(t, x.School, x.Gateway(t, func(c *server.Config) { c.Region = northwest }))
	testkit.Must[*pb.WhoAmIResponse](t, school, &pb.WhoAmIRequest{})
}

func wantTodo(t *testing.T, err error, want fault.Code, todo string) {
	t.Helper()
	if !fault.Is(err, want) || !strings.Contains(err.Error(), todo) {
		t.Errorf("%v, want %s that says %q", err, want, todo)
	}
}

// Issue 6. What cannot be placed is refused before anything is changed.
func TestAPlacementThatIsRefusedSaysWhatToDoAndLeavesTheDatabaseAsItWas(t *testing.T) {
	x := testkit.New(t)
	x.Settled(t)
	if err := x.Stop(); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Config{URL: x.Config.DatabaseURL})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows := []struct {
		name   string
		change func(*store.Placement)
		want   fault.Code
		todo   string
	}{
		{"a region that the cluster does not have", func(p *store.Placement) { p.Regions = append(p.Regions, "cn-south-nowhere") }, fault.PlacementInvalid, "start nodes with --locality=region="},
		{"survival with too few regions", func(p *store.Placement) { p.Regions = p.Regions[:1] }, fault.PlacementInvalid, "add a witness region, or ask for --survive zone"},
		{"a province without a region", func(p *store.Placement) { delete(p.Provinces, exchange.Shaanxi) }, fault.PlacementInvalid, "give --province 61=<region>"},
	}
	if testkit.Engine(t) == localdb.PostgreSQL {
		for i := range rows {
			rows[i].want, rows[i].todo = fault.RegionsUnknown, "a database is placed on CockroachDB; here everything runs without it"
		}
	}
	was := contents(t, x.Config.DatabaseURL)
	for _, r := range rows {
		p := testkit.Placement()
		r.change(&p)
		err := s.Place(t.Context(), p, t.Logf)
		if !fault.Is(err, r.want) || !strings.Contains(err.Error(), r.todo) {
			t.Errorf("%s: %v, want %s that says %q", r.name, err, r.want, r.todo)
		}
		wantAsItWas(t, x.Config.DatabaseURL, was)
	}
}
