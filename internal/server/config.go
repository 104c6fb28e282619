package server

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/store"
)

// commitTime is how long a COMMIT may take beyond its transaction's time.
const commitTime = 5 * time.Second

// policyBound is how seldom policies in the database may be looked at. Reading and
// compiling new ones takes part of the 5 s in which they reach every gateway.
const policyBound = 3 * time.Second

// Config is what a server can be told. DefaultConfig has sane values.
type Config struct {
	HTTPAddr    string
	GRPCAddr    string
	MetricsAddr string // empty: no metrics
	DatabaseURL string
	MaxConns    int

	DatabaseNear         string // further nodes of the database in this region, host:port with commas between
	DatabaseFar          string // nodes in other regions, for when none here answers
	DatabaseConnLifetime time.Duration
	FollowerReads        string // auto, on or off: when lists and reports read the nearest replica

	TLSCert     string // PEM files, read again when they change
	TLSKey      string
	TLSClientCA string // given: clients must show a certificate of it

	// Of several regions (design §7). PeerAddr empty: writes are not handed to
	// other gateways.
	Region         string
	Provinces      string // province=region, comma between; empty: as the database is placed
	PeerAddr       string // where other gateways hand writes over
	PeerAdvertise  string // the same as they reach it; empty: as it listens
	Peers          string // region=address, comma between: gateways beside those found in the database
	PeerCert       string // PEM files
	PeerKey        string
	PeerCA         string
	PeerInterval   time.Duration
	ForwardTimeout time.Duration

	Environment   string // what the installation is for; "production" keeps drills away
	Audience      string
	LogLevel      string
	LogFormat     string
	OTLPEndpoint  string // URL of an OpenTelemetry collector, OTLP over gRPC; empty: no traces
	TracePercent  int    // share of traces recorded that no caller began
	MaxConcurrent int
	Deadline      time.Duration
	BodyLimit     int
	Grace         time.Duration // for what has begun, when stopping
	PageSize      int
	MaxPageSize   int
	HoldTime      time.Duration
	ApprovalTime  time.Duration
	BankAccounts  string // of the exchange, as province=account, with commas between
	Lanes         int
	BatchSize     int
	LaneWaiters   int
	BatchLines    int
	DutyInterval  time.Duration
	JobPoll       time.Duration
	JobLease      time.Duration
	JobBatch      int
	SweepBatch    int

	DecisionLog       string        // file of JSON lines; empty: the table alone
	DecisionLogQueue  int           // lines that may wait for the file
	DecisionLogWait   time.Duration // how long a decision waits for it
	DecisionRetention time.Duration // of the table; 0: for ever

	SigningKey   string        // file with the exchange's key; empty: this server does not seal
	SealInterval time.Duration // between looks for what waits to be sealed
	SealLease    time.Duration // after which another server takes over from a silent sealer
	SealBatch    int           // transactions sealed at once

	Limits

	Policy             string // folder, bundle or URL of one; empty: the policies built in
	PolicyKey          string // PEM file: bundles must be signed by it
	PolicyKeyAlgorithm string
	PolicyPoll         time.Duration // how often the policies are looked at
	PolicyTimeout      time.Duration // of one look at a URL
	PolicyLimit        int           // bytes of a bundle
	PolicyEvalTimeout  time.Duration // of one decision
	PolicySteps        int           // of one decision, when policies are loaded
	PolicyAnswers      int           // answers of rules and decisions that are kept

	Now func() time.Time // the clock; nil: time.Now
}

