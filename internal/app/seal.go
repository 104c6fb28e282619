package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/seal"
	"github.com/sushaan/exchange/internal/store"
)

// maxStrays is how many transactions an audit is told of that are in the ledger
// but not in the log.
const maxStrays = 100

// Checkpoint is a signed checkpoint of the log.
type Checkpoint store.Checkpoint

// GetReceipt proves that a transaction that the caller may see is in the log.
func (a *App) GetReceipt(ctx context.Context, id string) (proof.Receipt, error) {
	t, err := a.GetTransaction(ctx, id)
	if err != nil {
		return proof.Receipt{}, err
	}
	var receipt proof.Receipt
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		receipt, err = seal.Receipt(ctx, r, exchange.ID{Home: t.Home, UUID: t.ID})
		return err
	})
	return receipt, err
}

// GetCheckpoint reads the checkpoint of a size, or the latest for 0. It says
// nothing about any trade: whoever has a token may have it.
func (a *App) GetCheckpoint(ctx context.Context, size int64) (Checkpoint, error) {
	if _, err := PrincipalOf(ctx); err != nil {
		return Checkpoint{}, err
	}
	if size != 0 {
		c, err := found(a.store.CheckpointOf(ctx, size))("checkpoint", size)
		return Checkpoint(c), err
	}
	c, err := a.store.LastCheckpoint(ctx)
	if errors.Is(err, store.ErrNotFound) {
		err = fault.New(fault.NotSealed, "what", "the ledger")
	}
	return Checkpoint(c), err
}

// GetConsistency proves that the log of a size grew out of that of another.
func (a *App) GetConsistency(ctx context.Context, from, to int64) (proof.Consistency, error) {
	if _, err := PrincipalOf(ctx); err != nil {
		return proof.Consistency{}, err
	}
	var c proof.Consistency
	err := a.store.Read(ctx, func(ctx context.Context, r store.Reader) (err error) {
		c, err = seal.Consistency(ctx, r, from, to)
		return err
	})
	return c, err
}

// Seal is a transaction's place in the log, with its leaf as the ledger's rows
// give it now.
type Seal struct {
	Position    int64
	Transaction exchange.ID
	Leaf        []byte // nil: the transaction is gone
	LeafHash    []byte // that was sealed
	At          time.Time
}

// Seals is a page of the log.
type Seals struct {
	Page[Seal]
	Checkpoints []string // signed notes whose size lies on the page
	Unknown     []string // on the last page: what is in the ledger but not in the log
}

// ListSeals gives the whole log, page by page, to those who audit it.
func (a *App) ListSeals(ctx context.Context, paging Paging) (Seals, error) {
	var none Seals
	if err := a.mayAudit(ctx); err != nil {
		return none, err
	}
	size, err := a.pageSize(paging.Size)
	if err != nil {
		return none, err
	}
	pin := pinOf("seals", nil)
	after, err := readToken(paging.Token, pin)
	if err != nil {
		return none, err
	}
	first := int64(0)
	if after != nil {
		first = int64(after.Line)
	}
	var out Seals
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		out, err = sealsFrom(ctx, r, first, size)
		if err == nil && len(out.Items) == size {
			out.Next = writeToken(store.Key{Line: int(out.Items[size-1].Position + 1)}, pin)
		}
		return err
	})
	return out, err
}

// mayAudit lets policy say whether the caller may read the whole log: it has
// what is masked from others.
func (a *App) mayAudit(ctx context.Context) error {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return err
	}
	d, err := a.policy.Decide(ctx, &authz.Question{Action: authz.LedgerAudit, At: a.now(), Principal: p})
	if err == nil && !d.Allow {
		err = fault.Deny(d.Denials)
	}
	return err
}

// sealsFrom reads a page of the log. It goes by what is there: a gap in the
// positions is for the auditor to see.
func sealsFrom(ctx context.Context, r store.Reader, first int64, size int) (Seals, error) {
	var out Seals
	seals, err := r.SealsAfter(ctx, first, size)
	if err != nil {
		return out, err
	}
	leaves, err := seal.Leaves(ctx, r, seals)
	if err != nil {
		return out, err
	}
	for i, s := range seals {
		out.Items = append(out.Items, Seal{
			Position: s.Position, Transaction: exchange.ID{Home: s.Home, UUID: s.Transaction}, Leaf: leaves[i], LeafHash: s.LeafHash, At: s.At,
		})
	}
	if len(seals) > 0 {
		kept, err := r.Checkpoints(ctx, seals[0].Position, seals[len(seals)-1].Position+1, size)
		if err != nil {
			return out, err
		}
		for _, c := range kept {
			out.Checkpoints = append(out.Checkpoints, c.Note)
		}
	}
	if len(seals) == size {
		return out, nil
	}
	unknown, orphans, _, err := r.Strays(ctx, maxStrays/2)
	out.Unknown = slices.Concat(unknown, orphans)
	return out, err
}
