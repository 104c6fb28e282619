package exchange

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/sealedbid"
)

func posted(t interface{ Fatal(...any) }, quantity int64) Demand {
	_, key, err := sealedbid.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	d, err := PostDemand(Demand{
		Category: FreshFruit, BaseUnit: Gram, Quantity: quantity, ClosesAt: noon.Add(time.Hour), DeliverBy: today.Plus(9), PublicKey: key,
	}, aSchool(), noon)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// At every moment a demand takes quotes or hands them out, never both: what is
// said of a closing is therefore all there was.
func TestADemandTakesQuotesOrHandsThemOutNeverBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, at := posted(t, 9000), noon
		steps := map[string]func(){
			"close":  func() { d, _, _ = keepIf(d)(CloseDemand(d, nil, at)) },
			"cancel": func() { d = kept(d)(CancelDemand(d, "x", at)) },
			"amend":  func() { d = kept(d)(AmendDemand(d, DemandChanges{Quantity: 5000}, at)) },
			"wait":   func() { at = at.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute) },
		}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			steps[rapid.SampledFrom([]string{"close", "cancel", "amend", "wait"}).Draw(t, "step")]()
			quotable, openable := d.quoting("quote", at) == nil, d.Openable() == nil
			if quotable && openable {
				t.Fatalf("at %s demand %+v takes quotes and hands them out", at, d)
			}
			if openable && at.Before(d.ClosesAt) {
				t.Fatalf("at %s demand %+v hands quotes out before its time", at, d)
			}
		}
	})
}

func kept(was Demand) func(Demand, error) Demand {
	return func(d Demand, err error) Demand {
		if err != nil {
			return was
		}
		return d
	}
}

func keepIf(was Demand) func(Demand, Notice, error) (Demand, Notice, error) {
	return func(d Demand, n Notice, err error) (Demand, Notice, error) {
		if err != nil {
			return was, n, err
		}
		return d, n, nil
	}
}

// However an award is split, it gives no more than was asked for and to each no
// more than it quoted, or it is refused whole.
func TestAnAwardNeverGivesMoreThanWasQuotedOrAskedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := posted(t, rapid.Int64Range(1, 20).Draw(t, "asked"))
		d.State, d.ClosedAt = DemandClosed, noon
		var lines []AwardLine
		fits, sum := true, int64(0)
		for range rapid.IntRange(1, 4).Draw(t, "quotes") {
			offered, given := rapid.Int64Range(1, 10).Draw(t, "offered"), rapid.Int64Range(0, 12).Draw(t, "given")
			lines = append(lines, openedLine(t, d, offered, given))
			fits, sum = fits && given <= offered, sum+given
		}
		if rapid.Bool().Draw(t, "twice") {
			lines, fits = append(lines, lines[0]), false
		}
		after, opened, err := AwardDemand(d, lines, noon)
		if want := fits && sum > 0 && sum <= d.Quantity; (err == nil) != want {
			t.Fatalf("%d of %d in %d lines: %v", sum, d.Quantity, len(lines), err)
		}
		if err != nil && !fault.Is(err, fault.AwardInvalid) {
			t.Fatal(err)
		}
		if err == nil && (after.State != DemandAwarded || len(opened) != len(lines)) {
			t.Fatalf("%+v", after)
		}
	})
}

func openedLine(t *rapid.T, d Demand, offered, given int64) AwardLine {
	salt, err := sealedbid.NewSalt()
	if err != nil {
		t.Fatal(err)
	}
	q := SealedQuote{ID: ID{Jiangsu, uuid.New()}, State: QuoteOpened, Revision: 1, Seller: uuid.New(), Product: uuid.New(), Certificate: uuid.New()}
	text, err := sealedbid.Content{
		Demand: d.ID.String(), Revision: 1, Seller: q.Seller.String(), Product: q.Product.String(), Certificate: q.Certificate.String(),
		Quantity: offered, Salt: salt,
	}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	q.Commitment = sealedbid.Digest(text)
	return AwardLine{Quote: q, Content: text, Quantity: given}
}