// DefaultConfig serves on loopback.
func DefaultConfig() Config {
	l := app.DefaultLimits()
	return Config{
		Limits:   defaultLimits(l),
		HTTPAddr: "127.0.0.1:8443", GRPCAddr: "127.0.0.1:8444", MetricsAddr: "127.0.0.1:9464", MaxConns: 32,
		DatabaseConnLifetime: 5 * time.Minute, FollowerReads: string(store.FollowerAuto),
		PeerInterval: 2 * time.Second, ForwardTimeout: 2 * time.Second,
		Audience: identity.Audience, LogLevel: "info", LogFormat: "json", MaxConcurrent: 1024, Deadline: 30 * time.Second,
		BodyLimit: 1 << 20, Grace: 20 * time.Second, PageSize: l.PageSize, MaxPageSize: l.MaxPageSize, HoldTime: l.HoldTime, ApprovalTime: l.ApprovalTime,
		TracePercent: 10, DecisionLogQueue: 1024, DecisionLogWait: 2 * time.Second, DecisionRetention: l.KeepDecisions,
		PolicyKeyAlgorithm: "ES256", PolicyPoll: 2 * time.Second, PolicyTimeout: 10 * time.Second, PolicyLimit: 16 << 20,
		PolicyEvalTimeout: time.Second, PolicySteps: 100_000, PolicyAnswers: 65_536,
		SealInterval: 500 * time.Millisecond, SealLease: 10 * time.Second, SealBatch: 2000,
		Lanes: l.Lanes, BatchSize: l.BatchSize, LaneWaiters: l.LaneWaiters, BatchLines: l.BatchLines, DutyInterval: l.DutyInterval, SweepBatch: l.SweepBatch,
		JobPoll: l.JobPoll, JobLease: l.JobLease, JobBatch: l.JobBatch,
	}
}

// Field is one setting, for a program that takes it from a flag, the
// environment or a file.
type Field struct {
	Name, Usage string
	Secret      bool
	Value       any // *string, *int or *time.Duration
}

