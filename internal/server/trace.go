package server

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
)

const (
	traceFlush   = 5 * time.Second
	wholePercent = 100
)

// tracing sends traces to a collector, or nowhere where none is configured.
type tracing struct {
	provider trace.TracerProvider // nil: none are recorded
	stop     func(context.Context) error
}

// newTracing connects lazily: a collector that is away stops nothing. A caller
// that brings a trace decides whether it is recorded; of the others a share is.
func newTracing(ctx context.Context, c Config) (*tracing, error) {
	if c.OTLPEndpoint == "" {
		return &tracing{stop: func(context.Context) error { return nil }}, nil
	}
	// The URL's scheme says whether the collector is reached by TLS.
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(c.OTLPEndpoint))
	if err != nil {
		return nil, fmt.Errorf("server: traces: %w", err)
	}
	share := sdktrace.TraceIDRatioBased(float64(c.TracePercent) / wholePercent)
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter), sdktrace.WithSampler(sdktrace.ParentBased(share)),
		sdktrace.WithResource(resource.NewSchemaless(semconv.ServiceName("sushaand"))),
	)
	return &tracing{provider: provider, stop: func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), traceFlush)
		defer cancel()
		return provider.Shutdown(ctx)
	}}, nil
}
