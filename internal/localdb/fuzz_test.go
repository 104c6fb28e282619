package localdb

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Ports that a file remembers are ports, and are written as they are read.
func FuzzParsePorts(f *testing.F) {
	for _, s := range []string{"", "5432\n", "1 2 3", "0 65536 -1 x", "26257\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ports := parsePorts(s)
		for _, p := range ports {
			if p <= 0 || p > 65535 {
				t.Errorf("%q gives port %d", s, p)
			}
		}
		if again := parsePorts(formatPorts(ports)); !slices.Equal(again, ports) {
			t.Errorf("%v comes back as %v", ports, again)
		}
	})
}

// Another database in a URL changes nothing else, and an error does not show
// the URL, which may hold a password.
func FuzzWithDatabase(f *testing.F) {
	for _, s := range []string{
		"postgres://u:secret@h:1/a?sslmode=disable", "postgres://h/a?dbname=b&database=c", "", "://", "postgres://u:sec ret@h/%zz",
	} {
		f.Add(s, "t1")
	}
	f.Fuzz(func(t *testing.T, dsn, name string) {
		out, err := withDatabase(dsn, name)
		if err != nil {
			if dsn != "" && len(dsn) > 30 && strings.Contains(err.Error(), dsn) {
				t.Errorf("the error shows the URL: %v", err)
			}
			return
		}
		u, err := url.Parse(out)
		if err != nil {
			t.Fatalf("%q with %q is %q: %v", dsn, name, out, err)
		}
		before, _ := url.Parse(dsn)
		if u.Host != before.Host || u.User.String() != before.User.String() {
			t.Errorf("%q became %q", dsn, out)
		}
	})
}
