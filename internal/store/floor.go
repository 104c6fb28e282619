package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sushaan/exchange/internal/exchange"
)

// Floor is what the benchmark measures beside the exchange, on the same
// database in the same run (design §16): what the database itself can do.
//
//   - TPCB is pgbench's TPC-B-like transaction, statement by statement in the
//     simple protocol, under the database's own default isolation, as pgbench
//     runs it.
//   - Procure is the core job written plainly: one serializable transaction,
//     one statement at a time, on narrow tables with nothing but primary keys.
//   - Select is pgbench's SELECT-only, prepared.
type Floor struct {
	URL    string
	Scale  int // 100,000 accounts, 10 tellers and 1 branch each, as in pgbench
	Offers int // rows of the plain transaction
}

const (
	floorAccounts = 100_000
	floorTellers  = 10
	floorPart     = 100_000 // rows that one statement of the load inserts
	floorRetries  = 1000
	floorDelta    = 5000
)

// Prepare makes and fills the floor's tables. Their database must have none.
func (f Floor) Prepare(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, f.URL)
	if err != nil {
		return fmt.Errorf("store: floor: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	statements := []string{
		"CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88))",
		"CREATE TABLE pgbench_tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84))",
		"CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84))",
		"CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))",
		"CREATE TABLE floor_offers (id int PRIMARY KEY, quantity bigint NOT NULL, taken bigint NOT NULL, price_fen bigint NOT NULL)",
		"CREATE TABLE floor_requests (actor int NOT NULL, id uuid NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (actor, id))",
		"CREATE TABLE floor_orders (id uuid PRIMARY KEY, offer_id int NOT NULL, buyer int NOT NULL, quantity bigint NOT NULL, amount_fen bigint NOT NULL, state text NOT NULL, at timestamptz NOT NULL)",
		"CREATE TABLE floor_transactions (id uuid PRIMARY KEY, order_id uuid NOT NULL, kind text NOT NULL, at timestamptz NOT NULL)",
		"CREATE TABLE floor_entries (transaction_id uuid NOT NULL, line int NOT NULL, account text NOT NULL, amount_fen bigint NOT NULL, PRIMARY KEY (transaction_id, line))",
		// CockroachDB divides whole numbers into fractions, PostgreSQL does not.
		fmt.Sprintf("INSERT INTO pgbench_branches SELECT g, 0, '' FROM generate_series(1, %d) g", f.Scale),
		fmt.Sprintf("INSERT INTO pgbench_tellers SELECT g, floor((g - 1) / %d)::int + 1, 0, '' FROM generate_series(1, %d) g", floorTellers, f.Scale*floorTellers),
		fmt.Sprintf("INSERT INTO floor_offers SELECT g, 1000000000000000, 0, 1000 FROM generate_series(1, %d) g", f.Offers),
	}
	for i := range f.Scale {
		statements = append(statements, fmt.Sprintf(
			"INSERT INTO pgbench_accounts SELECT g, floor((g - 1) / %d)::int + 1, 0, '' FROM generate_series(%d, %d) g",
			floorAccounts, i*floorPart+1, (i+1)*floorPart))
	}
	for _, sql := range append(statements, "ANALYZE pgbench_accounts", "ANALYZE pgbench_tellers", "ANALYZE pgbench_branches") {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("store: floor: %s: %w", sql, err)
		}
	}
	return nil
}

// FloorClient is one client of the floor, with a connection of its own.
type FloorClient struct {
	floor Floor
	conn  *pgconn.PgConn
}

// Client connects.
func (f Floor) Client(ctx context.Context) (*FloorClient, error) {
	conn, err := pgconn.Connect(ctx, f.URL)
	if err != nil {
		return nil, fmt.Errorf("store: floor: %w", err)
	}
	_, err = conn.Prepare(ctx, "read", "SELECT abalance FROM pgbench_accounts WHERE aid = $1", nil)
	return &FloorClient{f, conn}, err
}

// Close ends the connection.
func (c *FloorClient) Close(ctx context.Context) { _ = c.conn.Close(context.WithoutCancel(ctx)) }

// TPCB is one TPC-B-like transaction, repeated when the database asks for it.
func (c *FloorClient) TPCB(ctx context.Context) error {
	aid, tid := 1+rand.IntN(c.floor.Scale*floorAccounts), 1+rand.IntN(c.floor.Scale*floorTellers)
	bid, delta := 1+rand.IntN(c.floor.Scale), rand.IntN(2*floorDelta+1)-floorDelta
	return c.transaction(ctx, "BEGIN", []string{
		fmt.Sprintf("UPDATE pgbench_accounts SET abalance = abalance + %d WHERE aid = %d", delta, aid),
		fmt.Sprintf("SELECT abalance FROM pgbench_accounts WHERE aid = %d", aid),
		fmt.Sprintf("UPDATE pgbench_tellers SET tbalance = tbalance + %d WHERE tid = %d", delta, tid),
		fmt.Sprintf("UPDATE pgbench_branches SET bbalance = bbalance + %d WHERE bid = %d", delta, bid),
		fmt.Sprintf("INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (%d, %d, %d, %d, CURRENT_TIMESTAMP)", tid, bid, aid, delta),
	})
}

