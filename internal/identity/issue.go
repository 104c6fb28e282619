package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

// Key is a private key that signs tokens. The exchange itself signs none: this
// is for the demo and the tests, which play the issuers.
type Key struct {
	private jwk.Key
	alg     jwa.SignatureAlgorithm
}

// NewKey makes a key for EdDSA (Ed25519) or ES256.
func NewKey(alg string) (Key, error) {
	var raw any
	var err error
	switch alg {
	case "EdDSA":
		_, raw, err = ed25519.GenerateKey(rand.Reader)
	case "ES256":
		raw, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		err = fmt.Errorf("identity: no keys are made for algorithm %q", alg)
	}
	if err != nil {
		return Key{}, err
	}
	return KeyOf(alg, raw)
}

// KeyOf wraps a private key of package crypto for an algorithm.
func KeyOf(alg string, raw any) (Key, error) {
	known, ok := algorithms[alg]
	if !ok {
		return Key{}, fmt.Errorf("identity: algorithm %q is not accepted", alg)
	}
	private, err := jwk.Import(raw)
	if err != nil {
		return Key{}, err
	}
	thumb, err := private.Thumbprint(crypto.SHA256)
	if err != nil {
		return Key{}, err
	}
	for name, value := range map[string]any{
		jwk.KeyIDKey: base64.RawURLEncoding.EncodeToString(thumb), jwk.AlgorithmKey: known.name, jwk.KeyUsageKey: useSignature,
	} {
		if err := private.Set(name, value); err != nil {
			return Key{}, err
		}
	}
	return Key{private: private, alg: known.name}, nil
}

// ParseKey reads a key that MarshalJSON wrote.
func ParseKey(raw []byte) (Key, error) {
	private, err := jwk.ParseKey(raw)
	if err != nil {
		return Key{}, err
	}
	alg, _ := private.Algorithm()
	known, ok := algorithms[fmt.Sprint(alg)]
	if !ok {
		return Key{}, fmt.Errorf("identity: algorithm %v is not accepted", alg)
	}
	return Key{private: private, alg: known.name}, nil
}

// MarshalJSON writes the private key as a JWK. Keep it secret.
func (k Key) MarshalJSON() ([]byte, error) { return json.Marshal(k.private) }

// KeySet is the public half as a JWK set, to be registered with the issuer.
func (k Key) KeySet() (string, error) {
	public, err := k.private.PublicKey()
	if err != nil {
		return "", err
	}
	set := jwk.NewSet()
	if err := set.AddKey(public); err != nil {
		return "", err
	}
	raw, err := json.Marshal(set)
	return string(raw), err
}

// Token is what a token to be signed says. Empty fields are left out.
type Token struct {
	Issuer, Subject, Member      string
	Audience                     []string
	IssuedAt, NotBefore, Expires time.Time
}

// Issue signs a token.
func (k Key) Issue(t Token) (string, error) {
	b := jwt.NewBuilder().Issuer(t.Issuer).Subject(t.Subject)
	if t.Member != "" {
		b.Claim(memberClaim, t.Member)
	}
	if len(t.Audience) > 0 {
		b.Audience(t.Audience)
	}
	for name, at := range map[string]time.Time{
		jwt.IssuedAtKey: t.IssuedAt, jwt.NotBeforeKey: t.NotBefore, jwt.ExpirationKey: t.Expires,
	} {
		if !at.IsZero() {
			b.Claim(name, at)
		}
	}
	token, err := b.Build()
	if err != nil {
		return "", err
	}
	signed, err := jwt.Sign(token, jwt.WithKey(k.alg, k.private))
	return string(signed), err
}
