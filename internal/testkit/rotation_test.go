package testkit_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/cli/daemon"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/testkit"
)

// replaced puts another key in the place of a server's, as an operator does: a
// file beside it, renamed.
func replaced(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file+".new", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// sealKey makes a key with sushaand, and gives its folder.
func sealKey(t *testing.T, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "key")
	var out, errs bytes.Buffer
	if code := daemon.Main(t.Context(), append([]string{"keys", "seal", "--out", dir}, args...), &out, &errs); code != 0 {
		t.Fatalf("keys seal: exit %d: %s", code, &errs)
	}
	return dir
}

// sealedBy is what `ledger verify` says in JSON of who sealed what.
func sealedBy(t *testing.T, auditor terminal, args ...string) []proof.Span {
	t.Helper()
	var v struct{ Sealed []proof.Span }
	if err := json.Unmarshal([]byte(auditor.must(append([]string{"ledger", "verify", "-o", "json"}, args...)...)), &v); err != nil {
		t.Fatal(err)
	}
	return v.Sealed
}

// The key that seals the ledger is replaced while the server runs. What the one
// before has signed is verified by it as before, up to where it ended and no
// further; whoever knows one key alone is told that there is another.
func TestTheSealingKeyIsReplacedWhileTheServerRuns(t *testing.T) {
	x := testkit.New(t)
	first := x.Settled(t)
	x.WaitSealed(t)
	auditor := newTerminal(t, x, x.Auditor)
	old := auditor.file("old.key", content(t, x.VerifierKeyFile()))
	oldPrivate := content(t, x.Config.SigningKey)
	receipt := func(o *pb.Order) string {
		return auditor.file("receipt.json", auditor.must("ledger", "receipt", entryOf(t, x, o), "-o", "json"))
	}
	before := receipt(first)

	next := sealKey(t, "--before", old)
	replaced(t, x.Config.SigningKey, content(t, filepath.Join(next, "signing.key")))
	both := filepath.Join(next, "verifier.key")
	second := x.Settled(t)
	x.WaitSealed(t)
	after := receipt(second)
	alone := auditor.file("alone.key", strings.SplitAfter(content(t, both), "\n")[0])

	spans := sealedBy(t, auditor, "--key", both)
	if len(spans) != 2 || spans[0].From != 0 || spans[0].To != spans[1].From || spans[0].By == spans[1].By || !strings.HasPrefix(content(t, old), spans[0].By+"+") {
		t.Fatalf("%+v", spans)
	}
	if out := auditor.must("ledger", "verify", "--key", alone, "--key", old); !strings.Contains(out, "verified by "+spans[1].By) || !strings.Contains(out, "transactions it was sealed by "+spans[0].By) {
		t.Error(out)
	}
	if code, _, errs := auditor.run("ledger", "verify", "--key", old); code != 1 || !strings.Contains(errs, "says to be by "+spans[1].By) {
		t.Errorf("by the key of before alone: exit %d: %s", code, errs)
	}
	for file, by := range map[string]string{before: spans[0].By, after: spans[1].By} {
		if out := auditor.offline().must("verify", file, "--key", both); !strings.Contains(out, "verified by "+by) {
			t.Errorf("%s, not by %s", out, by)
		}
	}
	if code, _, errs := auditor.offline().run("verify", after, "--key", old); code != 1 || !strings.Contains(errs, "take the keys that the exchange publishes today") {
		t.Errorf("exit %d: %s", code, errs)
	}

	// The old key ends. What it is made to sign of a later log is not believed.
	ended := auditor.file("ended.key", strings.Replace(content(t, both), strings.TrimSpace(content(t, old)), strings.TrimSpace(content(t, old))+" until="+number(spans[0].To), 1))
	auditor.must("ledger", "verify", "--key", ended)
	auditor.offline().must("verify", before, "--key", ended)
	signer, err := proof.ParseSigner(oldPrivate)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := proof.Checkpoint{Size: spans[1].To + 5, Root: make([]byte, proof.HashSize)}.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errs := auditor.run("ledger", "verify", "--key", ended, "--checkpoint", auditor.file("forged", forged)); code != 1 || !strings.Contains(errs, "signed up to "+number(spans[0].To)+" and then no more") {
		t.Errorf("exit %d: %s", code, errs)
	}

	// A file that is no key, and a key of another log, change nothing.
	for _, bad := range []string{"half a k", content(t, filepath.Join(sealKey(t, "--name", "another.example/ledger"), "signing.key"))} {
		time.Sleep(2 * time.Millisecond) // a file's time has grains
		replaced(t, x.Config.SigningKey, bad)
		x.Settled(t)
		x.WaitSealed(t)
	}
	if got := sealedBy(t, auditor, "--key", ended); len(got) != 2 || got[1].By != spans[1].By || got[1].To <= spans[1].To {
		t.Errorf("%+v", got)
	}
	x.CheckInvariants(t)
}
