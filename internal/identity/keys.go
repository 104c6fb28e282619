package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"
	"net"
	"net/url"

	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/sushaan/exchange/internal/fault"
)

const (
	maxKeys      = 32
	minRSABits   = 2048
	useSignature = "sig"
)

var noID uuid.UUID

// algorithm is a signature algorithm that is accepted, and the keys that may be
// used with it. The key's own type decides: a public key can never pass for the
// secret of an HMAC, since no HMAC is here.
type algorithm struct {
	name jwa.SignatureAlgorithm
	fits func(key any) bool
}

var algorithms = map[string]algorithm{
	"RS256": {jwa.RS256(), isRSA}, "RS384": {jwa.RS384(), isRSA}, "RS512": {jwa.RS512(), isRSA},
	"PS256": {jwa.PS256(), isRSA}, "PS384": {jwa.PS384(), isRSA}, "PS512": {jwa.PS512(), isRSA},
	"ES256": {jwa.ES256(), onCurve(elliptic.P256())},
	"ES384": {jwa.ES384(), onCurve(elliptic.P384())},
	"ES512": {jwa.ES512(), onCurve(elliptic.P521())},
	"EdDSA": {jwa.EdDSA(), isEd25519},
}

func isRSA(key any) bool {
	k, ok := key.(*rsa.PublicKey)
	return ok && k.N.BitLen() >= minRSABits
}

func isEd25519(key any) bool {
	k, ok := key.(ed25519.PublicKey)
	return ok && len(k) == ed25519.PublicKeySize
}

func onCurve(c elliptic.Curve) func(any) bool {
	return func(key any) bool {
		k, ok := key.(*ecdsa.PublicKey)
		if !ok || k.Curve != c {
			return false
		}
		_, err := k.ECDH() // fails for a point that is not on the curve
		return err == nil
	}
}

// publicKey is a key of an issuer that can verify tokens.
type publicKey struct {
	id  string
	alg string // the only algorithm it is for; empty: any that fits
	key any
}

func (k publicKey) fits(alg string) bool {
	return (k.alg == "" || k.alg == alg) && algorithms[alg].fits(k.key)
}

// ValidateKeys proves that an issuer's keys can be used: exactly one of a JWK
// set of public keys and the URL of one. A set must be usable as a whole, so
// that a mistake is found at registration and not at the first token.
func ValidateKeys(jwks, jwksURL string) error {
	if (jwks == "") == (jwksURL == "") {
		return badKeys("jwks", "exactly one of jwks and jwks_url is required")
	}
	if jwksURL != "" {
		if err := checkURL(jwksURL); err != nil {
			return badKeys("jwks_url", err.Error())
		}
		return nil
	}
	keys, unusable, err := parseKeys([]byte(jwks))
	switch {
	case err != nil:
		return badKeys("jwks", "it is not a JWK set with at most 32 keys")
	case unusable != nil:
		return badKeys("jwks", unusable.Error())
	case len(keys) == 0:
		return badKeys("jwks", "it has no key")
	}
	seen := map[string]bool{}
	for _, k := range keys {
		if seen[k.id] {
			return badKeys("jwks", "several keys need a kid each, all different")
		}
		seen[k.id] = true
	}
	return nil
}

func badKeys(field, rule string) error {
	return fault.InField(field, fault.KeySetInvalid, "rule", rule)
}

// parseKeys reads a JWK set. Keys that cannot verify tokens are left out, and
// the first reason for it is told.
func parseKeys(raw []byte) (keys []publicKey, unusable, err error) {
	set, err := jwk.Parse(raw)
	if err != nil {
		return nil, nil, err
	}
	if set.Len() > maxKeys {
		return nil, nil, fmt.Errorf("identity: %d keys", set.Len())
	}
	for i := range set.Len() {
		k, _ := set.Key(i)
		public, reason := usable(k)
		if reason != nil {
			if unusable == nil {
				unusable = fmt.Errorf("key %d: %w", i+1, reason)
			}
			continue
		}
		keys = append(keys, public)
	}
	return keys, unusable, nil
}

// usable gives the key that verifies tokens, or says why there is none in it.
func usable(k jwk.Key) (publicKey, error) {
	asymmetric, ok := k.(jwk.AsymmetricKey)
	switch {
	case !ok:
		return publicKey{}, fmt.Errorf("a shared secret is never used")
	case asymmetric.IsPrivate():
		return publicKey{}, fmt.Errorf("it is a private key: keep it to yourself and register the public one")
	}
	if use, ok := k.KeyUsage(); ok && use != useSignature {
		return publicKey{}, fmt.Errorf("its use is not sig")
	}
	out := publicKey{}
	out.id, _ = k.KeyID()
	if alg, ok := k.Algorithm(); ok {
		out.alg = alg.String()
	}
	if err := jwk.Export(k, &out.key); err != nil {
		return publicKey{}, fmt.Errorf("its parameters are not valid")
	}
	for name := range algorithms {
		if out.fits(name) {
			return out, nil
		}
	}
	return publicKey{}, fmt.Errorf("it fits none of RS, PS and ES 256/384/512 and EdDSA, RSA from 2048 bits on")
}

// checkURL allows key sets over https only, or http from this very machine.
func checkURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.Fragment != "":
		return fmt.Errorf("jwks_url must be an absolute URL without user and fragment")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	default:
		return fmt.Errorf("jwks_url must be https")
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
