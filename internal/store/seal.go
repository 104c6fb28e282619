package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/store/db"
)

// Unsealed is a ledger transaction that waits to be sealed. Its row is written
// and committed with the transaction and deleted with its seal: so what is
// there is just what is not sealed, however late a transaction commits.
type Unsealed struct {
	Home string
	At   time.Time
	ID   uuid.UUID
}

// Seal is a transaction's place in the log.
type Seal struct {
	Position    int64
	Home        string
	Transaction uuid.UUID
	LeafHash    []byte
	At          time.Time
}

// Checkpoint is a signed checkpoint as it is kept.
type Checkpoint struct {
	Size     int64
	Root     []byte
	Frontier []byte // of the tree, so that it can go on
	Note     string
	At       time.Time
}

// SealNode is a node of the log's tree that is kept.
type SealNode struct {
	proof.Node
	Hash []byte
}

// InitSealLease makes the row by which sealers take turns.
func (s *Store) InitSealLease(ctx context.Context) error {
	return s.WriteAlone(ctx, func(ctx context.Context, tx *Tx) error { return tx.write.SealLeaseInsert(ctx) })
}

// HoldSealLease makes a sealer the active one for a time, unless another is. It
// locks the row until the transaction ends, so that no two seal at once even
// where a lease has run out meanwhile. The time is the database's.
func (t *Tx) HoldSealLease(ctx context.Context, holder string, ttl time.Duration) (bool, error) {
	n, err := t.q.SealLeaseTake(ctx, holder, pgtype.Interval{Microseconds: ttl.Microseconds(), Valid: true})
	return n == 1, err
}

// GiveSealLease lets another sealer take over at once.
func (s *Store) GiveSealLease(ctx context.Context, holder string) error {
	return s.WriteAlone(ctx, func(ctx context.Context, tx *Tx) error { return tx.write.SealLeaseGive(ctx, holder) })
}

// LastCheckpoint reads the latest checkpoint, or ErrNotFound.
func (r Reader) LastCheckpoint(ctx context.Context) (Checkpoint, error) {
	row, err := r.q.CheckpointLast(ctx)
	return mapRow(row, err, checkpointOf)
}

// CheckpointOf reads the checkpoint of a size, or ErrNotFound.
func (r Reader) CheckpointOf(ctx context.Context, size int64) (Checkpoint, error) {
	row, err := r.q.CheckpointOf(ctx, size)
	return mapRow(row, err, checkpointOf)
}

// Checkpoints lists checkpoints by size, over (after, upto].
func (r Reader) Checkpoints(ctx context.Context, after, upto int64, limit int) ([]Checkpoint, error) {
	rows, err := r.q.CheckpointsFrom(ctx, after, upto, int32(limit))
	return mapRows(rows, err, checkpointOf)
}

func checkpointOf(r db.Checkpoint) Checkpoint {
	r.At = r.At.UTC()
	return Checkpoint(r)
}

// Unsealed lists what waits to be sealed in a province, the oldest first.
func (r Reader) Unsealed(ctx context.Context, home string, limit int) ([]Unsealed, error) {
	rows, err := r.q.UnsealedFirst(ctx, home, int32(limit))
	return mapRows(rows, err, func(u db.Unsealed) Unsealed { u.At = u.At.UTC(); return Unsealed(u) })
}

// UnsealedCount counts what waits to be sealed, up to a bound.
func (r Reader) UnsealedCount(ctx context.Context, most int) (int64, error) {
	n, err := r.q.UnsealedCount(ctx, int32(most))
	return n, readError(err)
}

// Row is a ledger transaction as its rows have it, for the log and the volumes.
type Row struct {
	Home     string
	ID       uuid.UUID
	At       time.Time
	Order    uuid.UUID
	Leaf     proof.Leaf // without its position
	Measured []exchange.Measured
	Notice   bool // it is no transaction, and has no entries
}

