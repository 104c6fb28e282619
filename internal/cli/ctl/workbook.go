package ctl

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sushaan/exchange/internal/sheet"
)

var (
	errNoWorkbook = usagef("a watch has no end, so that it cannot be a workbook; use -o csv")
	errTerminal   = usagef("a workbook is no text for a terminal: write it to a file, as in -o xlsx > file.xlsx")
)

// workbookColumns are columns as a workbook heads them: money is in yuan there.
func workbookColumns(columns []column, of protoreflect.MessageDescriptor) []sheet.Column {
	list := make([]sheet.Column, len(columns))
	for i, c := range columns {
		list[i] = sheet.Column{Name: c.heading()}
		f := c.resolve(of)
		switch {
		case f == nil || f.IsList() || f.IsMap():
		case isMoney(f):
			list[i].Kind, list[i].Title = sheet.Money, strings.TrimSuffix(c.heading(), fenSuffix)+" (yuan)"
		case strings.HasSuffix(c.heading(), shareSuffix):
			list[i].Kind, list[i].Title = sheet.Percent, strings.TrimSuffix(c.heading(), shareSuffix)+" (%)"
		case isNumber(f):
			list[i].Kind = sheet.Number
		}
	}
	return list
}

// workbookRow is a message as a workbook's row: numbers as they are, all else
// for eyes.
func workbookRow(m protoreflect.Message, columns []column, as []sheet.Column) []string {
	line := make([]string, len(columns))
	for i, c := range columns {
		r := forEyes
		if as[i].Kind != sheet.Text {
			r = forPrograms
		}
		line[i] = c.text(m, r)
	}
	return line
}

// widen gives columns of text the width of what stands in them.
func widen(columns []sheet.Column, lines [][]string) {
	for i := range columns {
		if columns[i].Kind != sheet.Text {
			continue
		}
		columns[i].Width = sheet.Cells(columns[i].Name) + 2
		for _, line := range lines {
			if i < len(line) {
				columns[i].Width = max(columns[i].Width, sheet.Cells(line[i])+2)
			}
		}
	}
}

func (p *printer) workbook(columns []column, rows []protoreflect.Message) error {
	var of protoreflect.MessageDescriptor
	if len(rows) > 0 {
		of = rows[0].Descriptor()
	}
	as := make([]sheet.Column, len(columns))
	if of != nil {
		as = workbookColumns(columns, of)
	}
	lines := make([][]string, len(rows))
	for i, m := range rows {
		lines[i] = workbookRow(m, columns, as)
	}
	for i, c := range columns {
		as[i].Name = c.heading()
	}
	return p.book(as, lines)
}

func (p *printer) workbookLines(lines [][]string) error {
	as := make([]sheet.Column, len(lines[0]))
	for i, name := range lines[0] {
		as[i].Name = name
	}
	return p.book(as, lines[1:])
}

func (p *printer) book(columns []sheet.Column, lines [][]string) error {
	widen(columns, lines)
	w, err := newBookLines(p.out, columns)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if err := w.line(line); err != nil {
			return err
		}
	}
	return w.end()
}

// lineWriter writes rows as they come.
type lineWriter interface {
	line(row []string) error
	end() error
}

type bookLines struct {
	out   io.Writer
	book  *sheet.Book
	sheet *sheet.Sheet
}

func newBookLines(out io.Writer, columns []sheet.Column) (*bookLines, error) {
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return nil, errTerminal
		}
	}
	book, err := sheet.NewBook("sushaanctl")
	if err != nil {
		return nil, err
	}
	s, err := book.Sheet("sushaanctl", columns)
	return &bookLines{out, book, s}, err
}

func (b *bookLines) line(row []string) error { return b.sheet.Row(row) }

func (b *bookLines) end() error {
	if err := b.sheet.End(); err != nil {
		return err
	}
	w := bufio.NewWriter(b.out)
	if err := errors.Join(b.book.Write(w), w.Flush()); err != nil {
		return fmt.Errorf("the output cannot be written: %w", err)
	}
	return nil
}

type csvWriter struct{ *csv.Writer }

func newCSV(out io.Writer) csvWriter {
	w := csvWriter{csv.NewWriter(out)}
	w.UseCRLF = true
	return w
}

func (w csvWriter) line(row []string) error { return w.Write(row) }

func (w csvWriter) end() error {
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("the output cannot be written: %w", err)
	}
	return nil
}

// exports says whether a list is written as it comes, a page at a time.
func (a *app) exports() bool { return a.flags.output == formatCSV || a.flags.output == formatXLSX }

// export asks for the pages of a list and writes each before it asks for the
// next: however long the list, what is held of it is a page.
func export[Q, R proto.Message](ctx context.Context, a *app, call unary[Q, R], in Q) error {
	setText(in, "page_token", a.flags.pageToken)
	var w lineWriter
	var as []sheet.Column
	var columns []column
	var shown exporting
	defer func() { shown.end() }()
	for have := 0; ; {
		setPageSize(in, a.pageSize(have))
		out, err := invoke(ctx, a, call, in)
		if err != nil {
			return err
		}
		p, f := a.printer(), listField(out)
		p.warn(out)
		rows := messagesOf(out.ProtoReflect(), f)
		if w == nil {
			columns = csvColumns(f.Message(), "")
			as = workbookColumns(columns, f.Message())
			if w, err = p.begin(as, columns, rows); err != nil {
				return err
			}
		}
		for _, m := range rows {
			line := cells(m, columns, forPrograms)
			if p.format == formatXLSX {
				line = workbookRow(m, columns, as)
			}
			if err := w.line(line); err != nil {
				return err
			}
		}
		have += len(rows)
		token := nextPage(out)
		if token == "" || !a.flags.all || have >= a.flags.limit {
			if token != "" {
				a.note("note: there is more; go on with --page-token %s%s", token, a.orAll())
			}
			return w.end()
		}
		if token == textOf(in, "page_token") {
			return errSameToken
		}
		shown.at(a, have)
		setText(in, "page_token", token)
	}
}

// begin begins an export. A workbook's widths are those of its first page.
func (p *printer) begin(as []sheet.Column, columns []column, rows []protoreflect.Message) (lineWriter, error) {
	if p.format == formatXLSX {
		lines := make([][]string, len(rows))
		for i, m := range rows {
			lines[i] = workbookRow(m, columns, as)
		}
		widen(as, lines)
		return newBookLines(p.out, as)
	}
	w := newCSV(p.out)
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = c.heading()
	}
	return w, w.line(header)
}
