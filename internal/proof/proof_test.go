package proof

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/fault"
)

// aLog is a small log with its key and every leaf.
type aLog struct {
	signer note.Signer
	key    Keys
	public string // key, as it is published
	leaves [][]byte
	nodes  map[Node][]byte
	tree   *Tree
}

func newLog(t testing.TB, size int) *aLog {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, "exchange.example/log")
	if err != nil {
		t.Fatal(err)
	}
	l := &aLog{public: public, nodes: map[Node][]byte{}, tree: NewTree()}
	if l.signer, err = ParseSigner(private); err != nil {
		t.Fatal(err)
	}
	if l.key, err = ParseKeys(public); err != nil {
		t.Fatal(err)
	}
	l.grow(t, size)
	return l
}

func (l *aLog) grow(t testing.TB, size int) {
	t.Helper()
	for i := len(l.leaves); i < size; i++ {
		at := Time{time.Unix(int64(i), 123456000)}
		leaf, err := Leaf{
			Position: int64(i), ID: fmt.Sprintf("61-%d", i), Kind: "ORDER_CONFIRMED", Time: at, Memo: "苹果 <&>",
			Entries: []LeafEntry{{AmountFen: 620000, Currency: "CNY", Time: at}, {Line: 1, AmountFen: -620000, Currency: "CNY", Time: at}},
		}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		l.leaves = append(l.leaves, leaf)
		if err := l.tree.Append(LeafHash(leaf), func(n Node, h []byte) { l.nodes[n] = h }); err != nil {
			t.Fatal(err)
		}
	}
}

