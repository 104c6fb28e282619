package exchange

import (
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/ledger"
)

// TargetUnitKind is what kind of unit a target is set for.
type TargetUnitKind string

// The kinds of unit.
const (
	PairingTarget  TargetUnitKind = "PAIRING"
	ProvinceTarget TargetUnitKind = "PROVINCE"
	CountyTarget   TargetUnitKind = "COUNTY"
)

// Target (协议任务) is the volume that a unit is to reach in a year. What is
// revised gets another version; the earlier ones stay.
type Target struct {
	ID        uuid.UUID
	UnitKind  TargetUnitKind
	Unit      string // code of a division, or key of a pairing: 320402-610928
	JSUnit    string // Jiangsu's side of it; empty where it has none
	SNUnit    string // Shaanxi's
	Year      int
	Direction Direction
	Measure   ledger.Measure
	Version   int // from 1
	AmountFen int64
	// DecidedOn is the day from which the version counts: that of its document.
	DecidedOn      Day
	Document       string
	PolicyRevision string
	CreatedAt      time.Time
}

// TargetKey is what the versions of a target share.
type TargetKey struct {
	UnitKind  TargetUnitKind
	Unit      string
	Year      int
	Direction Direction
	Measure   ledger.Measure
}

// Key is what the versions of the target share.
func (t Target) Key() TargetKey {
	return TargetKey{UnitKind: t.UnitKind, Unit: t.Unit, Year: t.Year, Direction: t.Direction, Measure: t.Measure}
}

// Dimension is the one by which volumes of the target's unit are found; empty
// for a province: every trade between the two is of both.
func (t Target) Dimension() Dimension {
	switch {
	case t.UnitKind == PairingTarget:
		return ByPairing
	case t.UnitKind == ProvinceTarget:
		return ""
	case (t.Direction == SNToJS) == (t.SNUnit != ""):
		return BySellerCounty
	default:
		return ByBuyerCounty
	}
}

// InForce keeps of the versions of targets those that count on a day. They come
// in the order of their keys and versions, and stay so.
func InForce(targets []Target, day Day) []Target {
	var out []Target
	for _, t := range targets {
		switch last := len(out) - 1; {
		case t.DecidedOn > day:
		case last >= 0 && out[last].Key() == t.Key():
			out[last] = t
		default:
			out = append(out, t)
		}
	}
	return out
}

// TargetProgress is how far a target is reached.
type TargetProgress struct {
	Target    Target
	ActualFen int64
	Orders    int64
}

// ReachedBP is the actual figure of the target's, in basis points: 2.77 of 0.40
// billion yuan are 69,250.
func (p TargetProgress) ReachedBP() (int64, bool) { return ReachedBP(p.ActualFen, p.Target.AmountFen) }
