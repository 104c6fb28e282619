package testkit

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/reference"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
)

// Exchange is a whole exchange that listens, with the sample's people.
type Exchange struct {
	Store  *store.Store
	App    *app.App
	Sample sample.Sample
	People map[string]*Person

	// Those whom tests ask most.
	School, Hospital, BuyerSecretary *Person
	Cooperative, Agent, Secretary    *Person
	County, OtherCounty              *Person
	Auditor, Operator                *Person
	CooperativeCounty, BuyerAlliance string

	// Stop stops the server that began last as SIGTERM does, and waits for its end. The end of
	// the test does it otherwise.
	Stop func() error

	Config  server.Config
	CA      *x509.CertPool
	keys    *keys
	metrics prometheus.Collector
}

// keys plays the issuers.
type keys struct {
	mu   sync.Mutex
	made map[string]identity.Key
}

// issuerURL begins the iss claim of the issuers that the tests play.
const issuerURL = "https://issuers.example/"

func (k *keys) of(issuer string) (url, jwks string, err error) {
	key, err := k.key(issuer)
	if err != nil {
		return "", "", err
	}
	jwks, err = key.KeySet()
	return issuerURL + issuer, jwks, err
}

func (k *keys) key(issuer string) (identity.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.made[issuer]; ok {
		return key, nil
	}
	key, err := identity.NewKey("EdDSA")
	k.made[issuer] = key
	return key, err
}

// New makes an exchange for a test, in a database of its own. Its configuration
// can be changed before it starts.
func New(tb testing.TB, change ...func(*server.Config)) *Exchange {
	tb.Helper()
	x := &Exchange{People: map[string]*Person{}, keys: &keys{made: map[string]identity.Key{}}, CooperativeCounty: "610621"}
	url := Migrated(tb)
	loadReference(tb, url)
	x.Config = Config(tb, url)
	for _, f := range change {
		f(&x.Config)
	}
	x.start(tb)
	x.seed(tb)
	return x
}

// start runs a server of the exchange until the test ends.
func (x *Exchange) start(tb testing.TB) {
	tb.Helper()
	srv, err := server.New(tb.Context(), x.Config, tb.Output())
	if err != nil {
		tb.Fatalf("server: %v", err)
	}
	x.Config.HTTPAddr, x.Config.GRPCAddr = srv.HTTPAddr(), srv.GRPCAddr()
	x.Store, x.App, x.metrics = srv.Store(), srv.App(), srv.Metrics()
	x.serve(tb, srv)
}

func loadReference(tb testing.TB, url string) {
	tb.Helper()
	s, err := store.Open(tb.Context(), store.Config{URL: url})
	if err != nil {
		tb.Fatalf("open store: %v", err)
	}
	defer s.Close()
	divisions, err := reference.Divisions()
	if err != nil {
		tb.Fatal(err)
	}
	pairings, err := reference.Pairings()
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.LoadReference(tb.Context(), divisions, pairings); err != nil {
		tb.Fatal(err)
	}
}

// BankAccount is the exchange's account in tests, whose lines are kept in Shaanxi.
const BankAccount = "6222000011112222"

// Config is a server's configuration on free ports of this machine.
func Config(tb testing.TB, url string) server.Config {
	tb.Helper()
	pki, err := server.SelfSigned(tb.TempDir(), []string{"127.0.0.1"}, time.Now())
	if err != nil {
		tb.Fatal(err)
	}
	c := server.DefaultConfig()
	c.DatabaseURL, c.TLSCert, c.TLSKey = url, pki.CertFile, pki.KeyFile
	c.TLSClientCA, c.LogLevel, c.Grace = "", "warn", 2*time.Second
	c.HTTPAddr, c.GRPCAddr, c.MetricsAddr = "127.0.0.1:0", "127.0.0.1:0", ""
	c.BankAccounts = "61=" + BankAccount
	c.SigningKey, c.SealInterval = signingKey(tb), 50*time.Millisecond
	return c
}

// serve runs the server until the test ends.
func (x *Exchange) serve(tb testing.TB, srv *server.Server) {
	tb.Helper()
	ctx, stop := contextOf(tb)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx) }()
	end := sync.OnceValue(func() error {
		stop()
		return <-done
	})
	x.Stop = end
	tb.Cleanup(func() {
		if err := end(); err != nil {
			tb.Errorf("server: %v", err)
		}
	})
}

func (x *Exchange) seed(tb testing.TB) {
	tb.Helper()
	var err error
	if x.Sample, err = sample.Seed(tb.Context(), x.App, x.keys.of); err != nil {
		tb.Fatalf("sample: %v", err)
	}
	x.Connect(tb)
	x.BuyerAlliance = x.Sample.Alliances[sample.JiangsuBuyers].ID.String()
}

// Second serves the same exchange by a second server on the same database. Its
// configuration can be changed before it starts. Its people are the same, and
// call the second server.
func (x *Exchange) Second(tb testing.TB, change ...func(*server.Config)) *Exchange {
	tb.Helper()
	y := *x
	y.People = map[string]*Person{}
	y.Config.HTTPAddr, y.Config.GRPCAddr = "127.0.0.1:0", "127.0.0.1:0"
	for _, f := range change {
		f(&y.Config)
	}
	y.start(tb)
	y.Connect(tb)
	return &y
}