// Rows reads ledger transactions, and notices, by their ids, in no order. One that
// is not there is left out.
func (r Reader) Rows(ctx context.Context, homes []string, ids []uuid.UUID) ([]Row, error) {
	ts, err := r.q.TransactionsOf(ctx, homes, ids)
	if err != nil {
		return nil, readError(err)
	}
	es, err := r.q.EntriesOfTransactions(ctx, homes, ids)
	if err != nil {
		return nil, readError(err)
	}
	rows, place := make([]Row, len(ts)), make(map[uuid.UUID]int, len(ts))
	for i, t := range ts {
		rows[i], place[t.ID] = Row{Home: t.Home, ID: t.ID, At: t.At.UTC(), Order: t.OrderID, Leaf: leafOf(t)}, i
	}
	for _, e := range es {
		i, ok := place[e.TransactionID]
		if !ok {
			continue // an entry of no transaction: the checks tell
		}
		rows[i].Leaf.Entries = append(rows[i].Leaf.Entries, leafEntryOf(e))
		if e.Measure != "" {
			rows[i].Measured = append(rows[i].Measured, measuredOf(e))
		}
	}
	if len(rows) == len(ids) {
		return rows, nil
	}
	notices, err := r.q.NoticesOf(ctx, homes, ids)
	for _, n := range notices {
		rows = append(rows, noticeRow(n))
	}
	return rows, readError(err)
}

// noticeRow is a notice as the log has it: a leaf without parties and entries.
func noticeRow(n db.Notice) Row {
	id := exchange.ID{Home: n.Home, UUID: n.ID}
	return Row{
		Home: n.Home, ID: n.ID, At: n.At.UTC(), Notice: true,
		Leaf: proof.Leaf{ID: id.String(), Kind: n.Kind, Time: proof.Time{Time: n.At}, Memo: n.Memo},
	}
}

func leafOf(t db.LedgerTransaction) proof.Leaf {
	reverses := ""
	if t.Reverses.Valid {
		reverses = exchange.ID{Home: t.Home, UUID: t.Reverses.UUID}.String()
	}
	return proof.Leaf{
		ID: exchange.ID{Home: t.Home, UUID: t.ID}.String(), Kind: t.Kind, OrderID: exchange.ID{Home: t.Home, UUID: t.OrderID}.String(),
		ReversesID: reverses, Time: proof.Time{Time: t.At}, Memo: t.Memo, BuyerID: t.BuyerID.String(), SellerID: t.SellerID.String(),
		BuyerAllianceID: t.BuyerAllianceID.String(), SellerAllianceID: t.SellerAllianceID.String(), SellerCounty: t.SellerCounty,
		BuyerCounty: t.BuyerCounty, BuyerClass: t.BuyerClass, FactDay: t.FactDay, Adjusts: t.Adjusts,
	}
}

func leafEntryOf(e db.LedgerEntry) proof.LeafEntry {
	return proof.LeafEntry{
		Line: e.Line, AccountKind: e.AccountKind, AccountOwner: e.AccountOwner, Currency: e.Currency, AmountFen: e.AmountFen,
		Measure: e.Measure, MeasureFen: e.MeasureFen, MeasureQuantity: e.MeasureQuantity,
		OrderID: exchange.ID{Home: e.Home, UUID: e.OrderID}.String(), Direction: e.Direction, SellerCounty: e.SellerCounty,
		BuyerCounty: e.BuyerCounty, Category: e.Category, BuyerClass: e.BuyerClass, Channel: e.Channel, Scheme: e.Scheme,
		BuyerID: e.BuyerID.String(), SellerID: e.SellerID.String(), BuyerAllianceID: e.BuyerAllianceID.String(),
		SellerAllianceID: e.SellerAllianceID.String(), Time: proof.Time{Time: e.At}, Adjusts: e.Adjusts,
	}
}

func measuredOf(e db.LedgerEntry) exchange.Measured {
	return exchange.Measured{
		Home: e.Home, Transaction: e.TransactionID, Line: e.Line, At: e.At.UTC(), Measure: ledger.Measure(e.Measure),
		Fen: e.MeasureFen, Quantity: e.MeasureQuantity, Dims: entryOf(e).Dims,
	}
}

// SealedMeasures reads every measured entry of orders that is sealed already.
func (r Reader) SealedMeasures(ctx context.Context, homes []string, orders []uuid.UUID) ([]exchange.Measured, error) {
	rows, err := r.q.SealedMeasures(ctx, homes, orders)
	return mapRows(rows, err, measuredOf)
}

// TakeUnsealed deletes rows of what waits, and tells how many were there.
func (t *Tx) TakeUnsealed(ctx context.Context, list []Unsealed) (int64, error) {
	homes, ats, ids := make([]string, len(list)), make([]time.Time, len(list)), make([]uuid.UUID, len(list))
	for i, u := range list {
		homes[i], ats[i], ids[i] = u.Home, u.At, u.ID
	}
	return t.q.UnsealedDelete(ctx, homes, ats, ids)
}

