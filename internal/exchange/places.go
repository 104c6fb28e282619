package exchange

import (
	"cmp"
	"maps"
	"slices"
)

// OtherPairing is the key of what was traded between places that were not
// paired on the day.
const OtherPairing = "other"

// Places say what the county codes that entries carry are by the codes of a
// day. A county that got a new code is one county: 610928 旬阳县 became 610981
// 旬阳市 in 2021, and its figures go on.
type Places struct {
	day      Day
	became   map[string]string // code → the one that it had become by the day
	cities   map[string]string // county → its prefecture
	codes    []string
	known    map[string]Division
	pairings []PairedPlaces
}

// PairedPlaces is a dated row of the pairings by the codes of either side that
// it is about, old and new. A row that names no unit is about all of its city.
type PairedPlaces struct {
	Key    string // code of the unit, or of the city where none is known, and of the county: 320402-610928
	JS, SN []string
	Valid  Span
	unit   bool
}

// NewPlaces reads the directory by the codes of a day.
func NewPlaces(divisions []Division, pairings []Pairing, day Day) *Places {
	p := &Places{day: day, became: map[string]string{}, cities: map[string]string{}, known: map[string]Division{}}
	heirs := map[string][]Division{}
	for _, d := range divisions {
		p.codes = append(p.codes, d.Code)
		p.known[d.Code] = d
		if d.Level == 3 {
			p.cities[d.Code] = d.Parent
		}
		for _, old := range d.Predecessors {
			heirs[old] = append(heirs[old], d)
		}
	}
	for _, code := range p.codes {
		p.became[code] = follow(code, heirs, day)
	}
	p.pair(pairings)
	return p
}

// follow goes from a code to the one that it had become by a day. Where a county
// was divided its figures stay under the old code: nobody can say whose they are.
func follow(code string, heirs map[string][]Division, day Day) string {
	for range len(heirs) {
		next := heirs[code]
		if len(next) != 1 || next[0].Valid.From > day {
			break
		}
		code = next[0].Code
	}
	return code
}

// pair reads the pairings: those that name a unit before those that name a city,
// so that a county is first of its own pair.
func (p *Places) pair(pairings []Pairing) {
	for _, row := range pairings {
		one := PairedPlaces{SN: p.Codes(BySellerCounty, p.County(row.SNCounty)), Valid: row.Valid, unit: row.JSUnit != ""}
		if one.unit {
			one.Key, one.JS = row.JSUnit+"-"+row.SNCounty, p.Codes(BySellerCounty, p.County(row.JSUnit))
		} else {
			one.Key, one.JS = row.JSCity+"-"+row.SNCounty, p.Codes(BySellerCity, row.JSCity)
		}
		p.pairings = append(p.pairings, one)
	}
	slices.SortFunc(p.pairings, func(a, b PairedPlaces) int {
		if a.unit != b.unit {
			if a.unit {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Valid.From, b.Valid.From))
	})
}

// Day is the day by whose codes the places are named.
func (p *Places) Day() Day { return p.day }

// Known are the codes that the directory has.
func (p *Places) Known() []string { return p.codes }

// Division is the directory's row of a code.
func (p *Places) Division(code string) (Division, bool) {
	d, ok := p.known[code]
	return d, ok
}

// County is what a code had become by the day.
func (p *Places) County(code string) string {
	if now, ok := p.became[code]; ok {
		return now
	}
	return code
}

// City is the prefecture of a county by the codes of the day.
func (p *Places) City(code string) string {
	now := p.County(code)
	if city, ok := p.cities[now]; ok {
		return city
	}
	return now[:min(len(now), 4)] + "00"
}

// Codes are the codes, old and new, that are of a county or a city by the codes
// of the day.
func (p *Places) Codes(d Dimension, key string) []string {
	of := p.County
	if d == BySellerCity || d == ByBuyerCity {
		of = p.City
	}
	var out []string
	for _, code := range p.codes {
		if of(code) == key {
			out = append(out, code)
		}
	}
	if !slices.Contains(out, key) {
		out = append(out, key)
	}
	return out
}

// Pairings are the dated rows. Where two are about the same trade, the first is
// the one that has it.
func (p *Places) Pairings() []PairedPlaces { return p.pairings }

// Pairing is the key of the pair that a trade between two counties is of, on a
// day, whichever of them sells; or OtherPairing.
func (p *Places) Pairing(seller, buyer string, day Day) string {
	for _, row := range p.pairings {
		if row.Valid.Covers(day) && row.between(seller, buyer) {
			return row.Key
		}
	}
	return OtherPairing
}

func (r PairedPlaces) between(seller, buyer string) bool {
	return slices.Contains(r.SN, seller) && slices.Contains(r.JS, buyer) || slices.Contains(r.JS, seller) && slices.Contains(r.SN, buyer)
}

// Epochs are the days on which a pairing began, or no longer held. Between two
// of them the pairings do not change.
func (p *Places) Epochs() []Day {
	days := map[Day]bool{}
	for _, row := range p.pairings {
		if row.Valid.From != "" {
			days[row.Valid.From] = true
		}
		if row.Valid.To != "" {
			days[row.Valid.To.Plus(1)] = true
		}
	}
	return slices.Sorted(maps.Keys(days))
}
