// Package reference reads the exchange's reference and sample data: divisions,
// pairings, and the goods and members of the demo. README.md says where they
// are from and what of them is uncertain.
package reference

import (
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
)

//go:embed *.tsv
var files embed.FS

// maxRows bounds a table.
const maxRows = 10_000

// row is a line of a table, its cells by the names of their columns.
type row struct {
	line  int
	cells map[string]string
}

// table reads tab-separated values with a heading.
func table(name string, r io.Reader) ([]row, error) {
	c := csv.NewReader(r)
	c.Comma, c.LazyQuotes, c.FieldsPerRecord = '\t', true, -1
	heading, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: heading: %w", name, err)
	}
	var rows []row
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		line, _ := c.FieldPos(0)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, err)
		case len(record) != len(heading):
			return nil, fmt.Errorf("%s:%d: %d cells, the heading has %d", name, line, len(record), len(heading))
		case len(rows) == maxRows:
			return nil, fmt.Errorf("%s: more than %d rows", name, maxRows)
		}
		cells := make(map[string]string, len(heading))
		for i, column := range heading {
			cells[column] = record[i]
		}
		rows = append(rows, row{line, cells})
	}
}

// read reads an embedded table and turns its rows into what they mean.
func read[T any](name string, of func(row) (T, error)) ([]T, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	rows, err := table(name, f)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(rows))
	for i, r := range rows {
		if out[i], err = of(r); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, r.line, err)
		}
	}
	return out, nil
}

// Divisions are the divisions of the two provinces.
func Divisions() ([]exchange.Division, error) {
	divisions, err := read("divisions.tsv", divisionOf)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, d := range divisions {
		if known[d.Code] {
			return nil, fmt.Errorf("divisions.tsv: %s is there twice", d.Code)
		}
		known[d.Code] = true
	}
	for _, d := range divisions {
		if d.Parent != "" && !known[d.Parent] {
			return nil, fmt.Errorf("divisions.tsv: %s has the unknown parent %s", d.Code, d.Parent)
		}
	}
	return divisions, nil
}

func divisionOf(r row) (exchange.Division, error) {
	c := r.cells
	level, err := strconv.Atoi(c["level"])
	if err != nil || level < 1 || level > 3 || len(c["code"]) != 6 {
		return exchange.Division{}, fmt.Errorf("code %q of level %q", c["code"], c["level"])
	}
	from, err := firstDay(c["valid_from"])
	if err != nil {
		return exchange.Division{}, err
	}
	over, err := firstDay(c["valid_to"])
	if err != nil {
		return exchange.Division{}, err
	}
	var to exchange.Day
	if over != "" {
		to = over.Plus(-1) // the file names the first day without it
	}
	var predecessors []string
	if c["predecessor"] != "" {
		predecessors = strings.Split(c["predecessor"], "+")
	}
	return exchange.Division{
		Code: c["code"], NameZH: c["name_zh"], NameEN: c["name_en"], Level: level, Parent: c["parent"], Kind: c["kind"],
		Valid: exchange.Span{From: from, To: to}, Predecessors: predecessors, Poverty56: c["poverty56"] == "1", Note: c["note"],
	}, nil
}

// firstDay reads a year, a month or a day as its first day.
func firstDay(s string) (exchange.Day, error) {
	if s == "" {
		return "", nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return exchange.Day(t.Format(time.DateOnly)), nil
		}
	}
	return "", fmt.Errorf("%q is not a year, month or day", s)
}

// pairingSpace makes the ids of pairings: the same pairing always has the same.
var pairingSpace = uuid.MustParse("3b2d9a0c-5e6f-5a41-9f0e-6a7e0c1d2f10")

// Pairings are the pairs of Jiangsu units and Shaanxi counties.
func Pairings() ([]exchange.Pairing, error) { return read("pairings.tsv", pairingOf) }

func pairingOf(r row) (exchange.Pairing, error) {
	c := r.cells
	from, err := firstDay(c["valid_from"])
	if err != nil {
		return exchange.Pairing{}, err
	}
	to, err := firstDay(c["valid_to"])
	if err != nil {
		return exchange.Pairing{}, err
	}
	if len(c["valid_to"]) == len("2021") {
		to = exchange.Day(c["valid_to"] + "-12-31")
	}
	key := strings.Join([]string{c["js_city_code"], c["js_unit_code"], c["sn_county_code"], c["valid_from"]}, "/")
	return exchange.Pairing{
		ID: uuid.NewSHA1(pairingSpace, []byte(key)), JSCity: c["js_city_code"], JSUnit: c["js_unit_code"],
		SNCity: c["sn_city_code"], SNCounty: c["sn_county_code"], Valid: exchange.Span{From: from, To: to}, Confidence: c["confidence"],
	}, nil
}

// Member is an invented organisation of the sample.
type Member struct {
	SampleID, CreditCode, NameZH, NameEN, Division string
	Class                                          exchange.MemberClass
	Side                                           exchange.Side
}

// Members are the organisations of the sample.
func Members() ([]Member, error) {
	return read("members.tsv", func(r row) (Member, error) {
		c := r.cells
		return Member{
			SampleID: c["sample_id"], CreditCode: c["uscc_fictional"], NameZH: c["name_zh"], NameEN: c["name_en"],
			Division: c["division_code"], Class: exchange.MemberClass(c["class"]), Side: exchange.Side(c["side"]),
		}, exchange.CheckCreditCode("uscc_fictional", c["uscc_fictional"])
	})
}

// Product is one of the goods of the sample.
type Product struct {
	SampleID string
	exchange.Product
	PriceFen int64 // per sales unit
}

// Products are the goods of the sample.
func Products() ([]Product, error) { return read("products.tsv", productOf) }

func productOf(r row) (Product, error) {
	c := r.cells
	net, err := strconv.ParseInt(c["net_g"], 10, 64)
	if err != nil {
		return Product{}, fmt.Errorf("net_g %q", c["net_g"])
	}
	price, err := strconv.ParseInt(c["price_fen_per_sales_unit"], 10, 64)
	if err != nil {
		return Product{}, fmt.Errorf("price %q", c["price_fen_per_sales_unit"])
	}
	unit := exchange.Gram
	switch {
	case strings.Contains(c["sales_unit"], "person"):
		unit, net = exchange.PersonDay, 2 // a package of two days
	case strings.Contains(c["sales_unit"], " ml "):
		unit = exchange.Millilitre
	}
	return Product{
		SampleID: c["sample_id"], PriceFen: price,
		Product: exchange.Product{
			NameZH: c["name_zh"], NameEN: c["name_en"], Origin: c["origin_code"], BaseUnit: unit, SalesUnit: c["sales_unit"],
			Category:     exchange.Category(strings.ToUpper(strings.ReplaceAll(c["category"], " ", "_"))),
			UnitQuantity: net, CatchWeight: strings.Contains(c["sales_unit"], "catch weight"), Storage: c["storage"],
		},
	}, nil
}
