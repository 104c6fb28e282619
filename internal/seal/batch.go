package seal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/store"
)

// tile is how many levels of the tree are made anew when they are needed: of
// the nodes above the leaves only those of level 8, 16, … are kept.
const tile = 8

// batch seals what waits, up to a bound. Whatever fails, nothing of it is kept,
// and what waited waits on: so a crash anywhere repeats nothing.
func (s *Sealer) batch(ctx context.Context, tx *store.Tx) (outcome, error) {
	held, err := tx.HoldSealLease(ctx, s.holder, s.config.Lease)
	if err != nil || !held {
		return outcome{}, err
	}
	signer := s.config.Signer()
	tree, err := s.tree(ctx, tx, signer.Name())
	if err != nil {
		return outcome{}, err
	}
	o := outcome{active: true, size: tree.Size()}
	waiting, err := s.waiting(ctx, tx)
	if err != nil || len(waiting) == 0 {
		return o, err
	}
	o.oldest = waiting[0].At
	rows, stuck, err := read(ctx, tx, waiting)
	o.stuck = stuck
	if err != nil || len(rows) == 0 {
		return o, err
	}
	before, err := earlier(ctx, tx, rows)
	if err != nil {
		return o, err
	}
	if err := s.append(ctx, tx, tree, signer, rows); err != nil {
		return o, err
	}
	if err := addVolumes(ctx, tx, before, rows); err != nil {
		return o, err
	}
	o.sealed, o.size = len(rows), tree.Size()
	return o, take(ctx, tx, rows)
}

// tree is the log of a name as the last checkpoint left it.
func (s *Sealer) tree(ctx context.Context, tx *store.Tx, name string) (*proof.Tree, error) {
	last, err := tx.LastCheckpoint(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return proof.NewTree(), nil
	}
	if err != nil {
		return nil, err
	}
	c, err := proof.ParseCheckpoint(last.Note)
	if err == nil && c.Origin != name {
		// Nobody could verify a log of two names.
		err = fmt.Errorf("seal: the ledger's log is %s, and the signing key is of %s: keys that follow each other have one name (keys seal --before)", c.Origin, name)
	}
	if err != nil {
		return nil, err
	}
	tree, err := proof.RestoreTree(last.Size, last.Frontier)
	if err != nil {
		return nil, err
	}
	root, err := tree.Root()
	if err == nil && string(root) != string(last.Root) {
		// Going on would sign what nobody sealed.
		err = fmt.Errorf("seal: the frontier of checkpoint %d does not lead to its root", last.Size)
	}
	return tree, err
}

// waiting lists what waits in both provinces, the oldest first, up to a batch.
func (s *Sealer) waiting(ctx context.Context, tx *store.Tx) ([]store.Unsealed, error) {
	var all []store.Unsealed
	for _, home := range []string{exchange.Jiangsu, exchange.Shaanxi} {
		list, err := tx.Unsealed(ctx, home, s.config.Batch)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b store.Unsealed) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Home, b.Home), slices.Compare(a.ID[:], b.ID[:]))
	})
	return all[:min(len(all), s.config.Batch)], nil
}

// read reads what waits, in its order. A transaction or notice that is not there, or a transaction that does
// not balance, is not sealed: somebody reached past the exchange.
func read(ctx context.Context, tx *store.Tx, waiting []store.Unsealed) (rows []store.Row, stuck []string, err error) {
	homes, ids := make([]string, len(waiting)), make([]uuid.UUID, len(waiting))
	for i, u := range waiting {
		homes[i], ids[i] = u.Home, u.ID
	}
	found, err := tx.Rows(ctx, homes, ids)
	if err != nil {
		return nil, nil, err
	}
	byID := make(map[uuid.UUID]store.Row, len(found))
	for _, r := range found {
		byID[r.ID] = r
	}
	for _, u := range waiting {
		r, ok := byID[u.ID]
		switch {
		case !ok || r.Home != u.Home || !r.At.Equal(u.At):
			stuck = append(stuck, fmt.Sprintf("%s-%s is not in the ledger", u.Home, u.ID))
		case !r.Notice && !balances(r.Leaf):
			stuck = append(stuck, r.Leaf.ID+" does not balance")
		default:
			rows = append(rows, r)
		}
	}
	return rows, stuck, nil
}