// InsertSeals queues seals, which were all made at the same time.
func (t *Tx) InsertSeals(ctx context.Context, seals []Seal) error {
	p := db.SealsInsertParams{SealedAt: seals[0].At}
	for _, s := range seals {
		p.Positions, p.Homes = append(p.Positions, s.Position), append(p.Homes, s.Home)
		p.Ids, p.Hashes = append(p.Ids, s.Transaction), append(p.Hashes, s.LeafHash)
	}
	return t.write.SealsInsert(ctx, p)
}

// InsertSealNodes queues nodes of the tree.
func (t *Tx) InsertSealNodes(ctx context.Context, nodes []SealNode) error {
	if len(nodes) == 0 {
		return nil
	}
	levels, places, hashes := make([]int, len(nodes)), make([]int64, len(nodes)), make([][]byte, len(nodes))
	for i, n := range nodes {
		levels[i], places[i], hashes[i] = n.Level, n.Index, n.Hash
	}
	return t.write.SealNodesInsert(ctx, levels, places, hashes)
}

// InsertCheckpoint queues a checkpoint.
func (t *Tx) InsertCheckpoint(ctx context.Context, c Checkpoint) error {
	return t.write.CheckpointInsert(ctx, db.CheckpointInsertParams(c))
}

// AddVolumes queues what is to be added to the roll-ups.
func (t *Tx) AddVolumes(ctx context.Context, cells []exchange.VolumeCell, sums []exchange.VolumeSum) error {
	if len(cells) == 0 {
		return nil
	}
	var p db.VolumesAddParams
	for i, c := range cells {
		p.Rollups, p.Periods, p.Measures = append(p.Rollups, c.Rollup), append(p.Periods, c.Period), append(p.Measures, string(c.Measure))
		p.Directions, p.SellerCounties = append(p.Directions, c.Direction), append(p.SellerCounties, c.SellerCounty)
		p.BuyerCounties, p.Categories = append(p.BuyerCounties, c.BuyerCounty), append(p.Categories, c.Category)
		p.BuyerClasses, p.Channels, p.Schemes = append(p.BuyerClasses, c.BuyerClass), append(p.Channels, c.Channel), append(p.Schemes, c.Scheme)
		p.Fens, p.Quantities = append(p.Fens, sums[i].Fen), append(p.Quantities, sums[i].Quantity)
		p.Orders, p.Entries = append(p.Orders, sums[i].Orders), append(p.Entries, sums[i].Entries)
	}
	return t.write.VolumesAdd(ctx, p)
}

func sealOf(s db.Seal) Seal {
	return Seal{Position: s.Position, Home: s.Home, Transaction: s.TransactionID, LeafHash: s.LeafHash, At: s.SealedAt.UTC()}
}

// SealOf reads a transaction's seal, or ErrNotFound.
func (r Reader) SealOf(ctx context.Context, id exchange.ID) (Seal, error) {
	row, err := r.q.SealOf(ctx, id.Home, id.UUID)
	return mapRow(row, err, sealOf)
}

// Seals lists seals of [from, to) by position.
func (r Reader) Seals(ctx context.Context, from, to int64, limit int) ([]Seal, error) {
	rows, err := r.q.SealsFrom(ctx, from, to, int32(limit))
	return mapRows(rows, err, sealOf)
}

// SealsAfter lists seals from a position on, whatever positions there are.
func (r Reader) SealsAfter(ctx context.Context, from int64, limit int) ([]Seal, error) {
	rows, err := r.q.SealsAfter(ctx, from, int32(limit))
	return mapRows(rows, err, sealOf)
}

// Positions is a span [From, To) of positions, or of nodes of a level.
type Positions struct{ From, To int64 }

// LeafHashes reads the leaf hashes of spans, by position.
func (r Reader) LeafHashes(ctx context.Context, spans []Positions) (map[int64][]byte, error) {
	froms, tos := make([]int64, len(spans)), make([]int64, len(spans))
	for i, s := range spans {
		froms[i], tos[i] = s.From, s.To
	}
	rows, err := r.q.SealHashesIn(ctx, froms, tos)
	out := make(map[int64][]byte, len(rows))
	for _, row := range rows {
		out[row.Position] = row.LeafHash
	}
	return out, readError(err)
}

