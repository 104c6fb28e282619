package reference

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/policies"
)

func TestReferenceDataIsWhole(t *testing.T) {
	divisions, err := Divisions()
	if err != nil || len(divisions) != 233 {
		t.Fatalf("%d divisions, %v", len(divisions), err)
	}
	marked := 0
	byCode := map[string]exchange.Division{}
	for _, d := range divisions {
		byCode[d.Code] = d
		if d.Poverty56 {
			marked++
		}
	}
	if marked != 57 || byCode["610629"].Poverty56 || byCode["610523"].Poverty56 {
		t.Errorf("%d marked; Luochuan and Dali must not be", marked)
	}
	if d := byCode["320684"]; d.Valid.To != "2020-06-30" || byCode["320614"].Valid.From != "2020-07-01" {
		t.Errorf("Haimen City held until %s, Haimen District from %s", d.Valid.To, byCode["320614"].Valid.From)
	}
	if got := byCode["320613"].Predecessors; len(got) != 2 {
		t.Errorf("Chongchuan has the predecessors %v", got)
	}
	pairings, err := Pairings()
	unknown := 0
	for _, p := range pairings {
		if p.Confidence == "unknown" {
			unknown++
			if p.JSUnit != "" {
				t.Errorf("an unknown pairing names the unit %s", p.JSUnit)
			}
		}
	}
	if err != nil || len(pairings) != 56 || unknown != 14 {
		t.Errorf("%d pairings, %d unknown, %v", len(pairings), unknown, err)
	}
}

func TestEveryMemberOfTheSampleHasARightCheckDigit(t *testing.T) {
	members, err := Members()
	if err != nil || len(members) != 24 {
		t.Fatalf("%d members, %v", len(members), err)
	}
	for _, m := range members {
		for i := range len(m.CreditCode) {
			changed := []byte(m.CreditCode)
			changed[i] = '0'
			if m.CreditCode[i] == '0' {
				changed[i] = '1'
			}
			if exchange.CheckCreditCode("c", string(changed)) == nil {
				t.Errorf("%s passes as %s", m.CreditCode, changed)
			}
		}
	}
}

func TestProductsAreCountedInTheirBaseUnit(t *testing.T) {
	products, err := Products()
	if err != nil || len(products) != 38 {
		t.Fatalf("%d products, %v", len(products), err)
	}
	for _, p := range products {
		if p.UnitQuantity <= 0 || p.PriceFen <= 0 {
			t.Errorf("%s: %d base units at %d fen", p.SampleID, p.UnitQuantity, p.PriceFen)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add("a\tb\n1\t2\n")
	f.Add("a\n\"\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := table("x", strings.NewReader(text))
		if err != nil {
			return
		}
		for _, r := range rows {
			_, _ = divisionOf(r)
			_, _ = pairingOf(r)
			_, _ = productOf(r)
		}
	})
}

// Counties go on under their new codes, with the pairings that were made under
// the old ones.
func TestCountiesGoOnUnderTheirNewCodes(t *testing.T) {
	divisions, err := Divisions()
	if err != nil {
		t.Fatal(err)
	}
	pairings, err := Pairings()
	if err != nil {
		t.Fatal(err)
	}
	p := exchange.NewPlaces(divisions, pairings, "2026-01-01")
	for old, now := range map[string]string{
		"610928": "610981", "610623": "610681", "610322": "610305", "320684": "320614", "320602": "320613", "320611": "320613",
	} {
		if got := p.County(old); got != now {
			t.Errorf("%s is %s, want %s", old, got, now)
		}
	}
	if got := p.Pairing("610981", "320402", "2026-01-01"); got != "320402-610928" {
		t.Errorf("旬阳市 and 天宁区 are of %s", got)
	}
	if got := p.Pairing("320613", "610722", "2026-01-01"); got != "320600-610722" {
		t.Errorf("南通 and 城固 are of %s", got)
	}
}

// The counties whose goods fill a reserve are data of the policies, dated there.
func TestThePoliciesKnowTheDesignatedCounties(t *testing.T) {
	text, err := policies.FS.ReadFile("data/rules.json")
	if err != nil {
		t.Fatal(err)
	}
	var data struct {
		Exchange struct {
			Rules struct {
				Counties []struct{ Codes map[string]string } `json:"reserve_counties"`
			}
		}
	}
	if err := json.Unmarshal(text, &data); err != nil || len(data.Exchange.Rules.Counties) == 0 {
		t.Fatal(err)
	}
	divisions, err := Divisions()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, d := range divisions {
		if d.Poverty56 {
			want[d.Code] = d.NameZH
		}
	}
	if got := data.Exchange.Rules.Counties[0].Codes; !maps.Equal(got, want) {
		t.Errorf("the policies have %v, the reference has %v", got, want)
	}
}
