package authz

import (
	"bytes"
	"testing"
	"testing/fstest"

	opabundle "github.com/open-policy-agent/opa/v1/bundle"
)

// A bundle that cannot be read is an error, whatever it is; one that can has a
// digest.
func FuzzReadBundle(f *testing.F) {
	var b bytes.Buffer
	given := opabundle.Bundle{Data: map[string]any{"rules": map[string]any{}}}
	given.Manifest.Init()
	if err := opabundle.NewWriter(&b).Write(given); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()/2])
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if s, err := readBundle(bytes.NewReader(content), nil, 1<<20); err == nil && len(s.Digest()) != 64 {
			t.Errorf("digest %q", s.Digest())
		}
	})
}

// A policy file that cannot be read is an error, whatever it is.
func FuzzReadSet(f *testing.F) {
	for _, s := range []string{"package exchange\n\ndecision := {}\n", "# METADATA\n# title: x\npackage a\n\ndeny contains 1 if {", "package a\nimport rego.v1\np(x) := x", "\xff"} {
		f.Add(s, `{"rules": {}}`)
	}
	f.Fuzz(func(t *testing.T, rego, data string) {
		s, err := ReadSet(fstest.MapFS{"a.rego": {Data: []byte(rego)}, "data/rules.json": {Data: []byte(data)}})
		if err == nil && len(s.Digest()) != 64 {
			t.Errorf("digest %q", s.Digest())
		}
	})
}
