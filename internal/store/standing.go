package store

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store/db"
)

func standingOf(r db.StandingOrder) exchange.StandingOrder {
	return exchange.StandingOrder{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Buyer: r.BuyerID, BuyerAlliance: r.BuyerAllianceID, Seller: r.SellerID, Product: r.ProductID,
		Offer: exchange.ID{Home: r.Home, UUID: r.OfferID}, Follow: r.Follow, TakeShort: r.TakeShort, Quantity: r.Quantity, Consignee: r.Consignee,
		DeliveryDays: r.DeliveryDays, Reserve: r.Reserve, Purpose: exchange.Purpose(r.Purpose), ReservePlan: r.ReservePlanID.UUID,
		Recurrence: exchange.Recurrence{
			Every: exchange.Every(r.Every), Days: r.EveryDays, Weekdays: weekdaysOf(r.Weekdays), DayOfMonth: r.DayOfMonth,
		},
		Span: exchange.Span{From: exchange.Day(r.FirstRun), To: exchange.Day(r.Until)}, CapQuantity: r.CapQuantity, CapFen: r.CapFen,
		Person: exchange.Person{Issuer: r.Issuer, Subject: r.Subject}, State: exchange.StandingState(r.State), StateReason: r.StateReason,
		NextRun: exchange.Day(r.NextRun), LastRun: exchange.Day(r.LastRun), Runs: r.Runs, Orders: r.Orders, Ordered: r.Ordered,
		OrderedFen: r.OrderedFen, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

// weekdayText writes days of the week as digits, and weekdaysOf reads them.
func weekdayText(days []int) string {
	var b strings.Builder
	for _, d := range days {
		b.WriteByte(byte('0' + d))
	}
	return b.String()
}

func weekdaysOf(text string) (days []int) {
	for _, digit := range []byte(text) {
		days = append(days, int(digit-'0'))
	}
	return days
}

// StandingOrder reads a standing order.
func (r Reader) StandingOrder(ctx context.Context, id exchange.ID) (exchange.StandingOrder, error) {
	row, err := r.q.StandingGet(ctx, id.Home, id.UUID)
	return mapRow(row, err, standingOf)
}

// LockStandingOrder reads a standing order that is going to be changed. It is
// locked before the offers that its runs order from.
func (t *Tx) LockStandingOrder(ctx context.Context, id exchange.ID) (exchange.StandingOrder, error) {
	row, err := t.q.StandingLock(ctx, id.Home, id.UUID)
	return mapRow(row, err, standingOf)
}

// InsertStandingOrder queues a new standing order.
func (t *Tx) InsertStandingOrder(ctx context.Context, s exchange.StandingOrder) error {
	return t.write.StandingInsert(ctx, db.StandingInsertParams{
		Home: s.ID.Home, ID: s.ID.UUID, BuyerID: s.Buyer, BuyerAllianceID: s.BuyerAlliance, SellerID: s.Seller, ProductID: s.Product,
		OfferID: s.Offer.UUID, Follow: s.Follow, TakeShort: s.TakeShort, Quantity: s.Quantity, Consignee: s.Consignee,
		DeliveryDays: s.DeliveryDays, Reserve: s.Reserve, Purpose: string(s.Purpose), ReservePlanID: nullUUID(s.ReservePlan),
		Every: string(s.Recurrence.Every), EveryDays: s.Recurrence.Days, Weekdays: weekdayText(s.Recurrence.Weekdays),
		DayOfMonth: s.Recurrence.DayOfMonth, FirstRun: string(s.Span.From), Until: string(s.Span.To), CapQuantity: s.CapQuantity, CapFen: s.CapFen,
		Issuer: s.Person.Issuer, Subject: s.Person.Subject, State: string(s.State), StateReason: s.StateReason, NextRun: string(s.NextRun),
		LastRun: string(s.LastRun), Runs: s.Runs, Orders: s.Orders, Ordered: s.Ordered, OrderedFen: s.OrderedFen, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	})
}

// UpdateStandingOrder queues what can change of a standing order.
func (t *Tx) UpdateStandingOrder(ctx context.Context, s exchange.StandingOrder) error {
	return t.write.StandingUpdate(ctx, db.StandingUpdateParams{
		Home: s.ID.Home, ID: s.ID.UUID, OfferID: s.Offer.UUID, Quantity: s.Quantity, Every: string(s.Recurrence.Every), EveryDays: s.Recurrence.Days,
		Weekdays: weekdayText(s.Recurrence.Weekdays), DayOfMonth: s.Recurrence.DayOfMonth, FirstRun: string(s.Span.From), Until: string(s.Span.To),
		CapQuantity: s.CapQuantity, CapFen: s.CapFen, Issuer: s.Person.Issuer, Subject: s.Person.Subject, State: string(s.State),
		StateReason: s.StateReason, NextRun: string(s.NextRun), LastRun: string(s.LastRun), Runs: s.Runs, Orders: s.Orders, Ordered: s.Ordered,
		OrderedFen: s.OrderedFen, UpdatedAt: s.UpdatedAt,
	})
}

// OpenOffersOf lists the offers of a seller's product that are for everybody and can
// be ordered from on a day, the oldest first.
func (r Reader) OpenOffersOf(ctx context.Context, home string, seller, product uuid.UUID, today exchange.Day, limit int) ([]exchange.Offer, error) {
	return offersOf(r.q.OffersOpenOf(ctx, db.OffersOpenOfParams{
		Home: home, SellerID: seller, ProductID: product, Today: string(today), MaxRows: int32(limit),
	}))
}

func standingRunOf(r db.StandingRun) exchange.StandingRun {
	run := exchange.StandingRun{
		Standing: exchange.ID{Home: r.Home, UUID: r.StandingID}, N: r.N, ID: r.ID, Buyer: r.BuyerID, BuyerAlliance: r.BuyerAllianceID,
		Planned: exchange.Day(r.Planned), MadeOn: exchange.Day(r.MadeOn), State: exchange.RunState(r.State), Quantity: r.Quantity,
		Ordered: r.Ordered, AmountFen: r.AmountFen, CreatedAt: r.CreatedAt.UTC(),
	}
	if r.OrderID.Valid {
		run.Order = exchange.ID{Home: r.Home, UUID: r.OrderID.UUID}
	}
	if err := json.Unmarshal([]byte(r.Reasons), &run.Reasons); err != nil {
		run.Reasons = []fault.Reason{fault.Because(fault.InternalError)}
	}
	return run
}

// InsertStandingRun queues a run of a standing order.
func (t *Tx) InsertStandingRun(ctx context.Context, r exchange.StandingRun) error {
	reasons, err := json.Marshal(r.Reasons)
	if err != nil {
		return err
	}
	return t.write.StandingRunInsert(ctx, db.StandingRunInsertParams{
		Home: r.Standing.Home, StandingID: r.Standing.UUID, N: r.N, ID: r.ID, BuyerID: r.Buyer, BuyerAllianceID: r.BuyerAlliance,
		Planned: string(r.Planned), MadeOn: string(r.MadeOn), State: string(r.State), Reasons: string(reasons), Quantity: r.Quantity,
		Ordered: r.Ordered, AmountFen: r.AmountFen, OrderID: nullUUID(r.Order.UUID), CreatedAt: r.CreatedAt,
	})
}

var standingOrders = table{
	from: "standing_orders", time: "created_at", id: "id",
	filters:     same("home", "buyer_id", "buyer_alliance_id", "state"),
	newest:      " AND home IN ('32', '61')",
	newestIndex: "standing_orders_newest",
	leads: []lead{
		{index: "standing_orders_buyer_state", columns: []string{"buyer_id", "state"}},
		{index: "standing_orders_buyer", columns: []string{"buyer_id"}},
		{index: "standing_orders_alliance", columns: []string{"buyer_alliance_id"}},
	},
}

// ListStandingOrders lists standing orders, the newest first.
func (r Reader) ListStandingOrders(ctx context.Context, l List) ([]exchange.StandingOrder, error) {
	return list(ctx, r, standingOrders, l, standingOf)
}

var standingRuns = table{
	from: "standing_runs", time: "created_at", id: "id",
	filters:     same("home", "standing_id", "buyer_id", "buyer_alliance_id", "state"),
	newest:      " AND home IN ('32', '61')",
	newestIndex: "standing_runs_newest",
	leads: []lead{
		{index: "standing_runs_of", columns: []string{"standing_id"}},
		{index: "standing_runs_buyer_state", columns: []string{"buyer_id", "state"}},
		{index: "standing_runs_buyer", columns: []string{"buyer_id"}},
		{index: "standing_runs_alliance", columns: []string{"buyer_alliance_id"}},
	},
}

// ListStandingRuns lists runs of standing orders, the newest first.
func (r Reader) ListStandingRuns(ctx context.Context, l List) ([]exchange.StandingRun, error) {
	return list(ctx, r, standingRuns, l, standingRunOf)
}
