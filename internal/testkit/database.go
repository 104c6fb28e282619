// Package testkit makes a whole exchange for a test: a real database, the real
// policies, the real server over TLS, and people with real tokens. It fakes
// nothing.
package testkit

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/store"
)

// shared is the one database server of a test binary.
var shared struct {
	sync.Mutex
	db *localdb.DB
}

// Main runs a package's tests and stops the database server that they shared.
// A package that uses Database calls it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if err := stopServer(); err != nil {
		fmt.Fprintln(os.Stderr, "testkit: stop database:", err)
		code = 1
	}
	os.Exit(code)
}

func stopServer() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.db == nil {
		return nil
	}
	return shared.db.Stop()
}

func startServer() (*localdb.DB, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.db != nil {
		return shared.db, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	db, err := localdb.Start(ctx, localdb.Options{DatabaseURL: os.Getenv("TEST_DATABASE_URL")})
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(os.Stderr, "testkit:", db.Reason())
	shared.db = db
	return db, nil
}

// URL makes an empty database for a test and gives its URL.
func URL(tb testing.TB) string {
	tb.Helper()
	db, err := startServer()
	if err != nil {
		tb.Fatalf("no database engine: %v", err)
	}
	name := "t" + strings.ReplaceAll(uuid.NewString(), "-", "")
	url, err := db.CreateDatabase(tb.Context(), name)
	if err != nil {
		tb.Fatalf("create database: %v", err)
	}
	return url
}

// Store opens a migrated store with the reference data in a database of its own.
func Store(tb testing.TB, change ...func(*store.Config)) *store.Store {
	tb.Helper()
	c := store.Config{URL: URL(tb)}
	for _, f := range change {
		f(&c)
	}
	s, err := store.Open(tb.Context(), c)
	if err != nil {
		tb.Fatalf("open store: %v", err)
	}
	tb.Cleanup(s.Close)
	if _, err := s.MigrateUp(tb.Context()); err != nil {
		tb.Fatalf("migrate: %v", err)
	}
	return s
}

// contextOf is a context that the test ends itself, later than its own.
func contextOf(tb testing.TB) (context.Context, context.CancelFunc) {
	return context.WithCancel(context.WithoutCancel(tb.Context()))
}
