package store_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestMigratedDatabaseIsWhatTheProgramExpects(t *testing.T) {
	s := testkit.Store(t)
	found, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		writeSchema(t, found)
		return
	}
	if len(found) != 0 {
		t.Errorf("verify found (UPDATE_GOLDEN=1 rewrites schema.txt):\n%s", strings.Join(found, "\n"))
	}
}

// writeSchema rewrites schema.txt from what Verify says differs from it.
func writeSchema(t *testing.T, found []string) {
	t.Helper()
	text, err := os.ReadFile("schema.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(strings.ReplaceAll(string(text), " ", "\x00"))
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], "\x00", " ")
	}
	for _, f := range found {
		if line, ok := strings.CutPrefix(f, "not expected in the database: "); ok {
			lines = append(lines, line)
		}
		if line, ok := strings.CutPrefix(f, "not as expected in the database: "); ok {
			lines = slices.DeleteFunc(lines, func(l string) bool { return l == line })
		}
	}
	slices.Sort(lines)
	if err := os.WriteFile("schema.txt", []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestMigratingTwiceChangesNothing(t *testing.T) {
	s := testkit.Store(t)
	done, err := s.MigrateUp(t.Context())
	if err != nil || len(done) != 0 {
		t.Fatalf("second migrate up: %v, %v", done, err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyNamesAColumnThatIsMissing(t *testing.T) {
	url := testkit.URL(t)
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(found, "not as expected in the database: orders paid_fen not-null") {
		t.Errorf("an empty database passes: %d findings", len(found))
	}
	if err := s.Ready(t.Context()); err == nil {
		t.Error("an empty database is ready")
	}
}

func TestCheckOfAnEmptyExchangeFindsNothing(t *testing.T) {
	s := testkit.Store(t)
	results, err := s.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if len(r.Violations) != 0 {
			t.Errorf("%s %s: %v", r.Invariant, r.What, r.Violations)
		}
	}
}
