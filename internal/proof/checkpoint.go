package proof

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/sushaan/exchange/internal/fault"
)

// Checkpoint says which tree the log was at a size.
type Checkpoint struct {
	Origin string // names the log; the name of its key
	Size   int64
	Root   []byte
}

// Signer signs checkpoints and submissions with the exchange's key.
type Signer = note.Signer

// maxNote bounds the text of a checkpoint.
const maxNote = 64 << 10

// body is the signed text of a checkpoint (C2SP tlog-checkpoint): origin, size
// and root, a line each.
func (c Checkpoint) body() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root))
}

// Sign writes the checkpoint as a signed note. Its origin is the signer's name.
func (c Checkpoint) Sign(s note.Signer) (string, error) {
	c.Origin = s.Name()
	signed, err := note.Sign(&note.Note{Text: c.body()}, s)
	return string(signed), err
}

// NewKey makes a key pair for a log of a name, as signed notes write them.
func NewKey(random io.Reader, name string) (private, public string, err error) {
	if private, public, err = note.GenerateKey(random, name); err != nil {
		return "", "", err
	}
	// GenerateKey takes any name; a key of one that notes cannot have is useless.
	if _, err := note.NewVerifier(public); err != nil {
		return "", "", errors.New("it is empty or has spaces or +")
	}
	return private, public, nil
}

// ParseKey reads a public key in the form of a verifier key of signed notes,
// name+hash+key, as `sushaand keys seal` writes it.
func ParseKey(text string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(text))
	if err != nil {
		return nil, fault.Wrap(err, fault.SealKeyInvalid)
	}
	return v, nil
}

// ParseSigner reads a private key of signed notes. The error never quotes it.
func ParseSigner(text string) (note.Signer, error) {
	s, err := note.NewSigner(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("proof: the signing key is not a private key of signed notes")
	}
	return s, nil
}

// OpenCheckpoint reads a checkpoint that the key has signed.
func OpenCheckpoint(text string, key note.Verifier) (Checkpoint, error) {
	if len(text) > maxNote {
		return Checkpoint{}, untrue("it is too long")
	}
	n, err := note.Open([]byte(text), note.VerifierList(key))
	var unverified *note.UnverifiedNoteError
	var forged *note.InvalidSignatureError
	switch {
	case errors.As(err, &unverified):
		return Checkpoint{}, untrue(fmt.Sprintf("it is not signed by %s (%08x)", key.Name(), key.KeyHash()))
	case errors.As(err, &forged):
		return Checkpoint{}, untrue(fmt.Sprintf("its signature by %s does not fit it", key.Name()))
	case err != nil:
		return Checkpoint{}, untrue("it is not a signed note")
	}
	if !spelled(n) {
		return Checkpoint{}, untrue("its signature is not written as the exchange writes it")
	}
	c, err := ParseCheckpoint(text)
	if err == nil && c.Origin != key.Name() {
		err = untrue(fmt.Sprintf("it is of the log %s, the key of %s", c.Origin, key.Name()))
	}
	return c, err
}

// spelled says whether the signatures of a note have their one spelling: the bits
// that base64 leaves over are zero.
func spelled(n *note.Note) bool {
	for _, s := range append(n.Sigs, n.UnverifiedSigs...) {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return false
		}
	}
	return true
}

// ParseCheckpoint reads what a checkpoint says, without a look at who signed it.
func ParseCheckpoint(text string) (Checkpoint, error) {
	body, _, ok := strings.Cut(text, "\n\n")
	lines := strings.Split(body, "\n")
	if !ok || len(lines) < 3 || lines[0] == "" {
		return Checkpoint{}, untrue("it has no origin, size and root")
	}
	c := Checkpoint{Origin: lines[0]}
	var err error
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return Checkpoint{}, untrue("its size is not a number")
	}
	c.Root, err = base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(c.Root) != HashSize {
		return Checkpoint{}, untrue("its root is not a SHA-256 hash")
	}
	return c, nil
}

// Same says whether two checkpoints are of the same tree.
func (c Checkpoint) Same(d Checkpoint) bool {
	return c.Origin == d.Origin && c.Size == d.Size && bytes.Equal(c.Root, d.Root)
}

func untrue(rule string) error { return fault.New(fault.CheckpointInvalid, "rule", rule) }
