package ctl

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// human prints an answer for eyes: a list as a table, one thing as its fields
// one below the other, and the lists in it as tables below.
func (p *printer) human(m proto.Message) error {
	if f := listField(m); f != nil && bareList(m) {
		return p.table(tableColumns(f.Message(), p.language), messagesOf(m.ProtoReflect(), f))
	}
	one := unwrap(m.ProtoReflect())
	if err := p.write([]byte(fieldLines(one))); err != nil {
		return err
	}
	if f := listField(one.Interface()); f != nil {
		if err := p.write([]byte("\n")); err != nil {
			return err
		}
		return p.table(tableColumns(f.Message(), p.language), messagesOf(one, f))
	}
	return nil
}

// bareList says whether an answer is a list and nothing else.
func bareList(m proto.Message) bool {
	fields := m.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); !isMessageList(f) && f.Name() != nextPageField {
			return false
		}
	}
	return true
}

// unwrap gives the thing that an answer is about: an answer with just one
// message in it is only its envelope.
func unwrap(m protoreflect.Message) protoreflect.Message {
	fields := m.Descriptor().Fields()
	var inner protoreflect.FieldDescriptor
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case f.Name() == warningsField:
		case inner != nil || f.IsList() || f.Message() == nil:
			return m
		default:
			inner = f
		}
	}
	if inner == nil {
		return m
	}
	return m.Get(inner).Message()
}

func messagesOf(m protoreflect.Message, f protoreflect.FieldDescriptor) []protoreflect.Message {
	list := m.Get(f).List()
	rows := make([]protoreflect.Message, list.Len())
	for i := range rows {
		rows[i] = list.Get(i).Message()
	}
	return rows
}

func (p *printer) table(columns []column, rows []protoreflect.Message) error {
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = c.title
	}
	lines := make([][]string, len(rows))
	for i, row := range rows {
		lines[i] = cells(row, columns, forEyes)
	}
	return p.write([]byte(layout(heads, lines, rightAligned(columns, rows))))
}

// rightAligned says which columns hold numbers.
func rightAligned(columns []column, rows []protoreflect.Message) []bool {
	right := make([]bool, len(columns))
	if len(rows) == 0 {
		return right
	}
	for i, c := range columns {
		if f := c.resolve(rows[0].Descriptor()); f != nil {
			right[i] = isNumber(f)
		}
	}
	return right
}

// layout sets rows out in columns without lines or colours. Wide characters
// count as two.
func layout(heads []string, lines [][]string, right []bool) string {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header, style.Format.Footer = text.FormatDefault, text.FormatDefault
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	if heads != nil {
		t.AppendHeader(tableRow(heads))
	}
	for _, line := range lines {
		t.AppendRow(tableRow(line))
	}
	var configs []table.ColumnConfig
	for i, isRight := range right {
		if isRight {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	t.SetColumnConfigs(configs)
	return t.Render() + "\n"
}

func tableRow(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, c := range cells {
		row[i] = c
	}
	return row
}

// fieldLines sets a message out as its fields, one a line. Texts, times and
// enums without a value are left out.
func fieldLines(m protoreflect.Message) string {
	var lines [][]string
	for _, c := range csvColumns(m.Descriptor(), "") {
		f := c.resolve(m.Descriptor())
		if isMessageList(f) {
			continue
		}
		value := c.text(m, forEyes)
		if value == "" {
			continue
		}
		name := c.path
		if isMoney(f) {
			name, value = strings.TrimSuffix(name, fenSuffix), value+" CNY"
		}
		if isShare(f) {
			name = strings.TrimSuffix(name, shareSuffix)
		}
		lines = append(lines, []string{strings.ReplaceAll(name, "_", " "), value})
	}
	if len(lines) == 0 {
		return ""
	}
	return layout(nil, lines, nil)
}
