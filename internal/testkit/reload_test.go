package testkit_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
	"github.com/sushaan/exchange/policies"
)

// readyz waits until /readyz?verbose says what is expected.
func readyz(t *testing.T, p *testkit.Person, what string) string {
	t.Helper()
	said := ""
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		answer, err := p.HTTP(t.Context(), http.MethodGet, "/readyz?verbose", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if said = string(answer.Body); answer.Status == http.StatusOK && strings.Contains(said, what) {
			return said
		}
	}
	t.Fatalf("/readyz?verbose never said %q, but %q", what, said)
	return ""
}

// Policies are changed under an exchange that trades. What cannot be used is
// refused, /readyz?verbose says why, and trade goes on by the last good revision,
// which every order carries.
func TestPoliciesChangeWithoutARestart(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, policies.FS); err != nil {
		t.Fatal(err)
	}
	x := testkit.New(t, func(c *server.Config) { c.Policy, c.PolicyPoll = dir, 20*time.Millisecond })
	// As much as is asked for, time and again, until the new data decide.
	offer := x.Offer(t, testkit.OfferOptions{Units: 5000, PriceFen: 100})
	first := x.Place(t, x.School, offer, 1).GetPolicyRevision()
	readyz(t, x.School, "policy revision "+first)

	rules := filepath.Join(dir, "data", "rules.json")
	text, err := os.ReadFile(rules)
	if err != nil {
		t.Fatal(err)
	}
	change := func(before, after string) {
		t.Helper()
		changed := strings.Replace(string(text), before, after, 1)
		if changed == string(text) {
			t.Fatalf("%s does not say %q", rules, before)
		}
		if err := os.WriteFile(rules, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	change(`{"category": "", "above_basis_points": 1000, "valid_from": "2020-01-01"`,
		`{"category": "", "above_basis_points": 1, "valid_from": "2020-01-01"}, {"category": "", "above_basis_points": 1000, "valid_from": "2021-01-01"`)
	refused := readyz(t, x.School, "policy refused")
	if !strings.Contains(refused, "price_bands, row 2") || !strings.Contains(refused, "policy revision "+first) {
		t.Error(refused)
	}
	if o := x.Place(t, x.School, offer, 1); o.GetPolicyRevision() != first {
		t.Errorf("an order by revision %s, the last good one is %s", o.GetPolicyRevision(), first)
	}

	change(`"classes": ["ALLIANCE_SECRETARIAT"]`, `"classes": ["ALLIANCE_SECRETARIAT", "BUDGET_UNIT_SCHOOL"]`)
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		_, err := testkit.Ask(t.Context(), x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: offer.GetUnitQuantity()})
		if testkit.CodeOf(err) == fault.ClassNotAllowed {
			break
		}
		if err != nil || time.Now().After(end) {
			t.Fatalf("the new data do not decide: %v", err)
		}
	}
	if said := readyz(t, x.School, "policy revision"); strings.Contains(said, "refused") || strings.Contains(said, first) {
		t.Error(said)
	}
	x.CheckInvariants(t)
}
