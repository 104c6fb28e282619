package exchange

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// ConsentState is what a unit that a reserve plan covers has said to it.
type ConsentState string

// The states: ASKED → CONSENTED or DECLINED, DECLINED → CONSENTED; any → ENDED
// with the plan.
const (
	ConsentAsked    ConsentState = "ASKED"
	ConsentGiven    ConsentState = "CONSENTED"
	ConsentDeclined ConsentState = "DECLINED"
	ConsentEnded    ConsentState = "ENDED" // the plan was taken back
)

// ReserveConsent is the word of a unit that another one's plan covers. Until the
// unit consents it is not part of the plan: its orders do not count to it, and
// it may file one of its own.
type ReserveConsent struct {
	ID         uuid.UUID
	Home       string // the plan's
	Plan       uuid.UUID
	Member     uuid.UUID // who is asked
	Unit       uuid.UUID // who filed
	Alliance   uuid.UUID
	Division   string // of the unit that filed
	Year       int
	State      ConsentState
	Reason     string
	AskedAt    time.Time
	AnsweredAt time.Time // zero: not yet
}

// AskConsents asks the units that a plan covers.
func AskConsents(p ReservePlan, at time.Time) []ReserveConsent {
	var all []ReserveConsent
	for _, m := range p.Covered {
		all = append(all, ReserveConsent{
			ID: uuid.New(), Home: p.Home, Plan: p.ID, Member: m, Unit: p.Unit, Alliance: p.Alliance, Division: p.Division,
			Year: p.Year, State: ConsentAsked, AskedAt: at,
		})
	}
	return all
}

// AnswerConsent keeps a unit's answer. Who has declined may think better of it;
// who has consented is part of the plan until that is taken back.
//
//exchange:rule WRONG_STATE | A unit answers while the plan is filed, and a consent stays | budget units | reserve of budget units: a shared canteen is filed by one unit
func AnswerConsent(p ReservePlan, c ReserveConsent, consents bool, reason string, at time.Time) (ReservePlan, ReserveConsent, error) {
	step, next := "decline", ConsentDeclined
	if consents {
		step, next = "consent", ConsentGiven
	}
	may := c.State == ConsentAsked || (consents && c.State == ConsentDeclined)
	if p.State != PlanFiled || !may {
		state := string(c.State)
		if p.State != PlanFiled {
			state = string(p.State)
		}
		return p, c, fault.New(fault.WrongState, "noun", "reserve plan", "id", p.ID, "state", state, "step", step)
	}
	c.State, c.Reason, c.AnsweredAt = next, reason, at
	p.UpdatedAt = at
	if consents {
		p.Unconsented = slices.DeleteFunc(slices.Clone(p.Unconsented), func(m uuid.UUID) bool { return m == c.Member })
	}
	return p, c, nil
}
