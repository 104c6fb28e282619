package authz

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/sushaan/exchange/policies"
)

// What policies/schema/input.json says is what a question has, and the fields of
// the rows of all nouns, just these and all of these.
func TestTheSchemaIsThatOfTheInput(t *testing.T) {
	text, err := policies.FS.ReadFile(inputSchema)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != string(InputSchema()) {
		t.Errorf("policies/%s is not what questions have: run go generate ./internal/exchange", inputSchema)
	}
}

// The schema is taken from a question that has every fact: one that is left out
// there would be an unknown field to every rule.
func TestTheSchemaHasEveryFact(t *testing.T) {
	q := everyFact()
	for _, of := range []any{q, q.Principal} {
		v := reflect.ValueOf(of)
		for i := range v.NumField() {
			if v.Field(i).Kind() == reflect.Pointer && v.Field(i).IsNil() {
				t.Errorf("everyFact has no %s", v.Type().Field(i).Name)
			}
		}
	}
	var schema map[string]any
	if err := json.Unmarshal(InputSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	for f, path := range factPaths {
		at := schema
		for _, name := range path {
			properties, _ := at["properties"].(map[string]any)
			at, _ = properties[name].(map[string]any)
		}
		properties, _ := at["properties"].(map[string]any)
		if len(properties) == 0 || at["additionalProperties"] != false {
			t.Errorf("the schema has no fact %v", path)
		}
		for _, field := range fieldNames[f] {
			if properties[field] == nil {
				t.Errorf("the schema of %v has no %s", path, field)
			}
		}
	}
}

// What a question logs is what the schema lets it: its JSON has no field that
// the schema does not know, and none of another type.
func TestTheInputMatchesItsSchema(t *testing.T) {
	q := sampleQuestion()
	for _, of := range []Question{q, everyFact(), {}} {
		var input any
		if err := json.Unmarshal(of.JSON(), &input); err != nil {
			t.Fatal(err)
		}
		var schema any
		if err := json.Unmarshal(InputSchema(), &schema); err != nil {
			t.Fatal(err)
		}
		if err := matches(t.Context(), input, schema); err != nil {
			t.Error(err)
		}
	}
	if err := matches(t.Context(), map[string]any{"colour": "red"}, map[string]any{
		"type": "object", "additionalProperties": false, "properties": map[string]any{},
	}); err == nil {
		t.Error("a field that the schema does not know goes through")
	}
}

// Policy decides on every action that its rules know, and the rules know every
// action that the exchange asks about.
func TestTheRulesKnowTheActionsOfTheExchange(t *testing.T) {
	e, err := New(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := e.current.Load()
	run, err := r.begin(t.Context(), e.timeout)
	if err != nil {
		t.Fatal(err)
	}
	defer run.end()
	b := bundle{compiler: r.compiler, store: r.store}
	query, err := b.query("[a | some a in data.exchange.known]")
	if err != nil {
		t.Fatal(err)
	}
	q := Question{}
	value, err := run.eval(query, q.term(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	if err := json.Unmarshal([]byte(value.String()), &known); err != nil {
		t.Fatal(err)
	}
	asked := Actions()
	slices.Sort(asked)
	slices.Sort(known)
	if !slices.Equal(asked, known) {
		t.Errorf("asked about: %v\nknown: %v", asked, known)
	}
}
