// Package server puts the exchange together and runs it: database, policies,
// application, both ports with TLS, metrics, timed duties, and an end in order.
package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"

	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/rpc"
	"github.com/sushaan/exchange/internal/seal"
	"github.com/sushaan/exchange/internal/store"
)

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	readyTimeout      = 3 * time.Second
	maxHeaderBytes    = 64 << 10
)

// Server is an exchange that listens.
type Server struct {
	config    Config
	log       *slog.Logger
	store     *store.Store
	app       *app.App
	policy    *authz.Loader
	decisions *authz.Log
	api       *rpc.Server
	registry  *prometheus.Registry
	tls       *tls.Config
	traces    *tracing
	stopping  atomic.Bool
	served    atomic.Bool        // it was ready once
	looking   singleflight.Group // whether it is
	sealer    *seal.Sealer       // nil: this server does not seal

	peers *peers // nil where writes are not handed to other gateways

	http, grpc, metrics, peer net.Listener
}

// New opens the database, loads the policies and listens on every address. It
// serves nothing yet. The log is written to w.
func New(ctx context.Context, c Config, w io.Writer) (_ *Server, err error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s := &Server{config: c, log: newLog(c, w), registry: prometheus.NewRegistry()}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.tls, err = tlsConfig(c); err != nil {
		return nil, err
	}
	if s.traces, err = newTracing(ctx, c); err != nil {
		return nil, err
	}
	s.store, err = store.Open(ctx, store.Config{
		URL: c.DatabaseURL, Near: c.DatabaseNear, Far: c.DatabaseFar, ConnLifetime: c.DatabaseConnLifetime, MaxConns: int32(c.MaxConns),
		FollowerReads: store.FollowerReads(c.FollowerReads),
		Metrics:       s.registry, Traces: s.traces.provider,
		StatementTimeout: c.StatementTime, TxTimeout: c.TxTime, MaxRetries: c.MaxRetries,
	})
	if err != nil {
		return nil, err
	}
	if s.policy, err = c.loadPolicy(ctx, s.store.Policy, s.log, s.registry); err != nil {
		return nil, s.store.Outdated(ctx, err)
	}
	if s.config.Region == "" {
		if s.config.Region, err = s.store.Where(ctx); err != nil {
			return nil, err
		}
	}
	s.app = app.New(s.store, s.policy.Engine(), c.now(), c.limits(), s.log)
	s.registry.MustRegister(s.app.Collectors()...)
	s.decisions = authz.NewLog(authz.LogOptions{
		Path: c.DecisionLog, Queue: c.DecisionLogQueue, Wait: c.DecisionLogWait, Log: s.log, Metrics: s.registry,
	})
	if err := s.decisions.Check(); err != nil {
		return nil, fmt.Errorf("server: decision-log: %w", err)
	}
	s.app.LogTo(s.decisions)
	key, err := newSigningKey(c.SigningKey, s.log, s.registry)
	if err != nil {
		return nil, err
	}
	if key != nil {
		s.app.SignBy(key.now)
	}
	s.sealer = newSealer(c, key, s.store, s.log, s.registry)
	forward, err := s.forwarding(ctx, s.policy.Engine().Revision)
	if err != nil {
		return nil, err
	}
	s.api, err = rpc.New(s.app, rpc.Config{
		MaxConcurrent: c.MaxConcurrent, MaxWatches: c.MaxWatches, ActorWatches: c.ActorWatches, OpenStreams: c.OpenStreams,
		PerConnection: c.PerConnection, Deadline: c.Deadline, MaxDeadline: c.MaxDeadline, BodyTime: c.BodyTime, BodyLimit: int64(c.BodyLimit), Audience: c.Audience,
		Now: c.now(), Log: s.log, Metrics: s.registry, Traces: s.traces.provider, Forward: forward,
		Verbose: s.verbose, Serving: s.serving,
	}, s.ready, grpc.Creds(credentials.NewTLS(s.tls)), grpc.ConnectionTimeout(readHeaderTimeout),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: idleTimeout, Time: idleTimeout}))
	if err != nil {
		return nil, err
	}
	return s, s.listen(ctx)
}

