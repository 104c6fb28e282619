package daemon

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/sushaan/exchange/internal/dataset"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/reference"
	"github.com/sushaan/exchange/internal/store"
)

const (
	volumeDataset = "volume"
	someEntries   = 100_000
)

// seeding is what a seed is asked for.
type seeding struct {
	dataset    string
	entries    int
	signingKey string
}

func seedCommand(a *app) *cobra.Command {
	var o seeding
	cmd := onStore("seed", "Load the reference data: divisions and pairings; and a large dataset", func(ctx context.Context, s *store.Store) error {
		return a.seed(ctx, s, o)
	})
	cmd.Long = `Seed loads divisions and pairings, replacing what is there under the same code. It
may be run again. The invented organisations of the demo are the demo's own.

With --dataset volume it also loads a ledger of so many entries over the years 2024
and 2025, of invented organisations of every county, with the orders that it follows
from. The seed is fixed: the same number gives the same data. With --signing-key the
ledger is sealed as a server's sealer does; without, the next server seals it.`
	f := cmd.Flags()
	f.StringVar(&o.dataset, "dataset", "", "dataset to load as well: "+volumeDataset)
	f.IntVar(&o.entries, "entries", someEntries, "of the dataset's ledger")
	f.StringVar(&o.signingKey, "signing-key", "", "file with the exchange's private key, of keys seal, to seal the dataset with")
	return cmd
}

func (a *app) seed(ctx context.Context, s *store.Store, o seeding) error {
	if o.dataset != "" && o.dataset != volumeDataset {
		return usagef("no dataset %q: there is %s", o.dataset, volumeDataset)
	}
	if o.entries <= 0 || o.entries > dataset.MaxEntries {
		return usagef("--entries is 1 to %d", dataset.MaxEntries)
	}
	signer, err := signerFrom(o.signingKey)
	if err != nil {
		return err
	}
	divisions, err := reference.Divisions()
	if err != nil {
		return err
	}
	pairings, err := reference.Pairings()
	if err != nil {
		return err
	}
	if err := s.LoadReference(ctx, divisions, pairings); err != nil {
		return err
	}
	a.print("%d divisions and %d pairings loaded", len(divisions), len(pairings))
	if o.dataset == "" {
		return nil
	}
	return a.seedVolume(ctx, s, o.entries, signer)
}

func (a *app) seedVolume(ctx context.Context, s *store.Store, entries int, signer note.Signer) error {
	last := time.Now()
	done, err := dataset.Volume(ctx, s, dataset.Options{Entries: entries, Signer: signer, Note: func(format string, args ...any) {
		const every = 2 * time.Second
		if time.Since(last) >= every {
			last = time.Now()
			a.note(format, args...)
		}
	}})
	if errors.Is(err, dataset.ErrThere) {
		return fault.New(fault.AlreadyExists, "noun", "dataset", "id", volumeDataset)
	}
	if err != nil {
		return err
	}
	a.print("%d orders, %d transactions, %d entries loaded in %.1f s", done.Orders, done.Transactions, done.Entries, done.Load.Seconds())
	if signer == nil {
		a.print("not sealed: the next server with a signing-key seals them")
		return nil
	}
	a.print("%s", done.Drained)
	return nil
}

// signerFrom reads a private key; none where no file is named.
func signerFrom(path string) (note.Signer, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return proof.ParseSigner(strings.TrimSpace(string(text)))
}
