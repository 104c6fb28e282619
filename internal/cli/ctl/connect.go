package ctl

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"

	"github.com/sushaan/exchange/internal/cli/contexts"
)

// maxAnswer bounds one message of the server, in bytes. Volumes by many
// dimensions come in one piece.
const maxAnswer = 64 << 20

// connect gives the connection of this run. It dials at the first call.
func (a *app) connect() (*grpc.ClientConn, error) {
	if a.conn != nil {
		return a.conn, nil
	}
	x, err := a.settings()
	if err != nil {
		return nil, err
	}
	// A token that cannot be read is told here, where its file is named.
	if _, err := x.ReadToken(); err != nil {
		return nil, err
	}
	roots, err := roots(x.CAFile)
	if err != nil {
		return nil, err
	}
	a.language = x.Language
	a.conn, err = grpc.NewClient(x.Server,
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})),
		grpc.WithPerRPCCredentials(bearer{x}),
		grpc.WithUserAgent("sushaanctl/"+version().Version),
		grpc.WithStatsHandler(&a.wire),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)))
	return a.conn, err
}

func (a *app) close() {
	if a.conn != nil {
		_ = a.conn.Close() // the process ends
	}
}

// roots are the certificates to trust; nil stands for the system's.
func roots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("ca-file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return pool, nil
}

// localize asks for texts in the language of this run, and for the latest unless
// the nearest will do.
func (a *app) localize(ctx context.Context) context.Context {
	if !a.flags.nearest {
		ctx = metadata.AppendToOutgoingContext(ctx, "x-exchange-consistency", "latest")
	}
	if a.language == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "accept-language", a.language)
}

// bearer shows the context's token with every call. It reads the token's file
// each time, so that a long watch goes on with a renewed token.
type bearer struct{ context contexts.Context }

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	token, err := b.context.ReadToken()
	if err != nil || token == "" {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity keeps the token from ever travelling in the clear.
func (bearer) RequireTransportSecurity() bool { return true }

// wire notes whether a request left this machine, which decides what a failure
// may mean: not reachable, or perhaps done.
type wire struct{ sent atomic.Bool }

// HandleRPC is called by gRPC at each step of a call.
func (w *wire) HandleRPC(_ context.Context, s stats.RPCStats) {
	if _, ok := s.(*stats.OutPayload); ok {
		w.sent.Store(true)
	}
}

// TagRPC, TagConn and HandleConn complete stats.Handler.
func (*wire) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*wire) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*wire) HandleConn(context.Context, stats.ConnStats)                       {}
