package store

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func invoiceOf(r db.Invoice) exchange.Invoice {
	return exchange.Invoice{
		ID: exchange.ID{Home: r.Home, UUID: r.ID}, Order: r.OrderID, Seller: r.SellerID, Number: r.Number, AmountFen: r.AmountFen,
		TaxRateBP: r.TaxRateBp, IssuedOn: exchange.Day(r.IssuedOn), At: r.At.UTC(),
	}
}

// InsertInvoice queues a new invoice.
func (t *Tx) InsertInvoice(ctx context.Context, v exchange.Invoice) error {
	return t.write.InvoiceInsert(ctx, db.InvoiceInsertParams{
		Home: v.ID.Home, OrderID: v.Order, Number: v.Number, ID: v.ID.UUID, SellerID: v.Seller, AmountFen: v.AmountFen,
		TaxRateBp: v.TaxRateBP, IssuedOn: string(v.IssuedOn), At: v.At,
	})
}

// Invoices lists the invoices of an order.
func (r Reader) Invoices(ctx context.Context, order exchange.ID, limit int) ([]exchange.Invoice, error) {
	rows, err := r.q.InvoicesOfOrder(ctx, order.Home, order.UUID, int32(limit))
	return mapRows(rows, err, invoiceOf)
}

// InvoicesOf lists the invoices of some orders of one province, by order.
func (r Reader) InvoicesOf(ctx context.Context, home string, orders []uuid.UUID) (map[uuid.UUID][]exchange.Invoice, error) {
	rows, err := r.q.InvoicesOfOrders(ctx, home, orders)
	if err != nil {
		return nil, readError(err)
	}
	out := map[uuid.UUID][]exchange.Invoice{}
	for _, row := range rows {
		out[row.OrderID] = append(out[row.OrderID], invoiceOf(row))
	}
	return out, nil
}

// HasInvoice says whether a seller has an invoice of that number.
func (r Reader) HasInvoice(ctx context.Context, home string, seller uuid.UUID, number string) (bool, error) {
	_, err := r.q.InvoiceByNumber(ctx, home, seller, number)
	if err = readError(err); errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
