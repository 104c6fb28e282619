package proof

import (
	"bytes"
	"fmt"

	"github.com/sushaan/exchange/internal/fault"
)

// SealedLeaf is a transaction of the log as an audit is given it.
type SealedLeaf struct {
	Position int64
	ID       string // home-uuid
	Leaf     []byte // made anew from the ledger; empty: the transaction is gone
	LeafHash []byte // that is said to have been sealed
}

// Audit goes through a whole log from its beginning and finds the first
// transaction that differs from what was sealed. It trusts the keys, and a
// checkpoint that was kept elsewhere, and nothing else.
type Audit struct {
	keys Keys
	kept Checkpoint // size 0: none was kept
	tree *Tree
	// since are the transactions after the last size of which a signed
	// checkpoint has the root: where a root differs, it is one of them.
	since []string
	good  int64
	spans []Span
}

// Span is a part of the log, and the key that sealed it.
type Span struct {
	By   string `json:"by"`   // names the key
	From int64  `json:"from"` // size of the log before it
	To   int64  `json:"to"`   // and after it
}

// NewAudit begins an audit. A checkpoint of size 0 stands for none.
func NewAudit(keys Keys, kept Checkpoint) *Audit {
	return &Audit{keys: keys, kept: kept, tree: NewTree()}
}

// Size is how many transactions were looked at.
func (a *Audit) Size() int64 { return a.tree.Size() }

// Proved is how many of them a signed checkpoint has the root of.
func (a *Audit) Proved() int64 { return a.good }

// Spans are which key sealed which part of the log.
func (a *Audit) Spans() []Span { return a.spans }

// sealedBy notes the key of a checkpoint.
func (a *Audit) sealedBy(by string) {
	if last := len(a.spans) - 1; last >= 0 && a.spans[last].By == by {
		a.spans[last].To = a.Size()
		return
	}
	from := int64(0)
	if last := len(a.spans) - 1; last >= 0 {
		from = a.spans[last].To
	}
	a.spans = append(a.spans, Span{By: by, From: from, To: a.Size()})
}

// Page looks at the next transactions of the log, and at the checkpoints whose
// size lies among them. The error says which transaction is the first to differ.
func (a *Audit) Page(leaves []SealedLeaf, notes []string) error {
	for _, l := range leaves {
		if err := a.leaf(l); err != nil {
			return err
		}
		if a.Size() == a.kept.Size {
			if err := a.root(a.kept, "the checkpoint that was kept"); err != nil {
				return err
			}
		}
		for len(notes) > 0 {
			c, err := OpenCheckpoint(notes[0], a.keys)
			if err != nil {
				return differs("a checkpoint of the transactions from position %d on is not this key's: %v", a.good, err)
			}
			if c.Size > a.Size() {
				break
			}
			if err := a.root(c, fmt.Sprintf("checkpoint %d", c.Size)); err != nil {
				return err
			}
			a.sealedBy(c.By)
			notes = notes[1:]
		}
	}
	return nil
}

func (a *Audit) leaf(l SealedLeaf) error {
	leaf, err := DecodeLeaf(l.Leaf)
	switch {
	case l.Position != a.Size():
		return differs("nothing is at position %d: a transaction was taken out of the log", a.Size())
	case len(l.Leaf) == 0:
		return differs("transaction %s at position %d is gone", l.ID, l.Position)
	case !bytes.Equal(LeafHash(l.Leaf), l.LeafHash):
		return differs("transaction %s at position %d is not what was sealed", l.ID, l.Position)
	case err != nil || leaf.ID != l.ID || leaf.Position != l.Position:
		return differs("position %d is said to be of transaction %s and is not", l.Position, l.ID)
	}
	a.since = append(a.since, l.ID)
	return a.tree.Append(l.LeafHash, nil)
}

// root compares the log so far with a checkpoint of its size.
func (a *Audit) root(c Checkpoint, name string) error {
	root, err := a.tree.Root()
	if err != nil {
		return err
	}
	if c.Size == a.Size() && bytes.Equal(root, c.Root) {
		a.good, a.since = a.Size(), a.since[:0]
		return nil
	}
	if len(a.since) == 1 {
		return differs("%s has another root: transaction %s at position %d is not what was sealed", name, a.since[0], a.good)
	}
	first := "none"
	if len(a.since) > 0 {
		first = a.since[0]
	}
	return differs("%s has another root: of the transactions at positions %d to %d, from %s on, the first that differs is one",
		name, a.good, a.Size()-1, first)
}

// End ends the audit: what the ledger has beside the log, and whether the log
// reaches as far as it must. Unknown are transactions that are in the ledger but
// neither sealed nor waiting to be.
func (a *Audit) End(unknown []string) error {
	switch {
	case a.Size() < a.kept.Size:
		return differs("the log ends at position %d, the checkpoint that was kept has %d transactions", a.Size(), a.kept.Size)
	case len(unknown) > 0:
		return differs("transaction %s is in the ledger and was never sealed (%d such)", unknown[0], len(unknown))
	case a.good < a.Size():
		return differs("no checkpoint signs the transactions from position %d on, the first of which is %s", a.good, a.since[0])
	default:
		return nil
	}
}

func differs(format string, args ...any) error {
	return fault.New(fault.LedgerDiffers, "difference", fmt.Sprintf(format, args...))
}
