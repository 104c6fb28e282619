package testkit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/testkit"
)

// One malformed line of a thousand is told by its number and takes no other with
// it. Run again nothing is done twice, and the line can be corrected. A file that
// was cut in the middle of a line sends nothing.
func TestOneMalformedLineOfAThousandTakesNoOtherWithIt(t *testing.T) {
	x := testkit.New(t)
	for name, wrong := range map[string]string{"a field is missing": "%s", "a field too many": "%s,1000,,more", "no number": "%s,10o0,"} {
		t.Run(name, func(t *testing.T) {
			offer := x.Offer(t, testkit.OfferOptions{Units: 1000, PriceFen: 100, AutoConfirm: true})
			lines := []string{"offer_id,quantity,consignee_code"}
			for range 1000 {
				lines = append(lines, offer.GetId()+",1000,")
			}
			lines[418] = fmt.Sprintf(wrong, offer.GetId())
			school := newTerminal(t, x, x.School)
			file := school.file("orders.csv", strings.Join(lines, "\n")+"\n")
			results := filepath.Join(filepath.Dir(file), "orders.results.csv")
			for range 2 {
				if code, out, errs := school.run("orders", "import", file); code != 1 || !strings.Contains(out, "1000 lines: 999 done, 1 refused") {
					t.Fatalf("exit %d: %s%s", code, out, errs)
				}
				if taken := takenOf(t, x, offer); taken != 999_000 {
					t.Fatalf("%d are taken by 999 lines of 1000", taken)
				}
			}
			if text := content(t, results); strings.Count(text, "LINE_MALFORMED") != 1 || !strings.Contains(text, "\n418,refused,,LINE_MALFORMED,") {
				t.Errorf("the results do not tell of line 418")
			}
			if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")[:20_000]), 0o600); err != nil {
				t.Fatal(err)
			}
			if code, _, errs := school.run("orders", "import", file); code == 0 || !strings.Contains(errs, "the file is cut") {
				t.Errorf("a file that was cut: exit %d: %s", code, errs)
			}
			lines[418] = lines[1]
			if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if out := school.must("orders", "import", file); !strings.Contains(out, "1000 lines: 1000 done, 0 refused") {
				t.Error(out)
			}
			if taken := takenOf(t, x, offer); taken != 1_000_000 {
				t.Errorf("%d are taken by 1,000 lines of 1000", taken)
			}
		})
	}
	x.CheckInvariants(t)
}
