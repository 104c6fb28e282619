package dataset

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store"
)

// trade is an order and what its life left.
type trade struct {
	order        exchange.Order
	transactions []ledger.Transaction
	payments     []exchange.Payment
	request      uuid.UUID
	decision     uuid.UUID
}

func (t trade) entries() int {
	n := 0
	for _, l := range t.transactions {
		n += len(l.Entries)
	}
	return n
}

// trade makes the next order: where from and to, how much, and how far it came.
// Two of three go from Shaanxi to Jiangsu; autumn and the new year are busiest.
func (w *world) trade() trade {
	from, to, direction := exchange.Shaanxi, exchange.Jiangsu, exchange.SNToJS
	if w.random.IntN(3) == 0 {
		from, to, direction = to, from, exchange.JSToSN
	}
	g, buyer, day := pick(w, w.offers[from]), pick(w, w.buyers[to]), w.day()
	offer, placed := g.offers[day.Year()], w.at(day)
	quantity := int64(1+w.random.IntN(500)) * unit
	o := exchange.Order{
		ID: exchange.ID{Home: from, UUID: w.id()}, Offer: offer.ID, Product: offer.Product, Certificate: offer.Certificate,
		Buyer: buyer.ID, BuyerAlliance: buyer.Alliance, BuyerClass: buyer.Class, Seller: g.seller.ID, SellerAlliance: g.seller.Alliance,
		SellerDivision: g.seller.Division, Consignee: buyer.Division, Category: offer.Category, Scheme: offer.Scheme,
		Quantity: quantity, PriceFen: offer.PriceFen, UnitQuantity: unit, AmountFen: quantity / unit * offer.PriceFen,
		Obligations: exchange.Obligations{Direction: direction, Collaboration: true}, Channel: pick(w, channels), Purpose: exchange.ForCanteen, Way: exchange.Spot,
		DeliverBy: day.Plus(offer.LeadDays), HoldUntil: placed.Add(48 * time.Hour), CommitmentTx: w.id(), PolicyRevision: revision,
		CreatedAt: placed, UpdatedAt: placed,
	}
	t := trade{request: w.id(), decision: w.id()}
	w.live(&t, &o)
	offer.Taken += o.Accepted
	t.order = o
	return t
}

// longestLife is how many days an order lives at most, so that all of it lies in
// the two years.
const longestLife = 45

// day is a day on which an order is placed.
func (w *world) day() exchange.Day {
	days := int(lastDay.Start().Sub(firstDay.Start())/(24*time.Hour)) - longestLife
	d := firstDay.Plus(w.random.IntN(days))
	if m := d.Start().In(exchange.China).Month(); m >= time.March && m <= time.August && w.random.IntN(2) == 0 {
		d = firstDay.Plus(w.random.IntN(days))
	}
	return d
}

// live takes an order from its confirmation to its acceptance and, but for one
// in twenty, to its settlement.
func (w *world) live(t *trade, o *exchange.Order) {
	post := ledger.Order{
		Home:    o.ID.Home,
		Parties: ledger.Parties{Buyer: o.Buyer, Seller: o.Seller, BuyerAlliance: o.BuyerAlliance, SellerAlliance: o.SellerAlliance},
		Dims: ledger.Dimensions{
			Order: o.ID.UUID, Direction: string(o.Obligations.Direction), SellerCounty: o.SellerDivision, BuyerCounty: o.Consignee,
			Category: string(o.Category), BuyerClass: string(o.BuyerClass), Channel: string(o.Channel), Scheme: string(o.Scheme),
		},
		CommitmentTx: o.CommitmentTx, CommitmentFen: o.AmountFen, OrderedQuantity: o.Quantity,
	}
	t.transactions = append(t.transactions, ledger.Confirm(post, o.CommitmentTx, o.CreatedAt))
	at := o.CreatedAt.Add(time.Duration(24+w.random.IntN(9*24)) * time.Hour)
	o.Accepted, o.State = o.Quantity, exchange.OrderAccepted
	if w.random.IntN(10) == 0 && o.Quantity > unit {
		o.Rejected = unit
		o.Accepted, o.State = o.Quantity-unit, exchange.OrderPartAccepted
	}
	o.AcceptedFen = o.Accepted / unit * o.PriceFen
	t.transactions = append(t.transactions, ledger.Accept(post, w.id(), at, o.AcceptedFen, o.Accepted, 0))
	if rest := o.AmountFen - o.AcceptedFen; rest > 0 {
		t.transactions = append(t.transactions, ledger.Release(post, w.id(), at, rest, o.Rejected, "rejected"))
	}
	if w.random.IntN(20) > 0 {
		at = at.Add(time.Duration(24+w.random.IntN(30*24)) * time.Hour)
		reference := fmt.Sprintf("DATASET-%s", o.ID.UUID)
		payment := exchange.Payment{Kind: exchange.PaidIn, Home: o.ID.Home, ID: w.id(), Order: o.ID, AmountFen: o.AcceptedFen, BankReference: reference, At: at}
		t.payments = append(t.payments, payment)
		t.transactions = append(t.transactions, ledger.BuyerPays(post, w.id(), at, o.AcceptedFen, reference),
			ledger.SellerIsPaid(post, w.id(), at, o.AcceptedFen, o.Accepted, reference))
		o.PaidFen, o.State = o.AcceptedFen, exchange.OrderSettled
	}
	o.UpdatedAt = at
}

// write queues the rows of a trade.
func (t trade) write(ctx context.Context, tx *store.Tx) error {
	o := t.order
	if err := tx.InsertOrder(ctx, o); err != nil {
		return err
	}
	for _, l := range t.transactions {
		if err := l.Validate(); err != nil {
			return err
		}
		if err := tx.InsertTransaction(ctx, l); err != nil {
			return err
		}
	}
	for _, p := range t.payments {
		if err := tx.InsertPayment(ctx, p); err != nil {
			return err
		}
	}
	err := tx.InsertRequest(ctx, store.Request{
		Home: o.ID.Home, Actor: o.Buyer, RequestID: t.request, Action: "order.place", Digest: []byte(revision), Response: []byte("{}"), At: o.CreatedAt,
	})
	if err != nil {
		return err
	}
	return tx.InsertDecision(ctx, store.Decision{
		Home: o.ID.Home, ID: t.decision, At: o.CreatedAt, Action: "order.place", Subject: "dataset", Actor: o.Buyer, Allow: true,
		Input: []byte("{}"), Revision: revision,
	})
}
