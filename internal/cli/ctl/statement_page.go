package ctl

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
)

//go:embed statement_page.html
var statementHTML string

var statementTemplate = template.Must(template.New("statement").Funcs(template.FuncMap{
	"yuan": yuan,
	"day":  func(l *pb.StatementLine) string { return string(exchange.DayOf(l.GetAcceptTime().AsTime())) },
	"state": func(l *pb.StatementLine) string {
		return strings.TrimPrefix(l.GetState().String(), "ORDER_STATE_")
	},
	"sells": func(o *pb.Obligation) bool { return o.GetSide() == pb.Side_SIDE_SELLER },
	"turn":  turned,
}).Parse(statementHTML))

// turned shows a seller's amounts, which are negative on its account, as a reader
// of its statement expects them.
func turned(o *pb.Obligation, fen int64) int64 {
	if o.GetSide() == pb.Side_SIDE_SELLER {
		return -fen
	}
	return fen
}

// statementPage is a statement as a page that prints well: black on white, A4,
// the heads of the table on every sheet.
func statementPage(out *pb.GetMemberStatementResponse) ([]byte, error) {
	var b bytes.Buffer
	err := statementTemplate.Execute(&b, out)
	return b.Bytes(), err
}
