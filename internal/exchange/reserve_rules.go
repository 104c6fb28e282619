package exchange

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// wholeBP is all of something in basis points.
const wholeBP = 10_000

// ReserveFiling is what a unit files, checked and with its parties known.
type ReserveFiling struct {
	Unit            Member
	Year            int
	Canteen         Canteen
	BudgetFen       int64
	RateBP          int64
	Covered, Buyers []Member
	Note            string
}

// FileReserve makes the plan of a filing.
func FileReserve(f ReserveFiling, at time.Time) (ReservePlan, error) {
	if err := checkFiling(f); err != nil {
		return ReservePlan{}, err
	}
	if err := checkParties(f); err != nil {
		return ReservePlan{}, err
	}
	p := ReservePlan{
		ID: uuid.New(), Home: f.Unit.Home(), Unit: f.Unit.ID, UnitClass: f.Unit.Class, Division: f.Unit.Division,
		Alliance: f.Unit.Alliance, Year: f.Year, Canteen: f.Canteen, BudgetFen: f.BudgetFen, RateBP: f.RateBP,
		TargetFen: partOf(f.BudgetFen, f.RateBP), Note: f.Note, State: PlanFiled, CreatedAt: at, UpdatedAt: at,
	}
	for _, m := range f.Covered {
		p.Covered = append(p.Covered, m.ID)
		p.Unconsented = append(p.Unconsented, m.ID)
	}
	for _, m := range f.Buyers {
		p.Buyers = append(p.Buyers, m.ID)
	}
	return p, nil
}

//exchange:rule RESERVE_PLAN_INVALID | A unit with a canteen files what it buys and its share; one without says why and is exempt; who shares or outsources names with whom | budget units | reserve of budget units: shared, outsourced and no canteen
func checkFiling(f ReserveFiling) error {
	wrong := func(field, rule string) error { return fault.InField(field, fault.ReservePlanInvalid, "rule", rule) }
	switch {
	case f.Canteen == NoCanteen && (f.BudgetFen != 0 || f.RateBP != 0 || len(f.Covered) > 0):
		return wrong("budget_fen", "without a canteen there is no budget, no rate and no other unit")
	case f.Canteen == NoCanteen && f.Note == "":
		return wrong("note", "a unit without a canteen says so in the note")
	case f.Canteen == NoCanteen:
		return nil
	case f.BudgetFen <= 0:
		return wrong("budget_fen", "the yearly purchases of food are more than 0")
	case f.RateBP < 0 || f.RateBP > wholeBP:
		return wrong("rate_basis_points", "a rate is between 0 and 10000 basis points")
	case (f.Canteen == SharedCanteen) != (len(f.Covered) > 0):
		return wrong("covered_member_ids", "a shared canteen names the other units, and only a shared one does")
	case f.Canteen == OutsourcedCanteen && len(f.Buyers) == 0:
		return wrong("buyer_member_ids", "an outsourced canteen names its contractor")
	}
	return nil
}

//exchange:rule SIDE_INVALID | Units and those who buy for them are of one buyer alliance, each named once | budget units | reserve of budget units
func checkParties(f ReserveFiling) error {
	seen := []uuid.UUID{f.Unit.ID}
	for field, list := range map[string][]Member{"covered_member_ids": f.Covered, "buyer_member_ids": f.Buyers} {
		for _, m := range list {
			if m.Alliance != f.Unit.Alliance || slices.Contains(seen, m.ID) {
				return fault.InField(field, fault.SideInvalid, "side", "BUYER, of the unit's alliance, each member once")
			}
			seen = append(seen, m.ID)
		}
	}
	return nil
}

// WithdrawReserve takes a plan back.
//
//exchange:rule WRONG_STATE | A plan that was taken back stays so | budget units | reserve of budget units
func WithdrawReserve(p ReservePlan, reason string, at time.Time) (ReservePlan, error) {
	if p.State != PlanFiled {
		return p, fault.New(fault.WrongState, "noun", "reserve plan", "id", p.ID, "state", p.State, "step", "withdraw")
	}
	p.State, p.StateReason, p.UpdatedAt = PlanWithdrawn, reason, at
	return p, nil
}

// MayBuyOn says whether an order of today can be on the account of a plan.
//
//exchange:rule WRONG_STATE | An order is on the account of a plan of its own year that was not taken back | budget units, those who buy for them | reserve of budget units
func (p ReservePlan) MayBuyOn(today Day) error {
	state := string(p.State)
	if p.State == PlanFiled && p.Year != today.Year() {
		state = fmt.Sprintf("of %d", p.Year)
	} else if p.State == PlanFiled {
		return nil
	}
	return fault.New(fault.WrongState, "noun", "reserve plan", "id", p.ID, "state", state, "step", "order")
}

// partOf is a share of an amount in fen, rounded up, so that a target that is
// reached is really the share.
func partOf(fen, bp int64) int64 {
	hi, lo := bits.Mul64(uint64(fen), uint64(bp))
	q, rest := bits.Div64(hi, lo, wholeBP)
	if rest > 0 {
		q++
	}
	return int64(q)
}

// shareBP is what a part is of a whole in basis points, rounded down.
func shareBP(part, whole int64) int64 {
	if whole <= 0 || part <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(part), wholeBP)
	if hi >= uint64(whole) {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return int64(min(q, math.MaxInt64))
}