// Procure is one plain procure transaction on one of the first offers. The ids
// are made by the caller: order, transaction and request share one.
func (c *FloorClient) Procure(ctx context.Context, offers int, id string) error {
	offer, buyer := 1+rand.IntN(offers), 1+rand.IntN(1000)
	return c.transaction(ctx, "BEGIN ISOLATION LEVEL SERIALIZABLE", []string{
		fmt.Sprintf("SELECT quantity, taken, price_fen FROM floor_offers WHERE id = %d FOR UPDATE", offer),
		fmt.Sprintf("INSERT INTO floor_requests VALUES (%d, '%s', CURRENT_TIMESTAMP)", buyer, id),
		fmt.Sprintf("UPDATE floor_offers SET taken = taken + 1000 WHERE id = %d AND quantity - taken >= 1000", offer),
		fmt.Sprintf("INSERT INTO floor_orders VALUES ('%s', %d, %d, 1000, 1000, 'CONFIRMED', CURRENT_TIMESTAMP)", id, offer, buyer),
		fmt.Sprintf("INSERT INTO floor_transactions VALUES ('%s', '%s', 'ORDER_CONFIRMED', CURRENT_TIMESTAMP)", id, id),
		fmt.Sprintf("INSERT INTO floor_entries VALUES ('%s', 1, 'COMMITMENT_BUYER', 1000)", id),
		fmt.Sprintf("INSERT INTO floor_entries VALUES ('%s', 2, 'COMMITMENT_SELLER', -1000)", id),
	})
}

// Select reads one account.
func (c *FloorClient) Select(ctx context.Context) error {
	aid := fmt.Appendf(nil, "%d", 1+rand.IntN(c.floor.Scale*floorAccounts))
	return c.conn.ExecPrepared(ctx, "read", [][]byte{aid}, nil, nil).Read().Err
}

// Volumes adds up the entries by dimensions, as anybody would write it: amount in
// fen and number of entries, by measure and keys, without trade inside a province.
func (c *FloorClient) Volumes(ctx context.Context, by []exchange.Dimension) (map[string]string, error) {
	keys := ""
	for _, d := range by {
		keys += ", " + volumeDimensions[d]
	}
	results, err := c.conn.Exec(ctx, "SELECT measure"+keys+", sum(measure_fen)::bigint, count(*) FROM ledger_entries"+
		" WHERE measure <> '' AND direction <> 'INTRA' GROUP BY measure"+keys).ReadAll()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, row := range results[0].Rows {
		words := make([]string, len(row))
		for i, v := range row {
			words[i] = string(v)
		}
		figures := len(words) - 2
		out[strings.Join(words[:figures], " ")] = strings.Join(words[figures:], " ")
	}
	return out, nil
}

// transaction runs statements one at a time, each a round trip of the simple
// protocol, again from the beginning when the database asks for it.
func (c *FloorClient) transaction(ctx context.Context, begin string, statements []string) error {
	var err error
	for range floorRetries {
		if err = c.once(ctx, begin, statements); retryState(err) == "" {
			return err
		}
		if err := c.exec(ctx, "ROLLBACK"); err != nil {
			return err
		}
		time.Sleep(rand.N(time.Millisecond))
	}
	return err
}

func (c *FloorClient) once(ctx context.Context, begin string, statements []string) error {
	if err := c.exec(ctx, begin); err != nil {
		return err
	}
	for _, sql := range statements {
		if err := c.exec(ctx, sql); err != nil {
			return err
		}
	}
	return c.exec(ctx, "COMMIT")
}

func (c *FloorClient) exec(ctx context.Context, sql string) error {
	_, err := c.conn.Exec(ctx, sql).ReadAll()
	return err
}

// Durability tells the settings by which a commit of this database is durable.
// CockroachDB has none to turn off and answers none.
func (s *Store) Durability(ctx context.Context) (map[string]string, error) {
	rows, err := s.pool.Query(ctx, "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')")
	if err != nil {
		return nil, readError(err)
	}
	settings := map[string]string{}
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		settings[name] = value
		return nil
	})
	return settings, readError(err)
}
