package exchange

import (
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/sealedbid"
)

// maxQuoting bounds how long a demand takes quotes.
const maxQuoting = 90 * 24 * time.Hour

// PostDemand checks what a buyer asks quotes for and makes the demand of it. The
// buyer and the consignee are those of d, with d's quantity, days and key.
//
//exchange:rule QUANTITY_INVALID | A demand is for something | buyers | docs/use/demands.md
//exchange:rule DIVISION_NOT_VALID | Goods of a demand go to one of the two provinces | buyers | 2020 plan, item 26
func PostDemand(d Demand, buyer Member, at time.Time) (Demand, error) {
	if d.Consignee == "" {
		d.Consignee = buyer.Division
	}
	if !isHome(Province(d.Consignee)) {
		return d, fault.InField("consignee_code", fault.DivisionNotValid, "code", d.Consignee, "date", DayOf(at))
	}
	if d.Quantity <= 0 {
		return d, fault.InField("quantity", fault.QuantityInvalid, "quantity", d.Quantity, "rule", "> 0")
	}
	if d.Purpose == "" {
		d.Purpose = ForCanteen
	}
	d.ID = ID{Home: buyer.Home(), UUID: uuid.New()}
	d.Buyer, d.BuyerAlliance, d.BuyerClass = buyer.ID, buyer.Alliance, buyer.Class
	d.Revision, d.State, d.CreatedAt, d.UpdatedAt = 1, DemandOpen, at, at
	if err := quotableUntil(d, at); err != nil {
		return d, err
	}
	return d, sealableTo(d)
}

// quotableUntil: there is time to quote, and to deliver after it.
//
//exchange:rule DATES_INVALID | A demand closes in the future, within 90 days, and before its delivery | buyers | docs/use/demands.md
func quotableUntil(d Demand, at time.Time) error {
	if !d.ClosesAt.After(at) || d.ClosesAt.After(at.Add(maxQuoting)) {
		return fault.InField("close_time", fault.DatesInvalid, "rule", "a demand closes in the future, within 90 days")
	}
	if d.DeliverBy < DayOf(d.ClosesAt) || d.DeliverBy > DayOf(at).Plus(maxPromiseDays) {
		return fault.InField("deliver_by", fault.DatesInvalid, "rule", "delivery is after the closing and within two years")
	}
	return nil
}

//exchange:rule DEMAND_KEY_INVALID | The public key of a demand is an X25519 key of age | buyers | docs/use/demands.md
func sealableTo(d Demand) error {
	if sealedbid.CheckKey(d.PublicKey) != nil {
		return fault.InField("public_key", fault.DemandKeyInvalid)
	}
	return nil
}

// quoting says whether quotes may still come, or one of them go: what is for open
// demands ends with their time, whether or not the exchange has come to close
// them.
//
//exchange:rule DEMAND_CLOSED | Nothing is quoted, withdrawn or amended after the closing | buyers, sellers | docs/use/demands.md
func (d Demand) quoting(step string, at time.Time) error {
	switch {
	case d.State == DemandOpen && at.Before(d.ClosesAt):
		return nil
	case d.State == DemandCancelled && d.ClosedAt.IsZero():
		return wrongDemandState(d, step)
	}
	return fault.New(fault.DemandClosed, "demand", d.ID, "at", d.ClosesAt.Format(time.RFC3339), "step", step)
}

//exchange:rule WRONG_STATE | A demand takes its steps in order, and is closed by its time alone | buyers, sellers | docs/understand/states.md
func wrongDemandState(d Demand, step string) error {
	return fault.New(fault.WrongState, "noun", "demand", "id", d.ID, "state", d.State, "step", step)
}

// Openable says whether the sealed quotes of a demand may be handed out.
//
//exchange:rule QUOTES_SEALED | Sealed quotes are handed out after the closing, to nobody before | everybody | docs/use/demands.md
func (d Demand) Openable() error {
	if d.ClosedAt.IsZero() {
		return fault.New(fault.QuotesSealed, "demand", d.ID, "at", d.ClosesAt.Format(time.RFC3339))
	}
	return nil
}

// DemandChanges are what an amendment changes. Empty fields stay as they are.
type DemandChanges struct {
	Title     string
	Quantity  int64
	DeliverBy Day
	ClosesAt  time.Time
	PublicKey string
	Reason    string
}

// AmendDemand changes what is asked for. It never closes earlier: who is about to
// quote must not be too late for it.
//
//exchange:rule QUANTITY_INVALID | An amended demand is still for something | buyers | docs/use/demands.md
//exchange:rule DATES_INVALID | An amended demand closes no earlier than it did | buyers | docs/use/demands.md
func AmendDemand(d Demand, c DemandChanges, at time.Time) (Demand, error) {
	if err := d.quoting("amend", at); err != nil {
		return d, err
	}
	if c.Quantity < 0 {
		return d, fault.InField("quantity", fault.QuantityInvalid, "quantity", c.Quantity, "rule", "> 0")
	}
	if !c.ClosesAt.IsZero() && c.ClosesAt.Before(d.ClosesAt) {
		return d, fault.InField("close_time", fault.DatesInvalid, "rule", "no earlier than it was")
	}
	d.Title, d.Quantity = or(c.Title, d.Title), or(c.Quantity, d.Quantity)
	d.DeliverBy, d.PublicKey, d.ClosesAt = or(c.DeliverBy, d.DeliverBy), or(c.PublicKey, d.PublicKey), or(c.ClosesAt, d.ClosesAt)
	d.Revision++
	d.StateReason, d.UpdatedAt = c.Reason, at
	if err := quotableUntil(d, at); err != nil {
		return d, err
	}
	return d, sealableTo(d)
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// CloseDemand ends the quoting. Quotes are those that stand.
func CloseDemand(d Demand, quotes []SealedQuote, at time.Time) (Demand, Notice, error) {
	if d.State != DemandOpen || at.Before(d.ClosesAt) {
		return d, Notice{}, wrongDemandState(d, "close")
	}
	closing := sealedbid.Closing{Demand: d.ID.String(), Revision: d.Revision, ClosesAt: d.ClosesAt}
	for _, q := range quotes {
		closing.Quotes = append(closing.Quotes, q.statement())
	}
	d.State, d.UpdatedAt, d.ClosedAt = DemandClosed, at, at
	d.Quotes, d.ClosingDigest = len(quotes), closing.Digest()
	return d, Notice{ID: d.ID, Kind: NoticeClosing, Memo: sealedbid.ClosingNotice(closing), At: at}, nil
}

func (q SealedQuote) statement() sealedbid.Sealed {
	return sealedbid.Sealed{ID: q.ID.String(), Digest: q.Digest, Commitment: q.Commitment}
}

// CancelDemand ends a demand that nothing was awarded on.
func CancelDemand(d Demand, reason string, at time.Time) (Demand, error) {
	if d.State != DemandOpen && d.State != DemandClosed {
		return d, wrongDemandState(d, "cancel")
	}
	d.State, d.StateReason, d.UpdatedAt = DemandCancelled, reason, at
	return d, nil
}
