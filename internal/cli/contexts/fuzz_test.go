package contexts_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/sushaan/exchange/internal/cli/contexts"
)

// What is read and written again says the same.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{
		"", "contexts: []", "current-context: a\ncontexts:\n- name: a\n  server: h:1\n  token: t\n", "contexts:\n- name: ''\n",
		"contexts:\n- {name: a}\n- {name: a}\n", "contexts: 1", "other: 1", "a: &a [*a]", "---\n---\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := contexts.Load(path)
		if err != nil {
			return
		}
		if err := contexts.Save(path, c); err != nil {
			t.Fatalf("%q was read and cannot be written: %v", text, err)
		}
		again, err := contexts.Load(path)
		if err != nil || again.CurrentContext != c.CurrentContext || len(again.Contexts) != len(c.Contexts) {
			t.Fatalf("%q comes back as %+v, %v", text, again, err)
		}
		for i := range c.Contexts {
			if !reflect.DeepEqual(again.Contexts[i], c.Contexts[i]) {
				t.Errorf("context %+v comes back as %+v", c.Contexts[i], again.Contexts[i])
			}
		}
	})
}