func balances(l proof.Leaf) bool {
	var sum int64
	for _, e := range l.Entries {
		var err error
		if sum, err = ledger.Add(sum, e.AmountFen); err != nil {
			return false
		}
	}
	return sum == 0 && len(l.Entries) >= 2
}

// earlier reads the measured entries of the batch's orders that were sealed
// before.
func earlier(ctx context.Context, tx *store.Tx, rows []store.Row) ([]exchange.Measured, error) {
	var homes []string
	var orders []uuid.UUID
	seen := map[uuid.UUID]bool{}
	for _, r := range rows {
		if len(r.Measured) > 0 && !seen[r.Order] {
			seen[r.Order] = true
			homes, orders = append(homes, r.Home), append(orders, r.Order)
		}
	}
	if len(orders) == 0 {
		return nil, nil
	}
	return tx.SealedMeasures(ctx, homes, orders)
}

// append gives the rows their positions and the log its next checkpoint.
func (s *Sealer) append(ctx context.Context, tx *store.Tx, tree *proof.Tree, signer proof.Signer, rows []store.Row) error {
	at := s.config.Now().UTC().Truncate(time.Microsecond)
	seals, nodes := make([]store.Seal, len(rows)), []store.SealNode(nil)
	for i, r := range rows {
		r.Leaf.Position = tree.Size()
		leaf, err := r.Leaf.Encode()
		if err != nil {
			return err
		}
		seals[i] = store.Seal{Position: tree.Size(), Home: r.Home, Transaction: r.ID, LeafHash: proof.LeafHash(leaf), At: at}
		err = tree.Append(seals[i].LeafHash, func(n proof.Node, hash []byte) {
			if n.Level > 0 && n.Level%tile == 0 {
				nodes = append(nodes, store.SealNode{Node: n, Hash: hash})
			}
		})
		if err != nil {
			return err
		}
	}
	root, err := tree.Root()
	if err != nil {
		return err
	}
	signed, err := proof.Checkpoint{Size: tree.Size(), Root: root}.Sign(signer)
	if err != nil {
		return err
	}
	return errors.Join(tx.InsertSeals(ctx, seals), tx.InsertSealNodes(ctx, nodes), tx.InsertCheckpoint(ctx, store.Checkpoint{
		Size: tree.Size(), Root: root, Frontier: tree.Frontier(), Note: signed, At: at,
	}))
}

// addVolumes adds the rows to the roll-ups.
func addVolumes(ctx context.Context, tx *store.Tx, before []exchange.Measured, rows []store.Row) error {
	var entries []exchange.Measured
	for _, r := range rows {
		entries = append(entries, r.Measured...)
	}
	volumes, err := exchange.AddVolumes(before, entries)
	if err != nil {
		return err
	}
	cells := slices.SortedFunc(maps.Keys(volumes), exchange.VolumeCell.Compare)
	sums := make([]exchange.VolumeSum, len(cells))
	for i, c := range cells {
		sums[i] = volumes[c]
	}
	return tx.AddVolumes(ctx, cells, sums)
}

// take ends the waiting of what is sealed. Whatever is no longer waiting was
// not sealed by us: then nothing is.
func take(ctx context.Context, tx *store.Tx, rows []store.Row) error {
	list := make([]store.Unsealed, len(rows))
	for i, r := range rows {
		list[i] = store.Unsealed{Home: r.Home, At: r.At, ID: r.ID}
	}
	n, err := tx.TakeUnsealed(ctx, list)
	if err == nil && n != int64(len(rows)) {
		err = fmt.Errorf("seal: %d of %d transactions no longer wait", int64(len(rows))-n, len(rows))
	}
	return err
}
