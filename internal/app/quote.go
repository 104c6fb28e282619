package app

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/store"
)

// SealQuote records a sealed quote of the caller's member.
type SealQuote struct {
	Meta
	DemandID                 string
	Revision                 int
	ProductID, CertificateID string
	Sealed                   []byte
	Commitment               string
}

// ListQuotes narrows a list of quotes.
type ListQuotes struct {
	Paging
	DemandID string
	State    exchange.QuoteState
}

// OpenedQuotes are a demand that has closed and the sealed quotes on it.
type OpenedQuotes struct {
	Demand exchange.Demand
	Quotes []exchange.SealedQuote
	Sealed map[exchange.ID][]byte
}

// quoteAttributes are the fields by which policy says who sees a quote.
func quoteAttributes(q exchange.SealedQuote) map[string]any {
	return map[string]any{
		"buyer_id": q.Buyer.String(), "buyer_alliance_id": q.BuyerAlliance.String(), "seller_id": q.Seller.String(),
		"seller_alliance_id": q.SellerAlliance.String(), "state": string(q.State),
	}
}

func (u *unit) quoteEvent(ctx context.Context, kind string, q exchange.SealedQuote) error {
	return u.event(ctx, string(authz.Quote), kind, q.ID.UUID, q)
}

// SealQuote records a sealed quote. The demand is locked: a quote is there before
// the closing, which then counts it, or it is refused.
func (a *App) SealQuote(ctx context.Context, c SealQuote) (Result[exchange.SealedQuote], error) {
	demand, err := exchange.ParseID("demand_id", c.DemandID)
	if err != nil {
		return Result[exchange.SealedQuote]{}, err
	}
	in := intent{Meta: c.Meta, action: authz.QuoteSeal, home: demand.Home, command: c}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.SealedQuote, error) {
		q, err := u.loadQuoted(ctx, demand, c.ProductID, c.CertificateID)
		if err != nil {
			return exchange.SealedQuote{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.SealedQuote{}, err
		}
		standing, err := u.QuotesOf(ctx, demand, a.limits.DemandQuotes, exchange.QuoteSealed)
		if err != nil {
			return exchange.SealedQuote{}, err
		}
		quote, notice, err := exchange.SealQuote(*q.Demand, exchange.NewQuote{
			Seller: *q.Seller, Product: *q.Product, Certificate: q.Certificate.ID, Revision: c.Revision, Sealed: c.Sealed,
			Commitment: c.Commitment, Others: len(standing), Most: a.limits.DemandQuotes,
		}, u.at)
		if err != nil {
			return quote, err
		}
		err = errors.Join(u.InsertQuote(ctx, quote, c.Sealed), u.InsertNotice(ctx, notice), u.quoteEvent(ctx, "quote.sealed", quote))
		return quote, errors.Join(err, u.unique(ctx, "quote", demand))
	})
}

// loadQuoted reads the facts of a quote: the demand, the caller's goods, and the
// grant that lets the buyer buy them.
func (u *unit) loadQuoted(ctx context.Context, demand exchange.ID, product, certificate string) (authz.Question, error) {
	q, err := u.lockDemand(ctx, demand, authz.QuoteSeal)
	if err != nil {
		return q, err
	}
	p, err := exchange.ParseUUID("product_id", product)
	if err != nil {
		return q, err
	}
	c, err := optionalUUID("certificate_id", certificate)
	if err != nil {
		return q, err
	}
	if err := u.loadGoods(ctx, &q, p, c, u.principal.Member); err != nil || q.Seller == nil {
		return q, err
	}
	grant, err := u.BestGrant(ctx, q.Seller.Alliance, q.Demand.BuyerAlliance, exchange.DayOf(u.at))
	if errors.Is(err, store.ErrNotFound) {
		return q, nil // policy says NO_GRANT
	}
	q.Grant = &grant
	return q, err
}

// WithdrawQuote takes a quote back before its demand closes.
func (a *App) WithdrawQuote(ctx context.Context, c Step) (Result[exchange.SealedQuote], error) {
	id, err := exchange.ParseID("id", c.ID)
	if err != nil {
		return Result[exchange.SealedQuote]{}, err
	}
	in := intent{Meta: c.Meta, action: authz.QuoteWithdraw, home: id.Home, command: c}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.SealedQuote, error) {
		q, err := u.loadQuote(ctx, id, in.action)
		if err != nil {
			return exchange.SealedQuote{}, err
		}
		if _, err := u.decide(ctx, q); err != nil {
			return exchange.SealedQuote{}, err
		}
		quote, err := exchange.WithdrawQuote(*q.Demand, *q.Quote, c.Reason, u.at)
		if err != nil {
			return quote, err
		}
		return quote, errors.Join(u.UpdateQuote(ctx, quote), u.quoteEvent(ctx, "quote.withdrawn", quote))
	})
}

