package ctl

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// The formats of the output.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatYAML  = "yaml"
	formatCSV   = "csv"
	formatXLSX  = "xlsx"
)

// printer writes answers in the format asked for. Table is for eyes: chosen
// columns, yuan, China's time. The others leave nothing out; a workbook shows it
// for eyes, the others as programs read it.
type printer struct {
	out      io.Writer
	note     func(format string, args ...any)
	format   string
	language string
}

func (a *app) printer() *printer {
	language := a.language
	if language == "" {
		language = a.flags.language
	}
	return &printer{out: a.stdout, note: a.note, format: a.flags.output, language: language}
}

// message prints an answer of the server.
func (p *printer) message(m proto.Message) error {
	switch p.format {
	case formatJSON, formatYAML:
		return p.whole(m)
	case formatCSV, formatXLSX:
		p.warn(m)
		rows, of := csvRows(m)
		return p.csv(csvColumns(of, ""), rows)
	default:
		p.warn(m)
		return p.human(m)
	}
}

// whole prints all of a message as JSON or YAML.
func (p *printer) whole(m proto.Message) error {
	content, err := toJSON(m)
	if err != nil {
		return err
	}
	return p.document(content)
}

// value prints what did not come from the server as JSON or YAML.
func (p *printer) value(v any) error {
	content, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return p.document(content)
}

// toJSON is the canonical JSON of a message, fields without a value included:
// a script that reads "allow" finds false, not nothing.
func toJSON(m proto.Message) ([]byte, error) {
	return protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m)
}

// document lays JSON out anew, because protojson varies its spaces on purpose.
func (p *printer) document(content []byte) error {
	var b bytes.Buffer
	if p.format == formatYAML {
		if err := toYAML(&b, content); err != nil {
			return err
		}
		return p.write(b.Bytes())
	}
	if err := json.Indent(&b, content, "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	return p.write(b.Bytes())
}

// toYAML turns JSON into YAML. JSON is YAML in flow style; taking the style off
// its nodes keeps the order of the fields.
func toYAML(w io.Writer, content []byte) error {
	var node yaml.Node
	if err := yaml.Unmarshal(content, &node); err != nil {
		return err
	}
	plain(&node)
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	if err := encoder.Encode(&node); err != nil {
		return err
	}
	return encoder.Close()
}

func plain(n *yaml.Node) {
	empty := len(n.Content) == 0 && n.Kind != yaml.ScalarNode
	if !empty {
		n.Style = 0
	}
	for _, child := range n.Content {
		plain(child)
	}
}

// csv prints rows with a header line (RFC 4180), or as a workbook.
func (p *printer) csv(columns []column, rows []protoreflect.Message) error {
	if p.format == formatXLSX {
		return p.workbook(columns, rows)
	}
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = c.heading()
	}
	lines := [][]string{header}
	for _, row := range rows {
		lines = append(lines, cells(row, columns, forPrograms))
	}
	return p.csvLines(lines)
}

// csvLines prints lines, the first of them the header, or a workbook of them.
func (p *printer) csvLines(lines [][]string) error {
	if p.format == formatXLSX {
		return p.workbookLines(lines)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.WriteAll(lines); err != nil {
		return err
	}
	return p.write(b.Bytes())
}

func (p *printer) write(b []byte) error {
	if _, err := p.out.Write(b); err != nil {
		return fmt.Errorf("the output cannot be written: %w", err)
	}
	return nil
}

// warn says the warnings of an answer on stderr where the format has no place
// for them.
func (p *printer) warn(m proto.Message) {
	f := field(m, warningsField)
	if f == nil {
		return
	}
	list := m.ProtoReflect().Get(f).List()
	for i := range list.Len() {
		if r, ok := list.Get(i).Message().Interface().(*pb.Reason); ok {
			p.note("warning: %s: %s", r.GetCode(), r.GetText())
		}
	}
}

// warningsField holds the warnings of an answer.
const warningsField = "warnings"