// Fields are the settings of a configuration.
func (c *Config) Fields() []Field {
	return append(c.fields(), []Field{
		{"http-addr", "address of the HTTP/JSON API", false, &c.HTTPAddr},
		{"grpc-addr", "address of the gRPC API", false, &c.GRPCAddr},
		{"metrics-addr", "address of the Prometheus metrics, plain HTTP; empty: none", false, &c.MetricsAddr},
		{"database-url", "postgres:// URL of the database", true, &c.DatabaseURL},
		{"database-near", "further nodes of the database in this region, as host:port with commas between; connections are spread over them", false, &c.DatabaseNear},
		{"database-far", "nodes of the database in other regions, for when none in this region answers", false, &c.DatabaseFar},
		{"database-conn-lifetime", "how long a connection lives, after which a node in this region is tried again", false, &c.DatabaseConnLifetime},
		{"follower-reads", "when lists and reports read the nearest replica, some seconds old: auto where the database is placed in regions, on, or off", false, &c.FollowerReads},
		{"max-conns", "connections to the database at most, half of them for reads (on PostgreSQL half of those for pages of lists); half as many again for reads of the nearest replica", false, &c.MaxConns},
		{"tls-cert", "PEM file of the server's certificate", false, &c.TLSCert},
		{"tls-key", "PEM file of its key", false, &c.TLSKey},
		{"tls-client-ca", "PEM file of the authority of clients' certificates; given: clients must have one", false, &c.TLSClientCA},
		{"region", "region where this server runs; empty: that of the database node it reaches first", false, &c.Region},
		{"provinces", "region of each province, as 32=cn-east-jiangsu,61=cn-northwest-shaanxi; empty: as the database is placed", false, &c.Provinces},
		{"peer-addr", "address where other gateways hand over writes, gRPC with mutual TLS; empty: every write runs where it arrives", false, &c.PeerAddr},
		{"peer-advertise", "the same address as other gateways reach it; empty: as it listens", false, &c.PeerAdvertise},
		{"peers", "gateways beside those found in the database, as region=host:port, with commas between", false, &c.Peers},
		{"peer-cert", "PEM file of the certificate shown to other gateways, as server and as client", false, &c.PeerCert},
		{"peer-key", "PEM file of its key", false, &c.PeerKey},
		{"peer-ca", "PEM file of the authority of the gateways' certificates", false, &c.PeerCA},
		{"peer-interval", "how often this gateway says that it lives", false, &c.PeerInterval},
		{"forward-timeout", "longest wait for another gateway before a write runs here", false, &c.ForwardTimeout},
		{"environment", "what this installation is for, as /readyz?verbose tells; production: drills refuse to touch it", false, &c.Environment},
		{"audience", "aud claim that tokens must have", false, &c.Audience},
		{"log-level", "debug, info, warn or error", false, &c.LogLevel},
		{"log-format", "json or text", false, &c.LogFormat},
		{"otlp-endpoint", "URL of an OpenTelemetry collector (OTLP over gRPC) that traces go to; empty: none", false, &c.OTLPEndpoint},
		{"trace-percent", "share of traces recorded that no caller began, 1 to 100", false, &c.TracePercent},
		{"max-concurrent", "calls at once that have a token", false, &c.MaxConcurrent},
		{"deadline", "of a call that brings none", false, &c.Deadline},
		{"body-limit", "bytes of a request", false, &c.BodyLimit},
		{"grace", "time for what has begun, when stopping", false, &c.Grace},
		{"page-size", "rows of a page when none is asked for", false, &c.PageSize},
		{"max-page-size", "rows of a page at most", false, &c.MaxPageSize},
		{"bank-accounts", "accounts of the exchange, of which statements are imported, as 61=6222000011112222,32=…; the province is where their lines are kept", false, &c.BankAccounts},
		{"hold-time", "how long a placed order holds its stock", false, &c.HoldTime},
		{"approval-time", "how long an order waits for its approval", false, &c.ApprovalTime},
		{"lanes", "order writes of one province at once; those of one offer are in one lane", false, &c.Lanes},
		{"batch-size", "order writes in one transaction", false, &c.BatchSize},
		{"batch-lines", "orders that one call may write", false, &c.BatchLines},
		{"lane-waiters", "writes that may wait in one lane", false, &c.LaneWaiters},
		{"duty-interval", "how often the sweeps for what is over come again", false, &c.DutyInterval},
		{"job-poll", "how often a server looks for jobs that are due", false, &c.JobPoll},
		{"job-lease", "how long a server may work at a job before another takes it", false, &c.JobLease},
		{"job-batch", "jobs that a server takes at once", false, &c.JobBatch},
		{"sweep-batch", "rows that one run of a timed duty changes at most", false, &c.SweepBatch},
		{"policy", "folder of policies, file of an OPA bundle, URL of one, or database for those of policy publish; empty: the policies built in", false, &c.Policy},
		{"policy-key", "PEM file of the public key that policy bundles must be signed by; empty: signatures are not looked at", false, &c.PolicyKey},
		{"policy-key-algorithm", "of the signature: ES256, RS256 and so on", false, &c.PolicyKeyAlgorithm},
		{"policy-poll", "how often policies are looked at for changes", false, &c.PolicyPoll},
		{"policy-timeout", "of one look at a URL", false, &c.PolicyTimeout},
		{"policy-limit", "bytes of a policy bundle", false, &c.PolicyLimit},
		{"policy-eval-timeout", "of one decision of policy; a rule that takes longer denies by an error", false, &c.PolicyEvalTimeout},
		{"policy-steps", "of one decision of policy; rules that take more when they are loaded are refused as too heavy", false, &c.PolicySteps},
		{"policy-answers", "answers of rules and decisions of policy kept for the same facts, some 300 bytes each", false, &c.PolicyAnswers},
		{"decision-log", "file that decisions of policy are appended to as JSON lines, beside the table; empty: none", false, &c.DecisionLog},
		{"decision-log-queue", "lines that may wait for the decision log's file", false, &c.DecisionLogQueue},
		{"decision-log-wait", "how long a decision waits for the file; what moves money fails after it", false, &c.DecisionLogWait},
		{"decision-retention", "how long decisions are kept in the table; 0s: for ever", false, &c.DecisionRetention},
		{"signing-key", "file with the exchange's private key, of keys seal; empty: this server does not seal the ledger. A new key in the file is in use at once", false, &c.SigningKey},
		{"seal-interval", "how often the sealer looks for what waits", false, &c.SealInterval},
		{"seal-lease", "after this time another server takes over from a sealer that is silent", false, &c.SealLease},
		{"seal-batch", "ledger transactions sealed at once, at most", false, &c.SealBatch},
	}...)
}

