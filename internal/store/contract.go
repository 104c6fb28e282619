package store

import (
	"context"
	"maps"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func contractOf(r db.Contract) exchange.Contract {
	c := exchange.Contract{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, ProposedBy: exchange.Side(r.ProposedBy),
		Buyer: r.BuyerID, BuyerAlliance: r.BuyerAllianceID, BuyerClass: exchange.MemberClass(r.BuyerClass), BuyerDivision: r.BuyerDivision,
		Seller: r.SellerID, SellerAlliance: r.SellerAllianceID, SellerDivision: r.SellerDivision,
		Product: r.ProductID, Certificate: r.CertificateID.UUID, Scheme: exchange.Scheme(r.Scheme), Category: exchange.Category(r.Category),
		Variety: r.Variety, UnitQuantity: r.UnitQuantity, PriceBasis: exchange.PriceBasis(r.PriceBasis),
		Season:   exchange.Span{From: exchange.Day(r.SeasonFrom), To: exchange.Day(r.SeasonTo)},
		LeadDays: r.LeadDays, Quantity: r.Quantity, ToleranceBP: r.ToleranceBp, FloorFen: r.FloorFen, Index: r.IndexName,
		DepositFen: r.DepositFen, DepositRelease: exchange.DepositRelease(r.DepositRelease), DepositTx: r.DepositTx.UUID, HeldFen: r.HeldFen,
		ReleasedFen: r.ReleasedFen, PayableFen: r.PayableFen, PayableTo: r.PayableTo.UUID, PaidOutFen: r.PaidOutFen,
		State: exchange.ContractState(r.State), StateReason: r.StateReason,
		Claim: exchange.ContractClaim{
			Kind: exchange.ClaimKind(r.ClaimKind), By: exchange.Side(r.ClaimBy), Reason: r.ClaimReason, At: timeOf(r.ClaimedAt),
			State: exchange.ClaimState(r.ClaimState), Resolution: r.ClaimResolution, ResolvedAt: timeOf(r.ClaimResolvedAt),
		},
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if r.OfferID.Valid {
		c.Offer = exchange.ID{Home: r.Home, UUID: r.OfferID.UUID}
	}
	for i, d := range r.ScheduleDays {
		c.Schedule = append(c.Schedule, exchange.Delivery{Day: exchange.Day(d), Quantity: r.ScheduleQuantities[i]})
	}
	return c
}

// Contract reads a contract.
func (r Reader) Contract(ctx context.Context, id exchange.ID) (exchange.Contract, error) {
	row, err := r.q.ContractGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, contractOf)
}

// LockContract reads a contract that is going to be changed. Where its offer or an
// order changes too, those are locked first.
func (t *Tx) LockContract(ctx context.Context, id exchange.ID) (exchange.Contract, error) {
	return locked(t, id, t.memory.contracts, func() (exchange.Contract, error) {
		row, err := t.q.ContractLock(ctx, id.Home, id.UUID)
		return mapRow(row, err, contractOf)
	})
}

// ContractsOf reads those contracts that are there of some.
func (r Reader) ContractsOf(ctx context.Context, ids []exchange.ID) (map[exchange.ID]exchange.Contract, error) {
	homes, keys := make([]string, len(ids)), make([]uuid.UUID, len(ids))
	for i, id := range ids {
		homes[i], keys[i] = id.Home, id.UUID
	}
	rows, err := r.q.ContractsByIDs(ctx, homes, keys)
	out := make(map[exchange.ID]exchange.Contract, len(rows))
	for _, row := range rows {
		c := contractOf(row)
		out[c.ID] = c
	}
	return out, readError(err)
}

// InsertContract queues a new contract.
func (t *Tx) InsertContract(ctx context.Context, c exchange.Contract) error {
	days, quantities := make([]string, len(c.Schedule)), make([]int64, len(c.Schedule))
	for i, d := range c.Schedule {
		days[i], quantities[i] = string(d.Day), d.Quantity
	}
	return t.write.ContractInsert(ctx, db.ContractInsertParams{
		Home: c.ID.Home, ID: c.ID.UUID, ProposedBy: string(c.ProposedBy), BuyerID: c.Buyer, BuyerAllianceID: c.BuyerAlliance,
		BuyerClass: string(c.BuyerClass), BuyerDivision: c.BuyerDivision, SellerID: c.Seller, SellerAllianceID: c.SellerAlliance,
		SellerDivision: c.SellerDivision, ProductID: c.Product, CertificateID: nullUUID(c.Certificate), Scheme: string(c.Scheme),
		Category: string(c.Category), Variety: c.Variety, UnitQuantity: c.UnitQuantity, PriceBasis: string(c.PriceBasis),
		SeasonFrom: string(c.Season.From), SeasonTo: string(c.Season.To), LeadDays: c.LeadDays, ScheduleDays: days,
		ScheduleQuantities: quantities, Quantity: c.Quantity, ToleranceBp: c.ToleranceBP, FloorFen: c.FloorFen, IndexName: c.Index,
		DepositFen: c.DepositFen, DepositRelease: string(c.DepositRelease), State: string(c.State),
		CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	})
}

// UpdateContract queues what can change of a contract that was locked.
func (t *Tx) UpdateContract(ctx context.Context, c exchange.Contract) error {
	remember(t, t.memory.contracts, c.ID, c)
	return t.write.ContractUpdate(ctx, db.ContractUpdateParams{
		Home: c.ID.Home, ID: c.ID.UUID, DepositTx: nullUUID(c.DepositTx), HeldFen: c.HeldFen, ReleasedFen: c.ReleasedFen,
		PayableFen: c.PayableFen, PayableTo: nullUUID(c.PayableTo), PaidOutFen: c.PaidOutFen, OfferID: nullUUID(c.Offer.UUID),
		State: string(c.State), StateReason: c.StateReason, ClaimKind: string(c.Claim.Kind), ClaimBy: string(c.Claim.By),
		ClaimReason: c.Claim.Reason, ClaimState: string(c.Claim.State), ClaimResolution: c.Claim.Resolution,
		ClaimedAt: optionalTime(c.Claim.At), ClaimResolvedAt: optionalTime(c.Claim.ResolvedAt), UpdatedAt: c.UpdatedAt,
	})
}

// Fulfilment adds up the orders of a contract's offer.
func (r Reader) Fulfilment(ctx context.Context, offer exchange.ID) (exchange.Fulfilment, error) {
	row, err := r.q.ContractFulfilment(ctx, offer.Home, offer.UUID)
	return exchange.Fulfilment{Accepted: row.Accepted, OnTheWay: row.OnTheWay}, readError(err)
}

// InsertIndexPrice queues a new index price.
func (t *Tx) InsertIndexPrice(ctx context.Context, p exchange.IndexPrice) error {
	return t.write.ContractPriceInsert(ctx, db.ContractPriceInsertParams{
		Home: p.Contract.Home, ContractID: p.Contract.UUID, Day: string(p.Day), PriceFen: p.PriceFen, Source: p.Source,
		RecordedBy: p.RecordedBy, At: p.At,
	})
}

// IndexPrices lists what was recorded of a contract's index, the latest day first.
func (r Reader) IndexPrices(ctx context.Context, contract exchange.ID, limit int) ([]exchange.IndexPrice, error) {
	rows, err := r.q.ContractPrices(ctx, contract.Home, contract.UUID, int32(limit))
	return mapRows(rows, err, func(r db.ContractPrice) exchange.IndexPrice {
		return exchange.IndexPrice{
			Contract: contract, Day: exchange.Day(r.Day), PriceFen: r.PriceFen, Source: r.Source, RecordedBy: r.RecordedBy, At: r.At.UTC(),
		}
	})
}

// A contract is seen as an order is whose goods go to its buyer.
var contracts = table{
	from: "contracts", time: "created_at", id: "id",
	filters: merged(same("home", "buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id", "seller_division", "buyer_class",
		"state"), map[string]string{"consignee": "buyer_division"}),
}

func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// ListContracts lists contracts, the newest first.
func (r Reader) ListContracts(ctx context.Context, l List) ([]exchange.Contract, error) {
	return list(ctx, r, contracts, l, contractOf)
}
