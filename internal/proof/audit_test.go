package proof

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/fault"
)

// audited is a log of 12 transactions with a checkpoint after 5, 6 and 12, as
// an audit is given it.
type audited struct {
	log    *aLog
	leaves []SealedLeaf
	notes  []string
}

func newAudited(t testing.TB) *audited {
	l := newLog(t, 0)
	x := &audited{log: l}
	for _, size := range []int{5, 6, 12} {
		l.grow(t, size)
		x.notes = append(x.notes, l.checkpoint(t))
	}
	x.fill()
	return x
}

func (x *audited) fill() {
	x.leaves = nil
	for i, leaf := range x.log.leaves {
		decoded, _ := DecodeLeaf(leaf)
		x.leaves = append(x.leaves, SealedLeaf{Position: int64(i), ID: decoded.ID, Leaf: leaf, LeafHash: LeafHash(leaf)})
	}
}

// run audits in two pages.
func (x *audited) run(kept Checkpoint, unknown ...string) error {
	a := NewAudit(x.log.key, kept)
	half := min(4, len(x.leaves))
	if err := a.Page(x.leaves[:half], nil); err != nil {
		return err
	}
	if err := a.Page(x.leaves[half:], x.notes); err != nil {
		return err
	}
	return a.End(unknown)
}

func TestAnAuditOfAnUnchangedLogFindsNothing(t *testing.T) {
	x := newAudited(t)
	if err := x.run(Checkpoint{}); err != nil {
		t.Error(err)
	}
	for _, text := range x.notes {
		kept, err := OpenCheckpoint(text, x.log.key)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.run(kept); err != nil {
			t.Errorf("against %d: %v", kept.Size, err)
		}
	}
	if err := (&audited{log: x.log}).run(Checkpoint{}); err != nil {
		t.Errorf("of nothing: %v", err)
	}
}

// Each row changes what the database would give. Some cover their traces: they
// change the hashes, and even the checkpoints, along with the transaction.
func TestAnAuditNamesTheFirstTransactionThatDiffers(t *testing.T) {
	change := func(x *audited, i int, old, new string) {
		x.leaves[i].Leaf = []byte(strings.Replace(string(x.leaves[i].Leaf), old, new, 1))
	}
	rows := map[string]struct {
		change func(*audited)
		want   string
	}{
		"an amount":                    {func(x *audited) { change(x, 7, "620000", "620001") }, "transaction 61-7 at position 7 is not what was sealed"},
		"an amount, and its hash":      {func(x *audited) { change(x, 5, "620000", "620001"); x.leaves[5].LeafHash = LeafHash(x.leaves[5].Leaf) }, "checkpoint 6 has another root: transaction 61-5 at position 5"},
		"a hash among several":         {func(x *audited) { change(x, 8, "620000", "620001"); x.leaves[8].LeafHash = LeafHash(x.leaves[8].Leaf) }, "at positions 6 to 11, from 61-6 on"},
		"a transaction that is gone":   {func(x *audited) { x.leaves[3].Leaf = nil }, "transaction 61-3 at position 3 is gone"},
		"a transaction taken out":      {func(x *audited) { x.leaves = append(x.leaves[:3], x.leaves[4:]...) }, "nothing is at position 3"},
		"two in another order":         {func(x *audited) { x.leaves[2], x.leaves[3] = x.leaves[3], x.leaves[2] }, "nothing is at position 2"},
		"two that changed places":      {func(x *audited) { x.leaves[2].ID, x.leaves[3].ID = x.leaves[3].ID, x.leaves[2].ID }, "position 2 is said to be of transaction 61-3"},
		"the end cut off":              {func(x *audited) { x.leaves, x.notes = x.leaves[:6], x.notes[:2] }, "the log ends at position 6"},
		"the end and its checkpoint":   {func(x *audited) { x.notes = x.notes[:2] }, ""},
		"a checkpoint of another key":  {func(x *audited) { x.notes[1] = newLog(t, 6).checkpoint(t) }, "is not this key's"},
		"one invented after the end":   {func(x *audited) { x.log.grow(t, 13); x.fill() }, "no checkpoint signs the transactions from position 12 on, the first of which is 61-12"},
		"a log made anew by the thief": {func(x *audited) { *x = *newAudited(t) }, "not this key's"},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			x := newAudited(t)
			kept, err := OpenCheckpoint(x.notes[2], x.log.key)
			if err != nil {
				t.Fatal(err)
			}
			key := x.log.key
			r.change(x)
			x.log.key = key
			err = x.run(kept)
			if r.want == "" && err != nil || r.want != "" && (!fault.Is(err, fault.LedgerDiffers) || !strings.Contains(err.Error(), r.want)) {
				t.Errorf("%v, want %q", err, r.want)
			}
		})
	}
	x := newAudited(t)
	if err := x.run(Checkpoint{}, "61-x"); !fault.Is(err, fault.LedgerDiffers) || !strings.Contains(err.Error(), "61-x is in the ledger and was never sealed") {
		t.Error(err)
	}
	// A checkpoint that was kept convicts a whole log that its owner made anew.
	kept, err := OpenCheckpoint(x.notes[2], x.log.key)
	if err != nil {
		t.Fatal(err)
	}
	kept.Root = LeafHash([]byte("another"))
	x.notes = nil
	if err := x.run(kept); !fault.Is(err, fault.LedgerDiffers) || !strings.Contains(err.Error(), "the checkpoint that was kept has another root") {
		t.Error(err)
	}
}

