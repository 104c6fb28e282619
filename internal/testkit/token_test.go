package testkit_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/testkit"
)

func part(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// I8, and every way in which a token can be wrong, over gRPC and over HTTP.
func TestATokenThatProvesNothingIsRefused(t *testing.T) {
	x := testkit.New(t)
	school := x.Sample.Members["M-JS-02"]
	right := identity.Token{Subject: "chen.buyer", Member: school.CreditCode, Issuer: "https://issuers.example/" + sample.JiangsuBuyers}
	token := func(change func(*identity.Token)) string {
		c := right
		change(&c)
		return x.Token(t, sample.JiangsuBuyers, c)
	}
	claims := part(map[string]any{
		"iss": right.Issuer, "sub": right.Subject, "member": right.Member, "aud": identity.Audience, "exp": time.Now().Add(time.Hour).Unix(),
	})
	unsigned := part(map[string]any{"alg": "none", "typ": "JWT"}) + "." + claims + "."
	// Key confusion: the public key, which everybody may know, as a secret.
	head := part(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." + claims
	mac := hmac.New(sha256.New, []byte(x.KeySet(t, sample.JiangsuBuyers)))
	mac.Write([]byte(head))
	confused := head + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	good := token(func(*identity.Token) {})
	rows := []struct {
		name, token string
		want        fault.Code
	}{
		{"right", good, "OK"},
		{"member by id", token(func(c *identity.Token) { c.Member = school.ID.String() }), "OK"},
		{"none", "", fault.TokenMissing},
		{"garbage", "abc", fault.TokenInvalid},
		{"expired", token(func(c *identity.Token) { c.Expires = time.Now().Add(-time.Hour) }), fault.TokenExpired},
		{"not yet valid", token(func(c *identity.Token) { c.NotBefore = time.Now().Add(time.Hour) }), fault.TokenNotYetValid},
		{"wrong audience", token(func(c *identity.Token) { c.Audience = []string{"another-exchange"} }), fault.TokenAudience},
		{"unsigned", unsigned, fault.TokenAlgorithm},
		{"symmetric", confused, fault.TokenAlgorithm},
		{"tampered", good[:len(good)-4] + "AAAA", fault.TokenInvalid},
		{"unknown issuer", token(func(c *identity.Token) { c.Issuer = "https://nobody.example" }), fault.IssuerUnknown},
		{"key of another issuer", x.Token(t, sample.ShaanxiSellers, right), fault.TokenInvalid},
		{"no member", token(func(c *identity.Token) { c.Member = "" }), fault.MemberClaimAbsent},
		{"member of another alliance", token(func(c *identity.Token) { c.Member = x.Sample.Members["M-SN-03"].CreditCode }), fault.TokenInvalid},
		{"member of another alliance by id", token(func(c *identity.Token) { c.Member = x.Sample.Members["M-SN-03"].ID.String() }), fault.TokenInvalid},
		{"member of nothing", token(func(c *identity.Token) { c.Member = uuid.NewString() }), fault.TokenInvalid},
		{"far too long", good + strings.Repeat("A", 20_000), fault.TokenInvalid},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) { wantBoth(t, x.School.With(r.token), &pb.WhoAmIRequest{}, r.want) })
	}
}

// A role is the directory's: a subject without one may do nothing.
func TestASubjectWithoutARoleMayNotBuy(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	stranger := x.School.With(x.Token(t, sample.JiangsuBuyers, identity.Token{
		Subject: "nobody", Member: x.Sample.Members["M-JS-02"].CreditCode, Issuer: "https://issuers.example/" + sample.JiangsuBuyers,
	}))
	wantBoth(t, stranger, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000}, fault.RoleMissing)
}
