package exchange

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/sealedbid"
)

// NewQuote is what a seller seals for a demand.
type NewQuote struct {
	Seller      Member
	Product     Product
	Certificate uuid.UUID
	Revision    int // of the demand that is answered
	Sealed      []byte
	Commitment  string
	Others      int // quotes that stand on the demand
	Most        int // that may stand
}

// SealQuote records a sealed quote. The notice of it goes into the log at once, so
// that what is sealed cannot be exchanged for something else before the closing.
//
//exchange:rule DEMAND_AMENDED | A quote is for the demand as it is now | sellers | docs/use/demands.md
//exchange:rule DEMAND_FULL | A demand takes a limited number of quotes | sellers | every list has a limit
func SealQuote(d Demand, n NewQuote, at time.Time) (SealedQuote, Notice, error) {
	if err := d.quoting("quote", at); err != nil {
		return SealedQuote{}, Notice{}, err
	}
	if n.Revision != d.Revision {
		return SealedQuote{}, Notice{}, fault.New(fault.DemandAmended, "demand", d.ID, "revision", d.Revision, "quoted", n.Revision)
	}
	if n.Others >= n.Most {
		return SealedQuote{}, Notice{}, fault.New(fault.DemandFull, "demand", d.ID, "limit", n.Most)
	}
	if err := answersDemand(d, n); err != nil {
		return SealedQuote{}, Notice{}, err
	}
	q := SealedQuote{
		ID: ID{Home: d.ID.Home, UUID: uuid.New()}, Demand: d.ID.UUID, Revision: d.Revision, Buyer: d.Buyer, BuyerAlliance: d.BuyerAlliance,
		Seller: n.Seller.ID, SellerAlliance: n.Seller.Alliance, Product: n.Product.ID, Certificate: n.Certificate,
		Digest: sealedbid.Digest(n.Sealed), Commitment: n.Commitment, State: QuoteSealed, CreatedAt: at, UpdatedAt: at,
	}
	return q, Notice{ID: q.ID, Kind: NoticeQuote, Memo: sealedbid.QuoteNotice(d.ID.String(), d.Revision, q.statement()), At: at}, nil
}

// answersDemand: the goods are what is asked for, and the quote is sealed.
//
//exchange:rule QUOTE_INVALID | A quote is of goods that the demand asks for, and is sealed by age | sellers | docs/use/demands.md
func answersDemand(d Demand, n NewQuote) error {
	wrong := func(field, rule string) error { return fault.InField(field, fault.QuoteInvalid, "rule", rule) }
	switch {
	case d.Product != uuid.Nil && d.Product != n.Product.ID:
		return wrong("product_id", "the demand asks for another product")
	case n.Product.Category != d.Category || n.Product.BaseUnit != d.BaseUnit:
		return wrong("product_id", "the demand asks for "+string(d.Category)+" in "+string(d.BaseUnit))
	case sealedbid.CheckSealed(n.Sealed) != nil:
		return wrong("sealed", "it must be sealed by age for an X25519 key and be at most 12288 bytes")
	case !sealedbid.IsDigest(n.Commitment):
		return wrong("commitment", "it must be a SHA-256 in hexadecimal digits")
	}
	return nil
}

// WithdrawQuote takes a quote back before its demand closes.
func WithdrawQuote(d Demand, q SealedQuote, reason string, at time.Time) (SealedQuote, error) {
	if err := d.quoting("withdraw", at); err != nil {
		return q, err
	}
	if q.State != QuoteSealed {
		return q, wrongQuoteState(q, "withdraw")
	}
	q.State, q.StateReason, q.UpdatedAt = QuoteWithdrawn, reason, at
	return q, nil
}

//exchange:rule WRONG_STATE | A quote takes its steps in order; one that was withdrawn or is void is awarded nothing | buyers, sellers | docs/understand/states.md
func wrongQuoteState(q SealedQuote, step string) error {
	return fault.New(fault.WrongState, "noun", "quote", "id", q.ID, "state", q.State, "step", step)
}

// AwardLine is what a quote is awarded: its content, as it was opened, and base
// units; 0: the content is published, and nothing awarded.
type AwardLine struct {
	Quote    SealedQuote
	Content  []byte
	Quantity int64
}

// Opened is a line of an award with what its content says.
type Opened struct {
	AwardLine
	Says sealedbid.Content
}

