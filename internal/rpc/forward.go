package rpc

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

const (
	forwardedHeader = "x-exchange-forwarded-by" // the address of the gateway that forwarded
	ranHeader       = "x-exchange-ran-in"       // the region where a write ran
)

// Peer is a gateway that others may hand a write to. Its address is its
// identity.
type Peer struct{ Region, Address string }

// Forwarding hands a write to a gateway of the region in which its rows are
// (design §7). There it is authenticated, checked and decided as any other; a
// gateway that was handed a write never hands it on. Where there is no such
// gateway, or it fails, the write runs here: correctness never depends on where.
type Forwarding struct {
	Self     Peer
	RegionOf func(province string) string // empty: not known
	Peers    func() []Peer                // that were heard of lately, this one among them
	TLS      *tls.Config                  // proves this gateway to the others, and them to it
	Timeout  time.Duration                // of one attempt; default 2 s
	Pause    time.Duration                // in which a peer that failed is left alone; default 5 s
}

// forwarder keeps the connections to the peers.
type forwarder struct {
	Forwarding
	config  Config
	outcome *prometheus.CounterVec

	mu    sync.Mutex
	conns map[string]*grpc.ClientConn
	bad   map[string]time.Time // until when a peer is left alone
}

func newForwarder(c Config) *forwarder {
	if c.Forward == nil {
		return nil
	}
	f := &forwarder{
		Forwarding: *c.Forward, config: c, conns: map[string]*grpc.ClientConn{}, bad: map[string]time.Time{},
		outcome: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sushaan_rpc_forwarded_total", Help: "Writes handed to another gateway, by its region and how it ended: done, or fallback.",
		}, []string{"region", "outcome"}),
	}
	if f.Timeout == 0 {
		f.Timeout = 2 * time.Second
	}
	if f.Pause == 0 {
		f.Pause = 5 * time.Second
	}
	if c.Metrics != nil {
		c.Metrics.MustRegister(f.outcome)
	}
	return f
}

type fromPeer struct{}

// markPeer marks what comes from another gateway, so that it is not handed on.
// What comes back to the gateway that handed it out is refused.
func (f *forwarder) markPeer(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	for _, by := range md.Get(forwardedHeader) {
		if by == f.Self.Address {
			return nil, statusOf(ctx, fault.New(fault.ForwardLoop, "gateway", by)).Err()
		}
	}
	return next(context.WithValue(ctx, fromPeer{}, true), req)
}

// run runs a call where its rows are: at a peer, or by next here.
func (f *forwarder) run(ctx context.Context, method, id string, req any, next func() (any, error)) (any, error) {
	m, ok := req.(proto.Message)
	if !ok {
		return next()
	}
	home, key := rowsOf(m.ProtoReflect())
	if home == "" {
		return next()
	}
	if ctx.Value(fromPeer{}) == nil {
		if peer, ok := f.choose(f.RegionOf(home), key); ok {
			nameRequest(m.ProtoReflect())
			res, done, err := f.hand(ctx, peer, method, id, m)
			if done {
				return res, err
			}
		}
	}
	_ = grpc.SetHeader(ctx, metadata.Pairs(ranHeader, f.Self.Region))
	return next()
}

// rowsOf tells the province of the rows that a write changes, and what writes
// that meet on the same rows have in common; nothing where it is not a write of
// one province. Every write has a request id. A batch is of a province if all its
// lines are; it goes where its first line would. A step of an order has the order in common, since
// its offer is not known without asking: steps of one offer's orders are spread.
func rowsOf(m protoreflect.Message) (home, key string) {
	if lines, ok := linesOf(m); ok {
		for i := range lines.Len() {
			h, k := rowsOf(lines.Get(i).Message())
			if h == "" || (home != "" && h != home) {
				return "", ""
			}
			home, key = h, cmp.Or(key, k)
		}
		return home, key
	}
	fields := m.Descriptor().Fields()
	if fields.ByName("request_id") == nil {
		return "", ""
	}
	for _, name := range []protoreflect.Name{"id", "offer_id", "demand_id"} {
		f := fields.ByName(name)
		if f == nil || f.Kind() != protoreflect.StringKind || f.IsList() {
			continue
		}
		if id, err := exchange.ParseID(string(name), m.Get(f).String()); err == nil {
			return id.Home, id.String()
		}
	}
	return "", ""
}

// nameRequest gives a write a request id, so that it is done once even where a
// peer did it and could not say so.
func nameRequest(r protoreflect.Message) {
	if lines, ok := linesOf(r); ok {
		for i := range lines.Len() {
			nameRequest(lines.Get(i).Message())
		}
		return
	}
	if f := r.Descriptor().Fields().ByName("request_id"); r.Get(f).String() == "" {
		r.Set(f, protoreflect.ValueOfString(uuid.NewString()))
	}
}

