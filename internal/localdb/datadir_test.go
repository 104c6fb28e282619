package localdb

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestAFolderWithOtherThingsInItIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "letter.txt"), nil, 0o600))
	_, err := start(t.Context(), Options{DataDir: dir}, onlyPostgres())
	wantError(t, err, "letter.txt", "was not made by localdb")
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) != 1 {
		t.Errorf("something was left in it: %v", entries)
	}
}

func TestAFolderOfAnotherEngineIsRefused(t *testing.T) {
	t.Parallel()
	for engine, lines := range map[Engine][]string{
		CockroachDB: {"2. cockroach binary: COCKROACH_BINARY is not set", "3. PostgreSQL: not tried, the data folder "},
		PostgreSQL:  {"2. cockroach binary: not tried, the data folder ", "3. PostgreSQL: none found"},
	} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, engineFile), fmt.Appendf(nil, "%s nodes=1\n", engine), 0o600))
		m := onlyPostgres()
		if engine == PostgreSQL {
			m = bareMachine()
		}
		_, err := start(t.Context(), Options{DataDir: dir, AllowDownload: engine == PostgreSQL}, m)
		wantError(t, err, append(lines, "was made by "+string(engine))...)
	}
}

func TestAFolderOfAnUnknownEngineIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"oracle nodes=1\n", "", "cockroachdb"} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, engineFile), []byte(text), 0o600))
		_, err := start(t.Context(), Options{DataDir: dir}, bareMachine())
		wantError(t, err, fmt.Sprintf("%q", firstWord(text)))
	}
}

func firstWord(text string) string {
	if text == "oracle nodes=1\n" {
		return "oracle"
	}
	return text
}

func TestAFailedStartLeavesAFreshFolderFresh(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := filepath.Join(t.TempDir(), "cockroach")
	must(t, os.WriteFile(broken, []byte("#!/bin/sh\n[ $1 = version ] && echo v25.2.0 && exit\necho no such luck; exit 3\n"), 0o755))
	_, err := start(t.Context(), Options{DataDir: dir}, onlyCockroach(broken))
	wantError(t, err, "ended while starting: exit status 3: no such luck")
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) != 1 || entries[0].Name() != lockFile {
		t.Errorf("left in the folder: %v", entries)
	}
}

func TestTheFolderOnTheWayThatIsClosedToTheUserIsNamed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root: an ordinary user runs the database as itself")
	}
	needPostgres(t)
	closed := filepath.Join(openFolder(t), "closed")
	must(t, os.Mkdir(closed, 0o700))
	_, err := start(t.Context(), Options{DataDir: filepath.Join(closed, "a", "b")}, onlyPostgres())
	wantError(t, err, "may not enter "+closed+" on the way to the data folder", "chmod o+x "+closed)
}
