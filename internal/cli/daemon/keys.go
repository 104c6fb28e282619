package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/identity"
)

// maxTTL bounds a token's life: a token cannot be called back, only its issuer
// or its subject's roles can.
const maxTTL = 366 * 24 * time.Hour

func keysCommand(a *app) *cobra.Command {
	return group("keys", "Keys and tokens of an issuer, and the exchange's own key", keysGenerate(a), keysToken(a), keysSeal(a))
}

// keyAlgorithms are those for which keys are made.
var keyAlgorithms = [...]string{"EdDSA", "ES256"}

func keysGenerate(a *app) *cobra.Command {
	var out, alg, kid string
	cmd := command("generate", "Make a key pair for an issuer", func(context.Context) error {
		return a.generateKeys(out, alg, kid)
	})
	cmd.Long = `Generate writes private.jwk, which only its owner can read and which signs tokens,
and jwks.json, the public key set to register with the exchange, and prints the latter.`
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "folder to write to; keys that are there already are kept and the command fails")
	f.StringVar(&alg, "alg", keyAlgorithms[0], "algorithm: EdDSA or ES256")
	f.StringVar(&kid, "kid", "", "key id (default the key's thumbprint)")
	return required(cmd, "out")
}

func (a *app) generateKeys(out, alg, kid string) error {
	if !slices.Contains(keyAlgorithms[:], alg) {
		return usagef("--alg %s: it is one of %v", alg, keyAlgorithms)
	}
	key, err := identity.NewKey(alg)
	if err == nil && kid != "" {
		key, err = named(key, kid)
	}
	if err != nil {
		return err
	}
	private, err := json.Marshal(key)
	if err != nil {
		return err
	}
	public, err := key.KeySet()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return err
	}
	// The private key first: without it the public one is worth nothing.
	if err := writeNew(filepath.Join(out, "private.jwk"), append(private, '\n'), 0o600); err != nil {
		return err
	}
	if err := writeNew(filepath.Join(out, "jwks.json"), []byte(public+"\n"), 0o644); err != nil {
		return err
	}
	a.print("%s", public)
	return nil
}

// named gives a key another id.
func named(key identity.Key, kid string) (identity.Key, error) {
	raw, err := json.Marshal(key)
	if err != nil {
		return identity.Key{}, err
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		return identity.Key{}, err
	}
	members["kid"] = kid
	if raw, err = json.Marshal(members); err != nil {
		return identity.Key{}, err
	}
	return identity.ParseKey(raw)
}

// writeNew writes a file that must not be there yet: a lost private key cannot
// be made again.
func writeNew(path string, content []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

func keysToken(a *app) *cobra.Command {
	var file string
	var ttl time.Duration
	t := identity.Token{Audience: []string{identity.Audience}}
	cmd := command("token", "Sign a token and print it", func(context.Context) error {
		if ttl <= 0 || ttl > maxTTL {
			return usagef("--ttl %s: it is more than 0 and at most %s", ttl, maxTTL)
		}
		t.IssuedAt = time.Now()
		t.NotBefore, t.Expires = t.IssuedAt, t.IssuedAt.Add(ttl)
		return a.signToken(file, t)
	})
	f := cmd.Flags()
	f.StringVar(&file, "key", "", "file with the private key, from keys generate")
	f.StringVar(&t.Issuer, "issuer", "", "the issuer's URL, as registered")
	f.StringVar(&t.Subject, "subject", "", "who shows the token; roles are given to subjects")
	f.StringVar(&t.Member, "member", "", "credit code or id of the member; empty for an authority's subject")
	f.StringSliceVar(&t.Audience, "audience", t.Audience, "whom the token is for")
	f.DurationVar(&ttl, "ttl", time.Hour, "how long the token is valid")
	return required(cmd, "key", "issuer", "subject")
}

func (a *app) signToken(file string, t identity.Token) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	key, err := identity.ParseKey(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	token, err := key.Issue(t)
	if err != nil {
		return err
	}
	a.print("%s", token)
	return nil
}

// required marks flags that must be given.
func required(cmd *cobra.Command, flags ...string) *cobra.Command {
	for _, name := range flags {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // a flag of that name is not there: found by any test
		}
	}
	return cmd
}
