// Package rpc is the exchange's public API: gRPC handlers, the HTTP/JSON
// gateway before them, what every call goes through, and the one table from
// fault to status code.
package rpc

import (
	"context"
	"net/http"
	"strings"

	"github.com/fullstorydev/grpchan/inprocgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/tap"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
)

// Server is the API on an application.
type Server struct {
	GRPC   *grpc.Server
	HTTP   http.Handler
	Health *health.Server
	Peer   *grpc.Server // for other gateways; nil where nothing is forwarded

	stop    context.CancelFunc
	forward *forwarder
}

// Close ends the connections to other gateways.
func (s *Server) Close() {
	if s.forward != nil {
		s.forward.close()
	}
}

// EndStreams ends every stream with SHUTTING_DOWN, and those yet to come. Calls
// go on.
func (s *Server) EndStreams() { s.stop() }

// Ready says where the exchange serves, which may be empty, or why it cannot.
type Ready func(ctx context.Context) (where string, err error)

// streamWorkers are goroutines that take one call after the other. A goroutine of
// its own for each call grows its stack anew each time, which a read feels; a
// call that finds no worker free has one.
const streamWorkers = 64

// New makes the API. Further options, such as TLS, are for the gRPC server.
func New(a *app.App, c Config, ready Ready, options ...grpc.ServerOption) (*Server, error) {
	c = c.withDefaults()
	g, err := newGuard(a, c)
	if err != nil {
		return nil, err
	}
	common := []grpc.ServerOption{
		grpc.NumStreamWorkers(streamWorkers),
		grpc.MaxRecvMsgSize(int(c.BodyLimit)), grpc.StatsHandler(otelgrpc.NewServerHandler(otelgrpc.WithTracerProvider(c.Traces), otelgrpc.WithPropagators(propagator))),
	}
	options = append(options, grpc.InTapHandle(boundCalls(c)), grpc.ChainUnaryInterceptor(g.unary), grpc.ChainStreamInterceptor(g.stream), grpc.MaxConcurrentStreams(uint32(c.PerConnection)))
	s := &Server{GRPC: grpc.NewServer(append(options, common...)...), Health: health.NewServer(), stop: g.streams.stop, forward: g.forward}
	register(s.GRPC, a, g)
	if g.forward != nil {
		s.Peer = grpc.NewServer(append(common, grpc.Creds(credentials.NewTLS(c.Forward.TLS)),
			grpc.ChainUnaryInterceptor(g.forward.markPeer, g.unary), grpc.ChainStreamInterceptor(g.stream))...)
		register(s.Peer, a, g)
	}
	healthpb.RegisterHealthServer(s.GRPC, s.Health)
	reflection.Register(s.GRPC)

	// The gateway calls the same services through a channel in this process
	// that runs the same interceptors.
	channel := (&inprocgrpc.Channel{}).WithServerUnaryInterceptor(g.unary).WithServerStreamInterceptor(g.stream)
	register(channel, a, g)
	web, err := newGateway(channel, c, ready)
	s.HTTP = otelhttp.NewHandler(web, "http", otelhttp.WithTracerProvider(c.Traces), otelhttp.WithPropagators(propagator))
	return s, err
}

func register(r grpc.ServiceRegistrar, a *app.App, g *guard) {
	pb.RegisterDirectoryServiceServer(r, &directory{app: a})
	pb.RegisterCatalogServiceServer(r, &catalog{app: a})
	pb.RegisterOfferServiceServer(r, &offers{app: a})
	pb.RegisterOrderServiceServer(r, &orders{app: a, check: g.checkFields})
	pb.RegisterDemandServiceServer(r, &demands{app: a})
	pb.RegisterGroupBuyServiceServer(r, &groupBuys{app: a})
	pb.RegisterStandingOrderServiceServer(r, &standings{app: a})
	pb.RegisterReliefServiceServer(r, &reliefs{app: a})
	pb.RegisterPolicyServiceServer(r, &policy{app: a})
	pb.RegisterLedgerServiceServer(r, &ledgers{app: a})
	pb.RegisterReportServiceServer(r, &reports{app: a})
	pb.RegisterReserveServiceServer(r, &reserves{app: a})
	pb.RegisterPurchasingServiceServer(r, &purchasing{app: a})
	pb.RegisterPeriodServiceServer(r, &periods{app: a})
	pb.RegisterTargetServiceServer(r, &targets{app: a})
	pb.RegisterSettlementServiceServer(r, &settlements{app: a})
	pb.RegisterIntentServiceServer(r, &intents{app: a})
	pb.RegisterContractServiceServer(r, &contracts{app: a})
	pb.RegisterSubmissionServiceServer(r, &submissions{app: a})
}

// boundCalls gives a call its deadline before its message is read, which would
// be waited for without end otherwise. Streams last as long as their callers
// like.
func boundCalls(c Config) tap.ServerInHandle {
	streams := map[string]bool{}
	for _, s := range []grpc.ServiceDesc{pb.OfferService_ServiceDesc, pb.OrderService_ServiceDesc, pb.DemandService_ServiceDesc, healthpb.Health_ServiceDesc} {
		for _, m := range s.Streams {
			streams["/"+s.ServiceName+"/"+m.StreamName] = true
		}
	}
	return func(ctx context.Context, info *tap.Info) (context.Context, error) {
		if streams[info.FullMethodName] || strings.HasPrefix(info.FullMethodName, "/grpc.reflection.") {
			return ctx, nil
		}
		bound, cancel := c.bounded(ctx)
		context.AfterFunc(ctx, cancel)
		return bound, nil
	}
}
