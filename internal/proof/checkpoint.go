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
	By     string // names the key that signed it, where that was looked at
}

// Signer signs checkpoints and submissions with the exchange's key.
type Signer = note.Signer

// Always gives the same key whenever it is asked which one to sign with.
func Always(s Signer) func() Signer { return func() Signer { return s } }

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

// ParseSigner reads a private key of signed notes. The error never quotes it.
func ParseSigner(text string) (note.Signer, error) {
	s, err := note.NewSigner(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("proof: the signing key is not a private key of signed notes")
	}
	return s, nil
}

// OpenCheckpoint reads a checkpoint that one of the keys has signed while it was
// the log's.
func OpenCheckpoint(text string, keys Keys) (Checkpoint, error) {
	if len(text) > maxNote {
		return Checkpoint{}, untrue("it is too long")
	}
	n, rule := keys.open([]byte(text))
	if rule != "" {
		return Checkpoint{}, untrue(rule)
	}
	c, err := ParseCheckpoint(text)
	if err == nil && c.Origin != keys.Name() {
		err = untrue(fmt.Sprintf("it is of the log %s, the key of %s", c.Origin, keys.Name()))
	}
	if err != nil {
		return c, err
	}
	if c.By, rule = n.of(c.Size); rule != "" {
		return Checkpoint{}, untrue(rule)
	}
	return c, nil
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
