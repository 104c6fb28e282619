package ctl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/cli/contexts"
)

func TestConfigCommands(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "config.yaml")
	config := func(args ...string) string { return ok(t, append([]string{"config", "--config", path}, args...)...) }
	config("set-context", "a", "--server", "localhost:1", "--ca-file", "/etc/ca.pem", "--token", "secret", "--language", "zh-CN")
	config("set-context", "b", "--server", "[::1]:2", "--token-file", "t.jwt")
	config("use-context", "b")
	same(t, "current-context", config("current-context"), "b\n")
	config("set-context", "b", "--server", "other:3")

	loaded, err := contexts.Load(path)
	must(t, err)
	here, err := os.Getwd()
	must(t, err)
	if b, _ := loaded.Find("b"); b.Server != "other:3" || b.TokenFile != filepath.Join(here, "t.jwt") {
		t.Errorf("b is %+v", b)
	}
	out := config("get-contexts")
	if strings.Contains(out, "secret") || !strings.HasPrefix(out, "CURRENT  NAME  SERVER ") || !strings.Contains(out, "\n*        b ") {
		t.Errorf("get-contexts:\n%s", out)
	}
	for _, format := range []string{"json", "yaml", "csv"} {
		if out := config("get-contexts", "-o", format); strings.Contains(out, "secret") || !strings.Contains(out, "localhost:1") {
			t.Errorf("get-contexts -o %s:\n%s", format, out)
		}
	}
	config("set-context", "a", "--token-file", "")
	config("delete-context", "b")
	loaded, err = contexts.Load(path)
	must(t, err)
	if loaded.CurrentContext != "" || len(loaded.Contexts) != 1 || loaded.Contexts[0].Token != "" {
		t.Errorf("left %+v", loaded)
	}
	if r := runWith(t, "from-stdin\n", "config", "set-context", "a", "--token", "-", "--config", path); r.exit != exitDone {
		t.Errorf("%+v", r)
	}
	loaded, err = contexts.Load(path)
	must(t, err)
	if loaded.Contexts[0].Token != "from-stdin" {
		t.Errorf("left %+v", loaded)
	}
}

func TestCompletion(t *testing.T) {
	newFake(t)
	for line, want := range map[string]string{
		"config use-context ":             "school\nfarm\n",
		"config use-context school ":      "",
		"whoami --context f":              "farm\n",
		"offers list --state p":           "published\npaused\n",
		"ledger volumes --group-by m":     "month\nmeasure\n",
		"ledger volumes --group-by day,m": "day,month\nday,measure\n",
		"offers list -o ":                 "table\njson\nyaml\ncsv\n",
		"offers list --lang ":             "en\nzh-CN\n",
		"offers pu":                       "publish\t",
	} {
		r := run(t, append([]string{"__complete"}, strings.Split(line, " ")...)...)
		if r.exit != exitDone || !strings.HasPrefix(r.stdout, want) || want == "" && !strings.HasPrefix(r.stdout, ":") {
			t.Errorf("%q: %+v, want %q", line, r, want)
		}
	}
	if out := ok(t, "completion", "bash"); !strings.Contains(out, "sushaanctl") {
		t.Error("no script")
	}
}

func TestVersionAndManual(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man")
	ok(t, "man", dir)
	for _, page := range []string{"sushaanctl.1", "sushaanctl-orders-place.1", "sushaanctl-ledger-volumes.1"} {
		if _, err := os.Stat(filepath.Join(dir, page)); err != nil {
			t.Error(err)
		}
	}
	if out := ok(t, "version"); !strings.HasPrefix(out, "sushaanctl ") {
		t.Errorf("version: %s", out)
	}
	if out := ok(t, "version", "-o", "json"); !strings.Contains(out, `"go": "go`) {
		t.Errorf("version: %s", out)
	}
	if out := ok(t, "offers"); !strings.Contains(out, "Available Commands:") {
		t.Errorf("a group by itself:\n%s", out)
	}
}
