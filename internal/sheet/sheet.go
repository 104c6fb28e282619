// Package sheet writes tables: as CSV, and as workbooks (XLSX) with widths,
// number formats and a frozen heading. The same rows give the same bytes. It
// knows nothing of the business but that money is int64 fen, which a workbook
// shows in yuan.
package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Kind is what a column holds. Rows are text either way, as CSV has them.
type Kind int

// The kinds of column.
const (
	Text    Kind = iota
	Number       // int64 in decimal digits
	Money        // fen, in decimal digits; yuan in a workbook
	Percent      // basis points, in decimal digits; per cent in a workbook
)

// Column is a column of a table.
type Column struct {
	Name  string // heads it in CSV
	Title string // heads it in a workbook; empty: Name
	Kind  Kind
	Width int // in characters, of a workbook; 0: by its kind and title
}

// Table is a table as a whole, for tables that are known to be small.
type Table struct {
	Name    string // of a file or a sheet
	Title   string // of the sheet in a workbook; empty: Name
	Columns []Column
	Rows    [][]string
}

// CSV writes the table with a header line (RFC 4180).
func (t Table) CSV() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	header := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		header[i] = c.Name
	}
	err := errors.Join(w.Write(header), w.WriteAll(t.Rows))
	return b.Bytes(), err
}

const (
	// A cell of a workbook has room for so many characters, a sheet's name for
	// so many.
	maxCell, maxName = 32767, 31
	// Excel keeps fifteen digits of a number; an amount of more is written as
	// text, so that none of them is lost.
	maxExact         = 1_000_000_000_000_000
	hundred          = 100
	minWidth         = 8
	maxWidth         = 60
	headRows         = 1
	numberFormat     = 3  // #,##0 of the built-in formats
	moneyFormat      = 4  // #,##0.00
	percentFormat    = 10 // 0.00%
	wholeBasisPoints = 10_000
)

// fixedTime stands in a workbook's properties: when it was made is said beside
// it, and must not change its bytes.
const fixedTime = "2020-01-01T00:00:00Z"

// Book is a workbook that is being written. Rows are written as they come and,
// beyond some megabytes, wait on disk, so that its memory stays flat.
type Book struct {
	file   *excelize.File
	sheets int
	styles map[Kind]int
	head   int
}

// NewBook begins a workbook.
func NewBook(title string) (*Book, error) {
	b := &Book{file: excelize.NewFile(), styles: map[Kind]int{}}
	err := b.file.SetDocProps(&excelize.DocProperties{
		Title: title, Creator: "Sushaan Exchange", LastModifiedBy: "Sushaan Exchange", Created: fixedTime, Modified: fixedTime,
	})
	if err != nil {
		return nil, err
	}
	for kind, format := range map[Kind]int{Number: numberFormat, Money: moneyFormat, Percent: percentFormat} {
		b.styles[kind] = format
	}
	// Styles are numbered as they are made: always in the same order.
	for _, kind := range []Kind{Number, Money, Percent} {
		if b.styles[kind], err = b.file.NewStyle(&excelize.Style{NumFmt: b.styles[kind]}); err != nil {
			return nil, err
		}
	}
	b.head, err = b.file.NewStyle(&excelize.Style{
		Font:      &excelize.Font{Bold: true},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF4"}},
		Border:    []excelize.Border{{Type: "bottom", Color: "808080", Style: 1}},
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"},
	})
	return b, err
}

// Sheet is a sheet that is being written.
type Sheet struct {
	book    *Book
	stream  *excelize.StreamWriter
	columns []Column
	row     int
}

// Sheet begins the next sheet. The one before must have ended.
func (b *Book) Sheet(name string, columns []Column) (*Sheet, error) {
	name = nameOf(name)
	var err error
	if b.sheets == 0 {
		err = b.file.SetSheetName("Sheet1", name)
	} else {
		_, err = b.file.NewSheet(name)
	}
	if err != nil {
		return nil, err
	}
	b.sheets++
	stream, err := b.file.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	s := &Sheet{book: b, stream: stream, columns: columns, row: headRows}
	for i, c := range columns {
		if err := stream.SetColWidth(i+1, i+1, float64(c.width())); err != nil {
			return nil, err
		}
	}
	err = stream.SetPanes(&excelize.Panes{
		Freeze: true, YSplit: headRows, TopLeftCell: "A2", ActivePane: "bottomLeft",
	})
	if err != nil {
		return nil, err
	}
	return s, s.heading()
}

