package exchange

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/ledger"
)

const claimWindow = 30 * 24 * time.Hour

// terms are those of a contract of 100 sales units of 1,000 g at 62 yuan.
func terms() ContractTerms {
	buyer := Member{ID: uuid.New(), Alliance: buyers.ID, Side: Buyer, Class: BudgetUnitSchool, Division: "320115"}
	return ContractTerms{
		Proposer: producer, Buyer: buyer, Seller: producer, Product: Product{ID: uuid.New(), UnitQuantity: 1000}, Variety: "富士",
		Season: Span{From: today, To: today.Plus(60)}, FloorFen: 6200, ToleranceBP: 1000,
		Schedule: []Delivery{{today.Plus(10), 40_000}, {today.Plus(20), 60_000}},
	}
}

func newContract(t interface{ Fatal(...any) }, change func(*ContractTerms)) (Contract, Offer) {
	in := terms()
	if change != nil {
		change(&in)
	}
	c, err := ProposeContract(in, noon)
	if err != nil {
		t.Fatal(err)
	}
	c, offer, _, err := SignContract(c, in.Product, nil, noon)
	if err != nil {
		t.Fatal(err)
	}
	return c, offer
}

func TestTheHigherOfFloorAndLastIndexIsPaid(t *testing.T) {
	c := Contract{FloorFen: 100}
	observed := []IndexPrice{{Day: "2026-03-01", PriceFen: 120, Source: "a"}, {Day: "2026-03-08", PriceFen: 90}, {Day: "2026-03-15", PriceFen: 130, Source: "b"}}
	for day, want := range map[Day]int64{"2026-02-28": 100, "2026-03-01": 120, "2026-03-07": 120, "2026-03-08": 100, "2026-03-15": 130, "2026-04-01": 130} {
		fen, source := c.PriceOn(day, observed)
		if fen != want || (source == "") != (want == 100) {
			t.Errorf("on %s %d of %q, want %d", day, fen, source, want)
		}
	}
}

// accountSums adds up the accounts of what a contract's life posted.
type accountSums map[ledger.AccountKind]int64

func (b accountSums) post(t *rapid.T, list []ledger.Transaction) {
	for _, tx := range list {
		if err := tx.Validate(); err != nil {
			t.Fatal(err)
		}
		for _, e := range tx.Entries {
			b[e.Account.Kind] += e.AmountFen
		}
	}
}

