package localdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWhenNothingWorksTheErrorListsEachWayInALine(t *testing.T) {
	t.Parallel()
	_, err := start(t.Context(), Options{}, bareMachine())
	wantError(t, err,
		"\n  1. database URL: none was given",
		"\n  2. cockroach binary: COCKROACH_BINARY is not set and there is no cockroach on PATH",
		"\n  3. PostgreSQL: none found",
		"\n  4. download of CockroachDB: not allowed")
	if n := strings.Count(err.Error(), "\n"); n != 4 {
		t.Errorf("%d lines after the first, want 4:\n%v", n, err)
	}
}

func TestAWayThatHangsLeavesItsTimeToTheNext(t *testing.T) {
	t.Parallel()
	list := []way{
		{"slow", "", func(ctx context.Context) (running, error) {
			<-ctx.Done()
			return running{}, context.Cause(ctx)
		}},
		{"quick", "", func(ctx context.Context) (running, error) {
			return running{detail: "the quick one"}, ctx.Err()
		}},
	}
	_, reason, err := firstThatWorks(t.Context(), 50*time.Millisecond, list)
	must(t, err)
	if want := "took the quick one; before it: slow: not done within 50ms"; reason != want {
		t.Errorf("reason %q, want %q", reason, want)
	}
}

func TestAnEngineThatWasNotAskedForIsNotStarted(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	m := onlyPostgres()
	m.getenv = func(string) string { return "/nowhere/cockroach" }
	_, err := start(t.Context(), Options{Engine: CockroachDB}, m)
	wantError(t, err, "2. cockroach binary: COCKROACH_BINARY", "3. PostgreSQL: only cockroachdb was asked for")
	d := startOn(t, Options{Engine: PostgreSQL}, onlyPostgres())
	if d.Engine() != PostgreSQL || !strings.Contains(d.Reason(), "cockroach binary: only postgresql was asked for") {
		t.Errorf("%s: %s", d.Engine(), d.Reason())
	}
}

func TestACancelledStartTriesNoFurtherWay(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := start(ctx, Options{}, onlyPostgres())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestAGivenURLWins(t *testing.T) {
	t.Parallel()
	d := startPG(t, Options{})
	dir := filepath.Join(t.TempDir(), "unused")
	given, err := Start(t.Context(), Options{DatabaseURL: d.URL(), DataDir: dir})
	must(t, err)
	if given.URL() != d.URL() || given.Engine() != PostgreSQL || len(given.Pids()) != 0 {
		t.Errorf("not as given: %s, %s, %v", given.URL(), given.Engine(), given.Pids())
	}
	if r := given.Reason(); !strings.HasPrefix(r, "took PostgreSQL ") || !strings.Contains(r, "because a database URL was given") ||
		strings.Contains(r, "sushaan:") {
		t.Errorf("reason %q", r)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the data folder was made all the same")
	}
	must(t, given.Stop())
	if query[int](t, d.URL(), "select 1") != 1 {
		t.Error("stopping the given database ended it")
	}
	_, err = start(t.Context(), Options{DatabaseURL: d.URL(), Regions: true}, onlyPostgres())
	wantError(t, err, "three regions need CockroachDB")
}

func TestAGivenURLThatDoesNotWorkIsAnErrorWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for _, u := range []string{
		"postgres://me:secret@127.0.0.1:1/x",
		"host=127.0.0.1 password=secret",
		"postgres://me:secret@127.0.0.1:port/x",
		"mysql://me:secret@127.0.0.1/x",
	} {
		_, err := start(t.Context(), Options{DatabaseURL: u, StartTimeout: 5 * time.Second}, onlyPostgres())
		wantError(t, err, "the database URL that was given")
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestRegionsOnPostgreSQLAreAClearError(t *testing.T) {
	t.Parallel()
	_, err := start(t.Context(), Options{Regions: true}, onlyPostgres())
	wantError(t, err, "3. PostgreSQL: three regions need CockroachDB")
}

func TestTheDatabaseInAURLIsReplacedWhereverItStands(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"postgres://u:p@h:1/old?sslmode=disable": "postgres://u:p@h:1/new?sslmode=disable",
		"postgres://u@h:1":                       "postgres://u@h:1/new",
		"postgres://u@h:1/old?dbname=older":      "postgres://u@h:1/new",
	} {
		got, err := withDatabase(in, "new")
		must(t, err)
		if got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
