package exchange

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/ledger"
)

// Dimension by which volumes are grouped (design §11).
type Dimension string

// The dimensions that an entry has itself, or that follow from one that it has.
const (
	ByDay          Dimension = "day"
	ByMonth        Dimension = "month"
	ByYear         Dimension = "year"
	ByDirection    Dimension = "direction"
	BySellerCounty Dimension = "seller_county"
	BySellerCity   Dimension = "seller_city"
	ByBuyerCounty  Dimension = "buyer_county"
	ByBuyerCity    Dimension = "buyer_city"
	ByCategory     Dimension = "category"
	ByBuyerClass   Dimension = "buyer_class"
	ByChannel      Dimension = "channel"
	ByCertified    Dimension = "certified"
	ByScheme       Dimension = "scheme"
	ByMeasure      Dimension = "measure"
	// ByPairing follows from both counties and the day (Places.Pairing).
	ByPairing Dimension = "pairing"
)

// Dimensions are all of them, those of time first.
func Dimensions() []Dimension {
	return []Dimension{
		ByDay, ByMonth, ByYear, ByDirection, BySellerCounty, BySellerCity, ByBuyerCounty, ByBuyerCity, ByPairing, ByCategory,
		ByBuyerClass, ByChannel, ByCertified, ByScheme, ByMeasure,
	}
}

// Rollup is a sum over sealed entries that is kept, so that a question need not
// read them all. One with every dimension would be nearly as large as the
// ledger; each of these has the dimensions of a few questions. All of them have
// measure and direction, and keep military buyers apart, since nobody but
// auditors and operators sees their volume.
type Rollup struct {
	Name   string
	Daily  bool        // a row a day; else a row a month,
	Yearly bool        // or a row a year, for spans of whole years
	Masked bool        // of the buyers' classes only MILITARY is kept apart; the others are empty
	By     []Dimension // beside period, measure, direction and buyer class
}

// Rollups are those that are kept, the smallest first. One that is changed gets
// another name, and a migration makes its sums (`sushaand check` tells).
func Rollups() []Rollup {
	return []Rollup{
		{Name: "month"},
		{Name: "day", Daily: true},
		{Name: "seller-years", Yearly: true, Masked: true, By: []Dimension{BySellerCounty}},
		{Name: "buyer-years", Yearly: true, Masked: true, By: []Dimension{ByBuyerCounty}},
		{Name: "sellers", Masked: true, By: []Dimension{BySellerCounty}},
		{Name: "buyers", Masked: true, By: []Dimension{ByBuyerCounty}},
		{Name: "goods", By: []Dimension{ByCategory, ByChannel, ByScheme}},
		{Name: "pair", By: []Dimension{BySellerCounty, ByBuyerCounty}},
	}
}

// Has says whether the roll-up keeps a dimension apart.
func (r Rollup) Has(d Dimension) bool {
	switch d {
	case ByYear, ByDirection, ByMeasure:
		return true
	case ByMonth:
		return !r.Yearly
	case ByBuyerClass:
		return !r.Masked
	case ByDay:
		return r.Daily
	case BySellerCity:
		d = BySellerCounty
	case ByBuyerCity:
		d = ByBuyerCounty
	case ByCertified:
		d = ByScheme
	}
	return slices.Contains(r.By, d)
}

// Period is the roll-up's period of an instant, in China.
func (r Rollup) Period(at time.Time) string { return at.In(China).Format(r.layout()) }

func (r Rollup) layout() string {
	switch {
	case r.Daily:
		return periodLayout(ByDay)
	case r.Yearly:
		return periodLayout(ByYear)
	default:
		return periodLayout(ByMonth)
	}
}

// Next is the period after that of an instant.
func (r Rollup) Next(at time.Time) string {
	day := DayOf(at).Start().In(China)
	switch {
	case r.Daily:
		day = day.AddDate(0, 0, 1)
	case r.Yearly:
		day = time.Date(day.Year()+1, time.January, 1, 0, 0, 0, 0, China)
	default:
		day = time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, China)
	}
	return r.Period(day)
}

// VolumeCell is a row of a roll-up. A dimension that the roll-up does not keep
// is empty.
type VolumeCell struct {
	Rollup, Period string
	Measure        ledger.Measure
	Direction      string
	SellerCounty   string
	BuyerCounty    string
	Category       string
	BuyerClass     string
	Channel        string
	Scheme         string
}

