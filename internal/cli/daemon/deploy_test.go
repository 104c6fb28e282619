package daemon

import (
	"bytes"
	"strings"
	"testing"
)

// The settings that deploy/ ships are settings of this program, and enough of
// them beside the database's URL.
func TestTheShippedSettingsAreTaken(t *testing.T) {
	t.Setenv("SUSHAAND_DATABASE_URL", "postgres://u:secret@db:26257/sushaan")
	var out, errs bytes.Buffer
	args := []string{"serve", "--config", "../../../deploy/systemd/sushaand.yaml", "--print-config"}
	if code := Main(t.Context(), args, &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	for _, want := range []string{"http_addr: 0.0.0.0:8443 # file", "grace: 20s # file", "database_url: postgres://", "# environment"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "secret") {
		t.Errorf("the password is shown:\n%s", out.String())
	}
}
