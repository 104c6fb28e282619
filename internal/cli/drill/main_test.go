package drill_test

import (
	"context"
	"os"
	"testing"

	"github.com/sushaan/exchange/internal/cli/daemon"
	"github.com/sushaan/exchange/internal/testkit"
)

// TestMain is sushaand too, so that a test can start a gateway that can be
// killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		os.Exit(daemon.Main(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	testkit.Main(m)
}
