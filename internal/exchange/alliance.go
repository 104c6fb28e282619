package exchange

import (
	"bytes"
	"time"

	"github.com/google/uuid"
)

// Alliance (买方联盟, 卖方联盟) gathers members of one side and one province.
type Alliance struct {
	ID        uuid.UUID
	NameZH    string
	NameEN    string
	Side      Side
	Home      string // province code
	CreatedAt time.Time
}

// Grant (联盟授权) gives a buyer alliance sight of a seller alliance's offers.
// Without one in force they can be neither seen nor bought.
type Grant struct {
	ID             uuid.UUID
	SellerAlliance uuid.UUID
	BuyerAlliance  uuid.UUID
	Valid          Span
	RevokedAt      time.Time // zero: not revoked
	RevokeReason   string
	CreatedAt      time.Time
}

// InForce says whether the grant holds on a day.
func (g Grant) InForce(d Day) bool { return g.RevokedAt.IsZero() && g.Valid.Covers(d) }

// Before says whether a grant counts before another of the same alliances on a
// day: one that holds before one that does not, then the later.
func (g Grant) Before(other Grant, d Day) bool {
	if here := g.InForce(d); here != other.InForce(d) {
		return here
	}
	if !g.CreatedAt.Equal(other.CreatedAt) {
		return g.CreatedAt.After(other.CreatedAt)
	}
	return bytes.Compare(g.ID[:], other.ID[:]) < 0
}

// Mandate (委托) of a producer lets an agent sell its goods.
type Mandate struct {
	ID           uuid.UUID
	Producer     uuid.UUID
	Agent        uuid.UUID
	Valid        Span
	RevokedAt    time.Time
	RevokeReason string
	CreatedAt    time.Time
}

// InForce says whether the mandate holds on a day.
func (m Mandate) InForce(d Day) bool { return m.RevokedAt.IsZero() && m.Valid.Covers(d) }
