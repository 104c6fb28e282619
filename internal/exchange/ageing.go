package exchange

import "github.com/google/uuid"

// AgeingDays are the ends of the first three classes of age, in days since the
// acceptance; the fourth has no end.
var AgeingDays = [3]int{30, 60, 90}

// Ageing (账龄) is what a buyer owes the sellers of an alliance, by how many days
// ago it was accepted: 0 to 30, 31 to 60, 61 to 90, and longer.
type Ageing struct {
	Buyer, BuyerAlliance, SellerAlliance uuid.UUID
	Fen                                  [4]int64
	Orders                               int64
	Oldest                               Day
}
