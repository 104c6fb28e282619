package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const maxAnswer = 64 << 20

// caller is one client of the exchange: a token and a way there.
type caller struct {
	token string
	conn  *grpc.ClientConn // nil: over HTTP
	x     *exchange
}

// as makes the n-th client act for somebody of the sample.
func (x *exchange) as(persona string, n int) (caller, error) {
	token, err := x.token(persona, n)
	c := caller{token: token, x: x}
	if !x.o.HTTP {
		c.conn = x.conns[n%len(x.conns)]
	}
	return c, err
}

// call asks over gRPC, method being such as OrderService/PlaceOrder, or over HTTP.
func (c caller) call(ctx context.Context, method string, in, out proto.Message) error {
	if c.conn == nil {
		return c.overHTTP(ctx, in, out)
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.token)
	return c.conn.Invoke(ctx, "/sushaan.exchange.v1."+method, in, out)
}

func (c caller) overHTTP(ctx context.Context, in, out proto.Message) error {
	verb, target, body, err := c.x.routes.Of(in)
	if err != nil {
		return err
	}
	var content io.Reader = http.NoBody
	if body != nil {
		text, err := protojson.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, verb, "https://"+c.x.server.HTTPAddr()+target.String(), content)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	res, err := c.x.web.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return err
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s", res.Status, text)
	}
	return protojson.Unmarshal(text, out)
}
