package store

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

func aPlacement() Placement {
	return Placement{
		Primary: "cn-east-jiangsu", Regions: []string{"cn-northwest-shaanxi", "cn-central-henan"},
		Provinces: map[string]string{exchange.Jiangsu: "cn-east-jiangsu", exchange.Shaanxi: "cn-northwest-shaanxi"},
	}
}

func TestTheGuideNamesWhereEachTableIsKept(t *testing.T) {
	page, err := os.ReadFile("../../docs/operate/regions.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[Class]string{}
	for line := range strings.Lines(string(page)) {
		for class, begin := range map[Class]string{classGlobal: "| `GLOBAL` |", classPrimary: "| `REGIONAL BY TABLE` "} {
			if strings.HasPrefix(line, begin) {
				rows[class] = line
			}
		}
	}
	for table, class := range classes {
		if !strings.Contains(rows[class], "`"+table+"`") {
			t.Errorf("%s is %s, which the guide does not say", table, class)
		}
	}
	for class, row := range rows {
		for i, word := range strings.Split(row, "`") {
			if _, known := classes[word]; i%2 == 1 && word == strings.ToLower(word) && (!known || classes[word] != class) {
				t.Errorf("the guide says that %s is %s", word, class)
			}
		}
	}
}

func TestAPlacementThatCannotBeSaysWhy(t *testing.T) {
	for _, r := range []struct {
		name   string
		change func(*Placement)
		want   string // part of the rule; empty: it can be
	}{
		{"complete", func(*Placement) {}, ""},
		{"too few regions to survive one", func(p *Placement) { p.Regions = p.Regions[:1] }, "takes 3 regions and these are 2"},
		{"two regions that survive a node", func(p *Placement) { p.Regions, p.Survive = p.Regions[:1], SurviveZone }, ""},
		{"a province without a region", func(p *Placement) { delete(p.Provinces, exchange.Shaanxi) }, "province 61 has no region"},
		{"a province in no region of these", func(p *Placement) { p.Provinces[exchange.Shaanxi] = "mars" }, "is to be in mars, which is none of"},
		{"an unknown province", func(p *Placement) { p.Provinces["11"] = "cn-east-jiangsu" }, "11 is not a province"},
		{"an unknown survival", func(p *Placement) { p.Survive = "planet" }, `not "planet"`},
		{"no primary", func(p *Placement) { p.Primary = "" }, `"" is not the name of a region`},
		{"a name that is SQL", func(p *Placement) { p.Regions[0] = "x'; DROP TABLE offers; --" }, "is not the name of a region"},
	} {
		t.Run(r.name, func(t *testing.T) {
			p := aPlacement()
			r.change(&p)
			err := p.normal().validate()
			switch {
			case r.want == "" && err != nil:
				t.Error(err)
			case r.want != "" && (!fault.Is(err, fault.PlacementInvalid) || !strings.Contains(err.Error(), r.want)):
				t.Errorf("%v, want %s", err, r.want)
			}
		})
	}
}

// The database spells an expression in its own way, which differs by version.
func TestTheRegionsOfProvincesAreReadBackFromTheColumn(t *testing.T) {
	want := aPlacement().Provinces
	for _, text := range []string{
		regionExpression(want),
		"CASE home WHEN '32' THEN 'cn-east-jiangsu' ELSE 'cn-northwest-shaanxi' END::public.crdb_internal_region",
		"CASE home WHEN '32':::STRING THEN 'cn-east-jiangsu':::STRING ELSE 'cn-northwest-shaanxi':::STRING END::public.crdb_internal_region",
	} {
		if got := provincesIn(text); !maps.Equal(got, want) {
			t.Errorf("%s gives %v", text, got)
		}
	}
	if got := provincesIn("lower(home)"); len(got) != 0 {
		t.Errorf("a foreign expression gives %v", got)
	}
}

// aSpread are two indexes of offers, each with the rows of its regions apart.
func aSpread() spread {
	everywhere := []string{"cn-east-jiangsu", "cn-northwest-shaanxi", "cn-central-henan"}
	s := spread{apart: map[string]map[string]bool{}}
	for id, rows := range []string{"cn-central-henan", "cn-east-jiangsu", "cn-northwest-shaanxi", "", "cn-central-henan", "cn-east-jiangsu", "cn-northwest-shaanxi"} {
		leader := rows
		if rows == "" {
			leader = "cn-east-jiangsu"
		}
		s.list = append(s.list, tableRange{id: int64(id), rows: rows, leader: leader, copies: everywhere})
	}
	for _, index := range []string{"offers_pkey", "offers_by_state"} {
		s.apart[index] = map[string]bool{"cn-east-jiangsu": true, "cn-northwest-shaanxi": true, "cn-central-henan": true}
	}
	return s
}

// A table is in place when every range of every province's rows is led from its
// region and has a copy in all of them. One range led from each region says little.
func TestATableIsInPlaceWhenEveryRangeIs(t *testing.T) {
	p := aPlacement().normal()
	is := locality{text: string(classByRow), locked: true, columns: map[string]map[string]string{regionColumn: p.Provinces}}
	for _, r := range []struct {
		name   string
		change func(*spread)
		want   string // all that is missing
	}{
		{"every range", func(*spread) {}, ""},
		{"the witness leads what has no rows", func(s *spread) { s.list[0].leader = "cn-east-jiangsu" }, ""},
		{"one of two led elsewhere", func(s *spread) { s.list[2].leader = "cn-central-henan" }, "leaseholders in cn-northwest-shaanxi of 1 of 2 ranges of rows of cn-northwest-shaanxi"},
		{"one without a leader", func(s *spread) { s.list[5].leader = "no region" }, "leaseholders in cn-east-jiangsu of 1 of 2 ranges of rows of cn-east-jiangsu"},
		{"one without a copy", func(s *spread) { s.list[1].copies = s.list[1].copies[:2] }, "copies of 1 of 7 ranges in cn-central-henan"},
		{"rows of a region not apart in an index", func(s *spread) { delete(s.apart["offers_pkey"], "cn-east-jiangsu") }, "ranges of their own for rows of cn-east-jiangsu in 1 of 2 indexes"},
		{"no range", func(s *spread) { *s = spread{} }, "ranges"},
	} {
		s := aSpread()
		r.change(&s)
		if got := strings.Join(missing("offers", is, p, s), "; "); got != r.want {
			t.Errorf("%s: missing %q, want %q", r.name, got, r.want)
		}
	}
	is.locked = false
	if got := strings.Join(missing("offers", is, p, aSpread()), "; "); got != "the lock of its schema" {
		t.Errorf("a schema that is not locked: missing %q", got)
	}
	s := aSpread()
	want := "leaseholders in cn-east-jiangsu of 4 of 7 ranges"
	if got := strings.Join(missing("members", locality{text: string(classGlobal), locked: true}, p, s), "; "); got != want {
		t.Errorf("a table of all regions: missing %q, want %q", got, want)
	}
}

// The database writes the region of a row's index first in the keys of its ranges.
func TestTheRegionOfARangesRowsIsReadFromItsKey(t *testing.T) {
	for _, r := range []struct{ table, start, want string }{
		{"offers", `/Table/107/2/"@"`, "@"},
		{"offers", `/Table/107/2/"\x80"/"61"/"x"`, "\x80"},
		{"offers", `/Table/107/2/"\""/"61"`, `"`},
		{"offers", `/Table/107/2/"@"/PrefixEnd`, ""}, // between the rows of two regions
		{"offers", `/Table/107/2`, ""},
		{"offers", `/Table/107/1/"@"`, ""}, // begins in another index
		{"offers", `/Table/107/21/"@"`, ""},
		{"offers", `/Table/106/2/"@"`, ""},
		{"members", `/Table/107/2/"@"`, ""}, // its rows are not told by region
	} {
		got, ok := indexRange{table: r.table, tableID: 107, indexID: 2, start: r.start}.partition()
		if got != r.want || ok != (r.want != "") {
			t.Errorf("%s %s: %q, %t", r.table, r.start, got, ok)
		}
	}
}

func TestARunTakesUpTheMoveThatBrokeOff(t *testing.T) {
	p := aPlacement().normal()
	moved := map[string]string{exchange.Jiangsu: "cn-central-henan", exchange.Shaanxi: "cn-northwest-shaanxi"}
	for _, r := range []struct {
		name string
		is   locality
		want bool
	}{
		{"in place", locality{text: "REGIONAL BY ROW AS region", columns: map[string]map[string]string{"region": p.Provinces}}, true},
		{"elsewhere", locality{text: "REGIONAL BY ROW AS region", columns: map[string]map[string]string{"region": moved}}, false},
		{"not placed", locality{}, false},
		{"column left over", locality{text: "REGIONAL BY ROW AS region", columns: map[string]map[string]string{"region": p.Provinces, "region_next": moved}}, false},
		{"not renamed", locality{text: "REGIONAL BY ROW AS region_next", columns: map[string]map[string]string{"region_next": p.Provinces}}, false},
	} {
		if got := r.is.inPlace(classByRow, p); got != r.want {
			t.Errorf("%s: %t", r.name, got)
		}
	}
}
