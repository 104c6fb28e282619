package exchange

// Way (购买方式) is the way of buying by which an order came about.
type Way string

// The ways. All of them end in orders on offers, so that stock, certificates,
// policy and the ledger know one kind of trade (invariants I2, I3, I7, I10).
const (
	Spot     Way = "SPOT"     // a buyer orders from an offer
	Forward  Way = "FORWARD"  // called off a forward contract (订单农业)
	Quote    Way = "QUOTE"    // awarded to a quote on a demand (询价)
	Group    Way = "GROUP"    // bought together (团购)
	Standing Way = "STANDING" // a run of a standing order (常态化)
)
