package testkit_test

import (
	"net/http"
	"strings"
	"testing"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

// A server tells the rules that it decides by, with the revision that is on its
// orders, in the caller's language.
func TestAServerTellsTheRulesItDecidesBy(t *testing.T) {
	x := testkit.New(t)
	order := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1)
	var all []*pb.Rule
	for in := (&pb.ListRulesRequest{PageSize: 7}); ; {
		page := testkit.Must[*pb.ListRulesResponse](t, x.Hospital, in)
		all = append(all, page.GetRules()...)
		if in.PageToken = page.GetNextPageToken(); in.PageToken == "" {
			break
		}
	}
	whole := testkit.Must[*pb.ListRulesResponse](t, x.Auditor, &pb.ListRulesRequest{PageSize: 1000}).GetRules()
	if len(all) != len(whole) || len(all) < 80 {
		t.Errorf("%d rules page by page, %d at once", len(all), len(whole))
	}
	for _, r := range all {
		if r.GetTitle() == "" || r.GetBinds() == "" || r.GetSource() == "" || len(r.GetTests()) == 0 || r.GetText() == r.GetCode() {
			t.Errorf("half a rule: %v", r)
		}
		if r.GetPolicy() && (r.GetPolicyRevision() != order.GetPolicyRevision() || r.GetLine() == 0) {
			t.Errorf("%s:%d is of revision %s, the order of %s", r.GetFile(), r.GetLine(), r.GetPolicyRevision(), order.GetPolicyRevision())
		}
	}
	a, err := x.School.HTTP(t.Context(), http.MethodGet, "/v1/policy/rules?code=NO_GRANT", "", http.Header{"Accept-Language": {"zh-CN"}})
	if err != nil {
		t.Fatal(err)
	}
	var out pb.ListRulesResponse
	if err := testkit.FromJSON(a.Body, &out); err != nil {
		t.Fatalf("%s: %v", a.Body, err)
	}
	if len(out.GetRules()) < 1 || !strings.Contains(out.GetRules()[0].GetText(), "授权") {
		t.Errorf("over HTTP in Chinese: %v", out.GetRules())
	}
	wantBoth(t, x.School, &pb.ListRulesRequest{Code: "NO_SUCH_CODE"}, fault.ResourceNotFound)
	wantBoth(t, x.School, &pb.ListRulesRequest{Code: "no such code"}, fault.InvalidArgument)
	wantBoth(t, x.School, &pb.ListRulesRequest{PageToken: "zzz"}, fault.PageTokenInvalid)
	wantBoth(t, x.School.With(""), &pb.ListRulesRequest{}, fault.TokenMissing)
}
