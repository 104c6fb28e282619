package daemon

import (
	"bytes"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/server"
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

// Every variable that a file of deploy/ sets is a setting of the server.
func TestTheVariablesInDeployAreSettings(t *testing.T) {
	known := map[string]bool{}
	config := server.DefaultConfig()
	for _, f := range config.Fields() {
		known[envName(f.Name)] = true
	}
	variable := regexp.MustCompile(`SUSHAAND_[A-Z_]+`)
	seen := map[string]bool{}
	err := fs.WalkDir(os.DirFS("../../../deploy"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".go") {
			return err
		}
		text, err := os.ReadFile("../../../deploy/" + name)
		for _, v := range variable.FindAllString(string(text), -1) {
			seen[v] = true
			if !known[v] {
				t.Errorf("%s: %s is no setting", name, v)
			}
		}
		return err
	})
	if err != nil || len(seen) < 15 {
		t.Errorf("%d variables were found: %v", len(seen), err)
	}
}
