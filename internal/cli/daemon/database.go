package daemon

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/store"
)

const databaseEnv = "SUSHAAND_DATABASE_URL"

// maintenanceTimeout is for one statement of a command that an operator runs:
// it may take longer than one that a caller waits for.
const maintenanceTimeout = 10 * time.Minute

// onStore makes a command that works on the exchange's database.
func onStore(use, short string, run func(context.Context, *store.Store) error) *cobra.Command {
	var url string
	cmd := command(use, short, func(ctx context.Context) error { return withStore(ctx, url, run) })
	databaseFlag(cmd, &url)
	return cmd
}

// withStore runs something on the database of a URL, or else of the environment.
func withStore(ctx context.Context, url string, run func(context.Context, *store.Store) error) error {
	if url == "" {
		url = os.Getenv(databaseEnv)
	}
	if url == "" {
		return usagef("no database: give --database-url or set %s", databaseEnv)
	}
	s, err := store.Open(ctx, store.Config{URL: url, MaxConns: 4, StatementTimeout: maintenanceTimeout, TxTimeout: maintenanceTimeout})
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Outdated(ctx, run(ctx, s))
}

// databaseFlag gives a command the flag --database-url. The environment is not
// its default, since help would show the password in it.
func databaseFlag(cmd *cobra.Command, url *string) {
	cmd.Flags().StringVar(url, "database-url", "", "postgres:// URL of the database (default $"+databaseEnv+")")
}
