package exchange

import (
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// NewLot checks a lot of a seller's product. It lies in the seller's province,
// as its offers do.
//
//exchange:rule QUANTITY_INVALID | A lot holds something | sellers | compliance pledge per lot (承诺达标合格证)
//exchange:rule DATES_INVALID | A lot is not produced in the future | sellers | compliance pledge per lot (承诺达标合格证)
//exchange:rule LOT_INVALID | A lot is under a certificate of its product | sellers | design §2, Lot
func NewLot(l Lot, seller Member, p Product, c Certificate, at time.Time) (Lot, error) {
	switch {
	case l.Quantity <= 0:
		return l, fault.InField("quantity", fault.QuantityInvalid, "quantity", l.Quantity, "rule", "> 0")
	case l.ProducedOn > DayOf(at):
		return l, fault.InField("produced_on", fault.DatesInvalid, "rule", "not in the future")
	case c.Product != p.ID:
		return l, fault.InField("certificate_id", fault.LotInvalid, "rule", "the certificate is of another product")
	}
	l.ID = ID{Home: seller.Home(), UUID: uuid.New()}
	l.Seller, l.SellerAlliance, l.Product, l.Certificate, l.Origin = seller.ID, seller.Alliance, p.ID, c.ID, p.Origin
	l.State, l.CreatedAt, l.UpdatedAt = LotOpen, at, at
	return l, nil
}

// lotFits says whether an offer may be of a lot.
//
//exchange:rule LOT_INVALID | An offer is of a lot of its seller and of its product | sellers | design §2, Lot
func lotFits(l Lot, d NewOffer) error {
	switch {
	case l.Seller != d.Seller.ID:
		return fault.InField("lot_id", fault.LotInvalid, "rule", "the lot is another seller's")
	case l.Product != d.Product.ID:
		return fault.InField("lot_id", fault.LotInvalid, "rule", "the lot is of another product")
	}
	return nil
}

// BlockLot stops a lot.
func BlockLot(l Lot, reason string, at time.Time) (Lot, error) {
	if l.State != LotOpen {
		return l, wrongLotState(l, "block")
	}
	return l.to(LotBlocked, reason, at), nil
}

// ReleaseLot ends a block.
func ReleaseLot(l Lot, reason string, at time.Time) (Lot, error) {
	if l.State != LotBlocked {
		return l, wrongLotState(l, "release")
	}
	return l.to(LotOpen, reason, at), nil
}

//exchange:rule WRONG_STATE | A lot is blocked while it is open and released while it is blocked | authorities | docs/understand/states.md
func wrongLotState(l Lot, step string) error {
	return fault.New(fault.WrongState, "noun", "lot", "id", l.ID, "state", l.State, "step", step)
}

func (l Lot) to(s LotState, reason string, at time.Time) Lot {
	l.State, l.StateReason, l.UpdatedAt = s, reason, at
	return l
}

// RecordSampling checks a sampling of a lot and gives the lot as it leaves it: a
// test that was not passed blocks the lot, one that was passed releases nothing.
//
//exchange:rule DATES_INVALID | A lot is sampled after it was produced, and not in the future | authorities | design §2, Sampling
func RecordSampling(l Lot, s Sampling, at time.Time) (Lot, Sampling, error) {
	if s.SampledOn < l.ProducedOn || s.SampledOn > DayOf(at) {
		return l, s, fault.InField("sampled_on", fault.DatesInvalid, "rule", "not before the lot was produced, and not in the future")
	}
	s.ID, s.Lot, s.At = ID{Home: l.ID.Home, UUID: uuid.New()}, l.ID.UUID, at
	if !s.Passed && l.State == LotOpen {
		l = l.to(LotBlocked, "sampling "+s.Report+" was not passed: "+s.Item, at)
	}
	return l, s, nil
}
