package daemon

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/proof"
)

// The files of the exchange's own key.
const (
	signingKeyFile  = "signing.key"
	verifierKeyFile = "verifier.key"
)

func keysSeal(a *app) *cobra.Command {
	var out, name string
	cmd := command("seal", "Make the key with which the exchange signs what it seals", func(context.Context) error {
		return a.generateSealKey(out, name)
	})
	cmd.Long = `Seal writes signing.key, which only its owner can read and which serve takes as
--signing-key, and verifier.key, the public key by which anyone verifies
receipts and submissions, and prints the latter. All servers of one exchange
share one key. Publish verifier.key where the exchange cannot change it.`
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "folder to write to; keys that are there already are kept and the command fails")
	f.StringVar(&name, "name", "", "name of the log, without spaces or +, such as exchange.example/ledger")
	return required(cmd, "out", "name")
}

func (a *app) generateSealKey(out, name string) error {
	private, public, err := proof.NewKey(rand.Reader, name)
	if err != nil {
		return usagef("--name %s: %w", name, err)
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return err
	}
	// The private key first: without it the public one is worth nothing.
	if err := writeNew(filepath.Join(out, signingKeyFile), []byte(private+"\n"), 0o600); err != nil {
		return err
	}
	if err := writeNew(filepath.Join(out, verifierKeyFile), []byte(public+"\n"), 0o644); err != nil {
		return err
	}
	a.print("%s", public)
	return nil
}
