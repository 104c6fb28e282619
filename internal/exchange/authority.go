package exchange

import (
	"time"

	"github.com/google/uuid"
)

// JurisdictionKind is how far an authority reaches.
type JurisdictionKind string

// The kinds of jurisdiction.
const (
	CountyJurisdiction   JurisdictionKind = "COUNTY"
	CityJurisdiction     JurisdictionKind = "CITY"
	ProvinceJurisdiction JurisdictionKind = "PROVINCE"
	PairJurisdiction     JurisdictionKind = "PAIR"
	AllJurisdiction      JurisdictionKind = "ALL"
)

// Jurisdiction is the reach of an authority: one division for COUNTY, CITY and
// PROVINCE, the two cities for PAIR, none for ALL.
type Jurisdiction struct {
	Kind  JurisdictionKind
	Codes []string
}

// Authority (主管单位) certifies, samples, coordinates or audits.
type Authority struct {
	ID           uuid.UUID
	NameZH       string
	NameEN       string
	Jurisdiction Jurisdiction
	CreatedAt    time.Time
}
