package testkit

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
)

// Person is somebody with a token who calls the exchange.
type Person struct {
	Name   string
	Token  string
	Member string // id of the member that the person acts for; may be empty
	conn   *grpc.ClientConn
	base   string // of the HTTP API
	http   *http.Client
	seen   *string // consistency token; nil: the latest is read
	hangUp func()  // of a caller that is apart
}

// HangUp cuts the connections of a caller that is apart, with whatever is under
// way on them.
func (p *Person) HangUp() { p.hangUp() }

// Methods lists every method of the API.
func Methods() []protoreflect.MethodDescriptor {
	var all []protoreflect.MethodDescriptor
	pkg := pb.File_sushaan_exchange_v1_common_proto.Package()
	protoregistry.GlobalFiles.RangeFilesByPackage(pkg, func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			methods := f.Services().Get(i).Methods()
			for j := range methods.Len() {
				all = append(all, methods.Get(j))
			}
		}
		return true
	})
	return all
}

// methodOf finds the method that takes a request: no two share one.
func methodOf(in proto.Message) protoreflect.MethodDescriptor {
	for _, m := range Methods() {
		if m.Input().FullName() == in.ProtoReflect().Descriptor().FullName() {
			return m
		}
	}
	return nil
}

// MethodName is the full name of the method that takes a request.
func MethodName(in proto.Message) string {
	m := methodOf(in)
	return fmt.Sprintf("/%s/%s", m.Parent().FullName(), m.Name())
}

// Call asks over gRPC.
func Call[R proto.Message](ctx context.Context, p *Person, in proto.Message) (R, error) {
	var out R
	out, _ = out.ProtoReflect().New().Interface().(R)
	return out, p.conn.Invoke(p.Context(ctx), MethodName(in), in, out)
}

// Must asks over gRPC and fails the test on an error.
func Must[R proto.Message](tb testing.TB, p *Person, in proto.Message) R {
	tb.Helper()
	out, err := Call[R](tb.Context(), p, in)
	if err != nil {
		tb.Fatalf("%s: %s: %v", p.Name, methodOf(in).Name(), err)
	}
	return out
}

// CodeOf is the reason code of an error of gRPC; OK for none.
func CodeOf(err error) fault.Code {
	if err == nil {
		return "OK"
	}
	return codeIn(status.Convert(err).Details(), err.Error())
}

// CodeOfStatus is the reason code of an error that is a part of an answer.
func CodeOfStatus(s *spb.Status) fault.Code {
	return codeIn(status.FromProto(s).Details(), s.GetMessage())
}

func codeIn(details []any, otherwise string) fault.Code {
	for _, d := range details {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return fault.Code(info.GetReason())
		}
	}
	return fault.Code("no code: " + otherwise)
}

// Answer is what the HTTP API answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Code is the reason code of an answer; OK for none.
func (a Answer) Code() fault.Code {
	if a.Status == http.StatusOK {
		return "OK"
	}
	var s spb.Status
	if err := protojson.Unmarshal(a.Body, &s); err != nil {
		return fault.Code(fmt.Sprintf("no status: %d %s", a.Status, a.Body))
	}
	return CodeOfStatus(&s)
}

// HTTP asks over HTTP with a body as it stands.
func (p *Person) HTTP(ctx context.Context, method, path, body string, header http.Header) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+p.Token)
	if seen := p.sees(); seen != "" {
		r.Header.Set(seenHeader, seen)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	res, err := p.http.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	return Answer{Status: res.StatusCode, Header: res.Header, Body: content}, err
}

// Open asks over HTTP for a stream. The caller closes its body.
func (p *Person) Open(ctx context.Context, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+p.Token)
	return p.http.Do(r)
}

// CallHTTP asks over HTTP what Call asks over gRPC.
func (p *Person) CallHTTP(ctx context.Context, in proto.Message) (Answer, error) {
	method, path, body, err := transcode(in)
	if err != nil {
		return Answer{}, err
	}
	return p.HTTP(ctx, method, path, body, http.Header{"Content-Type": {"application/json"}})
}

// transcode writes a request as the API's HTTP rule says.
func transcode(in proto.Message) (method, path, body string, err error) {
	rule, ok := proto.GetExtension(methodOf(in).Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok {
		return "", "", "", fmt.Errorf("testkit: %T has no HTTP rule", in)
	}
	rest := proto.Clone(in)
	method, path = http.MethodPost, rule.GetPost()
	if rule.GetGet() != "" {
		method, path = http.MethodGet, rule.GetGet()
	}
	path = intoPath(path, rest.ProtoReflect())
	if method == http.MethodGet {
		return method, path + intoQuery(rest.ProtoReflect()), "", nil
	}
	text, err := protojson.Marshal(rest)
	return method, path, string(text), err
}

// Ask asks over gRPC, whatever is asked.
func Ask(ctx context.Context, p *Person, in proto.Message) (proto.Message, error) {
	m := methodOf(in)
	kind, err := protoregistry.GlobalTypes.FindMessageByName(m.Output().FullName())
	if err != nil {
		return nil, err
	}
	out := kind.New().Interface()
	name := fmt.Sprintf("/%s/%s", m.Parent().FullName(), m.Name())
	return out, p.conn.Invoke(p.Context(ctx), name, in, out)
}

// Try asks over gRPC and gives the error alone.
func Try(ctx context.Context, p *Person, in proto.Message) error {
	_, err := Ask(ctx, p, in)
	return err
}

// FromJSON reads an answer of the HTTP API.
func FromJSON(body []byte, into proto.Message) error { return protojson.Unmarshal(body, into) }
