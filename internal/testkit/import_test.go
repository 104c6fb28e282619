package testkit_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
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

// Over the API too one line of a thousand that cannot be is told in its place, and
// a body of JSON that is none is refused whole: nothing of it is done.
func TestOneLineOfAThousandThatCannotBeIsToldInItsPlace(t *testing.T) {
	x := testkit.New(t)
	overBoth(t, func(t *testing.T, overHTTP bool) {
		offer := x.Offer(t, testkit.OfferOptions{Units: 1000, PriceFen: 100, AutoConfirm: true})
		lines := make([]*pb.PlaceOrderRequest, 1000)
		for i := range lines {
			lines[i] = lineOn(offer)
		}
		lines[417].OfferId = "61-" + offer.GetId()
		for range 2 {
			_, codes := batched(t, x.School, &pb.BatchPlaceOrdersRequest{Lines: lines}, overHTTP)
			if codes[417] != fault.IDMalformed || !all(slices.Concat(codes[:417], codes[418:]), "OK") {
				t.Fatalf("line 418: %s", codes[417])
			}
			if taken := takenOf(t, x, offer); taken != 999_000 {
				t.Fatalf("%d are taken by 999 lines of 1000", taken)
			}
		}
	})
	offer := x.Offer(t, testkit.OfferOptions{Units: 1000, PriceFen: 100, AutoConfirm: true})
	line := `{"offerId": "` + offer.GetId() + `", "quantity": "1000"}`
	for wrong, code := range map[string]fault.Code{
		`{"offerId": "` + offer.GetId() + `", "quantity": "10o0"}`: fault.JSONInvalid, `{"offerId": 7}`: fault.JSONInvalid,
		`{"offer": "x"}`: fault.UnknownField, `{"offerId": "x`: fault.JSONInvalid,
	} {
		body := `{"lines": [` + strings.Repeat(line+", ", 417) + wrong + strings.Repeat(", "+line, 582) + `]}`
		answer, err := x.School.HTTP(t.Context(), http.MethodPost, "/v1/orders:batchPlace", body, nil)
		if err != nil || answer.Status != http.StatusBadRequest || !strings.Contains(string(answer.Body), string(code)) {
			t.Errorf("%s: %d %s %v", wrong, answer.Status, answer.Body, err)
		}
	}
	if taken := takenOf(t, x, offer); taken != 0 {
		t.Errorf("%d are taken by bodies that are no JSON of lines", taken)
	}
	x.CheckInvariants(t)
}
