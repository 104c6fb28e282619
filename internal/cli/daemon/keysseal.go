package daemon

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/proof"
)

// The files of the exchange's own key.
const (
	signingKeyFile  = "signing.key"
	verifierKeyFile = "verifier.key"
)

func keysSeal(a *app) *cobra.Command {
	var out, name, before string
	cmd := command("seal", "Make the key with which the exchange signs what it seals", func(context.Context) error {
		return a.generateSealKey(out, name, before)
	})
	cmd.Long = `Seal writes signing.key, which only its owner can read and which serve takes as
--signing-key, and verifier.key, the public key by which anyone verifies
receipts and submissions, and prints the latter. All servers of one exchange
share one key. Publish verifier.key where the exchange cannot change it.

With --before it makes the key that follows another: of the same log, and
verifier.key has those before it too, by which what they signed is verified.`
	cmd.Example = `  sushaand keys seal --out seal-2026 --name exchange.example/ledger
  sushaand keys seal --out seal-2027 --before seal-2026/verifier.key`
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "folder to write to; keys that are there already are kept and the command fails")
	f.StringVar(&name, "name", "", "name of the log, without spaces or +, such as exchange.example/ledger")
	f.StringVar(&before, "before", "", "verifier.key of the key that this one follows")
	cmd.MarkFlagsOneRequired("name", "before")
	cmd.MarkFlagsMutuallyExclusive("name", "before")
	return required(cmd, "out")
}

func (a *app) generateSealKey(out, name, before string) error {
	earlier := ""
	if before != "" {
		text, err := os.ReadFile(before)
		if err != nil {
			return err
		}
		keys, err := proof.ParseKeys(string(text))
		if err != nil {
			return err
		}
		name, earlier = keys.Name(), strings.TrimSpace(string(text))+"\n"
	}
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
	if err := writeNew(filepath.Join(out, verifierKeyFile), []byte(public+"\n"+earlier), 0o644); err != nil {
		return err
	}
	a.print("%s", public)
	return nil
}
