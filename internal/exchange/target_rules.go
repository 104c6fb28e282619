package exchange

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

const (
	// firstTargetYear is the year in which the two provinces began to work together.
	firstTargetYear = 1996
	// targetYearsAhead is how far ahead a target is set: the next five-year plan.
	targetYearsAhead = 10
)

// SetTarget makes the next version of a target. The places are those of the last
// day of its year; last is the version before, or nil.
//
//exchange:rule TARGET_INVALID | A target is an amount above 0 of one direction between the provinces, for a year that can be planned | reform commission | agreements between Jiangsu and Shaanxi, 协议任务
//exchange:rule DATES_INVALID | A version of a target is decided by today and not before the last one | reform commission | targets are versioned and dated
func SetTarget(t Target, places *Places, last *Target, at time.Time) (Target, error) {
	today := DayOf(at)
	wrong := func(field, rule string) error { return fault.InField(field, fault.TargetInvalid, "rule", rule) }
	switch {
	case t.AmountFen <= 0:
		return t, wrong("amount_fen", "the amount is more than 0")
	case t.Direction != SNToJS && t.Direction != JSToSN:
		return t, wrong("direction", "trade inside a province is no collaboration")
	case t.Year < firstTargetYear || t.Year > today.Year()+targetYearsAhead:
		return t, wrong("year", fmt.Sprintf("a year from %d to %d", firstTargetYear, today.Year()+targetYearsAhead))
	}
	if err := findTargetUnit(&t, places); err != nil {
		return t, err
	}
	t.Version = 1
	if last != nil {
		t.Version = last.Version + 1
	}
	if t.DecidedOn == "" {
		t.DecidedOn = today
	}
	if t.DecidedOn > today || last != nil && t.DecidedOn < last.DecidedOn {
		return t, fault.InField("decided_on", fault.DatesInvalid, "rule", "a version is decided by today, and not before the one it follows")
	}
	t.ID, t.CreatedAt = uuid.New(), at
	return t, nil
}

// findTargetUnit gives the unit its code of the year's last day.
//
//exchange:rule TARGET_UNIT_UNKNOWN | A target is for a pairing, a county or a province that there is in its year | reform commission | pairings and counties are dated
func findTargetUnit(t *Target, places *Places) error {
	year := Span{From: Day(strconv.Itoa(t.Year) + "-01-01"), To: Day(strconv.Itoa(t.Year) + "-12-31")}
	found := false
	switch t.UnitKind {
	case PairingTarget:
		for _, row := range places.Pairings() {
			if row.Key == t.Unit && row.Valid.Overlaps(year) {
				t.JSUnit, t.SNUnit, found = strings.Cut(t.Unit, "-")
			}
		}
	case ProvinceTarget, CountyTarget:
		level := map[TargetUnitKind]int{ProvinceTarget: 1, CountyTarget: 3}[t.UnitKind]
		d, known := places.Division(t.Unit)
		if found = known && d.Level == level && d.Valid.Overlaps(year); !found {
			break
		}
		t.Unit = places.County(t.Unit)
		t.JSUnit, t.SNUnit = t.Unit, ""
		if Province(t.Unit) == Shaanxi {
			t.JSUnit, t.SNUnit = "", t.Unit
		}
	}
	if !found {
		return fault.InField("unit", fault.TargetUnitUnknown, "unit", t.Unit, "kind", t.UnitKind, "year", t.Year)
	}
	return nil
}
