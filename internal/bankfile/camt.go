package bankfile

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/sushaan/exchange/internal/exchange"
)

// The part of camt.053 (BankToCustomerStatement) that is read. Names without a
// namespace stand for those of every version.
type camtDocument struct {
	Statements []camtStatement `xml:"BkToCstmrStmt>Stmt"`
}

type camtStatement struct {
	ID       string        `xml:"Id"`
	IBAN     string        `xml:"Acct>Id>IBAN"`
	Other    string        `xml:"Acct>Id>Othr>Id"`
	Currency string        `xml:"Acct>Ccy"`
	Balances []camtBalance `xml:"Bal"`
	Count    string        `xml:"TxsSummry>TtlNtries>NbOfNtries"`
	Entries  []camtEntry   `xml:"Ntry"`
}

type camtAmount struct {
	Currency string `xml:"Ccy,attr"`
	Value    string `xml:",chardata"`
}

type camtBalance struct {
	Code   string     `xml:"Tp>CdOrPrtry>Cd"`
	Amount camtAmount `xml:"Amt"`
	Sign   string     `xml:"CdtDbtInd"`
}

type camtEntry struct {
	Reference string     `xml:"NtryRef"`
	Servicer  string     `xml:"AcctSvcrRef"`
	Amount    camtAmount `xml:"Amt"`
	Sign      string     `xml:"CdtDbtInd"`
	Status    camtStatus `xml:"Sts"`
	Day       string     `xml:"BookgDt>Dt"`
	Instant   string     `xml:"BookgDt>DtTm"`
	Details   []camtPart `xml:"NtryDtls>TxDtls"`
}

// camtStatus is text up to version 6 and holds a code from then on.
type camtStatus struct {
	Text string `xml:",chardata"`
	Code string `xml:"Cd"`
}

type camtPart struct {
	EndToEnd     string     `xml:"Refs>EndToEndId"`
	Amount       camtAmount `xml:"Amt"`
	Amount2      camtAmount `xml:"AmtDtls>TxAmt>Amt"`
	Debtor       string     `xml:"RltdPties>Dbtr>Nm"`
	Debtor2      string     `xml:"RltdPties>Dbtr>Pty>Nm"`
	Creditor     string     `xml:"RltdPties>Cdtr>Nm"`
	Creditor2    string     `xml:"RltdPties>Cdtr>Pty>Nm"`
	Unstructured []string   `xml:"RmtInf>Ustrd"`
}

func readCAMT(content []byte, maxLines int) (exchange.BankFile, error) {
	var none exchange.BankFile
	d := xml.NewTokenDecoder(&guarded{from: xml.NewDecoder(bytes.NewReader(content))})
	var doc camtDocument
	if err := d.Decode(&doc); err != nil {
		var rule refused
		if errors.As(err, &rule) {
			return none, invalid(string(rule))
		}
		return none, invalid("it is not whole XML: " + shortened(err.Error()))
	}
	if err := atEnd(d); err != nil {
		return none, err
	}
	if len(doc.Statements) != 1 {
		return none, invalid("it has " + strconv.Itoa(len(doc.Statements)) + " statements (BkToCstmrStmt/Stmt), not one")
	}
	return camtFile(doc.Statements[0], maxLines)
}

// atEnd wants nothing but space behind the document.
func atEnd(d *xml.Decoder) error {
	for {
		t, err := d.Token()
		switch text, ok := t.(xml.CharData); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil, !ok || strings.TrimSpace(string(text)) != "":
			return invalid("something follows the document")
		}
	}
}

func camtFile(s camtStatement, maxLines int) (exchange.BankFile, error) {
	f := exchange.BankFile{Statement: strings.TrimSpace(s.ID), Account: strings.TrimSpace(s.IBAN + s.Other)}
	if s.Currency != "" {
		if err := checkCurrency(strings.TrimSpace(s.Currency)); err != nil {
			return f, err
		}
	}
	var err error
	if f.OpeningFen, err = balanceOf(s.Balances, "OPBD", "PRCD"); err != nil {
		return f, err
	}
	if f.ClosingFen, err = balanceOf(s.Balances, "CLBD"); err != nil {
		return f, err
	}
	if n := strings.TrimSpace(s.Count); n != "" && n != strconv.Itoa(len(s.Entries)) {
		return f, invalid("it has " + strconv.Itoa(len(s.Entries)) + " entries and says " + shortened(n) + ": it was cut, or changed")
	}
	for _, e := range s.Entries {
		lines, err := camtLines(e)
		if err != nil {
			return f, err
		}
		if f.Lines = append(f.Lines, lines...); len(f.Lines) > maxLines {
			return f, tooMany(maxLines)
		}
	}
	return f, nil
}

// balanceOf is the balance of the first code that is there.
func balanceOf(list []camtBalance, codes ...string) (int64, error) {
	for _, code := range codes {
		for _, b := range list {
			if strings.TrimSpace(b.Code) != code {
				continue
			}
			fen, err := fenOf("the balance "+code, b.Amount)
			if strings.TrimSpace(b.Sign) == "DBIT" {
				fen = -fen
			}
			return fen, err
		}
	}
	return 0, invalid("the balance " + codes[0] + " is missing")
}

