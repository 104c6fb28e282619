package daemon

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/store"
)

func migrateCommand(a *app) *cobra.Command {
	return group("migrate", "The schema of the database",
		onStore("up", "Bring the schema up to date", a.migrateUp),
		onStore("status", "List the steps of the schema and which are done", a.migrateStatus),
		onStore("verify", "Compare the database with the schema that this program expects", a.migrateVerify),
		migrateRegionsCommand(a))
}

func (a *app) migrateUp(ctx context.Context, s *store.Store) error {
	done, err := s.MigrateUp(ctx)
	if err != nil {
		return err
	}
	for _, m := range done {
		a.print("applied %d %s", m.Version, m.Name)
	}
	a.print("the schema is up to date (%d applied now)", len(done))
	return nil
}

func (a *app) migrateStatus(ctx context.Context, s *store.Store) error {
	steps, err := s.MigrateStatus(ctx)
	if err != nil {
		return err
	}
	rows := make([][]string, len(steps))
	for i, m := range steps {
		state := "pending"
		if m.Applied {
			state = "applied " + m.AppliedAt.UTC().Format(time.RFC3339)
		}
		rows[i] = []string{m.Name, state}
	}
	a.table([]string{"STEP", "STATE"}, rows)
	return nil
}

func (a *app) migrateVerify(ctx context.Context, s *store.Store) error {
	found, err := s.Verify(ctx)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		a.print("the database is as this program expects")
		return nil
	}
	for _, line := range found {
		a.print("%s", oneLine(line))
	}
	a.note("error: SCHEMA_DIFFERS: %d differences", len(found))
	return errTold
}