// nameThem finds those whom tests ask most.
func (x *Exchange) nameThem() {
	for name, p := range map[string]**Person{
		"jiangsu-school-buyer": &x.School, "jiangsu-hospital-buyer": &x.Hospital, "jiangsu-secretary": &x.BuyerSecretary,
		"shaanxi-cooperative": &x.Cooperative, "shaanxi-agent": &x.Agent, "shaanxi-secretary": &x.Secretary,
		"county-authority": &x.County, "zhouzhi-authority": &x.OtherCounty, "auditor": &x.Auditor, "operator": &x.Operator,
	} {
		*p = x.People[name]
	}
}

// Connect gives everybody of the sample a token and a way to call the exchange
// at its configured addresses.
func (x *Exchange) Connect(tb testing.TB) {
	tb.Helper()
	ca, err := os.ReadFile(x.Config.TLSCert[:len(x.Config.TLSCert)-len("server.pem")] + "ca.pem")
	if err != nil {
		tb.Fatal(err)
	}
	x.CA = x509.NewCertPool()
	x.CA.AppendCertsFromPEM(ca)
	trust := &tls.Config{RootCAs: x.CA, MinVersion: tls.VersionTLS12}
	conn := x.dial(tb, x.Config.GRPCAddr)
	web := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: trust.Clone(), ForceAttemptHTTP2: true}}
	tb.Cleanup(web.CloseIdleConnections)
	for _, p := range sample.Personas() {
		person := &Person{Name: p.Name, conn: conn, base: "https://" + x.Config.HTTPAddr, http: web}
		t := identity.Token{Issuer: issuerURL + p.Issuer, Subject: p.Subject}
		if p.Member != "" {
			m := x.Sample.Members[p.Member]
			person.Member, t.Member = m.ID.String(), m.CreditCode
		}
		person.Token = x.Token(tb, p.Issuer, t)
		x.People[p.Name] = person
	}
	x.nameThem()
}

// Token signs a token with an issuer's key. Its audience and its times are
// right unless they are given.
func (x *Exchange) Token(tb testing.TB, issuer string, t identity.Token) string {
	tb.Helper()
	key, err := x.keys.key(issuer)
	if err != nil {
		tb.Fatal(err)
	}
	if t.Audience == nil {
		t.Audience = []string{identity.Audience}
	}
	if t.Expires.IsZero() {
		t.Expires = time.Now().AddDate(2, 0, 0) // tests move the clock
	}
	token, err := key.Issue(t)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// With is the same caller with another token.
func (p *Person) With(token string) *Person {
	other := *p
	other.Token = token
	return &other
}

// KeySet is an issuer's public key set.
func (x *Exchange) KeySet(tb testing.TB, issuer string) string {
	tb.Helper()
	_, jwks, err := x.keys.of(issuer)
	if err != nil {
		tb.Fatal(err)
	}
	return jwks
}

// Conn is a connection to the gRPC API.
func (x *Exchange) Conn() *grpc.ClientConn { return x.School.conn }

// Context carries the person's token to a call over gRPC, and what the person has
// seen: the latest, unless told otherwise (Having).
func (p *Person) Context(ctx context.Context) context.Context {
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+p.Token)
	if seen := p.sees(); seen != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, seenHeader, seen)
	}
	return ctx
}

// seenHeader carries a consistency token. Tests look at what was just done, often
// past the API, so that their people ask for the latest.
const seenHeader = "x-exchange-consistency"

func (p *Person) sees() string {
	if p.seen == nil {
		return "latest"
	}
	return *p.seen
}

// Having is the same caller who has seen what a consistency token stands for;
// nothing, where it is empty.
func (p *Person) Having(token string) *Person {
	other := *p
	other.seen = &token
	return &other
}

// dial connects to a gRPC port, and again whenever it goes away.
func (x *Exchange) dial(tb testing.TB, address string) *grpc.ClientConn {
	tb.Helper()
	trust := credentials.NewTLS(&tls.Config{RootCAs: x.CA, MinVersion: tls.VersionTLS12})
	again := grpc.ConnectParams{MinConnectTimeout: 5 * time.Second, Backoff: backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1.5, MaxDelay: 200 * time.Millisecond}}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(trust), grpc.WithConnectParams(again))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return conn
}

// At is the same caller at another server of the exchange.
func (x *Exchange) At(tb testing.TB, p *Person, grpcAddress string) *Person {
	tb.Helper()
	other := *p
	other.conn = x.dial(tb, grpcAddress)
	return &other
}

// Apart is the same caller on connections of its own, over HTTP/1.1, which end
// with HangUp.
func (x *Exchange) Apart(tb testing.TB, p *Person) *Person {
	tb.Helper()
	other := x.At(tb, p, x.Config.GRPCAddr)
	var mu sync.Mutex
	var open []net.Conn
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		mu.Lock()
		defer mu.Unlock()
		open = append(open, conn)
		return conn, err
	}
	other.http = &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: x.CA, MinVersion: tls.VersionTLS12},
	}}
	other.hangUp = func() {
		_ = other.conn.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			_ = c.Close()
		}
	}
	tb.Cleanup(other.hangUp)
	return other
}

// Join runs another server on the exchange's database until the test ends.
func (x *Exchange) Join(tb testing.TB) *server.Server {
	tb.Helper()
	c := x.Config
	c.HTTPAddr, c.GRPCAddr = "127.0.0.1:0", "127.0.0.1:0"
	srv, err := server.New(tb.Context(), c, tb.Output())
	if err != nil {
		tb.Fatalf("server: %v", err)
	}
	x.serve(tb, srv)
	return srv
}

// Dialed is the caller's connection to the gRPC API.
func (p *Person) Dialed() *grpc.ClientConn { return p.conn }
