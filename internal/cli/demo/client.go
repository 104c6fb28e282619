package demo

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/sushaan/exchange/internal/cli/route"
)

const (
	// callTimeout is for one call.
	callTimeout = time.Minute
	// maxAnswer bounds one answer, in bytes.
	maxAnswer = 16 << 20

	replayedHeader = "Idempotency-Replayed"
	// seenHeader carries a write's consistency token back with the reads after it.
	seenHeader = "X-Exchange-Consistency"
	ranHeader  = "X-Exchange-Ran-In"
	// latestRead instead of a token asks for the latest.
	latestRead = "latest"
)

// client speaks the public HTTP API, JSON over TLS, as anybody could with curl.
type client struct {
	base   string // such as https://127.0.0.1:8443
	http   *http.Client
	routes route.Routes
	seen   atomic.Value // string: the token of the last write
}

// newClient makes a client that trusts the demo's certificate authority alone.
func newClient(base string, authority []byte) (*client, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, errors.New("the certificate authority's file holds no certificate")
	}
	return &client{base: base, routes: route.API(), http: &http.Client{
		Timeout: callTimeout,
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2: true,
		},
	}}, nil
}

// asked is one call: who asks, in which language, and under which request id
// where it is a write. Empty fields are left to the server or made up.
type asked struct {
	token, language, requestID string
}

// answered is what a call's answer says beside its message.
type answered struct {
	verb, path string // of the call
	status     int
	replayed   bool
	ranIn      string // region where a write ran; empty without regions
	took       time.Duration
}

// call makes one call. A refusal by the exchange is a *refusal.
func call[R proto.Message](ctx context.Context, c *client, by asked, in proto.Message) (R, answered, error) {
	var out R
	verb, target, body, err := c.routes.Of(in)
	if err != nil {
		return out, answered{}, err
	}
	told := answered{verb: verb, path: target.EscapedPath()}
	request, err := c.request(ctx, by, verb, target, body)
	if err != nil {
		return out, told, err
	}
	start := time.Now()
	response, err := c.http.Do(request)
	told.took = time.Since(start)
	if err != nil {
		return out, told, err
	}
	defer response.Body.Close()
	if token := response.Header.Get(seenHeader); token != "" {
		c.seen.Store(token)
	}
	told.status, told.replayed = response.StatusCode, response.Header.Get(replayedHeader) == "true"
	told.ranIn = response.Header.Get(ranHeader)
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return out, told, fmt.Errorf("read the answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return out, told, readRefusal(response.StatusCode, content)
	}
	out, _ = out.ProtoReflect().New().Interface().(R)
	if err := protojson.Unmarshal(content, out); err != nil {
		return out, told, fmt.Errorf("the answer is not a %s: %w", out.ProtoReflect().Descriptor().Name(), err)
	}
	return out, told, nil
}

func (c *client) request(ctx context.Context, by asked, verb string, target *url.URL, body proto.Message) (*http.Request, error) {
	var content io.Reader = http.NoBody
	if body != nil {
		raw, err := protojson.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, verb, c.base+target.String(), content)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", "Bearer "+by.token)
	if token, ok := c.seen.Load().(string); ok {
		r.Header.Set(seenHeader, token)
	}
	if by.language != "" {
		r.Header.Set("Accept-Language", by.language)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if isWrite(body) {
		if by.requestID == "" {
			by.requestID = uuid.NewString()
		}
		r.Header.Set("Idempotency-Key", by.requestID)
	}
	return r, nil
}

// isWrite says whether a message is a write: it then has a request id.
func isWrite(m proto.Message) bool {
	return m != nil && m.ProtoReflect().Descriptor().Fields().ByName("request_id") != nil
}
