package testkit

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sushaan/exchange/internal/localdb"
)

// The engines that TEST_ENGINES may name, separated by commas: PostgreSQL, one
// node of CockroachDB, and three in three regions with every database placed in
// them, which may be such that a distance can be put between them. The default is defaultEngines: those of them that this machine has.
var engines = map[string]localdb.Options{
	"postgresql":  {Engine: localdb.PostgreSQL},
	"cockroachdb": {Engine: localdb.CockroachDB},
	"regions":     {Engine: localdb.CockroachDB, Regions: true},
	"apart":       {Engine: localdb.CockroachDB, Regions: true, Apart: true},
}

const defaultEngines = "postgresql,cockroachdb"

// Main runs a package's tests on each engine, one after the other, stops the
// server that they shared, and says which engines it covered. A package that
// uses Database calls it from TestMain.
//
// TEST_DATABASE_URL runs them on that database only, TEST_ENGINES on the
// engines that it names, which then must be there. TEST_DATA_DIR is a folder in
// which the servers' data stay, with the migrated databases, for the next run.
func Main(m *testing.M) {
	flag.Parse()
	c := &coverage{}
	if url := os.Getenv("TEST_DATABASE_URL"); url != "" {
		c.run(m, "TEST_DATABASE_URL", localdb.Options{DatabaseURL: url})
	} else {
		c.runEngines(m)
	}
	fmt.Fprintln(os.Stderr, "testkit: engines covered: "+list(c.covered)+"; skipped: "+list(c.skipped))
	os.Exit(c.code)
}

// coverage is what ran on which engine.
type coverage struct {
	covered, skipped []string
	code             int
}

func (c *coverage) runEngines(m *testing.M) {
	named := os.Getenv("TEST_ENGINES")
	for name := range strings.SplitSeq(cmp.Or(named, defaultEngines), ",") {
		o, known := engines[name]
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		missing := localdb.Available(ctx, o.Engine)
		cancel()
		switch {
		case !known:
			c.fail("there is no engine %q", name)
		case missing == nil && once() && len(c.covered) > 0:
			c.skipped = append(c.skipped, name+" (lists, fuzzing and benchmarks take one engine)")
		case missing == nil:
			c.run(m, name, o)
		case named != "":
			c.fail("%s is not here: %v", name, missing)
		default:
			c.skipped = append(c.skipped, fmt.Sprintf("%s (%v)", name, missing))
		}
	}
	if named == "" {
		c.skipped = append(c.skipped, "regions (takes an hour: TEST_ENGINES=regions)")
	}
	if len(c.covered) == 0 && c.code == 0 {
		c.fail("no engine is here: %s", list(c.skipped))
	}
}

// once says whether the tests run for something that a second engine would only
// repeat.
func once() bool {
	return slices.ContainsFunc([]string{"test.list", "test.fuzz", "test.bench"}, func(name string) bool {
		f := flag.Lookup(name)
		return f != nil && f.Value.String() != ""
	})
}

func (c *coverage) run(m *testing.M, name string, o localdb.Options) {
	if dir := os.Getenv("TEST_DATA_DIR"); dir != "" && o.DatabaseURL == "" {
		o.DataDir = filepath.Join(dir, name)
	}
	shared.options = o
	c.covered = append(c.covered, name)
	c.code = max(c.code, m.Run())
	if err := stopServer(); err != nil {
		c.fail("stop database: %v", err)
	}
}

func (c *coverage) fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "testkit: "+format+"\n", args...)
	c.code = 1
}

func list(names []string) string { return cmp.Or(strings.Join(names, ", "), "none") }
