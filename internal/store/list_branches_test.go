package store

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
)

var (
	indexMade  = regexp.MustCompile(`CREATE (?:UNIQUE )?INDEX IF NOT EXISTS (\w+) ON (\w+) \(([^)]*)\)`)
	indexEnded = regexp.MustCompile(`DROP INDEX IF EXISTS (\w+)`)
	indexNamed = regexp.MustCompile(`(\w+)@(\w+)`)
)

// indexOf is an index of the schema.
type indexOf struct {
	table   string
	columns []string
}

// indexes are those that all migrations leave.
func indexes(t *testing.T) map[string]indexOf {
	t.Helper()
	files, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]indexOf{}
	for _, f := range files {
		text, err := migrationFiles.ReadFile("migrations/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		for line := range strings.SplitSeq(up, "\n") {
			if m := indexMade.FindStringSubmatch(line); m != nil {
				all[m[1]] = indexOf{m[2], strings.Split(m[3], ", ")}
			}
			if m := indexEnded.FindStringSubmatch(line); m != nil {
				delete(all, m[1])
			}
		}
	}
	return all
}

// A statement that names an index which is not there fails, and one whose columns are
// not those of the branch reads more than a page.
func TestTheIndexThatABranchNamesHasItsRowsInTheOrderOfTheList(t *testing.T) {
	all := indexes(t)
	for _, tb := range []table{offers, orders, reliefs, standingOrders, standingRuns} {
		order := []string{tb.time + " DESC", tb.id + " DESC"}
		for _, l := range append(slices.Clone(tb.leads), lead{index: tb.newestIndex}) {
			index, ok := all[l.index]
			if !ok || index.table != tb.from || len(index.columns) != len(l.columns)+2 {
				t.Errorf("%s: %q is %v", tb.from, l.index, index)
				continue
			}
			led := slices.Sorted(slices.Values(index.columns[:len(l.columns)]))
			if !slices.Equal(led, slices.Sorted(slices.Values(l.columns))) || !slices.Equal(index.columns[len(l.columns):], order) {
				t.Errorf("%s has %v, want %v and then %v", l.index, index.columns, l.columns, order)
			}
		}
	}
}

// Whatever narrows the relief zone, the index that is named for it is there. On
// PostgreSQL, which has no words for it, none is named.
func TestIndexesAreNamedOnCockroachDBAlone(t *testing.T) {
	all, seen := indexes(t), map[string]bool{}
	for _, narrow := range []Narrow{nil, {"seller_id": uuid.NewString()}, {"category": "TEA"}} {
		c := exchange.Condition{Op: exchange.OpIn, Field: "seller_alliance_id", Values: []any{uuid.NewString(), uuid.NewString()}}
		state := exchange.Condition{Op: exchange.OpEq, Field: "state", Values: []any{"PUBLISHED"}}
		l := List{Filter: exchange.When{Condition: c}, Narrow: narrow, Also: []exchange.Condition{state}, Limit: 10, named: true}
		b, err := zonedPage("id", l)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range indexNamed.FindAllStringSubmatch(b.text.String(), -1) {
			if seen[m[2]] = true; all[m[2]].table != m[1] && m[2] != m[1]+"_pkey" {
				t.Errorf("%s is %v", m[0], all[m[2]])
			}
		}
		l.named = false
		if b, err = zonedPage("id", l); err != nil || strings.Contains(b.text.String(), "@") {
			t.Errorf("%v: %s", err, b.text.String())
		}
	}
	if len(seen) < 6 {
		t.Errorf("only %v were named", seen)
	}
}
