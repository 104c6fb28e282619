package testkit_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// spans is a collector of traces, which a server sends its spans to.
type spans struct {
	collector.UnimplementedTraceServiceServer
	sync.Mutex
	names map[string][]string // by trace id
}

func (s *spans) Export(_ context.Context, r *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	s.Lock()
	defer s.Unlock()
	for _, of := range r.GetResourceSpans() {
		for _, scope := range of.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				id := string(span.GetTraceId())
				s.names[id] = append(s.names[id], span.GetName())
			}
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

// A call that brings a trace is recorded in it, from the gateway to the
// statements, over both transports.
func TestACallIsTracedDownToItsStatements(t *testing.T) {
	s := &spans{names: map[string][]string{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer()
	collector.RegisterTraceServiceServer(g, s)
	go func() { _ = g.Serve(l) }()
	defer g.Stop()
	t.Run("calls", func(t *testing.T) { // its end stops the server, which delivers its spans
		x := testkit.New(t, func(c *server.Config) { c.OTLPEndpoint = "http://" + l.Addr().String() })
		header := map[string][]string{"Traceparent": {"00-0102030405060708090a0b0c0d0e0f10-0102030405060708-01"}}
		a, err := x.School.HTTP(t.Context(), "GET", "/v1/offers", "", header)
		if err != nil || a.Code() != "OK" {
			t.Fatalf("%v %s", err, a.Body)
		}
	})
	s.Lock()
	defer s.Unlock()
	id := "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
	for _, want := range []string{"GET /v1/", "sushaan.exchange.v1.OfferService/ListOffers", "SELECT"} {
		if !slices.ContainsFunc(s.names[id], func(name string) bool { return strings.HasPrefix(name, want) }) {
			t.Errorf("no span %s in %v", want, s.names[id])
		}
	}
}
