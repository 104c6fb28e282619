package app

import (
	"context"
	"errors"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// maxInvoices bounds the invoices of one order.
const maxInvoices = 100

// AttachInvoice attaches an invoice to an order.
type AttachInvoice struct {
	Meta
	ID, Number           string
	AmountFen, TaxRateBP int64
	IssuedOn             string // empty: today
}

// AttachInvoice attaches an invoice to an order, as its seller.
func (a *App) AttachInvoice(ctx context.Context, c AttachInvoice) (Result[exchange.Order], error) {
	issued, err := day("issued_on", c.IssuedOn)
	if err != nil {
		return Result[exchange.Order]{}, err
	}
	return a.stepOrder(ctx, c.Meta, c.ID, c, authz.OrderInvoice, func(ctx context.Context, u *unit, q authz.Question) (exchange.Change, error) {
		o := *q.Order
		before, err := u.Invoices(ctx, o.ID, maxInvoices)
		if err != nil {
			return exchange.Change{}, err
		}
		if len(before) == maxInvoices {
			return exchange.Change{}, fault.InField("id", fault.InvoiceInvalid, "rule", "an order has 100 invoices at most")
		}
		taken, err := u.HasInvoice(ctx, o.ID.Home, o.Seller, c.Number)
		if err == nil && taken {
			err = fault.New(fault.AlreadyExists, "noun", "invoice", "id", c.Number)
		}
		if err != nil {
			return exchange.Change{}, err
		}
		v := exchange.Invoice{Number: c.Number, AmountFen: c.AmountFen, TaxRateBP: c.TaxRateBP, IssuedOn: issued}
		if issued == "" {
			v.IssuedOn = exchange.DayOf(u.at)
		}
		if v, err = exchange.AttachInvoice(o, before, v, u.at); err != nil {
			return exchange.Change{}, err
		}
		o.UpdatedAt = u.at
		return exchange.Change{Order: o, Kind: "order.invoiced"}, errors.Join(u.InsertInvoice(ctx, v), u.event(ctx, "invoice", "invoice.attached", v.ID.UUID, v))
	})
}

// ListInvoices lists the invoices of an order that the caller may see.
func (a *App) ListInvoices(ctx context.Context, order string) ([]exchange.Invoice, error) {
	o, err := a.GetOrder(ctx, order)
	if err != nil {
		return nil, err
	}
	return a.store.Invoices(ctx, o.ID, maxInvoices)
}