// Compare orders cells.
func (c VolumeCell) Compare(d VolumeCell) int {
	return cmp.Or(cmp.Compare(c.Rollup, d.Rollup), cmp.Compare(c.Period, d.Period), cmp.Compare(c.Measure, d.Measure),
		cmp.Compare(c.Direction, d.Direction), cmp.Compare(c.SellerCounty, d.SellerCounty),
		cmp.Compare(c.BuyerCounty, d.BuyerCounty), cmp.Compare(c.Category, d.Category),
		cmp.Compare(c.BuyerClass, d.BuyerClass), cmp.Compare(c.Channel, d.Channel), cmp.Compare(c.Scheme, d.Scheme))
}

// VolumeSum is what a cell adds up.
type VolumeSum struct {
	Fen      int64
	Quantity int64 // base units
	// Orders counts an order once for each measure, in the cell of its first
	// entry of that measure (I10), so that parts add up to the total (I5).
	Orders  int64
	Entries int64
}

// Plus adds two sums, or fails where a figure is beyond int64.
func (s VolumeSum) Plus(t VolumeSum) (VolumeSum, error) {
	var err error
	if s.Fen, err = ledger.Add(s.Fen, t.Fen); err != nil {
		return s, err
	}
	if s.Quantity, err = ledger.Add(s.Quantity, t.Quantity); err != nil {
		return s, err
	}
	s.Orders += t.Orders
	s.Entries += t.Entries
	return s, nil
}

// Measured is a ledger entry that counts for a measure.
type Measured struct {
	Home        string
	Transaction uuid.UUID
	Line        int
	At          time.Time
	Measure     ledger.Measure
	Fen         int64
	Quantity    int64
	Dims        ledger.Dimensions
}

func (m Measured) compare(n Measured) int {
	return cmp.Or(m.At.Compare(n.At), bytes.Compare(m.Transaction[:], n.Transaction[:]), cmp.Compare(m.Line, n.Line))
}

// cell is the entry's row of a roll-up.
func (m Measured) cell(r Rollup) VolumeCell {
	c := VolumeCell{
		Rollup: r.Name, Period: r.Period(m.At), Measure: m.Measure, Direction: m.Dims.Direction, BuyerClass: m.Dims.BuyerClass,
	}
	if r.Masked && c.BuyerClass != string(Military) {
		c.BuyerClass = ""
	}
	for _, d := range r.By {
		switch d {
		case BySellerCounty:
			c.SellerCounty = m.Dims.SellerCounty
		case ByBuyerCounty:
			c.BuyerCounty = m.Dims.BuyerCounty
		case ByCategory:
			c.Category = m.Dims.Category
		case ByChannel:
			c.Channel = m.Dims.Channel
		case ByScheme:
			c.Scheme = m.Dims.Scheme
		}
	}
	return c
}

// Volumes are sums by cell.
type Volumes map[VolumeCell]VolumeSum

// add adds a sum in the entry's cell of every roll-up.
func (v Volumes) add(m Measured, s VolumeSum) error {
	for _, r := range Rollups() {
		cell := m.cell(r)
		sum, err := v[cell].Plus(s)
		if err != nil {
			return err
		}
		v[cell] = sum
	}
	return nil
}

// counted is an order in one measure.
type counted struct {
	home    string
	order   uuid.UUID
	measure ledger.Measure
}

// AddVolumes is what entries add to the roll-ups. Before are all earlier sealed
// entries of their orders: an order that was counted is not counted again, and
// where one of the entries turns out to be its first, it moves to that cell.
func AddVolumes(before, entries []Measured) (Volumes, error) {
	v := Volumes{}
	first, all := firsts(before), firsts(append(slices.Clone(before), entries...))
	for _, m := range entries {
		if err := v.add(m, VolumeSum{Fen: m.Fen, Quantity: m.Quantity, Entries: 1}); err != nil {
			return nil, err
		}
	}
	for key, now := range all {
		was, known := first[key]
		if known && was.compare(now) == 0 {
			continue
		}
		if known {
			if err := v.add(was, VolumeSum{Orders: -1}); err != nil {
				return nil, err
			}
		}
		if err := v.add(now, VolumeSum{Orders: 1}); err != nil {
			return nil, err
		}
	}
	for cell, sum := range v {
		if sum == (VolumeSum{}) {
			delete(v, cell)
		}
	}
	return v, nil
}

// firsts finds each order's first entry of each measure.
func firsts(entries []Measured) map[counted]Measured {
	out := map[counted]Measured{}
	for _, m := range entries {
		key := counted{m.Home, m.Dims.Order, m.Measure}
		if kept, ok := out[key]; !ok || m.compare(kept) < 0 {
			out[key] = m
		}
	}
	return out
}
