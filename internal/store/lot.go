package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func lotOf(r db.Lot) exchange.Lot {
	return exchange.Lot{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Seller: r.SellerID, SellerAlliance: r.SellerAllianceID, Product: r.ProductID,
		Certificate: r.CertificateID, Code: r.Code, Origin: r.Origin, ProducedOn: exchange.Day(r.ProducedOn), Quantity: r.Quantity,
		State: exchange.LotState(r.State), StateReason: r.StateReason, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

// Lot reads a lot.
func (r Reader) Lot(ctx context.Context, id exchange.ID) (exchange.Lot, error) {
	row, err := r.q.LotGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, lotOf)
}

// LockLot reads a lot that is going to be changed.
func (t *Tx) LockLot(ctx context.Context, id exchange.ID) (exchange.Lot, error) {
	row, err := t.q.LotLock(ctx, id.Home, id.UUID)
	return mapRow(row, err, lotOf)
}

// HoldLot reads the lot of an offer that is published or ordered: see HoldMember.
func (t *Tx) HoldLot(ctx context.Context, id exchange.ID) (exchange.Lot, error) {
	return recalled(t.memory.lots, id, func() (exchange.Lot, error) {
		row, err := t.q.LotHold(ctx, id.Home, id.UUID)
		return mapRow(row, err, lotOf)
	})
}

// InsertLot queues a new lot.
func (t *Tx) InsertLot(ctx context.Context, l exchange.Lot) error {
	return t.write.LotInsert(ctx, db.LotInsertParams{
		Home: l.ID.Home, ID: l.ID.UUID, SellerID: l.Seller, SellerAllianceID: l.SellerAlliance, ProductID: l.Product,
		CertificateID: l.Certificate, Code: l.Code, Origin: l.Origin, ProducedOn: string(l.ProducedOn), Quantity: l.Quantity,
		State: string(l.State), StateReason: l.StateReason, CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt,
	})
}

// UpdateLot queues what can change of a lot.
func (t *Tx) UpdateLot(ctx context.Context, l exchange.Lot) error {
	return t.write.LotUpdate(ctx, db.LotUpdateParams{
		Home: l.ID.Home, ID: l.ID.UUID, State: string(l.State), StateReason: l.StateReason, UpdatedAt: l.UpdatedAt,
	})
}

// OffersOfLot lists the published offers of a lot.
func (r Reader) OffersOfLot(ctx context.Context, lot exchange.ID, limit int) ([]exchange.ID, error) {
	rows, err := r.q.OffersOfLot(ctx, lot.Home, uuid.NullUUID{UUID: lot.UUID, Valid: true}, int32(limit))
	return mapRows(rows, err, func(r db.OffersOfLotRow) exchange.ID { return exchange.ID{Home: r.Home, UUID: r.ID} })
}

var lots = table{
	from: "lots", time: "created_at", id: "id",
	filters: same("home", "seller_id", "seller_alliance_id", "product_id", "origin", "state"),
}

// ListLots lists lots, the newest first.
func (r Reader) ListLots(ctx context.Context, l List) ([]exchange.Lot, error) {
	return list(ctx, r, lots, l, lotOf)
}

func samplingOf(r db.Sampling) exchange.Sampling {
	return exchange.Sampling{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Lot: r.LotID, Authority: r.AuthorityID, SampledOn: exchange.Day(r.SampledOn),
		Item: r.Item, Passed: r.Passed, Report: r.Report, At: r.At.UTC(),
	}
}

// InsertSampling queues a new sampling.
func (t *Tx) InsertSampling(ctx context.Context, s exchange.Sampling) error {
	return t.write.SamplingInsert(ctx, db.SamplingInsertParams{
		Home: s.ID.Home, LotID: s.Lot, ID: s.ID.UUID, AuthorityID: s.Authority, SampledOn: string(s.SampledOn), Item: s.Item,
		Passed: s.Passed, Report: s.Report, At: s.At,
	})
}

// Samplings lists the samplings of a lot, the newest first.
func (r Reader) Samplings(ctx context.Context, lot exchange.ID, limit int) ([]exchange.Sampling, error) {
	rows, err := r.q.SamplingsOfLot(ctx, lot.Home, lot.UUID, int32(limit))
	return mapRows(rows, err, samplingOf)
}
