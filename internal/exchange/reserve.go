package exchange

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Purpose is what goods are bought for.
type Purpose string

// The purposes. Which of them fill a reserve is policy's matter.
const (
	ForCanteen      Purpose = "CANTEEN"
	ForUnionWelfare Purpose = "UNION_WELFARE"
	ForStaff        Purpose = "STAFF"
	ForGift         Purpose = "GIFT"
	ForResale       Purpose = "RESALE"
	ForAid          Purpose = "AID"
)

// Canteen is how a unit feeds its people.
type Canteen string

// The kinds of canteen.
const (
	OwnCanteen        Canteen = "OWN"
	SharedCanteen     Canteen = "SHARED"     // filed by one unit for those that share it
	OutsourcedCanteen Canteen = "OUTSOURCED" // a contractor buys on the unit's account
	NoCanteen         Canteen = "NONE"       // exempt, and says so
)

// ReservePlanState is the state of a reserve plan.
type ReservePlanState string

// The states: FILED → WITHDRAWN.
const (
	PlanFiled     ReservePlanState = "FILED"
	PlanWithdrawn ReservePlanState = "WITHDRAWN"
)

// ReservePlan (预留份额) is a budget unit's share of its food purchases of a
// year for goods of the 832 counties.
type ReservePlan struct {
	ID             uuid.UUID
	Home           string // province of the unit
	Unit           uuid.UUID
	UnitClass      MemberClass
	Division       string // of the unit
	Alliance       uuid.UUID
	Year           int
	Canteen        Canteen
	BudgetFen      int64
	RateBP         int64 // basis points
	TargetFen      int64
	Covered        []uuid.UUID // other units that it names
	Unconsented    []uuid.UUID // those of them that have not consented, and so are not in it
	Buyers         []uuid.UUID // who buys on the unit's account: contractors, unions
	Note           string
	State          ReservePlanState
	StateReason    string
	PolicyRevision string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Units are all units of the plan, the one that files first, then those that have
// consented. Their orders count to it.
func (p ReservePlan) Units() []uuid.UUID {
	units := []uuid.UUID{p.Unit}
	for _, m := range p.Covered {
		if !slices.Contains(p.Unconsented, m) {
			units = append(units, m)
		}
	}
	return units
}

// ReserveProgress is what the ledger says of a plan's year. Amounts in fen.
type ReserveProgress struct {
	Plan      uuid.UUID
	TargetFen int64
	Contracted, Accepted, Settled,
	Orders int64
	AsOf time.Time
}

// ReachedBP is what was accepted of the target in basis points, rounded down; 0
// without a target.
func (p ReserveProgress) ReachedBP() int64 { return shareBP(p.Accepted, p.TargetFen) }