// Two keys of one log: servers that are given the new one after the other sign by
// turns. Each is believed of what it signed, up to where it ends.
func TestAnAuditKnowsTheKeysBeforeAndWhatEachSealed(t *testing.T) {
	x, next := newAudited(t), newLog(t, 0)
	old := x.log.signer
	x.log.signer = next.signer
	x.log.grow(t, 14)
	x.notes = append(x.notes, x.log.checkpoint(t))
	x.log.signer = old
	x.log.grow(t, 15)
	x.notes = append(x.notes, x.log.checkpoint(t))
	x.fill()
	id := func(k Keys) string { return k.list[0].String() }
	audit := func(keys Keys) (*Audit, error) {
		a := NewAudit(keys, Checkpoint{})
		if err := a.Page(x.leaves, x.notes); err != nil {
			return a, err
		}
		return a, a.End(nil)
	}
	all := func(lines ...string) Keys {
		keys, err := ParseKeys(lines...)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	a, err := audit(all("# ours\n"+next.public+"\n\n", x.log.public))
	want := []Span{{id(x.log.key), 0, 12}, {id(next.key), 12, 14}, {id(x.log.key), 14, 15}}
	if err != nil || !slices.Equal(a.Spans(), want) {
		t.Errorf("%+v, %v", a.Spans(), err)
	}
	if _, err := audit(all(next.public, x.log.public+" until=15")); err != nil {
		t.Error(err)
	}
	for name, keys := range map[string]Keys{
		"signed up to 14": all(next.public, x.log.public+" until=14", x.log.public+" until=20", x.log.public),
		"says to be by":   x.log.key,
	} {
		if _, err := audit(keys); !fault.Is(err, fault.LedgerDiffers) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{"", "#", "x", x.log.public + " until=", x.log.public + " until=0", x.log.public + " until=-1", x.log.public + " since=3", x.log.public + " until=3 4"} {
		if keys, err := ParseKeys(bad); !fault.Is(err, fault.SealKeyInvalid) || keys.Name() != "" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	_, other, err := NewKey(rand.Reader, "another.example/log")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseKeys(x.log.public, other); !fault.Is(err, fault.SealKeyInvalid) || !strings.Contains(err.Error(), "they are of one log") {
		t.Error(err)
	}
}
