package exchange

import (
	"testing"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

var (
	tea    = Product{ID: uuid.New(), Producer: producer.ID, Origin: "610621", UnitQuantity: 1}
	teaLot = Lot{
		ID: ID{Home: Shaanxi, UUID: uuid.New()}, Seller: producer.ID, Product: tea.ID, Code: "2026-1", ProducedOn: today.Plus(-9),
		Quantity: 1000, State: LotOpen,
	}
)

func lotRefusals() refusals {
	under := Certificate{ID: uuid.New(), Product: tea.ID}
	create := func(l Lot, c Certificate) func() error {
		return func() error { return second(NewLot(l, producer, tea, c, noon)) }
	}
	return refusals{
		"NewLot": {
			fault.QuantityInvalid: create(Lot{ProducedOn: today}, under),
			fault.DatesInvalid:    create(Lot{ProducedOn: today.Plus(1), Quantity: 1}, under),
			fault.LotInvalid:      create(Lot{ProducedOn: today, Quantity: 1}, Certificate{}),
		},
		"lotFits": {fault.LotInvalid: func() error { return lotFits(teaLot, NewOffer{Seller: agent, Product: tea}) }},
		"wrongLotState": {fault.WrongState: func() error {
			return second(ReleaseLot(teaLot, "is open", noon))
		}},
		"RecordSampling": {fault.DatesInvalid: func() error {
			return third(RecordSampling(teaLot, Sampling{SampledOn: today.Plus(1)}, noon))
		}},
	}
}

func TestALotLiesInItsSellersProvinceAndTakesItsProductsOrigin(t *testing.T) {
	c := Certificate{ID: uuid.New(), Product: tea.ID}
	l, err := NewLot(Lot{Code: "2026-1", ProducedOn: today, Quantity: 5}, producer, tea, c, noon)
	if err != nil || l.ID.Home != Shaanxi || l.Origin != tea.Origin || l.Seller != producer.ID || l.SellerAlliance != sellers.ID ||
		l.Certificate != c.ID || l.State != LotOpen {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestAnOfferIsOfALotOfItsSellerAndProduct(t *testing.T) {
	if err := lotFits(teaLot, NewOffer{Seller: producer, Product: tea}); err != nil {
		t.Error(err)
	}
	if err := lotFits(teaLot, NewOffer{Seller: producer, Product: Product{ID: uuid.New()}}); !fault.Is(err, fault.LotInvalid) {
		t.Errorf("another product: %v", err)
	}
	if err := lotFits(teaLot, NewOffer{Seller: agent, Product: tea}); !fault.Is(err, fault.LotInvalid) {
		t.Errorf("another seller: %v", err)
	}
}

func TestASamplingThatWasNotPassedBlocksAndOneThatWasReleasesNothing(t *testing.T) {
	failed := Sampling{SampledOn: today, Item: "chlorpyrifos", Report: "R-1"}
	passed := failed
	passed.Passed = true
	if l, s, err := RecordSampling(teaLot, passed, noon); err != nil || l != teaLot || s.Lot != teaLot.ID.UUID || s.ID.Home != Shaanxi {
		t.Errorf("passed: %+v, %+v, %v", l, s, err)
	}
	blocked, _, err := RecordSampling(teaLot, failed, noon)
	if err != nil || blocked.State != LotBlocked || blocked.StateReason != "sampling R-1 was not passed: chlorpyrifos" || !blocked.UpdatedAt.Equal(noon) {
		t.Errorf("failed: %+v, %v", blocked, err)
	}
	for _, again := range []Sampling{passed, failed} {
		if l, _, err := RecordSampling(blocked, again, noon.Add(1)); err != nil || l != blocked {
			t.Errorf("of a blocked lot: %+v, %v", l, err)
		}
	}
	if _, _, err := RecordSampling(teaLot, Sampling{SampledOn: teaLot.ProducedOn.Plus(-1)}, noon); !fault.Is(err, fault.DatesInvalid) {
		t.Errorf("before it was produced: %v", err)
	}
}

func TestALotIsBlockedAndReleasedInTurn(t *testing.T) {
	blocked, err := BlockLot(teaLot, "recall", noon)
	if err != nil || blocked.State != LotBlocked || blocked.StateReason != "recall" {
		t.Fatalf("%+v, %v", blocked, err)
	}
	if _, err := BlockLot(blocked, "again", noon); !fault.Is(err, fault.WrongState) {
		t.Errorf("blocked twice: %v", err)
	}
	if open, err := ReleaseLot(blocked, "tested again", noon); err != nil || open.State != LotOpen || open.StateReason != "tested again" {
		t.Errorf("%+v, %v", open, err)
	}
}
