package testkit

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/proof"
)

// LogName is the name of the log that the tests' exchanges seal.
const LogName = "exchange.example/ledger"

// signingKey writes a new key of the exchange, and its public part beside it.
func signingKey(tb testing.TB) string {
	tb.Helper()
	private, public, err := proof.NewKey(rand.Reader, LogName)
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(tb.TempDir(), "signing.key")
	for name, text := range map[string]string{path: private, path + ".pub": public} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return path
}

// VerifierKeyFile is the file with the exchange's public key.
func (x *Exchange) VerifierKeyFile() string { return x.Config.SigningKey + ".pub" }

// VerifierKey is the exchange's public key.
func (x *Exchange) VerifierKey(tb testing.TB) proof.Keys {
	tb.Helper()
	text, err := os.ReadFile(x.VerifierKeyFile())
	if err != nil {
		tb.Fatal(err)
	}
	key, err := proof.ParseKeys(string(text))
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// WaitSealed waits until nothing waits to be sealed.
func (x *Exchange) WaitSealed(tb testing.TB) {
	tb.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		n, err := x.Store.UnsealedCount(tb.Context(), 1)
		if err != nil {
			tb.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	tb.Fatal("the ledger is not sealed after a minute")
}

// Exec runs statements directly in a database, past the exchange: what somebody
// with its password could do.
func Exec(tb testing.TB, url, sql string) {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatalf("connect: %v", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(tb.Context())) }()
	if _, err := conn.Exec(tb.Context(), sql); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}
