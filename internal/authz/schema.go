package authz

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/sushaan/exchange/policies"
)

// The schemas are the program's, not a policy set's: what a question has, and
// which data the program knows how to check, is not for policies to say.
const (
	inputSchema = "schema/input.json"
	rulesSchema = "schema/rules.json"
)

func readSchema(name string) (any, error) {
	text, err := policies.FS.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var schema any
	return schema, json.Unmarshal(text, &schema)
}

// readSchemas are what rules are compiled against. That of the input holds
// everywhere; a set that names them in its METADATA finds them as schema.input
// and schema.rules.
func readSchemas() (*ast.SchemaSet, error) {
	input, err := readSchema(inputSchema)
	if err != nil {
		return nil, err
	}
	rules, err := readSchema(rulesSchema)
	if err != nil {
		return nil, err
	}
	schemas := ast.NewSchemaSet()
	schemas.Put(ast.SchemaRootRef, input)
	schemas.Put(ast.MustParseRef("schema.input"), input)
	schemas.Put(ast.MustParseRef("schema.rules"), rules)
	return schemas, nil
}

// matchRules checks data against their schema.
func matchRules(ctx context.Context, rules map[string]any) error {
	schema, err := readSchema(rulesSchema)
	if err != nil {
		return err
	}
	if err := matches(ctx, rules, schema); err != nil {
		return fmt.Errorf("data: exchange.rules: %w", err)
	}
	return nil
}

// matches checks a document against a schema, with OPA's own matcher.
func matches(ctx context.Context, doc, schema any) error {
	results, err := rego.New(rego.Query("json.match_schema(input.doc, input.schema, [ok, why])"),
		rego.Input(map[string]any{"doc": doc, "schema": schema})).Eval(ctx)
	if err != nil {
		return err
	}
	if len(results) != 1 {
		return fmt.Errorf("it cannot be checked: %d answers", len(results))
	}
	if results[0].Bindings["ok"] == true {
		return nil
	}
	return fmt.Errorf("%v", results[0].Bindings["why"])
}