// NodeHashes reads kept nodes of the tree: spans of levels.
func (r Reader) NodeHashes(ctx context.Context, levels []int, spans []Positions) (map[proof.Node][]byte, error) {
	froms, tos := make([]int64, len(spans)), make([]int64, len(spans))
	for i, s := range spans {
		froms[i], tos[i] = s.From, s.To
	}
	rows, err := r.q.SealNodesIn(ctx, levels, froms, tos)
	out := make(map[proof.Node][]byte, len(rows))
	for _, row := range rows {
		out[proof.Node{Level: row.Level, Index: row.Place}] = row.Hash
	}
	return out, readError(err)
}

// SealNodesPage lists every kept node by level and index, after one.
func (r Reader) SealNodesPage(ctx context.Context, after proof.Node, limit int) ([]SealNode, error) {
	rows, err := r.q.SealNodesPage(ctx, after.Level, after.Index, int32(limit))
	return mapRows(rows, err, func(n db.SealNode) SealNode {
		return SealNode{proof.Node{Level: n.Level, Index: n.Place}, n.Hash}
	})
}

// Strays lists what is in the ledger but neither sealed nor waiting to be, and
// what waits but is not there or is sealed already: ids, up to a bound each.
func (r Reader) Strays(ctx context.Context, limit int) (unknown, orphans, absent []string, err error) {
	if unknown, err = r.q.UnknownTransactions(ctx, int32(limit)); err != nil {
		return nil, nil, nil, readError(err)
	}
	if orphans, err = r.q.UnknownEntries(ctx, int32(limit)); err != nil {
		return nil, nil, nil, readError(err)
	}
	absent, err = r.q.UnsealedAbsent(ctx, int32(limit))
	return unknown, orphans, absent, readError(err)
}

// VolumesPage lists roll-ups by cell, after one.
func (r Reader) VolumesPage(ctx context.Context, after exchange.VolumeCell, limit int) ([]exchange.VolumeCell, []exchange.VolumeSum, error) {
	rows, err := r.q.VolumesPage(ctx, db.VolumesPageParams{
		Rollup: after.Rollup, Period: after.Period, Measure: string(after.Measure), Direction: after.Direction,
		SellerCounty: after.SellerCounty, BuyerCounty: after.BuyerCounty, Category: after.Category, BuyerClass: after.BuyerClass,
		Channel: after.Channel, Scheme: after.Scheme, MaxRows: int32(limit),
	})
	cells, sums := make([]exchange.VolumeCell, len(rows)), make([]exchange.VolumeSum, len(rows))
	for i, v := range rows {
		cells[i] = exchange.VolumeCell{
			Rollup: v.Rollup, Period: v.Period, Measure: ledger.Measure(v.Measure), Direction: v.Direction, SellerCounty: v.SellerCounty,
			BuyerCounty: v.BuyerCounty, Category: v.Category, BuyerClass: v.BuyerClass, Channel: v.Channel, Scheme: v.Scheme,
		}
		sums[i] = exchange.VolumeSum{Fen: v.Fen, Quantity: v.Quantity, Orders: v.Orders, Entries: v.Entries}
	}
	return cells, sums, readError(err)
}

// CheckRollup recomputes a roll-up from the sealed entries and lists the cells
// that differ, up to a bound.
func (r Reader) CheckRollup(ctx context.Context, of exchange.Rollup) ([]string, error) {
	list, err := r.q.CheckVolumes(ctx, db.CheckVolumesParams{
		Rollup: of.Name, Layout: sqlLayout(of), Masked: of.Masked, BySellerCounty: of.Has(exchange.BySellerCounty), ByBuyerCounty: of.Has(exchange.ByBuyerCounty),
		ByCategory: of.Has(exchange.ByCategory), ByChannel: of.Has(exchange.ByChannel), ByScheme: of.Has(exchange.ByScheme),
		MaxRows: maxViolations,
	})
	return list, readError(err)
}

// sqlLayout is how to_char writes a roll-up's periods.
func sqlLayout(of exchange.Rollup) string {
	switch {
	case of.Daily:
		return "YYYY-MM-DD"
	case of.Yearly:
		return "YYYY"
	default:
		return "YYYY-MM"
	}
}

// CheckRollupNames lists roll-ups that are kept but not known.
func (r Reader) CheckRollupNames(ctx context.Context) ([]string, error) {
	var known []string
	for _, of := range exchange.Rollups() {
		known = append(known, of.Name)
	}
	list, err := r.q.CheckUnknownRollups(ctx, known, maxViolations)
	return list, readError(err)
}