// AwardDemand checks an award: that what was opened is what its sellers committed
// to while the demand was open, and that no more is awarded than was quoted and
// asked for.
func AwardDemand(d Demand, lines []AwardLine, at time.Time) (Demand, []Opened, error) {
	if err := d.Openable(); err != nil {
		return d, nil, err
	}
	if d.State != DemandClosed {
		return d, nil, wrongDemandState(d, "award")
	}
	opened := make([]Opened, len(lines))
	for i, l := range lines {
		if l.Quote.State != QuoteOpened {
			return d, nil, wrongQuoteState(l.Quote, "award")
		}
		says, err := openedContent(d, l)
		if err != nil {
			return d, nil, err
		}
		opened[i] = Opened{l, says}
	}
	if err := awardable(d, opened); err != nil {
		return d, nil, err
	}
	d.State, d.UpdatedAt = DemandAwarded, at
	return d, opened, nil
}

// openedContent reads what a quote says, if it is what its seller committed to.
//
//exchange:rule QUOTE_DIFFERS | What is awarded is what its seller committed to while the demand was open | buyers | docs/use/demands.md
//exchange:rule QUOTE_INVALID | What was sealed speaks of its own demand, seller and goods | sellers | docs/use/demands.md
func openedContent(d Demand, l AwardLine) (sealedbid.Content, error) {
	if sealedbid.Committed(l.Content, l.Quote.Commitment) != nil {
		return sealedbid.Content{}, fault.New(fault.QuoteDiffers, "what", "the content of quote "+l.Quote.ID.String(), "kept", l.Quote.Commitment)
	}
	c, err := sealedbid.Decode(l.Content)
	if err != nil {
		return c, err
	}
	if c.Demand != d.ID.String() || c.Revision != l.Quote.Revision || c.Seller != l.Quote.Seller.String() ||
		c.Product != l.Quote.Product.String() || c.Certificate != l.Quote.Certificate.String() {
		return c, fault.New(fault.QuoteInvalid, "rule", "the content of quote "+l.Quote.ID.String()+" speaks of another demand, seller or product")
	}
	return c, nil
}

//exchange:rule AWARD_INVALID | An award gives each quote at most what it offers, once, and in all at most what was asked for | buyers | docs/use/demands.md
func awardable(d Demand, lines []Opened) error {
	wrong := func(rule string) error { return fault.InField("lines", fault.AwardInvalid, "rule", rule) }
	left, winners := d.Quantity, 0
	var seen []ID
	for _, l := range lines {
		switch {
		case slices.Contains(seen, l.Quote.ID):
			return wrong("quote " + l.Quote.ID.String() + " is named twice")
		case l.Quantity < 0 || l.Quantity > l.Says.Quantity:
			return wrong("quote " + l.Quote.ID.String() + " does not offer so much")
		case l.Quantity > left:
			return wrong("more is awarded than was asked for")
		}
		seen, left = append(seen, l.Quote.ID), left-l.Quantity
		if l.Quantity > 0 {
			winners++
		}
	}
	if winners == 0 {
		return wrong("nothing is awarded to any quote; cancel the demand instead")
	}
	return nil
}

// QuotablePrice says whether a price could become that of an offer of a product. The
// exchange cannot ask it of a quote before it is opened; the seller's client does
// before it seals.
func QuotablePrice(basis PriceBasis, priceFen int64, p Product) error {
	return offerablePrice(NewOffer{Product: p, PriceBasis: basis, PriceFen: priceFen})
}

// AwardedOffer is the offer that an award makes of a quote for the demand's buyer
// alone: a quote binds, so that its order is confirmed as it is placed.
func AwardedOffer(d Demand, l Opened, seller Member, p Product, c *Certificate, at time.Time) (Offer, error) {
	today := DayOf(at)
	o, err := DraftOffer(NewOffer{
		ID: uuid.New(), Seller: seller, Product: p, Certificate: c, Quantity: l.Quantity, MOQ: l.Quantity,
		PriceBasis: PriceBasis(l.Says.PriceBasis), PriceFen: l.Says.PriceFen, Season: Span{From: today, To: today},
		LeadDays: l.Says.LeadDays, AutoConfirm: true,
	}, at)
	o.ReservedFor, o.Way, o.WayID = d.Buyer, Quote, d.ID.UUID
	return o, err
}

// Award is a quote as its award leaves it.
func (l Opened) Award(order ID, at time.Time) SealedQuote {
	q := l.Quote
	q.State, q.UpdatedAt, q.Content = QuoteLost, at, l.Content
	if l.Quantity > 0 {
		q.State, q.Awarded, q.Order = QuoteAwarded, l.Quantity, order
	}
	return q
}
