package exchange

import (
	"time"

	"github.com/google/uuid"
)

// Invoice (发票) of an order. One that takes back is negative (红字发票).
type Invoice struct {
	ID        ID // in the order's home
	Order     uuid.UUID
	Seller    uuid.UUID
	Number    string
	AmountFen int64 // tax included
	TaxRateBP int64 // basis points
	IssuedOn  Day
	At        time.Time
}