func newLog(c Config, w io.Writer) *slog.Logger {
	level, _ := c.level()
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

func (s *Server) listen(ctx context.Context) error {
	var lc net.ListenConfig
	for _, l := range []struct {
		address string
		into    *net.Listener
	}{{s.config.HTTPAddr, &s.http}, {s.config.GRPCAddr, &s.grpc}, {s.config.MetricsAddr, &s.metrics}} {
		if l.address == "" {
			continue
		}
		var err error
		if *l.into, err = lc.Listen(ctx, "tcp", l.address); err != nil {
			return fmt.Errorf("server: %w", err)
		}
		*l.into = netutil.LimitListener(*l.into, s.config.Connections)
	}
	return nil
}

// HTTPAddr is where the HTTP API listens.
func (s *Server) HTTPAddr() string { return s.http.Addr().String() }

// GRPCAddr is where the gRPC API listens.
func (s *Server) GRPCAddr() string { return s.grpc.Addr().String() }

// PeerAddr is where other gateways hand writes over; empty where they do not.
func (s *Server) PeerAddr() string {
	if s.peer == nil {
		return ""
	}
	return s.peer.Addr().String()
}

// App is the server's application.
func (s *Server) App() *app.App { return s.app }

// Metrics describes what the server measures, before it has happened too.
func (s *Server) Metrics() prometheus.Collector { return s.registry }

// MetricsAddr is where the metrics are; empty: nowhere.
func (s *Server) MetricsAddr() string {
	if s.metrics == nil {
		return ""
	}
	return s.metrics.Addr().String()
}

// Store is the server's database.
func (s *Server) Store() *store.Store { return s.store }

// ready says where the exchange serves, or why it cannot.
func (s *Server) ready(ctx context.Context) (string, error) {
	if s.stopping.Load() {
		return "", fault.New(fault.ShuttingDown)
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	newer := ""
	err := s.store.Ready(ctx)
	if err == nil && !s.served.Load() {
		err = s.store.MayServe(ctx)
		if err == nil {
			err = s.store.MayServeIn(ctx, s.config.Region)
		}
	}
	switch {
	case err == nil:
		s.served.Store(true)
	case fault.Is(err, fault.SchemaTooNew) && s.served.Load():
		// An upgrade is under way: migrations add, and while the servers are
		// replaced one after the other those of before must go on.
		newer = "on a schema that is newer than this program"
	default:
		return "", err
	}
	node, err := s.store.Where(ctx)
	if err != nil || s.config.Region == "" {
		return newer, err
	}
	where := "in " + s.config.Region
	if node != "" {
		where += ", database in " + node
	}
	if newer != "" {
		where += ", " + newer
	}
	return where, nil
}

// verbose is what /readyz?verbose adds.
func (s *Server) verbose() string {
	text := s.policy.Status().String()
	if s.config.Environment != "" {
		text += "environment " + s.config.Environment + "\n"
	}
	return text
}

// Serve serves until the context ends, then ends in order: unready, no new
// calls, what has begun finishes within the grace, duties stop, the database
// closes.
func (s *Server) Serve(ctx context.Context) error {
	defer s.close()
	collectLess()
	web := &http.Server{
		Handler: s.api.HTTP, TLSConfig: s.tls, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		HTTP2:       &http.HTTP2Config{MaxConcurrentStreams: s.config.PerConnection},
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	side := &http.Server{Handler: promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}), ReadHeaderTimeout: readHeaderTimeout}
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return ended(web.ServeTLS(s.http, "", "")) })
	group.Go(func() error { return ended(s.api.GRPC.Serve(s.grpc)) })
	if s.metrics != nil {
		group.Go(func() error { return ended(side.Serve(s.metrics)) })
	}
	if s.peers != nil {
		group.Go(func() error { return ended(s.api.Peer.Serve(s.peer)) })
	}
	group.Go(func() error { s.policy.Run(running); return nil })
	group.Go(func() error { return s.store.FollowNearest(running) })
	s.api.Health.SetServingStatus("", healthpb.HealthCheckResponse_NOT_SERVING)
	group.Go(func() error {
		if s.untilReady(running) {
			s.begin(running, group)
		}
		return nil
	})
	group.Go(func() error {
		<-running.Done()
		return s.stop(ctx, web, side)
	})
	s.log.Info("listening", "http", s.HTTPAddr(), "grpc", s.GRPCAddr())
	err := group.Wait()
	s.log.Info("stopped")
	return err
}

