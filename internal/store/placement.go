package store

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// Survival is what a placed database outlives.
type Survival string

// The survivals: of a node, or of a whole region.
const (
	SurviveZone   Survival = "zone"
	SurviveRegion Survival = "region"
)

// regionsToSurvive is how many regions it takes to outlive one: a majority of
// the copies must be elsewhere.
const regionsToSurvive = 3

// Placement says in which regions a database is to be (design §7).
type Placement struct {
	Primary   string            `json:"primary"`
	Regions   []string          `json:"regions"`   // with the primary
	Provinces map[string]string `json:"provinces"` // the region of each province, by its code
	Survive   Survival          `json:"survive"`
}

var regionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)

// With is the placement with its primary among its regions, each region once.
func (p Placement) normal() Placement {
	p.Regions = append([]string{p.Primary}, p.Regions...)
	slices.Sort(p.Regions)
	p.Regions = slices.Compact(p.Regions)
	p.Survive = cmp.Or(p.Survive, SurviveRegion)
	return p
}

// validate refuses what could never be put in place.
func (p Placement) validate() error {
	wrong := func(format string, args ...any) error {
		return fault.New(fault.PlacementInvalid, "rule", fmt.Sprintf(format, args...))
	}
	for _, r := range p.Regions {
		if !regionName.MatchString(r) {
			return wrong("%q is not the name of a region", r)
		}
	}
	for _, home := range exchange.Homes() {
		switch region := p.Provinces[home]; {
		case region == "":
			return wrong("province %s has no region: give --province %s=<region>", home, home)
		case !slices.Contains(p.Regions, region):
			return wrong("province %s is to be in %s, which is none of the regions %s", home, region, strings.Join(p.Regions, ", "))
		}
	}
	for province := range p.Provinces {
		if !slices.Contains(exchange.Homes(), province) {
			return wrong("%s is not a province of this exchange: they are %s", province, strings.Join(exchange.Homes(), ", "))
		}
	}
	switch {
	case p.Survive != SurviveZone && p.Survive != SurviveRegion:
		return wrong("a database survives a zone or a region, not %q", p.Survive)
	case p.Survive == SurviveRegion && len(p.Regions) < regionsToSurvive:
		return wrong("surviving the loss of a region takes %d regions and these are %d (%s): add a witness region, or ask for --survive zone",
			regionsToSurvive, len(p.Regions), strings.Join(p.Regions, ", "))
	}
	return nil
}

// Class is how the rows of a table are kept in regions.
type Class string

// The classes, in CockroachDB's words.
const (
	classGlobal  Class = "GLOBAL"
	classByRow   Class = "REGIONAL BY ROW AS region"
	classPrimary Class = "REGIONAL BY TABLE IN PRIMARY REGION"
)

// classes are the tables whose rows do not belong to a province: read
// everywhere and seldom written, or written and read in one place. Every other
// table has the column home, which leads its primary key, and its rows are in
// their province's region. What trading changes is never in a GLOBAL table: a
// write there waits until all regions may read it.
var classes = map[string]Class{
	"divisions": classGlobal, "pairings": classGlobal, "targets": classGlobal,
	"alliances": classGlobal, "members": classGlobal, "authorities": classGlobal, "grants": classGlobal, "mandates": classGlobal,
	"issuers": classGlobal, "roles": classGlobal, "spending_limits": classGlobal,
	"products": classGlobal, "product_terms": classGlobal, "certificates": classGlobal, "periods": classGlobal, "policy_bundles": classGlobal,
	"placements": classPrimary, "gateways": classPrimary, "goose_db_version": classPrimary,
	// One sealer at a time writes them, in one order for both provinces.
	"seals": classPrimary, "seal_nodes": classPrimary, "checkpoints": classPrimary, "seal_lease": classPrimary, "volumes": classPrimary,
	// Written once, read seldom, and large.
	"submissions": classPrimary, "submission_parts": classPrimary,
}

func classOf(table string) Class { return cmp.Or(classes[table], classByRow) }

// regionColumn is the computed column by which rows lie in regions. A province
// is moved by a second one, which takes the name when it has taken over.
const (
	regionColumn = "region"
	nextColumn   = "region_next"
)

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// regionExpression computes a row's region from its province. Names were
// checked by validate, so that they need no escape.
func regionExpression(provinces map[string]string) string {
	var b strings.Builder
	homes := exchange.Homes()
	last := len(homes) - 1
	b.WriteString("CASE home")
	for _, home := range homes[:last] {
		fmt.Fprintf(&b, " WHEN '%s' THEN '%s'", home, provinces[home])
	}
	fmt.Fprintf(&b, " ELSE '%s' END::crdb_internal_region", provinces[homes[last]])
	return b.String()
}

var (
	whenThen = regexp.MustCompile(`WHEN '([^']*)'(?:::[^ ]+)? THEN '([^']*)'`)
	elseThen = regexp.MustCompile(`ELSE '([^']*)'`)
)

// provincesIn reads back what regionExpression wrote, in the database's
// spelling. What it did not write gives no province.
func provincesIn(expression string) map[string]string {
	provinces := map[string]string{}
	rest := elseThen.FindStringSubmatch(expression)
	if rest == nil {
		return provinces
	}
	for _, home := range exchange.Homes() {
		provinces[home] = rest[1]
	}
	for _, m := range whenThen.FindAllStringSubmatch(expression, -1) {
		provinces[m[1]] = m[2]
	}
	return provinces
}

// The statements of placement. Each is one change of schema.

func setPrimary(database, region string) string {
	return "ALTER DATABASE " + quoted(database) + " SET PRIMARY REGION " + quoted(region)
}

func addRegion(database, region string) string {
	return "ALTER DATABASE " + quoted(database) + " ADD REGION IF NOT EXISTS " + quoted(region)
}

func dropRegion(database, region string) string {
	return "ALTER DATABASE " + quoted(database) + " DROP REGION IF EXISTS " + quoted(region)
}

func survive(database string, s Survival) string {
	return "ALTER DATABASE " + quoted(database) + " SURVIVE " + strings.ToUpper(string(s)) + " FAILURE"
}

func lockSchema(table string, locked bool) string {
	return fmt.Sprintf("ALTER TABLE %s SET (schema_locked = %t)", quoted(table), locked)
}

func addRegionColumn(table, column string, provinces map[string]string) string {
	return fmt.Sprintf("ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s crdb_internal_region NOT NULL AS (%s) STORED",
		quoted(table), column, regionExpression(provinces))
}

func setLocality(table string, c Class) string {
	return "ALTER TABLE " + quoted(table) + " SET LOCALITY " + string(c)
}

func setLocalityBy(table, column string) string {
	return "ALTER TABLE " + quoted(table) + " SET LOCALITY REGIONAL BY ROW AS " + column
}

func dropColumn(table, column string) string {
	return "ALTER TABLE " + quoted(table) + " DROP COLUMN IF EXISTS " + column
}

func renameNext(table string) string {
	return "ALTER TABLE " + quoted(table) + " RENAME COLUMN " + nextColumn + " TO " + regionColumn
}

// IsRegional says whether the rows of a table are kept in their province's
// region.
func IsRegional(table string) bool { return classOf(table) == classByRow }
