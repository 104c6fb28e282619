// Package proof is what proves the ledger to someone who has only a file and
// the exchange's public key: leaves, checkpoints, receipts and proofs of
// consistency. It is pure: no I/O, no clock, no database.
//
// The log is the Merkle tree of RFC 6962 over the leaves in sealing order.
// Checkpoints are signed notes in the form of C2SP tlog-checkpoint.
package proof

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/sushaan/exchange/internal/fault"
)

// LeafFormat names the form of a leaf. A field that is added later is left out
// where it is empty, so that leaves of before stay what they are.
const LeafFormat = "sushaan.exchange/ledger/v1"

// Leaf is a ledger transaction in its place in the log. Its bytes are JSON with
// the fields in this order and no space between; every column of the
// transaction's row and of its entries' rows is in them.
type Leaf struct {
	Format           string      `json:"format"`
	Position         int64       `json:"position,string"`
	ID               string      `json:"id"` // home-uuid
	Kind             string      `json:"kind"`
	OrderID          string      `json:"order_id"`    // home-uuid
	ReversesID       string      `json:"reverses_id"` // home-uuid, or empty
	Time             Time        `json:"time"`
	Memo             string      `json:"memo"`
	BuyerID          string      `json:"buyer_id"`
	SellerID         string      `json:"seller_id"`
	BuyerAllianceID  string      `json:"buyer_alliance_id"`
	SellerAllianceID string      `json:"seller_alliance_id"`
	SellerCounty     string      `json:"seller_county"`
	BuyerCounty      string      `json:"buyer_county"`
	BuyerClass       string      `json:"buyer_class"`
	Entries          []LeafEntry `json:"entries"`
	// Of a fact that was recorded later than its day.
	FactDay string `json:"fact_day,omitempty"`
	Adjusts string `json:"adjusts,omitempty"` // a closed period
}

// LeafEntry is a line of the transaction. It repeats what its row repeats, so
// that the row cannot differ from its transaction unseen.
type LeafEntry struct {
	Line             int    `json:"line"`
	AccountKind      string `json:"account_kind"`
	AccountOwner     string `json:"account_owner"`
	Currency         string `json:"currency"`
	AmountFen        int64  `json:"amount_fen,string"`
	Measure          string `json:"measure"`
	MeasureFen       int64  `json:"measure_fen,string"`
	MeasureQuantity  int64  `json:"measure_quantity,string"`
	OrderID          string `json:"order_id"`
	Direction        string `json:"direction"`
	SellerCounty     string `json:"seller_county"`
	BuyerCounty      string `json:"buyer_county"`
	Category         string `json:"category"`
	BuyerClass       string `json:"buyer_class"`
	Channel          string `json:"channel"`
	Scheme           string `json:"scheme"`
	BuyerID          string `json:"buyer_id"`
	SellerID         string `json:"seller_id"`
	BuyerAllianceID  string `json:"buyer_alliance_id"`
	SellerAllianceID string `json:"seller_alliance_id"`
	Time             Time   `json:"time"`
	Adjusts          string `json:"adjusts,omitempty"`
}

// Time is an instant with the microseconds that the database keeps, in UTC.
type Time struct{ time.Time }

const timeLayout = "2006-01-02T15:04:05.000000Z"

// MarshalJSON writes the one form of an instant.
func (t Time) MarshalJSON() ([]byte, error) { return json.Marshal(t.UTC().Format(timeLayout)) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Time) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	at, err := time.Parse(timeLayout, text)
	t.Time = at
	return err
}

// Encode gives the leaf's bytes.
func (l Leaf) Encode() ([]byte, error) {
	l.Format = LeafFormat
	if l.Entries == nil {
		l.Entries = []LeafEntry{}
	}
	return encode(l)
}

// DecodeLeaf reads a leaf. Only the one form that Encode writes is taken.
func DecodeLeaf(b []byte) (Leaf, error) {
	var l Leaf
	if err := decode(b, &l); err != nil || l.Format != LeafFormat {
		return Leaf{}, invalid("the leaf is not a ledger transaction of " + LeafFormat)
	}
	return l, nil
}

// encode writes JSON without spaces, and text as it is.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// decode reads JSON that says just what encode would write of it: a field that
// is unknown, written twice, out of order or in another spelling is refused, so
// that no bit of a proof is without meaning. Spaces between are free.
func decode[T any](b []byte, into *T) error {
	var compact bytes.Buffer
	if err := json.Compact(&compact, b); err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return err
	}
	again, err := encode(*into)
	if err == nil && !bytes.Equal(again, compact.Bytes()) {
		err = errForm
	}
	return err
}

var errForm = invalid("it is not in the form in which the exchange writes it")

func invalid(rule string) error { return fault.New(fault.ProofInvalid, "rule", rule) }
