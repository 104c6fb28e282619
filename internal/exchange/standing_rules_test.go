package exchange

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/fault"
)

var fewRuns = StandingBounds{Days: 400, Runs: 60}

func aStandingOffer() Offer {
	return Offer{
		ID: ID{Shaanxi, uuid.New()}, Seller: uuid.New(), Product: uuid.New(), State: OfferPublished, UnitQuantity: 10, Quantity: 1000, MOQ: 20,
		PriceFen: 5, LeadDays: 2, Season: Span{From: today, To: today.Plus(90)},
	}
}

// weekly is a standing order of every seven days from today on, for thirteen weeks.
func weekly() StandingOrder {
	return StandingOrder{
		Quantity: 40, Recurrence: Recurrence{Every: EveryDays, Days: 7}, Span: Span{To: today.Plus(90)}, CapQuantity: 400,
	}
}

// A standing order without an end, or without a cap, says which it lacks.
func TestAStandingOrderNeedsAnEndAndACap(t *testing.T) {
	for field, change := range map[string]func(*StandingOrder){
		"until":        func(s *StandingOrder) { s.Span.To = "" },
		"cap_quantity": func(s *StandingOrder) { s.CapQuantity = 0 },
	} {
		s := weekly()
		change(&s)
		_, err := SetStanding(s, aStandingOffer(), aSchool(), fewRuns, noon)
		f, ok := fault.As(err)
		if !ok || f.Code != fault.StandingUnbounded || f.Fields[0].Path != field {
			t.Errorf("without %s: %v", field, err)
		}
	}
	s := weekly()
	s.CapQuantity, s.CapFen = 0, 1
	if _, err := SetStanding(s, aStandingOffer(), aSchool(), fewRuns, noon); err != nil {
		t.Errorf("a cap of money is one: %v", err)
	}
}

// A run takes all from one offer that has it, the oldest first; less only where the
// buyer takes less; and where nothing is left it is tried, to be told so.
func TestARunTriesTheOldestOfferThatHasEnoughFirst(t *testing.T) {
	at := func(left int64) Offer {
		o := aStandingOffer()
		o.Taken = o.Quantity - left
		return o
	}
	none, little, some, enough, plenty := at(0), at(10), at(35), at(40), at(500)
	offers := []Offer{none, little, some, enough, plenty}
	s := weekly()
	for short, want := range map[bool][]Attempt{
		false: {{enough.ID, 40}, {plenty.ID, 40}}, true: {{enough.ID, 40}, {plenty.ID, 40}, {some.ID, 30}},
	} {
		s.TakeShort = short
		got, err := s.Attempts(offers)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%v, %v", got, err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("take short %v: %v, want %v", short, got, want)
			}
		}
	}
	if got, err := s.Attempts(offers[:2]); err != nil || len(got) != 1 || got[0] != (Attempt{none.ID, 40}) {
		t.Errorf("of nothing: %v, %v", got, err)
	}
}

// However time passes, and whatever becomes of its runs, a standing order plans a
// day once, records each, orders nothing beyond its cap or after its end, and says
// when it comes again as long as it may.
func TestAStandingOrderRecordsEveryPlannedDayOnceAndKeepsItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offer := aStandingOffer()
		s := StandingOrder{
			Quantity: 40, Recurrence: someRecurrence(t), CapQuantity: rapid.Int64Range(0, 20).Draw(t, "cap") * 20, TakeShort: true,
			CapFen: rapid.Int64Range(0, 10).Draw(t, "cap in fen") * 30, Span: Span{To: today.Plus(rapid.IntRange(0, 400).Draw(t, "until"))},
		}
		s, err := SetStanding(s, offer, aSchool(), StandingBounds{Days: 400, Runs: 401}, noon)
		if err != nil {
			t.Skip("no standing order")
		}
		at, rows := noon, []StandingRun(nil)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			before := s
			var runs []StandingRun
			switch rapid.SampledFrom([]string{"run", "run", "run", "wait", "wait", "pause", "resume", "amend", "cancel"}).Draw(t, "step") {
			case "wait":
				at = at.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "days")) * 12 * time.Hour)
			case "pause":
				s, runs, err = PauseStanding(s, "x", at)
			case "resume":
				s, err = ResumeStanding(s, at)
			case "amend":
				r := someRecurrence(t)
				s, runs, err = AmendStanding(s, StandingChanges{Recurrence: &r}, offer, StandingBounds{Days: 400, Runs: 401}, at)
			case "cancel":
				if rapid.IntRange(0, 4).Draw(t, "really") == 0 {
					s, runs, err = CancelStanding(s, "x", at)
				}
			default:
				s, runs, err = runOnce(t, s, offer, at)
			}
			if err != nil {
				s, err = before, nil
				continue
			}
			rows = append(rows, runs...)
			wantBounded(t, s, rows)
		}
	})
}

func runOnce(t *rapid.T, s StandingOrder, offer Offer, at time.Time) (StandingOrder, []StandingRun, error) {
	s, runs, run, err := BeginRun(s, at)
	if err != nil || run == nil {
		return s, runs, err
	}
	o := Order{ID: ID{Shaanxi, uuid.New()}, Offer: offer.ID, Quantity: rapid.SampledFrom([]int64{20, 40, 40}).Draw(t, "ordered")}
	o.AmountFen = o.Quantity / offer.UnitQuantity * offer.PriceFen
	made := *run
	if err := s.Takes(o); err != nil {
		f, _ := fault.As(err)
		made = made.Refused([]fault.Reason{f.Reason})
	} else if rapid.Bool().Draw(t, "refused") {
		made = made.Refused([]fault.Reason{fault.Because(fault.StockShort)})
	} else {
		made = made.BecameOrder(o)
	}
	return EndRun(s, made, at), append(runs, made), nil
}

func wantBounded(t *rapid.T, s StandingOrder, rows []StandingRun) {
	var ordered, fen int64
	orders := 0
	for i, r := range rows {
		switch {
		case r.N != i+1 || (i > 0 && r.Planned <= rows[i-1].Planned):
			t.Fatalf("run %d is of %s, after %d runs", r.N, r.Planned, i)
		case r.Planned > s.Span.To && r.State != RunMissed, r.MadeOn > s.Span.To:
			t.Fatalf("a run after the end %s: %+v", s.Span.To, r)
		case (r.State == RunMissed || r.State == RunDenied) != (len(r.Reasons) > 0) || (r.State == RunMissed) != (r.MadeOn == ""):
			t.Fatalf("%+v", r)
		}
		if !r.Order.IsZero() {
			orders, ordered, fen = orders+1, ordered+r.Ordered, fen+r.AmountFen
		}
	}
	switch {
	case s.Runs != len(rows) || s.Orders != orders || s.Ordered != ordered || s.OrderedFen != fen:
		t.Fatalf("%+v of %d rows with %d", s, len(rows), ordered)
	case s.CapQuantity != 0 && ordered > s.CapQuantity, s.CapFen != 0 && fen > s.CapFen:
		t.Fatalf("%d base units, %d fen are beyond the cap of %+v", ordered, fen, s)
	case (s.State == StandingActive) != (s.NextRun != "") || s.Live() == s.Due().IsZero():
		t.Fatalf("%+v is due %s", s, s.Due())
	case s.NextRun != "" && s.LastRun != "" && s.NextRun <= s.LastRun:
		t.Fatalf("the run of %s comes again on %s", s.LastRun, s.NextRun)
	}
}
