package store

import (
	"maps"
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
