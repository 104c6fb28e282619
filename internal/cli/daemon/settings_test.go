package daemon

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// sample is a set of settings of each kind.
type sample struct {
	settings
	address, url string
	conns        int
	wait         time.Duration
	hosts        []string
	once         bool
}

func newSample(t *testing.T, args ...string) *sample {
	t.Helper()
	s := &sample{}
	f := pflag.NewFlagSet("sample", pflag.ContinueOnError)
	f.StringVar(&s.address, "http-addr", ":8443", "")
	f.StringVar(&s.url, "database-url", "", "")
	f.IntVar(&s.conns, "max-conns", 32, "")
	f.DurationVar(&s.wait, "wait", time.Second, "")
	f.StringSliceVar(&s.hosts, "hosts", []string{"localhost"}, "")
	f.BoolVar(&s.once, "once", false, "")
	f.String(configFlag, "", "")
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	s.settings = settings{flags: f, extra: []string{"once"}}
	return s
}

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFlagComesBeforeTheEnvironmentTheFileAndTheDefault(t *testing.T) {
	path := file(t, "http_addr: file:1\nmax_conns: 1\nwait: 1m\n")
	t.Setenv("SUSHAAND_HTTP_ADDR", "environment:2")
	t.Setenv("SUSHAAND_MAX_CONNS", "2")
	s := newSample(t, "--config", path, "--http-addr", "flag:3")
	if err := s.resolve(); err != nil {
		t.Fatal(err)
	}
	if s.address != "flag:3" || s.conns != 2 || s.wait != time.Minute || strings.Join(s.hosts, " ") != "localhost" {
		t.Errorf("got %q, %d, %s, %q", s.address, s.conns, s.wait, s.hosts)
	}
	for name, want := range map[string]origin{
		"http-addr": fromFlag, "max-conns": fromEnvironment, "wait": fromFile, "hosts": byDefault,
	} {
		if s.origins[name] != want {
			t.Errorf("%s is from the %s, want %s", name, s.origins[name], want)
		}
	}
}

func TestTheFileCanBeNamedByTheEnvironment(t *testing.T) {
	t.Setenv("SUSHAAND_CONFIG", file(t, "hosts: [a.example, b.example]\n"))
	s := newSample(t)
	if err := s.resolve(); err != nil || strings.Join(s.hosts, " ") != "a.example b.example" {
		t.Errorf("got %q, %v", s.hosts, err)
	}
}

func TestAnEmptyFileIsAFile(t *testing.T) {
	if err := newSample(t, "--config", file(t, "")).resolve(); err != nil {
		t.Error(err)
	}
}

func TestAWrongFileIsAUsageErrorThatNamesThePlace(t *testing.T) {
	for content, want := range map[string]string{
		"http_addr: a\nhttp_adr: b\n":  `config.yaml:2: unknown key "http_adr"`,
		"config: other.yaml\n":         `unknown key "config"`,
		"once: true\n":                 `unknown key "once"`,
		"http-addr: a\n":               `unknown key "http-addr"`,
		"wait: [1s, [2s]]\n":           "wait: it must be a list of words",
		"wait: {a: b}\n":               "wait: it must be a value or a list",
		"http_addr: a\nhttp_addr: b\n": "already defined",
		"- a\n":                        "cannot unmarshal",
		"wait: 1s\n---\nwait: 2s\n":    "more than one document",
		"max_conns: many\n":            "the file's max_conns is not a int",
	} {
		err := newSample(t, "--config", file(t, content)).resolve()
		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want a usage error with %q", content, err, want)
		}
	}
	if err := newSample(t, "--config", "/does/not/exist").resolve(); !errors.As(err, new(usageError)) {
		t.Errorf("a file that is not there: got %v", err)
	}
}

func TestAWrongValueOfTheEnvironmentIsNotRepeated(t *testing.T) {
	t.Setenv("SUSHAAND_MAX_CONNS", "s3cret")
	err := newSample(t).resolve()
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "SUSHAAND_MAX_CONNS") {
		t.Errorf("got %v", err)
	}
}

func TestPrintedSettingsCanBeReadBackAndHideSecrets(t *testing.T) {
	s := newSample(t, "--database-url", "postgres://me:s3cret@db:5432/x?sslmode=require&sslpassword=s3cret",
		"--hosts", "a,b", "--wait", "90s", "--http-addr", "true")
	if err := s.resolve(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := s.write(&out, func(flag string) bool { return flag == "database-url" }); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "s3cret") || !strings.Contains(out.String(), "postgres://me:xxxxx@db:5432/x") {
		t.Errorf("printed:\n%s", &out)
	}
	back := newSample(t, "--config", file(t, out.String()))
	if err := back.resolve(); err != nil {
		t.Fatalf("%v in\n%s", err, &out)
	}
	if back.address != "true" || back.wait != 90*time.Second || strings.Join(back.hosts, " ") != "a b" || back.conns != 32 {
		t.Errorf("read back %q, %s, %q, %d", back.address, back.wait, back.hosts, back.conns)
	}
}

func TestRedactHidesWhatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "",
		"host=db password=s3cret":             hidden,
		"postgres://me:s3cret@a:x/x":          hidden,
		"postgres://me@db/x":                  "postgres://me@db/x",
		"postgres://me:s3cret@db/x":           "postgres://me:xxxxx@db/x",
		"postgres://db/x?password=s3cret&a=b": "postgres://db/x?a=b&password=xxxxx",
	} {
		if got := redact(text); got != want {
			t.Errorf("redact(%q) = %q, want %q", text, got, want)
		}
	}
}
