package dataset_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/sushaan/exchange/internal/dataset"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/reference"
	"github.com/sushaan/exchange/internal/seal"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// load loads and seals some entries in a database of its own.
func load(t *testing.T, entries int) (*store.Store, dataset.Loaded, error) {
	t.Helper()
	// A load takes long where much else is at work; sushaand seed gives it as much.
	const patience = 10 * time.Minute
	s := testkit.Store(t, func(c *store.Config) { c.StatementTimeout, c.TxTimeout = patience, patience })
	divisions, err := reference.Divisions()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.LoadReference(t.Context(), divisions, nil); err != nil {
		t.Fatal(err)
	}
	done, err := again(t.Context(), t, s, entries)
	return s, done, err
}

func again(ctx context.Context, t *testing.T, s *store.Store, entries int) (dataset.Loaded, error) {
	t.Helper()
	private, _, err := proof.NewKey(rand.Reader, testkit.LogName)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := proof.ParseSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return dataset.Volume(ctx, s, dataset.Options{Entries: entries, Signer: signer, Note: t.Logf})
}

// The dataset is as if it had gone through the exchange: it holds every
// invariant, all of it is sealed, and the same number gives the same log.
func TestTheVolumeDatasetHoldsEveryInvariantAndIsTheSameEachTime(t *testing.T) {
	const entries = 4000
	var roots [][]byte
	for range 2 {
		s, done, err := load(t, entries)
		if err != nil || done.Entries < entries || done.Drained.Sealed != done.Transactions {
			t.Fatalf("%+v: %v", done, err)
		}
		results, err := s.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := seal.Check(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range append(results, sealed...) {
			for _, v := range r.Violations {
				t.Errorf("%s (%s): %s", r.Invariant, r.What, v)
			}
		}
		last, err := s.LastCheckpoint(t.Context())
		if err != nil || last.Size != int64(done.Transactions) {
			t.Errorf("%d of %d in the log: %v", last.Size, done.Transactions, err)
		}
		roots = append(roots, last.Root)
		rows, err := s.Volumes(t.Context(), store.VolumeQuery{
			Filter: exchange.AllowAll{}, GroupBy: []exchange.Dimension{exchange.ByMonth, exchange.ByDirection}, Limit: 1000,
		})
		if err != nil || len(rows) < 100 {
			t.Errorf("%d cells of two years: %v", len(rows), err)
		}
		if _, err := again(t.Context(), t, s, entries); !errors.Is(err, dataset.ErrThere) {
			t.Errorf("loaded twice: %v", err)
		}
	}
	if !bytes.Equal(roots[0], roots[1]) {
		t.Errorf("roots %x and %x", roots[0], roots[1])
	}
}
