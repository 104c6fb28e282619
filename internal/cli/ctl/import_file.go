package ctl

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// Bounds of a file of orders.
const (
	maxImportBytes = 64 << 20
	maxImportLines = 100_000
	maxImportBatch = 1000 // the server's own, unless it is set otherwise
)

// resultColumns come before those of the file in its results.
var resultColumns = []string{"line", "state", "order_id", "code", "message"}

// The states of a line.
const (
	lineOpen    = "open"
	lineDone    = "done"
	lineRefused = "refused"
)

// malformed is the code of a line that cannot be a request. It was never sent, so
// that it may be corrected in the file.
const malformed = "LINE_MALFORMED"

// importLine is one order to place, as it was written, and what became of it.
type importLine struct {
	fields                      map[string]string
	given                       bool   // the file itself has the request id
	wrong                       string // why the line is no row of the file; empty: it is one
	state, order, code, message string
}

func (l *importLine) refuse(code, message string) {
	l.state, l.order, l.code, l.message = lineRefused, "", code, message
}

// same says whether a line of the results is a line of the file.
func (k *importKind) same(result, file importLine) bool {
	for _, c := range k.columns {
		if result.fields[c] != file.fields[c] && (c != "request_id" || file.given) {
			return false
		}
	}
	return true
}

// placementOf is a line as the API takes it.
func placementOf(f map[string]string) (proto.Message, error) {
	in := &pb.PlaceOrderRequest{
		RequestId: f["request_id"], OfferId: f["offer_id"], ConsigneeCode: f["consignee_code"], DeliverBy: f["deliver_by"],
		ReservePlanId: f["reserve_plan_id"],
	}
	var err error
	if in.Quantity, err = quantityOf(f, "quantity"); err != nil {
		return nil, err
	}
	if f["reserve"] != "" {
		if in.Reserve, err = strconv.ParseBool(f["reserve"]); err != nil {
			return nil, fmt.Errorf("reserve %q is neither true nor false", f["reserve"])
		}
	}
	if f["channel"] != "" {
		if in.Channel, err = parseEnum[pb.Channel](f["channel"]); err != nil {
			return nil, fmt.Errorf("channel: %w", err)
		}
	}
	if f["purpose"] != "" {
		if in.Purpose, err = parseEnum[pb.Purpose](f["purpose"]); err != nil {
			return nil, fmt.Errorf("purpose: %w", err)
		}
	}
	return in, nil
}

// acceptanceOf is a line as the API takes it.
func acceptanceOf(f map[string]string) (proto.Message, error) {
	in := &pb.AcceptOrderRequest{RequestId: f["request_id"], Id: f["id"], Reason: f["reason"], AcceptedOn: f["accepted_on"]}
	for name, to := range map[string]*int64{
		"accepted_quantity": &in.AcceptedQuantity, "rejected_quantity": &in.RejectedQuantity, "short_quantity": &in.ShortQuantity,
	} {
		if f[name] == "" && name != "accepted_quantity" {
			continue
		}
		var err error
		if *to, err = quantityOf(f, name); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func quantityOf(f map[string]string, name string) (int64, error) {
	n, err := strconv.ParseInt(f[name], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s %q is not a whole number of base units", name, f[name])
	}
	return n, nil
}

// read reads a file, and gives each line a request id.
func (k *importKind) read(path string) ([]importLine, error) {
	content, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	rows, wrong, err := parseRows(content, k.columns, k.required)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	lines := make([]importLine, len(rows))
	for i, row := range rows {
		lines[i] = importLine{fields: row, given: row["request_id"] != "", wrong: wrong[i], state: lineOpen}
		if !lines[i].given {
			row["request_id"] = uuid.NewString()
		}
	}
	return lines, nil
}

// readResults reads what an earlier run left.
func (k *importKind) readResults(path string) ([]importLine, error) {
	content, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	rows, wrong, err := parseRows(content, slices.Concat(resultColumns, k.columns), k.required)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("%s is no results file: a line has not the fields of its head", path)
	}
	lines := make([]importLine, len(rows))
	for i, row := range rows {
		state := row["state"]
		if state != lineOpen && state != lineDone && state != lineRefused || row["request_id"] == "" {
			return nil, fmt.Errorf("%s: line %d is none of a results file", path, i+1)
		}
		lines[i] = importLine{fields: row, given: true, state: state, order: row["order_id"], code: row["code"], message: row["message"]}
	}
	return lines, nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(f, maxImportBytes+1))
	if err == nil && len(content) > maxImportBytes {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxImportBytes)
	}
	return content, err
}

// parseRows reads rows by the names in the head. A file that does not end with
// the end of a line was cut, maybe in the middle of a number: it is refused. A row
// that has other fields than the head takes no other with it: what is wrong with
// it is told by its number.
func parseRows(content []byte, known, required []string) (rows []map[string]string, wrong map[int]string, err error) {
	content = bytes.TrimPrefix(content, []byte("\uFEFF"))
	switch {
	case len(content) == 0:
		return nil, nil, errors.New("the file is empty")
	case !utf8.Valid(content):
		return nil, nil, errors.New("the file is not UTF-8")
	case content[len(content)-1] != '\n':
		return nil, nil, errors.New("the file is cut: its last line has no end")
	}
	r := csv.NewReader(bytes.NewReader(content))
	head, err := r.Read()
	if err != nil {
		return nil, nil, err
	}
	if err := checkHead(head, known, required); err != nil {
		return nil, nil, err
	}
	wrong = map[int]string{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, wrong, nil
		}
		if errors.Is(err, csv.ErrFieldCount) {
			wrong[len(rows)] = fmt.Sprintf("the line has %d fields and the head %d", len(record), len(head))
		} else if err != nil {
			return nil, nil, err
		}
		if len(rows) == maxImportLines {
			return nil, nil, fmt.Errorf("the file has more than %d lines", maxImportLines)
		}
		row := make(map[string]string, len(head))
		for i, name := range head[:min(len(head), len(record))] {
			row[name] = strings.TrimSpace(record[i])
		}
		rows = append(rows, row)
	}
}

func checkHead(head, known, required []string) error {
	seen := map[string]bool{}
	for _, name := range head {
		switch {
		case !slices.Contains(known, name):
			return fmt.Errorf("column %q is not known; there are %s", name, strings.Join(known, ", "))
		case seen[name]:
			return fmt.Errorf("column %q is there twice", name)
		}
		seen[name] = true
	}
	for _, name := range required {
		if !seen[name] {
			return fmt.Errorf("column %q is missing", name)
		}
	}
	return nil
}

// save writes the results, whole or not at all.
func (r *importing) save() error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(slices.Concat(resultColumns, r.kind.columns)) // a buffer takes everything
	for i, l := range r.lines {
		row := []string{strconv.Itoa(i + 1), l.state, l.order, l.code, l.message}
		for _, c := range r.kind.columns {
			row = append(row, l.fields[c])
		}
		_ = w.Write(row)
	}
	if w.Flush(); w.Error() != nil {
		return w.Error()
	}
	return replaceFile(r.path, b.Bytes())
}

// replaceFile puts a file in the place of another, on disk before it is there.
func replaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
