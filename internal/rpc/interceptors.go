package rpc

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"buf.build/go/protovalidate"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/identity"
)

const requestIDHeader = "x-request-id"

// Config of the API. Zero fields take the default.
type Config struct {
	MaxConcurrent int           // calls at once that have a token; default 1024
	MaxWatches    int           // watches open at once; default 1024
	ActorWatches  int           // of them, for one subject; default 16
	OpenStreams   int           // streams at once that need no token: health and reflection; default 64
	PerConnection int           // calls at once on one connection; default 512
	Deadline      time.Duration // of a call that brings none; default 30 s
	MaxDeadline   time.Duration // of a call that brings one; default 5 min
	BodyTime      time.Duration // in which an HTTP body must be there; default 20 s
	BodyLimit     int64         // bytes of an HTTP body or a gRPC message; default 1 MiB
	Audience      string        // of tokens; default identity.Audience
	Now           func() time.Time
	Log           *slog.Logger
	Metrics       prometheus.Registerer
	Verbose       func() string        // lines that /readyz?verbose adds; nil: none
	Traces        trace.TracerProvider // default: none are recorded
	Forward       *Forwarding          // nil: every write runs here
	// Serving says why the exchange cannot serve anybody yet; nil: it always can.
	Serving func(ctx context.Context) error
}

func (c Config) withDefaults() Config {
	if c.MaxConcurrent == 0 {
		c.MaxConcurrent = 1024
	}
	if c.MaxWatches == 0 {
		c.MaxWatches = 1024
	}
	if c.ActorWatches == 0 {
		c.ActorWatches = 16
	}
	if c.OpenStreams == 0 {
		c.OpenStreams = 64
	}
	if c.PerConnection == 0 {
		c.PerConnection = 512
	}
	if c.Deadline == 0 {
		c.Deadline = 30 * time.Second
	}
	if c.MaxDeadline == 0 {
		c.MaxDeadline = 5 * time.Minute
	}
	if c.BodyTime == 0 {
		c.BodyTime = 20 * time.Second
	}
	if c.BodyLimit == 0 {
		c.BodyLimit = 1 << 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Traces == nil {
		c.Traces = noop.NewTracerProvider()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Serving == nil {
		c.Serving = func(context.Context) error { return nil }
	}
	return c
}

// guard is what every call goes through, over gRPC and over HTTP alike.
type guard struct {
	config    Config
	app       *app.App
	verifier  *identity.Verifier
	validator protovalidate.Validator
	slots     slots // of calls with a token
	streams   *streams
	latency   *prometheus.HistogramVec
	tracer    trace.Tracer
	forward   *forwarder // may be nil
}

func newGuard(a *app.App, c Config) (*guard, error) {
	validator, err := protovalidate.New()
	if err != nil {
		return nil, fmt.Errorf("rpc: %w", err)
	}
	g := &guard{
		config: c, app: a, forward: newForwarder(c), validator: validator, tracer: c.Traces.Tracer("rpc"), slots: make(slots, c.MaxConcurrent), streams: newStreams(c),
		verifier: identity.New(a.Issuer, identity.Config{Audience: c.Audience, Now: c.Now}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sushaan_rpc_seconds", Help: "Calls by method, status code and reason.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}, []string{"method", "code", "reason"}),
	}
	if c.Metrics != nil {
		c.Metrics.MustRegister(g.latency)
	}
	return g, nil
}

// open are the services that need no token: health and reflection tell nothing
// about anybody.
func open(method string) bool { return strings.HasPrefix(method, "/grpc.") }

// bounded gives a call its deadline, and a bound to the one that it brings.
func (c Config) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithTimeout(ctx, c.MaxDeadline)
	}
	return context.WithTimeout(ctx, c.Deadline)
}

func (g *guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, end := g.traced(ctx, info.FullMethod)
	defer end()
	ctx, id := withRequestID(ctx)
	_ = grpc.SetHeader(ctx, metadata.Pairs(requestIDHeader, id))
	ctx, cancel := g.config.bounded(ctx)
	defer cancel()
	var res any
	err := g.observe(ctx, info.FullMethod, id, func() error {
		ctx, err := g.admit(ctx, info.FullMethod)
		if err != nil {
			return err
		}
		if !open(info.FullMethod) {
			leave, err := g.slots.enter()
			if err != nil {
				return err
			}
			defer leave()
		}
		if m, ok := req.(proto.Message); ok {
			if err := g.check(ctx, m); err != nil {
				return err
			}
			if ctx, err = g.nearest(ctx, info.FullMethod, m.ProtoReflect()); err != nil {
				return err
			}
		}
		if g.forward == nil {
			res, err = next(ctx, req)
			return err
		}
		res, err = g.forward.run(ctx, info.FullMethod, id, req, func() (any, error) { return next(ctx, req) })
		return err
	})
	return res, err
}

