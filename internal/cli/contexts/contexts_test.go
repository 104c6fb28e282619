package contexts

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "config.yaml")
	want := &Config{
		CurrentContext: "school",
		Contexts: []Context{
			{Name: "school", Server: "localhost:9443", CAFile: "ca.pem", TokenFile: "tokens/school.jwt", Language: "zh-CN"},
			{Name: "合作社", Server: "[::1]:9443", Token: "a: b #c"},
		},
	}
	if err := Save(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("loaded %+v, saved %+v", got, want)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, want 0600: the file holds tokens", info.Mode().Perm())
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v, %v; want the file only", left, err)
	}
}

func TestSaveTightensAnOpenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte("contexts: []\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Save(path, &Config{}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, %v; want 0600", info.Mode(), err)
	}
}

func TestSaveKeepsASymbolicLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "real.yaml"), filepath.Join(dir, "link.yaml")
	if err := os.WriteFile(target, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	if err := Save(link, &Config{Contexts: []Context{{Name: "a"}}}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	if c, err := Load(target); err != nil || len(c.Contexts) != 1 {
		t.Errorf("the file behind the link is %+v, %v", c, err)
	}
}

func TestLoad(t *testing.T) {
	for name, tc := range map[string]struct{ content, wrong string }{
		"empty":         {"", ""},
		"comment":       {"# nothing yet\n", ""},
		"minimal":       {"contexts:\n- name: a\n  server: h:1\n", ""},
		"unknown key":   {"contexts:\n- name: a\n  sever: h:1\n", "sever"},
		"twice":         {"contexts: [{name: a}, {name: a}]", "twice"},
		"no name":       {"contexts: [{server: h:1}]", "no name"},
		"two tokens":    {"contexts: [{name: a, token: t, token_file: f}]", "both"},
		"not a mapping": {"- a\n", "cannot unmarshal"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.yaml")
			if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Load(path)
			switch {
			case tc.wrong == "" && err != nil:
				t.Errorf("error %v", err)
			case tc.wrong != "" && (err == nil || !strings.Contains(err.Error(), tc.wrong)):
				t.Errorf("error %v, want one with %q", err, tc.wrong)
			}
		})
	}
}

func TestLoadOfNoFileIsEmpty(t *testing.T) {
	c, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	if err != nil || len(c.Contexts) != 0 || c.CurrentContext != "" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestRelativeFilesAreBesideTheConfig(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "t.jwt"), []byte("tok\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := Context{Name: "a", CAFile: "/etc/ca.pem", TokenFile: "t.jwt"}.At(filepath.Join(dir, "config.yaml"))
	if x.CAFile != "/etc/ca.pem" || x.TokenFile != filepath.Join(dir, "t.jwt") {
		t.Errorf("files are %q and %q", x.CAFile, x.TokenFile)
	}
	if token, err := x.ReadToken(); err != nil || token != "tok" {
		t.Errorf("token is %q, %v", token, err)
	}
}

func TestSetAndDelete(t *testing.T) {
	c := &Config{CurrentContext: "a"}
	c.Set(Context{Name: "a", Server: "h:1"})
	c.Set(Context{Name: "b", Server: "h:2"})
	c.Set(Context{Name: "a", Server: "h:3"})
	if x, ok := c.Find("a"); !ok || x.Server != "h:3" || len(c.Contexts) != 2 {
		t.Errorf("after Set: %+v", c)
	}
	if !c.Delete("a") || c.CurrentContext != "" || c.Delete("a") {
		t.Errorf("after Delete: %+v", c)
	}
}
