package store

import (
	"context"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func intentOf(r db.Intent) exchange.Intent {
	return exchange.Intent{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Fair: r.Fair, Day: exchange.Day(r.Day), Buyer: r.BuyerID, BuyerAlliance: r.BuyerAllianceID,
		BuyerClass: exchange.MemberClass(r.BuyerClass), BuyerDivision: r.BuyerDivision, Seller: r.SellerID,
		SellerAlliance: r.SellerAllianceID, SellerDivision: r.SellerDivision, Product: r.ProductID, Quantity: r.Quantity,
		ValueFen: r.ValueFen, Note: r.Note, Contract: r.ContractID.UUID, State: exchange.IntentState(r.State), StateReason: r.StateReason,
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

// Intent reads an intent.
func (r Reader) Intent(ctx context.Context, id exchange.ID) (exchange.Intent, error) {
	row, err := r.q.IntentGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, intentOf)
}

// LockIntent reads an intent that is going to be changed.
func (t *Tx) LockIntent(ctx context.Context, id exchange.ID) (exchange.Intent, error) {
	row, err := t.q.IntentLock(ctx, id.Home, id.UUID)
	return mapRow(row, err, intentOf)
}

// InsertIntent queues a new intent.
func (t *Tx) InsertIntent(ctx context.Context, v exchange.Intent) error {
	return t.write.IntentInsert(ctx, db.IntentInsertParams{
		Home: v.ID.Home, ID: v.ID.UUID, Fair: v.Fair, Day: string(v.Day), BuyerID: v.Buyer, BuyerAllianceID: v.BuyerAlliance,
		BuyerClass: string(v.BuyerClass), BuyerDivision: v.BuyerDivision, SellerID: v.Seller, SellerAllianceID: v.SellerAlliance,
		SellerDivision: v.SellerDivision, ProductID: v.Product, Quantity: v.Quantity, ValueFen: v.ValueFen, Note: v.Note,
		State: string(v.State), CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
	})
}

// UpdateIntent queues what can change of an intent.
func (t *Tx) UpdateIntent(ctx context.Context, v exchange.Intent) error {
	return t.write.IntentUpdate(ctx, db.IntentUpdateParams{
		Home: v.ID.Home, ID: v.ID.UUID, ContractID: nullUUID(v.Contract), State: string(v.State), StateReason: v.StateReason,
		UpdatedAt: v.UpdatedAt,
	})
}

// An intent is seen as an order is whose goods go to its buyer.
var intents = table{
	from: "intents", time: "created_at", id: "id",
	filters: merged(same("home", "buyer_id", "seller_id", "buyer_alliance_id", "seller_alliance_id", "seller_division", "buyer_class",
		"state", "fair"), map[string]string{"consignee": "buyer_division"}),
}

// ListIntents lists intents, the newest first.
func (r Reader) ListIntents(ctx context.Context, l List) ([]exchange.Intent, error) {
	return list(ctx, r, intents, l, intentOf)
}