// Whatever happens in whatever order, call-offs stay within quantity and tolerance,
// the deposit account is what the contract holds, nothing of it is held or reserved
// once the contract has ended, and all that was paid in is accounted for.
func TestCallOffsStayWithinTheContractAndDepositsFollowIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deposit := rapid.Int64Range(0, 100_000).Draw(t, "deposit")
		c, offer := newContract(t, func(in *ContractTerms) {
			in.DepositFen = deposit
			in.ToleranceBP = rapid.Int64Range(0, 5000).Draw(t, "tolerance")
			in.DepositRelease = rapid.SampledFrom([]DepositRelease{ReleaseProRata, ReleaseAtEnd}).Draw(t, "release")
		})
		at, b := noon, accountSums{}
		var orders []Order
		ending := func(e Ending, err error) {
			if err != nil {
				return
			}
			b.post(t, e.Transactions)
			if e.CloseOffer && !offer.Closed() {
				if offer, _, err = EndOffer(offer, nil, OfferWithdrawn, "", at); err != nil {
					t.Fatal(err)
				}
			}
			c = e.Contract
		}
		order := func(step func(o Order) (Change, error)) {
			if len(orders) == 0 {
				return
			}
			i := rapid.IntRange(0, len(orders)-1).Draw(t, "order")
			change, err := step(orders[i])
			if err != nil {
				return
			}
			b.post(t, change.Transactions)
			if orders[i] = change.Order; change.Offer != nil {
				offer = *change.Offer
			}
		}
		money := func(flow BankFlow, fen int64) {
			l := BankLine{ID: ID{Home: Shaanxi, UUID: uuid.New()}, State: LineWaiting, Transaction: uuid.New(), BankFileLine: BankFileLine{Flow: flow, AmountFen: fen}}
			e, _, err := MatchDeposit(c, l, uuid.New, at)
			if err == nil {
				b.post(t, []ledger.Transaction{ledger.BankMoved(Shaanxi, l.Transaction, at, flow == MoneyIn, fen, "")})
			}
			ending(e, err)
		}
		t.Repeat(map[string]func(*rapid.T){
			"deposit": func(*rapid.T) { money(MoneyIn, deposit) },
			"pay out": func(*rapid.T) { money(MoneyOut, c.PayableFen-c.PaidOutFen) },
			"call off": func(t *rapid.T) {
				quantity := rapid.Int64Range(1, 60).Draw(t, "units") * 1000
				priced, err := CallOff(c, offer, quantity, nil, at)
				if err != nil {
					return
				}
				o, err := ProposeOrder(priced, Placement{
					ID: uuid.New(), Buyer: Member{ID: c.Buyer}, Quantity: quantity, Consignee: "320115", Way: Forward, WayID: c.ID.UUID,
				}, at)
				if err != nil {
					t.Fatal(err)
				}
				if offer, err = TakeStock(offer, o, at); err != nil {
					t.Fatal(err)
				}
				change, err := ConfirmOrder(o, uuid.New(), at)
				if err != nil {
					t.Fatal(err)
				}
				b.post(t, change.Transactions)
				orders = append(orders, change.Order)
			},
			"ship": func(*rapid.T) { order(func(o Order) (Change, error) { return ShipOrder(o, "", at) }) },
			"cancel": func(*rapid.T) {
				order(func(o Order) (Change, error) { return CancelOrder(o, offer, "x", uuid.New, at) })
			},
			"accept": func(t *rapid.T) {
				order(func(o Order) (Change, error) {
					short := rapid.Int64Range(0, o.Quantity/1000).Draw(t, "short") * 1000
					change, err := AcceptOrder(o, offer, Acceptance{Accepted: o.Quantity - short, Short: short, Reason: "x"}, uuid.New, at)
					if err == nil {
						c, change = ReleaseDeposit(c, change, uuid.New, at)
					}
					return change, err
				})
			},
			"claim": func(t *rapid.T) {
				kind := rapid.SampledFrom([]ClaimKind{ClaimForceMajeure, ClaimDefault}).Draw(t, "kind")
				if after, err := ClaimOn(c, kind, rapid.SampledFrom([]Side{Buyer, Seller}).Draw(t, "by"), "x", claimWindow, at); err == nil {
					c = after
				}
			},
			"resolve": func(t *rapid.T) {
				ending(ResolveClaim(c, rapid.SampledFrom([]ClaimState{ClaimUpheld, ClaimDismissed}).Draw(t, "outcome"), "x", uuid.New, at))
			},
			"time": func(t *rapid.T) {
				at = at.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "days")) * 24 * time.Hour)
				var f Fulfilment
				for _, o := range orders {
					f.Accepted += o.Accepted
					if o.State == OrderConfirmed || o.State == OrderShipped {
						f.OnTheWay += o.Quantity
					}
				}
				ending(EndSeason(c, f, claimWindow, uuid.New, at), nil)
			},
			"": func(t *rapid.T) {
				held := int64(0)
				for _, o := range orders {
					switch o.State {
					case OrderConfirmed, OrderShipped:
						held += o.Quantity
					default:
						held += o.Accepted
					}
				}
				switch most := c.Quantity + c.Tolerance(); {
				case held > most || held != offer.Taken || offer.Quantity != most:
					t.Fatalf("orders hold %d of %d, and the offer says %d", held, most, offer.Taken)
				case -b[ledger.DepositBuyer] != c.HeldFen || -b[ledger.Payable] != c.PayableFen-c.PaidOutFen:
					t.Fatalf("held %d and payable %d, the book says %v", c.HeldFen, c.PayableFen-c.PaidOutFen, b)
				case c.DepositTx != uuid.Nil && c.HeldFen+c.ReleasedFen+c.PayableFen != deposit:
					t.Fatalf("%d, %d and %d of the deposit of %d", c.HeldFen, c.ReleasedFen, c.PayableFen, deposit)
				case c.Ended() && (c.HeldFen != 0 || !offer.Closed()):
					t.Fatalf("%s, and %d are held, the offer is %s", c.State, c.HeldFen, offer.State)
				case b[ledger.Suspense] != 0:
					t.Fatalf("suspense stands at %d", b[ledger.Suspense])
				}
			},
		})
	})
}
