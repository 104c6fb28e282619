package store

import (
	"context"
	"fmt"
	"sort"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

// CheckResult is what a check of an invariant found.
type CheckResult struct {
	Invariant  string // such as "I2", design §4
	What       string
	Examined   int64 // rows
	Violations []string
}

const (
	maxViolations = 20  // that one check reports
	checkPage     = 500 // rows that a check reads at once
)

// check is one check: which rows it examines and what breaks the invariant.
type check struct {
	invariant, what string
	examined        func(db.CheckCountsRow) int64
	run             func(context.Context, Reader) ([]string, error)
}

type listing func(*db.Queries, context.Context, int32) ([]string, error)

func sqlCheck(invariant, what string, examined func(db.CheckCountsRow) int64, list listing) check {
	return check{invariant, what, examined, func(ctx context.Context, r Reader) ([]string, error) {
		return list(r.q, ctx, maxViolations)
	}}
}

func checks() []check {
	orders := func(c db.CheckCountsRow) int64 { return c.Orders }
	offers := func(c db.CheckCountsRow) int64 { return c.Offers }
	entries := func(c db.CheckCountsRow) int64 { return c.Entries }
	transactions := func(c db.CheckCountsRow) int64 { return c.Transactions }
	lines := func(c db.CheckCountsRow) int64 { return c.BankLines }
	contracts := func(c db.CheckCountsRow) int64 { return c.Contracts }
	cycles := func(c db.CheckCountsRow) int64 { return c.Cycles }
	return []check{
		sqlCheck("I1", "no column of the schema is a floating point number", func(db.CheckCountsRow) int64 { return 0 }, (*db.Queries).CheckNoFloats),
		sqlCheck("I2", "what an offer has taken is what its orders and groups hold, within what it offers", offers, (*db.Queries).CheckOfferStock),
		sqlCheck("I2", "every signed contract has an offer of its own, of its quantity and tolerance, that ends with it", contracts, (*db.Queries).CheckContractOffers),
		sqlCheck("I2", "every call-off is on the offer of its buyer's contract, at its floor price or above", orders, (*db.Queries).CheckCallOffs),
		{"search", "what an offer is found by is of its names", offers, checkOfferTerms},
		{"search", "what a product is found by is of its names", func(c db.CheckCountsRow) int64 { return c.Products }, checkProductTerms},
		sqlCheck("I2", "every order has its offer", orders, (*db.Queries).CheckOrdersHaveOffers),
		{"I3", "capacity taken of a certificate is what its offers hold, in quantity and value, within the cap",
			func(c db.CheckCountsRow) int64 { return c.Capacities }, checkCapacities},
		sqlCheck("I4", "every transaction adds up to zero and has two entries or more", transactions, (*db.Queries).CheckBalanced),
		sqlCheck("I4", "every transaction has entries and every entry a transaction", entries, (*db.Queries).CheckEntriesHaveTransactions),
		sqlCheck("I4", "every reversal reverses a transaction of the same order", transactions, (*db.Queries).CheckReversals),
		sqlCheck("I4", "commitment and clearing accounts stand at what each order still commits and owes", orders, (*db.Queries).CheckAccountsOfOrders),
		sqlCheck("I4", "every accepted order is in the state in which its money is", orders, (*db.Queries).CheckStatesOfOrders),
		sqlCheck("I4", "what an order gave back is what its disputes gave back, and one is open just while it is disputed", orders, (*db.Queries).CheckDisputes),
		sqlCheck("I4", "what an order costs is owed by its payer, and its donation stands where it is, outside volume", orders, (*db.Queries).CheckPayers),
		sqlCheck("I10", "what each payer is charged is what its orders charge it, within its consent", func(c db.CheckCountsRow) int64 { return c.PayerConsents }, (*db.Queries).CheckPayerConsents),
		sqlCheck("I10", "every matched intent has a later contract of its sides and product, and no ledger entry", func(c db.CheckCountsRow) int64 { return c.Intents }, (*db.Queries).CheckIntents),
		sqlCheck("I4", "deposit and payable accounts stand at what each contract still holds and is to pay out; none is held when it has ended", contracts, (*db.Queries).CheckDeposits),
		sqlCheck("I4", "the suspense account stands at the bank lines that wait", lines, (*db.Queries).CheckSuspense),
		sqlCheck("I4", "the bank account stands at what the bank's statements add up to", lines, (*db.Queries).CheckBank),
		sqlCheck("I10", "every bank line is in the ledger, and was counted or sent back at most once", lines, (*db.Queries).CheckBankLines),
		sqlCheck("I4", "what the orders of a settlement cycle owe is what its clearing accounts say", cycles, (*db.Queries).CheckCycleTotals),
		sqlCheck("I10", "settlement cycles of a pair do not meet, and are confirmed with their last instruction", cycles, (*db.Queries).CheckCycles),
		sqlCheck("I10", "every instruction is the sum of its orders, and was executed to the fen by one bank line",
			func(c db.CheckCountsRow) int64 { return c.Instructions }, (*db.Queries).CheckInstructions),
		sqlCheck("I10", "the invoices of an order add up to what was accepted at most",
			func(c db.CheckCountsRow) int64 { return c.Invoices }, (*db.Queries).CheckInvoices),
		sqlCheck("I5", "contracted, accepted and settled volume of each order follow from its state", orders, (*db.Queries).CheckVolumesOfOrders),
		sqlCheck("I5", "no volume belongs to no order", entries, (*db.Queries).CheckVolumesOfNoOrder),
		sqlCheck("I6", "each buyer has as many orders as requests to place one", orders, (*db.Queries).CheckRequestsOfOrders),
		sqlCheck("I7", "each buyer has as many orders as decisions that allowed one, by policy revision", orders, (*db.Queries).CheckDecisionsOfOrders),
		sqlCheck("I7", "the lot of every offer is its seller's and of its product", offers, (*db.Queries).CheckLots),
		sqlCheck("I8", "buyer and seller of every order are members of the alliances they stand for", orders, (*db.Queries).CheckPartiesOfOrders),
		sqlCheck("I8", "every role is of a member of its issuer's alliance", func(c db.CheckCountsRow) int64 { return c.Roles }, (*db.Queries).CheckRolesFitIssuers),
		sqlCheck("I9", "what is dated into a closed period is in the log before the position that it was closed at", transactions, (*db.Queries).CheckClosedPeriods),
		sqlCheck("I9", "every submission is of its period's position and whole", transactions, (*db.Queries).CheckSubmissions),
		sqlCheck("I9", "an adjustment says which earlier period it adjusts, and every other fact counts on its day", transactions, (*db.Queries).CheckAdjustments),
		{"I9", "every quote that stood when its demand closed is there as it was sealed, and no other",
			func(c db.CheckCountsRow) int64 { return c.Quotes }, checkClosings},
		sqlCheck("I10", "a group holds what its members joined with while it is open and nothing after, and each that ordered has one order",
			func(c db.CheckCountsRow) int64 { return c.GroupBuys }, (*db.Queries).CheckGroups),
		sqlCheck("I10", "every order of a standing order has its run, and every run that ordered its order", orders, (*db.Queries).CheckStandingRuns),
		sqlCheck("I10", "a standing order counts its runs and orders, within its cap and end, and says when it comes again while it may",
			func(c db.CheckCountsRow) int64 { return c.StandingOrders }, (*db.Queries).CheckStandingOrders),
		sqlCheck("I5", "an offer names its open declaration for the relief zone, and that the prices of its two offers and what it is found by",
			func(c db.CheckCountsRow) int64 { return c.Reliefs }, (*db.Queries).CheckReliefs),
		sqlCheck("I5", "an order counts for the relief zone just where a declaration of its offer was in force as it was placed", orders, (*db.Queries).CheckReliefOrders),
		sqlCheck("I10", "every quote that was awarded has one order, of its seller and quantity, and every such order its quote",
			func(c db.CheckCountsRow) int64 { return c.Quotes }, (*db.Queries).CheckAwards),
		sqlCheck("I10", "every order on the account of a reserve plan is of one that the plan names", orders, (*db.Queries).CheckReservePlans),
		sqlCheck("I10", "the units of a filed reserve plan are in it, and in no other of the year",
			func(c db.CheckCountsRow) int64 { return c.ReservePlans }, (*db.Queries).CheckReserveUnits),
		sqlCheck("I10", "a unit that a filed reserve plan covers is in it just when it has consented",
			func(c db.CheckCountsRow) int64 { return c.ReservePlans }, (*db.Queries).CheckReserveConsents),
		sqlCheck("I7", "orders placed since a spending limit was set stay within it",
			func(c db.CheckCountsRow) int64 { return c.SpendingLimits }, (*db.Queries).CheckSpendingLimits),
		sqlCheck("I7", "an order that needs approval waits for it before its deadline, or another than its placer gave it", orders, (*db.Queries).CheckApprovals),
		sqlCheck("I10", "what an order is paid is the sum of its payments", orders, (*db.Queries).CheckPayments),
		sqlCheck("I10", "no order was confirmed, accepted or released twice", transactions, (*db.Queries).CheckCountedOnce),
	}
}

// Check recomputes every invariant that a database can show, on one snapshot.
// The others are shown by tests alone: I9 needs a submission, I11 a crash.
func (s *Store) Check(ctx context.Context) ([]CheckResult, error) {
	var results []CheckResult
	err := s.Read(ctx, func(ctx context.Context, r Reader) error {
		results = nil
		counts, err := r.q.CheckCounts(ctx)
		if err != nil {
			return err
		}
		for _, c := range checks() {
			violations, err := c.run(ctx, r)
			if err != nil {
				return fmt.Errorf("store: check %s (%s): %w", c.invariant, c.what, err)
			}
			results = append(results, CheckResult{
				Invariant: c.invariant, What: c.what, Examined: c.examined(counts), Violations: violations,
			})
		}
		return nil
	})
	return results, err
}

type capacityKey struct {
	home        string
	certificate uuid.UUID
	year        int
}

// checkCapacities recomputes I3 from the offers. Values are computed here, by
// the exchange's own arithmetic, which SQL's rounding does not share.
func checkCapacities(ctx context.Context, r Reader) ([]string, error) {
	held, violations, err := heldByOffers(ctx, r)
	if err != nil {
		return nil, err
	}
	last := db.CertificateCapacity{}
	for {
		rows, err := r.q.CheckCapacities(ctx, last.Home, last.CertificateID, last.Year, checkPage)
		if err != nil {
			return nil, err
		}
		for _, c := range rows {
			last = c
			key := capacityKey{c.Home, c.CertificateID, c.Year}
			h := held[key]
			delete(held, key)
			if h.TakenQuantity != c.TakenQuantity || h.TakenValueFen != c.TakenValueFen ||
				c.TakenQuantity > c.Quantity || c.TakenValueFen > c.ValueFen {
				violations = append(violations, fmt.Sprintf(
					"certificate %s in %d: %d units and %d fen are taken, its offers hold %d and %d, the cap is %d and %d",
					c.CertificateID, c.Year, c.TakenQuantity, c.TakenValueFen, h.TakenQuantity, h.TakenValueFen, c.Quantity, c.ValueFen))
			}
		}
		if len(rows) < checkPage {
			break
		}
	}
	for key := range held {
		violations = append(violations, fmt.Sprintf("certificate %s in %d has offers but no capacity", key.certificate, key.year))
	}
	sort.Strings(violations)
	return violations[:min(len(violations), maxViolations)], nil
}

// heldByOffers adds up what offers hold of each capacity: an open offer all
// that it offers, a closed one what its orders took.
func heldByOffers(ctx context.Context, r Reader) (map[capacityKey]exchange.Capacity, []string, error) {
	held := map[capacityKey]exchange.Capacity{}
	var violations []string
	last := db.CheckOffersByCapacityRow{}
	for {
		rows, err := r.q.CheckOffersByCapacity(ctx, last.Home, last.ID, checkPage)
		if err != nil {
			return nil, nil, err
		}
		for _, o := range rows {
			last = o
			quantity := o.Taken
			if o.State == string(exchange.OfferPublished) || o.State == string(exchange.OfferPaused) {
				quantity = o.Quantity
			}
			value, err := exchange.Amount(quantity, o.UnitQuantity, o.PriceFen, o.PriceBasis == string(exchange.PerKg))
			if err != nil {
				violations = append(violations, fmt.Sprintf("offer %s-%s: %v", o.Home, o.ID, err))
				continue
			}
			key := capacityKey{o.Home, o.CertificateID.UUID, o.CapacityYear}
			h := held[key]
			h.TakenQuantity += quantity
			h.TakenValueFen += value
			held[key] = h
		}
		if len(rows) < checkPage {
			return held, violations, nil
		}
	}
}
