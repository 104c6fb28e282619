package exchange

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// However members join and leave, and however a group ends, its offer has taken
// what the parts hold, never more than it offers, and nothing once it has ended.
func TestAGroupHoldsWhatItsPartsHoldAndNothingAfterItsEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offer := Offer{
			ID: ID{Shaanxi, uuid.New()}, State: OfferPublished, UnitQuantity: 1, Quantity: rapid.Int64Range(1, 30).Draw(t, "offered"), MOQ: 1,
			PriceFen: 5, Season: Span{From: today, To: today.Plus(9)},
		}
		g, err := OpenGroup(GroupBuy{Minimum: rapid.Int64Range(1, offer.Quantity).Draw(t, "minimum"), ClosesAt: noon.Add(time.Hour)}, offer, aSchool(), noon)
		if err != nil {
			t.Fatal(err)
		}
		at, joins := noon, map[uuid.UUID]Join{}
		standing := func() (list []Join) {
			for _, j := range joins {
				if j.State == Joined {
					list = append(list, j)
				}
			}
			return list
		}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"join", "join", "leave", "wait", "end", "cancel"}).Draw(t, "step") {
			case "join":
				after, j, left, err := JoinGroup(g, offer, Join{Quantity: rapid.Int64Range(-1, 12).Draw(t, "quantity")}, 5, at)
				if err == nil {
					g, offer, joins[j.ID] = after, left, j
				}
			case "leave":
				for id, j := range joins {
					if after, j, left, err := LeaveGroup(g, j, offer, at); err == nil {
						g, offer, joins[id] = after, left, j
					}
					break
				}
			case "wait":
				at = at.Add(25 * time.Minute)
			default:
				to := rapid.SampledFrom([]GroupBuyState{GroupOrdered, GroupMissed, GroupCancelled}).Draw(t, "to")
				if after, ended, left, err := EndGroup(g, standing(), offer, to, "x", at); err == nil {
					g, offer = after, left
					for _, j := range ended {
						joins[j.ID] = j
					}
				}
			}
			var held int64
			for _, j := range joins {
				held += j.Holds()
			}
			if offer.Taken != held || g.Joined != held || g.Members != len(standing()) || offer.Taken > offer.Quantity || (g.State != GroupOpen && held != 0) {
				t.Fatalf("%d are held, the offer has taken %d of %d; group %+v", held, offer.Taken, offer.Quantity, g)
			}
		}
	})
}
