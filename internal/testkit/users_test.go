package testkit_test

import (
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/reference"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

// SQLSTATEs.
const (
	duplicateObject = "42710"
	lacksRight      = "42501"
)

// statements reads a file of deploy/sql, for another database than its own.
func statements(t *testing.T, file, database string) []string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/sql/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var plain strings.Builder
	for line := range strings.Lines(string(text)) {
		before, _, _ := strings.Cut(line, "--")
		plain.WriteString(before)
	}
	var list []string
	for part := range strings.SplitSeq(plain.String(), ";") {
		if s := strings.TrimSpace(strings.ReplaceAll(part, "DATABASE sushaan", "DATABASE "+database)); s != "" {
			list = append(list, s)
		}
	}
	return list
}

func execute(t *testing.T, conn *pgx.Conn, list []string, may ...string) {
	t.Helper()
	for _, s := range list {
		_, err := conn.Exec(t.Context(), s)
		var pg *pgconn.PgError
		if errors.As(err, &pg) && slices.Contains(may, pg.Code) {
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func connectTo(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// users makes the users of deploy/sql in an empty database, migrates it as the
// one and gives the URLs by user.
func users(t *testing.T) map[string]string {
	t.Helper()
	admin := testkit.URL(t)
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	conn := connectTo(t, admin)
	execute(t, conn, statements(t, "users.sql", strings.TrimPrefix(u.Path, "/")), duplicateObject)
	urls := map[string]string{}
	for _, name := range []string{"exchange_migrate", "exchange_serve", "exchange_report"} {
		u.User = url.User(name)
		if testkit.Engine(t) == localdb.PostgreSQL { // an insecure CockroachDB knows no passwords
			execute(t, conn, []string{"ALTER ROLE " + name + " WITH PASSWORD 'a-test'"})
			u.User = url.UserPassword(name, "a-test")
		}
		urls[name] = u.String()
	}
	s, err := store.Open(t.Context(), store.Config{URL: urls["exchange_migrate"], StatementTimeout: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.MigrateUp(t.Context()); err != nil {
		t.Fatalf("migrate as exchange_migrate: %v", err)
	}
	divisions, err := reference.Divisions()
	if err != nil {
		t.Fatal(err)
	}
	pairings, err := reference.Pairings()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.LoadReference(t.Context(), divisions, pairings); err != nil {
		t.Fatalf("seed as exchange_migrate: %v", err)
	}
	lackRights(t, urls)
	owner := connectTo(t, urls["exchange_migrate"])
	for range 2 { // it may be run again
		execute(t, owner, statements(t, "grants.sql", ""))
	}
	return urls
}

// lackRights holds that users who were given nothing yet are told what they lack.
func lackRights(t *testing.T, urls map[string]string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: urls["exchange_serve"]})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	was := contents(t, urls["exchange_migrate"])
	defer func() { wantAsItWas(t, urls["exchange_migrate"], was) }()
	if err := s.Ready(t.Context()); !fault.Is(err, fault.RightMissing) || !strings.Contains(err.Error(), "deploy/sql/grants.sql") {
		t.Errorf("before the grants the server says %v", err)
	}
	if _, err := s.MigrateUp(t.Context()); !fault.Is(err, fault.RightMissing) {
		t.Errorf("migrating as the serving user: %v", err)
	}
	wantTodo(t, s.PublishPolicy(t.Context(), "x", []byte("x"), "somebody"), fault.RightMissing, "deploy/sql/grants.sql")
}

// The users that deploy/ makes: one migrates, one serves and can neither change
// the schema nor what is written for good, one reads.
func TestTheServingUserTradesAndCanChangeNothingThatIsWrittenForGood(t *testing.T) {
	urls := users(t)
	x := testkit.New(t, func(c *server.Config) {
		c.DatabaseURL = urls["exchange_serve"]
		c.DutyInterval, c.JobPoll = 100*time.Millisecond, 50*time.Millisecond
	})
	order := x.Settled(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 10})
	placed := x.Place(t, x.School, offer, 2)
	testkit.Must[*pb.CancelOrderResponse](t, x.School, &pb.CancelOrderRequest{Id: placed.GetId(), Reason: "too many"})
	x.WaitSealed(t)
	x.CheckInvariants(t)
	testkit.Must[*pb.GetReceiptResponse](t, x.School, &pb.GetReceiptRequest{Id: entryOf(t, x, order)})

	serve := connectTo(t, urls["exchange_serve"])
	for _, s := range []string{
		"UPDATE ledger_entries SET amount_fen = 0", "DELETE FROM ledger_entries", "UPDATE ledger_transactions SET at = now()",
		"DELETE FROM ledger_transactions", "DELETE FROM events", "UPDATE checkpoints SET size = 1", "DELETE FROM notices", "UPDATE quote_seals SET quote_id = quote_id",
		"INSERT INTO policy_bundles (revision) VALUES ('x')", "UPDATE seals SET position = 1", "DELETE FROM seal_nodes", "UPDATE decisions SET action = ''",
		"DELETE FROM orders", "DELETE FROM offers", "UPDATE divisions SET name_en = ''", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (1, true)",
		"DROP TABLE orders", "ALTER TABLE orders ADD COLUMN x int", "CREATE TABLE mine (x int PRIMARY KEY)", "ALTER TABLE orders OWNER TO exchange_serve", "CREATE ROLE somebody",
	} {
		refused(t, serve, s)
	}
	report := connectTo(t, urls["exchange_report"])
	var n int
	if err := report.QueryRow(t.Context(), "SELECT count(*) FROM ledger_entries").Scan(&n); err != nil || n == 0 {
		t.Errorf("the reporting user reads %d entries: %v", n, err)
	}
	for _, s := range []string{"INSERT INTO jobs (kind) VALUES ('x')", "UPDATE orders SET state = 'SETTLED'", "DELETE FROM jobs", "CREATE TABLE mine (x int PRIMARY KEY)"} {
		refused(t, report, s)
	}
}

func refused(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), statement)
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != lacksRight {
		t.Errorf("%s: %v, wanted %s", statement, err, lacksRight)
	}
}

// entryOf is a ledger transaction of an order.
func entryOf(t *testing.T, x *testkit.Exchange, o *pb.Order) string {
	t.Helper()
	entries := testkit.Must[*pb.ListEntriesResponse](t, x.School, &pb.ListEntriesRequest{OrderId: o.GetId(), PageSize: 10}).GetEntries()
	if len(entries) == 0 {
		t.Fatal("no entries")
	}
	return entries[0].GetTransactionId()
}