// readyPoll is how often a server that cannot serve yet looks whether it can.
const readyPoll = time.Second

// untilReady waits until the exchange can serve, and logs what is in the way. A
// server changes nothing in a database whose schema is not its own.
func (s *Server) untilReady(ctx context.Context) bool {
	said := ""
	for {
		_, err := s.ready(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		if text := err.Error(); text != said {
			said = text
			s.log.Error("not serving yet", "error", text)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(readyPoll):
		}
	}
}

// begin begins what a server does by itself.
func (s *Server) begin(ctx context.Context, group *errgroup.Group) {
	if s.peers != nil {
		group.Go(func() error { s.runPeers(ctx); return nil })
	}
	group.Go(func() error { s.app.RunJobs(ctx); return nil })
	if s.sealer != nil {
		group.Go(func() error { s.sealer.Run(ctx); return nil })
	}
	s.api.Health.SetServingStatus("", healthpb.HealthCheckResponse_SERVING)
	s.log.Info("serving", "http", s.HTTPAddr(), "grpc", s.GRPCAddr())
}

// serving says why nobody can be served yet. Once the exchange has served, calls
// tell themselves what is wrong. Calls that come before share one look: a server
// that starts under load would else keep its database busy with looks alone.
func (s *Server) serving(ctx context.Context) error {
	if s.served.Load() {
		return nil
	}
	look := s.looking.DoChan("", func() (any, error) {
		_, err := s.ready(context.WithoutCancel(ctx))
		return nil, err
	})
	select {
	case found := <-look:
		return found.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ended is nil for a server that was told to stop.
func ended(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return err
}

// stop ends what listens. What is not done within the grace is cut off.
func (s *Server) stop(ctx context.Context, web, side *http.Server) error {
	s.stopping.Store(true)
	s.api.Health.Shutdown()
	s.api.EndStreams()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Grace)
	defer cancel()
	calls := []*grpc.Server{s.api.GRPC}
	if s.api.Peer != nil {
		calls = append(calls, s.api.Peer)
	}
	done := make(chan struct{})
	go func() {
		for _, c := range calls {
			c.GracefulStop()
		}
		close(done)
	}()
	err := web.Shutdown(ctx)
	select {
	case <-done:
	case <-ctx.Done():
		for _, c := range calls {
			c.Stop()
		}
	}
	if err != nil {
		s.log.Warn("cut off what was not done within the grace", "error", err)
		err = web.Close()
	}
	return errors.Join(err, side.Close())
}

func (s *Server) close() {
	for _, l := range []net.Listener{s.http, s.grpc, s.metrics, s.peer} {
		if l != nil {
			_ = l.Close() // closed already where it was served
		}
	}
	if s.decisions != nil {
		s.decisions.Close()
	}
	if s.api != nil {
		s.api.Close()
	}
	if s.store != nil {
		s.store.Close()
	}
	if s.traces != nil {
		if err := s.traces.stop(context.Background()); err != nil {
			s.log.Warn("the last traces were not delivered", "error", err)
		}
	}
}

// tlsConfig reads the certificate, again whenever its file has changed.
func tlsConfig(c Config) (*tls.Config, error) {
	r := &reloader{cert: c.TLSCert, key: c.TLSKey}
	if _, err := r.get(nil); err != nil {
		return nil, fmt.Errorf("server: tls-cert and tls-key: %w", err)
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: r.get, NextProtos: []string{"h2", "http/1.1"}}
	if c.TLSClientCA == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.TLSClientCA)
	if err != nil {
		return nil, fmt.Errorf("server: tls-client-ca: %w", err)
	}
	t.ClientCAs, t.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !t.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("server: %s holds no certificate", c.TLSClientCA)
	}
	return t, nil
}
