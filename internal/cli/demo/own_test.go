package demo

import (
	"io"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func count(t *testing.T, url, sql string, args ...any) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// An exchange that others trade on gets no invented members, and a demo that serves
// keeps the keys of its people.
func TestTheDemoTouchesNoExchangeThatItDidNotMake(t *testing.T) {
	x := testkit.New(t)
	url := x.Config.DatabaseURL
	f, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const people = "SELECT (SELECT count(*) FROM members) + (SELECT count(*) FROM issuers) + (SELECT count(*) FROM events)"
	was := count(t, url, people)
	err = Run(t.Context(), Options{Once: true, DatabaseURL: url, DataDir: f.path}, io.Discard)
	if !fault.Is(err, fault.DemoElsewhere) {
		t.Errorf("a demo on an exchange that is not its own: %v", err)
	}
	if is := count(t, url, people); is != was {
		t.Errorf("it left %d rows where there were %d", is, was)
	}

	ring := &keyring{folder: f, keys: map[string]identity.Key{}}
	issuer, jwks, err := ring.issuer("somebody")
	if err != nil {
		t.Fatal(err)
	}
	count(t, url, "UPDATE issuers SET url = $1, jwks = $2 WHERE id = (SELECT id FROM issuers ORDER BY id LIMIT 1) RETURNING 1", issuer, jwks)
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := ours(t.Context(), s, f); err != nil {
		t.Errorf("an issuer's key is in the folder: %v", err)
	}
}

func TestTheDemoTakesADatabaseInWhichNobodyIs(t *testing.T) {
	f, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{"empty": testkit.URL(t), "migrated": testkit.Migrated(t)} {
		s, err := store.Open(t.Context(), store.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := ours(t.Context(), s, f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
