package identity

import (
	"context"
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

const fuzzIssuer = "https://issuers.example/a"

// Nothing passes but the token that the issuer's key signed.
func FuzzVerify(f *testing.F) {
	now := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	key, err := NewKey("EdDSA")
	if err != nil {
		f.Fatal(err)
	}
	jwks, err := key.KeySet()
	if err != nil {
		f.Fatal(err)
	}
	good, err := key.Issue(Token{
		Issuer: fuzzIssuer, Subject: "s", Member: "m", Audience: []string{Audience}, Expires: now.Add(time.Hour),
	})
	if err != nil {
		f.Fatal(err)
	}
	unsigned := func(header string) string {
		e := base64.RawURLEncoding.EncodeToString
		return e([]byte(header)) + "." + e([]byte(`{"iss":"`+fuzzIssuer+`","sub":"s","member":"m","aud":"sushaan-exchange","exp":1795492800}`)) + "."
	}
	for _, s := range []string{
		"", "..", "a.b.c", good, good[:len(good)-1], good + "A", unsigned(`{"alg":"none"}`), unsigned(`{"alg":"HS256"}`),
		unsigned(`{"alg":"EdDSA"}`), unsigned(`{"alg":"EdDSA","crit":["x"]}`), unsigned(`{"alg":["EdDSA"]}`),
	} {
		f.Add(s)
	}
	v := New(func(_ context.Context, iss string) (exchange.Issuer, error) {
		if iss != fuzzIssuer {
			return exchange.Issuer{}, fault.New(fault.IssuerUnknown)
		}
		return exchange.Issuer{ID: uuid.New(), JWKS: jwks, Alliance: uuid.New()}, nil
	}, Config{Now: func() time.Time { return now }})
	f.Fuzz(func(t *testing.T, s string) {
		claims, err := v.Verify(t.Context(), s)
		if err == nil && (s != good || claims.Subject != "s" || claims.Member != "m") {
			t.Errorf("%q passes as %+v", s, claims)
		}
		if _, ok := fault.As(err); err != nil && !ok {
			t.Errorf("%q: an error without a code: %v", s, err)
		}
	})
}

// A set of keys that is taken can be used; anything else is refused by code.
func FuzzValidateKeys(f *testing.F) {
	key, err := NewKey("ES256")
	if err != nil {
		f.Fatal(err)
	}
	jwks, err := key.KeySet()
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{
		"", "{}", `{"keys":[]}`, jwks, `{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`, `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`,
	} {
		f.Add(s, "")
	}
	f.Add("", "http://127.0.0.1/jwks")
	f.Add("", "https://issuers.example/jwks")
	f.Fuzz(func(t *testing.T, jwks, url string) {
		if err := ValidateKeys(jwks, url); err != nil {
			if _, ok := fault.As(err); !ok {
				t.Errorf("%q %q: an error without a code: %v", jwks, url, err)
			}
			return
		}
		if jwks == "" {
			return
		}
		keys, _, err := parseKeys([]byte(jwks))
		if err != nil || len(keys) == 0 {
			t.Errorf("%q is taken and gives %d keys, %v", jwks, len(keys), err)
		}
	})
}
