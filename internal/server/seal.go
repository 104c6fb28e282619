package server

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/mod/sumdb/note"

	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/seal"
	"github.com/sushaan/exchange/internal/store"
)

// signerOf reads the exchange's key; nil where the server has none.
func signerOf(c Config) (note.Signer, error) {
	if c.SigningKey == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.SigningKey)
	if err != nil {
		return nil, fmt.Errorf("server: signing-key: %w", err)
	}
	signer, err := proof.ParseSigner(string(text))
	if err != nil {
		return nil, fmt.Errorf("server: %s: %w", c.SigningKey, err)
	}
	return signer, nil
}

// newSealer makes the server's sealer, or none where it has no key to sign
// with. Another server then must: what waits to be sealed waits.
func newSealer(c Config, signer note.Signer, s *store.Store, log *slog.Logger, metrics prometheus.Registerer) *seal.Sealer {
	if signer == nil {
		log.Warn("this server does not seal the ledger: it has no signing-key")
		return nil
	}
	return seal.New(s, seal.Config{
		Signer: signer, Interval: c.SealInterval, Lease: c.SealLease, Batch: c.SealBatch, Now: c.now(), Log: log, Metrics: metrics,
	})
}