// nameOf is a name as a workbook can have it: short, and without signs that
// formulas use.
func nameOf(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return '-'
		}
		return r
	}, name)
	for utf8.RuneCountInString(name) > maxName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}

func (c Column) title() string {
	if c.Title != "" {
		return c.Title
	}
	return c.Name
}

func (c Column) width() int {
	if c.Width > 0 {
		return min(max(c.Width, minWidth), maxWidth)
	}
	by := map[Kind]int{Text: 16, Number: 12, Money: 18, Percent: 12}[c.Kind]
	return min(max(by, Cells(c.title())+2), maxWidth)
}

// Cells is how many cells a text takes where wide characters take two.
func Cells(text string) int {
	n := 0
	for _, r := range text {
		if n++; r >= 0x1100 {
			n++
		}
	}
	return n
}

func (s *Sheet) heading() error {
	cells := make([]any, len(s.columns))
	for i, c := range s.columns {
		cells[i] = excelize.Cell{StyleID: s.book.head, Value: c.title()}
	}
	return s.stream.SetRow("A1", cells)
}

// Row writes a row: the text of each column.
func (s *Sheet) Row(row []string) error {
	s.row++
	cells := make([]any, len(row))
	for i, text := range row {
		kind := Text
		if i < len(s.columns) {
			kind = s.columns[i].Kind
		}
		value, err := valueOf(kind, text)
		if err != nil {
			return fmt.Errorf("row %d, column %d: %w", s.row, i+1, err)
		}
		cells[i] = excelize.Cell{StyleID: s.book.styles[kind], Value: value}
	}
	at, err := excelize.CoordinatesToCellName(1, s.row)
	if err != nil {
		return err
	}
	return s.stream.SetRow(at, cells)
}

// valueOf is a cell's value. A workbook keeps numbers as binary fractions, which
// show an amount of up to fifteen digits exactly.
func valueOf(kind Kind, text string) (any, error) {
	if utf8.RuneCountInString(text) > maxCell {
		return nil, fmt.Errorf("a cell of a workbook has no room for %d characters; use another format", utf8.RuneCountInString(text))
	}
	if kind == Text || text == "" {
		return text, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return text, nil // a number of unknown worth is shown as it is
	case kind == Money && (n >= maxExact || n <= -maxExact):
		return Yuan(n), nil
	case kind == Number && (n >= maxExact || n <= -maxExact):
		return text, nil
	case kind == Money:
		return float64(n) / hundred, nil
	case kind == Percent:
		return float64(n) / wholeBasisPoints, nil
	default:
		return n, nil
	}
}

// Yuan writes fen in yuan with two decimals.
func Yuan(fen int64) string {
	sign, size := "", uint64(fen)
	if fen < 0 {
		// Negating unsigned is right for the smallest number too.
		sign, size = "-", -size
	}
	return fmt.Sprintf("%s%d.%02d", sign, size/hundred, size%hundred)
}

// End ends the sheet.
func (s *Sheet) End() error { return s.stream.Flush() }

// Write writes the workbook and gives back what it held.
func (b *Book) Write(to io.Writer) error {
	b.file.SetZipWriter(func(w io.Writer) excelize.ZipWriter {
		if b.sheets > 1 {
			return &sorted{Writer: zip.NewWriter(w), files: map[string]*bytes.Buffer{}}
		}
		return zip.NewWriter(w)
	})
	return errors.Join(b.file.Write(to), b.file.Close())
}

// sorted is a zip whose files are written in the order of their names, whatever
// the order in which they were made.
type sorted struct {
	*zip.Writer
	files map[string]*bytes.Buffer
}

// Create begins a file.
func (z *sorted) Create(name string) (io.Writer, error) {
	z.files[name] = &bytes.Buffer{}
	return z.files[name], nil
}

// Close writes the files.
func (z *sorted) Close() error {
	var names []string
	for name := range z.files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w, err := z.Writer.Create(name)
		if err != nil {
			return err
		}
		if _, err := w.Write(z.files[name].Bytes()); err != nil {
			return err
		}
	}
	return z.Writer.Close()
}

// Workbook makes a workbook of small tables, a sheet each.
func Workbook(title string, tables []Table) ([]byte, error) {
	book, err := NewBook(title)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		name := t.Title
		if name == "" {
			name = t.Name
		}
		s, err := book.Sheet(name, t.Columns)
		if err != nil {
			return nil, err
		}
		for _, row := range t.Rows {
			if err := s.Row(row); err != nil {
				return nil, fmt.Errorf("%s: %w", t.Name, err)
			}
		}
		if err := s.End(); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	err = book.Write(&b)
	return b.Bytes(), err
}
