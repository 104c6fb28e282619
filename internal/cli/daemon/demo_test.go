package daemon

import (
	"bytes"
	"strings"
	"testing"
)

// Regions need a cockroach binary: without one the demo says how to get it, and
// begins with nothing.
func TestTheDemoInRegionsSaysHowToGetWhatIsMissing(t *testing.T) {
	t.Setenv("COCKROACH_BINARY", "")
	t.Setenv("PATH", t.TempDir())
	for _, c := range []struct {
		args string
		exit int
		want string
	}{
		{"--regions 3", 1, "error: COCKROACH_MISSING: regions need a cockroach binary, v24.3 or newer"},
		{"--regions 2", 2, "error: USAGE: --regions is 3"},
		{"--nodes-per-region 2", 2, "error: USAGE: --nodes-per-region is for --regions"},
		{"--regions 3 --nodes-per-region 9", 2, "error: USAGE: --nodes-per-region is 1 to 3"},
		{"--regions 3 --lose atlantis", 2, "error: USAGE: --lose is one of"},
		{"--regions 3 --database-url postgres://x", 2, "error: USAGE: --regions starts a database of its own"},
	} {
		var out, errs bytes.Buffer
		args := append([]string{"demo", "--once"}, strings.Fields(c.args)...)
		if code := Main(t.Context(), args, &out, &errs); code != c.exit || !strings.HasPrefix(errs.String(), c.want) || out.Len() > 0 {
			t.Errorf("%s: exit %d: %s %s", c.args, code, errs.String(), out.String())
		}
	}
}
