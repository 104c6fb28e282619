package testkit_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/testkit"
)

// rights are what a user may do to a table besides reading it, in this order.
var rights = []string{"INSERT", "UPDATE", "DELETE"}

var (
	queryName   = regexp.MustCompile(`(?m)^-- name: (\w+) :\w+$`)
	parameter   = regexp.MustCompile(`@(\w+)`)
	embedded    = regexp.MustCompile(`sqlc\.embed\((\w+)\)`)
	inserted    = regexp.MustCompile(`INSERT INTO (\w+)`)
	updated     = regexp.MustCompile(`(?m)(?:^|\s|\()UPDATE (\w+)(?:\s+\w+)? SET`)
	deleted     = regexp.MustCompile(`DELETE FROM (\w+)`)
	oneClass    = regexp.MustCompile(`^(GRANT|REVOKE) ([A-Z, ]+) ON\s+([a-z_,\s]+?)\s+(?:TO|FROM) exchange_serve$`)
	byOperators = regexp.MustCompile(`^(DivisionUpsert|PairingUpsert|Placement\w+|PolicyPublish|Offer(Terms)?Copies)$`)
)

// serverStatements are the statements of the server, by name. Those that only
// operators' commands run are not among them.
func serverStatements(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../store/queries/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		places := queryName.FindAllStringSubmatchIndex(string(text), -1)
		for i, p := range places {
			end := len(text)
			if i+1 < len(places) {
				end = places[i+1][0]
			}
			if name := string(text[p[2]:p[3]]); !byOperators.MatchString(name) {
				all[name] = strings.TrimSpace(string(text[p[1]:end]))
			}
		}
	}
	if len(all) < 300 {
		t.Fatalf("only %d statements are known", len(all))
	}
	return all
}

// needed are the rights that statements need, by table.
func needed(statements map[string]string) map[string][]string {
	all := map[string]map[string]bool{}
	add := func(table, right string) {
		if all[table] == nil {
			all[table] = map[string]bool{}
		}
		all[table][right] = true
	}
	for _, sql := range statements {
		for _, m := range inserted.FindAllStringSubmatch(sql, -1) {
			add(m[1], "INSERT")
			if strings.Contains(sql, "DO UPDATE") {
				add(m[1], "UPDATE")
			}
		}
		for _, m := range updated.FindAllStringSubmatch(sql, -1) {
			add(m[1], "UPDATE")
		}
		for _, m := range deleted.FindAllStringSubmatch(sql, -1) {
			add(m[1], "DELETE")
		}
	}
	out := map[string][]string{}
	for table, has := range all {
		out[table] = slices.DeleteFunc(slices.Clone(rights), func(r string) bool { return !has[r] })
	}
	return out
}

// classes are the rights that grants.sql names, by table. A table is in one class.
func classes(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, s := range statements(t, "grants.sql", "") {
		m := oneClass.FindStringSubmatch(s)
		if m == nil || (m[1] == "REVOKE" && m[2] != strings.Join(rights, ", ")) {
			continue // the other half of a class, or all tables
		}
		var class []string
		if m[1] == "GRANT" {
			class = strings.Split(m[2], ", ")
		}
		for table := range strings.SplitSeq(m[3], ",") {
			table = strings.TrimSpace(table)
			if before, twice := all[table]; twice {
				t.Errorf("grants.sql has %s in two classes: %v and %v", table, before, class)
			}
			all[table] = class
		}
	}
	return all
}

// What the serving user may do to each table is what the server's statements do to
// it, no less and no more, and a table that a migration adds cannot be forgotten.
func TestTheServingUserMayDoWhatTheServersStatementsDoAndNoMore(t *testing.T) {
	urls := users(t)
	serve := connectTo(t, urls["exchange_serve"])
	named, all := classes(t), serverStatements(t)
	need := needed(all)
	rows, err := serve.Query(t.Context(), `SELECT table_name::text, has_table_privilege('exchange_serve', 'public.' || table_name, 'INSERT'),
	has_table_privilege('exchange_serve', 'public.' || table_name, 'UPDATE'), has_table_privilege('exchange_serve', 'public.' || table_name, 'DELETE'),
	has_table_privilege('exchange_report', 'public.' || table_name, 'SELECT')
		AND NOT has_table_privilege('exchange_report', 'public.' || table_name, 'INSERT, UPDATE, DELETE, TRUNCATE')
FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var table string
	var may [3]bool
	var reads bool
	if _, err := pgx.ForEachRow(rows, []any{&table, &may[0], &may[1], &may[2], &reads}, func() error {
		seen[table] = true
		var has []string
		for i, r := range rights {
			if may[i] {
				has = append(has, r)
			}
		}
		class, ok := named[table]
		switch {
		case !ok:
			t.Errorf("table %s is in no class of deploy/sql/grants.sql: the server's statements need %v of it", table, need[table])
		case !slices.Equal(class, need[table]):
			t.Errorf("grants.sql gives %v on %s, and the server's statements need %v", class, table, need[table])
		case !slices.Equal(class, has):
			t.Errorf("after grants.sql exchange_serve has %v on %s, and not %v", has, table, class)
		}
		if !reads {
			t.Errorf("exchange_report does not just read %s", table)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for table := range maps.Keys(named) {
		if !seen[table] {
			t.Errorf("grants.sql names %s, and there is no such table", table)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		planned(t, serve, name, all[name])
	}
}

// planned holds that a user has the rights for a statement, locks among them.
func planned(t *testing.T, conn *pgx.Conn, name, sql string) {
	t.Helper()
	numbers := map[string]int{}
	sql = embedded.ReplaceAllString(sql, "$1.*")
	sql = parameter.ReplaceAllStringFunc(sql, func(p string) string {
		if numbers[p] == 0 {
			numbers[p] = len(numbers) + 1
		}
		return fmt.Sprintf("$%d", numbers[p])
	})
	// CockroachDB looks at the rights when it prepares, PostgreSQL when it plans to execute.
	name = strings.ToLower(name)
	if _, err := conn.Prepare(t.Context(), name, sql); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if testkit.Engine(t) != localdb.PostgreSQL {
		return
	}
	explain := "EXPLAIN EXECUTE " + name
	if len(numbers) > 0 {
		explain += "(NULL" + strings.Repeat(", NULL", len(numbers)-1) + ")"
	}
	if _, err := conn.Exec(t.Context(), explain); err != nil {
		t.Errorf("%s: %v\n%s", name, err, sql)
	}
}
