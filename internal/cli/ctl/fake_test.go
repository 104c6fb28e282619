package ctl

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/cli/contexts"
)

// fake is an exchange that knows no rules: it notes what it is asked and
// answers what the test says, or an empty message.
type fake struct {
	pb.UnimplementedDirectoryServiceServer
	pb.UnimplementedCatalogServiceServer
	pb.UnimplementedOfferServiceServer
	pb.UnimplementedOrderServiceServer
	pb.UnimplementedDemandServiceServer
	pb.UnimplementedGroupBuyServiceServer
	pb.UnimplementedStandingOrderServiceServer
	pb.UnimplementedReliefServiceServer
	pb.UnimplementedPolicyServiceServer
	pb.UnimplementedLedgerServiceServer
	pb.UnimplementedReportServiceServer
	pb.UnimplementedReserveServiceServer
	pb.UnimplementedPurchasingServiceServer
	pb.UnimplementedPeriodServiceServer
	pb.UnimplementedTargetServiceServer
	pb.UnimplementedSettlementServiceServer
	pb.UnimplementedSubmissionServiceServer
	pb.UnimplementedContractServiceServer
	pb.UnimplementedIntentServiceServer

	config, ca, address string
	answer              map[string]func(proto.Message) (proto.Message, error)
	stream              func(in proto.Message, ctx context.Context, send func(proto.Message)) error

	mu    sync.Mutex
	calls []heard
}

// heard is one call that reached the server.
type heard struct {
	method string
	in     proto.Message
	meta   metadata.MD
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{answer: map[string]func(proto.Message) (proto.Message, error){}}
	dir := t.TempDir()
	f.config, f.ca = filepath.Join(dir, "config.yaml"), filepath.Join(dir, "ca.pem")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	f.address = listener.Addr().String()
	s := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(certificate(t, f.ca))),
		grpc.UnaryInterceptor(f.unary), grpc.StreamInterceptor(f.streamed))
	pb.RegisterDirectoryServiceServer(s, f)
	pb.RegisterCatalogServiceServer(s, f)
	pb.RegisterOfferServiceServer(s, f)
	pb.RegisterOrderServiceServer(s, f)
	pb.RegisterDemandServiceServer(s, f)
	pb.RegisterGroupBuyServiceServer(s, f)
	pb.RegisterStandingOrderServiceServer(s, f)
	pb.RegisterReliefServiceServer(s, f)
	pb.RegisterPolicyServiceServer(s, f)
	pb.RegisterLedgerServiceServer(s, f)
	pb.RegisterReportServiceServer(s, f)
	pb.RegisterReserveServiceServer(s, f)
	pb.RegisterPurchasingServiceServer(s, f)
	pb.RegisterPeriodServiceServer(s, f)
	pb.RegisterTargetServiceServer(s, f)
	pb.RegisterSettlementServiceServer(s, f)
	pb.RegisterSubmissionServiceServer(s, f)
	pb.RegisterContractServiceServer(s, f)
	pb.RegisterIntentServiceServer(s, f)
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(s.Stop)
	must(t, contexts.Save(f.config, &contexts.Config{
		CurrentContext: "school",
		Contexts: []contexts.Context{
			{Name: "school", Server: f.address, CAFile: "ca.pem", Token: "tok-school"},
			{Name: "farm", Server: f.address, CAFile: "ca.pem", Token: "tok-farm", Language: "zh-CN"},
		},
	}))
	t.Setenv(configEnv, f.config)
	return f
}

func certificate(t *testing.T, file string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "fake"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	must(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (f *fake) unary(ctx context.Context, in any, info *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
	method := f.note(ctx, info.FullMethod, in.(proto.Message))
	if answer := f.answer[method]; answer != nil {
		return answer(in.(proto.Message))
	}
	return empty(info.FullMethod), nil
}

func (f *fake) streamed(_ any, s grpc.ServerStream, info *grpc.StreamServerInfo, _ grpc.StreamHandler) error {
	method := methodOf(info.FullMethod)
	in, err := protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName())
	if err != nil {
		return err
	}
	request := in.New().Interface()
	if err := s.RecvMsg(request); err != nil {
		return err
	}
	f.note(s.Context(), info.FullMethod, request)
	if f.stream == nil {
		return status.Error(codes.Unimplemented, "no stream")
	}
	return f.stream(request, s.Context(), func(m proto.Message) { _ = s.SendMsg(m) })
}

func (f *fake) note(ctx context.Context, fullMethod string, in proto.Message) string {
	meta, _ := metadata.FromIncomingContext(ctx)
	name := string(methodOf(fullMethod).Name())
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, heard{name, proto.Clone(in), meta})
	return name
}

func (f *fake) heard() []heard {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// last is the last call, which must be of a method.
func (f *fake) last(t *testing.T, method string) heard {
	t.Helper()
	calls := f.heard()
	if len(calls) == 0 || calls[len(calls)-1].method != method {
		t.Fatalf("the server heard %v, want %s last", calls, method)
	}
	return calls[len(calls)-1]
}

func methodOf(fullMethod string) protoreflect.MethodDescriptor {
	name := strings.ReplaceAll(strings.TrimPrefix(fullMethod, "/"), "/", ".")
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		panic(err)
	}
	return d.(protoreflect.MethodDescriptor)
}

func empty(fullMethod string) proto.Message {
	out, err := protoregistry.GlobalTypes.FindMessageByName(methodOf(fullMethod).Output().FullName())
	if err != nil {
		panic(err)
	}
	return out.New().Interface()
}

// says answers a method always alike.
func (f *fake) says(method string, out proto.Message) {
	f.answer[method] = func(proto.Message) (proto.Message, error) { return out, nil }
}

// fails answers a method always with an error.
func (f *fake) fails(method string, err error) {
	f.answer[method] = func(proto.Message) (proto.Message, error) { return nil, err }
}

// result is what a run of the program left behind.
type result struct {
	exit           int
	stdout, stderr string
}

func run(t *testing.T, args ...string) result { return runWith(t, "", args...) }

func runWith(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	exit := Main(t.Context(), args, strings.NewReader(stdin), &stdout, &stderr)
	return result{exit, stdout.String(), stderr.String()}
}

// ok runs a command line that must succeed quietly and gives its output.
func ok(t *testing.T, args ...string) string {
	t.Helper()
	r := run(t, args...)
	if r.exit != exitDone || r.stderr != "" {
		t.Fatalf("%q: exit %d, stderr %q", args, r.exit, r.stderr)
	}
	return r.stdout
}

func words(line string) []string { return strings.Fields(line) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n--- got\n%s\n--- want\n%s", what, got, want)
	}
}
