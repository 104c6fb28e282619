package authz

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// LoaderOptions say where policies come from. Zero fields take the default.
type LoaderOptions struct {
	// Location is a folder, the file of an OPA bundle, or the http or https URL of
	// one; Database: those published last, and until then the policies built in;
	// empty: these.
	Location     string
	Kept         Kept          // reads what was published
	KeyFile      string        // PEM: bundles must be signed by it
	KeyAlgorithm string        // of the signature; default ES256
	Poll         time.Duration // how often they are looked at; default 5 s
	Timeout      time.Duration // of one look at a URL; default 10 s
	MaxBytes     int64         // of a bundle, and of each file in it; default 16 MiB
	Log          *slog.Logger
	Metrics      prometheus.Registerer
}

// Loader keeps an engine's policies those of their source. What cannot be used
// is refused with its reason, and the last good revision stays in use.
type Loader struct {
	o      LoaderOptions
	engine *Engine
	source source // nil: built in

	mu     sync.Mutex // guards status
	status LoaderStatus

	loads   *prometheus.CounterVec
	refused prometheus.Gauge
	info    *prometheus.GaugeVec
}

// LoaderStatus is what a loader has come to.
type LoaderStatus struct {
	Source   string
	Revision string // in use
	LoadedAt time.Time
	// Refused is why the newest policies are not in use; empty: they are.
	Refused   string
	RefusedAt time.Time
	// Unread is why the source could not be looked at the last time.
	Unread string
}

// NewLoader loads the policies for the first time, which must succeed: there is
// no last good revision yet.
func NewLoader(ctx context.Context, o LoaderOptions, engine Options) (*Loader, error) {
	o.KeyAlgorithm, o.Poll = cmp.Or(o.KeyAlgorithm, "ES256"), cmp.Or(o.Poll, 5*time.Second)
	o.Timeout, o.MaxBytes = cmp.Or(o.Timeout, 10*time.Second), cmp.Or(o.MaxBytes, 16<<20)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	l := &Loader{
		o: o,
		loads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sushaan_policy_loads_total", Help: "Policies that were taken into use, refused, or could not be read.",
		}, []string{"result"}),
		refused: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "sushaan_policy_refused", Help: "1 while the newest policies are not in use, because they were refused or cannot be read.",
		}),
		info: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "sushaan_policy_revision_info", Help: "1 for the revision of the policies that is in use.",
		}, []string{"revision"}),
	}
	for _, result := range []string{"loaded", "refused", "unread"} {
		l.loads.WithLabelValues(result)
	}
	if o.Metrics != nil {
		o.Metrics.MustRegister(l.loads, l.refused, l.info)
	}
	return l, l.first(ctx, engine)
}

func (l *Loader) first(ctx context.Context, o Options) (err error) {
	if l.o.Location == "" {
		l.status.Source = "built in"
		l.engine, err = New(ctx, o)
	} else {
		l.status.Source = l.o.Location
		if l.source, err = newSource(l.o); err != nil {
			return fmt.Errorf("authz: %w", err)
		}
		set, readErr := l.source.read(ctx)
		if readErr != nil {
			return fmt.Errorf("authz: %w", readErr)
		}
		if set == nil {
			l.engine, err = New(ctx, o)
		} else {
			l.engine, err = newEngine(ctx, o, set)
		}
	}
	if err == nil {
		l.took()
	}
	return err
}

// Engine is the engine whose policies are kept.
func (l *Loader) Engine() *Engine { return l.engine }

// Status tells what is in use, and why not the newest.
func (l *Loader) Status() LoaderStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

// Run looks at the source until the context ends.
func (l *Loader) Run(ctx context.Context) {
	if l.source == nil {
		return
	}
	ticker := time.NewTicker(l.o.Poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			l.look(ctx)
		}
	}
}

// look reads the source once, and takes what it has into use.
func (l *Loader) look(ctx context.Context) {
	set, err := l.source.read(ctx)
	if err == nil && set != nil {
		err = l.engine.Load(ctx, set)
	}
	var away *unreadable
	switch {
	case ctx.Err() != nil:
	case errors.As(err, &away):
		l.missed(err)
	case err != nil:
		l.refuse(err)
	case set != nil:
		l.took()
	default:
		l.noted(func(s *LoaderStatus) { s.Unread = "" })
	}
}

func (l *Loader) took() {
	s := l.noted(func(s *LoaderStatus) {
		s.Revision, s.LoadedAt, s.Refused, s.Unread = l.engine.Revision(), time.Now(), "", ""
	})
	l.loads.WithLabelValues("loaded").Inc()
	l.info.Reset()
	l.info.WithLabelValues(s.Revision).Set(1)
	l.o.Log.Info("policies loaded", "revision", s.Revision, "source", s.Source)
}

// refuse notes why the newest policies are not in use. A folder is read again
// and again: the same reason is told once.
func (l *Loader) refuse(err error) {
	if l.Status().Refused == err.Error() {
		return
	}
	s := l.noted(func(s *LoaderStatus) { s.Refused, s.RefusedAt, s.Unread = err.Error(), time.Now(), "" })
	l.loads.WithLabelValues("refused").Inc()
	l.o.Log.Error("policies refused; the last good revision stays in use", "source", s.Source, "revision", s.Revision, "error", err)
}

// missed notes that the source could not be looked at.
func (l *Loader) missed(err error) {
	l.loads.WithLabelValues("unread").Inc()
	if l.Status().Unread == err.Error() {
		return
	}
	s := l.noted(func(s *LoaderStatus) { s.Unread = err.Error() })
	l.o.Log.Warn("policies cannot be looked at; the last good revision stays in use", "source", s.Source, "error", err)
}

// noted changes the status, and the gauge with it.
func (l *Loader) noted(change func(*LoaderStatus)) LoaderStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.status)
	current := 1.0
	if l.status.Refused == "" && l.status.Unread == "" {
		current = 0
	}
	l.refused.Set(current)
	return l.status
}

// String tells the status in lines, to anybody: where the policies come from is
// for the log.
func (s LoaderStatus) String() string {
	text := fmt.Sprintf("policy revision %s\npolicy loaded %s\n", s.Revision, s.LoadedAt.UTC().Format(time.RFC3339))
	if s.Refused != "" {
		text += fmt.Sprintf("policy refused %s: %s\n", s.RefusedAt.UTC().Format(time.RFC3339), strings.TrimSpace(s.Refused))
	}
	if s.Unread != "" {
		text += "policy source not read; the log says why\n" // the error names a path or a host
	}
	return text
}