// forEver is the one setting that may be 0: nothing is ever taken away then.
const forEver = "decision-retention"

// Validate tells everything that is wrong with a configuration.
func (c Config) Validate() error {
	var errs []error
	for _, f := range []struct{ name, value string }{
		{"http-addr", c.HTTPAddr}, {"grpc-addr", c.GRPCAddr}, {"database-url", c.DatabaseURL}, {"tls-cert", c.TLSCert}, {"tls-key", c.TLSKey},
	} {
		if f.value == "" {
			errs = append(errs, fmt.Errorf("%s is required", f.name))
		}
	}
	for _, f := range c.Fields() {
		if f.zero() && f.Name != forEver {
			errs = append(errs, fmt.Errorf("%s must be more than 0", f.Name))
		}
	}
	if c.PolicyKey != "" && c.Policy == "" {
		errs = append(errs, errors.New("policy-key is for a bundle: policy says where it is"))
	}
	if c.Policy == authz.Database && c.PolicyPoll > policyBound {
		errs = append(errs, fmt.Errorf("policy-poll is more than %s: what is published must reach every gateway within 5 s", policyBound))
	}
	if c.DecisionRetention < 0 {
		errs = append(errs, fmt.Errorf("%s is negative", forEver))
	}
	if c.WatchOverlap < c.TxTime+commitTime {
		errs = append(errs, fmt.Errorf("watch-overlap is less than tx-time and %s", commitTime))
	}
	if c.PageSize > c.MaxPageSize {
		errs = append(errs, errors.New("page-size is more than max-page-size"))
	}
	if c.TracePercent > wholePercent {
		errs = append(errs, errors.New("trace-percent is more than 100"))
	}
	if _, err := c.level(); err != nil {
		errs = append(errs, err)
	}
	if c.LogFormat != "json" && c.LogFormat != "text" {
		errs = append(errs, fmt.Errorf("log-format %q is neither json nor text", c.LogFormat))
	}
	if f := store.FollowerReads(c.FollowerReads); f != store.FollowerAuto && f != store.FollowerOn && f != store.FollowerOff {
		errs = append(errs, fmt.Errorf("follower-reads %q is not auto, on or off", c.FollowerReads))
	}
	if _, err := c.bankAccounts(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(append(errs, c.validatePeers())...)
}

func (c Config) level() (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return l, fmt.Errorf("log-level %q is not debug, info, warn or error", c.LogLevel)
	}
	return l, nil
}

func (c Config) now() func() time.Time {
	if c.Now == nil {
		return time.Now
	}
	return c.Now
}

func (c Config) limits() app.Limits {
	l := c.into(app.DefaultLimits())
	// Validate has found what is wrong with them.
	l.BankAccounts, _ = c.bankAccounts()
	l.PageSize, l.MaxPageSize, l.HoldTime, l.ApprovalTime = c.PageSize, c.MaxPageSize, c.HoldTime, c.ApprovalTime
	l.Lanes, l.BatchSize = c.Lanes, c.BatchSize
	l.LaneWaiters, l.BatchLines, l.SweepBatch, l.KeepDecisions = c.LaneWaiters, c.BatchLines, c.SweepBatch, c.DecisionRetention
	l.DutyInterval, l.JobPoll, l.JobLease, l.JobBatch = c.DutyInterval, c.JobPoll, c.JobLease, c.JobBatch
	return l
}
