package exchange

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

const maxInvoiceNumber = 32

// AttachInvoice attaches an invoice to an accepted order. What its invoices say in
// all is never below nothing, and never above what was accepted and kept.
//
//exchange:rule WRONG_STATE | Only what was accepted is invoiced | sellers | acceptance report and invoice of the national platform
//exchange:rule INVOICE_INVALID | The invoices of an order add up to what was accepted at most | sellers | invariant I10
//exchange:rule DATES_INVALID | An invoice is not of the future | sellers | acceptance report and invoice of the national platform
func AttachInvoice(o Order, before []Invoice, v Invoice, at time.Time) (Invoice, error) {
	if o.AcceptedFen == 0 {
		return v, fault.New(fault.WrongState, "noun", "order", "id", o.ID, "state", o.State, "step", "invoice")
	}
	const whole = 10_000
	switch {
	case v.Number == "" || len(v.Number) > maxInvoiceNumber || strings.ContainsFunc(v.Number, notOfANumber):
		return v, fault.InField("number", fault.InvoiceInvalid, "rule", "a number has 1 to 32 digits, letters or dashes")
	case v.TaxRateBP < 0 || v.TaxRateBP > whole:
		return v, fault.InField("tax_rate_basis_points", fault.InvoiceInvalid, "rule", "a tax rate is 0 to 10000 basis points")
	case v.IssuedOn > DayOf(at):
		return v, fault.InField("issued_on", fault.DatesInvalid, "rule", "it is not of the future")
	}
	sum := v.AmountFen
	for _, b := range before {
		sum += b.AmountFen
	}
	if v.AmountFen == 0 || sum < 0 || sum > o.NetFen() {
		return v, fault.InField("amount_fen", fault.InvoiceInvalid, "rule",
			fmt.Sprintf("the order's invoices would add up to %d fen, of the %d fen that were accepted and kept", sum, o.NetFen()))
	}
	v.ID, v.Order, v.Seller, v.At = ID{Home: o.ID.Home, UUID: uuid.New()}, o.ID.UUID, o.Seller, at
	return v, nil
}

func notOfANumber(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}
