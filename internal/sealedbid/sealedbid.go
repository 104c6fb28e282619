// Package sealedbid is what the two ends of a sealed quote share: the content
// that a seller seals for a demand, the commitment to it that is kept in the
// clear, and the statement of what was there when the demand closed. It is pure:
// whoever has the files can check them without the exchange.
//
// The seller's client seals by age (X25519) to the demand's public key, whose
// private key only the buyer has.
package sealedbid

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/sushaan/exchange/internal/fault"
)

// Format names the form of a quote's content.
const Format = "sushaan.exchange/quote/v1"

const (
	// MaxContent bounds the content of a quote, in bytes.
	MaxContent = 8 << 10
	// MaxSealed bounds a sealed quote, in bytes: the content, age's header and its
	// authentication.
	MaxSealed = 12 << 10

	saltBytes = 32
	ageBegins = "age-encryption.org/v1\n-> X25519 "
)

// Content is what a seller quotes. Its bytes are JSON with the fields in this
// order and no space between. The salt makes of the digest of the bytes a
// commitment: nobody finds a price by trying.
type Content struct {
	Format      string `json:"format"`
	Demand      string `json:"demand"` // home-uuid
	Revision    int    `json:"revision"`
	Seller      string `json:"seller"` // member id
	Product     string `json:"product"`
	Certificate string `json:"certificate"`
	Quantity    int64  `json:"quantity,string"` // base units, at most
	PriceBasis  string `json:"price_basis"`
	PriceFen    int64  `json:"price_fen,string"`
	LeadDays    int    `json:"lead_days"`
	Note        string `json:"note,omitempty"`
	Salt        string `json:"salt"` // hex
}

// NewSalt is a fresh salt of a content.
func NewSalt() (string, error) {
	salt := make([]byte, saltBytes)
	_, err := rand.Read(salt)
	return hex.EncodeToString(salt), err
}

// Encode gives the content's bytes.
func (c Content) Encode() ([]byte, error) {
	c.Format = Format
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(c)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Decode reads a content. Only the one form that Encode writes is taken.
func Decode(b []byte) (Content, error) {
	var c Content
	if len(b) > MaxContent || json.Unmarshal(b, &c) != nil || c.Format != Format {
		return Content{}, invalid("the content is not of " + Format)
	}
	if salt, err := hex.DecodeString(c.Salt); err != nil || len(salt) != saltBytes {
		return Content{}, invalid("its salt is not 32 bytes in hexadecimal digits")
	}
	again, err := c.Encode()
	if err != nil || !bytes.Equal(again, b) {
		return Content{}, invalid("it is not in the one form of " + Format)
	}
	return c, nil
}

func invalid(rule string) error { return fault.New(fault.QuoteInvalid, "rule", rule) }

// Digest is the SHA-256 of bytes, in hexadecimal digits. Of a sealed quote it is
// the digest, of its content the commitment.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// IsDigest says whether a text is a digest.
func IsDigest(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == sha256.Size && strings.ToLower(s) == s
}

// NewKey makes the key of a demand: the private part is the buyer's alone.
func NewKey() (private, public string, err error) {
	k, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", err
	}
	return k.String(), k.Recipient().String(), nil
}

// PublicOf is the public part of a key.
func PublicOf(private string) (string, error) {
	k, err := age.ParseX25519Identity(strings.TrimSpace(private))
	if err != nil {
		return "", fault.Wrap(err, fault.DemandKeyInvalid)
	}
	return k.Recipient().String(), nil
}

// CheckKey says whether quotes can be sealed to a public key.
func CheckKey(public string) error {
	if _, err := age.ParseX25519Recipient(public); err != nil {
		return fault.InField("public_key", fault.DemandKeyInvalid)
	}
	return nil
}

// Seal encrypts a content to a demand's public key.
func Seal(content []byte, public string) ([]byte, error) {
	to, err := age.ParseX25519Recipient(public)
	if err != nil {
		return nil, fault.Wrap(err, fault.DemandKeyInvalid)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return sealed.Bytes(), nil
}

// CheckSealed says whether bytes can be a sealed quote. Whether they open, only
// who has the key can say.
func CheckSealed(sealed []byte) error {
	if len(sealed) > MaxSealed || !bytes.HasPrefix(sealed, []byte(ageBegins)) {
		return fault.InField("sealed", fault.QuoteInvalid, "rule", fmt.Sprintf("it must be sealed by age for an X25519 key, and be at most %d bytes", MaxSealed))
	}
	return nil
}

// Open decrypts a sealed quote by the demand's private key and checks it against
// what was kept in the clear.
func Open(sealed []byte, private, digest, commitment string) ([]byte, Content, error) {
	key, err := age.ParseX25519Identity(strings.TrimSpace(private))
	if err != nil {
		return nil, Content{}, fault.Wrap(err, fault.DemandKeyInvalid)
	}
	if Digest(sealed) != digest {
		return nil, Content{}, fault.New(fault.QuoteDiffers, "what", "the sealed quote", "kept", digest)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), key)
	if err != nil {
		return nil, Content{}, invalid("it does not open by this key")
	}
	content, err := io.ReadAll(io.LimitReader(r, MaxContent+1))
	if err != nil {
		return nil, Content{}, invalid("it was damaged")
	}
	if err := Committed(content, commitment); err != nil {
		return nil, Content{}, err
	}
	c, err := Decode(content)
	return content, c, err
}

// Committed says whether a content is the one that its seller committed to.
func Committed(content []byte, commitment string) error {
	if Digest(content) != commitment {
		return fault.New(fault.QuoteDiffers, "what", "the opened content", "kept", commitment)
	}
	return nil
}

// Sealed is a quote as the statement of a closing names it.
type Sealed struct {
	ID         string // home-uuid
	Digest     string // of the sealed bytes
	Commitment string // of the content
}

// Closing is the statement of what was there when a demand closed.
type Closing struct {
	Demand   string
	Revision int
	ClosesAt time.Time
	Quotes   []Sealed
}

// Digest is the digest of the statement, which is in the demand, in the event of
// its closing and in the sealed log.
func (c Closing) Digest() string { return Digest([]byte(c.Text())) }

// Text is the statement: a line for what it is, four for the demand, and one a
// quote, by id.
func (c Closing) Text() string {
	quotes := slices.SortedFunc(slices.Values(c.Quotes), func(a, b Sealed) int { return strings.Compare(a.ID, b.ID) })
	var b strings.Builder
	fmt.Fprintf(&b, "sushaan.exchange/closing/v1\n%s\n%d\n%s\n%d\n", c.Demand, c.Revision, c.ClosesAt.UTC().Format(time.RFC3339Nano), len(quotes))
	for _, q := range quotes {
		fmt.Fprintf(&b, "%s %s %s\n", q.ID, q.Digest, q.Commitment)
	}
	return b.String()
}

// QuoteNotice is what the log says of a quote that was sealed.
func QuoteNotice(demand string, revision int, q Sealed) string {
	return fmt.Sprintf("demand=%s revision=%d quote=%s digest=sha256:%s commitment=sha256:%s", demand, revision, q.ID, q.Digest, q.Commitment)
}

// ClosingNotice is what the log says of a demand that closed.
func ClosingNotice(c Closing) string {
	return fmt.Sprintf("demand=%s revision=%d quotes=%d closing=sha256:%s", c.Demand, c.Revision, len(c.Quotes), c.Digest())
}
