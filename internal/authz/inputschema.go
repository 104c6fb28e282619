package authz

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
)

// InputSchema is the JSON Schema of the policy's input: what questions have, and
// the fields of the rows of all nouns. policies/schema/input.json is its text.
func InputSchema() []byte {
	s := schemaSink{}
	q := everyFact()
	q.write(&s)
	row := map[string]any{}
	for _, noun := range Nouns() {
		for _, f := range Fields(noun) {
			row[f] = map[string]any{"type": "string"}
		}
	}
	s.property("row", schemaObject(row))
	var b bytes.Buffer
	b.WriteString(`{
"$schema": "http://json-schema.org/draft-07/schema#",
"title": "What policy is asked",
"description": "The input of data.exchange.decision, and with row that of data.exchange.visible. Rules are compiled against it: a field that is not here is an error. Written by go generate ./internal/exchange.",
`)
	var body bytes.Buffer
	printSchema(&body, s.open[0], "")
	b.WriteString(strings.TrimPrefix(body.String(), "{"))
	b.WriteString("\n")
	return b.Bytes()
}

// printSchema gives each property a line of its own.
func printSchema(b *bytes.Buffer, is any, indent string) {
	of, _ := is.(map[string]any)
	properties, ok := of["properties"].(map[string]any)
	if !ok {
		text, err := json.Marshal(is) // maps of texts have no error
		if err != nil {
			text = []byte("{}")
		}
		b.Write(text)
		return
	}
	b.WriteString(`{"type": "object", "additionalProperties": false, "properties": {`)
	for i, name := range slices.Sorted(maps.Keys(properties)) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "\n%s  %q: ", indent, name)
		printSchema(b, properties[name], indent+"  ")
	}
	fmt.Fprintf(b, "\n%s}}", indent)
}

// schemaSink notes what a question has, as a JSON Schema says it.
type schemaSink struct{ open []map[string]any }

func schemaObject(properties map[string]any) map[string]any {
	return map[string]any{"properties": properties}
}

func (s *schemaSink) property(name string, is any) {
	if properties, ok := s.open[len(s.open)-1]["properties"].(map[string]any); ok {
		properties[name] = is
	}
}

func (s *schemaSink) begin(f fact, _ any) bool {
	o := schemaObject(map[string]any{})
	if f != factRoot {
		s.property(factName(f), o)
	}
	s.open = append(s.open, o)
	return true
}

func (s *schemaSink) end() {
	if len(s.open) > 1 {
		s.open = s.open[:len(s.open)-1]
	}
}

func (s *schemaSink) of(name, kind string) { s.property(name, map[string]any{"type": kind}) }

func (*schemaSink) absent(fact)                         {}
func (s *schemaSink) text(name, _ string)               { s.of(name, "string") }
func (s *schemaSink) id(name string, _ uuid.UUID)       { s.of(name, "string") }
func (s *schemaSink) homeID(name string, _ exchange.ID) { s.of(name, "string") }
func (s *schemaSink) number(name string, _ int64)       { s.of(name, "integer") }
func (s *schemaSink) missing(name string)               { s.of(name, "integer") } // only amounts can be
func (s *schemaSink) flag(name string, _ bool)          { s.of(name, "boolean") }
func (s *schemaSink) instant(name string, _ time.Time)  { s.of(name, "string") }
func (s *schemaSink) day(name string, _ time.Time)      { s.of(name, "string") }
func (s *schemaSink) list(name string, _ int) {
	s.property(name, map[string]any{"type": "array", "items": map[string]any{"type": "string"}})
}
func (*schemaSink) item(string)      {}
func (*schemaSink) itemID(uuid.UUID) {}
