package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

// optional is nil for the zero time.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func instantOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func demandOf(r db.Demand) exchange.Demand {
	return exchange.Demand{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Buyer: r.BuyerID, BuyerAlliance: r.BuyerAllianceID, BuyerClass: exchange.MemberClass(r.BuyerClass),
		Title: r.Title, Category: exchange.Category(r.Category), Product: r.ProductID.UUID, BaseUnit: exchange.BaseUnit(r.BaseUnit),
		Quantity: r.Quantity, Consignee: r.Consignee, DeliverBy: exchange.Day(r.DeliverBy), ClosesAt: r.ClosesAt.UTC(), PublicKey: r.PublicKey,
		Revision: r.Revision, State: exchange.DemandState(r.State), StateReason: r.StateReason, Reserve: r.Reserve,
		Purpose: exchange.Purpose(r.Purpose), Quotes: r.Quotes, ClosingDigest: r.ClosingDigest, ClosedAt: instantOf(r.ClosedAt),
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

// Demand reads a demand.
func (r Reader) Demand(ctx context.Context, id exchange.ID) (exchange.Demand, error) {
	row, err := r.q.DemandGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, demandOf)
}

// LockDemand reads a demand that is going to be changed, or quoted on: quotes on
// one demand, its amendments and its closing come one after the other.
func (t *Tx) LockDemand(ctx context.Context, id exchange.ID) (exchange.Demand, error) {
	row, err := t.q.DemandLock(ctx, id.Home, id.UUID)
	return mapRow(row, err, demandOf)
}

// InsertDemand queues a new demand.
func (t *Tx) InsertDemand(ctx context.Context, d exchange.Demand) error {
	return t.write.DemandInsert(ctx, db.DemandInsertParams{
		Home: d.ID.Home, ID: d.ID.UUID, BuyerID: d.Buyer, BuyerAllianceID: d.BuyerAlliance, BuyerClass: string(d.BuyerClass), Title: d.Title,
		Category: string(d.Category), ProductID: nullUUID(d.Product), BaseUnit: string(d.BaseUnit), Quantity: d.Quantity, Consignee: d.Consignee,
		DeliverBy: string(d.DeliverBy), ClosesAt: d.ClosesAt, PublicKey: d.PublicKey, Revision: d.Revision, State: string(d.State),
		StateReason: d.StateReason, Reserve: d.Reserve, Purpose: string(d.Purpose), Quotes: d.Quotes, ClosingDigest: d.ClosingDigest,
		ClosedAt: optional(d.ClosedAt), CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
	})
}

// UpdateDemand queues what can change of a demand.
func (t *Tx) UpdateDemand(ctx context.Context, d exchange.Demand) error {
	return t.write.DemandUpdate(ctx, db.DemandUpdateParams{
		Home: d.ID.Home, ID: d.ID.UUID, Title: d.Title, Quantity: d.Quantity, DeliverBy: string(d.DeliverBy), ClosesAt: d.ClosesAt,
		PublicKey: d.PublicKey, Revision: d.Revision, State: string(d.State), StateReason: d.StateReason, Quotes: d.Quotes,
		ClosingDigest: d.ClosingDigest, ClosedAt: optional(d.ClosedAt), UpdatedAt: d.UpdatedAt,
	})
}

var demands = table{
	from: "demands", time: "created_at", id: "id",
	filters: same("home", "buyer_id", "buyer_alliance_id", "buyer_class", "consignee", "state", "category"),
}

// ListDemands lists demands, the newest first.
func (r Reader) ListDemands(ctx context.Context, l List) ([]exchange.Demand, error) {
	return list(ctx, r, demands, l, demandOf)
}

func quoteOf(r db.Quote) exchange.SealedQuote {
	q := exchange.SealedQuote{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Demand: r.DemandID, Revision: r.Revision, Buyer: r.BuyerID, BuyerAlliance: r.BuyerAllianceID,
		Seller: r.SellerID, SellerAlliance: r.SellerAllianceID, Product: r.ProductID, Certificate: r.CertificateID, Digest: r.Digest,
		Commitment: r.Commitment, State: exchange.QuoteState(r.State), StateReason: r.StateReason, Awarded: r.Awarded,
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if len(r.Content) > 0 {
		q.Content = r.Content
	}
	if r.OrderID.Valid {
		q.Order = exchange.ID{Home: r.OrderHome, UUID: r.OrderID.UUID}
	}
	return q
}

// Quote reads a quote.
func (r Reader) Quote(ctx context.Context, id exchange.ID) (exchange.SealedQuote, error) {
	row, err := r.q.QuoteGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, quoteOf)
}

