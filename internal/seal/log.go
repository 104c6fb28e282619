package seal

import (
	"context"
	"fmt"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/store"
)

// Receipt proves that a transaction is in the log, by the latest checkpoint.
// All is read on one snapshot.
func Receipt(ctx context.Context, r store.Reader, id exchange.ID) (proof.Receipt, error) {
	s, err := r.SealOf(ctx, id)
	if err != nil {
		return proof.Receipt{}, notSealed(err, "the transaction")
	}
	last, err := r.LastCheckpoint(ctx)
	if err != nil {
		return proof.Receipt{}, notSealed(err, "the transaction")
	}
	leaf, err := leafAt(ctx, r, s)
	if err != nil {
		return proof.Receipt{}, err
	}
	path, err := proof.InclusionPath(s.Position, last.Size)
	if err != nil {
		return proof.Receipt{}, err
	}
	hashes, err := prove(ctx, r, path)
	return proof.Receipt{
		Format: proof.ReceiptFormat, TransactionID: id.String(), Position: s.Position, Leaf: leaf,
		Proof: proof.Hashes(hashes), Checkpoint: last.Note,
	}, err
}

// leafAt encodes a sealed transaction as its rows have it now. Where that is no
// longer what was sealed there is no receipt to give.
func leafAt(ctx context.Context, r store.Reader, s store.Seal) ([]byte, error) {
	rows, err := Leaves(ctx, r, []store.Seal{s})
	if err == nil && string(proof.LeafHash(rows[0])) != string(s.LeafHash) {
		err = fault.New(fault.LedgerDiffers, "difference", fmt.Sprintf("transaction %s at position %d is not what was sealed", exchange.ID{Home: s.Home, UUID: s.Transaction}, s.Position))
	}
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// Consistency proves that the log of a size grew out of the log of a smaller
// one. Both are sizes of checkpoints; 0 for the later one is the latest.
func Consistency(ctx context.Context, r store.Reader, from, to int64) (proof.Consistency, error) {
	var none proof.Consistency
	older, err := r.CheckpointOf(ctx, from)
	if err != nil {
		return none, noCheckpoint(err, from)
	}
	newer, err := r.LastCheckpoint(ctx)
	if to != 0 && err == nil {
		newer, err = r.CheckpointOf(ctx, to)
	}
	if err != nil {
		return none, noCheckpoint(err, to)
	}
	if newer.Size < older.Size {
		return none, fault.InField("to_size", fault.ProofInvalid, "rule", "the first checkpoint is the later one")
	}
	path, err := proof.ConsistencyPath(older.Size, newer.Size)
	if err != nil {
		return none, err
	}
	hashes, err := prove(ctx, r, path)
	return proof.Consistency{
		Format: proof.ConsistencyFormat, From: older.Note, To: newer.Note, Proof: proof.Hashes(hashes),
	}, err
}

func notSealed(err error, what string) error {
	return orElse(err, fault.New(fault.NotSealed, "what", what))
}

func noCheckpoint(err error, size int64) error {
	return orElse(err, fault.New(fault.ResourceNotFound, "noun", "checkpoint", "id", size))
}

// span is where the hash of a node comes from: nodes of a kept level, or the
// leaves.
func span(n proof.Node) (level int, at store.Positions) {
	level = n.Level - n.Level%tile
	width := int64(1) << (n.Level - level)
	return level, store.Positions{From: n.Index * width, To: (n.Index + 1) * width}
}

// prove reads the hashes that a path needs, in two statements, and makes the
// proof.
func prove(ctx context.Context, r store.Reader, path proof.Path) ([][]byte, error) {
	var leaves, places []store.Positions
	var levels []int
	for _, n := range path.Nodes() {
		level, at := span(n)
		if level == 0 {
			leaves = append(leaves, at)
			continue
		}
		levels, places = append(levels, level), append(places, at)
	}
	below, err := r.LeafHashes(ctx, leaves)
	if err != nil {
		return nil, err
	}
	above, err := r.NodeHashes(ctx, levels, places)
	if err != nil {
		return nil, err
	}
	hashes := make([][]byte, len(path.Nodes()))
	for i, n := range path.Nodes() {
		level, at := span(n)
		parts := make([][]byte, 0, at.To-at.From)
		for p := at.From; p < at.To; p++ {
			hash := below[p]
			if level > 0 {
				hash = above[proof.Node{Level: level, Index: p}]
			}
			if len(hash) != proof.HashSize {
				return nil, fault.New(fault.LedgerDiffers, "difference", fmt.Sprintf("the log has no node %d of level %d", p, level))
			}
			parts = append(parts, hash)
		}
		if hashes[i], err = proof.Fold(parts); err != nil {
			return nil, err
		}
	}
	return path.Proof(hashes)
}
