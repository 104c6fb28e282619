// Package identity proves who is asking: it verifies the JSON Web Tokens of
// registered issuers (design §8). The issuer of a token decides which keys may
// have signed it and for whom it can speak; the token itself decides nothing
// but its subject and the member it acts for.
package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

const (
	// Audience is the aud claim of tokens for this exchange.
	Audience = "sushaan-exchange"

	maxTokenBytes   = 8 << 10
	maxClaimRunes   = 500
	verifiedTokens  = 4096
	verifiedFor     = 5 * time.Second
	memberClaim     = "member"
	defaultLeeway   = 30 * time.Second
	compactSegments = 3
)

// Issuers finds a registered issuer by its iss claim. It gives ISSUER_UNKNOWN
// where there is none, or it is disabled.
type Issuers func(ctx context.Context, iss string) (exchange.Issuer, error)

// Config of a Verifier. Zero fields take the default.
type Config struct {
	Audience string        // that a token must be meant for
	Leeway   time.Duration // how far clocks may differ
	Now      func() time.Time
}

// Claims are what a verified token says.
type Claims struct {
	Issuer  exchange.Issuer
	Subject string
	Member  string // id or credit code of the member; empty for an authority
	Expires time.Time
}

// Verifier verifies tokens. It is safe for concurrent use.
type Verifier struct {
	issuers  Issuers
	audience string
	leeway   time.Duration
	now      func() time.Time
	keys     *keySource
	verified *lru.Cache[[sha256.Size]byte, verification]
}

// verification remembers what a token says, and that its signature was found
// good, by which keys. Only what was signed by an issuer is remembered, so that
// nobody else can fill the memory. The issuer is looked up and the claims are
// checked anew each time, since time goes on.
type verification struct {
	decoded decoded
	keys    keysOf // other keys, other answer
	at      time.Time
}

// keysOf says which keys an issuer has.
type keysOf struct {
	issuer    uuid.UUID
	url, jwks string
}

// New makes a verifier.
func New(issuers Issuers, c Config) *Verifier {
	if c.Audience == "" {
		c.Audience = Audience
	}
	if c.Leeway == 0 {
		c.Leeway = defaultLeeway
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	verified, err := lru.New[[sha256.Size]byte, verification](verifiedTokens)
	if err != nil {
		panic(err) // only a size below one fails
	}
	return &Verifier{
		issuers: issuers, audience: c.Audience, leeway: c.Leeway, now: c.Now,
		keys: newKeySource(c.Now), verified: verified,
	}
}

// Verify verifies a token in its compact form. What is wrong with it is told
// by code; why the signature fails is for the log only.
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	digest := sha256.Sum256([]byte(token))
	seen, ok := v.verified.Get(digest)
	if !ok {
		var err error
		if seen.decoded, err = decode(token); err != nil {
			return Claims{}, err
		}
	}
	t := &seen.decoded
	issuer, err := v.issuers(ctx, t.issuer)
	if err != nil {
		return Claims{}, err
	}
	source := keysOf{issuer.ID, issuer.JWKSURL, issuer.JWKS}
	if seen.keys != source || v.now().Sub(seen.at) >= verifiedFor {
		if err := v.checkSignature(ctx, t, issuer); err != nil {
			v.verified.Remove(digest)
			return Claims{}, err
		}
		v.verified.Add(digest, verification{decoded: *t, keys: source, at: v.now()})
	}
	return v.checkClaims(t, issuer)
}

// decoded is a token taken apart, nothing of it proved.
type decoded struct {
	raw      string
	alg, kid string
	issuer   string
	subject  string
	member   string
	audience []string
	expires  *time.Time // nil: the claim is not there
	notBy    *time.Time // not before
	issuedAt *time.Time
}

// header is the part of a JOSE header that matters before verification.
type header struct {
	Alg  string          `json:"alg"`
	Kid  string          `json:"kid"`
	Crit json.RawMessage `json:"crit"`
}

