package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/fault"
)

// Whatever stands in a body or a query, the answer is a status of the API with
// a known code, and never a defect. No caller has a token: what can be read
// ends with TOKEN_MISSING.
func FuzzGateway(f *testing.F) {
	for _, s := range []string{
		`{"offerId": "61-0f3c0000-0000-4000-8000-000000000001", "quantity": "1000"}`, `{"quantty": 1}`, `{"quantity": "many"}`,
		`{"quantity": "9223372036854775808"}`, `{`, ``, `[]`, `null`, "{\"offerId\": \"\xff\"}", `{"offerId": "` + "\x00" + `"}`,
		`{"offerId":"a","offerId":"b"}`, `{"dryRun": 1e400}`, strings.Repeat(`{"a":`, 200),
	} {
		f.Add(s, "page_size=2")
	}
	f.Add("{}", "page_size=x&page_token=%ff&nobody=1&state=ORDER_STATE_PLACED&state=2")
	s, err := New(&app.App{}, Config{}, func(context.Context) (string, error) { return "", nil })
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body, query string) {
		answers(t, s.HTTP, httptest.NewRequest(http.MethodPost, "/v1/orders", strings.NewReader(body)))
		r := httptest.NewRequest(http.MethodGet, "/v1/orders", nil)
		r.URL = &url.URL{Path: "/v1/orders", RawQuery: query}
		answers(t, s.HTTP, r)
	})
}

func answers(t *testing.T, h http.Handler, r *http.Request) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var status struct {
		Details []struct {
			Reason string `json:"reason"`
		} `json:"details"`
	}
	if err := json.NewDecoder(bytes.NewReader(w.Body.Bytes())).Decode(&status); err != nil {
		t.Fatalf("%s answers %d %q: %v", r.Method, w.Code, w.Body, err)
	}
	if w.Code >= 500 || w.Code < 400 || len(status.Details) == 0 {
		t.Fatalf("%s answers %d %s", r.Method, w.Code, w.Body)
	}
	if code := fault.Code(status.Details[0].Reason); fault.KindOf(code) == fault.Internal {
		t.Errorf("%s answers the code %q: %s", r.Method, code, w.Body)
	}
}