// QuotesOf lists the quotes on a demand in some states, by id.
func (r Reader) QuotesOf(ctx context.Context, demand exchange.ID, limit int, states ...exchange.QuoteState) ([]exchange.SealedQuote, error) {
	rows, err := r.q.QuotesOfDemand(ctx, demand.Home, demand.UUID, words(states), int32(limit))
	return mapRows(rows, err, quoteOf)
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}

// SealedBytes reads what is sealed in quotes of one province.
func (r Reader) SealedBytes(ctx context.Context, quotes []exchange.SealedQuote) (map[exchange.ID][]byte, error) {
	if len(quotes) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, len(quotes))
	for i, q := range quotes {
		ids[i] = q.ID.UUID
	}
	rows, err := r.q.QuoteSeals(ctx, quotes[0].ID.Home, ids)
	out := make(map[exchange.ID][]byte, len(rows))
	for _, row := range rows {
		out[exchange.ID{Home: row.Home, UUID: row.QuoteID}] = row.Sealed
	}
	return out, readError(err)
}

// InsertQuote queues a new quote with what is sealed in it.
func (t *Tx) InsertQuote(ctx context.Context, q exchange.SealedQuote, sealed []byte) error {
	err := t.write.QuoteInsert(ctx, db.QuoteInsertParams{
		Home: q.ID.Home, ID: q.ID.UUID, DemandID: q.Demand, Revision: q.Revision, BuyerID: q.Buyer, BuyerAllianceID: q.BuyerAlliance,
		SellerID: q.Seller, SellerAllianceID: q.SellerAlliance, ProductID: q.Product, CertificateID: q.Certificate, Digest: q.Digest,
		Commitment: q.Commitment, State: string(q.State), StateReason: q.StateReason, Content: []byte{}, CreatedAt: q.CreatedAt, UpdatedAt: q.UpdatedAt,
	})
	if err != nil {
		return err
	}
	return t.write.QuoteSealInsert(ctx, q.ID.Home, q.ID.UUID, sealed)
}

// UpdateQuote queues what can change of a quote.
func (t *Tx) UpdateQuote(ctx context.Context, q exchange.SealedQuote) error {
	return t.write.QuoteUpdate(ctx, db.QuoteUpdateParams{
		Home: q.ID.Home, ID: q.ID.UUID, State: string(q.State), StateReason: q.StateReason, Awarded: q.Awarded,
		Content: append([]byte{}, q.Content...), OrderHome: q.Order.Home, OrderID: nullUUID(q.Order.UUID), UpdatedAt: q.UpdatedAt,
	})
}

// StepQuotes changes, at once, the state of the quotes on a demand that are in
// some states, and gives them.
func (t *Tx) StepQuotes(ctx context.Context, demand exchange.ID, to exchange.QuoteState, reason string, at time.Time, from ...exchange.QuoteState) ([]exchange.SealedQuote, error) {
	rows, err := t.q.QuotesStep(ctx, db.QuotesStepParams{
		State: string(to), StateReason: reason, UpdatedAt: at, Home: demand.Home, DemandID: demand.UUID, FromStates: words(from),
	})
	return mapRows(rows, err, quoteOf)
}

var quotes = table{
	from: "quotes", time: "created_at", id: "id",
	filters: same("home", "demand_id", "buyer_id", "buyer_alliance_id", "seller_id", "seller_alliance_id", "state"),
}

// ListQuotes lists quotes, the newest first.
func (r Reader) ListQuotes(ctx context.Context, l List) ([]exchange.SealedQuote, error) {
	return list(ctx, r, quotes, l, quoteOf)
}

// InsertNotice queues a notice, which then waits to be sealed.
func (t *Tx) InsertNotice(ctx context.Context, n exchange.Notice) error {
	t.rows.unsealed = append(t.rows.unsealed, db.Unsealed{Home: n.ID.Home, At: n.At, ID: n.ID.UUID})
	return t.write.NoticeInsert(ctx, db.NoticeInsertParams{Home: n.ID.Home, ID: n.ID.UUID, Kind: string(n.Kind), Memo: n.Memo, At: n.At})
}