func fenOf(what string, a camtAmount) (int64, error) {
	if err := checkCurrency(a.Currency); err != nil {
		return 0, err
	}
	fen, ok := Fen(strings.TrimSpace(a.Value))
	if !ok || fen < 0 {
		return 0, invalid(what + " is no amount of two decimals at most")
	}
	return fen, nil
}

// camtLines are the lines of an entry: one, or one for each transaction of a
// batch that the bank booked as one.
func camtLines(e camtEntry) ([]exchange.BankFileLine, error) {
	l := exchange.BankFileLine{Reference: strings.TrimSpace(e.Servicer), Booked: exchange.Day(strings.TrimSpace(e.Day))}
	if l.Reference == "" {
		l.Reference = strings.TrimSpace(e.Reference)
	}
	if l.Booked == "" {
		l.Booked = exchange.Day(strings.TrimSpace(e.Instant)[:min(10, len(strings.TrimSpace(e.Instant)))])
	}
	if status := strings.TrimSpace(e.Status.Code + e.Status.Text); status != "BOOK" {
		return nil, invalidAt(l.Reference, "it is "+strconv.Quote(shortened(status))+" and not booked (BOOK)")
	}
	switch strings.TrimSpace(e.Sign) {
	case "CRDT":
		l.Flow = exchange.MoneyIn
	case "DBIT":
		l.Flow = exchange.MoneyOut
	default:
		return nil, invalidAt(l.Reference, "it is neither CRDT nor DBIT")
	}
	var err error
	if l.AmountFen, err = fenOf("the amount of "+strconv.Quote(shortened(l.Reference)), e.Amount); err != nil {
		return nil, err
	}
	if len(e.Details) <= 1 {
		for _, p := range e.Details {
			l.Counterparty, l.Remittance = p.counterparty(l.Flow), p.remittance()
		}
		return []exchange.BankFileLine{l}, nil
	}
	return camtBatch(l, e.Details)
}

func camtBatch(whole exchange.BankFileLine, parts []camtPart) ([]exchange.BankFileLine, error) {
	var lines []exchange.BankFileLine
	var sum int64
	for i, p := range parts {
		l := whole
		l.Reference = whole.Reference + "/" + strconv.Itoa(i+1)
		l.Counterparty, l.Remittance = p.counterparty(l.Flow), p.remittance()
		amount := p.Amount
		if amount.Value == "" {
			amount = p.Amount2
		}
		var err error
		if l.AmountFen, err = fenOf("the amount of "+strconv.Quote(shortened(l.Reference)), amount); err != nil {
			return nil, err
		}
		sum += l.AmountFen
		lines = append(lines, l)
	}
	if sum != whole.AmountFen {
		return nil, invalidAt(whole.Reference, "its transactions add up to "+Yuan(sum)+" and not to "+Yuan(whole.AmountFen))
	}
	return lines, nil
}

func (p camtPart) counterparty(flow exchange.BankFlow) string {
	if flow == exchange.MoneyIn {
		return strings.TrimSpace(p.Debtor + p.Debtor2)
	}
	return strings.TrimSpace(p.Creditor + p.Creditor2)
}

// remittance is all that the payer wrote.
func (p camtPart) remittance() string {
	var words []string
	for _, w := range append([]string{p.EndToEnd}, p.Unstructured...) {
		if w = strings.Join(strings.Fields(w), " "); w != "" && w != "NOTPROVIDED" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// refused is why a token is not taken.
type refused string

func (r refused) Error() string { return string(r) }

// guarded passes tokens on and bounds them: no document type, so no entities of
// its own, and no depth that no statement has.
type guarded struct {
	from  *xml.Decoder
	depth int
}

const maxDepth = 24

func (g *guarded) Token() (xml.Token, error) {
	t, err := g.from.RawToken()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case xml.Directive:
		return nil, refused("it has a document type (<!…>), which a statement has not")
	case xml.StartElement:
		if g.depth++; g.depth > maxDepth {
			return nil, refused("it is deeper than " + strconv.Itoa(maxDepth) + " elements")
		}
		return withoutPrefix(t), nil
	case xml.EndElement:
		g.depth--
		return xml.EndElement{Name: xml.Name{Local: t.Name.Local}}, nil
	case xml.ProcInst:
		if t.Target == "xml" && strings.Contains(string(t.Inst), "encoding") && !strings.Contains(strings.ToLower(string(t.Inst)), "utf-8") {
			return nil, refused("it is not in UTF-8")
		}
	}
	return t, nil
}

// withoutPrefix takes the prefix and the declarations of namespaces off a name:
// what is read has the same names in all of them.
func withoutPrefix(t xml.StartElement) xml.StartElement {
	s := xml.StartElement{Name: xml.Name{Local: t.Name.Local}}
	for _, a := range t.Attr {
		if a.Name.Space == "" && a.Name.Local != "xmlns" {
			s.Attr = append(s.Attr, a)
		}
	}
	return s
}
