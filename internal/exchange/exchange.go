// Package exchange is the business of the Sushaan Exchange: its nouns, their
// state machines and every rule of trade. It is pure: no I/O, and the time is
// passed in. Money is int64 fen, quantities are int64 base units (invariant
// I1); no floating point.
//
// Each noun has a file, and its rules are in <noun>_rules.go, one function a
// rule.
package exchange

import (
	"time"

	"github.com/google/uuid"
)

// Side is the side of a trade.
type Side string

// The sides.
const (
	Buyer  Side = "BUYER"
	Seller Side = "SELLER"
)

// Provinces of the collaboration, by the first two digits of GB/T 2260.
const (
	Jiangsu = "32"
	Shaanxi = "61"
)

// Direction is the direction of a trade, from the seller's and the consignee's
// province on the day of the event.
type Direction string

// The directions. Intra is never collaboration volume.
const (
	SNToJS Direction = "SN_TO_JS" // 陕货进苏
	JSToSN Direction = "JS_TO_SN" // 苏货入陕
	Intra  Direction = "INTRA"
)

// DirectionOf tells the direction from the seller's and the consignee's
// division codes. The second result is false where a province is not one of
// the two.
func DirectionOf(seller, consignee string) (Direction, bool) {
	from, to := Province(seller), Province(consignee)
	switch {
	case !isHome(from) || !isHome(to):
		return "", false
	case from == to:
		return Intra, true
	case from == Shaanxi:
		return SNToJS, true
	default:
		return JSToSN, true
	}
}

// Province is the province part of a division code, or empty.
func Province(division string) string {
	if len(division) < 2 {
		return ""
	}
	return division[:2]
}

// Homes are the provinces in which rows are kept.
func Homes() []string { return []string{Jiangsu, Shaanxi} }

func isHome(province string) bool { return province == Jiangsu || province == Shaanxi }

// China is the time zone of every day and date of the exchange. China has had
// no daylight saving since 1991, so a fixed zone needs no database.
var China = time.FixedZone("UTC+8", 8*60*60)

// Day is a date, YYYY-MM-DD, in China's time. Days compare as strings.
type Day string

// DayOf is the day of an instant in China's time.
func DayOf(t time.Time) Day { return Day(t.In(China).Format(time.DateOnly)) }

// ParseDay reads a real day of the calendar.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return "", err
	}
	return Day(t.Format(time.DateOnly)), nil
}

// Start is the instant at which the day begins in China's time.
func (d Day) Start() time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), China)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Plus is the day some days later.
func (d Day) Plus(days int) Day { return DayOf(d.Start().AddDate(0, 0, days)) }

// Year is the calendar year of the day.
func (d Day) Year() int { return d.Start().Year() }

// Span is a time of validity. From is the first day, To the last; empty means
// unbounded.
type Span struct{ From, To Day }

// Covers says whether a day lies in the span.
func (s Span) Covers(d Day) bool {
	return (s.From == "" || s.From <= d) && (s.To == "" || d <= s.To)
}

// Days counts the days of a span that is bounded; 0: it is not.
func (s Span) Days() int {
	if s.From == "" || s.To == "" {
		return 0
	}
	return int(s.To.Start().Sub(s.From.Start())/(24*time.Hour)) + 1
}

// Overlaps says whether two spans have a day in common.
func (s Span) Overlaps(t Span) bool {
	return (s.From == "" || t.To == "" || s.From <= t.To) && (t.From == "" || s.To == "" || t.From <= s.To)
}

// Event is one change of one thing, for watchers and histories.
type Event struct {
	Home   string
	ID     uuid.UUID
	Noun   string // "order", "offer", …
	NounID uuid.UUID
	Kind   string // such as "order.confirmed"
	At     time.Time
	// State is the thing as the change left it.
	State any
}
