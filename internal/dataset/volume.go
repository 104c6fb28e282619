package dataset

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/seal"
	"github.com/sushaan/exchange/internal/store"
)

// Options of a load.
type Options struct {
	Entries int         // of the ledger, at least
	Signer  note.Signer // that seals them; nil: they wait for a server's sealer
	Note    func(format string, args ...any)
}

// Loaded is what a load did.
type Loaded struct {
	Orders, Transactions, Entries int
	Load                          time.Duration
	Drained                       seal.Drained
}

const (
	seed   = 20200628 // of the same data each time
	atOnce = 1000     // trades that one transaction loads
	// MaxEntries is more than anybody has time for.
	MaxEntries = 100_000_000
)

// ErrThere says that the data are there already.
var ErrThere = errors.New("dataset: the volume dataset is there already")

// Volume loads a ledger of so many entries over two years, with the orders, the
// requests and the decisions that it follows from, and seals it. The database
// has its divisions already. The same number gives the same data.
func Volume(ctx context.Context, s *store.Store, o Options) (Loaded, error) {
	var done Loaded
	if o.Entries <= 0 || o.Entries > MaxEntries {
		return done, fmt.Errorf("dataset: entries are 1 to %d", MaxEntries)
	}
	w, err := newWorld(rand.New(rand.NewPCG(seed, seed)))
	if err != nil {
		return done, err
	}
	begin := time.Now()
	err = s.Write(ctx, w.directory)
	if store.IsUnique(err) {
		return done, ErrThere
	}
	if err != nil {
		return done, err
	}
	for done.Entries < o.Entries {
		if err := done.part(ctx, s, w, o.Entries); err != nil {
			return done, err
		}
		o.Note("%d of %d entries loaded", min(done.Entries, o.Entries), o.Entries)
	}
	if err := s.Write(ctx, w.catalog); err != nil {
		return done, err
	}
	done.Load = time.Since(begin)
	if err := s.Analyze(ctx); err != nil || o.Signer == nil {
		return done, err
	}
	return done, done.seal(ctx, s, o)
}

// part loads the next trades in one transaction.
func (l *Loaded) part(ctx context.Context, s *store.Store, w *world, want int) error {
	var list []trade
	for entries := l.Entries; len(list) < atOnce && entries < want; {
		t := w.trade()
		list = append(list, t)
		entries += t.entries()
	}
	err := s.Load(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, t := range list {
			if err := t.write(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range list {
		l.Orders++
		l.Transactions += len(t.transactions)
		l.Entries += t.entries()
	}
	return nil
}

// seal seals what waits, by the server's own sealer.
func (l *Loaded) seal(ctx context.Context, s *store.Store, o Options) error {
	rate, err := seal.Drain(ctx, s, seal.Config{Signer: proof.Always(o.Signer)}, func(d seal.Drained) {
		o.Note("%d of %d transactions sealed", d.Sealed, l.Transactions)
	})
	l.Drained = rate
	if err != nil {
		return err
	}
	return s.Analyze(ctx)
}
