package server

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/seal"
	"github.com/sushaan/exchange/internal/store"
)

// signingKey is the exchange's key, read again when its file has changed. A file
// that cannot be read, or holds a key of another log, leaves the key of before.
type signingKey struct {
	path    string
	log     *slog.Logger
	current *prometheus.GaugeVec

	mu      sync.Mutex
	changed time.Time // of the file that was looked at last
	signer  proof.Signer
}

// newSigningKey reads the exchange's key; nil where the server has none.
func newSigningKey(path string, log *slog.Logger, metrics prometheus.Registerer) (*signingKey, error) {
	if path == "" {
		return nil, nil
	}
	k := &signingKey{path: path, log: log, current: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "sushaan_seal_key", Help: "1 for the key with which this server signs.",
	}, []string{"key"})}
	metrics.MustRegister(k.current)
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("server: signing-key: %w", err)
	}
	if err := k.read(info.ModTime()); err != nil {
		return nil, fmt.Errorf("server: signing-key: %s: %w", path, err)
	}
	return k, nil
}

// now is the key to sign with at this time.
func (k *signingKey) now() proof.Signer {
	k.mu.Lock()
	defer k.mu.Unlock()
	info, err := os.Stat(k.path)
	if err != nil || info.ModTime().Equal(k.changed) {
		return k.signer // a file that is gone is about to be replaced
	}
	if err := k.read(info.ModTime()); err != nil {
		k.log.Error("the signing key was changed and cannot be used: the one of before signs on", "file", k.path, "error", err)
	}
	return k.signer
}

// read takes the key of the file into use.
func (k *signingKey) read(changed time.Time) error {
	k.changed = changed
	text, err := os.ReadFile(k.path)
	if err != nil {
		return err
	}
	signer, err := proof.ParseSigner(string(text))
	if err != nil {
		return err
	}
	if k.signer != nil && k.signer.Name() != signer.Name() {
		return fmt.Errorf("it is of the log %s and this is %s", signer.Name(), k.signer.Name())
	}
	k.signer = signer
	id := fmt.Sprintf("%s+%08x", signer.Name(), signer.KeyHash())
	k.current.Reset()
	k.current.WithLabelValues(id).Set(1)
	k.log.Info("signing key in use", "key", id)
	return nil
}

// newSealer makes the server's sealer, or none where it has no key to sign
// with. Another server then must: what waits to be sealed waits.
func newSealer(c Config, key *signingKey, s *store.Store, log *slog.Logger, metrics prometheus.Registerer) *seal.Sealer {
	if key == nil {
		log.Warn("this server does not seal the ledger: it has no signing-key")
		return nil
	}
	return seal.New(s, seal.Config{
		Signer: key.now, Interval: c.SealInterval, Lease: c.SealLease, Batch: c.SealBatch, Now: c.now(), Log: log, Metrics: metrics,
	})
}
