package authz

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	opabundle "github.com/open-policy-agent/opa/v1/bundle"
)

// Pack makes a bundle of a folder of policies, or takes the bundle of a file as it
// is, with its signature. What no gateway could use is refused here.
func Pack(ctx context.Context, location string, o Options, limit int64) (revision string, bundle []byte, err error) {
	info, err := os.Stat(location)
	if err != nil {
		return "", nil, fmt.Errorf("authz: %w", err)
	}
	var set *Set
	if info.IsDir() {
		if set, err = ReadSet(os.DirFS(location)); err == nil {
			bundle, err = set.pack()
		}
	} else if bundle, err = os.ReadFile(location); err == nil {
		set, err = readBundle(bytes.NewReader(bundle), nil, limit)
	}
	if err != nil {
		return "", nil, err
	}
	if int64(len(bundle)) > limit {
		return "", nil, fmt.Errorf("authz: the bundle has %d bytes, more than %d", len(bundle), limit)
	}
	engine, err := newEngine(ctx, o, set)
	if err != nil {
		return "", nil, err
	}
	return engine.Revision(), bundle, nil
}

// pack writes the set as an OPA bundle.
func (s *Set) pack() ([]byte, error) {
	b := opabundle.Bundle{Data: s.data}
	b.Manifest.Init()
	for _, name := range slices.Sorted(maps.Keys(s.texts)) {
		b.Modules = append(b.Modules, opabundle.ModuleFile{URL: "/" + name, Path: "/" + name, Raw: []byte(s.texts[name]), Parsed: s.modules[name]})
	}
	var out bytes.Buffer
	if err := opabundle.NewWriter(&out).UseModulePath(true).Write(b); err != nil {
		return nil, fmt.Errorf("authz: bundle: %w", err)
	}
	return out.Bytes(), nil
}
