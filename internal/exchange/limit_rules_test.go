package exchange

import (
	"math"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/fault"
)

func TestALimitSaysWhatItLimitsAndWhom(t *testing.T) {
	someone := Person{Issuer: uuid.New(), Subject: "chen"}
	rows := []struct {
		name  string
		limit SpendingLimit
		want  fault.Code
	}{
		{"per order", SpendingLimit{PerOrder: 1}, ""},
		{"a threshold alone", SpendingLimit{ApprovalAbove: 1}, ""},
		{"of a person", SpendingLimit{PerMonth: 1, Bound: someone}, ""},
		{"nothing", SpendingLimit{}, fault.LimitInvalid},
		{"negative", SpendingLimit{PerOrder: 1, PerYear: -1}, fault.LimitInvalid},
		{"a subject of nobody", SpendingLimit{PerOrder: 1, Bound: Person{Subject: "chen"}}, fault.LimitInvalid},
		{"over already", SpendingLimit{PerOrder: 1, Valid: Span{To: DayOf(noon).Plus(-1)}}, fault.DatesInvalid},
	}
	for _, r := range rows {
		l, err := SetLimit(r.limit, aSchool(), noon)
		if r.want == "" && (err != nil || l.Valid.From != DayOf(noon)) || r.want != "" && !fault.Is(err, r.want) {
			t.Errorf("%s: %v, %v", r.name, l, err)
		}
	}
}

func TestALimitBindsItsPersonOnItsDays(t *testing.T) {
	chen, li := Person{Issuer: uuid.New(), Subject: "chen"}, Person{Issuer: uuid.New(), Subject: "li"}
	today := DayOf(noon)
	spent := Spent{Month: 70, Year: 700, OwnMonth: 30, OwnYear: 300}
	rows := []struct {
		name  string
		limit SpendingLimit
		left  int64
	}{
		{"per order", SpendingLimit{PerOrder: 50}, 50},
		{"per month", SpendingLimit{PerMonth: 100}, 30},
		{"per year", SpendingLimit{PerYear: 100}, 0},
		{"of the person", SpendingLimit{PerMonth: 100, Bound: chen}, 70},
		{"of another", SpendingLimit{PerMonth: 100, Bound: li}, math.MaxInt64},
		{"from tomorrow", SpendingLimit{PerOrder: 50, Valid: Span{From: today.Plus(1)}}, math.MaxInt64},
		{"until yesterday", SpendingLimit{PerOrder: 50, Valid: Span{To: today.Plus(-1)}}, math.MaxInt64},
		{"ended", SpendingLimit{PerOrder: 50, EndedAt: noon}, math.MaxInt64},
	}
	for _, r := range rows {
		if room := RoomFor([]SpendingLimit{r.limit, {ApprovalAbove: 9}}, spent, chen, today); room.Left != r.left || room.ApprovalAbove != 9 {
			t.Errorf("%s leaves %+v, want %d", r.name, room, r.left)
		}
	}
}

// Whatever is ordered, approved, declined, cancelled, expired and accepted, in
// whatever order: what counts of a month never passes the limit, and the stock is
// what the open orders hold.
func TestOrdersOfAMonthStayWithinTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := []Person{{uuid.New(), "chen"}, {uuid.New(), "li"}}
		limits := []SpendingLimit{
			{PerMonth: rapid.Int64Range(1, 400).Draw(t, "month"), ApprovalAbove: 20},
			{PerMonth: rapid.Int64Range(1, 200).Draw(t, "own"), Bound: people[0], PerOrder: 60},
		}
		offer := Offer{ID: ID{Shaanxi, uuid.New()}, State: OfferPublished, Quantity: 60, UnitQuantity: 1, PriceFen: 5}
		var orders []Order
		spent := func(p Person) Spent {
			var s Spent
			for _, o := range orders {
				switch o.State {
				case OrderCancelled, OrderExpired, OrderRejected:
				case OrderAccepted, OrderPartAccepted:
					s = s.Add(o.AcceptedFen, o.Placer == p)
				default:
					s = s.Add(o.AmountFen, o.Placer == p)
				}
			}
			return s
		}
		room := func(o Order) Room {
			return RoomFor(limits, WithoutPending(spent(o.Placer), o, DayOf(noon)), o.Placer, DayOf(noon))
		}
		take := func(i int, c Change, err error) {
			if err != nil {
				return
			}
			orders[i] = c.Order
			if c.Offer != nil {
				offer = *c.Offer
			}
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			step := rapid.SampledFrom([]string{"place", "place", "approve", "decline", "cancel", "expire", "confirm", "ship", "accept"}).Draw(t, "step")
			if step == "place" {
				n := rapid.Int64Range(1, 20).Draw(t, "units")
				o := Order{ID: ID{Shaanxi, uuid.New()}, State: OrderPlaced, Quantity: n, UnitQuantity: 1, PriceFen: 5, AmountFen: 5 * n,
					Placer: rapid.SampledFrom(people).Draw(t, "placer"), HoldUntil: noon.Add(time.Hour), CreatedAt: noon}
				r := room(o)
				if r.Takes(o.AmountFen) != nil {
					continue
				}
				after, err := TakeStock(offer, o, noon)
				if err != nil {
					continue
				}
				if o.AmountFen > r.ApprovalAbove {
					o = AwaitApproval(o, time.Hour, noon)
				}
				offer, orders = after, append(orders, o)
			} else if len(orders) > 0 {
				i := rapid.IntRange(0, len(orders)-1).Draw(t, "order")
				o := orders[i]
				switch step {
				case "approve":
					if room(o).Takes(o.AmountFen) == nil {
						c, err := ApproveOrder(o, "zhou", time.Hour, noon)
						take(i, c, err)
					}
				case "decline":
					c, err := DeclineOrder(o, offer, "x", noon)
					take(i, c, err)
				case "cancel":
					c, err := CancelOrder(o, offer, "x", uuid.New, noon)
					take(i, c, err)
				case "expire":
					c, err := ExpireOrder(o, offer, noon.Add(2*time.Hour))
					take(i, c, err)
				case "confirm":
					c, err := ConfirmOrder(o, uuid.New(), noon)
					take(i, c, err)
				case "ship":
					c, err := ShipOrder(o, "", noon)
					take(i, c, err)
				case "accept":
					n := rapid.Int64Range(0, o.Quantity).Draw(t, "accepted")
					c, err := AcceptOrder(o, offer, Acceptance{Accepted: n, Rejected: o.Quantity - n, Reason: "x"}, uuid.New, noon)
					take(i, c, err)
				}
			}
			held := int64(0)
			for _, o := range orders {
				switch o.State {
				case OrderPending, OrderPlaced, OrderConfirmed, OrderShipped, OrderDelivered:
					held += o.Quantity
				default:
					held += o.Accepted
				}
			}
			chen, li := spent(people[0]), spent(people[1])
			if chen.Month > limits[0].PerMonth || chen.OwnMonth > limits[1].PerMonth || li.Month != chen.Month || held != offer.Taken {
				t.Fatalf("spent %+v and %+v of %+v; %d taken, %d held", chen, li, limits, offer.Taken, held)
			}
		}
	})
}
