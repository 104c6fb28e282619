package exchange

import (
	"time"

	"github.com/google/uuid"
)

// MemberClass is the class of an organisation.
type MemberClass string

// The classes.
const (
	AllianceSecretariat MemberClass = "ALLIANCE_SECRETARIAT"
	BudgetUnitSchool    MemberClass = "BUDGET_UNIT_SCHOOL"
	BudgetUnitHospital  MemberClass = "BUDGET_UNIT_HOSPITAL"
	BudgetUnitGov       MemberClass = "BUDGET_UNIT_GOV"
	Union               MemberClass = "UNION"
	RetailChain         MemberClass = "RETAIL_CHAIN"
	PrivateFirm         MemberClass = "PRIVATE_FIRM"
	UniversityLogistics MemberClass = "UNIVERSITY_LOGISTICS"
	SOE                 MemberClass = "SOE"
	Military            MemberClass = "MILITARY"
	Charity             MemberClass = "CHARITY"
	ProducerFirm        MemberClass = "PRODUCER_FIRM"
	Cooperative         MemberClass = "COOPERATIVE"
	FamilyFarm          MemberClass = "FAMILY_FARM"
	VillageCollective   MemberClass = "VILLAGE_COLLECTIVE"
	TradeAgent          MemberClass = "TRADE_AGENT"
)

// MemberState is the state of a membership.
type MemberState string

// The states: ACTIVE ⇄ SUSPENDED.
const (
	MemberActive    MemberState = "ACTIVE"
	MemberSuspended MemberState = "SUSPENDED"
)

// Member (成员单位) is an organisation in an alliance.
type Member struct {
	ID          uuid.UUID
	Alliance    uuid.UUID
	Side        Side
	CreditCode  string
	NameZH      string
	NameEN      string
	Class       MemberClass
	Division    string
	State       MemberState
	StateReason string
	AdmittedAt  time.Time
}

// Home is the member's province.
func (m Member) Home() string { return Province(m.Division) }
