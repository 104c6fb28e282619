package bankfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"

	"github.com/sushaan/exchange/internal/exchange"
)

// A CSV file has one record STATEMENT, and then a record ENTRY for each line:
//
//	STATEMENT,id,account,currency,opening balance,closing balance,entries
//	ENTRY,reference,booking day,CREDIT or DEBIT,amount,counterparty,remittance
//
// Amounts are in yuan with a point. A byte order mark and lines that begin with #
// are passed over.
const fieldsOfRecord = 7

func readCSV(content []byte, maxLines int) (exchange.BankFile, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord, r.Comment = -1, '#'
	head, err := r.Read()
	if err != nil || len(head) != fieldsOfRecord || head[0] != "STATEMENT" {
		return exchange.BankFile{}, invalid("it begins with STATEMENT,id,account,currency,opening balance,closing balance,entries")
	}
	f := exchange.BankFile{Statement: head[1], Account: head[2]}
	if err := checkCurrency(head[3]); err != nil {
		return f, err
	}
	var opens, closes bool
	f.OpeningFen, opens = Fen(head[4])
	f.ClosingFen, closes = Fen(head[5])
	want, err := strconv.Atoi(head[6])
	if !opens || !closes || err != nil || want < 0 {
		return f, invalid("a balance or the number of entries is no number")
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return f, invalid("it is not CSV: " + err.Error())
		}
		if len(f.Lines) == maxLines {
			return f, tooMany(maxLines)
		}
		l, err := csvLine(record)
		if err != nil {
			return f, err
		}
		f.Lines = append(f.Lines, l)
	}
	if len(f.Lines) != want {
		return f, invalid("it has " + strconv.Itoa(len(f.Lines)) + " entries and says " + strconv.Itoa(want) + ": it was cut, or changed")
	}
	return f, nil
}

func csvLine(record []string) (exchange.BankFileLine, error) {
	if len(record) != fieldsOfRecord || record[0] != "ENTRY" {
		return exchange.BankFileLine{}, invalid("a line is ENTRY,reference,booking day,CREDIT or DEBIT,amount,counterparty,remittance")
	}
	fen, ok := Fen(record[4])
	flow := exchange.BankFlow(record[3])
	if !ok || (flow != exchange.MoneyIn && flow != exchange.MoneyOut) {
		return exchange.BankFileLine{}, invalidAt(record[1], "it is CREDIT or DEBIT, and its amount in yuan has two decimals at most")
	}
	return exchange.BankFileLine{
		Reference: record[1], Booked: exchange.Day(record[2]), Flow: flow, AmountFen: fen, Counterparty: record[5], Remittance: record[6],
	}, nil
}

func tooMany(most int) error { return invalid("it has more than " + strconv.Itoa(most) + " entries") }
