package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/cli/route"
	"github.com/sushaan/exchange/internal/fault"
)

// clientOf is a client of a server that plays the exchange.
func clientOf(t *testing.T, answer http.HandlerFunc) *client {
	t.Helper()
	server := httptest.NewTLSServer(answer)
	t.Cleanup(server.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	c, err := newClient(server.URL, authority)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestARequestBecomesTheCallThatTheAPISays(t *testing.T) {
	r := route.API()
	for _, c := range []struct {
		in   proto.Message
		want string
		body string
	}{
		{&pb.WhoAmIRequest{}, "GET /v1/whoami", ""},
		{&pb.GetOrderRequest{Id: "61-a"}, "GET /v1/orders/61-a", ""},
		{&pb.GetOrderRequest{Id: "a/b?c"}, "GET /v1/orders/a%2Fb%3Fc", ""},
		{&pb.ConfirmOrderRequest{Id: "61-a"}, "POST /v1/orders/61-a:confirm", "{}"},
		{&pb.PlaceOrderRequest{OfferId: "61-a", Quantity: 5}, "POST /v1/orders", `{"offerId":"61-a","quantity":"5"}`},
		{&pb.ListOffersRequest{State: pb.OfferState_OFFER_STATE_DRAFT, PageSize: 2}, "GET /v1/offers?page_size=2&state=OFFER_STATE_DRAFT", ""},
		{
			&pb.QueryVolumesRequest{GroupBy: []pb.Dimension{pb.Dimension_DIMENSION_MONTH, pb.Dimension_DIMENSION_DIRECTION}},
			"GET /v1/reports/volumes?group_by=DIMENSION_MONTH&group_by=DIMENSION_DIRECTION", "",
		},
		{&pb.GetBalanceRequest{AsOf: &timestamppb.Timestamp{Seconds: 1}}, "GET /v1/ledger/balance?as_of=1970-01-01T00%3A00%3A01Z", ""},
	} {
		var got, body string
		client := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			got, body = r.Method+" "+r.RequestURI, strings.ReplaceAll(string(raw), " ", "")
		})
		client.routes = r
		_, _, _ = call[*pb.WhoAmIResponse](t.Context(), client, asked{}, c.in)
		if got != c.want || body != c.body {
			t.Errorf("%T: got %s with body %q, want %s with %q", c.in, got, body, c.want, c.body)
		}
	}
}

func TestEveryUnaryMethodHasARoute(t *testing.T) {
	if n := len(route.API()); n < 50 {
		t.Errorf("only %d routes were found", n)
	}
}

func TestAWriteCarriesTokenLanguageAndRequestID(t *testing.T) {
	var header http.Header
	c := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		w.Header().Set("Idempotency-Replayed", "true")
		_, _ = w.Write([]byte(`{"order":{"id":"61-a","quantity":"7"}}`))
	})
	by := asked{token: "t0k", language: "zh-CN", requestID: "6b1e"}
	out, told, err := call[*pb.PlaceOrderResponse](t.Context(), c, by, &pb.PlaceOrderRequest{})
	if err != nil || out.GetOrder().GetQuantity() != 7 || !told.replayed {
		t.Errorf("answer %v, %+v, %v", out, told, err)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer t0k", "Accept-Language": "zh-CN", "Idempotency-Key": "6b1e", "Content-Type": "application/json",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if _, _, err := call[*pb.GetOrderResponse](t.Context(), c, asked{}, &pb.GetOrderRequest{}); err == nil && header.Get("Idempotency-Key") != "" {
		t.Error("a read carries a request id")
	}
}

func TestARefusalSaysItsCodeItsTextAndTheOtherDenials(t *testing.T) {
	c := clientOf(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"code":7,"message":"no grant","newField":1,"details":[
			{"@type":"type.googleapis.com/google.rpc.PreconditionFailure","violations":[
				{"type":"NO_GRANT","subject":"x","description":"no grant"},
				{"type":"INTRA_PROVINCE","subject":"x","description":"inside 61"}]},
			{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"NO_GRANT","domain":"exchange.sushaan","metadata":{"a":"b"}},
			{"@type":"type.googleapis.com/google.rpc.LocalizedMessage","locale":"zh-CN","message":"未授权"}]}`))
	})
	_, told, err := call[*pb.PlaceOrderResponse](t.Context(), c, asked{}, &pb.PlaceOrderRequest{})
	if !isRefusal(err, fault.NoGrant) || told.status != http.StatusForbidden {
		t.Fatalf("got %v, %+v", err, told)
	}
	if want := "403 NO_GRANT: 未授权; INTRA_PROVINCE: inside 61"; err.Error() != want {
		t.Errorf("it says %q, want %q", err, want)
	}
}

func TestARefusalOfFieldsNamesThem(t *testing.T) {
	err := error(readRefusal(400, []byte(`{"code":3,"message":"bad","details":[
		{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"quantity","description":"must be > 0"}]},
		{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"QUANTITY_INVALID"}]}`)))
	if want := "400 QUANTITY_INVALID: bad; quantity: must be > 0"; err.Error() != want {
		t.Errorf("it says %q, want %q", err, want)
	}
}

func TestAnAnswerThatIsNotFromTheExchangeIsShownShort(t *testing.T) {
	c := clientOf(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>" + strings.Repeat("很长", 500)))
	})
	_, _, err := call[*pb.WhoAmIResponse](t.Context(), c, asked{}, &pb.WhoAmIRequest{})
	r, ok := errors.AsType[*refusal](err)
	if !ok || r.code != "" || len([]rune(r.text)) > maxShown+50 || !strings.HasPrefix(r.text, "Bad Gateway: <html>") {
		t.Errorf("got %v", err)
	}
}

func TestAServerOfAnotherAuthorityIsNotTrusted(t *testing.T) {
	c := clientOf(t, func(http.ResponseWriter, *http.Request) { t.Error("the call arrived") })
	stranger, err := newClient(c.base, otherAuthority(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := call[*pb.WhoAmIResponse](t.Context(), stranger, asked{}, &pb.WhoAmIRequest{}); err == nil {
		t.Error("the call was made")
	}
}

// otherAuthority is a certificate that signed nothing.
func otherAuthority(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}