// observe runs a call, survives its panic, counts it, logs it without tokens or
// bodies, and gives its error the API's form.
func (g *guard) observe(ctx context.Context, method, id string, call func() error) error {
	start := time.Now()
	err := g.survive(ctx, id, call)
	s := statusOf(ctx, err)
	reason, defect := "", false
	if err != nil && s.Code() != codes.Canceled {
		reason, defect = string(faultOf(err).Code), faultOf(err).Kind() == fault.Internal
		if given := reasonOf(s); given != "" {
			reason, defect = given, s.Code() == codes.Internal // a peer's answer too
		}
	}
	took := time.Since(start)
	g.latency.WithLabelValues(method, s.Code().String(), reason).Observe(took.Seconds())
	level, attrs := slog.LevelInfo, []any{"method", method, "request_id", id, "code", s.Code().String(), "ms", took.Milliseconds()}
	if t := trace.SpanContextFromContext(ctx); t.IsSampled() {
		attrs = append(attrs, "trace_id", t.TraceID().String())
	}
	if reason != "" {
		attrs = append(attrs, "reason", reason)
	}
	if defect {
		level, attrs = slog.LevelError, append(attrs, "error", err.Error())
	}
	g.config.Log.Log(ctx, level, "call", attrs...)
	if err == nil {
		return nil
	}
	return s.Err()
}

func (g *guard) survive(ctx context.Context, id string, call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			g.config.Log.ErrorContext(ctx, "panic", "request_id", id, "panic", r, "stack", string(debug.Stack()))
			err = fault.New(fault.InternalError)
		}
	}()
	return call()
}

// admit proves who is asking. It comes before every limit that callers share, so
// that nobody without a token can use one up.
func (g *guard) admit(ctx context.Context, method string) (context.Context, error) {
	if open(method) {
		return ctx, nil
	}
	if err := g.config.Serving(ctx); err != nil {
		return ctx, err
	}
	p, expires, err := g.prove(ctx)
	if err != nil {
		return ctx, err
	}
	again := func(ctx context.Context) (exchange.Principal, error) {
		p, _, err := g.prove(ctx)
		return p, err
	}
	return app.WithProof(app.WithPrincipal(ctx, p), app.Proof{Until: expires, Again: again}), nil
}

// prove finds out for whom a call's token speaks, and until when.
func (g *guard) prove(ctx context.Context) (exchange.Principal, time.Time, error) {
	var none exchange.Principal
	token, err := bearer(ctx)
	if err != nil {
		return none, time.Time{}, err
	}
	claims, err := g.verifier.Verify(ctx, token)
	if err != nil {
		return none, time.Time{}, err
	}
	p, err := g.app.Principal(ctx, claims.Issuer, claims.Subject, claims.Member)
	return p, claims.Expires, err
}

func bearer(ctx context.Context) (string, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get("authorization")
	if len(values) != 1 {
		return "", fault.New(fault.TokenMissing)
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", fault.New(fault.TokenMissing)
	}
	return token, nil
}

// check proves a request's texts and the rules written beside its fields, and
// fills its request id from the Idempotency-Key header.
func (g *guard) check(ctx context.Context, m proto.Message) error {
	if err := fillRequestID(ctx, m); err != nil {
		return err
	}
	return g.checkFields(m)
}

// checkFields proves a request's texts and the rules written beside its fields.
// The lines of a batch are requests of their own.
func (g *guard) checkFields(m proto.Message) error {
	if err := checkTexts(m.ProtoReflect(), ""); err != nil {
		return err
	}
	return g.validator.Validate(m)
}

func withRequestID(ctx context.Context) (context.Context, string) {
	md, _ := metadata.FromIncomingContext(ctx)
	if v := md.Get(requestIDHeader); len(v) == 1 && len(v[0]) <= 64 && printable(v[0]) {
		return ctx, v[0]
	}
	return ctx, uuid.NewString()
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
