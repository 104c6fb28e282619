package exchange

import (
	"strconv"
	"testing"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
)

func TestATargetIsForAUnitThatThereIsInItsYear(t *testing.T) {
	for _, r := range []struct {
		kind TargetUnitKind
		unit string
		year int
		want string // code that it is kept by; empty: there is none
	}{
		{CountyTarget, "610928", 2020, "610928"}, {CountyTarget, "610928", 2021, "610981"}, {CountyTarget, "610981", 2021, "610981"},
		{CountyTarget, "610928", 2022, ""}, {CountyTarget, "610981", 2020, ""}, {CountyTarget, "610900", 2020, ""},
		{ProvinceTarget, "610900", 2020, ""}, {CountyTarget, "nowhere", 2020, ""},
		{PairingTarget, "320402-610928", 2022, "320402-610928"}, {PairingTarget, "320402-610928", 2023, ""},
		{PairingTarget, "320400-610928", 2016, "320400-610928"}, {PairingTarget, "320400-610928", 2015, ""},
		{PairingTarget, OtherPairing, 2022, ""},
	} {
		places := somePlaces(Day(strconv.Itoa(r.year) + "-12-31"))
		got, err := SetTarget(Target{UnitKind: r.kind, Unit: r.unit, Year: r.year, Direction: SNToJS, Measure: ledger.Accepted, AmountFen: 1}, places, nil, noon)
		switch {
		case r.want == "" && !fault.Is(err, fault.TargetUnitUnknown):
			t.Errorf("%s %s of %d: %v", r.kind, r.unit, r.year, err)
		case r.want != "" && (err != nil || got.Unit != r.want):
			t.Errorf("%s %s of %d is %s: %v", r.kind, r.unit, r.year, got.Unit, err)
		}
	}
}

func TestTheLastVersionDecidedByADayCountsOnIt(t *testing.T) {
	version := func(unit string, n int, decided Day) Target {
		return Target{UnitKind: CountyTarget, Unit: unit, Version: n, DecidedOn: decided}
	}
	all := []Target{version("1", 1, "2026-01-01"), version("1", 2, "2026-06-01"), version("2", 1, "2026-03-01")}
	for day, want := range map[Day][]int{"2025-12-31": {}, "2026-01-01": {1}, "2026-05-31": {1, 1}, "2026-06-01": {2, 1}} {
		var got []int
		for _, t := range InForce(all, day) {
			got = append(got, t.Version)
		}
		if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
			t.Errorf("on %s versions %v, want %v", day, got, want)
		}
	}
	for _, r := range []struct {
		target Target
		want   Dimension
	}{
		{Target{UnitKind: CountyTarget, SNUnit: "61", Direction: SNToJS}, BySellerCounty},
		{Target{UnitKind: CountyTarget, SNUnit: "61", Direction: JSToSN}, ByBuyerCounty},
		{Target{UnitKind: CountyTarget, JSUnit: "32", Direction: SNToJS}, ByBuyerCounty},
		{Target{UnitKind: CountyTarget, JSUnit: "32", Direction: JSToSN}, BySellerCounty},
		{Target{UnitKind: PairingTarget, JSUnit: "32", SNUnit: "61", Direction: JSToSN}, ByPairing},
		{Target{UnitKind: ProvinceTarget, SNUnit: "61", Direction: JSToSN}, ""},
	} {
		if got := r.target.Dimension(); got != r.want {
			t.Errorf("%+v is by %q", r.target, got)
		}
	}
}