// choose takes the gateway of a region that writes of a key meet at: the one
// with the highest hash of both, so that the loss of another moves no key. None
// is chosen where that is this gateway.
func (f *forwarder) choose(region, key string) (Peer, bool) {
	var best Peer
	var most uint64
	if region == "" {
		return best, false
	}
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.Peers() {
		if p.Region != region || now.Before(f.bad[p.Address]) {
			continue
		}
		h := fnv.New64a()
		_, _ = h.Write([]byte(key + "\x00" + p.Address)) // a hash takes everything
		if sum := mixed(h.Sum64()); best.Address == "" || sum > most {
			best, most = p, sum
		}
	}
	return best, best.Address != "" && best.Address != f.Self.Address
}

// mixed spreads what differs in the last bytes over all bits (the finaliser of
// MurmurHash3): FNV alone would let the first address win too often.
func mixed(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// hand hands a write to a peer. It is not done where the peer could not do it,
// or did not say: it is then done here under the same request id.
func (f *forwarder) hand(ctx context.Context, p Peer, method, id string, m proto.Message) (res proto.Message, done bool, err error) {
	conn, err := f.conn(p)
	if err != nil {
		f.failed(ctx, p, err)
		return nil, false, nil
	}
	if res, err = emptyAnswer(method); err != nil {
		return nil, true, err
	}
	attempt, cancel := context.WithTimeout(metadata.NewOutgoingContext(ctx, f.passed(ctx, id)), f.Timeout)
	defer cancel()
	var header metadata.MD
	err = conn.Invoke(attempt, method, m, res, grpc.Header(&header))
	if ctx.Err() == nil && couldNot(err) {
		f.failed(ctx, p, err)
		return nil, false, nil
	}
	f.outcome.WithLabelValues(p.Region, "done").Inc()
	for _, name := range []string{ranHeader, replayedHeader, seenHeader} {
		if v := header.Get(name); len(v) > 0 {
			_ = grpc.SetHeader(ctx, metadata.Pairs(name, v[0]))
		}
	}
	return res, true, err
}

// passed are the headers that go with a write to a peer.
func (f *forwarder) passed(ctx context.Context, id string) metadata.MD {
	in, _ := metadata.FromIncomingContext(ctx)
	out := metadata.Pairs(forwardedHeader, f.Self.Address, requestIDHeader, id)
	for _, name := range []string{"authorization", "accept-language"} {
		out.Append(name, in.Get(name)...)
	}
	return out
}

// couldNot says whether a peer's failure is the peer's: it is away, too slow,
// too old for the call, not fit to serve (which those that only the configuration names
// do not say beforehand), or this gateway itself.
func couldNot(err error) bool {
	switch s := status.Convert(err); s.Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Unimplemented:
		return true
	case codes.FailedPrecondition:
		return slices.Contains([]fault.Code{fault.ForwardLoop, fault.SchemaTooOld, fault.SchemaTooNew, fault.RightMissing}, fault.Code(reasonOf(s)))
	default:
		return false
	}
}

// reasonOf is the reason code of a status that another gateway gave.
func reasonOf(s *status.Status) string {
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

func (f *forwarder) failed(ctx context.Context, p Peer, err error) {
	f.mu.Lock()
	f.bad[p.Address] = time.Now().Add(f.Pause)
	f.mu.Unlock()
	f.outcome.WithLabelValues(p.Region, "fallback").Inc()
	f.config.Log.WarnContext(ctx, "a gateway could not take a write; it runs here", "peer", p.Address, "region", p.Region, "error", err)
}

func (f *forwarder) conn(p Peer) (*grpc.ClientConn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if conn, ok := f.conns[p.Address]; ok {
		return conn, nil
	}
	conn, err := grpc.NewClient(p.Address, grpc.WithTransportCredentials(credentials.NewTLS(f.TLS)),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(int(f.config.BodyLimit))),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler(otelgrpc.WithTracerProvider(f.config.Traces), otelgrpc.WithPropagators(propagator))))
	if err == nil {
		f.conns[p.Address] = conn
	}
	return conn, err
}

func (f *forwarder) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, conn := range f.conns {
		_ = conn.Close() // nothing is under way any more
	}
}

// emptyAnswer makes a message of the type that a method answers.
func emptyAnswer(method string) (proto.Message, error) {
	name := protoreflect.FullName(method[1:])
	for i := range method {
		if i > 0 && method[i] == '/' {
			name = protoreflect.FullName(method[1:i]).Append(protoreflect.Name(method[i+1:]))
		}
	}
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return nil, fmt.Errorf("rpc: %s: %w", method, err)
	}
	md, ok := d.(protoreflect.MethodDescriptor)
	if !ok {
		return nil, fmt.Errorf("rpc: %s is no method", method)
	}
	kind, err := protoregistry.GlobalTypes.FindMessageByName(md.Output().FullName())
	if err != nil {
		return nil, fmt.Errorf("rpc: %s: %w", method, err)
	}
	return kind.New().Interface(), nil
}
