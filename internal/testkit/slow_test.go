package testkit_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// answerTime is more than an answer of these tests needs.
const answerTime = 10 * time.Second

// dialTLS connects to a port of the exchange.
func dialTLS(t *testing.T, x *testkit.Exchange, address, protocol string, wait time.Duration) (net.Conn, error) {
	t.Helper()
	d := &net.Dialer{Timeout: wait}
	conn, err := tls.DialWithDialer(d, "tcp", address, &tls.Config{RootCAs: x.CA, NextProtos: []string{protocol}, MinVersion: tls.VersionTLS12})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, conn.SetDeadline(time.Now().Add(answerTime))
}

// A body that does not come is not waited for: nobody has shown a token yet.
func TestABodyThatDoesNotComeIsAnswered(t *testing.T) {
	x := testkit.New(t, func(c *server.Config) { c.BodyTime, c.Deadline = 300*time.Millisecond, 300*time.Millisecond })
	conn, err := dialTLS(t, x, x.Config.HTTPAddr, "http/1.1", answerTime)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	wantTooSlow(t, "HTTP/1.1", conn)

	body, never := io.Pipe()
	defer func() { _ = never.Close() }()
	web := &http.Client{Timeout: answerTime, Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: x.CA, MinVersion: tls.VersionTLS12},
	}}
	defer web.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+x.Config.HTTPAddr+"/v1/orders", body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := web.Do(r)
	if err != nil {
		t.Fatalf("HTTP/2: %v", err)
	}
	defer func() { _ = res.Body.Close() }()
	content, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusRequestTimeout || !strings.Contains(string(content), string(fault.BodyTooSlow)) {
		t.Errorf("HTTP/2: %d %s", res.StatusCode, content)
	}
	if got := statusOfSlowMessage(t, x); got != "4" {
		t.Errorf("gRPC: status %q, want 4, DEADLINE_EXCEEDED", got)
	}
}

func wantTooSlow(t *testing.T, name string, conn net.Conn) {
	t.Helper()
	var answer strings.Builder
	buffer := make([]byte, 4096)
	for !strings.Contains(answer.String(), string(fault.BodyTooSlow)) {
		n, err := conn.Read(buffer)
		if err != nil {
			t.Fatalf("%s: %v after %q", name, err, answer.String())
		}
		answer.Write(buffer[:n])
	}
	if !strings.HasPrefix(answer.String(), "HTTP/1.1 408 ") {
		t.Errorf("%s: %s", name, answer.String())
	}
}

// statusOfSlowMessage begins a call over gRPC, sends no message and gives the
// status that the server ends it with.
func statusOfSlowMessage(t *testing.T, x *testkit.Exchange) string {
	t.Helper()
	conn, err := dialTLS(t, x, x.Config.GRPCAddr, "h2", answerTime)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, http2.ClientPreface)
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = framer.WriteSettings()
	var head bytes.Buffer
	encoder := hpack.NewEncoder(&head)
	for _, f := range [][2]string{
		{":method", "POST"}, {":scheme", "https"}, {":path", "/sushaan.exchange.v1.OrderService/PlaceOrder"}, {":authority", "x"},
		{"content-type", "application/grpc"}, {"te", "trailers"},
	} {
		_ = encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: head.Bytes(), EndHeaders: true})
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			t.Fatalf("gRPC: %v", err)
		}
		h, ok := frame.(*http2.MetaHeadersFrame)
		if !ok {
			continue
		}
		for _, f := range h.Fields {
			if f.Name == "grpc-status" {
				return f.Value
			}
		}
	}
}

// A port has a bounded number of connections; one that closes makes room.
func TestAPortHasABoundedNumberOfConnections(t *testing.T) {
	x := testkit.New(t, func(c *server.Config) { c.Connections = 2 })
	var held []net.Conn
	for range 2 {
		conn, err := dialTLS(t, x, x.Config.HTTPAddr, "http/1.1", answerTime)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, conn)
	}
	if _, err := dialTLS(t, x, x.Config.HTTPAddr, "http/1.1", time.Second); err == nil {
		t.Error("a third connection is served")
	}
	_ = held[0].Close()
	if _, err := dialTLS(t, x, x.Config.HTTPAddr, "http/1.1", answerTime); err != nil {
		t.Errorf("a connection that closed makes no room: %v", err)
	}
}
