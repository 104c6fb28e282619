package rpc

import (
	"context"
	"net/http"
	"slices"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/metadata"
)

// propagator is W3C trace context, over both transports.
var propagator = propagation.TraceContext{}

// carrier reads and writes trace context in metadata.
type carrier metadata.MD

func (c carrier) Get(key string) string {
	if v := metadata.MD(c).Get(key); len(v) > 0 {
		return v[0]
	}
	return ""
}

func (c carrier) Set(key, value string) { metadata.MD(c).Set(key, value) }

func (c carrier) Keys() []string {
	keys := make([]string, 0, len(c))
	for k := range c {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// traced begins a call's span. Over gRPC the connection has begun one; what
// comes from the gateway does not see the gateway's context, so that its span
// travels as metadata.
func (g *guard) traced(ctx context.Context, method string) (context.Context, func()) {
	if trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, func() {}
	}
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		ctx = propagator.Extract(ctx, carrier(md))
	}
	ctx, span := g.tracer.Start(ctx, method[1:])
	return ctx, func() { span.End() }
}

// passTrace puts the gateway's span into the metadata of the call that it makes.
func passTrace(ctx context.Context, _ *http.Request) metadata.MD {
	md := metadata.MD{}
	propagator.Inject(ctx, carrier(md))
	return md
}
