package proof

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// MaxFile bounds a file that is verified.
const MaxFile = 16 << 20

// ReceiptFormat names the form of a receipt.
const ReceiptFormat = "sushaan.exchange/receipt/v1"

// Receipt proves that a ledger transaction is in the log: its leaf, the way
// from it to a root, and a checkpoint that signs the root. Its JSON is the
// answer of GET /v1/ledger/transactions/{id}:receipt.
type Receipt struct {
	Format        string  `json:"format"`
	TransactionID string  `json:"transactionId"`
	Position      int64   `json:"position,string"`
	Leaf          Bytes   `json:"leaf"`
	Proof         []Bytes `json:"proof"`
	Checkpoint    string  `json:"checkpoint"`
}

// ConsistencyFormat names the form of a proof of consistency.
const ConsistencyFormat = "sushaan.exchange/consistency/v1"

// Consistency proves that the log of a later checkpoint begins with the log of
// an earlier one: nothing sealed was changed, taken out or put in between. Its
// JSON is the answer of GET /v1/ledger/consistency.
type Consistency struct {
	Format string  `json:"format"`
	From   string  `json:"from"` // checkpoint
	To     string  `json:"to"`   // checkpoint
	Proof  []Bytes `json:"proof"`
}

// Bytes are base64 in JSON, in one spelling.
type Bytes []byte

// UnmarshalJSON reads base64.
func (b *Bytes) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	*b = raw
	return err
}

// File is what a file that proves something holds: one of the two.
type File struct {
	Receipt     *Receipt     `json:"receipt,omitempty"`
	Consistency *Consistency `json:"consistency,omitempty"`
}

// DecodeFile reads a receipt or a proof of consistency.
func DecodeFile(b []byte) (File, error) {
	var f File
	if len(b) > MaxFile {
		return f, invalid("the file is too large")
	}
	err := decode(b, &f)
	switch {
	case errors.Is(err, errForm):
		return File{}, err
	case err != nil:
		return File{}, invalid("the file is not JSON of a receipt or a proof of consistency")
	case (f.Receipt == nil) == (f.Consistency == nil):
		return File{}, invalid("the file holds neither a receipt nor a proof of consistency")
	case f.Receipt != nil && f.Receipt.Format != ReceiptFormat:
		return File{}, invalid("it is not in the format " + ReceiptFormat)
	case f.Consistency != nil && f.Consistency.Format != ConsistencyFormat:
		return File{}, invalid("it is not in the format " + ConsistencyFormat)
	}
	return f, nil
}

// Encode writes the file.
func (f File) Encode() ([]byte, error) { return encode(f) }

// Verify proves the receipt by the exchange's public keys alone, and gives what
// it proves.
func (r Receipt) Verify(keys Keys) (Leaf, Checkpoint, error) {
	c, err := OpenCheckpoint(r.Checkpoint, keys)
	if err != nil {
		return Leaf{}, c, err
	}
	leaf, err := DecodeLeaf(r.Leaf)
	switch {
	case err != nil:
		return Leaf{}, c, err
	case leaf.ID != r.TransactionID || leaf.Position != r.Position:
		return Leaf{}, c, invalid("the leaf is of another transaction or position")
	case r.Position < 0 || r.Position >= c.Size:
		return Leaf{}, c, invalid("the position is not in the checkpoint's log")
	}
	err = proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(r.Position), uint64(c.Size), LeafHash(r.Leaf), raw(r.Proof), c.Root)
	if err != nil {
		return Leaf{}, c, invalid("the leaf does not lead to the checkpoint's root: the transaction or its proof was changed")
	}
	return leaf, c, nil
}

// Verify proves the consistency by the exchange's public keys alone, and gives
// both checkpoints.
func (p Consistency) Verify(keys Keys) (from, to Checkpoint, err error) {
	if from, err = OpenCheckpoint(p.From, keys); err != nil {
		return from, to, err
	}
	if to, err = OpenCheckpoint(p.To, keys); err != nil {
		return from, to, err
	}
	if from.Size > to.Size {
		return from, to, invalid("the first checkpoint is the later one")
	}
	if from.Size == 0 {
		// Every log begins with the empty one.
		if len(p.Proof) != 0 || !bytes.Equal(from.Root, rfc6962.DefaultHasher.EmptyRoot()) {
			return from, to, invalid("the empty log has no such proof")
		}
		return from, to, nil
	}
	err = proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(from.Size), uint64(to.Size), raw(p.Proof), from.Root, to.Root)
	if err != nil {
		return from, to, invalid("the later log does not begin with the earlier one: something sealed was changed")
	}
	return from, to, nil
}

func raw(list []Bytes) [][]byte {
	out := make([][]byte, len(list))
	for i, b := range list {
		out[i] = b
	}
	return out
}

// Hashes are hashes as a proof carries them.
func Hashes(list [][]byte) []Bytes {
	out := make([]Bytes, len(list))
	for i, b := range list {
		out[i] = b
	}
	return out
}
