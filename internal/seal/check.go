package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/store"
)

const (
	checkPage     = 500 // seals that a check reads at once
	maxViolations = 20  // that one check reports
)

func orElse(err, instead error) error {
	if errors.Is(err, store.ErrNotFound) {
		return instead
	}
	return err
}

// Leaves encodes sealed transactions as their rows have them now, each with its
// position. A transaction that is gone has no leaf.
func Leaves(ctx context.Context, r store.Reader, seals []store.Seal) ([][]byte, error) {
	homes, ids := make([]string, len(seals)), make([]uuid.UUID, len(seals))
	place := make(map[exchange.ID]int, len(seals))
	for i, s := range seals {
		homes[i], ids[i] = s.Home, s.Transaction
		place[exchange.ID{Home: s.Home, UUID: s.Transaction}] = i
	}
	rows, err := r.Rows(ctx, homes, ids)
	if err != nil {
		return nil, err
	}
	out := make([][]byte, len(seals))
	for _, row := range rows {
		i := place[exchange.ID{Home: row.Home, UUID: row.ID}]
		row.Leaf.Position = seals[i].Position
		if out[i], err = row.Leaf.Encode(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Check recomputes the whole log and every roll-up from the ledger's entries,
// on one snapshot, and lists what differs. It reads a page at a time. It has no
// key: who signed the checkpoints is for `sushaanctl ledger verify` to say.
func Check(ctx context.Context, s *store.Store) ([]store.CheckResult, error) {
	var results []store.CheckResult
	err := s.Read(ctx, func(ctx context.Context, r store.Reader) error {
		results = nil
		strays, err := checkStrays(ctx, r)
		if err != nil {
			return err
		}
		log, err := checkLog(ctx, r)
		if err != nil {
			return err
		}
		results = append(results, strays, log)
		names, err := r.CheckRollupNames(ctx)
		if err != nil {
			return err
		}
		for _, of := range exchange.Rollups() {
			found, err := r.CheckRollup(ctx, of)
			if err != nil {
				return err
			}
			results = append(results, store.CheckResult{
				Invariant: "I5", What: "roll-up " + of.Name + " is the sum of the sealed entries", Examined: log.Examined,
				Violations: append(found, names...),
			})
			names = nil
		}
		return nil
	})
	return results, err
}

func checkStrays(ctx context.Context, r store.Reader) (store.CheckResult, error) {
	result := store.CheckResult{Invariant: "I9", What: "every ledger transaction is sealed or waits to be, and every entry belongs to one"}
	unknown, orphans, absent, err := r.Strays(ctx, maxViolations)
	for _, id := range unknown {
		result.Violations = append(result.Violations, "transaction "+id+" is neither sealed nor waiting to be")
	}
	for _, id := range orphans {
		result.Violations = append(result.Violations, "entries of "+id+" belong to no transaction")
	}
	for _, id := range absent {
		result.Violations = append(result.Violations, "transaction "+id+" waits to be sealed but is not in the ledger, or is sealed already")
	}
	return result, err
}

// checkLog recomputes the tree from the ledger's rows.
func checkLog(ctx context.Context, r store.Reader) (store.CheckResult, error) {
	c := &logCheck{r: r, tree: proof.NewTree(), nodes: map[proof.Node][]byte{}}
	for {
		seals, err := r.Seals(ctx, c.tree.Size(), c.tree.Size()+checkPage, checkPage)
		if err != nil {
			return store.CheckResult{}, err
		}
		if err := c.page(ctx, seals); err != nil {
			return store.CheckResult{}, err
		}
		if len(seals) < checkPage || len(c.found) >= maxViolations {
			break
		}
	}
	err := c.end(ctx)
	return store.CheckResult{
		Invariant: "I9", What: "the log is what the ledger holds: positions, leaves, nodes and roots", Examined: c.tree.Size(), Violations: c.found,
	}, err
}

// logCheck goes through the log from its beginning.
type logCheck struct {
	r     store.Reader
	tree  *proof.Tree
	nodes map[proof.Node][]byte // that must be kept, not met yet: one in 256
	found []string
}

func (c *logCheck) tell(format string, args ...any) {
	if len(c.found) < maxViolations {
		c.found = append(c.found, fmt.Sprintf(format, args...))
	}
}

func (c *logCheck) page(ctx context.Context, seals []store.Seal) error {
	leaves, err := Leaves(ctx, c.r, seals)
	if err != nil || len(seals) == 0 {
		return err
	}
	first := c.tree.Size()
	kept, err := c.r.Checkpoints(ctx, first, first+int64(len(seals)), len(seals))
	if err != nil {
		return err
	}
	for i, s := range seals {
		if s.Position != c.tree.Size() {
			c.tell("there is no seal at position %d", c.tree.Size())
			return nil
		}
		id := exchange.ID{Home: s.Home, UUID: s.Transaction}
		switch {
		case leaves[i] == nil:
			c.tell("transaction %s at position %d is gone", id, s.Position)
		case !bytes.Equal(proof.LeafHash(leaves[i]), s.LeafHash):
			c.tell("transaction %s at position %d is not what was sealed", id, s.Position)
		}
		if err := c.tree.Append(s.LeafHash, c.visit); err != nil {
			return err
		}
		for len(kept) > 0 && kept[0].Size == c.tree.Size() {
			c.checkpoint(kept[0])
			kept = kept[1:]
		}
	}
	return nil
}

func (c *logCheck) visit(n proof.Node, hash []byte) {
	if n.Level > 0 && n.Level%tile == 0 {
		c.nodes[n] = hash
	}
}

func (c *logCheck) checkpoint(k store.Checkpoint) {
	root, err := c.tree.Root()
	note, noteErr := proof.ParseCheckpoint(k.Note)
	switch {
	case err != nil || !bytes.Equal(root, k.Root):
		c.tell("checkpoint %d has another root than the log", k.Size)
	case noteErr != nil || note.Size != k.Size || !bytes.Equal(note.Root, k.Root):
		c.tell("checkpoint %d does not say what its note says", k.Size)
	case !bytes.Equal(c.tree.Frontier(), k.Frontier):
		c.tell("checkpoint %d has another frontier than the log", k.Size)
	}
}

// end compares what stands beside the seals: the last checkpoint, later seals,
// and the kept nodes.
func (c *logCheck) end(ctx context.Context) error {
	if len(c.found) >= maxViolations {
		return nil
	}
	last, err := c.r.LastCheckpoint(ctx)
	if orElse(err, nil) != nil {
		return err
	}
	if last.Size != c.tree.Size() {
		c.tell("the log has %d transactions, its last checkpoint is of %d", c.tree.Size(), last.Size)
	}
	after := proof.Node{}
	for {
		nodes, err := c.r.SealNodesPage(ctx, after, checkPage)
		if err != nil {
			return err
		}
		for _, n := range nodes {
			after = n.Node
			if !bytes.Equal(c.nodes[n.Node], n.Hash) {
				c.tell("node %d of level %d is not the log's", n.Index, n.Level)
			}
			delete(c.nodes, n.Node)
		}
		if len(nodes) < checkPage {
			break
		}
	}
	for n := range c.nodes {
		c.tell("node %d of level %d is not kept", n.Index, n.Level)
	}
	return nil
}