// decode takes a token apart. The algorithm is looked at first: a token that is
// not signed, or by a shared secret, is refused before anything in it is used.
func decode(token string) (decoded, error) {
	if len(token) > maxTokenBytes {
		return decoded{}, invalid("%d bytes are too many", len(token))
	}
	parts := strings.Split(token, ".")
	if len(parts) != compactSegments {
		return decoded{}, invalid("%d parts instead of %d", len(parts), compactSegments)
	}
	var h header
	if err := decodeSegment(parts[0], &h); err != nil {
		return decoded{}, invalid("header: %w", err)
	}
	if _, ok := algorithms[h.Alg]; !ok {
		return decoded{}, fault.Wrap(fmt.Errorf("algorithm %q", h.Alg), fault.TokenAlgorithm)
	}
	if h.Crit != nil {
		return decoded{}, invalid("critical extensions are not understood")
	}
	claims := jwt.New()
	if err := decodeSegment(parts[1], claims); err != nil {
		return decoded{}, invalid("claims: %w", err)
	}
	t := decoded{raw: token, alg: h.Alg, kid: h.Kid}
	t.readTimes(claims)
	return t, t.readNames(claims)
}

func (t *decoded) readTimes(claims jwt.Token) {
	t.audience, _ = claims.Audience()
	t.expires, t.notBy, t.issuedAt = given(claims.Expiration()), given(claims.NotBefore()), given(claims.IssuedAt())
}

// given is a claim's time, or nil.
func given(at time.Time, ok bool) *time.Time {
	if !ok {
		return nil
	}
	return &at
}

// readNames takes the names out of the claims. They go to the database and to
// logs, so they must be plain text of a bounded length.
func (t *decoded) readNames(claims jwt.Token) error {
	t.issuer, _ = claims.Issuer()
	t.subject, _ = claims.Subject()
	if claims.Has(memberClaim) {
		if err := claims.Get(memberClaim, &t.member); err != nil {
			return invalid("claim member is not text")
		}
	}
	for _, name := range []string{t.issuer, t.subject, t.member} {
		if len([]rune(name)) > maxClaimRunes || strings.ContainsFunc(name, unicode.IsControl) {
			return invalid("a name among the claims is too long or not plain text")
		}
	}
	if t.issuer == "" || t.subject == "" {
		return invalid("claims iss and sub are required")
	}
	return nil
}

func decodeSegment(segment string, into any) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// checkSignature proves that one of the issuer's keys signed the token.
func (v *Verifier) checkSignature(ctx context.Context, t *decoded, issuer exchange.Issuer) error {
	fresh := false
	for {
		keys, err := v.keys.of(ctx, issuer, fresh)
		if err != nil {
			return fault.Wrap(err, fault.TokenInvalid)
		}
		err = verifyWith(keys, t)
		if err == nil {
			return nil
		}
		// The issuer may have rotated its keys since they were fetched.
		if fresh || issuer.JWKSURL == "" || !errors.Is(err, errNoKey) {
			return fault.Wrap(err, fault.TokenInvalid)
		}
		fresh = true
	}
}

var errNoKey = errors.New("identity: the issuer has no key that fits the token")

// verifyWith tries the keys that fit the token's algorithm and key id.
func verifyWith(keys []publicKey, t *decoded) error {
	alg := algorithms[t.alg]
	err := errNoKey
	for _, k := range keys {
		if !k.fits(t.alg) || (t.kid != "" && k.id != "" && t.kid != k.id) {
			continue
		}
		if _, err = jws.Verify([]byte(t.raw), jws.WithCompact(), jws.WithKey(alg.name, k.key)); err == nil {
			return nil
		}
	}
	return err
}

// checkClaims checks what the token says against the clock, the audience and
// the kind of its issuer.
func (v *Verifier) checkClaims(t *decoded, issuer exchange.Issuer) (Claims, error) {
	now := v.now()
	switch {
	case t.expires == nil:
		return Claims{}, invalid("claim exp is required")
	case !now.Before(t.expires.Add(v.leeway)):
		return Claims{}, fault.New(fault.TokenExpired)
	}
	latest := now.Add(v.leeway)
	if (t.notBy != nil && latest.Before(*t.notBy)) || (t.issuedAt != nil && latest.Before(*t.issuedAt)) {
		return Claims{}, fault.New(fault.TokenNotYetValid)
	}
	if !slices.Contains(t.audience, v.audience) {
		return Claims{}, fault.New(fault.TokenAudience)
	}
	if t.member == "" && issuer.Authority == noID {
		return Claims{}, fault.New(fault.MemberClaimAbsent)
	}
	return Claims{Issuer: issuer, Subject: t.subject, Member: t.member, Expires: t.expires.Add(v.leeway)}, nil
}

func invalid(format string, args ...any) error {
	return fault.Wrap(fmt.Errorf("identity: "+format, args...), fault.TokenInvalid)
}