// loadQuote locks the demand of a quote and reads the quote. A quote that the
// caller may not see does not exist for the caller.
func (u *unit) loadQuote(ctx context.Context, id exchange.ID, action string) (authz.Question, error) {
	known, err := found(u.Quote(ctx, id))("quote", id)
	if err != nil {
		return authz.Question{}, err
	}
	if err := u.app.visible(ctx, u.principal, authz.Quote, quoteAttributes(known), id); err != nil {
		return authz.Question{}, err
	}
	q, err := u.lockDemand(ctx, known.DemandID(), action)
	if err != nil {
		return q, err
	}
	quote, err := found(u.Quote(ctx, id))("quote", id)
	q.Quote = &quote
	return q, err
}

// GetQuote reads a quote that the caller may see.
func (a *App) GetQuote(ctx context.Context, id string) (exchange.SealedQuote, error) {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return exchange.SealedQuote{}, err
	}
	key, err := exchange.ParseID("id", id)
	if err != nil {
		return exchange.SealedQuote{}, err
	}
	q, err := found(a.store.Quote(ctx, key))("quote", key)
	if err == nil {
		err = a.visible(ctx, p, authz.Quote, quoteAttributes(q), key)
	}
	if err != nil {
		return exchange.SealedQuote{}, err
	}
	return q, nil
}

// ListQuotes lists the quotes that the caller may see, the newest first.
func (a *App) ListQuotes(ctx context.Context, c ListQuotes) (Page[exchange.SealedQuote], error) {
	narrow := store.Narrow{"state": string(c.State)}
	if c.DemandID != "" {
		demand, err := exchange.ParseID("demand_id", c.DemandID)
		if err != nil {
			return Page[exchange.SealedQuote]{}, err
		}
		narrow["home"], narrow["demand_id"] = demand.Home, demand.UUID.String()
	}
	return list(ctx, a, authz.Quote, c.Paging, narrow, a.store.ListQuotes, func(q exchange.SealedQuote) store.Key {
		return store.Key{At: q.CreatedAt, ID: q.ID.UUID}
	})
}

// GetQuoteReceipt proves by the log that a quote was there, and when.
func (a *App) GetQuoteReceipt(ctx context.Context, id string) (proof.Receipt, error) {
	q, err := a.GetQuote(ctx, id)
	if err != nil {
		return proof.Receipt{}, err
	}
	return a.receipt(ctx, q.ID)
}

// OpenQuotes hands the sealed quotes of a demand that has closed out: those that
// the caller may see, which are all for its buyer, and a seller's own.
func (a *App) OpenQuotes(ctx context.Context, id string) (OpenedQuotes, error) {
	var out OpenedQuotes
	d, err := a.GetDemand(ctx, id)
	if err != nil {
		return out, err
	}
	if err := d.Openable(); err != nil {
		return out, err
	}
	p, err := PrincipalOf(ctx)
	if err != nil {
		return out, err
	}
	return out, a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		out = OpenedQuotes{Demand: d}
		quotes, err := r.QuotesOf(ctx, d.ID, d.Quotes, exchange.QuoteOpened, exchange.QuoteAwarded, exchange.QuoteLost)
		if err != nil {
			return err
		}
		for _, q := range quotes {
			ok, err := a.policy.Visible(ctx, authz.Quote, p, a.now(), quoteAttributes(q))
			if err != nil {
				return err
			}
			if ok {
				out.Quotes = append(out.Quotes, q)
			}
		}
		out.Sealed, err = r.SealedBytes(ctx, out.Quotes)
		return err
	})
}

// AwardDemand awards quotes.
type AwardDemand struct {
	Meta
	ID    string
	Lines []AwardLine
}

// AwardLine is what one quote is awarded: base units, and its opened content.
type AwardLine struct {
	QuoteID  string
	Quantity int64
	Content  []byte
}

// Awarded is an awarded demand with the quotes that were opened and the orders
// that were made.
type Awarded struct {
	Demand exchange.Demand
	Quotes []exchange.SealedQuote
	Orders []exchange.Order
}

// AwardDemand makes an order for every quote that is awarded a quantity, and
// publishes what was opened, in one transaction: certificates' capacity, grants
// and all rules of an order are decided on as they are then.
func (a *App) AwardDemand(ctx context.Context, c AwardDemand) (Result[Awarded], error) {
	return stepDemand(ctx, a, c.Meta, c.ID, c, authz.DemandAward, func(ctx context.Context, u *unit, d exchange.Demand) (Awarded, error) {
		lines, err := u.awardLines(ctx, d, c.Lines)
		if err != nil {
			return Awarded{}, err
		}
		d, opened, err := exchange.AwardDemand(d, lines, u.at)
		if err != nil {
			return Awarded{}, err
		}
		out := Awarded{Demand: d}
		offers, err := u.offerAwarded(ctx, d, opened)
		if err != nil {
			return out, err
		}
		for i, line := range opened {
			var order exchange.Order
			if line.Quantity > 0 {
				if order, err = u.orderAwarded(ctx, d, line, offers[i]); err != nil {
					return out, err
				}
				out.Orders = append(out.Orders, order)
			}
			quote := line.Award(order.ID, u.at)
			out.Quotes = append(out.Quotes, quote)
			if err := errors.Join(u.UpdateQuote(ctx, quote), u.quoteEvent(ctx, "quote."+strings.ToLower(string(quote.State)), quote)); err != nil {
				return out, err
			}
		}
		if err := errors.Join(u.UpdateDemand(ctx, d), u.demandEvent(ctx, "demand.awarded", d), u.Flush(ctx)); err != nil {
			return out, err
		}
		_, err = u.stepQuotes(ctx, d, exchange.QuoteLost, "others were awarded", "quote.lost", exchange.QuoteOpened)
		return out, err
	})
}

