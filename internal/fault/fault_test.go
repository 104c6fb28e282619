package fault

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

func placeholders(s string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(s, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return names
}

func TestEveryCodeHasAKindAndBothTextsSpeakOfTheSameFacts(t *testing.T) {
	for code, text := range texts {
		if text.en == "" || text.zh == "" {
			t.Errorf("%s lacks a text", code)
		}
		if en, zh := placeholders(text.en), placeholders(text.zh); !slices.Equal(en, zh) {
			t.Errorf("%s speaks of %v in English and of %v in Chinese", code, en, zh)
		}
		if kindNames[text.kind] == "" {
			t.Errorf("%s has the unknown kind %d", code, text.kind)
		}
	}
}

// The constants of codes.go and the table of texts name the same codes.
func TestEveryConstantIsInTheTable(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := map[Code]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			value, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			constants[Code(value)] = true
		}
		return true
	})
	for _, code := range Codes() {
		if !constants[code] {
			t.Errorf("%s has a text but no constant", code)
		}
		delete(constants, code)
	}
	for code := range constants {
		t.Errorf("%s has a constant but no text", code)
	}
}

func TestAForgottenKindIsOurDefectAndNotTheCallers(t *testing.T) {
	if KindOf("NO_SUCH_CODE") != Internal || Text("NO_SUCH_CODE", nil, Chinese) != "NO_SUCH_CODE" {
		t.Errorf("%s, %s", KindOf("NO_SUCH_CODE"), Text("NO_SUCH_CODE", nil, Chinese))
	}
}

func TestADenialGivesEveryReasonAndNeverNone(t *testing.T) {
	e := Deny([]Reason{Because(NoGrant, "seller_alliance", "a", "buyer_alliance", "b"), Because(CertMissing)})
	if e.Code != NoGrant || len(e.Denials) != 2 || e.Kind() != Denied {
		t.Errorf("%+v", e)
	}
	if e := Deny(nil); e.Code != PolicyUndefined {
		t.Errorf("no reason gives %s", e.Code)
	}
}

func TestACodeIsFoundThroughWrapping(t *testing.T) {
	cause := errors.New("secret of the database")
	err := fmt.Errorf("outer: %w", Wrap(cause, StoreAway))
	if !Is(err, StoreAway) || !errors.Is(err, cause) {
		t.Error(err)
	}
	e, _ := As(err)
	if e.Text(English) == "" || e.Text(English) == e.Error() {
		t.Error("the text for the caller must not carry the cause")
	}
}

func TestFactsFillTheText(t *testing.T) {
	if got := Because(BelowMOQ, "quantity", 5, "moq", 10).Text(English); got != "quantity 5 is below the minimum order of 10" {
		t.Error(got)
	}
}