func (l *aLog) checkpoint(t testing.TB) string {
	t.Helper()
	root, err := l.tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := Checkpoint{Size: l.tree.Size(), Root: root}.Sign(l.signer)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (l *aLog) prove(t testing.TB, p Path, err error) []Bytes {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var hashes [][]byte
	for _, n := range p.Nodes() {
		hashes = append(hashes, l.nodes[n])
	}
	made, err := p.Proof(hashes)
	if err != nil {
		t.Fatal(err)
	}
	return Hashes(made)
}

func (l *aLog) receipt(t testing.TB, position int) Receipt {
	t.Helper()
	path, err := InclusionPath(int64(position), l.tree.Size())
	return Receipt{
		Format: ReceiptFormat, TransactionID: fmt.Sprintf("61-%d", position), Position: int64(position),
		Leaf: l.leaves[position], Proof: l.prove(t, path, err), Checkpoint: l.checkpoint(t),
	}
}

func TestEveryReceiptOfEveryLogVerifies(t *testing.T) {
	l := newLog(t, 0)
	for size := 1; size <= 40; size++ {
		l.grow(t, size)
		for i := range size {
			leaf, c, err := l.receipt(t, i).Verify(l.key)
			if err != nil || leaf.Position != int64(i) || c.Size != int64(size) || leaf.Memo != "苹果 <&>" {
				t.Fatalf("%d of %d: %+v, %+v, %v", i, size, leaf, c, err)
			}
		}
	}
}

// Bad input of the issue: a receipt with one bit changed. Every bit of the file
// is tried.
func TestAReceiptWithOneBitChangedIsRefused(t *testing.T) {
	l := newLog(t, 7)
	receipt := l.receipt(t, 4)
	file, err := File{Receipt: &receipt}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for i := range file {
		for bit := range 8 {
			changed := bytes.Clone(file)
			changed[i] ^= 1 << bit
			f, err := DecodeFile(changed)
			if err == nil && f.Receipt != nil {
				_, _, err = f.Receipt.Verify(l.key)
			}
			if !fault.Is(err, fault.ProofInvalid) && !fault.Is(err, fault.CheckpointInvalid) {
				t.Fatalf("bit %d of byte %d (%q → %q): %v", bit, i, file[i], changed[i], err)
			}
		}
	}
}

func TestAReceiptOfAnotherKeyIsRefusedByThatReason(t *testing.T) {
	l, other := newLog(t, 3), newLog(t, 3)
	_, _, err := l.receipt(t, 1).Verify(other.key)
	if !fault.Is(err, fault.CheckpointInvalid) || !strings.Contains(err.Error(), "not signed by") {
		t.Error(err)
	}
}

func TestWhatCannotBeAReceiptIsRefused(t *testing.T) {
	l := newLog(t, 5)
	good := l.receipt(t, 2)
	rows := map[string]func(*Receipt){
		"another transaction": func(r *Receipt) { r.TransactionID = "61-3" },
		"another position":    func(r *Receipt) { r.Position = 3 },
		"negative position":   func(r *Receipt) { r.Position = -1 },
		"leaf of another":     func(r *Receipt) { r.Leaf = l.leaves[3] },
		"no leaf":             func(r *Receipt) { r.Leaf = nil },
		"shorter proof":       func(r *Receipt) { r.Proof = r.Proof[1:] },
		"longer proof":        func(r *Receipt) { r.Proof = append(r.Proof[:len(r.Proof):len(r.Proof)], r.Proof[0]) },
		"no checkpoint":       func(r *Receipt) { r.Checkpoint = "" },
		"long checkpoint":     func(r *Receipt) { r.Checkpoint = strings.Repeat("x", maxNote+1) },
	}
	for name, change := range rows {
		t.Run(name, func(t *testing.T) {
			r := good
			change(&r)
			if _, _, err := r.Verify(l.key); !fault.Is(err, fault.ProofInvalid) && !fault.Is(err, fault.CheckpointInvalid) {
				t.Error(err)
			}
		})
	}
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "{", "neither": "{}", "unknown field": `{"receipts":{}}`, "another format": `{"receipt":{"format":"x","transactionId":"","position":"0","leaf":"","proof":[],"checkpoint":""}}`,
		"too large": strings.Repeat(" ", MaxFile+1),
	} {
		if _, err := DecodeFile([]byte(text)); !fault.Is(err, fault.ProofInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACheckpointIsTheNoteThatC2SPDescribes(t *testing.T) {
	l := newLog(t, 3)
	text := l.checkpoint(t)
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || lines[0] != "exchange.example/log" || lines[1] != "3" || lines[3] != "" ||
		!strings.HasPrefix(lines[4], "— exchange.example/log ") || lines[5] != "" {
		t.Fatalf("%q", text)
	}
	c, err := OpenCheckpoint(text, l.key)
	if again, err2 := ParseCheckpoint(text); err != nil || err2 != nil || !c.Same(again) {
		t.Errorf("%v, %v", err, err2)
	}
	for _, bad := range []string{"", "x", "a\n\nb", "exchange.example/log\n03\n" + lines[2] + "\n\n", "exchange.example/log\n-3\n" + lines[2] + "\n\n", "exchange.example/log\n3\nAAAA\n\n"} {
		if _, err := ParseCheckpoint(bad); !fault.Is(err, fault.CheckpointInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	// The body is signed under another log's name by the same key.
	forged, err := note.Sign(&note.Note{Text: "another/log\n3\n" + lines[2] + "\n"}, l.signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCheckpoint(string(forged), l.key); !fault.Is(err, fault.CheckpointInvalid) {
		t.Errorf("%v", err)
	}
}

// A log proves that it grew out of what it was; one that was changed cannot.
func TestALogIsConsistentWithItsPastAndAChangedOneIsNot(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		from := rapid.IntRange(0, 40).Draw(r, "from")
		to := rapid.IntRange(from, 60).Draw(r, "to")
		l := newLog(t, from)
		before := l.checkpoint(t)
		l.grow(t, to)
		path, err := ConsistencyPath(int64(from), int64(to))
		p := Consistency{Format: ConsistencyFormat, From: before, To: l.checkpoint(t), Proof: l.prove(t, path, err)}
		if a, b, err := p.Verify(l.key); err != nil || a.Size != int64(from) || b.Size != int64(to) {
			r.Fatalf("%d to %d: %v", from, to, err)
		}
		file, err := File{Consistency: &p}.Encode()
		if err != nil {
			r.Fatal(err)
		}
		if f, err := DecodeFile(file); err != nil || f.Consistency == nil {
			r.Fatal(err)
		}
		if from == 0 || from == to {
			return
		}
		if _, _, err := (Consistency{From: p.To, To: p.From, Proof: p.Proof}).Verify(l.key); !fault.Is(err, fault.ProofInvalid) {
			r.Fatalf("backwards: %v", err)
		}
		other := newLog(t, 0)
		other.signer, other.key = l.signer, l.key
		other.grow(t, from)
		other.leaves[from-1][10] ^= 1
		changed := &aLog{signer: l.signer, key: l.key, nodes: map[Node][]byte{}, tree: NewTree()}
		for _, leaf := range other.leaves {
			if err := changed.tree.Append(LeafHash(leaf), nil); err != nil {
				r.Fatal(err)
			}
		}
		p.From = changed.checkpoint(t)
		if _, _, err := p.Verify(l.key); !fault.Is(err, fault.ProofInvalid) {
			r.Fatalf("a changed past was proved: %v", err)
		}
	})
}

// A tree goes on from its frontier as if it had never stopped.
func TestATreeGoesOnFromItsFrontier(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		size := rapid.IntRange(0, 200).Draw(r, "size")
		whole, restored := NewTree(), NewTree()
		for i := range size {
			h := LeafHash([]byte{byte(i)})
			var err error
			if restored, err = RestoreTree(restored.Size(), restored.Frontier()); err != nil {
				r.Fatal(err)
			}
			if whole.Append(h, nil) != nil || restored.Append(h, nil) != nil {
				r.Fatal("append")
			}
		}
		a, _ := whole.Root()
		b, _ := restored.Root()
		if !bytes.Equal(a, b) {
			r.Fatal("another root")
		}
	})
	if _, err := RestoreTree(3, make([]byte, HashSize)); err == nil {
		t.Error("a frontier that is too short was taken")
	}
	if _, err := RestoreTree(1, []byte{1}); err == nil {
		t.Error("a frontier of no hash was taken")
	}
}

func TestAFoldIsTheRootOfAPerfectSubtree(t *testing.T) {
	var hashes [][]byte
	tree := NewTree()
	for i := range 8 {
		hashes = append(hashes, LeafHash([]byte{byte(i)}))
		if err := tree.Append(hashes[i], nil); err != nil {
			t.Fatal(err)
		}
	}
	root, _ := tree.Root()
	if got, err := Fold(hashes); err != nil || !bytes.Equal(got, root) {
		t.Error(err)
	}
	if _, err := Fold(hashes[:3]); err == nil {
		t.Error("three leaves are no perfect subtree")
	}
}

func TestAKeyThatIsNoneIsRefused(t *testing.T) {
	if _, err := ParseKeys("x"); !fault.Is(err, fault.SealKeyInvalid) {
		t.Error(err)
	}
	if _, err := ParseSigner("PRIVATE+KEY+secret"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

// Whatever is decoded is in the one form: encoded again it is the same.
func FuzzDecodeFile(f *testing.F) {
	l := newLog(f, 3)
	receipt := l.receipt(f, 1)
	consistency := Consistency{Format: ConsistencyFormat, From: l.checkpoint(f), To: l.checkpoint(f), Proof: []Bytes{}}
	for _, file := range []File{{Receipt: &receipt}, {Consistency: &consistency}} {
		b, err := file.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := DecodeFile(b)
		if err != nil {
			return
		}
		once, err := file.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := DecodeFile(once); err != nil || (again.Receipt == nil) != (file.Receipt == nil) {
			t.Fatalf("%s: %v", once, err)
		}
		if file.Receipt != nil {
			if _, _, err := file.Receipt.Verify(l.key); err == nil && !bytes.Equal(file.Receipt.Leaf, receipt.Leaf) {
				t.Fatalf("a receipt was invented: %s", b)
			}
		}
	})
}

func FuzzDecodeLeaf(f *testing.F) {
	f.Add(newLog(f, 1).leaves[0])
	f.Fuzz(func(t *testing.T, b []byte) {
		leaf, err := DecodeLeaf(b)
		if err != nil {
			return
		}
		if again, err := leaf.Encode(); err != nil {
			t.Fatal(err)
		} else if _, err := DecodeLeaf(again); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	l := newLog(f, 3)
	f.Add(l.checkpoint(f))
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCheckpoint(text)
		if err == nil && !strings.HasPrefix(text, c.body()[:len(c.body())-1]) {
			t.Fatalf("%q is read as %q", text, c.body())
		}
		if opened, err := OpenCheckpoint(text, l.key); err == nil && opened.Size != 3 {
			t.Fatalf("a checkpoint was invented: %q", text)
		}
	})
}
