package testkit_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/cli/ctl"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// terminal is somebody at a terminal with sushaanctl.
type terminal struct {
	t    *testing.T
	args []string // that every command gets
}

func newTerminal(t *testing.T, x *testkit.Exchange, p *testkit.Person) terminal {
	t.Helper()
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte(p.Token), 0o600); err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(filepath.Dir(x.Config.TLSCert), "ca.pem")
	return terminal{t, []string{"--config", filepath.Join(dir, "none.yaml"), "--server", x.Config.GRPCAddr, "--ca-file", ca, "--token-file", token}}
}

// run gives the exit code and what was written.
func (c terminal) run(args ...string) (code int, out, errs string) {
	c.t.Helper()
	var stdout, stderr bytes.Buffer
	code = ctl.Main(c.t.Context(), append(args, c.args...), strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func (c terminal) must(args ...string) string {
	c.t.Helper()
	code, out, errs := c.run(args...)
	if code != 0 {
		c.t.Fatalf("%v: exit %d: %s", args, code, errs)
	}
	return out
}

func (c terminal) file(name, content string) string {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// offline is a terminal without any server.
func (c terminal) offline() terminal { return terminal{c.t, c.args[:2]} }

// A school keeps the receipt of its order's transaction. It verifies without a
// server, as the HTTP API gives it and as the client saves it; a change of the
// file or another key is told.
func TestAReceiptVerifiesOfflineAndAChangedOneDoesNot(t *testing.T) {
	x := testkit.New(t)
	order := x.Settled(t)
	x.WaitSealed(t)
	tx := testkit.Must[*pb.ListTransactionsResponse](t, x.School, &pb.ListTransactionsRequest{OrderId: order.GetId()}).GetTransactions()[0]
	school := newTerminal(t, x, x.School)
	saved := school.must("ledger", "receipt", tx.GetId(), "-o", "json")
	over, err := x.School.HTTP(t.Context(), http.MethodGet, "/v1/ledger/transactions/"+tx.GetId()+":receipt", "", nil)
	if err != nil || over.Status != http.StatusOK {
		t.Fatalf("%d %s %v", over.Status, over.Body, err)
	}
	key := x.VerifierKeyFile()
	for name, content := range map[string]string{"saved": saved, "http": string(over.Body)} {
		out := school.offline().must("verify", school.file(name, content), "--key", key)
		if !strings.Contains(out, "transaction "+tx.GetId()+" is at position") || !strings.Contains(out, testkit.LogName) {
			t.Errorf("%s: %s", name, out)
		}
	}
	changed := strings.Replace(saved, `"position": "`, `"position": "1`, 1)
	if code, _, errs := school.offline().run("verify", school.file("changed", changed), "--key", key); code != 1 || !strings.Contains(errs, "PROOF_INVALID") {
		t.Errorf("exit %d: %s", code, errs)
	}
	other := testkit.New(t)
	if code, _, errs := school.offline().run("verify", school.file("saved", saved), "--key", other.VerifierKeyFile()); code != 1 || !strings.Contains(errs, "CHECKPOINT_INVALID") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, _, errs := school.offline().run("verify", school.file("saved", saved), "--key", school.file("bad.key", "x")); code != 1 || !strings.Contains(errs, "SEAL_KEY_INVALID") {
		t.Errorf("exit %d: %s", code, errs)
	}
	// What one may not see has no receipt either.
	wantBoth(t, x.Hospital, &pb.GetReceiptRequest{Id: tx.GetId()}, fault.ResourceNotFound)
	x.CheckInvariants(t)
}

func TestAReceiptIsThereOnceItIsSealed(t *testing.T) {
	x := testkit.New(t, func(c *server.Config) { c.SigningKey = "" })
	order := x.Settled(t)
	tx := testkit.Must[*pb.ListTransactionsResponse](t, x.School, &pb.ListTransactionsRequest{OrderId: order.GetId()}).GetTransactions()[0]
	for _, in := range []proto.Message{&pb.GetReceiptRequest{Id: tx.GetId()}, &pb.GetCheckpointRequest{}} {
		wantBoth(t, x.School, in, fault.NotSealed)
	}
	for _, in := range []proto.Message{&pb.GetCheckpointRequest{Size: 3}, &pb.GetConsistencyRequest{FromSize: 3}} {
		wantBoth(t, x.School, in, fault.ResourceNotFound)
	}
	wantBoth(t, x.School, &pb.ListSealsRequest{}, fault.RoleMissing)
	wantBoth(t, x.Auditor, &pb.ListSealsRequest{PageToken: "x"}, fault.PageTokenInvalid)
	x.CheckInvariants(t)
}

// "Done when" of the issue, over the API alone: an auditor who kept a checkpoint
// finds a change that somebody made directly in SQL, and which transaction it is.
func TestAnAuditorWhoKeptACheckpointFindsAChangeInTheDatabase(t *testing.T) {
	x := testkit.New(t)
	x.Settled(t)
	x.WaitSealed(t)
	auditor := newTerminal(t, x, x.Auditor)
	key := x.VerifierKeyFile()
	kept := auditor.file("checkpoint", auditor.must("ledger", "checkpoint", "-o", "json"))
	first := testkit.Must[*pb.GetCheckpointResponse](t, x.Auditor, &pb.GetCheckpointRequest{})
	x.Settled(t)
	x.WaitSealed(t)

	out := auditor.must("ledger", "verify", "--key", key, "--checkpoint", kept)
	if !strings.Contains(out, "are what was sealed") {
		t.Error(out)
	}
	way := auditor.must("ledger", "consistency", "--from", strconv.FormatInt(first.GetSize(), 10), "-o", "json")
	if out := auditor.offline().must("verify", auditor.file("way", way), "--key", key); !strings.Contains(out, "nothing that was sealed by then was changed") {
		t.Error(out)
	}
	plain := auditor.file("note", first.GetCheckpoint())
	auditor.must("ledger", "verify", "--key", key, "--checkpoint", plain)
	if code, _, errs := auditor.run("ledger", "verify", "--key", key, "--checkpoint", auditor.file("none", "{}")); code != 1 || !strings.Contains(errs, "CHECKPOINT_INVALID") {
		t.Errorf("exit %d: %s", code, errs)
	}

	page := testkit.Must[*pb.ListSealsResponse](t, x.Auditor, &pb.ListSealsRequest{PageSize: 3})
	if page.GetNextPageToken() == "" || len(page.GetSeals()) != 3 {
		t.Fatalf("%d seals", len(page.GetSeals()))
	}
	victim := page.GetSeals()[2]
	uuid := victim.GetTransactionId()[3:]
	testkit.Exec(t, x.Config.DatabaseURL, `UPDATE ledger_transactions SET memo = 'changed' WHERE id = '`+uuid+`'`)
	code, _, errs := auditor.run("ledger", "verify", "--key", key, "--checkpoint", kept)
	if want := "LEDGER_DIFFERS: the ledger differs from what was sealed: transaction " + victim.GetTransactionId() + " at position 2"; code != 1 || !strings.Contains(errs, want) {
		t.Errorf("exit %d: %s", code, errs)
	}
	wantBoth(t, x.Auditor, &pb.GetReceiptRequest{Id: victim.GetTransactionId()}, fault.LedgerDiffers)

	// The thief covers the traces: the hash is changed along with the row. The
	// signed roots still convict.
	leaf := testkit.Must[*pb.ListSealsResponse](t, x.Auditor, &pb.ListSealsRequest{PageSize: 3}).GetSeals()[2].GetLeaf()
	hash := base64.StdEncoding.EncodeToString(proof.LeafHash(leaf))
	testkit.Exec(t, x.Config.DatabaseURL, `UPDATE seals SET leaf_hash = decode('`+hash+`', 'base64') WHERE position = 2`)
	code, _, errs = auditor.run("ledger", "verify", "--key", key, "--checkpoint", kept)
	if code != 1 || !strings.Contains(errs, "LEDGER_DIFFERS") || !strings.Contains(errs, "has another root") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
