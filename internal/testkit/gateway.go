package testkit

import (
	"io"
	"testing"
	"time"

	"github.com/sushaan/exchange/internal/server"
)

// InRegion makes a server a gateway of a region that hands writes to others.
// The provinces are those of Placement.
func InRegion(region string) func(*server.Config) {
	return func(c *server.Config) {
		c.Region, c.Provinces = region, "32=cn-east-jiangsu,61=cn-northwest-shaanxi"
		c.PeerAddr, c.PeerCert, c.PeerKey = "127.0.0.1:0", c.TLSCert, c.TLSKey
		c.PeerCA = c.TLSCert[:len(c.TLSCert)-len("server.pem")] + "ca.pem"
		c.PeerInterval = 100 * time.Millisecond
	}
}

// Gateway is a further server of the same exchange.
type Gateway struct {
	*server.Server
	Stop func() // once; the test's end does it too
}

// Gateway starts a further server on the exchange's database, with the
// configuration of the first but for the changes.
func (x *Exchange) Gateway(tb testing.TB, change ...func(*server.Config)) *Gateway {
	tb.Helper()
	return x.GatewayTo(tb, tb.Output(), change...)
}

// GatewayTo is Gateway with a log of its own.
func (x *Exchange) GatewayTo(tb testing.TB, log io.Writer, change ...func(*server.Config)) *Gateway {
	tb.Helper()
	c := x.Config
	c.HTTPAddr, c.GRPCAddr, c.MetricsAddr = "127.0.0.1:0", "127.0.0.1:0", ""
	for _, f := range change {
		f(&c)
	}
	srv, err := server.New(tb.Context(), c, log)
	if err != nil {
		tb.Fatalf("server: %v", err)
	}
	ctx, stop := contextOf(tb)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx) }()
	g := &Gateway{Server: srv}
	stopped := false
	g.Stop = func() {
		if stopped {
			return
		}
		stopped = true
		stop()
		if err := <-done; err != nil {
			tb.Errorf("server: %v", err)
		}
	}
	tb.Cleanup(g.Stop)
	return g
}

// Through is the same caller at another gateway, over both transports.
func (x *Exchange) Through(tb testing.TB, p *Person, g *Gateway) *Person {
	tb.Helper()
	other := x.At(tb, p, g.GRPCAddr())
	other.base = "https://" + g.HTTPAddr()
	return other
}
