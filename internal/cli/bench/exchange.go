package bench

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"golang.org/x/mod/sumdb/note"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/sushaan/exchange/internal/cli/route"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/reference"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
)

const (
	issuerURL = "https://issuers.sushaan.example/"
	tokenLife = 24 * time.Hour
)

// exchange is the exchange that is measured, and what the load needs of it.
type exchange struct {
	o     Options
	url   string // of the database
	notes io.Writer
	floor store.Floor

	dir    string // of keys and certificates
	server *server.Server
	stop   context.CancelFunc
	served chan error

	keys   map[string]identity.Key
	sample sample.Sample
	trust  *tls.Config
	conns  []*grpc.ClientConn
	web    *http.Client
	routes route.Routes
	goods  goods
	signer note.Signer // of the volume cases; nil: their dataset is not loaded
}

// open makes an exchange in an empty database, serves it and fills it.
func open(ctx context.Context, o Options, url string, notes io.Writer) (_ *exchange, err error) {
	x := &exchange{
		o: o, url: url, notes: notes, floor: store.Floor{URL: url, Scale: o.Scale, Offers: spreadOffers},
		keys: map[string]identity.Key{}, routes: route.API(), served: make(chan error, 1),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, x.close())
		}
	}()
	fmt.Fprintf(notes, "filling: pgbench scale %d, %d offers to order from, %d to list\n", o.Scale, spreadOffers+1, o.Offers)
	if err := x.floor.Prepare(ctx); err != nil {
		return x, err
	}
	const timeout = 2 * time.Minute
	if err := x.migrate(ctx, timeout); err != nil {
		return x, err
	}
	if err := x.serve(ctx); err != nil {
		return x, err
	}
	if x.sample, err = sample.Seed(ctx, x.server.App(), x.issuer); err != nil {
		return x, err
	}
	if err := x.connect(); err != nil {
		return x, err
	}
	return x, x.fill(ctx)
}

func (x *exchange) store() *store.Store { return x.server.Store() }

// migrate brings the schema up to date and loads the reference data. The timeout is
// of one statement.
func (x *exchange) migrate(ctx context.Context, timeout time.Duration) error {
	s, err := store.Open(ctx, store.Config{URL: x.url, MaxConns: 4, StatementTimeout: timeout})
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.MigrateUp(ctx); err != nil {
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
	return s.LoadReference(ctx, divisions, pairings)
}

// configure makes certificates, and the configuration of a server: as it is by
// default but for its addresses.
func (x *exchange) configure() (server.Config, error) {
	c := server.DefaultConfig()
	dir, err := os.MkdirTemp("", "sushaan-bench-")
	if err != nil {
		return c, err
	}
	x.dir = dir
	pki, err := server.SelfSigned(dir, []string{"127.0.0.1"}, time.Now())
	if err != nil {
		return c, err
	}
	authority, err := os.ReadFile(pki.CAFile)
	if err != nil {
		return c, err
	}
	x.trust = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	x.trust.RootCAs.AppendCertsFromPEM(authority)
	c.HTTPAddr, c.GRPCAddr, c.MetricsAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	c.DatabaseURL, c.TLSCert, c.TLSKey = x.url, pki.CertFile, pki.KeyFile
	c.PeerCert, c.PeerKey, c.PeerCA = pki.CertFile, pki.KeyFile, pki.CAFile
	c.LogLevel = "warn"
	return c, nil
}

// serve starts the real server.
func (x *exchange) serve(ctx context.Context) error {
	c, err := x.configure()
	if err != nil {
		return err
	}
	// Every caller may be inside at once; what waits, waits in the lanes.
	c.MaxConcurrent = max(c.MaxConcurrent, maxClients)
	if x.o.Lanes > 0 {
		c.Lanes = x.o.Lanes
	}
	if x.o.BatchSize > 0 {
		c.BatchSize = x.o.BatchSize
	}
	if x.server, err = server.New(ctx, c, x.notes); err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	x.stop = stop
	go func() { x.served <- x.server.Serve(running) }()
	return nil
}

func (x *exchange) close() error {
	var errs []error
	for _, c := range x.conns {
		errs = append(errs, c.Close())
	}
	if x.web != nil {
		x.web.CloseIdleConnections()
	}
	if x.stop != nil {
		x.stop()
		errs = append(errs, <-x.served)
	}
	if x.dir != "" {
		errs = append(errs, os.RemoveAll(x.dir))
	}
	return errors.Join(errs...)
}

// issuer gives the URL and key set of an issuer of the sample.
func (x *exchange) issuer(name string) (url, jwks string, err error) {
	key, ok := x.keys[name]
	if !ok {
		if key, err = identity.NewKey("EdDSA"); err != nil {
			return "", "", err
		}
		x.keys[name] = key
	}
	jwks, err = key.KeySet()
	return issuerURL + name, jwks, err
}

// connect opens the connections that the callers share.
func (x *exchange) connect() error {
	for range x.o.Conns {
		c, err := grpc.NewClient(x.server.GRPCAddr(), grpc.WithTransportCredentials(credentials.NewTLS(x.trust)),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)))
		if err != nil {
			return err
		}
		x.conns = append(x.conns, c)
	}
	x.web = &http.Client{Transport: &http.Transport{
		TLSClientConfig: x.trust.Clone(), ForceAttemptHTTP2: true, MaxIdleConnsPerHost: x.o.Conns, MaxConnsPerHost: x.o.Conns,
	}}
	return nil
}

// token signs a token for somebody of the sample. Each client has one of its
// own: they differ in when they were issued.
func (x *exchange) token(persona string, client int) (string, error) {
	for _, p := range sample.Personas() {
		if p.Name != persona {
			continue
		}
		return x.keys[p.Issuer].Issue(identity.Token{
			Issuer: issuerURL + p.Issuer, Subject: p.Subject, Member: x.sample.Members[p.Member].CreditCode,
			Audience: []string{identity.Audience}, IssuedAt: time.Now().Add(-time.Duration(client+1) * time.Second),
			Expires: time.Now().Add(tokenLife),
		})
	}
	return "", fmt.Errorf("nobody is called %s", persona)
}
