package rpc

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/fault"
)

// /readyz tells anybody the code of what is wrong, and the log what the driver
// said.
func TestReadyzTellsTheCodeAndTheLogTheCause(t *testing.T) {
	driver := errors.New("failed to connect to user=exchange host=10.1.2.3")
	for _, row := range []struct {
		err  error
		want string
	}{
		{fault.Wrap(driver, fault.StoreAway), "not ready: STORE_UNAVAILABLE: "},
		{driver, "not ready: INTERNAL: "},
		{fault.New(fault.SchemaTooOld, "pending", 3), "not ready: SCHEMA_TOO_OLD: the database's schema is too old: 3 migrations"},
	} {
		var log strings.Builder
		c := Config{Log: slog.New(slog.NewTextHandler(&log, nil))}
		s, err := New(&app.App{}, c, func(context.Context) (string, error) { return "", row.err })
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.HTTP.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if body := w.Body.String(); w.Code != http.StatusServiceUnavailable || !strings.HasPrefix(body, row.want) || strings.Contains(body, "10.1.2.3") {
			t.Errorf("%d %s", w.Code, body)
		}
		if errors.Is(row.err, driver) && !strings.Contains(log.String(), "10.1.2.3") {
			t.Errorf("the log has no cause: %s", log.String())
		}
	}
}
