package store

import (
	"fmt"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/cockroachdb-parser/pkg/sql/parser"

	"github.com/sushaan/exchange/internal/exchange"
)

// forbidden are the constructs that design §15 rules out, as they are written.
var forbidden = regexp.MustCompile(`(?i)\b(LISTEN|NOTIFY|pg_advisory\w*|SERIAL|BIGSERIAL|SEQUENCE|GENERATED\s+\w+\s+AS\s+IDENTITY|DEFERRABLE|` +
	`EXCLUDE|INHERITS|CREATE\s+DOMAIN|TEMP|TEMPORARY|LOCK\s+TABLE|ctid|MERGE|ON\s+COMMIT|CREATE\s+TYPE)\b`)

// statements are every statement of the program: those that sqlc typed, the
// migrations', and samples of what is put together in code.
func statements(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	files, err := filepath.Glob("db/*.sql.go")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d generated files, %v", len(files), err)
	}
	for _, name := range files {
		file, err := goparser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil && strings.HasPrefix(text, "-- name:") {
					all[strings.Fields(text)[2]] = text
				}
			}
			return true
		})
	}
	for name, text := range migrationStatements(t) {
		all[name] = text
	}
	for name, text := range builtStatements(t) {
		all[name] = text
	}
	return all
}

func migrationStatements(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(migrationFiles, "migrations", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrationFiles, path)
		if !strings.Contains(string(text), "-- +goose NO TRANSACTION") {
			t.Errorf("%s runs its steps in one transaction", path)
		}
		before := ""
		for i, statement := range strings.Split(string(text), ";\n") {
			lines := strings.Split(statement, "\n")
			var kept []string
			for _, l := range lines {
				if !strings.HasPrefix(l, "--") {
					kept = append(kept, l)
				}
			}
			if s := strings.TrimSpace(strings.Join(kept, "\n")); s != "" {
				if !strings.Contains(s, "IF NOT EXISTS") && !strings.Contains(s, "IF EXISTS") && !strings.Contains(s, "DO NOTHING") &&
					!strings.HasPrefix(s, "DELETE FROM ") && !addsWhatWasDropped(s, before) {
					t.Errorf("%s: a step is not safe to run again: %s", path, s)
				}
				all[fmt.Sprintf("%s/%d", path, i)] = s
				before = s
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// addsWhatWasDropped says whether a step adds a constraint that the step before
// it drops where it is there: PostgreSQL knows no ADD CONSTRAINT IF NOT EXISTS.
func addsWhatWasDropped(step, before string) bool {
	added := strings.Replace(before, "DROP CONSTRAINT IF EXISTS", "ADD CONSTRAINT", 1)
	return added != before && strings.HasPrefix(step, added+" CHECK")
}

func aFilter(field string) exchange.Filter {
	return exchange.When{Condition: exchange.Condition{Op: exchange.OpOr, Conditions: []exchange.Condition{
		{Op: exchange.OpIn, Field: field, Values: []any{"v1", "v2"}},
		{Op: exchange.OpNot, Conditions: []exchange.Condition{{Op: exchange.OpNe, Field: field, Values: []any{"v3"}}}},
		{Op: exchange.OpPrefix, Field: field, Values: []any{"v4"}},
	}}}
}

func builtStatements(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, tb := range []table{
		alliances, members, authorities, grants, mandates, issuers, roles, products, certificates, offers, orders, disputes, bankStatements, bankLines, cycles, transactions, entries,
	} {
		for i, f := range []exchange.Filter{exchange.AllowAll{}, exchange.DenyAll{}, aFilter("id")} {
			filters := map[string]string{"id": "id"}
			for k, v := range tb.filters {
				filters[k] = v
			}
			tb.filters = filters
			l := List{Filter: f, Narrow: Narrow{"id": "v5"}, After: &Key{}, Limit: 10}
			b, err := tb.query("id", l)
			if err != nil {
				t.Fatal(err)
			}
			text, args := b.text.String(), b.args
			if strings.Contains(text, "v1") || strings.Contains(text, "v5") || len(args) < 4 {
				t.Errorf("a value is not bound: %s", text)
			}
			all[fmt.Sprintf("%s/%d", tb.from, i)] = text
		}
	}
	for _, tb := range []table{offers, orders, reliefs, standingOrders, standingRuns} {
		b, err := tb.query("id", ofAlliances(tb))
		if err != nil {
			t.Fatal(err)
		}
		all[tb.from+"/apart"] = b.text.String()
	}
	for i, text := range placementStatements() {
		all[fmt.Sprintf("placement/%d", i)] = text
	}
	for i, v := range volumeQueries() {
		text, _, err := volumeSQL(v)
		if err != nil {
			t.Fatal(err)
		}
		if rolled := strings.Contains(text, "FROM volumes"); rolled == (i == 0) {
			t.Errorf("volume %d is added up from the wrong rows: %s", i, text)
		}
		all[fmt.Sprintf("volumes/%d", i)] = text
	}
	return all
}

// ofAlliances is a page of what two alliances have, where rows lie in regions.
func ofAlliances(tb table) List {
	field := tb.leads[len(tb.leads)-1].columns[0]
	c := exchange.Condition{Op: exchange.OpIn, Field: field, Values: []any{"610621", "320115"}}
	return List{Filter: exchange.When{Condition: c}, Limit: 10, apart: true}
}

// Where rows lie in regions, each branch of a page names its province as text: only
// then does a plan that is made once for all values know which region to read.
func TestWhereRowsLieInRegionsEachBranchOfAPageNamesItsProvince(t *testing.T) {
	for _, tb := range []table{offers, orders, reliefs, standingOrders, standingRuns} {
		l := ofAlliances(tb)
		b, err := tb.query("id", l)
		if err != nil {
			t.Fatal(err)
		}
		text := b.text.String()
		for _, home := range exchange.Homes() {
			if n := strings.Count(text, " AND home = '"+home+"'"); n != 2 {
				t.Errorf("%s: %d branches of %s, want one for each of two values:\n%s", tb.from, n, home, text)
			}
		}
		l.apart = false
		if b, err = tb.query("id", l); err != nil || strings.Contains(b.text.String(), "home = '") {
			t.Errorf("%s, %v: one index has both provinces' rows:\n%s", tb.from, err, b.text.String())
		}
	}
	if b, err := zonedPage("id", ofAlliances(offers)); err != nil || strings.Count(b.text.String(), "home = '61'") != 3 {
		t.Errorf("%v: want the zone's newest and both values:\n%s", err, b.text.String())
	}
}

// volumeQueries are one that no roll-up answers, and others that one does.
func volumeQueries() []VolumeQuery {
	var every []exchange.Dimension
	for name := range volumeDimensions {
		every = append(every, name)
	}
	from, to := exchange.Day("2025-11-20").Start(), exchange.Day("2026-02-10").Start()
	return []VolumeQuery{
		{Filter: aFilter("buyer_id"), GroupBy: every, Measure: "SETTLED", Direction: "INTRA", From: from, To: to, Limit: 1},
		{Filter: aFilter("seller_county"), GroupBy: []exchange.Dimension{exchange.BySellerCity, exchange.ByYear}, From: from, To: to, Limit: 1},
		{Filter: aFilter("buyer_class"), GroupBy: []exchange.Dimension{exchange.ByDay, exchange.ByDirection}, From: from, Before: to, Limit: 1},
		{Filter: exchange.AllowAll{}, GroupBy: []exchange.Dimension{exchange.ByCertified, exchange.ByMonth}, Limit: 1},
	}
}

// placementStatements are every kind of statement that Place runs.
func placementStatements() []string {
	provinces := map[string]string{exchange.Jiangsu: "cn-east-jiangsu", exchange.Shaanxi: "cn-northwest-shaanxi"}
	return []string{
		setPrimary("sushaan", "cn-east-jiangsu"), addRegion("sushaan", "cn-central-henan"), dropRegion("sushaan", "cn-central-henan"),
		survive("sushaan", SurviveRegion), survive("sushaan", SurviveZone), lockSchema("offers", false), lockSchema("offers", true),
		addRegionColumn("offers", regionColumn, provinces), addRegionColumn("offers", nextColumn, provinces),
		setLocality("members", classGlobal), setLocality("placements", classPrimary),
		setLocalityBy("offers", regionColumn), setLocalityBy("offers", nextColumn), dropColumn("offers", regionColumn), renameNext("offers"),
	}
}

func TestEveryStatementIsCockroachDBsGrammarAndNothingForbidden(t *testing.T) {
	all := statements(t)
	if len(all) < 100 {
		t.Fatalf("only %d statements were found", len(all))
	}
	for name, text := range all {
		if _, err := parser.Parse(text); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		if found := forbidden.FindString(text); found != "" {
			t.Errorf("%s uses %s", name, found)
		}
	}
}

// A filter that is missing must never let everything through.
func TestAListWithoutAFilterIsAnError(t *testing.T) {
	if _, err := offers.query("id", List{Limit: 1}); err == nil {
		t.Error("a nil filter was taken")
	}
	if b, err := offers.query("id", List{Filter: exchange.DenyAll{}, Limit: 1}); err != nil || !strings.Contains(b.text.String(), "WHERE false") {
		t.Errorf("%s, %v", b.text.String(), err)
	}
	if _, err := offers.query("id", List{Filter: aFilter("colour"), Limit: 1}); err == nil {
		t.Error("an unknown field was taken")
	}
}
