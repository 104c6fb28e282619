package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/policies"
)

const root = "../../.."

func TestThePageAndTheTableSayWhatTheRulesSay(t *testing.T) {
	files, err := book(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s is not what the rules say: run go generate ./internal/exchange", name)
		}
	}
}

// A rule has a code that the exchange knows, with its texts, an error that
// carries it, a test that does, and a row in docs/rules.md.
func TestEveryRuleHasItsCodeItsErrorItsTestAndItsRow(t *testing.T) {
	if err := authz.CheckRules(policies.FS); err != nil {
		t.Error(err)
	}
	// That a function raises what is told of it, goRules proves.
	inGo, err := goRules(root)
	if err != nil {
		t.Error(err)
	}
	inRego, err := authz.Rules(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, pageFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range append(inRego, inGo...) {
		if fault.Text(r.Code, nil, fault.English) == string(r.Code) {
			t.Errorf("%s of %s %s is not a code of package fault", r.Code, r.File, r.Name)
		}
		if len(r.Tests) == 0 {
			t.Errorf("no test carries %s of %s %s", r.Code, r.File, r.Name)
		}
		if !strings.Contains(string(page), "| "+string(r.Code)+" | "+cell(r.Title)+" |") {
			t.Errorf("%s has no row for %s: %s", pageFile, r.Code, r.Title)
		}
	}
	if len(inRego) < 40 || len(inGo) < 35 {
		t.Errorf("%d rules in Rego and %d in Go: most of them are not found", len(inRego), len(inGo))
	}
}

// Every code that the design names for a decision has a rule.
func TestEveryCodeOfTheDesignHasARule(t *testing.T) {
	rules, err := authz.Rules(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{
		"NOT_MEMBER", "MEMBER_SUSPENDED", "ROLE_MISSING", "NO_GRANT", "CERT_MISSING", "CERT_NOT_IN_FORCE", "CERT_EXPIRES_BEFORE_DELIVERY",
		"CERT_CAPACITY", "ORIGIN_MISMATCH", "NOT_832_ORIGIN", "AGENT_NO_MANDATE", "CLASS_NOT_ALLOWED", "OVER_LIMIT", "LOT_BLOCKED",
		"RESTRICTED_GOODS", "INTRA_PROVINCE", "PRICE_ABOVE_REFERENCE",
	} {
		if !slices.ContainsFunc(rules, func(r exchange.Rule) bool { return string(r.Code) == code }) {
			t.Errorf("%s has no rule", code)
		}
	}
}

// edited is the built-in policy set with one text replaced by another.
func edited(t *testing.T, name, before, after string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(policies.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(policies.FS, path)
		if path == name {
			if !strings.Contains(string(text), before) {
				t.Fatalf("%s does not say %q", name, before)
			}
			text = []byte(strings.ReplaceAll(string(text), before, after))
		}
		files[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAPolicyRuleThatCannotBeToldIsFound(t *testing.T) {
	for name, r := range map[string]struct{ file, before, after, want string }{
		"without a source":         {"offer/offer.rego", "#   source: 2020 plan, items 3 and 4\n", "", "CERT_MISSING has no METADATA"},
		"with another code":        {"offer/offer.rego", "#   code: AGENT_NO_MANDATE", "#   code: NO_GRANT", "METADATA says NO_GRANT"},
		"with a code nobody knows": {"offer/offer.rego", "AGENT_NO_MANDATE", "AGENT_STRANGE", "not one of policy"},
		"without a test":           {"order/order_test.rego", "CERT_EXPIRES_BEFORE_DELIVERY", "OTHER", "no Rego test that carries its code"},
	} {
		t.Run(name, func(t *testing.T) {
			err := authz.CheckRules(edited(t, r.file, r.before, r.after))
			if err == nil || !strings.Contains(err.Error(), r.want) {
				t.Errorf("%v, want %q in it", err, r.want)
			}
		})
	}
}

// copied are the folders with rules in Go, in a folder of the test's own.
func copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{"internal/fault", "internal/exchange", "internal/ledger"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(root, folder))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestARuleInGoThatIsNotToldIsFound(t *testing.T) {
	for name, r := range map[string]struct{ file, before, after, want string }{
		"raises a code nobody told":   {"internal/exchange/alliance_rules.go", "fault.SideInvalid, \"side\", Buyer", "fault.BelowMOQ, \"side\", Buyer", "NewGrant raises [BELOW_MOQ SIDE_INVALID]"},
		"tells a code it never gives": {"internal/exchange/alliance_rules.go", "//exchange:rule DATES_INVALID", "//exchange:rule STOCK_SHORT", "notOver raises [DATES_INVALID]"},
		"tells too little":            {"internal/exchange/alliance_rules.go", " | design §2, Grant\nfunc NewGrant", "\nfunc NewGrant", "is not CODE | title | binds | source"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copied(t)
			file := filepath.Join(dir, r.file)
			text, err := os.ReadFile(file)
			if err != nil || !strings.Contains(string(text), r.before) {
				t.Fatalf("%s does not say %q: %v", r.file, r.before, err)
			}
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), r.before, r.after)), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := goRules(dir); err == nil || !strings.Contains(err.Error(), r.want) {
				t.Errorf("%v, want %q in it", err, r.want)
			}
		})
	}
}

func TestTheTableTellsWhatTheProgramTells(t *testing.T) {
	inGo, err := goRules(root)
	if err != nil {
		t.Fatal(err)
	}
	told := exchange.Rules()
	if len(told) != len(inGo) {
		t.Fatalf("the program tells %d rules in Go, there are %d", len(told), len(inGo))
	}
}
