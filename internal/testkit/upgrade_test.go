package testkit_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/testkit"
)

// While an upgrade is under way the servers of the version before go on, ready;
// one that is started on the newer schema is not.
func TestAServerStaysReadyWhenTheSchemaBecomesNewerButDoesNotStartOnIt(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{Units: 10})
	readyz := func(p *testkit.Person, status int, want string) {
		t.Helper()
		answer, err := p.HTTP(t.Context(), http.MethodGet, "/readyz", "", nil)
		if err != nil || answer.Status != status || !strings.Contains(string(answer.Body), want) {
			t.Errorf("%d %s %v, want %d %s", answer.Status, answer.Body, err, status, want)
		}
	}
	readyz(x.School, http.StatusOK, "ready")
	testkit.Exec(t, x.Config.DatabaseURL, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	defer testkit.Exec(t, x.Config.DatabaseURL, "DELETE FROM goose_db_version WHERE version_id = 99999")
	readyz(x.School, http.StatusOK, "on a schema that is newer than this program")
	x.Place(t, x.School, offer, 1)
	readyz(x.Through(t, x.School, x.Gateway(t)), http.StatusServiceUnavailable, "SCHEMA_TOO_NEW")
}
