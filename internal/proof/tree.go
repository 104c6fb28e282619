package proof

import (
	"crypto/sha256"
	"errors"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// HashSize is the length of every hash of the tree, SHA-256.
const HashSize = sha256.Size

var ranges = &compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// LeafHash is the hash of a leaf's bytes.
func LeafHash(leaf []byte) []byte { return rfc6962.DefaultHasher.HashLeaf(leaf) }

// Node names a perfect subtree: its height above the leaves and its number on
// that level.
type Node struct {
	Level int
	Index int64
}

// Tree grows by leaves and knows its root. It keeps only its frontier, the
// roots of the perfect subtrees that cover it: log n hashes.
type Tree struct{ r *compact.Range }

// NewTree is the empty tree.
func NewTree() *Tree { return &Tree{ranges.NewEmptyRange(0)} }

// Size is the number of leaves.
func (t *Tree) Size() int64 { return int64(t.r.End()) }

// Append adds a leaf by its hash, and tells visit of every perfect subtree that
// this completes, the leaf itself first.
func (t *Tree) Append(leafHash []byte, visit func(Node, []byte)) error {
	var visitor compact.VisitFn
	if visit != nil {
		visitor = func(id compact.NodeID, hash []byte) { visit(Node{int(id.Level), int64(id.Index)}, hash) }
	}
	return t.r.Append(leafHash, visitor)
}

// Root is the root of the tree.
func (t *Tree) Root() ([]byte, error) {
	if t.Size() == 0 {
		return rfc6962.DefaultHasher.EmptyRoot(), nil
	}
	return t.r.GetRootHash(nil)
}

// Frontier is all that RestoreTree needs to go on: the hashes one after the
// other.
func (t *Tree) Frontier() []byte {
	var out []byte
	for _, h := range t.r.Hashes() {
		out = append(out, h...)
	}
	return out
}

// RestoreTree is the tree of a size with a frontier.
func RestoreTree(size int64, frontier []byte) (*Tree, error) {
	if size < 0 || len(frontier)%HashSize != 0 {
		return nil, errors.New("proof: the frontier is not one of hashes")
	}
	var hashes [][]byte
	for at := 0; at < len(frontier); at += HashSize {
		hashes = append(hashes, frontier[at:at+HashSize:at+HashSize])
	}
	r, err := ranges.NewRange(0, uint64(size), hashes)
	if err != nil {
		return nil, err
	}
	return &Tree{r}, nil
}

// Fold is the root of the perfect subtree over hashes, whose number is a power
// of two.
func Fold(hashes [][]byte) ([]byte, error) {
	if n := len(hashes); n == 0 || n&(n-1) != 0 {
		return nil, errors.New("proof: a perfect subtree has a power of two of leaves")
	}
	level := append([][]byte(nil), hashes...)
	for len(level) > 1 {
		for i := 0; i < len(level)/2; i++ {
			level[i] = rfc6962.DefaultHasher.HashChildren(level[2*i], level[2*i+1])
		}
		level = level[:len(level)/2]
	}
	return level[0], nil
}

// Path is a proof before its hashes are known: which nodes it needs, and how
// they become the proof.
type Path struct{ nodes proof.Nodes }

// InclusionPath is the path that proves a leaf in a tree of a size.
func InclusionPath(position, size int64) (Path, error) {
	if position < 0 || size < 0 {
		return Path{}, errors.New("proof: neither position nor size is negative")
	}
	n, err := proof.Inclusion(uint64(position), uint64(size))
	return Path{n}, err
}

// ConsistencyPath is the path that proves that a tree grew out of a smaller one.
func ConsistencyPath(from, to int64) (Path, error) {
	if from < 0 || to < 0 {
		return Path{}, errors.New("proof: no size is negative")
	}
	n, err := proof.Consistency(uint64(from), uint64(to))
	return Path{n}, err
}

// Nodes are those whose hashes the path needs.
func (p Path) Nodes() []Node {
	out := make([]Node, len(p.nodes.IDs))
	for i, id := range p.nodes.IDs {
		out[i] = Node{int(id.Level), int64(id.Index)}
	}
	return out
}

// Proof makes the proof of the hashes of Nodes, in their order.
func (p Path) Proof(hashes [][]byte) ([][]byte, error) {
	return p.nodes.Rehash(hashes, rfc6962.DefaultHasher.HashChildren)
}
