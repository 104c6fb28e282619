package testkit_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

// Orders that became contracts are told in the words of OCDS, page by page, of
// what the caller may see; a schema folder is taken at the user's word.
func TestContractsAreToldInTheWordsOfOCDS(t *testing.T) {
	x := testkit.New(t)
	settled := x.Settled(t)
	x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1) // never a contract
	x.Place(t, x.Hospital, x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), 2)
	dir := t.TempDir()
	write := func(p *testkit.Person, name string, more ...string) (code int, content, errs string) {
		t.Helper()
		path := filepath.Join(dir, name)
		args := append([]string{"reports", "ocds", "--prefix", "ocds-213czf", "--uri", "https://x.example/p", "--file", path}, more...)
		code, _, errs = newTerminal(t, x, p).run(args...)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%s: %v", errs, err)
		}
		return code, string(b), errs
	}
	var pack struct {
		Version  string
		Releases []struct {
			OCID      string
			Tag       []string
			Parties   []struct{ ID, Name string }
			Contracts []struct {
				Status         string
				Value          struct{ Amount json.Number }
				Implementation struct {
					Transactions []struct{ Value struct{ Amount json.Number } }
				}
			}
		}
	}
	_, content, errs := write(x.Auditor, "releases.json")
	if err := json.Unmarshal([]byte(content), &pack); err != nil || pack.Version != "1.1" || len(pack.Releases) != 2 {
		t.Fatalf("%d releases, %v; %s %s", len(pack.Releases), err, content, errs)
	}
	r := pack.Releases[1] // the newest comes first
	c := r.Contracts[0]
	if r.OCID != "ocds-213czf-"+settled.GetId() || c.Status != "terminated" || c.Value.Amount != "62.00" || c.Implementation.Transactions[0].Value.Amount != "62.00" ||
		r.Parties[0].Name == "" {
		t.Errorf("the settled order: %+v", r)
	}
	if _, content, _ = write(x.Hospital, "own.json"); strings.Count(content, `"ocid"`) != 1 {
		t.Errorf("the hospital sees %s", content)
	}
	if _, content, _ = write(x.Auditor, "records.json", "--records"); strings.Count(content, `"compiledRelease"`) != 2 {
		t.Errorf("records: %s", content)
	}
	schema := func(required string) string {
		t.Helper()
		folder := t.TempDir()
		for name, text := range map[string]string{
			"release-package-schema.json": `{"$schema": "http://json-schema.org/draft-04/schema#", "required": ["releases"], "properties": {"releases": {"items":
				{"$ref": "https://standard.open-contracting.org/schema/1__1__5/release-schema.json"}}}}`,
			"release-schema.json": `{"$schema": "http://json-schema.org/draft-04/schema#", "required": ["` + required + `"]}`,
		} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return folder
	}
	if code, _, errs := write(x.Auditor, "checked.json", "--schema", schema("ocid")); code != 0 || !strings.Contains(errs, "accepted by the schema") {
		t.Errorf("exit %d, %s", code, errs)
	}
	if code, _, errs := write(x.Auditor, "refused.json", "--schema", schema("planning")); code != 1 || !strings.Contains(errs, "not what the standard asks for") {
		t.Errorf("exit %d, %s", code, errs)
	}
	wantBoth(t, x.Auditor, &pb.ExportOCDSRequest{OcidPrefix: "213czf"}, fault.InvalidArgument)
	wantBoth(t, x.Auditor, &pb.ExportOCDSRequest{OcidPrefix: "ocds-213czf", PageToken: "x"}, fault.PageTokenInvalid)
	// Where the standard's own files are given, they must accept both packages.
	if folder := os.Getenv("OCDS_SCHEMA"); folder != "" {
		for _, more := range [][]string{{}, {"--records"}} {
			if code, _, errs := write(x.Auditor, "standard"+strings.Join(more, "")+".json", append(more, "--schema", folder)...); code != 0 {
				t.Errorf("%v: exit %d, %s", more, code, errs)
			}
		}
	}
}
