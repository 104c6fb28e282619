// Package bankfile reads the statements of banks: CSV in a form of our own, and
// camt.053 of ISO 20022. It is pure. A file is taken whole or not at all: it must
// be complete, of one account, in yuan, and its lines must add up from the opening
// to the closing balance, so that a file that was cut is found.
package bankfile

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
)

// Format of a file.
type Format string

// The formats.
const (
	CSV     Format = "CSV"
	CAMT053 Format = "CAMT053"
)

const (
	maxReference = 100
	maxText      = 500
	maxAmount    = 1 << 53 // fen: beyond it no bank statement is
)

// Read reads a file of a format, of at most so many lines.
func Read(format Format, content []byte, maxLines int) (exchange.BankFile, error) {
	if !utf8.Valid(content) {
		return exchange.BankFile{}, invalid("it is not UTF-8")
	}
	var f exchange.BankFile
	var err error
	switch format {
	case CSV:
		f, err = readCSV(content, maxLines)
	case CAMT053:
		f, err = readCAMT(content, maxLines)
	default:
		return f, fault.InField("format", fault.BankFileInvalid, "rule", "CSV or CAMT053")
	}
	if err != nil {
		return exchange.BankFile{}, err
	}
	return f, check(f)
}

func invalid(rule string) error { return fault.InField("content", fault.BankFileInvalid, "rule", rule) }

func invalidAt(reference, rule string) error {
	return invalid("entry " + strconv.Quote(shortened(reference)) + ": " + rule)
}

func shortened(s string) string {
	const shown = 40
	if r := []rune(s); len(r) > shown {
		return string(r[:shown])
	}
	return s
}

// check holds for both formats.
func check(f exchange.BankFile) error {
	if err := checkText("the statement's id", f.Statement, maxReference, true); err != nil {
		return err
	}
	if err := checkText("the account", f.Account, maxReference, true); err != nil {
		return err
	}
	seen := make(map[string]bool, len(f.Lines))
	sum := f.OpeningFen
	for _, l := range f.Lines {
		if seen[l.Reference] {
			return invalidAt(l.Reference, "the reference is there twice")
		}
		seen[l.Reference] = true
		if err := checkLine(l); err != nil {
			return err
		}
		if l.Flow == exchange.MoneyIn {
			sum += l.AmountFen
		} else {
			sum -= l.AmountFen
		}
		if sum > maxAmount || sum < -maxAmount {
			return invalidAt(l.Reference, "the balance is beyond what can be counted")
		}
	}
	if sum != f.ClosingFen {
		return invalid("the entries lead from the opening balance to " + Yuan(sum) + ", and the closing balance is " + Yuan(f.ClosingFen) + ": it was cut, or changed")
	}
	return nil
}

func checkLine(l exchange.BankFileLine) error {
	if err := checkText("a reference", l.Reference, maxReference, true); err != nil {
		return err
	}
	if err := checkText("a counterparty", l.Counterparty, maxText, false); err != nil {
		return err
	}
	if err := checkText("a remittance", l.Remittance, maxText, false); err != nil {
		return err
	}
	if l.AmountFen <= 0 {
		return invalidAt(l.Reference, "an amount is more than 0")
	}
	if _, err := exchange.ParseDay(string(l.Booked)); err != nil {
		return invalidAt(l.Reference, "the booking day is not a day of the calendar, YYYY-MM-DD")
	}
	return nil
}

func checkText(what, s string, most int, needed bool) error {
	if needed && s == "" || len(s) > most || strings.ContainsFunc(s, unicode.IsControl) {
		return invalid(what + " is missing, longer than " + strconv.Itoa(most) + " bytes, or has control characters")
	}
	return nil
}

// checkCurrency: the exchange counts yuan.
func checkCurrency(code string) error {
	if code != ledger.CNY {
		return fault.InField("content", fault.BankCurrency, "currency", shortened(code))
	}
	return nil
}

// Fen reads an amount in yuan, with two decimals at most. A floating point number
// is never made of it.
func Fen(s string) (int64, bool) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, part, dotted := strings.Cut(digits, ".")
	if len(part) > 2 || dotted && part == "" || whole == "" || strings.ContainsFunc(whole+part, notDigit) {
		return 0, false
	}
	fen, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	if err != nil || fen > maxAmount {
		return 0, false
	}
	if negative {
		fen = -fen
	}
	return fen, true
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// Yuan writes fen as yuan with two decimals.
func Yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	const perYuan = 100
	part := strconv.FormatInt(fen%perYuan, 10)
	return sign + strconv.FormatInt(fen/perYuan, 10) + "." + strings.Repeat("0", 2-len(part)) + part
}
