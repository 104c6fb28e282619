package exchange

import (
	"slices"
	"testing"
)

func somePlaces(day Day) *Places {
	divisions := []Division{
		{Code: "610900", Level: 2}, {Code: "320400", Level: 2},
		{Code: "610928", Level: 3, Parent: "610900", Valid: Span{To: "2021-01-31"}},
		{Code: "610981", Level: 3, Parent: "610900", Valid: Span{From: "2021-02-01"}, Predecessors: []string{"610928"}},
		{Code: "320602", Level: 3, Parent: "320600"}, {Code: "320611", Level: 3, Parent: "320600"},
		{Code: "320613", Level: 3, Parent: "320600", Valid: Span{From: "2020-07-01"}, Predecessors: []string{"320602", "320611"}},
		{Code: "320402", Level: 3, Parent: "320400"}, {Code: "320404", Level: 3, Parent: "320400"},
		{Code: "610700", Level: 2}, {Code: "610722", Level: 3, Parent: "610700"},
		{Code: "610101", Level: 3, Parent: "610100"}, // divided into two
		{Code: "610102", Level: 3, Parent: "610100", Predecessors: []string{"610101"}},
		{Code: "610103", Level: 3, Parent: "610100", Predecessors: []string{"610101"}},
	}
	return NewPlaces(divisions, []Pairing{
		{JSCity: "320400", SNCounty: "610928", Valid: Span{From: "2016-01-01"}},
		{JSCity: "320400", JSUnit: "320402", SNCounty: "610928", Valid: Span{From: "1996-01-01", To: "2022-12-31"}},
		{JSCity: "320600", SNCounty: "610722"},
	}, day)
}

func TestACountyIsOneByItsOldAndNewCodes(t *testing.T) {
	for _, r := range []struct{ day, code, county string }{
		{"2026-01-01", "610928", "610981"}, {"2026-01-01", "610981", "610981"},
		{"2020-12-31", "610928", "610928"}, // the past is named by the past's codes
		{"2026-01-01", "320602", "320613"}, {"2026-01-01", "320611", "320613"}, {"2020-06-30", "320611", "320611"},
		{"2026-01-01", "610101", "610101"}, // divided: nobody can say whose it is
		{"2026-01-01", "999999", "999999"},
	} {
		if got := somePlaces(Day(r.day)).County(r.code); got != r.county {
			t.Errorf("%s is %s on %s, want %s", r.code, got, r.day, r.county)
		}
	}
	p := somePlaces("2026-01-01")
	if got := p.Codes(BySellerCounty, "610981"); !slices.Equal(got, []string{"610928", "610981"}) {
		t.Errorf("610981 has the codes %v", got)
	}
	if got := p.Codes(ByBuyerCity, "320600"); !slices.Equal(got, []string{"320602", "320611", "320613", "320600"}) {
		t.Errorf("320600 has the codes %v", got)
	}
	if got := p.City("610928") + p.City("320400") + p.City("999999"); got != "610900320400999900" {
		t.Errorf("cities %s", got)
	}
}

func TestATradeIsOfThePairThatWasInForceOnItsDay(t *testing.T) {
	p := somePlaces("2026-01-01")
	for _, r := range []struct{ seller, buyer, day, want string }{
		{"610928", "320402", "2020-05-01", "320402-610928"},
		{"610981", "320402", "2022-05-01", "320402-610928"}, // the county under its new code
		{"320402", "610981", "2022-05-01", "320402-610928"}, // the other direction
		{"610981", "320404", "2022-05-01", "320400-610928"}, // another unit of the city
		{"610981", "320402", "2023-01-01", "320400-610928"}, // the unit's pair has ended
		{"610981", "320404", "2015-12-31", OtherPairing},    // the city's had not begun
		{"610722", "320613", "2026-01-01", "320600-610722"},
		{"610722", "320402", "2026-01-01", OtherPairing},
		{"610722", "610981", "2026-01-01", OtherPairing},
	} {
		if got := p.Pairing(r.seller, r.buyer, Day(r.day)); got != r.want {
			t.Errorf("%s to %s on %s is of %s, want %s", r.seller, r.buyer, r.day, got, r.want)
		}
	}
	if got := p.Epochs(); !slices.Equal(got, []Day{"1996-01-01", "2016-01-01", "2023-01-01"}) {
		t.Errorf("epochs %v", got)
	}
}
