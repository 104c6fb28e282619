package identity

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// A token that was verified is remembered, and yet each call proves anew whatever
// may have changed since: its issuer, the issuer's keys, whom the issuer speaks
// for, and the time.
func TestARememberedTokenIsStillRefusedWhenWhatItRestsOnChanges(t *testing.T) {
	keys, sets := make([]Key, 2), make([]string, 2)
	for i := range keys {
		var err error
		if keys[i], err = NewKey("EdDSA"); err != nil {
			t.Fatal(err)
		}
		if sets[i], err = keys[i].KeySet(); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	now, issuer, missing := start, exchange.Issuer{ID: uuid.New(), Alliance: uuid.New(), JWKS: sets[0]}, error(nil)
	v := New(func(context.Context, string) (exchange.Issuer, error) { return issuer, missing }, Config{Now: func() time.Time { return now }})
	token, err := keys[0].Issue(Token{
		Issuer: fuzzIssuer, Subject: "s", Member: "m", Audience: []string{Audience}, IssuedAt: start, NotBefore: start, Expires: start.Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := func(what string, code fault.Code) {
		t.Helper()
		for range 2 {
			c, err := v.Verify(t.Context(), token)
			var f *fault.Error
			switch {
			case code == "" && (err != nil || c.Subject != "s" || c.Member != "m" || c.Issuer.ID != issuer.ID || !c.Expires.Equal(start.Add(time.Hour+defaultLeeway))):
				t.Errorf("%s: %+v, %v", what, c, err)
			case code != "" && (!errors.As(err, &f) || f.Code != code):
				t.Errorf("%s: %v, want %s", what, err, code)
			}
		}
	}
	want("verified", "")
	if v.verified.Len() != 1 {
		t.Fatal("it is not remembered: the rest shows nothing")
	}
	missing = fault.New(fault.IssuerUnknown)
	want("the issuer is disabled", fault.IssuerUnknown)
	missing = nil
	want("it is enabled again", "")
	issuer.JWKS = sets[1]
	want("the issuer has other keys", fault.TokenInvalid)
	issuer.JWKS = sets[0]
	want("it has its keys again", "")
	now = start.Add(-time.Minute)
	want("the clock is set back", fault.TokenNotYetValid)
	now = start.Add(2 * time.Hour)
	want("its time is over", fault.TokenExpired)
	now = start
	if _, err := v.Verify(t.Context(), token[:len(token)-4]+"AAAA"); err == nil || v.verified.Len() != 1 {
		t.Errorf("a forged signature: %v, %d are remembered", err, v.verified.Len())
	}
}