// awardLines reads the quotes of an award, by id.
func (u *unit) awardLines(ctx context.Context, d exchange.Demand, lines []AwardLine) ([]exchange.AwardLine, error) {
	out := make([]exchange.AwardLine, len(lines))
	for i, l := range lines {
		id, err := exchange.ParseID("quote_id", l.QuoteID)
		if err != nil {
			return nil, err
		}
		quote, err := found(u.Quote(ctx, id))("quote", id)
		if err != nil || quote.DemandID() != d.ID {
			return nil, errors.Join(err, unknownQuote(err, id))
		}
		out[i] = exchange.AwardLine{Quote: quote, Content: l.Content, Quantity: l.Quantity}
	}
	slices.SortFunc(out, func(a, b exchange.AwardLine) int { return strings.Compare(a.Quote.ID.String(), b.Quote.ID.String()) })
	return out, nil
}

// unknownQuote: a quote on another demand does not exist on this one.
func unknownQuote(err error, id exchange.ID) error {
	if err != nil {
		return nil
	}
	return fault.New(fault.ResourceNotFound, "noun", "quote", "id", id)
}

// offerAwarded makes of every quote that is awarded something an offer for the
// buyer alone. It takes the certificate's capacity like any other.
func (u *unit) offerAwarded(ctx context.Context, d exchange.Demand, lines []exchange.Opened) ([]exchange.Offer, error) {
	offers := make([]exchange.Offer, len(lines))
	for i, line := range lines {
		if line.Quantity == 0 {
			continue
		}
		var q authz.Question
		if err := u.loadGoods(ctx, &q, line.Quote.Product, line.Quote.Certificate, &exchange.Member{ID: line.Quote.Seller}); err != nil {
			return nil, err
		}
		offer, err := exchange.AwardedOffer(d, line, *q.Seller, *q.Product, q.Certificate, u.at)
		if err != nil {
			return nil, err
		}
		q.Offer = &offer
		if err := u.loadCapacity(ctx, &q); err != nil {
			return nil, err
		}
		var capacity *exchange.Capacity
		if offers[i], capacity, err = exchange.PublishOffer(offer, q.Capacity, u.at); err != nil {
			return nil, err
		}
		if capacity != nil {
			if err := u.UpdateCapacity(ctx, *capacity); err != nil {
				return nil, err
			}
		}
		if err := errors.Join(u.InsertOffer(ctx, offers[i]), u.offerEvent(ctx, "offer.published", offers[i])); err != nil {
			return nil, err
		}
	}
	return offers, u.Flush(ctx) // the orders read them
}

// orderAwarded places the order of a line, as the caller.
func (u *unit) orderAwarded(ctx context.Context, d exchange.Demand, line exchange.Opened, offer exchange.Offer) (exchange.Order, error) {
	p := purchase{
		PlaceOrder: PlaceOrder{
			Meta: Meta{RequestID: runID(exchange.Quote, line.Quote.ID.UUID, 0), DryRun: u.dryRun}, OfferID: offer.ID.String(),
			Quantity: line.Quantity, ConsigneeCode: d.Consignee, DeliverBy: string(d.DeliverBy), Reserve: d.Reserve, Purpose: d.Purpose,
		},
		way: exchange.Quote, wayID: d.ID.UUID,
	}
	p.command = p.PlaceOrder
	got, err := u.buyAs(ctx, u.principal, p)
	u.warnings = append(u.warnings, got.Warnings...)
	return got.Value, errors.Join(err, got.Err)
}

func explainQuote(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("quote_id", c.QuoteID)
	if err != nil {
		return authz.Question{}, err
	}
	return u.loadQuote(ctx, id, c.Action)
}

func explainNewQuote(ctx context.Context, u *unit, c Explain) (authz.Question, error) {
	id, err := exchange.ParseID("demand_id", c.DemandID)
	if err != nil {
		return authz.Question{}, err
	}
	if c.CertificateID != "" {
		if _, err := target(ctx, u, u.app.certificates(), "certificate_id", c.CertificateID, u.Tx.Certificate); err != nil {
			return authz.Question{}, err
		}
	}
	return u.loadQuoted(ctx, id, c.ProductID, c.CertificateID)
}
