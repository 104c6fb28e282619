package ctl

import (
	"slices"
	"strconv"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/sheet"
)

// side is a row of volumes with its two directions beside each other.
type side struct {
	volume   *pb.Volume // that gives the row its keys
	snToJS   int64
	jsToSN   int64
	together int64
}

// sideBySide prints volumes with a column for each direction.
func (p *printer) sideBySide(by []pb.Dimension, out *pb.QueryVolumesResponse) error {
	if p.format == formatJSON || p.format == formatYAML {
		return p.whole(out)
	}
	by = slices.DeleteFunc(slices.Clone(by), func(d pb.Dimension) bool { return d == pb.Dimension_DIMENSION_DIRECTION })
	columns := append(keyColumns(by), show("MEASURE measure")...)
	reader, amount := forPrograms, func(fen int64) string { return strconv.FormatInt(fen, 10) }
	if p.format == formatTable {
		reader, amount = forEyes, yuan
	}
	var lines [][]string
	for _, s := range sides(columns, out.GetVolumes()) {
		line := cells(s.volume.ProtoReflect(), columns, reader)
		lines = append(lines, append(line, amount(s.snToJS), amount(s.jsToSN), amount(s.together)))
	}
	heads, right := make([]string, len(columns)), make([]bool, len(columns)+3)
	as := make([]sheet.Column, len(columns))
	for i, c := range columns {
		heads[i], as[i].Name = c.title, c.heading()
	}
	for i, name := range []string{"sn_to_js_fen", "js_to_sn_fen", "both_fen"} {
		right[len(columns)+i] = true
		as = append(as, sheet.Column{Name: name, Title: []string{sn2js, js2sn, "BOTH"}[i] + " (yuan)", Kind: sheet.Money})
	}
	switch p.format {
	case formatXLSX:
		return p.book(as, lines)
	case formatCSV:
		names := make([]string, len(as))
		for i, c := range as {
			names[i] = c.Name
		}
		return p.csvLines(append([][]string{names}, lines...))
	}
	if err := p.write([]byte(layout(append(heads, sn2js, js2sn, "BOTH"), lines, right))); err != nil {
		return err
	}
	return p.explanation(out)
}

const sn2js, js2sn = "SN_TO_JS 陕货进苏", "JS_TO_SN 苏货入陕"

// sides puts volumes that differ by nothing but their direction into one row, in
// the order in which they come.
func sides(columns []column, volumes []*pb.Volume) []*side {
	var rows []*side
	place := map[string]*side{}
	for _, v := range volumes {
		name := ""
		for _, text := range cells(v.ProtoReflect(), columns, forPrograms) {
			name += text + "\x00"
		}
		s := place[name]
		if s == nil {
			s = &side{volume: v}
			place[name] = s
			rows = append(rows, s)
		}
		switch v.GetKeys()["direction"] {
		case enumText(pb.Direction_DIRECTION_SN_TO_JS.Descriptor(), pb.Direction_DIRECTION_SN_TO_JS.Number()):
			s.snToJS += v.GetAmountFen()
		case enumText(pb.Direction_DIRECTION_JS_TO_SN.Descriptor(), pb.Direction_DIRECTION_JS_TO_SN.Number()):
			s.jsToSN += v.GetAmountFen()
		}
		s.together += v.GetAmountFen()
	}
	return rows
}
